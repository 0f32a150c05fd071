"""What Ringi relies on of Lake Formation, as checks: each says in one sentence what it expects, and looks.

Run by `check_lake_formation.py`; docs/lake-formation.md lists the same names with the evidence that there is for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from lake_formation_scratch import EntryFailedError, Scratch

Check = Callable[[Scratch], None]
QUIRKS: list[Quirk] = []


@dataclass(frozen=True, slots=True)
class Quirk:
    """One expectation. `look` raises DifferentError, with what was found, where it does not hold."""

    name: str
    says: str
    look: Check


class DifferentError(Exception):
    """The account behaves otherwise."""


def quirk(look: Check) -> Check:
    """Make the function a check, named by itself and told by its docstring."""
    QUIRKS.append(Quirk(look.__name__.replace("_", "-"), (look.__doc__ or "").strip(), look))
    return look


def expect(held: bool, found: object) -> None:
    if not held:
        raise DifferentError(str(found))


def refused(call: Callable[[], object], *codes: str) -> str:
    """The message of the refusal; different where the call is taken or refused with another code."""
    try:
        call()
    except ClientError as error:
        code, message = error.response["Error"]["Code"], str(error)
    except EntryFailedError as error:
        code, message = error.code, str(error)
    else:
        raise DifferentError("the call was taken")
    expect(code in codes, message)
    return message


@quirk
def select_is_split(s: Scratch) -> None:
    """SELECT granted on a table is listed apart, on all of its columns."""
    s.grant(s.table(), "SELECT", "DESCRIBE")
    found = s.held(s.table())
    kinds = {kind: permissions for kind, _, permissions in found}
    expect(kinds == {"Table": {"DESCRIBE"}, "TableWithColumns": {"SELECT"}}, found)


@quirk
def wildcard_has_a_name(s: Scratch) -> None:
    """A permission on every table is listed with the name ALL_TABLES."""
    every = {"Table": {"DatabaseName": s.name, "TableWildcard": {}}}
    s.grant(every, "DESCRIBE")
    found = [told for kind, told, _ in s.held() if kind == "Table"]
    expect([told.get("Name") for told in found] == ["ALL_TABLES"], found)


@quirk
def all_is_listed_with_its_members(s: Scratch) -> None:
    """ALL on a table is listed as ALL and what it stands for."""
    s.grant(s.table(), "ALL")
    found = [permissions for kind, _, permissions in s.held(s.table()) if kind == "Table"]
    expect(found == [{"ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"}], found)


@quirk
def columns_clash_with_the_table(s: Scratch) -> None:
    """SELECT on some columns is refused to a principal that has it on the whole table."""
    s.grant(s.table(), "SELECT")
    said = refused(lambda: s.grant(s.columns("plays"), "SELECT"), "InvalidInputException")
    expect("Permissions modification is invalid" in said, said)


@quirk
def columns_are_one_list(s: Scratch) -> None:
    """Columns granted one after the other are listed as one grant, and one of them can be revoked."""
    s.grant(s.columns("plays"), "SELECT")
    s.grant(s.columns("title_id"), "SELECT")
    names = [sorted(told.get("ColumnNames", ())) for _, told, _ in s.held(s.table())]
    expect(names == [["plays", "title_id"]], names)
    s.revoke(s.columns("plays"), "SELECT")
    names = [sorted(told.get("ColumnNames", ())) for _, told, _ in s.held(s.table())]
    expect(names == [["title_id"]], names)


@quirk
def batches_fail_by_entry(s: Scratch) -> None:
    """An entry on a table that is not there fails by itself; the others are done."""
    entries = [s.entry("good", s.table(), "DESCRIBE"), s.entry("bad", s.table("nowhere"), "DESCRIBE")]
    failures = s.lf.batch_grant_permissions(Entries=entries)["Failures"]
    found = {one["RequestEntry"]["Id"]: one["Error"]["ErrorCode"] for one in failures}
    expect(found == {"bad": "EntityNotFoundException"}, found)
    expect(len(s.held(s.table())) == 1, s.held(s.table()))


@quirk
def revoking_nothing_is_told(s: Scratch) -> None:
    """Revoking what nobody has fails with the words `No permissions revoked`."""
    said = refused(lambda: s.revoke(s.table(), "SELECT"), "InvalidInputException")
    expect("No permissions revoked" in said, said)


@quirk
def batches_hold_20(s: Scratch) -> None:
    """A batch of 21 entries is refused whole."""
    entries = [s.entry(str(number), s.table(), "DESCRIBE") for number in range(21)]
    refused(lambda: s.lf.batch_grant_permissions(Entries=entries), "InvalidInputException", "ValidationException")
    expect(s.held(s.table()) == [], s.held(s.table()))


@quirk
def principal_needs_a_resource(s: Scratch) -> None:
    """Permissions cannot be listed by principal alone."""
    refused(lambda: s.lf.list_permissions(Principal=s.as_principal(s.reader)), "InvalidInputException")


@quirk
def columns_are_no_resource_to_list(s: Scratch) -> None:
    """Permissions cannot be listed for columns; the table gives them."""
    refused(lambda: s.lf.list_permissions(Resource=s.columns("plays")), "InvalidInputException")


@quirk
def both_named_is_effective(s: Scratch) -> None:
    """With principal and resource, the list tells what follows from a wildcard too; with the resource alone it does not."""
    s.grant({"Table": {"DatabaseName": s.name, "TableWildcard": {}}}, "DESCRIBE")
    expect(s.held(s.table()) == [], s.held(s.table()))
    found = s.held(s.table(), Principal=s.as_principal(s.reader))
    expect(any("DESCRIBE" in permissions for _, _, permissions in found), found)


@quirk
def filters_are_listed_when_asked_for(s: Scratch) -> None:
    """Permissions on a table's filters are listed only with IncludeRelated."""
    s.lf.create_data_cells_filter(TableData=s.filter("shown", "plays > 1"))
    s.grant(s.place("shown"), "SELECT")
    expect(s.held(s.table()) == [], s.held(s.table()))
    found = [kind for kind, _, _ in s.held(s.table(), IncludeRelated="TRUE")]
    expect(found == ["DataCellsFilter"], found)


@quirk
def filters_are_listed_without_a_table(s: Scratch) -> None:
    """Asked for no table, the list of filters has those of every table."""
    s.lf.create_data_cells_filter(TableData=s.filter("somewhere", "plays > 1"))
    pages = s.lf.get_paginator("list_data_cells_filter").paginate()
    found = [one["Name"] for page in pages for one in page["DataCellsFilters"] if one["DatabaseName"] == s.name]
    expect(found == ["somewhere"], found)


@quirk
def the_catalog_lists_filters_too(s: Scratch) -> None:
    """The listing of the whole catalog has permissions on filters as well."""
    s.lf.create_data_cells_filter(TableData=s.filter("whole", "plays > 1"))
    s.grant(s.place("whole"), "SELECT")
    expect("DataCellsFilter" in {kind for kind, _, _ in s.held()}, s.held())


@quirk
def filters_choose_columns_one_way(s: Scratch) -> None:
    """A filter with both ColumnNames and ColumnWildcard is refused."""
    wrong = s.filter("wrong", "plays > 1", ColumnNames=["plays"], ColumnWildcard={})
    refused(lambda: s.lf.create_data_cells_filter(TableData=wrong), "InvalidInputException")


@quirk
def filters_of_all_rows_have_no_expression(s: Scratch) -> None:
    """A filter over all rows is told with AllRowsWildcard."""
    s.lf.create_data_cells_filter(TableData=s.filter("rows", None, ColumnNames=["plays"]))
    told = s.lf.get_data_cells_filter(**s.place("rows")["DataCellsFilter"])["DataCellsFilter"]
    expect("AllRowsWildcard" in told["RowFilter"] and told["RowFilter"].get("FilterExpression") in {None, "TRUE"}, told)


@quirk
def filters_know_no_dates(s: Scratch) -> None:
    """A filter that compares a DATE is refused."""
    wrong = s.filter("dates", "viewing_date > '2026-01-01'")
    refused(lambda: s.lf.create_data_cells_filter(TableData=wrong), "InvalidInputException")


@quirk
def filters_know_no_functions(s: Scratch) -> None:
    """A filter that calls a function is refused."""
    wrong = s.filter("functions", "lower(title_id) = 'a'")
    refused(lambda: s.lf.create_data_cells_filter(TableData=wrong), "InvalidInputException")


@quirk
def filters_compare_with_literals(s: Scratch) -> None:
    """A filter that compares two columns is refused."""
    wrong = s.filter("two", "title_id = plays")
    refused(lambda: s.lf.create_data_cells_filter(TableData=wrong), "InvalidInputException")


@quirk
def filters_are_not_for_views(s: Scratch) -> None:
    """A filter on a view is refused."""
    s.glue.create_table(DatabaseName=s.name, TableInput=_view())
    refused(lambda: s.lf.create_data_cells_filter(TableData=s.filter("view", "plays > 1", table="seen")), "InvalidInputException")


@quirk
def filters_end_at_2048_characters(s: Scratch) -> None:
    """A longer expression is refused."""
    wrong = s.filter("long", f"title_id = '{'x' * 2048}'")
    refused(lambda: s.lf.create_data_cells_filter(TableData=wrong), "InvalidInputException", "ValidationException")


@quirk
def filters_have_versions(s: Scratch) -> None:
    """An update that names an overtaken version is refused."""
    s.lf.create_data_cells_filter(TableData=s.filter("version", "plays > 1"))
    old = s.lf.get_data_cells_filter(**s.place("version")["DataCellsFilter"])["DataCellsFilter"]["VersionId"]
    s.lf.update_data_cells_filter(TableData=s.filter("version", "plays > 2"))
    stale = {**s.filter("version", "plays > 3"), "VersionId": old}
    refused(lambda: s.lf.update_data_cells_filter(TableData=stale), "ConcurrentModificationException")


@quirk
def filters_take_their_grants_along(s: Scratch) -> None:
    """Deleting a filter ends the permissions on it."""
    s.lf.create_data_cells_filter(TableData=s.filter("gone", "plays > 1"))
    s.grant(s.place("gone"), "SELECT")
    s.lf.delete_data_cells_filter(**s.place("gone")["DataCellsFilter"])
    s.lf.create_data_cells_filter(TableData=s.filter("gone", "plays > 2"))
    expect(s.held(s.table(), IncludeRelated="TRUE") == [], s.held(s.table(), IncludeRelated="TRUE"))


@quirk
def tags_are_lower_case(s: Scratch) -> None:
    """Keys and values of tags are kept in lower case."""
    key = _tag(s, "CASE", "One", "TWO")
    found = s.lf.get_lf_tag(TagKey=key)["TagValues"]
    expect(sorted(found) == ["one", "two"], found)


@quirk
def adding_tags_keeps_others(s: Scratch) -> None:
    """A second AddLFTagsToResource keeps the tags that are there, and replaces the value of its own key."""
    one, two = _tag(s, "one", "a", "b"), _tag(s, "two", "a")
    for pair in ({"TagKey": one, "TagValues": ["a"]}, {"TagKey": two, "TagValues": ["a"]}, {"TagKey": one, "TagValues": ["b"]}):
        s.lf.add_lf_tags_to_resource(Resource=s.table(), LFTags=[pair])
    told = s.lf.get_resource_lf_tags(Resource=s.table(), ShowAssignedLFTags=True)["LFTagsOnTable"]
    found = {pair["TagKey"]: pair["TagValues"] for pair in told}
    expect(found == {one: ["b"], two: ["a"]}, found)


@quirk
def tags_have_one_value(s: Scratch) -> None:
    """Two values of one key in one call are refused."""
    pair = {"TagKey": _tag(s, "single", "a", "b"), "TagValues": ["a", "b"]}
    refused(lambda: s.lf.add_lf_tags_to_resource(Resource=s.table(), LFTags=[pair]), "InvalidInputException")


@quirk
def tags_must_be_defined(s: Scratch) -> None:
    """A value that the tag has not fails."""
    pair = {"TagKey": _tag(s, "defined", "a"), "TagValues": ["nothing"]}
    try:
        failures = s.lf.add_lf_tags_to_resource(Resource=s.table(), LFTags=[pair])["Failures"]
    except ClientError as error:
        failures = [error]
    expect(len(failures) == 1, failures)


@quirk
def tags_in_use_stay(s: Scratch) -> None:
    """A value that a resource carries cannot be deleted from its tag."""
    key = _tag(s, "used", "a", "b")
    s.lf.add_lf_tags_to_resource(Resource=s.table(), LFTags=[{"TagKey": key, "TagValues": ["a"]}])
    refused(lambda: s.lf.update_lf_tag(TagKey=key, TagValuesToDelete=["a"]), "InvalidInputException")


@quirk
def deleted_tags_end_grants(s: Scratch) -> None:
    """Deleting a tag ends the permissions whose expression names it."""
    key = _tag(s, "deleted", "a")
    policy = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": key, "TagValues": ["a"]}]}}
    s.grant(policy, "DESCRIBE")
    s.lf.delete_lf_tag(TagKey=key)
    expect([kind for kind, _, _ in s.held() if kind == "LFTagPolicy"] == [], s.held())


@quirk
def opting_in_again_is_taken(s: Scratch) -> None:
    """An opt-in that is there already is taken once more; one that is not there cannot be deleted."""
    asked = {"Principal": s.as_principal(s.reader), "Resource": s.table()}
    for _ in range(2):
        s.lf.create_lake_formation_opt_in(**asked)
    s.lf.delete_lake_formation_opt_in(**asked)
    refused(lambda: s.lf.delete_lake_formation_opt_in(**asked), "EntityNotFoundException")


@quirk
def dropped_tables_lose_everything(s: Scratch) -> None:
    """A table that is dropped and made again has no permissions and no filters."""
    s.make_table("dropped")
    s.grant(s.table("dropped"), "SELECT")
    s.lf.create_data_cells_filter(TableData=s.filter("dropped", "plays > 1", table="dropped"))
    s.glue.delete_table(DatabaseName=s.name, Name="dropped")
    s.make_table("dropped")
    expect(s.held(s.table("dropped")) == [], s.held(s.table("dropped")))
    left = s.lf.list_data_cells_filter(Table=s.table("dropped")["Table"])["DataCellsFilters"]
    expect(left == [], left)


@quirk
def changes_are_signed(s: Scratch) -> None:
    """A permission tells when it was changed last, and by whom."""
    s.grant(s.table(), "DESCRIBE")
    [told] = [one for one in s.lf.list_permissions(Resource=s.table())["PrincipalResourcePermissions"] if s.reader in str(one["Principal"])]
    expect("LastUpdated" in told and told.get("LastUpdatedBy", "").startswith("arn:"), told)


@quirk
def row_policies_are_there(s: Scratch) -> None:
    """The account knows row-level security policies."""
    try:
        s.lf.list_rls_policies(MaxResults=1)
    except ClientError as error:
        raise DifferentError(str(error)) from None


def _view() -> dict[str, Any]:
    stored = {"Columns": [{"Name": "plays", "Type": "bigint"}]}
    return {"Name": "seen", "TableType": "VIRTUAL_VIEW", "StorageDescriptor": stored, "ViewOriginalText": "-", "ViewExpandedText": "-"}


def _tag(s: Scratch, name: str, *values: str) -> str:
    """Define a tag of the scratch database's own; its key as Lake Formation keeps it."""
    key = f"{s.name}_{name}"
    s.lf.create_lf_tag(TagKey=key, TagValues=list(values))
    return key.lower()
