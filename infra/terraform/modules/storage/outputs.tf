output "lake" {
  description = "The lake bucket: name and ARN."
  value       = { name = module.lake.name, arn = module.lake.arn }
}

output "results" {
  description = "The bucket of query results: name and ARN."
  value       = { name = module.results.name, arn = module.results.arn }
}

output "job_logs" {
  description = "The bucket of the jobs' logs: name and ARN."
  value       = { name = module.job_logs.name, arn = module.job_logs.arn }
}

output "access_logs" {
  description = "The bucket of the S3 access logs: name and ARN."
  value       = { name = module.access_logs.name, arn = module.access_logs.arn }
}

output "keys" {
  description = "ARNs of the keys that are not a country's."
  value = {
    lake       = module.lake_key.arn
    results    = module.results_key.arn
    operations = module.operations_key.arn
  }
}

output "country_keys" {
  description = "ARN of each country's key, by code."
  value       = { for code, key in module.country_key : code => key.arn }
}

output "country_aliases" {
  description = "Alias of each country's key, by code."
  value       = { for code, key in module.country_key : code => key.alias }
}
