"""Applying an access plan: refused before anything is done, resumed after a stop at any call, proved at its end."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from governance.errors import GovernanceError
from governance.lake_formation.compiling.wanted import Wanted
from governance.lake_formation.elements import elements
from governance.lake_formation.planning.apply import Applied, Patience, Run, apply, planned_calls
from governance.lake_formation.planning.keys import Turned, approve, turned
from governance.lake_formation.planning.plan import Effect, Plan
from governance.lake_formation.planning.planned import Setting, plan
from governance.lake_formation.resource import Columns, Filter, Table
from governance.lake_formation.state import AccountState, CellsFilter, Element, OptIn, Permission, Registration
from infra.local.access_journal import LocalJournal
from metrics_catalog.person import Person, Side
from tests.support.access_states import CATALOGUE, ROLES
from tests.support.keys import PEOPLE, signer
from tests.support.little_lake_formation import LittleLakeFormation, StoppedError

ACCOUNT = "123456789012"
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
AIKO, BERND, CHIE = ROLES
JP = Table("saved_jp", "daily")
NO_KEYS = Turned({}, {})


def state(*found: Element) -> AccountState:
    """An account that holds these over the small catalogue."""
    return AccountState(
        permissions=frozenset(each for each in found if isinstance(each, Permission)),
        filters=frozenset(each for each in found if isinstance(each, CellsFilter)),
        opt_ins=frozenset(each for each in found if isinstance(each, OptIn)),
        registrations=frozenset({Registration("arn:aws:s3:::lake", CHIE), *(each for each in found if isinstance(each, Registration))}),
        tables=CATALOGUE,
        databases={"saved_de": None, "saved_jp": None, "views_jp": None},
    )


def select(principal: str, on: Table | Columns | Filter) -> Permission:
    return Permission(principal, on, "SELECT")


def planned(before: AccountState, after: AccountState, **more: object) -> Plan:
    setting = Setting(ACCOUNT, "policy", NOW, NOW, **more)  # type: ignore[arg-type]
    return plan(before, Wanted(after, (), {}, lambda element: True), setting)


NARROW_FILTER = CellsFilter("saved_jp", "daily", "ringi_rows", rows="plan = 'a'")
OTHER_FILTER = CellsFilter("saved_jp", "daily", "ringi_rows", included=("day",), rows="plan = 'b'")
BEFORE = state(
    select(AIKO, JP),
    NARROW_FILTER,
    select(BERND, Filter("saved_jp", "daily", "ringi_rows")),
    *(select(f"{CHIE}{number}", Table("saved_de", "daily")) for number in range(25)),
)
AFTER = state(
    select(AIKO, Columns("saved_jp", "daily", ("day",))),
    OTHER_FILTER,
    select(BERND, Filter("saved_jp", "daily", "ringi_rows")),
    *(select(f"{CHIE}{number}", Table("saved_jp", "weekly")) for number in range(25)),
    OptIn(AIKO, JP),
)


class Kept:
    """What was told to be given, as a value."""

    def __init__(self) -> None:
        self.forgotten: set[Element] = set()
        self.held: dict[str, set[Element]] = {}

    def forget(self, taken: object) -> None:
        self.forgotten |= set(taken)  # type: ignore[call-overload]

    def keep(self, held: object) -> None:
        self.held = {name: set(found) for name, found in held.items()}  # type: ignore[attr-defined]


def run_of(account: LittleLakeFormation, folder: Path, **more: object) -> Run:
    return Run(account, LocalJournal(folder), now=lambda: NOW, patience=Patience(wait=lambda attempt: None), **more)  # type: ignore[arg-type]


@pytest.fixture
def people() -> dict[str, Person]:
    return {
        name: Person.model_validate(
            {"name": name, "team": "content", "sides": [side.value for side in sides], "keys": [{"public_key": signer(name).public_line}]}
        )
        for name, sides in PEOPLE.items()
    }


@pytest.fixture
def keys(tmp_path: Path, people: dict[str, Person]) -> Turned:
    found = planned(BEFORE, AFTER)
    approve(tmp_path, people, found, Side.TECH, "aiko", signer("aiko"), NOW)
    approve(tmp_path, people, found, Side.BUSINESS, "bernd", signer("bernd"), NOW)
    return turned(tmp_path, people, found, NOW)


def holds(account: LittleLakeFormation, wanted: AccountState) -> bool:
    return set(elements(account.state)) == set(elements(wanted))


def applied(account: LittleLakeFormation, folder: Path, keys: Turned) -> Applied:
    return apply(planned(BEFORE, AFTER), run_of(account, folder), keys)


def test_an_apply_ends_in_the_wanted_state_and_proves_it(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    done = applied(account, tmp_path, keys)
    assert done.is_complete
    assert not done.resumed
    assert holds(account, AFTER)


def test_entries_travel_in_batches_of_twenty(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    applied(account, tmp_path, keys)
    grants = [call for call in account.calls if call.operation == "BatchGrantPermissions"]
    revokes = [call for call in account.calls if call.operation == "BatchRevokePermissions"]
    assert [len(call.parameters["Entries"]) for call in grants] == [20, 7]
    assert [len(call.parameters["Entries"]) for call in revokes] == [20, 7]


CALLS = sum(len(found) for _, found in planned_calls(planned(BEFORE, AFTER)))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(CALLS))
def test_a_stop_at_any_call_is_resumed_and_ends_the_same(number: int, when: str, tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    account.stops = lambda call: when if call == number else None
    with pytest.raises(StoppedError):
        applied(account, tmp_path, keys)
    account.stops = lambda call: None
    done = applied(account, tmp_path, keys)
    assert done.is_complete
    assert done.resumed
    assert holds(account, AFTER)
    assert len(account.calls) <= CALLS + 1  # at most the one whose answer was lost is sent again


def test_stops_again_and_again_end_the_same(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    for _ in range(CALLS + 1):
        second = len(account.calls) + 1
        account.stops = lambda call, second=second: "after" if call == second else None  # type: ignore[misc]
        try:
            applied(account, tmp_path, keys)
        except StoppedError:
            continue
        break
    assert holds(account, AFTER)


def test_a_stopped_apply_does_not_go_on_over_what_somebody_else_changed(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    account.stops = lambda call: "after" if call == 3 else None
    with pytest.raises(StoppedError):
        applied(account, tmp_path, keys)
    meddled = LittleLakeFormation(
        replace(account.state, permissions=account.state.permissions | {select(AIKO, Table("saved_de", "daily"))})
    )
    with pytest.raises(GovernanceError, match="changed since this plan was made"):
        applied(meddled, tmp_path, keys)
    assert not meddled.calls


def test_an_entry_that_fails_for_a_moment_is_sent_again_alone(tmp_path: Path, keys: Turned) -> None:
    account, failing = LittleLakeFormation(BEFORE), [3]

    def busy(operation: str, permission: Permission) -> tuple[str, str] | None:
        if permission.principal != f"{CHIE}7" or not failing[0]:
            return None
        failing[0] -= 1
        return "ConcurrentModificationException", "somebody else writes"

    account.fails = busy
    assert applied(account, tmp_path, keys).is_complete
    assert holds(account, AFTER)
    assert 1 in {len(call.parameters.get("Entries", ())) for call in account.calls}


def test_an_entry_that_fails_for_good_is_reported_and_what_rests_on_it_is_left_undone(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    account.fails = lambda operation, permission: (
        ("AccessDeniedException", "not you") if operation == "revoke" and permission.principal == BERND else None
    )
    done = applied(account, tmp_path, keys)
    assert [(each.code, BERND.rpartition(":")[2] in each.about) for each in done.failures] == [("AccessDeniedException", True)]
    assert not done.is_complete
    assert NARROW_FILTER in account.state.filters  # the filter did not move under somebody who still reads by it
    account.fails = lambda operation, permission: None
    assert applied(account, tmp_path, keys).is_complete
    assert holds(account, AFTER)


def test_a_plan_that_widens_is_refused_without_keys(tmp_path: Path) -> None:
    account = LittleLakeFormation(BEFORE)
    with pytest.raises(GovernanceError, match="the tech key and the business key over it are missing") as error:
        applied(account, tmp_path, NO_KEYS)
    assert error.value.exit_code == 4
    assert not account.calls


def test_a_plan_that_only_narrows_needs_no_key(tmp_path: Path) -> None:
    account, after = LittleLakeFormation(BEFORE), replace(BEFORE, permissions=BEFORE.permissions - {select(AIKO, JP)})
    found = planned(BEFORE, after)
    assert found.count(Effect.NARROWS) == 1
    assert not found.widens
    assert apply(found, run_of(account, tmp_path), NO_KEYS).is_complete
    assert holds(account, after)


def test_a_stale_plan_is_refused_and_says_what_changed_and_by_whom(tmp_path: Path, keys: Turned) -> None:
    foreign = select(BERND, Table("saved_jp", "weekly"))
    now = replace(
        BEFORE,
        permissions=(BEFORE.permissions | {foreign}) - {select(AIKO, JP)},
        updated={foreign: ("2026-11-23T10:00:00+00:00", "arn:aws:iam::123456789012:user/mallory")},
    )
    account = LittleLakeFormation(now)
    with pytest.raises(GovernanceError) as error:
        applied(account, tmp_path, keys)
    told = str(error.value)
    assert "`table saved_jp.daily`, `table saved_jp.weekly`" in told
    assert "gone: SELECT on saved_jp.daily to role/aiko" in told
    assert "SELECT on saved_jp.weekly to role/bernd, by arn:aws:iam::123456789012:user/mallory at 2026-11-23T10:00:00+00:00" in told
    assert error.value.exit_code == 4
    assert not account.calls


def test_what_changed_elsewhere_makes_no_plan_stale(tmp_path: Path, keys: Turned) -> None:
    elsewhere = replace(BEFORE, permissions=BEFORE.permissions | {select(AIKO, Table("finance", "salaries"))})
    account = LittleLakeFormation(elsewhere)
    assert applied(account, tmp_path, keys).is_complete


def test_a_plan_expires_with_the_grants_it_was_made_of(tmp_path: Path) -> None:
    after = replace(BEFORE, permissions=BEFORE.permissions - {select(AIKO, JP)})
    found = planned(BEFORE, after, holds_until=dt.date(2026, 11, 23))
    with pytest.raises(GovernanceError, match="expired: since 2026-11-23"):
        apply(found, run_of(LittleLakeFormation(BEFORE), tmp_path), NO_KEYS)
    lasting = replace(found, holds_until=dt.date(2026, 11, 24))
    assert apply(lasting, run_of(LittleLakeFormation(BEFORE), tmp_path), NO_KEYS).is_complete


def test_a_plan_for_a_later_day_is_not_applied_today(tmp_path: Path) -> None:
    found = replace(planned(BEFORE, BEFORE), at=NOW + dt.timedelta(days=3))
    with pytest.raises(GovernanceError, match="is for 2026-11-26"):
        apply(found, run_of(LittleLakeFormation(BEFORE), tmp_path), NO_KEYS)


def test_applying_twice_changes_nothing_the_second_time(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    applied(account, tmp_path, keys)
    done = len(account.calls)
    assert applied(account, tmp_path, keys).is_complete
    assert len(account.calls) == done


def test_a_change_of_somebody_else_during_the_apply_is_told_at_the_end(tmp_path: Path, keys: Turned) -> None:
    class Meddled(LittleLakeFormation):
        def read(self, databases: object = None) -> AccountState:
            held = super().read()
            extra = select(AIKO, Table("saved_jp", "weekly"))
            return replace(held, permissions=held.permissions | {extra}) if self.calls else held

    done = applied(Meddled(BEFORE), tmp_path, keys)
    assert not done.is_complete
    assert done.differing == ("table saved_jp.weekly",)


def test_what_tables_regain_when_made_anew_is_what_the_apply_gave(tmp_path: Path, keys: Turned) -> None:
    account, kept = LittleLakeFormation(BEFORE), Kept()
    apply(planned(BEFORE, AFTER), run_of(account, tmp_path, given=kept), keys)
    assert select(AIKO, JP) in kept.forgotten
    assert select(AIKO, Columns("saved_jp", "daily", ("day",))) in kept.held["saved_jp"]
    assert kept.held["saved_de"] == set()


def test_the_journal_says_what_was_done_call_by_call(tmp_path: Path, keys: Turned) -> None:
    account = LittleLakeFormation(BEFORE)
    done = applied(account, tmp_path, keys)
    lines = list(LocalJournal(tmp_path).lines(done.digest))
    assert [line["event"] for line in lines[:3]] == ["began", "before", "after"]
    assert lines[-1]["complete"] is True
    assert len(lines) == 2 + 2 * CALLS
