# The Glue databases, and Lake Formation in charge of them: no table is open to IAM alone, and the lake's bucket is reached by readers
# only through a role of Lake Formation's own.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  common = {
    bronze     = "Accepted events, once each."
    quarantine = "Refused records, verbatim, with their reason."
    gold       = "Facts by viewing country and period."
    ledger     = "Runs, publications and restatements."
  }
  saved = { for code in var.countries : "saved_${code}" => "Saved copies of ${upper(code)}." }
  views = { for code in var.countries : "views_${code}" => "Published views of ${upper(code)}." }
}

resource "aws_glue_catalog_database" "this" {
  for_each     = merge(local.common, local.saved, local.views)
  name         = each.key
  description  = each.value
  location_uri = "${var.warehouse}/${each.key}"
  depends_on   = [aws_lakeformation_data_lake_settings.this]
}

# No defaults for IAMAllowedPrincipals: a new database or table is open to nobody until a grant says so. The administrators are set
# once; from then on they are the policy's (`administrators` in policy/, by `ringi access apply`).
resource "aws_lakeformation_data_lake_settings" "this" {
  admins = var.administrators

  lifecycle {
    ignore_changes = [admins, parameters]
  }
}

resource "aws_lakeformation_resource" "lake" {
  arn                     = var.lake_bucket_arn
  role_arn                = aws_iam_role.lake_formation.arn
  use_service_linked_role = false
  hybrid_access_enabled   = false
  depends_on              = [aws_lakeformation_data_lake_settings.this]
}

resource "aws_iam_role" "lake_formation" {
  name               = "${var.name}-lake-formation"
  description        = "Lake Formation reads the lake with this role for those it has granted something."
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:SetContext"]
    principals {
      type        = "Service"
      identifiers = ["lakeformation.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_iam_role_policy" "lake_formation" {
  name   = "read-the-lake"
  role   = aws_iam_role.lake_formation.id
  policy = data.aws_iam_policy_document.read.json
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "ListLake"
    actions   = ["s3:ListBucket"]
    resources = [var.lake_bucket_arn]
  }

  statement {
    sid     = "ReadTables"
    actions = ["s3:GetObject"]
    resources = [ # tables alone: bytes as they were received are never handed on
      for folder in ["bronze", "quarantine", "gold", "ledger", "saved_*"] : "${var.lake_bucket_arn}/${var.warehouse_prefix}/${folder}/*"
    ]
  }

  # The key's own policy decides; two letters stand for every country's alias, so that 204 of them fit into the policy.
  statement {
    sid       = "DecryptTables"
    actions   = ["kms:Decrypt", "kms:DescribeKey"]
    resources = ["arn:${data.aws_partition.this.partition}:kms:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}:key/*"]
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-lake", "alias/${var.name}-??"]
    }
  }
}
