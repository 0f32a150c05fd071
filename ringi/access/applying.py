"""Applying a plan to an opened lake's account: lock, keys, journal, what tables regain, and the line of the audit.

Used by `ringi access apply` and `approve`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance.keys.ssh import Signer
    from governance.lake_formation.planning.apply import Applied, Run
    from governance.lake_formation.planning.keys import PlanKey, Turned
    from governance.lake_formation.planning.plan import Plan
    from governance.lake_formation.port import Call
    from governance.ledgers.audit_line import Detail
    from metrics_catalog.person import Side
    from ringi.approving.sitting import Place
    from ringi.lake import Lake


def approve(lake: Lake, plan: Plan, side: Side, person: str, signer: Signer, now: dt.datetime) -> tuple[PlanKey, Path | None]:
    """Turn one side's key over a plan; a UsageError where it needs none, a GovernanceError where a rule forbids it."""
    from governance.lake_formation.planning import keys

    _needs_keys(plan)
    return keys.approve(lake.root, lake.catalog.people, plan, side, person, signer, now)


def approve_on_page(
    lake: Lake, plan: Plan, side: Side, person: str, place: Place, say: Callable[[str], None]
) -> tuple[PlanKey, Path | None]:
    """The same with a passkey, on a page of this machine; a GovernanceError also where the person leaves the page without approving."""
    from governance.lake_formation.planning import keys
    from ringi.approving.plan_desk import PlanDesk
    from ringi.approving.sitting import sit

    _needs_keys(plan)
    now = dt.datetime.now(dt.UTC)
    held = keys.turned(lake.root, lake.catalog.people, plan, now).keys.get(side)
    if held is not None:
        return held, None
    desk = PlanDesk(lake.root, lake.catalog, plan, side, person)
    sit(desk, place, say)
    return desk.result()


def note_key(lake: Lake, plan: Plan, key: PlanKey) -> bool:
    """The line of the audit ledger for a key that was turned; False where the lake could not be written."""
    from governance.lake_formation.planning.plan_file import digest
    from governance.ledgers.audit_line import Kind
    from ringi.access.planning import record

    approval, name = key.approval, digest(plan)
    details: dict[str, Detail] = {
        "side": key.side.value,
        "method": approval.method.value,
        key.side.value: key.person,
        "turned_at": approval.approved_at,
    }
    block = f"approval-{name}-{key.side.value}-{key.person}"
    return record(lake, Kind.ACCESS_APPROVAL, name, plan, details, block=block, at=approval.approved_at)


def _needs_keys(plan: Plan) -> None:
    if not plan.widens:
        raise UsageError("This plan lets nobody see more, so it needs no key.", hint="`ringi access apply PLAN` does it as it is.")


def turned(lake: Lake, plan: Plan, now: dt.datetime) -> Turned:
    """The keys over a plan, from the project's files."""
    from governance.lake_formation.planning import keys

    return keys.turned(lake.root, lake.catalog.people, plan, now)


def apply(lake: Lake, plan: Plan, say: Callable[[str], None], tell: Callable[[int, int, Call], None]) -> Applied:
    """Carry out a plan while the lake is held; raises GovernanceError before anything is done, InfraError in the middle."""
    from governance.lake_formation.planning import apply as work
    from governance.ledgers.audit_line import Kind
    from ringi.access.planning import record

    run = _run(lake, plan, tell)
    with lake.held("apply", say):
        keys = turned(lake, plan, run.now())
        applied = work.apply(plan, run, keys)
    who = {side.value: key.person for side, key in keys.keys.items()}
    details: dict[str, Detail] = {
        "calls": applied.calls,
        "failed": len(applied.failures),
        "resumed": applied.resumed,
        "complete": applied.is_complete,
        "request_ids": applied.request_ids[:2000],
        **who,
    }
    block = f"apply-{applied.digest}-{'complete' if applied.is_complete else applied.calls}"
    if not record(lake, Kind.ACCESS_APPLY, applied.digest, plan, details, block=block, at=run.now()):
        say("The apply could not be written into the lake's audit ledger; its journal in the bucket has all calls.")
    return applied


def check(lake: Lake, plan: Plan) -> None:
    """Raise what `apply` would raise before its first call; nothing is changed."""
    from governance.lake_formation.planning import apply as work

    run = _run(lake, plan, lambda number, total, call: None)
    work.check(plan, run, turned(lake, plan, run.now()))


def _run(lake: Lake, plan: Plan, tell: Callable[[int, int, Call], None]) -> Run:
    from governance.lake_formation.planning.apply import Run
    from infra.aws.lake_formation.given import S3Given
    from infra.aws.lake_formation.journal import S3Journal
    from ringi.access.accounts import account_of

    account = account_of(lake)
    if lake.aws is None or lake.aws.account_id != plan.account:
        known = lake.aws.account_id if lake.aws is not None else "no account"
        raise UsageError(
            f"This plan is for the account {plan.account}, and the profile `{lake.config.name}` is {known}.",
            hint="choose the profile for which it was made.",
        )
    return Run(account, S3Journal(lake.aws), tell=tell, given=S3Given(lake.aws))


def listed(plan: Plan) -> tuple[tuple[str, Call], ...]:
    """The calls of a plan in their order, each with its phase."""
    from governance.lake_formation.planning.apply import planned_calls

    return tuple((stage.phase.name.lower(), call) for stage, found in planned_calls(plan) for call in found)


def count(plan: Plan) -> int:
    """How many calls a plan makes."""
    return len(listed(plan))
