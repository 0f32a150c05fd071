"""Access plans: what is a step, what it does to the readers, how it is printed and kept in a file."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from governance.lake_formation.compiling.wanted import Wanted
from governance.lake_formation.planning.effects import Counter
from governance.lake_formation.planning.order import Phase, stages
from governance.lake_formation.planning.plan import Effect, Kind, Plan, Shows
from governance.lake_formation.planning.plan_file import digest, read, text
from governance.lake_formation.planning.plan_text import as_json
from governance.lake_formation.planning.plan_text import text as shown
from governance.lake_formation.planning.planned import Setting, plan
from governance.lake_formation.planning.shown import Beyond
from governance.lake_formation.resource import Columns, Database, Filter, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    CataloguedTable,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    Settings,
    Tag,
    Tagged,
)
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, Place
from tests.support.snapshots import same_as

ACCOUNT = "123456789012"
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
COLUMNS = ("viewing_date", "device_type", "plays")
CODES = ("DE", "FR", "GB", "IT", "JP", "KE")
COUNTRIES = {f"{room}_{code.lower()}": code for code in CODES for room in ("views", "saved")}
TABLES = {
    (name, "title_daily"): CataloguedTable(name, "title_daily", COLUMNS, is_view=name.startswith("views"), location=f"s3://lake/{name}")
    for name in COUNTRIES
}
BASE = Registration("arn:aws:s3:::lake", f"arn:aws:iam::{ACCOUNT}:role/lake")
JP, DE = (Table(f"views_{code}", "title_daily") for code in ("jp", "de"))
SAVED = Table("saved_jp", "title_daily")


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def select(name: str, on: Table | Columns | Filter | TagPolicy) -> Permission:
    return Permission(role(name), on, "SELECT")


def state(*found: Element) -> AccountState:
    return AccountState(
        permissions=frozenset(each for each in found if isinstance(each, Permission)),
        filters=frozenset(each for each in found if isinstance(each, CellsFilter)),
        tags=frozenset(each for each in found if isinstance(each, Tag)),
        tagged=frozenset(each for each in found if isinstance(each, Tagged)),
        opt_ins=frozenset(each for each in found if isinstance(each, OptIn)),
        registrations=frozenset([each for each in found if isinstance(each, Registration)] or [BASE]),
        settings=next((each for each in found if isinstance(each, Settings)), Settings()),
        tables=TABLES,
        databases=dict.fromkeys(COUNTRIES),
    )


def planned(before: AccountState, after: AccountState, counter: Counter | None = None, refused: tuple[Finding, ...] = ()) -> Plan:
    managed = Wanted(after, refused, {}, lambda element: getattr(getattr(element, "resource", None), "database", "views_jp") in COUNTRIES)
    return plan(before, managed, Setting(ACCOUNT, "0123abc 4567def", NOW, NOW, dt.date(2026, 12, 1), COUNTRIES), counter)


def effects(before: AccountState, after: AccountState) -> list[tuple[str, str]]:
    return sorted((step.kind.value, step.effect.value) for step in planned(before, after).steps)


class Tenfold:
    """A lake at hand in which every condition holds on ten rows."""

    def rows(self, database: str, table: str, parts: tuple[Beyond, ...]) -> int | None:
        return None if database == "saved_de" else 10 * len(parts)


def test_nothing_to_do_is_an_empty_plan() -> None:
    found = planned(state(select("a", JP)), state(select("a", JP)))
    assert found.is_empty
    assert shown(found) == "No changes: the account is as the policy says."


def test_a_grant_widens_and_its_end_narrows() -> None:
    assert effects(state(), state(select("a", JP))) == [("add", "widens")]
    assert effects(state(select("a", JP)), state()) == [("remove", "narrows")]


def test_fewer_columns_are_one_change_that_narrows() -> None:
    some = Columns("views_jp", "title_daily", ("plays",))
    assert effects(state(select("a", JP)), state(select("a", some))) == [("change", "narrows")]
    assert effects(state(select("a", some)), state(select("a", JP))) == [("change", "widens")]


def test_a_grant_for_what_is_read_by_tags_already_is_neutral() -> None:
    tags = (Tag("ringi_country", ("jp",)), Tagged(Database("views_jp"), "ringi_country", "jp"))
    by_tag = select("a", TagPolicy("TABLE", (("ringi_country", ("jp",)),)))
    assert effects(state(*tags, by_tag), state(*tags, by_tag, select("a", JP))) == [("add", "neutral")]


def test_a_tag_that_moves_widens_for_who_reads_by_it() -> None:
    tag, by_tag = Tag("ringi_country", ("de", "jp")), select("a", TagPolicy("TABLE", (("ringi_country", ("jp",)),)))
    on_jp = Tagged(Database("views_jp"), "ringi_country", "jp")
    on_de = Tagged(Database("views_de"), "ringi_country", "de")
    wrong = Tagged(Database("views_de"), "ringi_country", "jp")
    assert effects(state(tag, by_tag, on_jp, on_de), state(tag, by_tag, on_jp, wrong)) == [("change", "widens")]
    assert effects(state(tag, by_tag, on_jp, wrong), state(tag, by_tag, on_jp, on_de)) == [("change", "narrows")]


def test_a_filter_that_loses_one_of_its_alternatives_narrows() -> None:
    wide = CellsFilter("saved_jp", "title_daily", "f", rows="plays > 3 OR device_type = 'tv'")
    narrow = replace(wide, rows="plays > 3")
    held = select("a", Filter("saved_jp", "title_daily", "f"))
    assert effects(state(wide, held), state(narrow, held)) == [("change", "narrows")]
    assert effects(state(narrow, held), state(wide, held)) == [("change", "widens")]
    (narrowing,), (widening,) = (
        stages(planned(state(wide, held), state(narrow, held))),
        stages(planned(state(narrow, held), state(wide, held))),
    )
    assert (narrowing.phase, widening.phase) == (Phase.REVOKE, Phase.GRANT)


def test_a_filter_that_gains_and_loses_moves_while_nobody_reads_by_it() -> None:
    held = select("a", Filter("saved_jp", "title_daily", "f"))
    before = CellsFilter("saved_jp", "title_daily", "f", included=("plays",))
    found = planned(state(before, held), state(replace(before, included=("device_type",)), held))
    assert found.suspended == (held,)
    assert [stage.phase for stage in stages(found)] == [Phase.REVOKE, Phase.MOVE, Phase.GRANT]


def test_rights_that_show_no_cell_widen_too() -> None:
    writing = Permission(role("a"), JP, "ALTER")
    assert effects(state(select("a", JP)), state(select("a", JP), writing)) == [("add", "widens")]
    handing_on = replace(select("a", JP), grantable=True)
    assert effects(state(select("a", JP)), state(handing_on)) == [("change", "widens")]
    assert effects(state(handing_on), state(select("a", JP))) == [("change", "narrows")]


def test_describing_what_one_reads_already_is_neutral_and_what_one_does_not_know_is_not() -> None:
    describe = Permission(role("a"), JP, "DESCRIBE")
    assert effects(state(select("a", JP)), state(select("a", JP), describe)) == [("add", "neutral")]
    assert effects(state(), state(select("a", JP), describe)) == [("add", "neutral"), ("add", "widens")]
    assert effects(state(), state(describe)) == [("add", "widens")]


def test_settings_that_leave_nothing_to_iam_narrow_and_new_administrators_widen() -> None:
    open_to_iam = Settings(table_defaults=(f"{IAM_ALLOWED}:ALL",))
    assert effects(state(open_to_iam), state()) == [("change", "narrows")]
    assert effects(state(), state(Settings(administrators=(role("root"),)))) == [("change", "widens")]


def test_a_grant_of_nobody_s_policy_is_taken_away_on_what_is_managed_and_left_alone_elsewhere() -> None:
    foreign, elsewhere = select("intern", JP), select("intern", Table("finance", "salaries"))
    (step,) = planned(state(foreign, elsewhere), state()).steps
    assert (step.kind, step.effect, step.before) == (Kind.REMOVE, Effect.NARROWS, foreign)


def test_the_hybrid_cut_over_grants_before_it_closes() -> None:
    """Readers keep reading: grants of what IAM shows already, then opt-ins, then IAM's own permissions, then hybrid mode."""
    hybrid, strict = replace(BASE, hybrid=True), BASE
    everybody = Permission(IAM_ALLOWED, SAVED, "ALL")
    on_database = Permission(IAM_ALLOWED, Database("saved_jp"), "ALL")
    defaults = Settings(table_defaults=(f"{IAM_ALLOWED}:ALL",))
    before = state(hybrid, everybody, on_database, defaults)
    found = planned(before, state(strict, select("a", SAVED), OptIn(role("a"), SAVED)))
    said = [(stage.phase, [type(element).__name__ for element in (*stage.removed, *stage.added)]) for stage in stages(found)]
    assert [phase for phase, _ in said] == [Phase.DEFAULTS, Phase.KEEP, Phase.ENFORCE, Phase.CLOSE, Phase.CLOSE, Phase.CLOSE]
    assert [stage.removed for stage in stages(found)][3:5] == [(everybody,), (on_database,)]


def test_a_table_and_some_of_its_columns_never_stand_beside_each_other() -> None:
    some = Columns("views_jp", "title_daily", ("plays",))
    phases = [stage.phase for stage in stages(planned(state(select("a", JP)), state(select("a", some))))]
    assert phases == [Phase.REVOKE, Phase.GRANT]


def test_administrators_go_last_since_the_one_at_work_may_be_among_them() -> None:
    before = state(Settings(administrators=(role("old"),), table_defaults=(f"{IAM_ALLOWED}:ALL",)), select("a", JP))
    found = planned(before, state(Settings(administrators=(role("new"),)), select("b", JP)))
    assert [stage.phase for stage in stages(found)] == [Phase.DEFAULTS, Phase.REVOKE, Phase.GRANT, Phase.OPEN, Phase.CLEAN]
    assert stages(found)[3].added == (Settings(administrators=(role("new"), role("old"))),)


def test_a_place_of_the_service_linked_role_is_left_as_it_is_with_the_reason() -> None:
    found = planned(state(replace(BASE, role=None, hybrid=True)), state(BASE))
    assert found.is_empty
    assert [finding.code for finding in found.refused] == ["RNG-GOV-101"]


def test_rows_and_cells_newly_visible_are_counted_on_the_lake_at_hand() -> None:
    (step,) = planned(state(), state(select("a", JP)), Tenfold()).steps
    assert step.shows == Shows(10, 30)
    (step,) = planned(state(), state(select("a", Table("saved_de", "title_daily"))), Tenfold()).steps
    assert step.shows is None
    (step,) = planned(state(select("a", JP)), state(), Tenfold()).steps
    assert step.shows is None


def many() -> Plan:
    wanted: list[Element] = []
    for code in CODES:
        view = Table(f"views_{code.lower()}", "title_daily")
        wanted += [select(f"analyst_{code.lower()}", view), Permission(role(f"analyst_{code.lower()}"), view, "DESCRIBE")]
    rows = CellsFilter("saved_jp", "title_daily", "ringi_0123456789ab", excluded=("plays",), rows="device_type = 'tv'")
    wanted += [rows, select("auditor", Filter("saved_jp", "title_daily", rows.name))]
    held = (select("intern", JP), select("auditor", Columns("views_jp", "title_daily", ("plays",))))
    refused = Finding("RNG-GOV-090", Place("policy/readers.yaml", 12, 3), "Lake Formation has no masks.", "export the policy instead.")
    return planned(state(*held), state(*wanted, Settings(administrators=(role("root"),))), Tenfold(), (refused,))


def test_a_plan_is_printed_as_people_read_it() -> None:
    same_as("governance", "access_plan.txt", shown(many()) + "\n")


def test_a_plan_is_printed_whole_where_asked() -> None:
    same_as("governance", "access_plan_full.txt", shown(many(), full=True) + "\n")


def test_json_has_every_step_and_the_total() -> None:
    told = as_json(many())
    json.dumps(told, default=str)
    assert told["schema_version"] == 1
    assert told["needs_keys"] is True
    assert told["total"]["add"] == len([step for step in told["steps"] if step["step"] == "add"])
    assert {"step", "effect", "country", "principal", "text", "new_rows", "new_cells"} <= told["steps"][0].keys()


def test_a_plan_comes_back_from_its_file_as_it_was() -> None:
    assert read(text(many())) == many()
    assert text(read(text(many()))) == text(many())


def test_the_digest_covers_steps_account_policy_and_the_state_before_and_not_the_counts() -> None:
    found = many()
    others = (
        replace(found, steps=found.steps[1:]),
        replace(found, account="210987654321"),
        replace(found, policy="another"),
        replace(found, before={**found.before, "settings": "0"}),
        replace(found, holds_until=None),
        replace(found, suspended=(select("a", JP),)),
    )
    assert len({digest(each) for each in (found, *others)}) == 7
    uncounted = replace(found, steps=tuple(replace(step, shows=None) for step in found.steps))
    assert digest(uncounted) == digest(found)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "no plan of access"),
        (b"[]", "no plan of access"),
        (b'{"schema_version": 2}', "schema_version 2"),
        (b'{"schema_version": 1, "plan": {}}', "no whole plan"),
        (text(many()).replace(b"analyst_jp", b"analyst_de"), "was changed after it was made"),
        (text(many()).replace(b'"effect":"widens"', b'"effect":"narrows"'), "was changed after it was made"),
        (text(many())[:-40], "no plan of access"),
        (text(many()).replace(b'"kind":"Permission"', b'"kind":"Sudo"'), "no whole plan"),
    ],
)
def test_what_is_no_plan_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read(raw)
