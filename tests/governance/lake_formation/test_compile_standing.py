"""What the policy wants of an account for no reader: definers, jobs, administrators, the place, opt-ins, tags, and what is managed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.lake_formation.reads.effective import How, Index
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Location, Table, TagKey, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
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
from governance.policy.definer import Definer
from governance.policy.principal import Principal
from tests.support.access_account import DEFINER, JOB, LAKE_ROLE, TARGET, account, identity
from tests.support.compiled_policy import COPY, DECLARED, PLACE, VIEW, compiled, given_to, grant, policy, refused


def test_a_definer_reads_whole_copies_and_may_hand_that_on() -> None:
    found = compiled(policy())
    assert Permission(DEFINER, COPY, "SELECT", True) in found.state.permissions
    assert Permission(DEFINER, Database("views_jp"), "CREATE_TABLE") in found.state.permissions
    assert Permission(DEFINER, Location(PLACE), "DATA_LOCATION_ACCESS") in found.state.permissions


def test_a_definer_of_one_country_reads_no_other() -> None:
    given = replace(policy(), definers={"jp": Definer(identities=(identity("definer_jp"),), countries=("JP",), reason="x")})
    found = compiled(given, replace(TARGET, job_roles=())).state.permissions
    assert {each.resource for each in found if each.action == "SELECT"} == {COPY, Table("saved_jp", "w")}


def test_a_role_of_all_work_works_in_all_databases_of_the_lake() -> None:
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
    assert given_to(found, "ann") == {(TagPolicy("TABLE", wanted), "SELECT"), (Database("views_jp"), "DESCRIBE")}
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
