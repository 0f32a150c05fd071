"""Plans of an opened lake: reads the account and the policy, counts on the lake at hand, writes the file and the line of the audit.

Used by `ringi access plan`, `approve` and `apply`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from governance.lake_formation.planning.effects import Counter
    from governance.lake_formation.planning.plan import Plan
    from governance.lake_formation.port import Account
    from governance.ledgers.audit_line import Detail, Kind
    from governance.policy.relation import Relations
    from ringi.lake import Lake


@dataclass(frozen=True)
class Made:
    """A plan, and what the reading of the account left out."""

    plan: Plan
    notes: tuple[str, ...] = ()


def make(lake: Lake, *, at: dt.datetime | None = None, account: Account | None = None, now: dt.datetime | None = None) -> Made:
    """The plan that brings the profile's account in line with the policy as it is at an instant (now).

    Raises UsageError for a lake on this machine, CatalogError where the policy has blocking findings, InfraError where the account
    does not answer.
    """
    from governance.lake_formation.planning.planned import Setting, plan
    from metrics_catalog.collection import rare_collection
    from ringi.access.accounts import account_of
    from ringi.access.looking import databases_of
    from ringi.access.wanted import meant, target_of

    made_at = now or dt.datetime.now(dt.UTC)
    instant = at or made_at
    target = target_of(lake)
    policy = meant(lake, instant.astimezone(dt.UTC).date())
    held = account or account_of(lake)
    state = held.read(databases_of(policy, target))  # what other teams keep in the account is neither read nor managed
    with rare_collection():
        wanted = policy.wanted(target, state, instant)
    countries = _countries(policy.relations)
    setting = Setting(target.account, policy_of(lake.root), instant, made_at, policy.holds_until(instant), countries)
    with _counter(lake, policy.relations) as counter:
        return Made(plan(state, wanted, setting, counter), (*getattr(held, "notes", ()), *_waiting(wanted.waiting)))


def _waiting(relations: Sequence[str]) -> tuple[str, ...]:
    """What the policy gives and nobody can be given yet."""
    if not relations:
        return ()
    shown = ", ".join(relations[:5]) + (f" and {len(relations) - 5} more" if len(relations) > 5 else "")
    return (f"{shown}: given by the policy, but not published yet; plan again when they are",)


def _countries(relations: Relations) -> dict[str, str]:
    """Country code by database: that of the views, and that of the saved copies."""
    from governance.lake_formation.compiling.wanted import saved_schema

    return {name: code for schema, code in relations.schemas.items() for name in (schema, saved_schema(schema))}


@contextmanager
def _counter(lake: Lake, relations: Relations) -> Iterator[Counter | None]:
    """Counts on the project's lake on this machine, where it has one."""
    from governance.lake_formation.compiling.wanted import saved_schema
    from infra.local.published import PublishedTables
    from ringi.access.counting import LocalCounter
    from ringi.lake import Lake as Opened

    try:
        local = Opened(lake.root)
    except UsageError:  # the project has no profile `local`
        yield None
        return
    if local.config.aws is not None or not local.config.warehouse.is_dir():
        yield None
        return
    schemas = {name: schema for schema in relations.schemas for name in (schema, saved_schema(schema))}
    engine = local.embedded()
    try:
        yield LocalCounter(PublishedTables(local.tables), engine, schemas)
    finally:
        engine.close()


def policy_of(root: Path) -> str:
    """Which policy a plan carries out: the commit, and a digest of the files of `policy/` as they are."""
    from infra.local.git import Repository
    from metrics_catalog import canonical_json

    files = sorted((root / "policy").rglob("*.yaml"))
    told = {path.relative_to(root).as_posix(): canonical_json.sha256(path.read_bytes()) for path in files if path.is_file()}
    try:
        commit = Repository.of(root).resolve("HEAD")
    except RingiError:  # no repository, or none with a commit: the digest alone tells the policy
        commit = "no commit"
    return f"{commit} {canonical_json.digest(told)}"


def keep(lake: Lake, path: Path, made: Made, again: Callable[[], Made]) -> tuple[Made, bool]:
    """Write a plan's file and its line of the audit ledger; gives the plan that was written, and whether the ledger could be.

    The first line makes the ledger, a new table of the account: then the plan is made again, so that it knows the table. What is
    written names the authors of the policy's change.
    """
    from governance.lake_formation.planning.plan_file import digest
    from governance.ledgers.audit_line import Kind
    from jobs.ledgers.audit_ledger import AUDIT
    from ringi.access.authors import authors_of

    def recorded(one: Made) -> bool:
        name = digest(one.plan)
        return record(lake, Kind.ACCESS_PLAN, name, one.plan, {}, block=f"plan-{name}", at=one.plan.made_at)

    def authored(one: Made) -> Made:
        return replace(one, plan=replace(one.plan, authors=authors))

    authors = authors_of(lake, made.plan.account)
    made = authored(made)
    is_new = lake.tables.snapshot(AUDIT.name) is None
    done = recorded(made)
    if done and is_new:
        made = authored(again())
        done = recorded(made)
    write(made.plan, path)
    return made, done


def write(plan: Plan, path: Path) -> None:
    """Write a plan's file, whole or not at all."""
    from governance.keys.meaning_store import write as write_whole
    from governance.lake_formation.planning.plan_file import text

    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"There is no folder `{folder}` to write the plan to.", hint="make it, or name another file with --out.")
    write_whole(folder, {path.relative_to(folder): text(plan)})


def read(path: Path) -> Plan:
    """The plan of a file; a UsageError where it is none."""
    from governance.lake_formation.planning.plan_file import read as read_plan

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read.", hint="name a file that `ringi access plan --out FILE` wrote.") from error
    return read_plan(raw, path.name)


def record(lake: Lake, kind: Kind, digest: str, plan: Plan, details: dict[str, Detail], *, block: str, at: dt.datetime) -> bool:
    """Write a line of the audit ledger; False where the lake could not be written, which a plan that was shown does not fail for."""
    from governance.lake_formation.planning.plan import Effect
    from governance.ledgers.audit_line import AuditLine
    from jobs.ledgers import audit_ledger

    counts: dict[str, Detail] = {
        "plan_digest": digest,
        "account": plan.account,
        "profile": lake.config.name,
        "steps": len(plan.steps),
        "widening": plan.count(Effect.WIDENS),
        "narrowing": plan.count(Effect.NARROWS),
        "neutral": plan.count(Effect.NEUTRAL),
        "refused": len(plan.refused),
        **({"policy_commit": commit} if len(commit := plan.policy.partition(" ")[0]) >= 40 else {}),
    }
    try:
        with lake.ledger_engine() as engine:
            audit_ledger.record(lake.tables, engine, AuditLine(at, kind, actor(), digest, counts | details), block=block)
    except RingiError:
        return False
    return True


def actor() -> str:
    """Who runs this, as the machine knows it; a name fit for a ledger."""
    named = os.environ.get("RINGI_ACTOR") or os.environ.get("USER") or "unknown"
    return re.sub(r"[^\w.:/@+=,-]", "-", named)[:128] or "unknown"
