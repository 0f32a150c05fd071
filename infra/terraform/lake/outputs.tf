# The roles of the lake by the work that they do, as ringi.toml names it.
locals {
  works = merge(module.compute.job_roles, [for role in module.compute.erase_roles : { erase = role }]...)
}

output "warehouse" {
  description = "The warehouse, for ringi.toml."
  value       = local.warehouse
}

output "code" {
  description = "Where the entry point, the environment and the lake project are put."
  value       = local.code
}

output "buckets" {
  description = "Names of the buckets."
  value = {
    lake        = module.storage.lake.name
    results     = module.storage.results.name
    job_logs    = module.storage.job_logs.name
    access_logs = module.storage.access_logs.name
    audit       = module.audit.bucket
  }
}

output "keys" {
  description = "ARNs of the keys: lake, results, operations."
  value       = module.storage.keys
}

output "country_keys" {
  description = "ARN of each country's key, by code."
  value       = module.storage.country_keys
}

output "databases" {
  description = "Names of the Glue databases."
  value       = module.catalog.databases
}

output "roles" {
  description = "ARNs of the roles."
  value = merge(local.works, {
    definer        = module.compute.definer_role
    query          = module.compute.query_role
    lake_formation = module.catalog.lake_formation_role
    state_machine  = aws_iam_role.state_machine.arn
  })
}

output "application_id" {
  description = "Id of the EMR Serverless application."
  value       = module.compute.application.id
}

output "workgroup" {
  description = "Name of the Athena workgroup."
  value       = module.query.workgroup
}

output "state_machine" {
  description = "ARN of the state machine."
  value       = module.schedule.state_machine
}

output "topic" {
  description = "ARN of the topic that tells of failed rounds."
  value       = module.schedule.topic
}

output "spark_submit_parameters" {
  description = "The parameters that each job is submitted with."
  value       = module.schedule.spark_submit_parameters
}

output "ringi_toml" {
  description = "The profile for ringi.toml: `terraform output -raw ringi_toml >> ringi.toml`."
  value       = <<-TOML
    [profiles.${var.profile}]
    warehouse = "${local.warehouse}"
    engine = "spark"
    region = "${var.region}"
    kms_key = "alias/${var.name}-lake"
    country_key_alias = "alias/${var.name}-{country}"
    athena_workgroup = "${module.query.workgroup}"
    definer_role = "${module.compute.definer_role}"
    principal_identity = "arn:aws:iam::${local.account}:role/{principal}"
    job_roles = { ${join(", ", [for work, role in local.works : "${work} = \"${role}\""])} }
    registration_role = "${module.catalog.lake_formation_role}"
  TOML
}

output "jobs" {
  description = "What `infra.aws.emr_serverless` needs to ask for a job: `terraform output -json jobs > jobs.json`."
  value = {
    application_id      = module.compute.application.id
    roles               = module.compute.job_roles
    entry_point         = "${local.code}/spark_job.py"
    environment_archive = "${local.code}/environment.tar.gz"
    project_archive     = "${local.code}/project.tar.gz"
    log_uri             = "s3://${module.storage.job_logs.name}/jobs/"
    log_key             = module.storage.keys.operations
    spark_settings      = var.spark_settings
    timeout_minutes     = module.schedule.timeout_minutes
  }
}
