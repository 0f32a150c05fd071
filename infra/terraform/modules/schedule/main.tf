# One round of the lake, at its hour: the state machine, who is told when a round fails, and the schedule.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name
  machine   = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}"

  spark_settings = merge(
    {
      "spark.archives"                                       = "${var.environment_archive}#environment,${var.project_archive}#project"
      "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON" = "./environment/bin/python"
      "spark.emr-serverless.driverEnv.PYSPARK_PYTHON"        = "./environment/bin/python"
      "spark.executorEnv.PYSPARK_PYTHON"                     = "./environment/bin/python"
      "spark.sql.adaptive.enabled"                           = "true"
    },
    var.spark_settings,
  )

  definition = templatefile(var.definition_file, {
    start_job               = "arn:${local.partition}:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken"
    publish_message         = "arn:${local.partition}:states:::sns:publish"
    application_id          = var.application.id
    land_role               = var.job_roles.land
    run_role                = var.job_roles.run
    access_role             = var.job_roles.access
    maintain_role           = var.job_roles.maintain
    entry_point             = var.entry_point
    profile                 = var.profile
    spark_submit_parameters = join(" ", [for name, value in local.spark_settings : "--conf ${name}=${value}"])
    log_uri                 = "s3://${var.job_logs_bucket}/jobs/"
    log_key                 = var.operations_key_arn
    topic                   = aws_sns_topic.rounds.arn
    timeout_minutes         = var.timeout_minutes
    timeout_seconds         = var.timeout_minutes * 60 + var.heartbeat_seconds
    heartbeat_seconds       = var.heartbeat_seconds
    retry_seconds           = var.retry.seconds
    retry_longest_seconds   = var.retry.longest_seconds
    retries                 = var.retry.attempts
  })
}

resource "aws_sfn_state_machine" "round" {
  name       = var.name
  role_arn   = var.state_machine_role.arn
  type       = "STANDARD"
  definition = local.definition

  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.round.arn}:*"
    include_execution_data = false # the input may name files; the history keeps it, logs need not
    level                  = "ALL"
  }

  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "round" {
  name              = "/aws/vendedlogs/states/${var.name}"
  kms_key_id        = var.operations_key_arn
  retention_in_days = var.log_days
}

resource "aws_sns_topic" "rounds" {
  name              = "${var.name}-rounds"
  kms_master_key_id = var.operations_key_arn
}

resource "aws_sns_topic_policy" "rounds" {
  arn    = aws_sns_topic.rounds.arn
  policy = data.aws_iam_policy_document.topic.json
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "StateMachinePublishes"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.rounds.arn]
    principals {
      type        = "AWS"
      identifiers = [var.state_machine_role.arn]
    }
  }
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.rounds.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_subscription" "people" {
  for_each  = var.notify
  topic_arn = aws_sns_topic.rounds.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_iam_role_policy" "state_machine" {
  name   = "round"
  role   = var.state_machine_role.name
  policy = data.aws_iam_policy_document.state_machine.json
}

data "aws_iam_policy_document" "state_machine" {
  statement {
    sid       = "StartJobs"
    actions   = ["emr-serverless:StartJobRun", "emr-serverless:TagResource"]
    resources = [var.application.arn, "${var.application.arn}/jobruns/*"]
  }

  statement {
    sid       = "NameJobRoles"
    actions   = ["iam:PassRole"]
    resources = values(var.job_roles)
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["emr-serverless.amazonaws.com"]
    }
  }

  statement {
    sid       = "Notify"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.rounds.arn]
  }

  statement {
    sid       = "EncryptMessages"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.operations_key_arn]
  }

  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    ]
    resources = ["*"] # log delivery knows no resources in IAM
  }
}

resource "aws_scheduler_schedule" "round" {
  name                         = var.name
  description                  = "Starts one round of the lake."
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_time_zone
  state                        = var.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 5
  }

  target {
    arn      = local.machine
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ steps = var.steps })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
  }

  depends_on = [aws_sfn_state_machine.round]
}

# Another input of the same machine, so that a night's maintenance is tried again, told and logged as every round is. It waits for a
# round that holds the lake, and a round waits for it.
resource "aws_scheduler_schedule" "maintenance" {
  name                         = "${var.name}-maintenance"
  description                  = "Merges small files, forgets old snapshots and removes strays."
  schedule_expression          = var.maintenance.schedule
  schedule_expression_timezone = var.schedule_time_zone
  state                        = var.maintenance.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 60
  }

  target {
    arn      = local.machine
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ steps = { maintain = var.maintenance.words } })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
  }

  depends_on = [aws_sfn_state_machine.round]
}

resource "aws_iam_role" "scheduler" {
  name               = "${var.name}-scheduler"
  description        = "Starts rounds, and nothing else."
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start-rounds"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartRounds"
    actions   = ["states:StartExecution"]
    resources = [local.machine]
  }
}
