output "application" {
  description = "The EMR Serverless application: id and ARN."
  value       = { id = aws_emrserverless_application.this.id, arn = aws_emrserverless_application.this.arn }
}

output "job_roles" {
  description = "ARN of each job's role: land, run, access, maintain."
  value       = { for duty, role in aws_iam_role.job : duty => role.arn }
}

output "erase_roles" {
  description = "ARN of the role that erases people, in a list that is empty where nobody may."
  value       = [for role in aws_iam_role.erase : role.arn]
}

output "definer_role" {
  description = "ARN of the role that owns the published views."
  value       = aws_iam_role.definer.arn
}

output "query_role" {
  description = "ARN of the analysts' role."
  value       = aws_iam_role.query.arn
}
