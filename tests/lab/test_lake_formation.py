"""The lab's Lake Formation answers as docs/lake-formation.md says the real one does: permissions, filters, opt-ins, settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.moto_server import ACCOUNT, Moto

ANALYST = f"arn:aws:iam::{ACCOUNT}:role/analyst_jp"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/analyst_de"
DATABASE = "saved_jp"
TABLE = {"Table": {"DatabaseName": DATABASE, "Name": "title_daily"}}
COLUMNS = [{"Name": "title_id", "Type": "string"}, {"Name": "plays", "Type": "bigint"}, {"Name": "viewing_date", "Type": "date"}]


@pytest.fixture
def lf(moto: Moto) -> Any:
    """Lake Formation in charge of one database with one table and one view."""
    moto.reset()
    client, glue = moto.client("lakeformation"), moto.client("glue")
    client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": []})
    client.register_resource(ResourceArn="arn:aws:s3:::lake", UseServiceLinkedRole=True)
    glue.create_database(DatabaseInput={"Name": DATABASE})
    make_table(glue)
    return client


def make_table(glue: Any, name: str = "title_daily", **more: Any) -> None:
    stored = {"Columns": COLUMNS, "Location": f"s3://lake/{DATABASE}/{name}"}
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": name, "StorageDescriptor": stored, **more})


def to(principal: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": principal}


def some(*names: str) -> dict[str, Any]:
    return {"TableWithColumns": {"DatabaseName": DATABASE, "Name": "title_daily", "ColumnNames": list(names)}}


def grant(
    lf: Any, resource: dict[str, Any], permissions: Sequence[str], *, principal: str = ANALYST, grantable: Sequence[str] = ()
) -> None:
    more = {"PermissionsWithGrantOption": list(grantable)}
    lf.grant_permissions(Principal=to(principal), Resource=resource, Permissions=list(permissions), **more)


def held(lf: Any, **asked: Any) -> list[tuple[str, dict[str, Any], list[str], list[str]]]:
    """Everything listed, as (kind, resource, permissions, grantable)."""
    told = lf.list_permissions(**asked)["PrincipalResourcePermissions"]
    return [(*next(iter(one["Resource"].items())), one["Permissions"], one["PermissionsWithGrantOption"]) for one in told]


def cells(name: str, rows: dict[str, Any], **columns: Any) -> dict[str, Any]:
    return {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": "title_daily", "Name": name, "RowFilter": rows, **columns}


def test_select_comes_back_apart_from_the_rest(lf: Any) -> None:
    grant(lf, TABLE, ["SELECT", "DESCRIBE"], grantable=["SELECT"])
    (kind, told, permissions, grantable), (kind_2, told_2, permissions_2, grantable_2) = held(lf, Resource=TABLE)
    assert (kind, told["Name"], permissions, grantable) == ("Table", "title_daily", ["DESCRIBE"], [])
    assert (kind_2, told_2["ColumnWildcard"], permissions_2, grantable_2) == ("TableWithColumns", {}, ["SELECT"], ["SELECT"])


def test_a_wildcard_is_told_as_a_table_of_a_name_of_its_own(lf: Any) -> None:
    grant(lf, {"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}}, ["DESCRIBE"])
    [(_, told, _, _)] = held(lf)
    assert (told["Name"], told["TableWildcard"]) == ("ALL_TABLES", {})


def test_all_is_told_with_what_it_stands_for(lf: Any) -> None:
    grant(lf, TABLE, ["ALL"])
    assert held(lf)[0][2] == ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"]
    lf.revoke_permissions(Principal=to(ANALYST), Resource=TABLE, Permissions=["DROP"])
    assert held(lf)[0][2] == ["ALTER", "DELETE", "DESCRIBE", "INSERT"]


def test_columns_and_the_whole_table_exclude_one_another(lf: Any) -> None:
    grant(lf, TABLE, ["SELECT"])
    with pytest.raises(ClientError, match="Permissions modification is invalid"):
        grant(lf, some("plays"), ["SELECT"])
    lf.revoke_permissions(Principal=to(ANALYST), Resource=TABLE, Permissions=["SELECT"])
    grant(lf, some("plays"), ["SELECT"])
    grant(lf, some("title_id"), ["SELECT"])
    assert [told["ColumnNames"] for _, told, _, _ in held(lf)] == [["plays", "title_id"]]
    lf.revoke_permissions(Principal=to(ANALYST), Resource=some("plays"), Permissions=["SELECT"])
    assert [told["ColumnNames"] for _, told, _, _ in held(lf)] == [["title_id"]]


def test_a_batch_fails_entry_by_entry(lf: Any) -> None:
    resources = [TABLE, {"Table": {"DatabaseName": DATABASE, "Name": "nowhere"}}, some("nothing")]
    entries = [{"Id": str(n), "Principal": to(ANALYST), "Resource": one, "Permissions": ["SELECT"]} for n, one in enumerate(resources)]
    failures = lf.batch_grant_permissions(Entries=entries)["Failures"]
    assert {one["RequestEntry"]["Id"]: one["Error"]["ErrorCode"] for one in failures} == {
        "1": "EntityNotFoundException",
        "2": "EntityNotFoundException",
    }
    failures = lf.batch_revoke_permissions(Entries=[entries[0], {**entries[0], "Id": "again"}])["Failures"]
    assert [(one["RequestEntry"]["Id"], one["Error"]["ErrorMessage"].partition(".")[0]) for one in failures] == [
        ("again", "No permissions revoked")
    ]
    with pytest.raises(ClientError, match="1 to 20"):
        lf.batch_grant_permissions(Entries=[{**entries[0], "Id": str(n)} for n in range(21)])


def test_a_principal_alone_cannot_be_asked_for_and_columns_cannot_be_a_resource(lf: Any) -> None:
    with pytest.raises(ClientError, match="Resource is mandatory"):
        lf.list_permissions(Principal=to(ANALYST))
    with pytest.raises(ClientError, match="Resource must have either"):
        lf.list_permissions(Resource=some("plays"))


def test_principal_and_resource_together_ask_for_what_is_effective(lf: Any) -> None:
    grant(lf, {"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}}, ["SELECT"])
    assert held(lf, Resource=TABLE) == []
    [(kind, told, permissions, _)] = held(lf, Resource=TABLE, Principal=to(ANALYST))
    assert (kind, told["Name"], permissions) == ("TableWithColumns", "title_daily", ["SELECT"])


def test_pages_hold_as_many_as_were_asked_for_and_tell_who_changed_what(lf: Any) -> None:
    for number in range(5):
        grant(lf, {"Database": {"Name": DATABASE}}, ["DESCRIBE"], principal=f"arn:aws:iam::{ACCOUNT}:role/reader_{number}")
    pages = (
        list(lf.get_paginator("list_permissions").paginate(PaginationConfig={"PageSize": 2}))
        if lf.can_paginate("list_permissions")
        else _pages(lf)
    )
    assert [len(page["PrincipalResourcePermissions"]) for page in pages] == [2, 2, 1]
    assert pages[0]["PrincipalResourcePermissions"][0]["LastUpdatedBy"] == f"arn:aws:sts::{ACCOUNT}:user/moto"


def _pages(lf: Any) -> list[dict[str, Any]]:
    pages = [lf.list_permissions(MaxResults=2)]
    while "NextToken" in pages[-1]:
        pages.append(lf.list_permissions(MaxResults=2, NextToken=pages[-1]["NextToken"]))
    return pages


def test_filters_have_a_shape_a_version_and_permissions_of_their_own(lf: Any) -> None:
    lf.create_data_cells_filter(
        TableData=cells("jp", {"FilterExpression": "title_id = '東京' AND NOT plays IN (1, 2)"}, ColumnNames=["plays"])
    )
    told = lf.get_data_cells_filter(TableCatalogId=ACCOUNT, DatabaseName=DATABASE, TableName="title_daily", Name="jp")["DataCellsFilter"]
    assert told["RowFilter"] == {"FilterExpression": "title_id = '東京' AND NOT plays IN (1, 2)"}
    changed = cells("jp", {"AllRowsWildcard": {}}, ColumnWildcard={"ExcludedColumnNames": ["plays"]})
    lf.update_data_cells_filter(TableData={**changed, "VersionId": told["VersionId"]})
    with pytest.raises(ClientError, match="ConcurrentModification"):
        lf.update_data_cells_filter(TableData={**changed, "VersionId": told["VersionId"]})
    place = {"DataCellsFilter": {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": "title_daily", "Name": "jp"}}
    grant(lf, place, ["SELECT"])
    assert held(lf, Resource=TABLE) == []
    assert [kind for kind, *_ in held(lf, Resource=TABLE, IncludeRelated="TRUE")] == ["DataCellsFilter"]
    lf.delete_data_cells_filter(TableCatalogId=ACCOUNT, DatabaseName=DATABASE, TableName="title_daily", Name="jp")
    assert held(lf) == []
    assert lf.list_data_cells_filter(Table=TABLE["Table"])["DataCellsFilters"] == []


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
def test_a_filter_of_the_wrong_shape_is_refused(lf: Any, rows: dict[str, Any], columns: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        lf.create_data_cells_filter(TableData=cells("wrong", rows, **columns))


def test_the_settings_are_replaced_as_a_whole(lf: Any) -> None:
    lf.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [to(ANALYST)], "TrustedResourceOwners": ["210987654321"]})
    lf.put_data_lake_settings(DataLakeSettings={"ReadOnlyAdmins": [to(OTHER)]})
    told = lf.get_data_lake_settings()["DataLakeSettings"]
    assert (told["DataLakeAdmins"], told["ReadOnlyAdmins"], told["TrustedResourceOwners"]) == ([], [to(OTHER)], [])


def test_what_is_made_is_left_to_iam_where_the_settings_say_so(moto: Moto, lf: Any) -> None:
    everybody = [{"Principal": to("IAM_ALLOWED_PRINCIPALS"), "Permissions": ["ALL"]}]
    lf.put_data_lake_settings(DataLakeSettings={"CreateTableDefaultPermissions": everybody, "CreateDatabaseDefaultPermissions": everybody})
    make_table(moto.client("glue"), "later")
    moto.client("glue").create_database(DatabaseInput={"Name": "later"})
    assert [(kind, told["Name"], permissions) for kind, told, permissions, _ in held(lf)] == [
        ("Database", "later", ["ALL"]),
        ("Table", "later", ["ALL"]),
    ]


def test_what_is_dropped_takes_its_permissions_filters_and_opt_ins_along(moto: Moto, lf: Any) -> None:
    grant(lf, TABLE, ["SELECT"])
    lf.create_data_cells_filter(TableData=cells("all", {"AllRowsWildcard": {}}, ColumnWildcard={}))
    lf.create_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    glue = moto.client("glue")
    glue.delete_table(DatabaseName=DATABASE, Name="title_daily")
    make_table(glue)
    assert held(lf) == []
    assert lf.list_data_cells_filter()["DataCellsFilters"] == []
    assert lf.list_lake_formation_opt_ins()["LakeFormationOptInsInfoList"] == []


def test_opting_in_twice_is_as_once_and_out_twice_is_refused(lf: Any) -> None:
    for _ in range(2):
        lf.create_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    [told] = lf.list_lake_formation_opt_ins(Principal=to(ANALYST))["LakeFormationOptInsInfoList"]
    assert told["Resource"]["Table"]["Name"] == "title_daily"
    lf.delete_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lf.delete_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
