# Who read and wrote which object of the lake: CloudTrail's data events, in a bucket and under a key of their own.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  bucket  = "${var.name}-audit-${local.account}"
  arn     = "arn:${data.aws_partition.this.partition}:s3:::${local.bucket}"
  trail   = "arn:${data.aws_partition.this.partition}:cloudtrail:${data.aws_region.this.name}:${local.account}:trail/${var.name}"
}

module "key" {
  source             = "../key"
  alias              = "${var.name}-audit"
  description        = "Ringi: the audit trail."
  readers            = var.auditors
  service_statements = [data.aws_iam_policy_document.trail_encrypts.json]

  deletion_window_in_days = var.key_deletion_window_in_days
}

data "aws_iam_policy_document" "trail_encrypts" {
  statement {
    sid       = "CloudTrailEncrypts"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail]
    }
  }
}

module "bucket" {
  source            = "../bucket"
  name              = local.bucket
  kms_key_arn       = module.key.arn
  access_log_bucket = var.access_log_bucket
  expire_days       = var.keep_days
  policy_documents  = [data.aws_iam_policy_document.trail_writes.json]
  force_destroy     = var.force_destroy
}

data "aws_iam_policy_document" "trail_writes" {
  statement {
    sid       = "CloudTrailSeesBucket"
    actions   = ["s3:GetBucketAcl"]
    resources = [local.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail]
    }
  }
  statement {
    sid       = "CloudTrailWrites"
    actions   = ["s3:PutObject"]
    resources = ["${local.arn}/AWSLogs/${local.account}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail]
    }
  }
}

resource "aws_cloudtrail" "this" {
  name                          = var.name
  s3_bucket_name                = module.bucket.name
  kms_key_id                    = module.key.arn
  enable_log_file_validation    = true
  include_global_service_events = false
  is_multi_region_trail         = false

  advanced_event_selector {
    name = "Objects of the lake, read and written"
    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }
    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }
    field_selector {
      field       = "resources.ARN"
      starts_with = ["${var.lake_bucket_arn}/"]
    }
  }

  advanced_event_selector {
    name = "Changes of the catalog, of keys, roles and grants"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }
}
