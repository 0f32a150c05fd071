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
  value = merge(module.compute.job_roles, {
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
