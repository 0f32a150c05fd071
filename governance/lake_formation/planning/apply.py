"""Carrying out a plan on an account: asked for keys, time and staleness first, then call after call in the order of `order.py`.

Each call is written to a journal before it is sent and after it was answered, so that an apply that was stopped anywhere goes on
where it was; a call whose answer was lost is sent again, which changes nothing. At the end the account is read once more and
compared with what the plan promised. Used by `ringi access apply`.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from governance.errors import GovernanceError
from governance.lake_formation.api import calls
from governance.lake_formation.describe import describe
from governance.lake_formation.elements import database_of, elements
from governance.lake_formation.planning.keys import Turned, require
from governance.lake_formation.planning.order import Stage, stages
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.planning.plan_file import digest
from governance.lake_formation.planning.stale import differing, refuse_stale, without
from governance.lake_formation.port import Account, Call, Journal, Outcome
from governance.lake_formation.state import AccountState, Element
from metrics_catalog.collection import rare_collection

DONE_ALREADY = ("No permissions revoked", "Grantee has no permissions")
"""What is said of a revoke of what nobody has: it is done."""

PASSING = frozenset(
    {
        "ConcurrentModificationException",
        "ThrottledException",
        "ThrottlingException",
        "InternalServiceException",
        "OperationTimeoutException",
    }
)
"""Codes of an entry that a repetition may cure."""


def pause(attempt: int) -> None:
    """Wait a random while, longer each time, so that two who met do not meet again."""
    time.sleep(random.uniform(0.1, 1) * 0.2 * 2**attempt)  # noqa: S311  nothing secret rests on it


@dataclass(frozen=True)
class Patience:
    """How often an entry is tried, and how one waits in between."""

    rounds: int = 6
    wait: Callable[[int], None] = pause


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry that failed for good: what it was about, the code and what was said."""

    about: str
    code: str
    message: str


@dataclass(frozen=True)
class Applied:
    """What came of an apply."""

    digest: str
    calls: int
    """Calls that were done, in this run and in earlier ones of the same plan."""
    total: int
    resumed: bool
    failures: tuple[Failure, ...] = ()
    differing: tuple[str, ...] = ()
    """Parts of the account that are not as the plan promised, once all calls were done."""
    request_ids: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return self.calls == self.total and not self.failures and not self.differing


class Given(Protocol):
    """What applied plans have given on tables, for those that are made anew."""

    def forget(self, taken: Iterable[Element]) -> None:
        """From now on these are not put back."""
        ...

    def keep(self, held: Mapping[str, Iterable[Element]]) -> None:
        """What was given on the tables of each of these databases is exactly this from now on."""
        ...


@dataclass(frozen=True)
class Run:
    """Where an apply works, and how it tells what it does."""

    account: Account
    journal: Journal
    given: Given | None = None
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    tell: Callable[[int, int, Call], None] = lambda number, total, call: None
    patience: Patience = field(default_factory=Patience)


@rare_collection()
def planned_calls(plan: Plan) -> tuple[tuple[Stage, tuple[Call, ...]], ...]:
    """The calls of a plan, stage by stage; the same each time."""
    return tuple((stage, tuple(calls.of(stage.added, stage.removed, plan.account))) for stage in stages(plan))


def databases(plan: Plan) -> tuple[str, ...]:
    """The databases that a plan touches."""
    found = {database_of(element) for step in plan.steps for element in (step.before, step.after) if element is not None}
    found |= {database_of(permission) for permission in plan.suspended}
    return tuple(sorted(name for name in found if name is not None))


def check(plan: Plan, run: Run, keys: Turned) -> bool:
    """Raise GovernanceError where the plan may not be applied; gives whether an earlier apply of it was stopped and goes on."""
    require(plan, keys)
    _in_time(plan, run.now())
    began = any(line.get("event") == "began" for line in run.journal.lines(digest(plan)))
    state = _read(plan, run)
    refuse_stale(plan, without(plan, stages(plan), state) if began else state)
    return began


def apply(plan: Plan, run: Run, keys: Turned) -> Applied:
    """Carry out a plan; raises GovernanceError before anything is done, and whatever `Account.do` raises in the middle."""
    name, resumed = digest(plan), check(plan, run, keys)
    work = planned_calls(plan)
    total = sum(len(found) for _, found in work)
    done = _Done(run.journal.lines(name))
    run.journal.append(name, {"event": "began", "at": run.now().isoformat(), "calls": total})
    if run.given is not None:
        run.given.forget(step.before for step in plan.steps if step.before is not None)
    number, failures = 0, []
    for _, found in work:
        for call in found:
            if number not in done.calls:
                run.tell(number, total, call)
                failures += _journaled(name, number, call, run, done)
            number += 1
        if failures:  # the next stage rests on this one
            break
    applied = Applied(name, len(done.calls), total, resumed, tuple(failures), request_ids=tuple(done.request_ids))
    if not failures:
        applied = replace(applied, differing=_proof(plan, run))
    run.journal.append(name, {"event": "ended", "at": run.now().isoformat(), "complete": applied.is_complete})
    return applied


class _Done:
    """Which calls were answered without a failure, as the journal says."""

    def __init__(self, lines: Iterable[Mapping[str, Any]]) -> None:
        self.calls: set[int] = set()
        self.request_ids: list[str] = []
        for line in lines:
            if line.get("event") == "after" and not line.get("failed"):
                self.note(int(line["call"]), line.get("request_id"))

    def note(self, number: int, request_id: str | None) -> None:
        self.calls.add(number)
        if request_id:
            self.request_ids.append(request_id)


def _journaled(name: str, number: int, call: Call, run: Run, done: _Done) -> list[Failure]:
    run.journal.append(name, {"event": "before", "call": number, "operation": call.operation})
    outcome = _patiently(call, run)
    failed = {key: list(said) for key, said in outcome.failures.items()}
    run.journal.append(name, {"event": "after", "call": number, "request_id": outcome.request_id, "failed": failed})
    if not failed:
        done.note(number, outcome.request_id)
    about = calls.elements(call)
    return [
        Failure("; ".join(describe(each) for each in about.get(key, ())) or call.operation, *said) for key, said in outcome.failures.items()
    ]


def _patiently(call: Call, run: Run) -> Outcome:
    """Do a call; entries that failed for a passing reason are sent again, alone."""
    kept: dict[str, tuple[str, str]] = {}
    left, outcome = call, Outcome()
    for attempt in range(run.patience.rounds):
        outcome = run.account.do(left)
        failures = {key: said for key, said in outcome.failures.items() if not any(text in said[1] for text in DONE_ALREADY)}
        again = {key for key, (code, _) in failures.items() if code in PASSING}
        kept |= {key: said for key, said in failures.items() if key not in again}
        if not again:
            return Outcome(kept, outcome.request_id)
        if attempt == run.patience.rounds - 1:
            return Outcome(kept | failures, outcome.request_id)
        left = _only(left, again)
        run.patience.wait(attempt)
    return outcome


def _only(call: Call, entries: set[str]) -> Call:
    """The call with these entries alone; a call that is no batch stays whole."""
    if "Entries" not in call.parameters:
        return call
    return replace(call, parameters={**call.parameters, "Entries": [each for each in call.parameters["Entries"] if each["Id"] in entries]})


def _in_time(plan: Plan, now: dt.datetime) -> None:
    if plan.holds_until is not None and now.date() >= plan.holds_until:
        raise GovernanceError(
            f"This plan expired: since {plan.holds_until} the policy gives something else, because a grant began or ended. Nothing was done.",
            hint="make the plan again with `ringi access plan --out FILE`.",
        )
    if plan.at > now + dt.timedelta(minutes=5):
        raise GovernanceError(
            f"This plan is for {plan.at.date()}, when other grants hold than today ({now.date()}). Nothing was done.",
            hint="apply it on that day, or plan without `--at`.",
        )


def _read(plan: Plan, run: Run) -> AccountState:
    return run.account.read(databases(plan))


def _proof(plan: Plan, run: Run) -> tuple[str, ...]:
    """Parts of the account that are not as promised; asked again where the account needs a moment to tell what it holds."""
    found: list[str] = []
    for attempt in range(3):
        state = _read(plan, run)
        found = differing(plan.after, state)
        if not found:
            _keep(plan, run, state)
            return ()
        run.patience.wait(attempt)
    return tuple(found)


def _keep(plan: Plan, run: Run, state: AccountState) -> None:
    if run.given is None:
        return
    held: dict[str, list[Element]] = {database: [] for database in databases(plan)}
    for element in elements(state):
        found = held.get(database_of(element) or "")
        if found is not None:
            found.append(element)
    run.given.keep(held)
