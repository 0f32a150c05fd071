"""Terraform's provider meets the lab's Lake Formation: what it applied it finds again, and takes away, so the quirks are as it knows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.moto_server import ACCOUNT, Moto, moto_running
from tests.lab.terraform import Terraform, terraform_of

ROOT = f"""
resource "aws_lakeformation_data_lake_settings" "this" {{
  admins = ["arn:aws:iam::{ACCOUNT}:role/lake-admin"]
}}

resource "aws_iam_role" "reader" {{
  for_each           = toset(["table", "columns", "filter", "tags", "wildcard", "everything"])
  name               = "reader-${{each.key}}"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [] }})
}}

resource "aws_lakeformation_resource" "lake" {{
  arn                     = "arn:aws:s3:::lake"
  role_arn                = "arn:aws:iam::{ACCOUNT}:role/lake"
  hybrid_access_enabled   = true
}}

resource "aws_glue_catalog_database" "saved" {{
  name       = "saved_jp"
  depends_on = [aws_lakeformation_data_lake_settings.this]
}}

resource "aws_glue_catalog_table" "titles" {{
  database_name = aws_glue_catalog_database.saved.name
  name          = "title_daily"
  storage_descriptor {{
    location = "s3://lake/saved_jp/title_daily"
    columns {{
      name = "title_id"
      type = "string"
    }}
    columns {{
      name = "plays"
      type = "bigint"
    }}
  }}
}}

resource "aws_lakeformation_lf_tag" "class" {{
  key        = "classification"
  values     = ["public", "internal"]
  depends_on = [aws_lakeformation_data_lake_settings.this]
}}

resource "aws_lakeformation_resource_lf_tags" "titles" {{
  table {{
    database_name = aws_glue_catalog_table.titles.database_name
    name          = aws_glue_catalog_table.titles.name
  }}
  lf_tag {{
    key   = aws_lakeformation_lf_tag.class.key
    value = "public"
  }}
}}

resource "aws_lakeformation_data_cells_filter" "much" {{
  table_data {{
    database_name    = aws_glue_catalog_table.titles.database_name
    table_name       = aws_glue_catalog_table.titles.name
    name             = "much"
    table_catalog_id = "{ACCOUNT}"
    column_names     = ["title_id"]
    row_filter {{
      filter_expression = "plays > 5"
    }}
  }}
}}

resource "aws_lakeformation_permissions" "database" {{
  principal   = aws_iam_role.reader["table"].arn
  permissions = ["DESCRIBE"]
  database {{
    name = aws_glue_catalog_database.saved.name
  }}
}}

resource "aws_lakeformation_permissions" "table" {{
  principal                     = aws_iam_role.reader["table"].arn
  permissions                   = ["SELECT", "DESCRIBE"]
  permissions_with_grant_option = ["SELECT"]
  table {{
    database_name = aws_glue_catalog_table.titles.database_name
    name          = aws_glue_catalog_table.titles.name
  }}
}}

resource "aws_lakeformation_permissions" "everything" {{
  principal   = aws_iam_role.reader["everything"].arn
  permissions = ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"]
  table {{
    database_name = aws_glue_catalog_table.titles.database_name
    name          = aws_glue_catalog_table.titles.name
  }}
}}

resource "aws_lakeformation_permissions" "columns" {{
  principal   = aws_iam_role.reader["columns"].arn
  permissions = ["SELECT"]
  table_with_columns {{
    database_name = aws_glue_catalog_table.titles.database_name
    name          = aws_glue_catalog_table.titles.name
    column_names  = ["plays"]
  }}
}}

resource "aws_lakeformation_permissions" "wildcard" {{
  principal   = aws_iam_role.reader["wildcard"].arn
  permissions = ["SELECT"]
  table {{
    database_name = aws_glue_catalog_database.saved.name
    wildcard      = true
  }}
}}

resource "aws_lakeformation_permissions" "filter" {{
  principal   = aws_iam_role.reader["filter"].arn
  permissions = ["SELECT"]
  data_cells_filter {{
    database_name    = aws_glue_catalog_table.titles.database_name
    table_name       = aws_glue_catalog_table.titles.name
    name             = aws_lakeformation_data_cells_filter.much.table_data[0].name
    table_catalog_id = "{ACCOUNT}"
  }}
}}

resource "aws_lakeformation_permissions" "tags" {{
  principal   = aws_iam_role.reader["tags"].arn
  permissions = ["SELECT"]
  lf_tag_policy {{
    resource_type = "TABLE"
    expression {{
      key    = aws_lakeformation_lf_tag.class.key
      values = ["public"]
    }}
  }}
}}

resource "aws_lakeformation_permissions" "location" {{
  principal   = aws_iam_role.reader["table"].arn
  permissions = ["DATA_LOCATION_ACCESS"]
  data_location {{
    arn = aws_lakeformation_resource.lake.arn
  }}
}}

resource "aws_lakeformation_opt_in" "table" {{
  principal {{
    data_lake_principal_identifier = aws_iam_role.reader["table"].arn
  }}
  resource_data {{
    table {{
      catalog_id    = "{ACCOUNT}"
      database_name = aws_glue_catalog_table.titles.database_name
      name          = aws_glue_catalog_table.titles.name
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto_running(tmp_path_factory.mktemp("moto"), "tests.lab.extended_server") as server:
        yield server


@pytest.fixture(scope="module")
def applied(aws: Moto, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    made = terraform_of(aws, tmp_path_factory.mktemp("terraform"), ROOT)
    made.run("apply", "-auto-approve", "-input=false", "-parallelism=20")
    return made


def test_a_second_plan_has_no_change(applied: Terraform) -> None:
    applied.run("plan", "-input=false", "-detailed-exitcode", "-parallelism=20")


def test_what_was_applied_is_there(aws: Moto, applied: Terraform) -> None:
    lf = aws.client("lakeformation")
    told = lf.list_permissions()["PrincipalResourcePermissions"]
    readers = {one["Principal"]["DataLakePrincipalIdentifier"].rpartition("/")[2] for one in told}
    assert readers == {f"reader-{name}" for name in ("table", "columns", "filter", "tags", "wildcard", "everything")}
    assert lf.list_lake_formation_opt_ins()["LakeFormationOptInsInfoList"][0]["Resource"]["Table"]["Name"] == "title_daily"


def test_taking_it_away_leaves_nothing(aws: Moto, applied: Terraform) -> None:
    applied.destroy()
    lf = aws.client("lakeformation")
    assert lf.list_permissions()["PrincipalResourcePermissions"] == []
    assert lf.list_data_cells_filter()["DataCellsFilters"] == []
    assert lf.list_lake_formation_opt_ins()["LakeFormationOptInsInfoList"] == []
