variable "name" {
  description = "Name of the state machine and of the schedule."
  type        = string
}

variable "profile" {
  description = "Profile of ringi.toml that the jobs use."
  type        = string
}

variable "definition_file" {
  description = "The state machine in Amazon States Language, with places for names and numbers."
  type        = string
}

variable "state_machine_role" {
  description = "Role of the state machine: name and ARN."
  type        = object({ name = string, arn = string })
}

variable "application" {
  description = "The EMR Serverless application: id and ARN."
  type        = object({ id = string, arn = string })
}

variable "job_roles" {
  description = "ARNs of the jobs' roles."
  type        = object({ land = string, run = string, access = string, maintain = string })
}

variable "entry_point" {
  description = "`s3://…` of the script that a job starts (ringi/spark_job.py)."
  type        = string
}

variable "environment_archive" {
  description = "`s3://…` of the packed Python environment."
  type        = string
}

variable "project_archive" {
  description = "`s3://…` of the packed lake project."
  type        = string
}

variable "spark_settings" {
  description = "Spark settings of every job, added to those that Ringi needs."
  type        = map(string)
  default     = {}
}

variable "job_logs_bucket" {
  description = "Bucket of the jobs' logs."
  type        = string
}

variable "operations_key_arn" {
  description = "Key of logs and notifications."
  type        = string
}

variable "steps" {
  description = "For each step of a round the words of its command; a step that is not named is left out."
  type        = map(list(string))
  validation {
    condition     = length(setsubtract(keys(var.steps), ["land", "check", "run", "publish", "grant", "maintain"])) == 0
    error_message = "The steps are land, check, run, publish, grant and maintain."
  }
}

variable "schedule" {
  description = "When a round starts: `cron(…)` or `rate(…)`."
  type        = string
}

variable "schedule_time_zone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "UTC"
}

variable "enabled" {
  description = "Whether the schedule starts rounds. Begin with false, and start the first rounds by hand."
  type        = bool
  default     = false
}

variable "maintenance" {
  description = "The maintenance of every night: when it starts, whether the schedule starts it, and the words of its command."
  type        = object({ schedule = string, enabled = bool, words = list(string) })
  validation {
    condition     = length(var.maintenance.words) > 0 && try(var.maintenance.words[0], "") == "maintain"
    error_message = "The words of maintenance begin with `maintain`."
  }
}

variable "timeout_minutes" {
  description = "Minutes after which a job is ended."
  type        = number
  default     = 240
}

variable "heartbeat_seconds" {
  description = "Seconds of silence after which a job counts as lost: longer than it takes to start one."
  type        = number
  default     = 900
}

variable "retry" {
  description = "How a step that failed outside of Ringi is tried again: first wait, longest wait, attempts."
  type        = object({ seconds = number, longest_seconds = number, attempts = number })
  default     = { seconds = 60, longest_seconds = 1800, attempts = 3 }
}

variable "notify" {
  description = "Mail addresses that are told when a round fails; each must confirm once."
  type        = set(string)
  default     = []
}

variable "log_days" {
  description = "Days for which the state machine's logs are kept."
  type        = number
  default     = 90
}
