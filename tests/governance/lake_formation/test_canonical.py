"""What the API tells, in canonical form: one value for one meaning, however it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.lake_formation.api import calls, canonical
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Other, Resource, Table, TagPolicy
from governance.lake_formation.state import Attachment, CellsFilter, Element, Permission, Registration, Settings, Tag, Tagged
from tests.support import lake_formation_elements as cases
from tests.support.access_account import ACCOUNT
from tests.support.lake_formation_listing import listed

if TYPE_CHECKING:
    from random import Random

    from governance.lake_formation.port import Call

ANN = f"arn:aws:iam::{ACCOUNT}:role/ann"


def entry(resource: dict[str, Any], *actions: str, grantable: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    principal = {"DataLakePrincipalIdentifier": ANN}
    return {"Principal": principal, "Resource": resource, "Permissions": [*actions], "PermissionsWithGrantOption": [*grantable], **more}


def table(name: str = "v", **more: Any) -> dict[str, Any]:
    return {"Table": {"CatalogId": ACCOUNT, "DatabaseName": "d", "Name": name, **more}}


def columns(name: str = "v", **more: Any) -> dict[str, Any]:
    return {"TableWithColumns": {"CatalogId": ACCOUNT, "DatabaseName": "d", "Name": name, **more}}


def on(resource: Resource, *actions: str, grantable: bool = False) -> frozenset[Permission]:
    return frozenset(Permission(ANN, resource, action, grantable) for action in actions)


@settings(max_examples=150, deadline=None)
@given(cases.permissions, st.randoms(use_true_random=False))
def test_what_is_granted_comes_back_as_it_was(permissions: frozenset[Permission], random: Random) -> None:
    granted = list(calls.of(permissions, (), ACCOUNT))
    assert canonical.permissions(listed(granted, random), ACCOUNT) == permissions


@settings(max_examples=150, deadline=None)
@given(cases.elements)
def test_what_is_made_comes_back_as_it_was(element: Element) -> None:
    assert told_back(list(calls.of([element], (), ACCOUNT))) == element


def told_back(made: list[Call]) -> Element | None:
    """The element that the API would tell of after these calls, in the words of its answers."""
    said = made[0].parameters
    match made[0].operation:
        case "CreateDataCellsFilter":
            return canonical.cells_filter({**said["TableData"], "VersionId": "1"})
        case "CreateLFTag":
            return canonical.tag(said)
        case "AddLFTagsToResource":
            ((kind, inner),) = said["Resource"].items()
            tags = said["LFTags"]
            if kind == "Database":
                return canonical.tagged(Database(inner["Name"]), {"LFTagOnDatabase": tags})[0]
            where = Table(inner["DatabaseName"], inner["Name"])
            told = [{"Name": name, "LFTags": tags} for name in inner.get("ColumnNames", ())]
            return canonical.tagged(where, {"LFTagsOnColumns": told} if told else {"LFTagsOnTable": tags})[0]
        case "CreateLakeFormationOptIn":
            return canonical.opt_in(said, ACCOUNT)
        case "RegisterResource":
            return canonical.registration(said)
        case "CreateRLSPolicy":
            return canonical.row_policy(said)
        case "AttachRLSPolicy":
            default = {"DefaultRLSPolicy": said.get("SetDefault")}
            return canonical.attachment({**said, **default, "PolicyName": said["Name"]}, ACCOUNT)
        case "PutDataLakeSettings":
            return canonical.settings(said["DataLakeSettings"])
    return None


@settings(max_examples=80, deadline=None)
@given(cases.permissions)
def test_folding_twice_is_folding_once(permissions: frozenset[Permission]) -> None:
    assert frozenset(canonical.folded(permissions)) == permissions


def test_select_that_comes_back_apart_is_one_grant() -> None:
    told = [entry(table(), "DESCRIBE"), entry(columns(ColumnWildcard={}), "SELECT")]
    assert canonical.permissions(told, ACCOUNT) == on(Table("d", "v"), "SELECT", "DESCRIBE")


@pytest.mark.parametrize("exclusions", [{}, {"ExcludedColumnNames": None}, {"ExcludedColumnNames": []}])
def test_no_exclusions_are_told_in_three_ways(exclusions: dict[str, Any]) -> None:
    assert canonical.resource(columns(ColumnWildcard=exclusions)) == Table("d", "v")


def test_excluded_columns_are_not_the_whole_table() -> None:
    found = canonical.resource(columns(ColumnWildcard={"ExcludedColumnNames": ["b", "a"]}))
    assert found == Columns("d", "v", excluded=("a", "b"))


@pytest.mark.parametrize("told", [table("ALL_TABLES", TableWildcard={}), table("ALL_TABLES"), columns("ALL_TABLES", ColumnWildcard={})])
def test_every_table_is_told_in_several_ways(told: dict[str, Any]) -> None:
    assert canonical.resource(told) == Table("d", EVERY_TABLE)


def test_all_stands_for_what_it_implies() -> None:
    told = [entry(table(), "ALL", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"), entry(columns(ColumnWildcard={}), "SELECT")]
    assert canonical.permissions(told, ACCOUNT) == on(Table("d", "v"), "ALL")


def test_all_parts_together_are_all() -> None:
    told = [entry(table(), "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"), entry(columns(ColumnWildcard={}), "SELECT")]
    assert canonical.permissions(told, ACCOUNT) == on(Table("d", "v"), "ALL")


def test_a_part_that_may_be_handed_on_stays_beside_all() -> None:
    told = entry(table(), "ALL", "SELECT", grantable=("SELECT",))
    expected = on(Table("d", "v"), "ALL") | on(Table("d", "v"), "SELECT", grantable=True)
    assert canonical.permissions([told], ACCOUNT) == expected


def test_the_right_to_hand_on_includes_the_right() -> None:
    assert canonical.permissions([entry(table(), grantable=("DROP",)), entry(table(), "DROP")]) == on(
        Table("d", "v"), "DROP", grantable=True
    )


def test_tags_are_lower_case_and_in_order() -> None:
    told = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "Team", "TagValues": ["B", "a"]}]}}
    assert canonical.resource(told) == TagPolicy("TABLE", (("team", ("a", "b")),))
    assert canonical.tag({"TagKey": "Team", "TagValues": ["B", "a", "A"]}) == Tag("team", ("a", "b"))


@pytest.mark.parametrize(
    "told",
    [
        {"RLSPolicy": {"Name": "p"}},
        {"UserDefinedFunction": {"DatabaseName": "d", "Name": "f"}},
        {"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": "mine"}},
        {"SomethingOfLaterDays": {"Name": "x"}},
        {"Database": {"CatalogId": "999999999999", "Name": "far"}},
    ],
)
def test_what_ringi_does_not_know_is_kept_as_it_was_told(told: dict[str, Any]) -> None:
    assert canonical.resource(told, ACCOUNT) == Other(canonical.told_json(told))


def test_a_grant_under_a_condition_is_another_one() -> None:
    plain, conditional = entry(table(), "DROP"), entry(table(), "DROP", Condition={"Expression": "true"})
    assert len(canonical.permissions([plain, conditional], ACCOUNT)) == 2


def test_a_filter_on_all_rows_is_told_in_two_ways() -> None:
    told = {"TableCatalogId": ACCOUNT, "DatabaseName": "d", "TableName": "v", "Name": "F", "ColumnNames": ["b", "a"]}
    expected = CellsFilter("d", "v", "F", ("a", "b"))
    assert canonical.cells_filter({**told, "RowFilter": {"AllRowsWildcard": {}}}) == canonical.cells_filter(told) == expected
    assert canonical.cells_filter({**told, "RowFilter": {"FilterExpression": "a = 1"}}).rows == "a = 1"


def test_assigned_tags_stand_on_what_carries_them() -> None:
    told = {
        "LFTagOnDatabase": [{"TagKey": "country", "TagValues": ["JP"]}],
        "LFTagsOnTable": [{"TagKey": "view", "TagValues": ["v"]}],
        "LFTagsOnColumns": [{"Name": "a", "LFTags": [{"TagKey": "level", "TagValues": ["Personal"]}]}],
    }
    assert canonical.tagged(Database("d"), told) == (Tagged(Database("d"), "country", "jp"),)
    expected = (Tagged(Table("d", "v"), "view", "v"), Tagged(Columns("d", "v", ("a",)), "level", "personal"))
    assert canonical.tagged(Table("d", "v"), told) == expected


def test_a_service_linked_role_is_nobodys_choice() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
    told = {"ResourceArn": "arn:aws:s3:::lake/", "RoleArn": role, "HybridAccessEnabled": True, "WithFederation": False}
    assert canonical.registration(told) == Registration("arn:aws:s3:::lake", None, True)


def test_a_policy_put_on_tags_is_kept() -> None:
    policy = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "k", "TagValues": ["v"]}]}}
    found = canonical.attachment({"PolicyName": "p", "Resource": policy, "DefaultRLSPolicy": True})
    assert found == Attachment("p", "", "", default=True, on=TagPolicy("TABLE", (("k", ("v",)),)))


def test_settings_keep_what_nobody_knows() -> None:
    told = {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": ANN}], "FutureKey": {"b": 1, "a": [2]}, "Parameters": {"X": "1"}}
    assert canonical.settings(told) == Settings((ANN,), other='{"FutureKey":{"a":[2],"b":1},"Parameters":{"X":"1"}}')


def test_a_table_of_glue_names_its_folder_and_its_partitions() -> None:
    told = {
        "DatabaseName": "Saved_JP",
        "Name": "V",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "string"}], "Location": "s3://lake/saved_jp.db/v/"},
        "PartitionKeys": [{"Name": "day", "Type": "date"}],
        "CreatedBy": ANN,
    }
    found = canonical.table(told)
    assert (found.database, found.name, found.columns, found.types) == ("saved_jp", "v", ("a", "day"), ("string", "date"))
    assert (found.location, found.partitions, found.created_by, found.is_view) == ("s3://lake/saved_jp.db/v", ("day",), ANN, False)


def test_a_view_of_glue_names_its_definer_its_tables_and_both_texts_of_each_dialect() -> None:
    told = {
        "DatabaseName": "views_jp",
        "Name": "v",
        "TableType": "VIRTUAL_VIEW",
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "string"}]},
        "ViewDefinition": {
            "Definer": ANN,
            "SubObjects": [f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/saved_jp/v"],
            "Representations": [{"Dialect": "ATHENA", "ViewOriginalText": "a", "ViewExpandedText": "b", "IsStale": True}],
        },
    }
    found = canonical.table(told)
    assert (found.is_view, found.definer, found.base_tables, found.location) == (True, ANN, (("saved_jp", "v"),), None)
    assert found.dialects == {"ATHENA": ("a", "b", True)}
