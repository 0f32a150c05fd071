"""What readers see at every moment of an apply, for the law that no moment shows what neither end shows.

every_moment(before, after)     # each prefix of the calls, entry by entry, and in each stage any subset of its entries
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from governance.lake_formation.compiling.wanted import Wanted
from governance.lake_formation.elements import elements
from governance.lake_formation.planning.apply import planned_calls
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.planning.planned import Setting, plan
from governance.lake_formation.planning.shown import Rows, beyond, cells
from governance.lake_formation.port import Call
from governance.lake_formation.reads.effective import Index
from governance.lake_formation.state import IAM_ALLOWED, AccountState
from tests.support.access_states import ALL_TABLES, ROLES
from tests.support.little_lake_formation import LittleLakeFormation

ACCOUNT = "123456789012"
READERS = (*ROLES, IAM_ALLOWED)
Seen = dict[tuple[str, str, str], dict[str, Rows]]
SUBSETS = 6
"""A stage of more entries is done in its own order alone: its subsets would be too many."""


def wanted(state: AccountState) -> Wanted:
    """All of a state wanted, and everything managed."""
    return Wanted(state, (), {}, lambda element: True)


def planned(before: AccountState, after: AccountState) -> Plan:
    """The plan from one state to another."""
    return plan(before, wanted(after), Setting(ACCOUNT))


def seen(state: AccountState, readers: Iterable[str] = READERS, tables: Iterable[tuple[str, str]] = ALL_TABLES) -> Seen:
    """What every reader sees of every table."""
    index = Index(state)
    return {(who, *at): cells(index.paths(frozenset({who}), *at)) for who in readers for at in tables}


def one_by_one(call: Call) -> Iterator[Call]:
    """A batch as calls of one entry each: entries fail one by one, so each may be done without the others."""
    entries = call.parameters.get("Entries")
    if entries is None:
        yield call
        return
    for entry in entries:
        yield replace(call, parameters={**call.parameters, "Entries": [entry]})


def no_wider(
    state: AccountState, then: Seen, aim: Seen, readers: Iterable[str] = READERS, tables: Iterable[tuple[str, str]] = ALL_TABLES
) -> None:
    """Each reader sees of each table no more than before, or no more than after: not even a part of one beside a part of the other."""
    for key, columns in seen(state, readers, tables).items():
        assert not beyond(columns, then[key]) or not beyond(columns, aim[key]), key


def every_moment(before: AccountState, after: AccountState) -> None:
    """Holds the law at every prefix of a plan's calls and, in each stage of few entries, with any of these left out."""
    account, then, aim = LittleLakeFormation(before), seen(before), seen(after)
    for _, calls in planned_calls(planned(before, after)):
        parts = [part for call in calls for part in one_by_one(call)]
        for some in _subsets(parts):
            trial = LittleLakeFormation(account.state)
            for part in some:
                trial.do(part)
            no_wider(trial.state, then, aim)
        for part in parts:
            assert not account.do(part).failures
            no_wider(account.state, then, aim)
    assert set(elements(account.state)) == set(elements(after))


def _subsets(parts: list[Call]) -> Iterator[tuple[Call, ...]]:
    for size in range(1, len(parts) if len(parts) <= SUBSETS else 0):
        yield from combinations(parts, size)
