# A Ringi lake in one AWS account and region: storage, catalog, compute, query, schedule, audit. See docs/aws.md.

data "aws_caller_identity" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  warehouse = "s3://${module.storage.lake.name}/${var.warehouse_prefix}"
  code      = "s3://${module.storage.lake.name}/${var.code_prefix}"
}

module "storage" {
  source           = "../modules/storage"
  name             = var.name
  warehouse_prefix = var.warehouse_prefix
  countries        = var.countries
  results_days     = var.results_days
  deployers        = var.deployers
  force_destroy    = var.trial
  roles = {
    land           = module.compute.job_roles.land
    run            = module.compute.job_roles.run
    access         = module.compute.job_roles.access
    maintain       = module.compute.job_roles.maintain
    definer        = module.compute.definer_role
    query          = module.compute.query_role
    lake_formation = module.catalog.lake_formation_role
    state_machine  = aws_iam_role.state_machine.arn
    erase          = module.compute.erase_roles
  }
  key_deletion_window_in_days = var.trial ? 7 : 30
}

module "catalog" {
  source           = "../modules/catalog"
  name             = var.name
  countries        = var.countries
  warehouse        = local.warehouse
  warehouse_prefix = var.warehouse_prefix
  lake_bucket_arn  = module.storage.lake.arn
  administrators   = concat(var.lake_administrators, [module.compute.job_roles.access])
}

module "compute" {
  source              = "../modules/compute"
  name                = var.name
  release_label       = var.emr_release_label
  architecture        = var.emr_architecture
  maximum_capacity    = var.emr_maximum_capacity
  network             = var.emr_network
  lake_bucket_arn     = module.storage.lake.arn
  warehouse_prefix    = var.warehouse_prefix
  code_prefix         = var.code_prefix
  inbox_arns          = var.inbox_arns
  stream_arns         = var.stream_arns
  job_logs_bucket_arn = module.storage.job_logs.arn
  operations_key_arn  = module.storage.keys.operations
  results_bucket_arn  = module.storage.results.arn
  results_key_arn     = module.storage.keys.results
  erasers             = var.erasers
  analysts            = var.analysts
}

module "query" {
  source               = "../modules/query"
  name                 = var.name
  account_id           = local.account
  results_bucket       = module.storage.results.name
  results_key_arn      = module.storage.keys.results
  bytes_scanned_cutoff = var.bytes_scanned_cutoff
  force_destroy        = var.trial
}

module "schedule" {
  source              = "../modules/schedule"
  name                = var.name
  profile             = var.profile
  definition_file     = "${path.module}/../../state_machines/lake.asl.json"
  state_machine_role  = { name = aws_iam_role.state_machine.name, arn = aws_iam_role.state_machine.arn }
  application         = module.compute.application
  job_roles           = module.compute.job_roles
  entry_point         = "${local.code}/spark_job.py"
  environment_archive = "${local.code}/environment.tar.gz"
  project_archive     = "${local.code}/project.tar.gz"
  spark_settings      = var.spark_settings
  job_logs_bucket     = module.storage.job_logs.name
  operations_key_arn  = module.storage.keys.operations
  steps               = var.steps
  schedule            = var.schedule
  schedule_time_zone  = var.schedule_time_zone
  enabled             = var.schedule_enabled
  maintenance         = { schedule = var.maintenance_schedule, enabled = var.maintenance_enabled, words = var.maintenance_words }
  notify              = var.notify
}

module "audit" {
  source            = "../modules/audit"
  name              = var.name
  lake_bucket_arn   = module.storage.lake.arn
  access_log_bucket = module.storage.access_logs.name
  auditors          = var.auditors
  force_destroy     = var.trial

  key_deletion_window_in_days = var.trial ? 7 : 30
}

# Made here and not in `schedule`, because the key of notifications names it and `schedule` needs that key.
resource "aws_iam_role" "state_machine" {
  name               = "${var.name}-state-machine"
  description        = "Starts jobs and tells people; reads no data."
  assume_role_policy = data.aws_iam_policy_document.state_machine_trust.json
}

data "aws_iam_policy_document" "state_machine_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}
