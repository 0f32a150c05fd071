# What maintenance may do: write bronze, quarantine, facts and ledgers anew, forget snapshots of every table, and remove files that
# nothing refers to. It sees the metadata of saved copies and never their rows; it makes no table and drops none.

locals {
  merged    = ["bronze", "quarantine", "gold", "ledger"]
  leftovers = [".staging", "landing/_incoming"]
}

resource "aws_iam_role_policy" "maintain" {
  name   = "maintain"
  role   = aws_iam_role.job["maintain"].id
  policy = data.aws_iam_policy_document.maintain.json
}

data "aws_iam_policy_document" "maintain" {
  source_policy_documents = [data.aws_iam_policy_document.every_job.json, data.aws_iam_policy_document.write_anew.json]

  statement {
    sid       = "ListWarehouse"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [local.lake]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values = [
        for folder in concat(local.merged, local.leftovers, ["landing/_unfinished", "saved_*", "views_*"]) :
        "${var.warehouse_prefix}/${folder}/*"
      ]
    }
  }

  statement {
    sid     = "WriteAnew"
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = concat(
      ["${local.warehouse}/.lock"],
      [for folder in local.merged : "${local.warehouse}/${folder}/*"],
    )
  }

  statement {
    sid       = "ForgetSnapshotsOfSavedCopies"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.warehouse}/saved_*/*/metadata/*"]
  }

  statement {
    sid       = "RemoveStrays"
    actions   = ["s3:DeleteObject"]
    resources = [for folder in concat(local.leftovers, ["saved_*"]) : "${local.warehouse}/${folder}/*"]
  }

  statement {
    sid       = "SeeViews"
    actions   = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTables"]
    resources = ["${local.glue}:catalog", "${local.glue}:database/views_*", "${local.glue}:table/views_*/*"]
  }

  # The ledger of maintenance is made by the first call of all.
  statement {
    sid       = "BeginLedger"
    actions   = ["glue:CreateTable"]
    resources = ["${local.glue}:catalog", "${local.glue}:database/ledger", "${local.glue}:table/ledger/maintenance"]
  }
}
