# What each role may do. Buckets and keys come from `storage`, whose keys name these roles in return: IAM and the key must both agree.

locals {
  lake      = var.lake_bucket_arn
  warehouse = "${var.lake_bucket_arn}/${var.warehouse_prefix}"
  glue      = "arn:${local.partition}:glue:${local.region}:${local.account}"

  noted = ["access", "ledger", ".staging"]

  # What a duty reads and writes below the warehouse, and which databases these folders are.
  duties = {
    land = {
      reads  = ["landing", "bronze", "quarantine", "ledger"]
      writes = ["landing", "bronze", "quarantine", "ledger", ".staging"]
      tables = ["bronze", "quarantine", "ledger"]
      inbox  = var.inbox_arns
    }
    run = {
      reads  = ["access/given", "bronze", "gold", "ledger", "saved_*"]
      writes = ["access/regaining", "gold", "ledger", "saved_*", ".staging"]
      tables = ["bronze", "gold", "ledger", "saved_*", "views_*"]
      inbox  = []
    }
  }
}

resource "aws_iam_role_policy" "duty" {
  for_each = local.duties
  name     = each.key
  role     = aws_iam_role.job[each.key].id
  policy   = data.aws_iam_policy_document.duty[each.key].json
}

data "aws_iam_policy_document" "duty" {
  for_each                = local.duties
  source_policy_documents = [data.aws_iam_policy_document.every_job.json]

  statement {
    sid       = "ListWarehouse"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [local.lake]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = [for folder in distinct(concat(each.value.reads, each.value.writes)) : "${var.warehouse_prefix}/${folder}/*"]
    }
  }

  statement {
    sid       = "ReadWarehouse"
    actions   = ["s3:GetObject"]
    resources = concat(["${local.warehouse}/.lock"], [for folder in distinct(concat(each.value.reads, each.value.writes)) : "${local.warehouse}/${folder}/*"])
  }

  statement {
    sid       = "WriteWarehouse"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = concat(["${local.warehouse}/.lock"], [for folder in each.value.writes : "${local.warehouse}/${folder}/*"])
  }

  dynamic "statement" {
    for_each = length(each.value.inbox) > 0 ? [each.value.inbox] : []
    content {
      sid       = "ReadRawFiles"
      actions   = ["s3:GetObject"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(each.value.inbox) > 0 ? [each.value.inbox] : []
    content {
      sid       = "ListRawFiles"
      actions   = ["s3:ListBucket"]
      resources = distinct([for arn in statement.value : split("/", arn)[0]])
    }
  }

  dynamic "statement" {
    for_each = each.key == "land" && length(var.stream_arns) > 0 ? [var.stream_arns] : []
    content {
      sid       = "ReadStreams"
      actions   = ["kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
      resources = statement.value
    }
  }

  statement {
    sid = "KeepTables"
    actions = concat(
      ["glue:CreateDatabase", "glue:CreateTable", "glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:UpdateTable"],
      each.key == "run" ? ["glue:DeleteTable"] : [], # only a run drops tables: those of a view that is withdrawn or has other keys
    )
    resources = concat(
      ["${local.glue}:catalog"],
      [for name in each.value.tables : "${local.glue}:database/${name}"],
      [for name in each.value.tables : "${local.glue}:table/${name}/*"],
    )
  }

  statement {
    sid       = "UseLakeKeys"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:${local.region}:${local.account}:key/*"]
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "kms:ResourceAliases"
      values   = each.key == "run" ? ["alias/${var.name}-lake", "alias/${var.name}-??"] : ["alias/${var.name}-lake"]
    }
  }

  # A table that is made anew gets back what applied plans had given on it: its maker may hand on what is on it.
  dynamic "statement" {
    for_each = each.key == "run" ? [1] : []
    content {
      sid = "GiveBack"
      actions = [
        "lakeformation:AddLFTagsToResource", "lakeformation:AttachRLSPolicy", "lakeformation:BatchGrantPermissions",
        "lakeformation:BatchRevokePermissions", "lakeformation:CreateDataCellsFilter", "lakeformation:CreateLakeFormationOptIn",
        "lakeformation:GetDataCellsFilter",
      ]
      resources = ["*"] # Lake Formation knows no resources in IAM; its own permissions decide, and these name the run role
    }
  }

  dynamic "statement" {
    for_each = each.key == "run" ? [1] : []
    content {
      sid       = "CloseDatabases"
      actions   = ["glue:UpdateDatabase"]
      resources = ["${local.glue}:catalog", "${local.glue}:database/saved_*", "${local.glue}:database/views_*"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "run" ? [1] : []
    content {
      sid       = "NameDefiner"
      actions   = ["iam:PassRole", "sts:AssumeRole"]
      resources = [aws_iam_role.definer.arn]
    }
  }
}

resource "aws_iam_role_policy" "access" {
  name   = "access"
  role   = aws_iam_role.job["access"].id
  policy = data.aws_iam_policy_document.access.json
}

data "aws_iam_policy_document" "access" {
  source_policy_documents = [data.aws_iam_policy_document.every_job.json]

  statement {
    sid = "KeepGrants"
    actions = [
      "lakeformation:AddLFTagsToResource", "lakeformation:AttachRLSPolicy", "lakeformation:BatchGrantPermissions",
      "lakeformation:BatchRevokePermissions", "lakeformation:CreateDataCellsFilter", "lakeformation:CreateLFTag",
      "lakeformation:CreateLakeFormationOptIn", "lakeformation:CreateRLSPolicy", "lakeformation:DeleteDataCellsFilter",
      "lakeformation:DeleteLFTag", "lakeformation:DeleteLakeFormationOptIn", "lakeformation:DeleteRLSPolicy",
      "lakeformation:DeregisterResource", "lakeformation:DescribeResource", "lakeformation:DetachRLSPolicy",
      "lakeformation:GetDataCellsFilter", "lakeformation:GetDataLakeSettings", "lakeformation:GetLFTag", "lakeformation:GetRLSPolicy",
      "lakeformation:GetResourceLFTags", "lakeformation:ListDataCellsFilter", "lakeformation:ListLFTagExpressions",
      "lakeformation:ListLFTags", "lakeformation:ListLakeFormationOptIns", "lakeformation:ListPermissions",
      "lakeformation:ListRLSPolicies", "lakeformation:ListRLSPolicyAttachments", "lakeformation:ListResources",
      "lakeformation:PutDataLakeSettings", "lakeformation:RegisterResource", "lakeformation:RemoveLFTagsFromResource",
      "lakeformation:UpdateDataCellsFilter", "lakeformation:UpdateLFTag", "lakeformation:UpdateRLSPolicy", "lakeformation:UpdateResource",
    ]
    resources = ["*"] # Lake Formation knows no resources in IAM; its own settings name this role as an administrator
  }

  statement {
    sid       = "SeeTables"
    actions   = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"]
    resources = ["${local.glue}:catalog", "${local.glue}:database/*", "${local.glue}:table/*/*"]
  }

  # Whether a role was deleted and made anew under its name, and the role with which Lake Formation reads the lake.
  statement {
    sid       = "SeeWhoPrincipalsAre"
    actions   = ["iam:ListRoles", "iam:ListUsers"]
    resources = ["*"]
  }

  statement {
    sid       = "NameReader"
    actions   = ["iam:PassRole"]
    resources = ["arn:${local.partition}:iam::${local.account}:role/${var.name}-lake-formation"]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["lakeformation.amazonaws.com"]
    }
  }

  # The journal of an apply, what was given, and the ledgers, where each apply is a line.
  statement {
    sid       = "ListJournal"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [local.lake]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = [for folder in local.noted : "${var.warehouse_prefix}/${folder}/*"]
    }
  }

  statement {
    sid       = "KeepJournal"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = concat(["${local.warehouse}/.lock"], [for folder in local.noted : "${local.warehouse}/${folder}/*"])
  }

  statement {
    sid       = "SeeEncryption"
    actions   = ["s3:GetEncryptionConfiguration"]
    resources = [local.lake]
  }

  statement {
    sid       = "KeepLedgers"
    actions   = ["glue:CreateDatabase", "glue:CreateTable", "glue:UpdateTable"]
    resources = ["${local.glue}:catalog", "${local.glue}:database/ledger", "${local.glue}:table/ledger/*"]
  }

  statement {
    sid       = "UseTheLakesKey"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:${local.region}:${local.account}:key/*"]
    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-lake"]
    }
  }
}

# What every job needs: its code, its logs, and a way to say how it ended.
data "aws_iam_policy_document" "every_job" {
  statement {
    sid       = "ReadCode"
    actions   = ["s3:GetObject"]
    resources = ["${local.lake}/${var.code_prefix}/*"]
  }

  statement {
    sid       = "ListCode"
    actions   = ["s3:ListBucket"]
    resources = [local.lake]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.code_prefix}/*"]
    }
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources = [var.job_logs_bucket_arn, "${var.job_logs_bucket_arn}/*"]
  }

  statement {
    sid       = "EncryptLogs"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = [var.operations_key_arn]
  }

  statement {
    sid       = "TellStateMachine"
    actions   = ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]
    resources = ["arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}"]
  }

  # The jobs commit tables through S3 and Glue with their own rights; Lake Formation asks for this as well.
  statement {
    sid       = "AskLakeFormation"
    actions   = ["lakeformation:GetDataAccess"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "definer" {
  name   = "definer"
  role   = aws_iam_role.definer.id
  policy = data.aws_iam_policy_document.definer.json
}

data "aws_iam_policy_document" "definer" {
  source_policy_documents = [data.aws_iam_policy_document.athena.json]

  statement {
    sid     = "DefineViews"
    actions = ["glue:CreateTable", "glue:DeleteTable", "glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:UpdateTable"]
    resources = [
      "${local.glue}:catalog", "${local.glue}:database/views_*", "${local.glue}:table/views_*/*",
    ]
  }

  statement {
    sid       = "SeeSavedCopies"
    actions   = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"]
    resources = ["${local.glue}:catalog", "${local.glue}:database/saved_*", "${local.glue}:table/saved_*/*"]
  }

  statement {
    sid       = "PassItself"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.definer.arn]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["glue.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "query" {
  name   = "query"
  role   = aws_iam_role.query.id
  policy = data.aws_iam_policy_document.query.json
}

data "aws_iam_policy_document" "query" {
  source_policy_documents = [data.aws_iam_policy_document.athena.json]

  # Saved copies may be named, because a view that is not a definer view reads them as the caller; data comes only by a grant.
  statement {
    sid     = "SeeViews"
    actions = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
    resources = [
      "${local.glue}:catalog", "${local.glue}:database/saved_*", "${local.glue}:database/views_*", "${local.glue}:table/saved_*/*",
      "${local.glue}:table/views_*/*",
    ]
  }
}

# A query in the workgroup: its results, and data through Lake Formation alone. No right on the lake's bucket.
data "aws_iam_policy_document" "athena" {
  statement {
    sid = "QueryInWorkgroup"
    actions = [
      "athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:GetWorkGroup",
      "athena:StartQueryExecution", "athena:StopQueryExecution",
    ]
    resources = ["arn:${local.partition}:athena:${local.region}:${local.account}:workgroup/${var.name}"]
  }

  statement {
    sid       = "KeepResults"
    actions   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources = [var.results_bucket_arn, "${var.results_bucket_arn}/*"]
  }

  statement {
    sid       = "EncryptResults"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    resources = [var.results_key_arn]
  }

  statement {
    sid       = "ReadWhatIsGranted"
    actions   = ["lakeformation:GetDataAccess"]
    resources = ["*"] # the grant decides; IAM knows no narrower resource for this action
  }
}
