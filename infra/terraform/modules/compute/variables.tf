variable "name" {
  description = "Name of the application and of the workgroup and state machine; begins the name of each role."
  type        = string
}

variable "release_label" {
  description = "Release of EMR Serverless. Its Spark must be the one that Ringi's lock file names (docs/aws.md)."
  type        = string
}

variable "architecture" {
  description = "`X86_64` or `ARM64`; the archive of the Python environment must be made for it."
  type        = string
  default     = "X86_64"
}

variable "idle_timeout_minutes" {
  description = "Minutes without a job after which the application stops and costs nothing."
  type        = number
  default     = 10
}

variable "maximum_capacity" {
  description = "What all jobs together may use at one moment: the ceiling of the bill."
  type        = object({ cpu = string, memory = string, disk = string })
  default     = { cpu = "64 vCPU", memory = "256 GB", disk = "2000 GB" }
}

variable "network" {
  description = "Subnets and security groups of the jobs; null runs them without a VPC."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "lake_bucket_arn" {
  description = "ARN of the lake bucket."
  type        = string
}

variable "warehouse_prefix" {
  description = "Folder of the lake bucket that holds the warehouse."
  type        = string
}

variable "code_prefix" {
  description = "Folder of the lake bucket that holds the entry point, the environment and the lake project."
  type        = string
}

variable "inbox_arns" {
  description = "ARNs of the objects that may be landed (`arn:aws:s3:::bucket/prefix/*`)."
  type        = list(string)
  default     = []
}

variable "stream_arns" {
  description = "ARNs of the Kinesis streams that may be landed."
  type        = list(string)
  default     = []
}

variable "job_logs_bucket_arn" {
  description = "ARN of the bucket of the jobs' logs."
  type        = string
}

variable "operations_key_arn" {
  description = "ARN of the key of logs."
  type        = string
}

variable "results_bucket_arn" {
  description = "ARN of the bucket of query results."
  type        = string
}

variable "results_key_arn" {
  description = "ARN of the key of query results."
  type        = string
}

variable "erasers" {
  description = "ARNs of those who may take the role that erases people; without any there is no such role."
  type        = list(string)
  default     = []
}

variable "analysts" {
  description = "ARNs of those who may take the query role; empty leaves it to the account's own IAM policies."
  type        = list(string)
  default     = []
}
