"""What a role may read of a table, by every way that Lake Formation knows, as Glue's GetUnfilteredTableMetadata tells an engine."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.lake_formation_calls import ANALYST, DATABASE, NAME, OTHER, TABLE, Desk, role, some, to
from tests.lab.moto_server import ACCOUNT, Moto

EVERYBODY = [{"Principal": to("IAM_ALLOWED_PRINCIPALS"), "Permissions": ["ALL"]}]
ALL = ["title_id", "plays", "viewing_date"]
KINDS = ["COLUMN_PERMISSION", "CELL_FILTER_PERMISSION"]


@pytest.fixture
def desk(moto: Moto) -> Desk:
    """Lake Formation in charge of one database with one table."""
    moto.reset()
    moto.let_lake_formation(have_row_policies=True)
    made = Desk(moto)
    made.make_database()
    return made


def told(desk: Desk, *, name: str = "analyst_jp", table: str = NAME, kinds: list[str] = KINDS) -> dict[str, Any]:
    glue = desk.as_role(name, "glue")
    found: dict[str, Any] = glue.get_unfiltered_table_metadata(
        CatalogId=ACCOUNT, DatabaseName=DATABASE, Name=table, SupportedPermissionTypes=kinds
    )
    return found


def columns(desk: Desk, **asked: Any) -> list[str]:
    """The columns that may be read; none where the answer is a refusal."""
    try:
        return list(told(desk, **asked)["AuthorizedColumns"])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return []


def test_nothing_is_read_without_a_permission_and_an_administrator_is_no_exception(desk: Desk) -> None:
    desk.lf.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [to(ANALYST)]})
    assert columns(desk) == []
    desk.grant(TABLE, ["DESCRIBE", "INSERT"])
    assert columns(desk) == []


def test_a_grant_shows_its_columns_in_the_order_of_the_table(desk: Desk) -> None:
    desk.grant(some("viewing_date", "title_id"))
    assert columns(desk) == ["title_id", "viewing_date"]
    assert columns(desk, name="analyst_de") == []


def test_columns_left_out_are_left_out_of_later_columns_alone(desk: Desk) -> None:
    but = {"TableWithColumns": {"DatabaseName": DATABASE, "Name": NAME, "ColumnWildcard": {"ExcludedColumnNames": ["plays"]}}}
    desk.grant(but)
    assert columns(desk) == ["title_id", "viewing_date"]


def test_a_wildcard_shows_tables_of_later_days(desk: Desk) -> None:
    desk.grant({"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}})
    desk.make_table("made_later")
    assert columns(desk, table="made_later") == ALL


def test_filters_add_up_cell_by_cell(desk: Desk) -> None:
    desk.filtered("one", "plays > 5", ColumnNames=["title_id", "plays"])
    found = told(desk)
    assert (found["RowFilter"], found["CellFilters"], found["AuthorizedColumns"]) == ("plays > 5", [], ["title_id", "plays"])
    desk.filtered("two", "title_id = 'a'", ColumnNames=["title_id"])
    found = told(desk)
    assert found["RowFilter"] == "(plays > 5) OR (title_id = 'a')"
    assert found["CellFilters"] == [{"ColumnName": "plays", "RowFilterExpression": "plays > 5"}]


def test_a_filter_is_shadowed_by_any_way_without_one(desk: Desk) -> None:
    desk.filtered("one", "plays > 5")
    desk.grant(TABLE)
    assert "RowFilter" not in told(desk)


def test_an_engine_that_cannot_filter_cells_is_refused(desk: Desk) -> None:
    desk.filtered("one", "plays > 5")
    with pytest.raises(ClientError, match="PermissionTypeMismatch"):
        told(desk, kinds=["COLUMN_PERMISSION"])


def test_tags_are_inherited_and_the_nearest_counts(desk: Desk) -> None:
    desk.lf.create_lf_tag(TagKey="Class", TagValues=["Public", "internal", "PERSONAL"])
    desk.lf.add_lf_tags_to_resource(Resource={"Database": {"Name": DATABASE}}, LFTags=[{"TagKey": "CLASS", "TagValues": ["public"]}])
    desk.lf.add_lf_tags_to_resource(Resource=some("plays"), LFTags=[{"TagKey": "class", "TagValues": ["Personal"]}])
    expression = [{"TagKey": "class", "TagValues": ["public", "internal"]}]
    desk.grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}})
    assert columns(desk) == ["title_id", "viewing_date"]
    desk.lf.add_lf_tags_to_resource(Resource=some("plays"), LFTags=[{"TagKey": "class", "TagValues": ["internal"]}])
    assert columns(desk) == ALL
    assert desk.lf.get_lf_tag(TagKey="class")["TagValues"] == ["public", "internal", "personal"]


def test_keys_of_one_expression_must_all_hold_and_adding_a_tag_keeps_the_others(desk: Desk) -> None:
    for key, value in {"class": "public", "country": "jp"}.items():
        desk.lf.create_lf_tag(TagKey=key, TagValues=[value])
    both = [{"TagKey": "class", "TagValues": ["public"]}, {"TagKey": "country", "TagValues": ["jp"]}]
    desk.grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": both}})
    desk.lf.add_lf_tags_to_resource(Resource=TABLE, LFTags=[both[0]])
    assert columns(desk) == []
    desk.lf.add_lf_tags_to_resource(Resource=TABLE, LFTags=[both[1]])
    assert columns(desk) == ALL


def test_a_tag_that_is_deleted_ends_the_grants_that_name_it(desk: Desk) -> None:
    desk.lf.create_lf_tag(TagKey="class", TagValues=["public"])
    desk.grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "class", "TagValues": ["public"]}]}})
    desk.lf.delete_lf_tag(TagKey="class")
    assert desk.held() == []


def test_tags_are_one_value_a_key_and_only_defined_ones(desk: Desk) -> None:
    desk.lf.create_lf_tag(TagKey="class", TagValues=["public", "internal"])
    with pytest.raises(ClientError, match="size not equal to 1"):
        desk.lf.add_lf_tags_to_resource(Resource=TABLE, LFTags=[{"TagKey": "class", "TagValues": ["public", "internal"]}])
    [failed] = desk.lf.add_lf_tags_to_resource(Resource=TABLE, LFTags=[{"TagKey": "class", "TagValues": ["secret"]}])["Failures"]
    assert failed["Error"]["ErrorMessage"] == "Tag or tag value does not exist."
    with pytest.raises(ClientError, match="EntityNotFound"):
        desk.grant({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "class", "TagValues": ["secret"]}]}})
    desk.lf.add_lf_tags_to_resource(Resource=TABLE, LFTags=[{"TagKey": "class", "TagValues": ["public"]}])
    with pytest.raises(ClientError, match="Update not allowed"):
        desk.lf.update_lf_tag(TagKey="class", TagValuesToDelete=["public"])
    desk.lf.update_lf_tag(TagKey="class", TagValuesToDelete=["internal"], TagValuesToAdd=["secret"])
    assert desk.lf.get_lf_tag(TagKey="class")["TagValues"] == ["public", "secret"]


def test_row_policies_narrow_to_their_union(desk: Desk) -> None:
    desk.grant(TABLE)
    for name, rows in {"a": "title_id = 'a'", "b": "title_id = 'b'", "other": "plays = 1"}.items():
        kinds = [{"Name": "title_id", "Type": "string"}, {"Name": "plays", "Type": "bigint"}]
        desk.lf.create_rls_policy(Name=name, AttachmentColumns=kinds, FilterExpression=rows)
    desk.lf.attach_rls_policy(Name="a", Resource=TABLE, Principal=to(ANALYST))
    desk.lf.attach_rls_policy(Name="other", Resource=TABLE, Principal=to(OTHER))
    assert told(desk)["RowFilter"] == "title_id = 'a'"
    desk.lf.attach_rls_policy(Name="b", Resource=TABLE, SetDefault=True)
    assert told(desk)["RowFilter"] == "(title_id = 'a') OR (title_id = 'b')"
    desk.lf.detach_rls_policy(Name="a", Resource=TABLE, Principal=to(ANALYST))
    assert told(desk)["RowFilter"] == "title_id = 'b'"


def test_a_policy_by_tag_on_a_table_without_its_column_shows_no_row(desk: Desk) -> None:
    desk.grant(TABLE)
    desk.lf.create_lf_tag(TagKey="class", TagValues=["public"])
    desk.lf.add_lf_tags_to_resource(Resource=TABLE, LFTags=[{"TagKey": "class", "TagValues": ["public"]}])
    desk.lf.create_rls_policy(Name="p", AttachmentColumns=[{"Name": "plan", "Type": "string"}], FilterExpression="plan = 'free'")
    tagged = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": [{"TagKey": "class", "TagValues": ["public"]}]}}
    desk.lf.attach_rls_policy(Name="p", Resource=tagged, Principal=to(ANALYST))
    assert told(desk)["RowFilter"] == "FALSE"


def test_an_account_without_row_policies_does_not_know_the_call(desk: Desk) -> None:
    desk.moto.let_lake_formation(have_row_policies=False)
    try:
        with pytest.raises(ClientError, match="UnknownOperation"):
            desk.lf.list_rls_policies()
    finally:
        desk.moto.let_lake_formation(have_row_policies=True)


def test_what_is_left_to_iam_is_open_until_the_group_loses_it(desk: Desk) -> None:
    desk.lf.put_data_lake_settings(DataLakeSettings={"CreateTableDefaultPermissions": EVERYBODY})
    desk.make_table("open")
    assert columns(desk, table="open") == ALL
    resource = {"Table": {"DatabaseName": DATABASE, "Name": "open"}}
    desk.lf.revoke_permissions(Principal=to("IAM_ALLOWED_PRINCIPALS"), Resource=resource, Permissions=["ALL"])
    assert columns(desk, table="open") == []


def test_a_place_that_is_not_registered_is_left_to_iam(desk: Desk) -> None:
    desk.lf.deregister_resource(ResourceArn="arn:aws:s3:::lake")
    found = told(desk)
    assert (found["AuthorizedColumns"], found["IsRegisteredWithLakeFormation"]) == (ALL, False)


def test_in_hybrid_mode_only_who_is_opted_in_is_held_to_permissions(desk: Desk) -> None:
    desk.lf.update_resource(ResourceArn="arn:aws:s3:::lake", RoleArn=role("lake-formation"), HybridAccessEnabled=True)
    desk.grant(some("plays"))
    assert columns(desk) == ALL
    desk.lf.create_lake_formation_opt_in(Principal=to(ANALYST), Resource=TABLE)
    assert (columns(desk), columns(desk, name="analyst_de")) == (["plays"], ALL)
    desk.lf.create_lake_formation_opt_in(Principal=to(OTHER), Resource={"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}})
    assert columns(desk, name="analyst_de") == []


def test_who_made_a_table_reads_it_and_may_hand_it_on_though_nothing_is_listed(desk: Desk) -> None:
    maker = desk.as_role("maker", "glue")
    stored = {"Columns": [{"Name": "title_id", "Type": "string"}], "Location": f"s3://lake/{DATABASE}/mine"}
    maker.create_table(DatabaseName=DATABASE, TableInput={"Name": "mine", "StorageDescriptor": stored})
    assert columns(desk, name="maker", table="mine") == ["title_id"]
    assert desk.held() == []
    given = {"Resource": {"Table": {"DatabaseName": DATABASE, "Name": "mine"}}, "Permissions": ["SELECT"]}
    desk.as_role("maker", "lakeformation").grant_permissions(Principal=to(ANALYST), **given)
    assert columns(desk, table="mine") == ["title_id"]


def test_only_who_holds_the_grant_option_hands_on_and_sees_only_its_own(desk: Desk) -> None:
    analyst = desk.as_role("analyst_jp", "lakeformation")
    desk.grant(TABLE)
    with pytest.raises(ClientError, match="grant option is required"):
        analyst.grant_permissions(Principal=to(OTHER), Resource=TABLE, Permissions=["SELECT"])
    desk.grant(TABLE, grantable=["SELECT"])
    analyst.grant_permissions(Principal=to(OTHER), Resource=TABLE, Permissions=["SELECT"])
    everything = desk.lf.list_permissions()["PrincipalResourcePermissions"]
    assert [one["LastUpdatedBy"] for one in everything if one["Principal"] == to(OTHER)] == [ANALYST]
    assert [one["Principal"] for one in analyst.list_permissions()["PrincipalResourcePermissions"]] == [to(ANALYST)]


def test_settings_filters_and_opt_ins_are_for_administrators(desk: Desk) -> None:
    nobody = desk.as_role("analyst_jp", "lakeformation")
    calls: dict[str, dict[str, Any]] = {
        "put_data_lake_settings": {"DataLakeSettings": {"DataLakeAdmins": [to(ANALYST)]}},
        "create_lake_formation_opt_in": {"Principal": to(ANALYST), "Resource": TABLE},
        "deregister_resource": {"ResourceArn": "arn:aws:s3:::lake"},
        "create_lf_tag": {"TagKey": "class", "TagValues": ["public"]},
    }
    for operation, parameters in calls.items():
        with pytest.raises(ClientError, match="not a data lake administrator"):
            getattr(nobody, operation)(**parameters)
