"""The lab's Lake Formation answers as docs/lake-formation.md says the real one does: permissions, filters, opt-ins, settings."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.lake_formation_calls import ANALYST, DATABASE, NAME, OTHER, TABLE, Desk, cells, role, some, to
from tests.lab.moto_server import ACCOUNT, Moto

EVERY_TABLE = {"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}}
FILTER = {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": NAME, "Name": "jp"}


@pytest.fixture
def desk(moto: Moto) -> Desk:
    """Lake Formation in charge of one database with one table."""
    moto.reset()
    made = Desk(moto)
    made.make_database()
    return made


def test_select_comes_back_apart_from_the_rest(desk: Desk) -> None:
    desk.grant(TABLE, ["SELECT", "DESCRIBE"], grantable=["SELECT"])
    (kind, told, permissions, grantable), (kind_2, told_2, permissions_2, grantable_2) = desk.held(Resource=TABLE)
    assert (kind, told["Name"], permissions, grantable) == ("Table", "title_daily", ["DESCRIBE"], [])
    assert (kind_2, told_2["ColumnWildcard"], permissions_2, grantable_2) == ("TableWithColumns", {}, ["SELECT"], ["SELECT"])


def test_a_wildcard_is_told_as_a_table_of_a_name_of_its_own(desk: Desk) -> None:
    desk.grant(EVERY_TABLE, ["DESCRIBE"])
    [(_, told, _, _)] = desk.held()
    assert (told["Name"], told["TableWildcard"]) == ("ALL_TABLES", {})


def test_all_is_told_with_what_it_stands_for(desk: Desk) -> None:
    desk.grant(TABLE, ["ALL"])
    assert desk.held()[0][2] == ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"]
    desk.lf.revoke_permissions(Principal=to(ANALYST), Resource=TABLE, Permissions=["DROP"])
    assert desk.held()[0][2] == ["ALTER", "DELETE", "DESCRIBE", "INSERT"]


def test_columns_and_the_whole_table_exclude_one_another(desk: Desk) -> None:
    desk.grant(TABLE, ["SELECT"])
    with pytest.raises(ClientError, match="Permissions modification is invalid"):
        desk.grant(some("plays"), ["SELECT"])
    desk.lf.revoke_permissions(Principal=to(ANALYST), Resource=TABLE, Permissions=["SELECT"])
    desk.grant(some("plays"), ["SELECT"])
    desk.grant(some("title_id"), ["SELECT"])
    assert [told["ColumnNames"] for _, told, _, _ in desk.held()] == [["plays", "title_id"]]
    desk.lf.revoke_permissions(Principal=to(ANALYST), Resource=some("plays"), Permissions=["SELECT"])
    assert [told["ColumnNames"] for _, told, _, _ in desk.held()] == [["title_id"]]


def test_a_batch_fails_entry_by_entry(desk: Desk) -> None:
    resources = [TABLE, {"Table": {"DatabaseName": DATABASE, "Name": "nowhere"}}, some("nothing")]
    entries = [{"Id": str(n), "Principal": to(ANALYST), "Resource": one, "Permissions": ["SELECT"]} for n, one in enumerate(resources)]
    failures = desk.lf.batch_grant_permissions(Entries=entries)["Failures"]
    assert {one["RequestEntry"]["Id"]: one["Error"]["ErrorCode"] for one in failures} == {
        "1": "EntityNotFoundException",
        "2": "EntityNotFoundException",
    }
    failures = desk.lf.batch_revoke_permissions(Entries=[entries[0], {**entries[0], "Id": "again"}])["Failures"]
    assert [(one["RequestEntry"]["Id"], one["Error"]["ErrorMessage"].partition(".")[0]) for one in failures] == [
        ("again", "No permissions revoked")
    ]
    with pytest.raises(ClientError, match="1 to 20"):
        desk.lf.batch_grant_permissions(Entries=[{**entries[0], "Id": str(n)} for n in range(21)])


def test_a_principal_alone_cannot_be_asked_for_and_columns_cannot_be_a_resource(desk: Desk) -> None:
    with pytest.raises(ClientError, match="Resource is mandatory"):
        desk.lf.list_permissions(Principal=to(ANALYST))
    with pytest.raises(ClientError, match="Resource must have either"):
        desk.lf.list_permissions(Resource=some("plays"))


def test_principal_and_resource_together_ask_for_what_is_effective(desk: Desk) -> None:
    desk.grant(EVERY_TABLE, ["SELECT"])
    assert desk.held(Resource=TABLE) == []
    [(kind, told, permissions, _)] = desk.held(Resource=TABLE, Principal=to(ANALYST))
    assert (kind, told["Name"], permissions) == ("TableWithColumns", "title_daily", ["SELECT"])


def test_pages_hold_as_many_as_were_asked_for_and_tell_who_changed_what(desk: Desk) -> None:
    for number in range(5):
        desk.grant({"Database": {"Name": DATABASE}}, ["DESCRIBE"], principal=role(f"reader_{number}"))
    pages = _pages(desk.lf)
    assert [len(page["PrincipalResourcePermissions"]) for page in pages] == [2, 2, 1]
    assert pages[0]["PrincipalResourcePermissions"][0]["LastUpdatedBy"] == f"arn:aws:sts::{ACCOUNT}:user/moto"


def _pages(lf: Any) -> list[dict[str, Any]]:
    pages = [lf.list_permissions(MaxResults=2)]
    while "NextToken" in pages[-1]:
        pages.append(lf.list_permissions(MaxResults=2, NextToken=pages[-1]["NextToken"]))
    return pages


def test_filters_have_a_shape_a_version_and_permissions_of_their_own(desk: Desk) -> None:
    desk.lf.create_data_cells_filter(TableData=cells("jp", "title_id = '東京' AND NOT plays IN (1, 2)", ColumnNames=["plays"]))
    told = desk.lf.get_data_cells_filter(**FILTER)["DataCellsFilter"]
    assert told["RowFilter"] == {"FilterExpression": "title_id = '東京' AND NOT plays IN (1, 2)"}
    changed = cells("jp", None, ColumnWildcard={"ExcludedColumnNames": ["plays"]})
    desk.lf.update_data_cells_filter(TableData={**changed, "VersionId": told["VersionId"]})
    with pytest.raises(ClientError, match="ConcurrentModification"):
        desk.lf.update_data_cells_filter(TableData={**changed, "VersionId": told["VersionId"]})
    place = {"DataCellsFilter": FILTER}
    desk.grant(place, ["SELECT"])
    assert desk.held(Resource=TABLE) == []
    assert [kind for kind, *_ in desk.held(Resource=TABLE, IncludeRelated="TRUE")] == ["DataCellsFilter"]
    desk.lf.delete_data_cells_filter(**FILTER)
    assert desk.held() == []
    assert desk.lf.list_data_cells_filter(Table=TABLE["Table"])["DataCellsFilters"] == []


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [
        ({"FilterExpression": "plays > 1"}, {"ColumnNames": ["plays"], "ColumnWildcard": {}}, "not both"),
        ({"FilterExpression": "plays > 1"}, {}, "ColumnNames or ColumnWildcard"),
        ({"FilterExpression": "plays > 1", "AllRowsWildcard": {}}, {"ColumnNames": ["plays"]}, "not both"),
        ({"FilterExpression": "lower(title_id) = 'a'"}, {"ColumnWildcard": {}}, "not supported|one column"),
        ({"FilterExpression": "title_id = plays"}, {"ColumnWildcard": {}}, "one column"),
        ({"FilterExpression": "viewing_date > '2026-01-01'"}, {"ColumnWildcard": {}}, "type date"),
        ({"FilterExpression": f"title_id = '{'x' * 2048}'"}, {"ColumnWildcard": {}}, "2048"),
        ({"AllRowsWildcard": {}}, {"ColumnNames": ["nothing"]}, "not found"),
    ],
)
def test_a_filter_of_the_wrong_shape_is_refused(desk: Desk, rows: dict[str, Any], columns: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        desk.lf.create_data_cells_filter(TableData={**FILTER, "RowFilter": rows, **columns})


def test_the_settings_are_replaced_as_a_whole(desk: Desk) -> None:
    desk.lf.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [to(ANALYST)], "TrustedResourceOwners": ["210987654321"]})
    desk.lf.put_data_lake_settings(DataLakeSettings={"ReadOnlyAdmins": [to(OTHER)]})
    told = desk.lf.get_data_lake_settings()["DataLakeSettings"]
    assert (told["DataLakeAdmins"], told["ReadOnlyAdmins"], told["TrustedResourceOwners"]) == ([], [to(OTHER)], [])


def test_what_is_made_is_left_to_iam_where_the_settings_say_so(desk: Desk) -> None:
    everybody = [{"Principal": to("IAM_ALLOWED_PRINCIPALS"), "Permissions": ["ALL"]}]
    desk.lf.put_data_lake_settings(
        DataLakeSettings={"CreateTableDefaultPermissions": everybody, "CreateDatabaseDefaultPermissions": everybody}
    )
    desk.make_table("later")
    desk.glue.create_database(DatabaseInput={"Name": "later"})
    assert [(kind, told["Name"], permissions) for kind, told, permissions, _ in desk.held()] == [
        ("Database", "later", ["ALL"]),
        ("Table", "later", ["ALL"]),
    ]


def test_what_is_dropped_takes_its_permissions_filters_and_opt_ins_along(desk: Desk) -> None:
    desk.grant(TABLE, ["SELECT"])
    desk.lf.create_data_cells_filter(TableData=cells("all", None))
    desk.lf.create_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    desk.glue.delete_table(DatabaseName=DATABASE, Name=NAME)
    desk.make_table()
    assert desk.held() == []
    assert desk.lf.list_data_cells_filter()["DataCellsFilters"] == []
    assert desk.lf.list_lake_formation_opt_ins()["LakeFormationOptInsInfoList"] == []


def test_opting_in_twice_is_as_once_and_out_twice_is_refused(desk: Desk) -> None:
    for _ in range(2):
        desk.lf.create_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    [told] = desk.lf.list_lake_formation_opt_ins(Principal=to(ANALYST))["LakeFormationOptInsInfoList"]
    assert told["Resource"]["Table"]["Name"] == "title_daily"
    desk.lf.delete_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    with pytest.raises(ClientError, match="EntityNotFound"):
        desk.lf.delete_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
