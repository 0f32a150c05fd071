# Where the lake's bytes lie: the buckets, and the keys that encrypt them. One key for the lake, one for each country's saved copies.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account    = data.aws_caller_identity.this.account_id
  lake_name  = "${var.name}-lake-${local.account}"
  lake_arn   = "arn:${data.aws_partition.this.partition}:s3:::${local.lake_name}"
  saved_arns = { for code in var.countries : code => "${local.lake_arn}/${var.warehouse_prefix}/saved_${code}/*" }

  # A bucket policy holds 20 KB. Up to this many countries, each saved copy's prefix is bound to its own key. Beyond it, one
  # statement binds all saved copies to the list of the countries' keys, which fits for every country of the world.
  bind_each = length(var.countries) <= 40
}

module "lake_key" {
  source      = "../key"
  alias       = "${var.name}-lake"
  description = "Ringi: everything in the lake but the countries' saved copies."
  writers     = concat([var.roles.land, var.roles.run, var.roles.maintain, var.roles.access], var.roles.erase, var.deployers)
  readers     = [var.roles.lake_formation, var.roles.definer]

  deletion_window_in_days = var.key_deletion_window_in_days
}

module "country_key" {
  source      = "../key"
  for_each    = var.countries
  alias       = "${var.name}-${each.key}"
  description = "Ringi: the saved copies of ${upper(each.key)}."
  writers     = concat([var.roles.run, var.roles.maintain], var.roles.erase) # maintenance writes their metadata and reaches no row
  readers     = [var.roles.lake_formation]

  deletion_window_in_days = var.key_deletion_window_in_days
}

module "results_key" {
  source      = "../key"
  alias       = "${var.name}-results"
  description = "Ringi: results of Athena queries."
  writers     = [var.roles.query, var.roles.definer]
  readers     = var.roles.erase

  deletion_window_in_days = var.key_deletion_window_in_days
}

module "operations_key" {
  source      = "../key"
  alias       = "${var.name}-operations"
  description = "Ringi: logs of jobs and of the state machine, and notifications."
  writers     = [var.roles.land, var.roles.run, var.roles.access, var.roles.maintain]

  service_statements      = [data.aws_iam_policy_document.operations_services.json]
  deletion_window_in_days = var.key_deletion_window_in_days
}

data "aws_iam_policy_document" "operations_services" {
  statement {
    sid       = "CloudWatchLogsEncrypts"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${data.aws_region.this.name}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${data.aws_partition.this.partition}:logs:${data.aws_region.this.name}:${local.account}:log-group:/aws/vendedlogs/states/${var.name}*"]
    }
  }

  statement {
    sid       = "StateMachineNotifies"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [var.roles.state_machine]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${data.aws_region.this.name}.amazonaws.com"]
    }
  }
}

module "access_logs" {
  source           = "../bucket"
  name             = "${var.name}-access-logs-${local.account}"
  encryption       = "AES256" # S3 delivers its access logs to no bucket that is encrypted with a customer's key
  expire_days      = var.access_log_days
  policy_documents = [data.aws_iam_policy_document.access_logs.json]
  force_destroy    = var.force_destroy
}

data "aws_iam_policy_document" "access_logs" {
  statement {
    sid       = "S3DeliversAccessLogs"
    actions   = ["s3:PutObject"]
    resources = ["arn:${data.aws_partition.this.partition}:s3:::${var.name}-access-logs-${local.account}/*"]
    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

module "lake" {
  source            = "../bucket"
  name              = local.lake_name
  kms_key_arn       = module.lake_key.arn
  access_log_bucket = module.access_logs.name
  policy_documents  = [data.aws_iam_policy_document.lake_keys.json]
  force_destroy     = var.force_destroy
}

# Every put into the lake names its key: below saved_* its country's, elsewhere the lake's. `StringNotEquals` holds for a missing
# header as well, so nothing comes in by the bucket's default alone.
data "aws_iam_policy_document" "lake_keys" {
  statement {
    sid           = "DenyAnotherKeyInTheLake"
    effect        = "Deny"
    actions       = ["s3:PutObject"]
    not_resources = ["${local.lake_arn}/${var.warehouse_prefix}/saved_*/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
      values   = [module.lake_key.arn]
    }
  }

  dynamic "statement" {
    for_each = local.bind_each ? local.saved_arns : {}
    content {
      sid       = "DenyAnotherKeyFor${title(statement.key)}"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = [statement.value]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "StringNotEquals"
        variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        values   = [module.country_key[statement.key].arn]
      }
    }
  }

  dynamic "statement" {
    for_each = local.bind_each ? [] : [1]
    content {
      sid       = "DenyAnotherKeyForSavedCopies"
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["${local.lake_arn}/${var.warehouse_prefix}/saved_*/*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "StringNotEquals"
        variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        values   = [for code in sort(var.countries) : module.country_key[code].arn]
      }
    }
  }
}

module "results" {
  source            = "../bucket"
  name              = "${var.name}-results-${local.account}"
  kms_key_arn       = module.results_key.arn
  access_log_bucket = module.access_logs.name
  expire_days       = var.results_days
  noncurrent_days   = 1
  force_destroy     = var.force_destroy
}

module "job_logs" {
  source            = "../bucket"
  name              = "${var.name}-job-logs-${local.account}"
  kms_key_arn       = module.operations_key.arn
  access_log_bucket = module.access_logs.name
  expire_days       = var.job_log_days
  force_destroy     = var.force_destroy
}
