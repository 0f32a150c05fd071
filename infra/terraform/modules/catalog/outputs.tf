output "databases" {
  description = "Names of the Glue databases."
  value       = sort([for database in aws_glue_catalog_database.this : database.name])
}

output "lake_formation_role" {
  description = "ARN of the role with which Lake Formation reads the lake."
  value       = aws_iam_role.lake_formation.arn
}
