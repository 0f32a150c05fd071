output "state_machine" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.round.arn
}

output "topic" {
  description = "ARN of the topic that tells of failed rounds."
  value       = aws_sns_topic.rounds.arn
}

output "spark_submit_parameters" {
  description = "The parameters that each job is submitted with."
  value       = join(" ", [for name, value in local.spark_settings : "--conf ${name}=${value}"])
}

output "timeout_minutes" {
  description = "Minutes after which a job is ended."
  value       = var.timeout_minutes
}
