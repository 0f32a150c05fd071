"""The policy as the state that an account should have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.definer import Definer
from governance.grant import Grant
from governance.lake_formation import calls
from governance.lake_formation.compile import desired
from governance.lake_formation.effective import How, Index, cells
from governance.lake_formation.limits import FILTERS_A_GRANT, NAME_LENGTH
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Filter, Location, Table, TagKey, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)
from governance.lake_formation.wanted import Target, Wanted
from governance.policy import Policy
from governance.principal import Principal, Role
from metrics_catalog.source import Classification, ColumnType
from tests.support.access_account import ACCOUNT, DEFINER, JOB, LAKE_ROLE, TARGET, WAREHOUSE, Declared, account, identity
from tests.support.policies import NOW

COLUMNS = {
    "title_id": ColumnType.STRING,
    "day": ColumnType.DATE,
    "plays": ColumnType.INTEGER,
    "device": ColumnType.STRING,
    "person": ColumnType.STRING,
}
DECLARED = Declared(("DE", "JP"), {"v": COLUMNS, "w": {"title_id": ColumnType.STRING}}, {"person": Classification.PERSONAL})
VIEW, COPY = Table("views_jp", "v"), Table("saved_jp", "v")
PLACE = WAREHOUSE.replace("s3://", "arn:aws:s3:::")
EVERYTHING = ("public", "internal", "personal")


def grant(to: str = "ann", views: str = "views_jp.v", **more: Any) -> Grant:
    return Grant.model_validate({"to": (to,), "views": (views,), "reason": "test", **more})


def policy(*grants: Grant, **principals: Principal) -> Policy:
    people = {"ann": Principal(), "bob": Principal(), **principals}
    return Policy(people, {"both": Role(members=("ann", "bob"))}, {f"g{number}": each for number, each in enumerate(grants)})


def compiled(given: Policy, target: Target = TARGET, held: AccountState | None = None) -> Wanted:
    return desired(given, DECLARED, target, account(DECLARED) if held is None else held, NOW)


def given_to(wanted: Wanted, name: str) -> set[tuple[Any, str]]:
    return {(each.resource, each.action) for each in wanted.state.permissions if each.principal == identity(name)}


def refused(wanted: Wanted) -> list[tuple[str, str]]:
    return [(finding.code, finding.message) for finding in wanted.refused]


DESCRIBED = (Database("views_jp"), "DESCRIBE")


def test_all_rows_and_all_columns_are_the_view() -> None:
    found = compiled(policy(grant(classifications=EVERYTHING)))
    assert given_to(found, "ann") == {(VIEW, "SELECT"), (VIEW, "DESCRIBE"), DESCRIBED}
    assert found.reads["ann", "views_jp.v"] == "views_jp.v"
    assert found.refused == ()


def test_all_rows_and_some_columns_are_columns_of_the_view() -> None:
    found = compiled(policy(grant()))
    assert given_to(found, "ann") == {(Columns("views_jp", "v", ("day", "device", "plays", "title_id")), "SELECT"), DESCRIBED}


def test_a_row_condition_is_a_filter_on_the_saved_copy_and_nothing_on_the_view() -> None:
    found = compiled(policy(grant(rows="device = 'tv'"), grant(columns={"include": ["title_id"]})))
    (rows, titles) = sorted(found.state.filters, key=lambda each: -len(each.included))
    assert (rows.included, rows.rows) == (("day", "device", "plays", "title_id"), "device = 'tv'")
    assert (titles.included, titles.rows) == (("title_id",), None)
    filters = {(Filter("saved_jp", "v", each.name), "SELECT") for each in (rows, titles)}
    assert given_to(found, "ann") == {*filters, (Database("saved_jp"), "DESCRIBE")}
    assert found.reads["ann", "views_jp.v"] == "saved_jp.v"


def test_conditions_on_the_same_columns_are_one_filter() -> None:
    found = compiled(policy(grant(rows="device = 'tv'"), grant(rows="plays > 3"), grant(rows="device = 'tv'")))
    assert [each.rows for each in found.state.filters] == ["device = 'tv' OR plays > 3"]


def test_a_condition_whose_columns_are_given_on_all_rows_anyway_is_no_filter() -> None:
    found = compiled(policy(grant(), grant(rows="device = 'tv'", columns={"include": ["plays"]})))
    assert found.state.filters == frozenset()


def test_a_filter_is_named_by_what_it_shows_and_shared() -> None:
    one = compiled(policy(grant("both", rows="device = 'tv' or plays > 3")))
    other = compiled(policy(grant("ann", rows="plays > 3 or device = 'tv'")))
    assert one.state.filters == other.state.filters
    assert {name for name, _ in given_to(one, "ann")} == {name for name, _ in given_to(one, "bob")}


def test_row_policies_where_the_account_has_them_and_all_columns_are_given() -> None:
    given = policy(grant(rows="device = 'tv' and plays > 3", classifications=EVERYTHING))
    found = compiled(given, replace(TARGET, row_policies=True), account(DECLARED, features=["row-policies"]))
    (rule,) = found.state.row_policies
    assert (rule.rows, rule.columns) == ("device = 'tv' AND plays > 3", (("device", "string"), ("plays", "bigint")))
    assert found.state.attachments == {Attachment(rule.name, "saved_jp", "v", identity("ann"))}
    assert given_to(found, "ann") == {(COPY, "SELECT"), (COPY, "DESCRIBE"), (Database("saved_jp"), "DESCRIBE")}
    assert compiled(given, replace(TARGET, row_policies=True)).state.row_policies == frozenset()


def test_a_relation_that_is_not_published_yet_waits() -> None:
    held = account(DECLARED)
    held = replace(held, tables={key: each for key, each in held.tables.items() if key[0] != "views_de"})
    found = compiled(policy(grant(views="*.v")), held=held)
    assert found.waiting == ("views_de.v",)
    assert not any(
        getattr(each.resource, "database", "") == "views_de" for each in found.state.permissions if each.principal == identity("ann")
    )


def test_a_condition_waits_for_the_saved_copy_and_gives_nothing_before() -> None:
    held = account(DECLARED)
    held = replace(held, tables={key: each for key, each in held.tables.items() if key != ("saved_jp", "v")})
    found = compiled(policy(grant(), grant(rows="plays > 3")), held=held)
    assert (found.waiting, given_to(found, "ann")) == (("views_jp.v",), set())


def test_a_fence_keeps_other_countries_out() -> None:
    found = compiled(policy(grant("jane", "*.*"), grant("jane", "*.*", through="tags"), jane=Principal(country="JP")))
    assert all(
        getattr(on, "database", getattr(on, "name", "")) != "views_de" and ("ringi_country", ("jp",)) in getattr(on, "expression", [("ringi_country", ("jp",))])
        for on, _ in given_to(found, "jane")
    )  # fmt: skip
    index = Index(found.state)
    assert cells(index.paths(frozenset({identity("jane")}), "views_de", "v")) == frozenset()
    assert cells(index.paths(frozenset({identity("jane")}), "views_jp", "v"))


def test_a_column_that_the_view_has_and_nobody_declared_is_not_given() -> None:
    held = account(DECLARED)
    view = held.tables["views_jp", "v"]
    wider = replace(view, columns=(*view.columns, "secret"), types=(*view.types, "string"))
    found = compiled(policy(grant(classifications=EVERYTHING)), held=replace(held, tables={**held.tables, ("views_jp", "v"): wider}))
    assert (VIEW, "SELECT") in given_to(found, "ann"), "a column without a class counts as personal, which this grant reaches"
    found = compiled(policy(grant()), held=replace(held, tables={**held.tables, ("views_jp", "v"): wider}))
    assert given_to(found, "ann") == {(Columns("views_jp", "v", ("day", "device", "plays", "title_id")), "SELECT"), DESCRIBED}


def test_a_column_of_a_type_that_nobody_knows_is_given_to_nobody() -> None:
    held = account(DECLARED)
    view = held.tables["views_jp", "v"]
    wider = replace(view, columns=(*view.columns, "parts"), types=(*view.types, "array<string>"))
    found = compiled(policy(grant(classifications=EVERYTHING)), held=replace(held, tables={**held.tables, ("views_jp", "v"): wider}))
    assert given_to(found, "ann") == {(Columns("views_jp", "v", tuple(sorted(COLUMNS))), "SELECT"), DESCRIBED}


# Refusals


@pytest.mark.parametrize(
    ("fields", "code", "why"),
    [
        ({"rows": "day = DATE '2026-01-01'"}, "RNG-GOV-090", "it reads `day`, and filters know no dates"),
        ({"masks": {"title_id": "show-first-4"}}, "RNG-GOV-091", "it masks `title_id`, and Lake Formation has no masks"),
        ({"rows": "plays > 3", "through": "tags"}, "RNG-GOV-092", "it goes through tags, which carry no row condition"),
        (
            {"columns": {"include": ["plays"]}, "through": "tags"},
            "RNG-GOV-092",
            "it goes through tags, which give columns by classification",
        ),
        ({"rows": "device in ('" + "', '".join(f"{n:08}" for n in range(200)) + "')"}, "RNG-GOV-093", "characters long there"),
    ],
)
def test_what_cannot_be_told_is_refused_and_gives_nothing(fields: dict[str, Any], code: str, why: str) -> None:
    found = compiled(policy(grant(**fields), grant("bob")))
    ((given, message),) = refused(found)
    assert given == code and why in message and "`g0`" in message
    assert given_to(found, "ann") == set() != given_to(found, "bob")


def test_a_refused_grant_leaves_the_others_as_they_are() -> None:
    found = compiled(policy(grant(columns={"include": ["plays"]}), grant(rows="day is null")))
    assert given_to(found, "ann") == {(Columns("views_jp", "v", ("plays",)), "SELECT"), DESCRIBED}


def test_more_filters_than_one_principal_may_hold_are_refused_together() -> None:
    names = {f"c{number:03}": ColumnType.STRING for number in range(102)}
    declared = Declared(("JP",), {"v": names})
    grants = [grant(rows=f"c000 = '{number}'", columns={"include": [f"c{number:03}"]}) for number in range(101)]
    found = desired(policy(*grants), declared, TARGET, account(declared), NOW)
    assert {code for code, _ in refused(found)} == {"RNG-GOV-094"}
    assert given_to(found, "ann") == set()
    enough = desired(policy(*grants[:100]), declared, TARGET, account(declared), NOW)
    assert (len(enough.state.filters), enough.refused) == (100, ())


def test_a_principal_without_an_identity_is_told() -> None:
    found = compiled(policy(grant()), replace(TARGET, pattern=None))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-095"]


def test_two_principals_behind_one_identity_get_nothing_unless_they_hold_the_same() -> None:
    role = (identity("shared"),)
    both = {"ann": Principal(identities=role), "bob": Principal(identities=role)}
    found = compiled(policy(grant("ann"), grant("bob", "views_de.v"), **both))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-096", "RNG-GOV-096"]
    assert given_to(found, "shared") == set()
    same = compiled(policy(grant("both"), **both))
    assert same.refused == () and given_to(same, "shared")


@pytest.mark.parametrize("own", [DEFINER, JOB, ACCOUNT])
def test_nobody_is_the_lake_itself_or_the_whole_account(own: str) -> None:
    found = compiled(policy(grant(), ann=Principal(identities=(own,))))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-096"]
    assert VIEW not in {each.resource for each in found.state.permissions}


def test_an_identity_that_is_too_long_is_told() -> None:
    group = f"arn:aws:iam::{ACCOUNT}:saml-provider/acme:group/" + "x" * 240
    found = compiled(policy(grant(), ann=Principal(identities=(group,))))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-095"]


def test_a_condition_over_a_column_that_the_copy_lacks_is_refused() -> None:
    held = account(DECLARED)
    copy = held.tables["saved_jp", "v"]
    held = replace(held, tables={**held.tables, ("saved_jp", "v"): replace(copy, columns=copy.columns[:2], types=copy.types[:2])})
    found = compiled(policy(grant(rows="plays > 3")), held=held)
    assert [code for code, _ in refused(found)] == ["RNG-GOV-090"]
    assert given_to(found, "ann") == set()
    assert "which the saved copy does not have" in found.refused[0].message


def test_names_that_ringi_makes_fit_and_each_entry_names_one_filter() -> None:
    found = compiled(policy(grant(rows="device = 'tv'")))
    assert all(len(each.name) <= NAME_LENGTH for each in found.state.filters)
    entries = [entry for call in calls.of(found.state.permissions, (), ACCOUNT) for entry in call.parameters["Entries"]]
    assert len([entry for entry in entries if "DataCellsFilter" in entry["Resource"]]) == 1 <= FILTERS_A_GRANT


def test_a_principal_with_several_identities_gets_the_same_through_each() -> None:
    found = compiled(policy(grant(), ann=Principal(identities=(identity("one"), identity("two")))))
    assert given_to(found, "one") == given_to(found, "two") != set()


# What belongs to no reader


def test_a_definer_reads_whole_copies_and_may_hand_that_on() -> None:
    found = compiled(policy())
    assert Permission(DEFINER, COPY, "SELECT", True) in found.state.permissions
    assert Permission(DEFINER, Database("views_jp"), "CREATE_TABLE") in found.state.permissions
    assert Permission(DEFINER, Location(PLACE), "DATA_LOCATION_ACCESS") in found.state.permissions


def test_a_definer_of_one_country_reads_no_other() -> None:
    given = replace(policy(), definers={"jp": Definer(identities=(identity("definer_jp"),), countries=("JP",), reason="x")})
    found = compiled(given).state.permissions
    assert {each.resource for each in found if each.action == "SELECT"} == {COPY, Table("saved_jp", "w")}


def test_jobs_work_in_all_databases_of_the_lake() -> None:
    found = compiled(policy()).state.permissions
    assert {each.resource for each in found if each.principal == JOB} >= {Database("gold"), Table("saved_de", EVERY_TABLE), Location(PLACE)}


def test_what_the_lakes_own_roles_hold_already_is_kept_and_implies_what_they_need() -> None:
    made = Permission(DEFINER, COPY, "ALL", True)
    found = compiled(policy(), held=replace(account(DECLARED), permissions=frozenset({made}))).state.permissions
    assert made in found and Permission(DEFINER, COPY, "SELECT", True) not in found


def test_administrators_are_as_the_policy_says_and_all_else_of_the_settings_stays() -> None:
    present = Settings(("old",), ("reader",), ("IAM_ALLOWED_PRINCIPALS:ALL",), ("IAM_ALLOWED_PRINCIPALS:ALL",), '{"X":1}')
    held = replace(account(DECLARED), settings=present)
    found = compiled(replace(policy(), administrators=("ann",)), held=held).state.settings
    assert found == Settings((identity("ann"),), ("reader",), (), (), '{"X":1}')
    assert compiled(policy(), held=held).state.settings.administrators == ("old",)


def test_too_many_administrators_are_refused_and_those_there_are_stay() -> None:
    people = {f"p{number}": Principal() for number in range(31)}
    held = replace(account(DECLARED), settings=Settings(("old",)))
    found = compiled(replace(policy(**people), administrators=tuple(people)), held=held)
    assert [code for code, _ in refused(found)] == ["RNG-GOV-097"]
    assert found.state.settings.administrators == ("old",)


def test_the_warehouse_is_registered_with_the_role_of_the_profile_or_stays_as_it_is() -> None:
    wanted = compiled(policy(), held=account(DECLARED, registered=False)).state.registrations
    assert wanted == {Registration(PLACE, LAKE_ROLE)}
    other = Registration(PLACE, identity("other"))
    assert compiled(policy(), held=replace(account(DECLARED), registrations=frozenset({other}))).state.registrations == {other}


@pytest.mark.parametrize("present", [Registration(PLACE, None, True), Registration("arn:aws:s3:::lake-bucket", LAKE_ROLE, True)])
def test_a_mode_that_cannot_be_changed_safely_is_told(present: Registration) -> None:
    found = compiled(policy(), held=replace(account(DECLARED), registrations=frozenset({present})))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-098"]
    assert found.state.registrations == {present}


def test_in_hybrid_mode_every_reader_is_opted_in_everywhere_with_grants_or_without() -> None:
    found = compiled(policy(grant(), ann=Principal(country="JP")), replace(TARGET, hybrid=True))
    for name in ("ann", "bob"):
        for database in ("saved_jp", "saved_de", "gold"):
            assert OptIn(identity(name), Table(database, EVERY_TABLE)) in found.state.opt_ins
    assert all(each.hybrid for each in found.state.registrations)
    ways = Index(found.state).paths(frozenset({identity("ann")}), "saved_de", "v")
    assert [way for way in ways if way.how is How.IAM] == []


def test_an_opt_in_is_never_taken_away() -> None:
    held = replace(account(DECLARED), opt_ins=frozenset({OptIn("somebody", COPY)}))
    assert compiled(policy(), held=held).state.opt_ins == held.opt_ins


def test_databases_views_and_columns_are_tagged_and_saved_copies_are_not() -> None:
    found = compiled(policy()).state
    assert Tag("ringi_country", ("de", "jp")) in found.tags
    assert {Tagged(Database("views_jp"), "ringi_country", "jp"), Tagged(VIEW, "ringi_view", "v")} <= found.tagged
    assert Tagged(Columns("views_jp", "v", ("person",)), "ringi_classification", "personal") in found.tagged
    assert not any(getattr(each.resource, "database", each.resource.name if isinstance(each.resource, Database) else "").startswith("saved_") for each in found.tagged)  # fmt: skip


def test_a_grant_through_tags_is_an_expression() -> None:
    found = compiled(policy(grant(views="views_jp.v", through="tags")))
    wanted = (("ringi_classification", ("internal", "public")), ("ringi_country", ("jp",)), ("ringi_view", ("v",)))
    assert given_to(found, "ann") == {(TagPolicy("TABLE", wanted), "SELECT"), DESCRIBED}
    assert found.reads["ann", "views_jp.v"] == "views_jp.v"


def test_what_is_the_lakes_is_managed_and_nothing_else() -> None:
    managed = compiled(policy()).managed
    ours: list[Element] = [
        Permission(IAM_ALLOWED, VIEW, "ALL"),
        Permission("x", Database("gold"), "DESCRIBE"),
        Permission("x", TagPolicy("TABLE", (("ringi_view", ("v",)),)), "SELECT"),
        Permission("x", TagKey("ringi_view", ("v",)), "ASSOCIATE"),
        CellsFilter("saved_jp", "v", "by hand"),
        Tagged(VIEW, "ringi_view", "w"),
        Registration(f"{PLACE}/below"),
        RowPolicy("ringi_x", "a = 1"),
        Attachment("foreign", "saved_jp", "v"),
        Settings(),
    ]
    others: list[Element] = [
        Permission(IAM_ALLOWED, Table("finance", "t"), "ALL"),
        Tagged(VIEW, "cost_centre", "w"),
        Tag("cost_centre", ("a",)),
        Registration("arn:aws:s3:::other"),
        RowPolicy("theirs", "a = 1"),
        CellsFilter("finance", "t", "f"),
    ]
    assert [managed(each) for each in ours] == [True] * len(ours)
    assert [managed(each) for each in others] == [False] * len(others)
