"""The calls that add and remove elements: exact in shape, and as few as batches allow."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.lake_formation.api import calls, canonical
from governance.lake_formation.limits import ENTRIES_A_BATCH
from governance.lake_formation.resource import Columns, Database, Filter, Table
from governance.lake_formation.state import (
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
from tests.support import lake_formation_elements as cases
from tests.support.access_account import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.lake_formation.port import Call

MODEL = get_session().get_service_model("lakeformation")
ANN, BOB = f"arn:aws:iam::{ACCOUNT}:role/ann", f"arn:aws:iam::{ACCOUNT}:role/bob"
VIEW = Table("views_jp", "v")


def made(added: Iterable[Element] = (), removed: Iterable[Element] = ()) -> list[Call]:
    found = list(calls.of(added, removed, ACCOUNT))
    for call in found:
        shape = MODEL.operation_model(call.operation).input_shape
        report = ParamValidator().validate(_without_later_keys(dict(call.parameters)), shape)
        assert not report.has_errors(), report.generate_report()
    return found


def _without_later_keys(parameters: dict[str, Any]) -> dict[str, Any]:
    """Settings keep keys that this version of botocore does not know, which its validator refuses; all else is checked."""
    document = parameters.get("DataLakeSettings")
    if document is None:
        return parameters
    return {**parameters, "DataLakeSettings": {key: value for key, value in document.items() if key != "FutureKey"}}


def shown(found: Iterable[Call]) -> list[tuple[str, Any]]:
    return [(call.operation, {key: value for key, value in call.parameters.items() if key != "CatalogId"}) for call in found]


def entries(call: Call) -> list[tuple[str, Any, Any]]:
    return [
        (entry["Principal"]["DataLakePrincipalIdentifier"], entry.get("Permissions"), entry.get("PermissionsWithGrantOption"))
        for entry in call.parameters["Entries"]
    ]


@settings(max_examples=150, deadline=None)
@given(cases.permissions, cases.permissions, st.lists(cases.elements, max_size=12), st.lists(cases.elements, max_size=12))
def test_every_call_has_the_shape_that_botocore_demands(
    added: frozenset[Permission], removed: frozenset[Permission], come: list[Element], go: list[Element]
) -> None:
    made([*added, *come], [*removed, *go])


@settings(max_examples=100, deadline=None)
@given(cases.permissions)
def test_grants_take_the_fewest_calls_that_batches_allow(permissions: frozenset[Permission]) -> None:
    least = ceil(len({(each.principal, each.resource, each.condition) for each in permissions}) / ENTRIES_A_BATCH)
    assert len(made(added=permissions)) == least == len(made(removed=permissions))


def test_a_thousand_readers_of_many_views_take_the_fewest_calls() -> None:
    added = [
        Permission(f"{ANN}{reader}", Table("views_jp", f"v{view}"), action)
        for reader in range(100)
        for view in range(21)
        for action in ("SELECT", "DESCRIBE")
    ]
    assert len(made(added)) == 105


@settings(max_examples=60, deadline=None)
@given(cases.permissions)
def test_an_entry_says_which_permissions_it_is_about(permissions: frozenset[Permission]) -> None:
    told = [each for call in made(permissions) for found in calls.elements(call).values() for each in found]
    assert len(told) == len(permissions) and frozenset(told) == permissions


def test_actions_of_one_reader_on_one_table_are_one_entry() -> None:
    found = made([Permission(ANN, VIEW, "SELECT", True), Permission(ANN, VIEW, "DESCRIBE")])
    assert [entries(call) for call in found] == [[(ANN, ["DESCRIBE", "SELECT"], ["SELECT"])]]


def test_the_right_to_hand_on_is_added_without_a_revoke_and_taken_without_the_right() -> None:
    plain, grantable = Permission(ANN, VIEW, "SELECT"), Permission(ANN, VIEW, "SELECT", True)
    (more,) = made([grantable], [plain])
    assert (more.operation, entries(more)) == ("BatchGrantPermissions", [(ANN, ["SELECT"], ["SELECT"])])
    less, again = made([plain], [grantable])
    assert (less.operation, entries(less)) == ("BatchRevokePermissions", [(ANN, None, ["SELECT"])])
    assert (again.operation, entries(again)) == ("BatchGrantPermissions", [(ANN, ["SELECT"], None)])


def test_what_narrows_comes_before_what_widens() -> None:
    gone, new = Permission(BOB, VIEW, "SELECT"), Permission(ANN, Filter("saved_jp", "v", "f"), "SELECT")
    found = made([new, CellsFilter("saved_jp", "v", "f", ("a",))], [gone, CellsFilter("saved_jp", "v", "old")])
    operations = [call.operation for call in found]
    assert operations == ["BatchRevokePermissions", "CreateDataCellsFilter", "BatchGrantPermissions", "DeleteDataCellsFilter"]


def test_a_filter_in_the_place_of_another_is_changed_in_place() -> None:
    before, after = CellsFilter("d", "v", "f", ("a",)), CellsFilter("d", "v", "f", (), ("b",), "a = 'x'")
    place = {"TableCatalogId": ACCOUNT, "DatabaseName": "d", "TableName": "v", "Name": "f"}
    said = {**place, "RowFilter": {"FilterExpression": "a = 'x'"}, "ColumnWildcard": {"ExcludedColumnNames": ["b"]}}
    assert shown(made([after], [before])) == [("UpdateDataCellsFilter", {"TableData": said})]
    assert shown(made(removed=[before])) == [("DeleteDataCellsFilter", place)]


def test_values_of_a_tag_come_and_go_in_parts_of_fifty() -> None:
    many = tuple(f"v{number:03}" for number in range(120))
    created = shown(made([Tag("k", many)]))
    assert [(operation, len(said.get("TagValues", said.get("TagValuesToAdd")))) for operation, said in created] == [
        ("CreateLFTag", 50),
        ("UpdateLFTag", 50),
        ("UpdateLFTag", 20),
    ]
    changed = shown(made([Tag("k", ("b", "c"))], [Tag("k", ("a", "b"))]))
    assert changed == [("UpdateLFTag", {"TagKey": "k", "TagValuesToAdd": ["c"], "TagValuesToDelete": ["a"]})]
    assert shown(made(removed=[Tag("k", ("a",))])) == [("DeleteLFTag", {"TagKey": "k"})]


def test_columns_with_the_same_tags_share_a_call_and_a_new_value_replaces_the_old_one() -> None:
    new = [Tagged(Columns("d", "v", (name,)), "level", "internal") for name in ("b", "a")]
    (call,) = made([*new], [Tagged(Columns("d", "v", ("a",)), "level", "personal")])
    assert call.operation == "AddLFTagsToResource"
    assert call.parameters["Resource"]["TableWithColumns"]["ColumnNames"] == ["a", "b"]
    assert call.parameters["LFTags"] == [{"CatalogId": ACCOUNT, "TagKey": "level", "TagValues": ["internal"]}]


def test_settings_are_written_as_a_whole_with_what_nobody_knows() -> None:
    wanted = Settings((ANN,), (), (), (), '{"FutureKey":{"a":1},"Parameters":{"SET_SOURCE_IDENTITY":"TRUE"}}')
    (call,) = made([wanted])
    document = call.parameters["DataLakeSettings"]
    assert canonical.settings(document) == wanted
    assert document["CreateTableDefaultPermissions"] == [] == document["CreateDatabaseDefaultPermissions"]
    assert document["FutureKey"] == {"a": 1}


def test_a_place_is_changed_in_place_only_with_a_role_of_its_own() -> None:
    own = [Registration("arn:aws:s3:::lake", f"{ANN}", hybrid) for hybrid in (True, False)]
    assert [call.operation for call in made([own[1]], [own[0]])] == ["UpdateResource"]
    linked = [Registration("arn:aws:s3:::lake", None, hybrid) for hybrid in (True, False)]
    assert [call.operation for call in made([linked[1]], [linked[0]])] == ["DeregisterResource", "RegisterResource"]
    assert made([linked[0]])[0].parameters["UseServiceLinkedRole"] is True


def test_a_row_policy_over_other_columns_is_made_anew() -> None:
    one, other = RowPolicy("p", "a = 1", (("a", "int"),)), RowPolicy("p", "b = 1", (("b", "int"),))
    assert [call.operation for call in made([other], [one])] == ["DeleteRLSPolicy", "CreateRLSPolicy"]
    changed = RowPolicy("p", "a = 2", (("a", "int"),))
    assert shown(made([changed], [one])) == [("UpdateRLSPolicy", {"Name": "p", "FilterExpression": "a = 2"})]


@pytest.mark.parametrize(
    ("element", "add", "remove"),
    [
        (OptIn(ANN, VIEW), "CreateLakeFormationOptIn", "DeleteLakeFormationOptIn"),
        (Attachment("p", "d", "v", ANN), "AttachRLSPolicy", "DetachRLSPolicy"),
        (Attachment("p", "d", "v", default=True), "AttachRLSPolicy", "DetachRLSPolicy"),
        (Tagged(Database("d"), "k", "v"), "AddLFTagsToResource", "RemoveLFTagsFromResource"),
        (Registration("arn:aws:s3:::lake", ANN), "RegisterResource", "DeregisterResource"),
    ],
)
def test_one_thing_is_one_call(element: Element, add: str, remove: str) -> None:
    assert [call.operation for call in made([element])] == [add]
    assert [call.operation for call in made(removed=[element])] == [remove]


@settings(max_examples=120, deadline=None)
@given(cases.elements)
def test_every_element_is_told_in_one_line(element: Element) -> None:
    line = calls.describe(element, ACCOUNT)
    assert line and "\n" not in line and type(element).__name__ not in line.split()


@pytest.mark.parametrize(
    ("element", "line"),
    [
        (Permission(f"arn:aws:iam::{ACCOUNT}:role/analyst_jp", Table("views_jp", "title_daily"), "SELECT"),
         "SELECT on views_jp.title_daily to role/analyst_jp"),
        (Permission("arn:aws:iam::999999999999:role/far", Database("views_jp"), "DESCRIBE", True),
         "DESCRIBE on database views_jp to role/far of account 999999999999, and may hand it on"),
        (Permission("IAM_ALLOWED_PRINCIPALS", Table("views_jp", "*"), "ALL"),
         "ALL on every table of views_jp, present and later to everyone whom IAM lets in (IAM_ALLOWED_PRINCIPALS)"),
        (Permission(ANN, Columns("d", "v", ("a", "b")), "SELECT"), "SELECT on columns a, b of d.v to role/ann"),
        (Permission(ANN, Columns("d", "v", (), ("a",)), "SELECT"), "SELECT on all columns but a of d.v to role/ann"),
        (CellsFilter("d", "v", "f", ("a",), (), "a = 'x'"), "filter f of d.v: column a, rows where a = 'x'"),
        (Registration("arn:aws:s3:::lake/warehouse", None, True),
         "s3://lake/warehouse under Lake Formation, read by the service-linked role, in hybrid mode"),
        (Settings((ANN,)), "settings: administrators role/ann; nothing is given by default"),
    ],
)  # fmt: skip
def test_what_a_person_reads(element: Element, line: str) -> None:
    assert calls.describe(element, ACCOUNT) == line
