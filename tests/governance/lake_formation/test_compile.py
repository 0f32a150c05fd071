"""The policy as the state that an account should have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.lake_formation.api import calls
from governance.lake_formation.compiling.compile import desired
from governance.lake_formation.limits import FILTERS_A_GRANT, NAME_LENGTH
from governance.lake_formation.reads.effective import Index, cells
from governance.lake_formation.resource import Columns, Database, Filter
from governance.lake_formation.state import (
    Attachment,
    Settings,
)
from governance.policy.principal import Principal
from metrics_catalog.source import ColumnType
from tests.support.access_account import ACCOUNT, DEFINER, JOB, TARGET, Declared, account, identity
from tests.support.compiled_policy import COLUMNS, COPY, DECLARED, EVERYTHING, VIEW, compiled, given_to, grant, policy, refused
from tests.support.policies import NOW

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


def test_a_role_elsewhere_needs_an_account_that_shares_with_roles() -> None:
    far = policy(grant(), ann=Principal(identities=("arn:aws:iam::999999999999:role/far",)))

    def sharing(version: str) -> list[str]:
        told = Settings(other=f'{{"Parameters":{{"CROSS_ACCOUNT_VERSION":"{version}"}}}}')
        return [code for code, _ in refused(compiled(far, held=replace(account(DECLARED), settings=told)))]

    assert (sharing("1"), sharing("3"), sharing("5")) == (["RNG-GOV-095"], [], [])
    whole = policy(grant(), ann=Principal(identities=("999999999999",)))
    assert refused(compiled(whole)) == []


@pytest.mark.parametrize("group", ["999999999999", f"arn:aws:iam::{ACCOUNT}:saml-provider/acme:group/analysts"])
def test_in_hybrid_mode_only_roles_and_users_are_given_anything(group: str) -> None:
    given = policy(grant(), ann=Principal(identities=(group,)))
    found = compiled(given, replace(TARGET, hybrid=True))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-095"]
    assert group not in {each.principal for each in found.state.opt_ins}
    assert refused(compiled(given)) == []


def test_a_role_is_the_same_with_another_path() -> None:
    both = {"ann": Principal(identities=(identity("x/one"),)), "bob": Principal(identities=(identity("one"),))}
    found = compiled(policy(grant("ann"), grant("bob", "views_de.v"), **both))
    assert [code for code, _ in refused(found)] == ["RNG-GOV-096", "RNG-GOV-096"]


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
