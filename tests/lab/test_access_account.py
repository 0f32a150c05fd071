"""The adapter of access on AWS against the lab's Lake Formation: reading all, doing one call, journals, giving back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from governance.lake_formation.api import calls
from governance.lake_formation.port import Call
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Location, Table, TagPolicy
from governance.lake_formation.state import (
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
from infra.aws.account import Aws
from infra.aws.foreign import AccessRefusedError
from infra.aws.lake_formation.account import LakeFormationAccount
from infra.aws.lake_formation.given import S3Given
from infra.aws.lake_formation.journal import S3Journal
from infra.aws.lake_formation.regain import LakeFormationRegain
from infra.errors import InfraError
from tests.lab.moto_server import ACCOUNT, Moto
from tests.support.aws_faults import answer, error, failing
from tests.support.aws_lake import make_aws_lake

JP, DE = f"arn:aws:iam::{ACCOUNT}:role/analyst_jp", f"arn:aws:iam::{ACCOUNT}:role/analyst_de"
COPY = Table("saved_jp", "title_daily")
PLACE = "arn:aws:s3:::ringi-test-lake/prefix"
COLUMNS = [{"Name": "viewing_date", "Type": "date"}, {"Name": "title_id", "Type": "string"}, {"Name": "plays", "Type": "bigint"}]
FILTER = CellsFilter("saved_jp", "title_daily", "basic", ("plays", "title_id"), rows="title_id = 'a'")
GIVEN: tuple[Element, ...] = (
    Permission(JP, Database("saved_jp"), "DESCRIBE"),
    Permission(JP, COPY, "DESCRIBE"),
    Permission(JP, COPY, "SELECT"),
    Permission(DE, Columns("saved_jp", "title_daily", ("plays",)), "SELECT"),
    Permission(DE, Filter("saved_jp", "title_daily", "basic"), "SELECT"),
    FILTER,
    OptIn(JP, COPY),
)


@pytest.fixture
def aws(moto: Moto) -> Iterator[Aws]:
    moto.reset()
    moto.let_lake_formation(have_row_policies=False)
    made = make_aws_lake(endpoint_url=moto.url)
    empty: dict[str, Any] = {"DataLakeAdmins": [], "CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    made.client("lakeformation").put_data_lake_settings(DataLakeSettings=empty)
    made.client("glue").create_database(DatabaseInput={"Name": "saved_jp", "LocationUri": f"{made.settings.warehouse}/saved_jp"})
    make_table(made)
    yield made


def make_table(aws: Aws, name: str = "title_daily") -> None:
    storage = {"Columns": COLUMNS, "Location": f"{aws.settings.warehouse}/saved_jp/{name}"}
    aws.client("glue").create_table(
        DatabaseName="saved_jp", TableInput={"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage}
    )


def do_all(aws: Aws, added: Sequence[Element], removed: Sequence[Element] = ()) -> None:
    account = LakeFormationAccount(aws)
    for call in calls.of(added, removed, ACCOUNT):
        assert account.do(call).failures == {}


def read(aws: Aws, databases: Sequence[str] | None = None) -> AccountState:
    return LakeFormationAccount(aws).read(databases)


def held(state: AccountState) -> set[Element]:
    of_jobs = {one for one in state.permissions if one.principal not in (JP, DE)}
    return {*(state.permissions - of_jobs), *state.filters, *state.opt_ins}


def test_what_calls_gave_is_read_back_as_it_was_given(aws: Aws) -> None:
    do_all(aws, GIVEN)
    assert held(read(aws)) == set(GIVEN)


def test_what_is_taken_is_gone_and_taking_it_twice_is_no_failure(aws: Aws) -> None:
    do_all(aws, GIVEN)
    do_all(aws, (), GIVEN)
    do_all(aws, (), GIVEN)
    assert held(read(aws)) == set()


def test_giving_twice_is_no_failure_but_another_filter_of_the_same_name_is(aws: Aws) -> None:
    do_all(aws, GIVEN)
    do_all(aws, GIVEN)
    other = CellsFilter("saved_jp", "title_daily", "basic", ("plays", "title_id"))
    (call,) = calls.of([other], (), ACCOUNT)
    with pytest.raises(InfraError, match="AlreadyExists"):
        LakeFormationAccount(aws).do(call)


def test_a_batch_keeps_the_answers_of_entries_that_failed(aws: Aws) -> None:
    account = LakeFormationAccount(aws)
    (call,) = calls.of([Permission(JP, COPY, "SELECT"), Permission(JP, Table("saved_jp", "nowhere"), "SELECT")], (), ACCOUNT)
    outcome = account.do(call)
    assert [code for code, _ in outcome.failures.values()] == ["EntityNotFoundException"]
    assert outcome.request_id
    assert Permission(JP, COPY, "SELECT") in read(aws).permissions


def test_all_pages_are_read(aws: Aws) -> None:
    many = [Permission(f"arn:aws:iam::{ACCOUNT}:role/reader_{number}", COPY, "DESCRIBE") for number in range(1100)]
    do_all(aws, many)
    assert set(many) <= read(aws).permissions


def test_who_changed_a_permission_and_when_is_told(aws: Aws) -> None:
    one = Permission(JP, COPY, "SELECT")
    do_all(aws, [one])
    when, who = read(aws).updated[one]
    assert when.startswith("20")
    assert who.startswith("arn:aws:")


def test_tags_on_databases_tables_and_columns_are_read(aws: Aws) -> None:
    tags: list[Element] = [
        Tag("ringi_country", ("de", "jp")),
        Tagged(Database("saved_jp"), "ringi_country", "jp"),
        Tagged(COPY, "ringi_country", "de"),
        Tagged(Columns("saved_jp", "title_daily", ("plays",)), "ringi_country", "jp"),
    ]
    do_all(aws, tags)
    state = read(aws)
    assert {*state.tags, *state.tagged} == set(tags)


def test_places_settings_wildcards_and_tag_policies_are_read(aws: Aws) -> None:
    wanted: list[Element] = [
        Registration(PLACE, f"arn:aws:iam::{ACCOUNT}:role/lf", hybrid=True),
        Tag("ringi_country", ("jp",)),
        Permission(JP, Table("saved_jp", EVERY_TABLE), "DESCRIBE"),
        Permission(JP, TagPolicy("TABLE", (("ringi_country", ("jp",)),)), "SELECT"),
        Permission(JP, Location(PLACE), "DATA_LOCATION_ACCESS"),
        Permission(JP, Catalog(), "CREATE_DATABASE"),
    ]
    do_all(aws, wanted)
    state = read(aws)
    assert {*state.registrations, *state.permissions} >= set(wanted) - {wanted[1]}
    assert state.settings == Settings(other=state.settings.other)


def test_settings_are_written_without_losing_what_nobody_named(aws: Aws) -> None:
    lf = aws.client("lakeformation")
    lf.put_data_lake_settings(DataLakeSettings={"Parameters": {"CROSS_ACCOUNT_VERSION": "4"}, "AuthorizedSessionTagValueList": ["spark"]})
    call = Call("lakeformation", "PutDataLakeSettings", {"DataLakeSettings": {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": JP}]}})
    assert LakeFormationAccount(aws).do(call).failures == {}
    told = lf.get_data_lake_settings()["DataLakeSettings"]
    assert told["AuthorizedSessionTagValueList"] == ["spark"]
    assert told["Parameters"]["CROSS_ACCOUNT_VERSION"] == "4"
    assert read(aws).settings.administrators == (JP,)


def test_row_policies_are_left_out_with_a_sentence_where_the_account_lacks_them(aws: Aws, moto: Moto) -> None:
    account = LakeFormationAccount(aws)
    state = account.read()
    assert "row-policies" not in state.features
    assert {"cells-filters", "opt-ins"} <= state.features
    assert any(note.startswith("row-policies") for note in account.notes)
    moto.let_lake_formation(have_row_policies=True)
    assert "row-policies" in account.read().features


def test_a_refused_listing_stops_the_reading_since_a_short_list_looks_like_missing_grants(aws: Aws) -> None:
    for operation in ("ListPermissions", "ListDataCellsFilter", "ListLakeFormationOptIns"):
        refusing = failing(aws, "lakeformation", operation, error("AccessDeniedException", "no"))
        with refusing, pytest.raises(AccessRefusedError, match="AWS refused"):
            read(aws)


def test_row_policies_that_may_not_be_looked_at_are_left_out_with_a_sentence(aws: Aws, moto: Moto) -> None:
    moto.let_lake_formation(have_row_policies=True)
    account = LakeFormationAccount(aws)
    with failing(aws, "lakeformation", "ListRLSPolicies", error("AccessDeniedException", "no")):
        assert "row-policies" not in account.read().features
    assert any("row-policies: these credentials may not look" in note for note in account.notes)


def test_only_what_concerns_some_databases_is_read_where_they_are_named(aws: Aws) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": "finance"})
    do_all(aws, [*GIVEN, Permission(JP, Database("finance"), "DESCRIBE"), Permission(JP, Catalog(), "CREATE_DATABASE")])
    state = read(aws, ["finance"])
    of_jp = {one for one in state.permissions if one.principal == JP}
    assert of_jp == {Permission(JP, Database("finance"), "DESCRIBE"), Permission(JP, Catalog(), "CREATE_DATABASE")}
    assert list(state.databases) == ["finance"]


def test_a_view_is_read_with_its_texts_definer_and_base_tables(aws: Aws) -> None:
    texts = {"Dialect": "ATHENA", "DialectVersion": "3", "ViewOriginalText": "SELECT 1", "ViewExpandedText": "SELECT 2"}
    base = f"arn:aws:glue:{aws.settings.region}:{ACCOUNT}:table/saved_jp/title_daily"
    view = {"IsProtected": True, "Definer": DE, "SubObjects": [base], "Representations": [texts]}
    aws.client("glue").create_table(
        DatabaseName="saved_jp",
        TableInput={"Name": "v", "TableType": "VIRTUAL_VIEW", "StorageDescriptor": {"Columns": COLUMNS}, "ViewDefinition": view},
    )
    found = read(aws).tables["saved_jp", "v"]
    assert (found.is_view, found.definer, found.base_tables) == (True, DE, (("saved_jp", "title_daily"),))
    assert found.dialects == {"ATHENA": ("SELECT 1", "SELECT 2", False)}


def test_lines_of_the_journal_come_back_in_order_and_a_taken_number_is_refused(aws: Aws) -> None:
    journal = S3Journal(aws)
    assert list(journal.lines("sha256:ab")) == []
    for number in range(12):
        journal.append("sha256:ab", {"call": number})
    assert [line["call"] for line in S3Journal(aws).lines("sha256:ab")] == list(range(12))
    S3Journal(aws).append("sha256:ab", {"call": "another process"})
    with pytest.raises(InfraError, match="Another process"):
        journal.append("sha256:ab", {"call": 12})


def test_a_table_made_anew_gets_back_what_was_given_on_it_and_nothing_else(aws: Aws) -> None:
    do_all(aws, GIVEN)
    S3Given(aws).keep({"saved_jp": GIVEN})
    aws.client("glue").delete_table(DatabaseName="saved_jp", Name="title_daily")
    assert held(read(aws)) == {Permission(JP, Database("saved_jp"), "DESCRIBE")}
    regain = LakeFormationRegain(aws)
    regain.making(["saved_jp.title_daily"])
    make_table(aws)
    regain.made(["saved_jp.title_daily"])
    assert held(read(aws)) == set(GIVEN)
    assert regain.notes == ()


def test_what_an_apply_has_begun_to_take_away_is_not_put_back(aws: Aws) -> None:
    given = S3Given(aws)
    given.keep({"saved_jp": GIVEN})
    given.forget([FILTER, Permission(JP, COPY, "SELECT"), Permission(JP, Database("views_jp"), "DESCRIBE")])
    assert given.elements(["saved_jp"]) == set(GIVEN) - {FILTER, Permission(JP, COPY, "SELECT"), GIVEN[0]}


def test_a_run_that_was_killed_between_the_table_and_its_grants_is_completed_by_the_next(aws: Aws) -> None:
    S3Given(aws).keep({"saved_jp": GIVEN})
    aws.client("glue").delete_table(DatabaseName="saved_jp", Name="title_daily")
    LakeFormationRegain(aws).making(["saved_jp.title_daily"])
    make_table(aws)
    assert Permission(JP, COPY, "SELECT") not in read(aws).permissions
    LakeFormationRegain(aws).complete()
    assert Permission(JP, COPY, "SELECT") in read(aws).permissions
    before = calls_of(aws)
    LakeFormationRegain(aws).complete()
    assert calls_of(aws) == before


def calls_of(aws: Aws) -> list[str]:
    """The marks that are left."""
    found = aws.client("s3").list_objects_v2(Bucket=aws.settings.bucket, Prefix=f"{aws.settings.prefix}access/regaining/")
    return [one["Key"] for one in found.get("Contents", ())]


def test_a_database_that_gives_new_tables_to_iam_is_closed_before_a_table_is_made(aws: Aws) -> None:
    S3Given(aws).keep({"saved_jp": GIVEN})
    glue = aws.client("glue")
    everyone: list[dict[str, Any]] = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
    place = f"{aws.settings.warehouse}/saved_jp"
    glue.update_database(
        Name="saved_jp", DatabaseInput={"Name": "saved_jp", "LocationUri": place, "CreateTableDefaultPermissions": everyone}
    )
    LakeFormationRegain(aws).making(["saved_jp.new"])
    told = glue.get_database(Name="saved_jp")["Database"]
    assert (told.get("CreateTableDefaultPermissions"), told["LocationUri"]) == ([], place)


def test_what_cannot_be_put_back_leaves_less_and_is_told_and_tried_again(aws: Aws) -> None:
    stale = Permission(JP, Columns("saved_jp", "title_daily", ("gone",)), "SELECT")
    S3Given(aws).keep({"saved_jp": [stale, Permission(DE, COPY, "SELECT")]})
    regain = LakeFormationRegain(aws)
    regain.making(["saved_jp.title_daily"])
    regain.made(["saved_jp.title_daily"])
    assert Permission(DE, COPY, "SELECT") in read(aws).permissions
    assert ["saved_jp.title_daily" in note and "gone" in note for note in regain.notes] == [True]
    assert len(calls_of(aws)) == 1


def test_a_table_whose_row_policy_cannot_be_put_back_gets_no_grant(aws: Aws, moto: Moto) -> None:
    moto.let_lake_formation(have_row_policies=True)
    policy, attached = (
        RowPolicy("ringi_basic", "title_id = 'a'", (("title_id", "string"),)),
        Attachment("ringi_basic", "saved_jp", "title_daily", JP),
    )
    grant = Permission(JP, COPY, "SELECT")
    do_all(aws, [policy, attached, grant])
    S3Given(aws).keep({"saved_jp": [attached, grant]})
    aws.client("glue").delete_table(DatabaseName="saved_jp", Name="title_daily")
    regain = LakeFormationRegain(aws)
    regain.making(["saved_jp.title_daily"])
    make_table(aws)
    with failing(aws, "lakeformation", "AttachRLSPolicy", error("AccessDeniedException", "no")):
        regain.made(["saved_jp.title_daily"])
    assert grant not in read(aws).permissions
    assert len(regain.notes) == 1
    LakeFormationRegain(aws).complete()
    state = read(aws)
    assert grant in state.permissions and attached in state.attachments


def test_a_lake_without_an_applied_plan_is_left_alone(aws: Aws) -> None:
    regain = LakeFormationRegain(aws)
    assert not regain.governs("saved_jp.title_daily")
    regain.making(["saved_jp.title_daily"])
    regain.made(["saved_jp.title_daily"])
    regain.complete()
    assert calls_of(aws) == []


def test_a_damaged_record_is_told(aws: Aws) -> None:
    S3Given(aws).keep({"saved_jp": GIVEN})
    key = f"{aws.settings.prefix}access/given/saved_jp.json"
    aws.client("s3").put_object(Bucket=aws.settings.bucket, Key=key, Body=json.dumps({"elements": [{"kind": "Nothing"}]}))
    with pytest.raises(InfraError, match="is damaged"):
        S3Given(aws).elements(["saved_jp"])


def told_none(name: str, request: Any) -> Any:
    """An account that lists filters only where it is asked for a table's."""
    return None if b'"Table"' in request.body else answer(request, 200, b'{"DataCellsFilters": []}')


def test_filters_of_all_tables_are_told_in_one_call(aws: Aws) -> None:
    make_table(aws, "country_daily")
    do_all(aws, GIVEN)
    with failing(aws, "lakeformation", "ListDataCellsFilter", lambda name, request: None) as asked:
        assert read(aws).filters == {FILTER}
    assert asked.seen == 1


def test_where_no_filter_is_told_every_table_is_asked(aws: Aws) -> None:
    make_table(aws, "country_daily")
    do_all(aws, GIVEN)
    with failing(aws, "lakeformation", "ListDataCellsFilter", told_none, times=1000) as asked:
        assert read(aws).filters == {FILTER}
    assert asked.seen == 3


def test_a_filter_that_was_not_told_and_that_a_permission_names_is_asked_for(aws: Aws) -> None:
    make_table(aws, "country_daily")
    other = CellsFilter("saved_jp", "country_daily", "basic", rows="plays > 3")
    do_all(aws, (*GIVEN, other, Permission(DE, Filter("saved_jp", "country_daily", "basic"), "SELECT")))
    (told,) = aws.client("lakeformation").list_data_cells_filter(Table={"DatabaseName": "saved_jp", "Name": "title_daily"})[
        "DataCellsFilters"
    ]

    def told_one(name: str, request: Any) -> Any:
        return None if b'"Table"' in request.body else answer(request, 200, json.dumps({"DataCellsFilters": [told]}).encode())

    with failing(aws, "lakeformation", "ListDataCellsFilter", told_one, times=1000) as asked:
        assert read(aws).filters == {FILTER, other}
    assert asked.seen == 2
