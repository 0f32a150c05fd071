# Erasure: a role that people take, by name and for as long as an erasure lasts. It is made only where somebody is named in `erasers`,
# since it reads every row of the lake and removes what nobody else can: versions of objects that are kept after their deletion.

locals {
  erasing = length(var.erasers) > 0 ? ["erase"] : []
  erased  = ["landing", "bronze", "quarantine", "gold", "ledger", "saved_*", ".staging", ".spill"]
}

resource "aws_iam_role" "erase" {
  for_each             = toset(local.erasing)
  name                 = "${var.name}-${each.key}"
  description          = "Erases a person from the lake: reads and writes every table, and removes older versions. For people, not for jobs."
  max_session_duration = 43200
  assume_role_policy   = data.aws_iam_policy_document.erase_trust.json
}

data "aws_iam_policy_document" "erase_trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    principals {
      type        = "AWS"
      identifiers = length(var.erasers) > 0 ? var.erasers : ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }
}

resource "aws_iam_role_policy" "erase" {
  for_each = toset(local.erasing)
  name     = each.key
  role     = aws_iam_role.erase[each.key].id
  policy   = data.aws_iam_policy_document.erase.json
}

data "aws_iam_policy_document" "erase" {
  source_policy_documents = [data.aws_iam_policy_document.write_anew.json]

  # The person is looked for in every file, and what is left is searched afterwards, so nothing of the warehouse is out of sight.
  statement {
    sid       = "ListLakeAndItsVersions"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"]
    resources = [local.lake]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.warehouse_prefix}/*"]
    }
  }

  statement {
    sid       = "ReadEverything"
    actions   = ["s3:GetObject"]
    resources = ["${local.warehouse}/*"]
  }

  statement {
    sid = "WriteAnewAndRemoveVersions"
    actions = [
      "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListMultipartUploadParts", "s3:PutObject",
    ]
    resources = concat(["${local.warehouse}/.lock"], [for folder in local.erased : "${local.warehouse}/${folder}/*"])
  }

  statement {
    sid       = "FindResults"
    actions   = ["athena:GetWorkGroup"]
    resources = ["arn:${local.partition}:athena:${local.region}:${local.account}:workgroup/${var.name}"]
  }

  statement {
    sid       = "ListResultsAndTheirVersions"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [var.results_bucket_arn]
  }

  statement {
    sid       = "RemoveResults"
    actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject"]
    resources = ["${var.results_bucket_arn}/*"]
  }

  # The ledgers of erasures and of deeds are made by the first of all.
  statement {
    sid       = "BeginLedgers"
    actions   = ["glue:CreateTable"]
    resources = ["${local.glue}:catalog", "${local.glue}:database/ledger", "${local.glue}:table/ledger/*"]
  }

  statement {
    sid       = "ReadResults"
    actions   = ["kms:Decrypt"]
    resources = [var.results_key_arn]
  }

  # The role commits tables through S3 and Glue with its own rights; Lake Formation asks for this as well.
  statement {
    sid       = "AskLakeFormation"
    actions   = ["lakeformation:GetDataAccess"]
    resources = ["*"]
  }
}
