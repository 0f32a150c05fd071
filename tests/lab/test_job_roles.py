"""The lake's own roles in a Lake Formation that enforces: each reads the databases of its work through it, and is refused the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from governance.lake_formation.api import calls
from governance.lake_formation.compiling.work import JobRole, Work
from infra.aws.account import Aws
from infra.aws.lake_formation.account import LakeFormationAccount
from tests.lab.lake_formation_calls import COLUMNS, client_of, role
from tests.lab.moto_server import ACCOUNT, Moto
from tests.support.aws_lake import make_aws_lake
from tests.support.job_roles import COPIES, OWN, READS, VIEWS

DATABASES = (*OWN, *COPIES, *VIEWS)


@pytest.fixture(scope="module")
def account(moto: Moto) -> Iterator[Moto]:
    """A table in every database of a lake, and to each role what its work needs."""
    aws = make_aws_lake(endpoint_url=moto.url)
    settings: dict[str, Any] = {"DataLakeAdmins": [], "CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    aws.client("lakeformation").put_data_lake_settings(DataLakeSettings=settings)
    aws.client("lakeformation").register_resource(ResourceArn=f"arn:aws:s3:::{aws.settings.bucket}", RoleArn=role("lake-formation"))
    for database in DATABASES:
        make_table(aws, database)
    given = LakeFormationAccount(aws)
    for work in Work:
        for call in calls.of(list(JobRole(role(f"ringi-{work}"), frozenset({work})).rights(DATABASES)), (), ACCOUNT):
            assert given.do(call).failures == {}
    yield moto


def make_table(aws: Aws, database: str) -> None:
    place = f"{aws.settings.warehouse}/{database}"
    stored = {"Columns": COLUMNS, "Location": f"{place}/title_daily"}
    aws.client("glue").create_database(DatabaseInput={"Name": database, "LocationUri": place})
    aws.client("glue").create_table(DatabaseName=database, TableInput={"Name": "title_daily", "StorageDescriptor": stored})


def read_by(account: Moto, name: str) -> set[str]:
    """Databases of whose table Lake Formation tells a role any column."""
    glue = client_of(account, name, "glue")
    found = set()
    for database in DATABASES:
        try:
            told = glue.get_unfiltered_table_metadata(
                CatalogId=ACCOUNT, DatabaseName=database, Name="title_daily", SupportedPermissionTypes=["COLUMN_PERMISSION"]
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            continue
        found |= {database} if told["AuthorizedColumns"] else set()
    return found


@pytest.mark.parametrize("work", Work)
def test_a_role_reads_through_lake_formation_what_its_work_reads(account: Moto, work: Work) -> None:
    assert read_by(account, f"ringi-{work}") == READS[work]


def test_a_role_without_work_reads_nothing(account: Moto) -> None:
    assert read_by(account, "ringi-query") == set()
