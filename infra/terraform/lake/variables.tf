variable "name" {
  description = "Name of the lake: begins the name of everything made here. Letters, digits and dashes; short, because bucket names are."
  type        = string
  default     = "ringi"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "The name is 2 to 21 lower-case letters, digits and dashes, and begins with a letter."
  }
}

variable "region" {
  description = "AWS region of the lake."
  type        = string
}

variable "account_id" {
  description = "The account that this must be; anything else is refused. Null takes whichever the credentials are of."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
}

variable "trial" {
  description = "True for a lake that is thrown away again: buckets may be destroyed with what is in them, keys end after 7 days."
  type        = bool
  default     = false
}

variable "countries" {
  description = "Codes of the viewing countries, in lower case. `python scripts/terraform_countries.py` writes them from countries.yaml."
  type        = set(string)
  validation {
    condition     = length(var.countries) > 0 && alltrue([for code in var.countries : can(regex("^[a-z]{2}$", code))])
    error_message = "A country is two lower-case letters, and there is at least one."
  }
}

variable "warehouse_prefix" {
  description = "Folder of the lake bucket that holds the warehouse."
  type        = string
  default     = "warehouse"
}

variable "code_prefix" {
  description = "Folder of the lake bucket that holds what the jobs run."
  type        = string
  default     = "code"
}

variable "inbox_arns" {
  description = "ARNs of raw files that may be landed (`arn:aws:s3:::bucket/prefix/*`)."
  type        = list(string)
  default     = []
}

variable "stream_arns" {
  description = "ARNs of Kinesis streams that may be landed (`arn:aws:kinesis:eu-west-1:123456789012:stream/name`)."
  type        = list(string)
  default     = []
}

variable "lake_administrators" {
  description = "ARNs of the people or roles that administer Lake Formation, this one included. The list replaces the one that is there."
  type        = list(string)
}

variable "analysts" {
  description = "ARNs of those who may take the query role; empty leaves it to the account's own IAM policies."
  type        = list(string)
  default     = []
}

variable "erasers" {
  description = "ARNs of the people or roles that may erase somebody from the lake (`ringi erase`); empty makes no role for it."
  type        = list(string)
  default     = []
}

variable "deployers" {
  description = "ARNs of the people or roles that put the entry point, the environment and the lake project into the code folder."
  type        = list(string)
  default     = []
}

variable "auditors" {
  description = "ARNs of the roles that may read the audit trail."
  type        = list(string)
  default     = []
}

variable "emr_release_label" {
  description = "Release of EMR Serverless. Its Spark must be the one that Ringi's lock file names (docs/aws.md)."
  type        = string
}

variable "emr_architecture" {
  description = "`X86_64` or `ARM64`; the packed Python environment must be made for it."
  type        = string
  default     = "X86_64"
}

variable "emr_maximum_capacity" {
  description = "What all jobs together may use at one moment: the ceiling of the bill."
  type        = object({ cpu = string, memory = string, disk = string })
  default     = { cpu = "64 vCPU", memory = "256 GB", disk = "2000 GB" }
}

variable "emr_network" {
  description = "Subnets and security groups of the jobs; null runs them without a VPC."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "spark_settings" {
  description = "Spark settings of every job, added to those that Ringi needs."
  type        = map(string)
  default     = { "spark.driver.memory" = "8g", "spark.executor.cores" = "4", "spark.executor.memory" = "16g" }
}

variable "profile" {
  description = "Profile of ringi.toml that the jobs use."
  type        = string
  default     = "aws"
}

variable "steps" {
  description = "For each step of a round (land, check, run, publish, grant, maintain) the words of its command; a step that is not named is left out."
  type        = map(list(string))
  default     = { check = ["check"], run = ["run"] }
}

variable "schedule" {
  description = "When a round starts: `cron(…)` or `rate(…)`."
  type        = string
  default     = "cron(0 * * * ? *)"
}

variable "schedule_time_zone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "UTC"
}

variable "schedule_enabled" {
  description = "Whether the schedule starts rounds. Begin with false, and start the first rounds by hand."
  type        = bool
  default     = false
}

variable "maintenance_schedule" {
  description = "When maintenance starts: once a night, where few rounds run. In `schedule_time_zone`."
  type        = string
  default     = "cron(30 2 * * ? *)"
}

variable "maintenance_enabled" {
  description = "Whether the schedule starts maintenance."
  type        = bool
  default     = false
}

variable "maintenance_words" {
  description = "The words of the command, such as `[\"maintain\", \"bronze.viewing_events\"]`; its budget is in ringi.toml."
  type        = list(string)
  default     = ["maintain"]
}

variable "notify" {
  description = "Mail addresses that are told when a round fails; each must confirm once."
  type        = set(string)
  default     = []
}

variable "bytes_scanned_cutoff" {
  description = "Bytes after which a query is stopped."
  type        = number
  default     = 1099511627776
}

variable "results_days" {
  description = "Days for which results of queries are kept."
  type        = number
  default     = 7
}
