"""What `doctor` says of access in an account: each thing that leaves data to IAM, or that hides something, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from infra.aws.account import Aws
from infra.aws.lake_formation.doctor import examine_access
from infra.local.machine import Check, Health
from tests.support.aws_faults import error, failing
from tests.support.aws_lake import DEFINER

EVERYONE = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
OPEN = [{"Principal": EVERYONE, "Permissions": ["ALL"]}]
COPY = {"Table": {"DatabaseName": "saved_jp", "Name": "title_daily"}}


def complete(aws: Aws, **settings: Any) -> None:
    """Everything that access needs."""
    caller = aws.client("sts").get_caller_identity()["Arn"]
    told = {
        "DataLakeAdmins": [{"DataLakePrincipalIdentifier": caller}],
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
        "Parameters": {"SET_SOURCE_IDENTITY": "TRUE", "CROSS_ACCOUNT_VERSION": "4"},
    }
    lf, glue = aws.client("lakeformation"), aws.client("glue")
    lf.put_data_lake_settings(DataLakeSettings={**told, **settings})
    lf.register_resource(ResourceArn=f"arn:aws:s3:::{aws.settings.bucket}", UseServiceLinkedRole=True)
    glue.create_database(DatabaseInput={"Name": "saved_jp"})
    glue.create_database(DatabaseInput={"Name": "views_jp"})
    glue.create_table(DatabaseName="saved_jp", TableInput={"Name": "title_daily"})
    lf.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": DEFINER}, Resource=COPY, Permissions=["SELECT"], PermissionsWithGrantOption=["SELECT"]
    )


def found(aws: Aws) -> dict[str, Check]:
    return {check.name: check for check in examine_access(aws, ["JP", "DE"])}


def not_well(aws: Aws) -> dict[str, Check]:
    return {name: check for name, check in found(aws).items() if check.health is not Health.OK}


def test_an_account_in_which_lake_formation_decides_is_well(aws: Aws) -> None:
    complete(aws)
    assert not_well(aws) == {}
    assert len(found(aws)) == 7


def test_defaults_that_give_new_tables_to_everyone_are_a_failure(aws: Aws) -> None:
    complete(aws, CreateTableDefaultPermissions=OPEN)
    (check,) = not_well(aws).values()
    assert (check.name, check.health) == ("Lake Formation settings", Health.FAIL)
    assert "IAM_ALLOWED_PRINCIPALS:ALL" in check.detail
    assert "ringi access plan" in check.mend


def test_who_administers_nothing_is_warned_that_listings_are_short(aws: Aws) -> None:
    complete(aws, DataLakeAdmins=[])
    check = not_well(aws)["Lake Formation administrator"]
    assert check.health is Health.WARN
    assert "looks like missing grants" in check.mend


def test_a_read_only_administrator_is_told_what_works(aws: Aws) -> None:
    caller = aws.client("sts").get_caller_identity()["Arn"]
    complete(aws, DataLakeAdmins=[], ReadOnlyAdmins=[{"DataLakePrincipalIdentifier": caller}])
    assert "`apply` does not" in found(aws)["Lake Formation administrator"].detail


def test_parameters_of_the_settings_are_looked_at(aws: Aws) -> None:
    complete(aws, Parameters={"CROSS_ACCOUNT_VERSION": "1"})
    assert set(not_well(aws)) == {"Sessions in CloudTrail", "Sharing across accounts"}


def test_a_warehouse_that_is_not_registered_is_a_failure(aws: Aws) -> None:
    complete(aws)
    aws.client("lakeformation").deregister_resource(ResourceArn=f"arn:aws:s3:::{aws.settings.bucket}")
    (check,) = not_well(aws).values()
    assert (check.name, check.health) == ("Registered place", Health.FAIL)


@pytest.mark.parametrize("resource", [COPY, {"Database": {"Name": "saved_jp"}}])
def test_a_database_or_a_table_of_the_lake_that_everyone_has_is_a_failure(aws: Aws, resource: dict[str, Any]) -> None:
    complete(aws)
    aws.client("lakeformation").grant_permissions(Principal=EVERYONE, Resource=resource, Permissions=["ALL"])
    (check,) = not_well(aws).values()
    assert "`saved_jp`: tables there are open to whoever IAM lets in" in check.detail


def test_a_database_that_gives_its_new_tables_to_everyone_is_a_failure(aws: Aws) -> None:
    complete(aws)
    aws.client("glue").update_database(Name="views_jp", DatabaseInput={"Name": "views_jp", "CreateTableDefaultPermissions": OPEN})
    (check,) = not_well(aws).values()
    assert "`views_jp`: new tables there will be open" in check.detail


def test_what_is_open_elsewhere_in_the_account_is_not_the_lakes(aws: Aws) -> None:
    complete(aws)
    aws.client("glue").create_database(DatabaseInput={"Name": "finance", "CreateTableDefaultPermissions": OPEN})
    aws.client("lakeformation").grant_permissions(Principal=EVERYONE, Resource={"Database": {"Name": "finance"}}, Permissions=["ALL"])
    assert not_well(aws) == {}


def test_a_saved_copy_that_the_definer_may_not_hand_on_is_named(aws: Aws) -> None:
    complete(aws)
    aws.client("glue").create_table(DatabaseName="saved_jp", TableInput={"Name": "country_daily"})
    (check,) = not_well(aws).values()
    assert "1 of 2 saved copies, such as `saved_jp.country_daily`" in check.detail


def test_what_may_not_be_looked_at_is_a_warning_with_the_permission(aws: Aws) -> None:
    complete(aws)
    with failing(aws, "lakeformation", "ListPermissions", error("AccessDeniedException", "not allowed")):
        (check,) = not_well(aws).values()
    assert (check.name, check.health) == ("Databases left to IAM", Health.WARN)
    assert "lakeformation:ListPermissions" in check.mend
