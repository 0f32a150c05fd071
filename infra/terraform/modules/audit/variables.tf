variable "name" {
  description = "Name of the trail; begins the name of its bucket and key."
  type        = string
}

variable "lake_bucket_arn" {
  description = "ARN of the bucket whose objects are watched."
  type        = string
}

variable "access_log_bucket" {
  description = "Bucket of S3 access logs."
  type        = string
}

variable "auditors" {
  description = "ARNs of the roles that may decrypt the trail."
  type        = list(string)
  default     = []
}

variable "keep_days" {
  description = "Days for which the trail is kept."
  type        = number
  default     = 2557
}

variable "key_deletion_window_in_days" {
  description = "Days between the decision to delete the key and its end."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete a trail that is not empty. For trials only."
  type        = bool
  default     = false
}
