variable "alias" {
  description = "Name of the key's alias, without `alias/`."
  type        = string
}

variable "description" {
  description = "What the key encrypts, in one sentence."
  type        = string
}

variable "writers" {
  description = "ARNs of the roles that encrypt and decrypt with the key, through S3 only."
  type        = list(string)
  default     = []
}

variable "readers" {
  description = "ARNs of the roles that only decrypt with the key, through S3 only."
  type        = list(string)
  default     = []
}

variable "service_statements" {
  description = "Policy documents (JSON) for AWS services that use the key on their own."
  type        = list(string)
  default     = []
}

variable "deletion_window_in_days" {
  description = "Days between the decision to delete the key and its end; what it encrypted is unreadable after that."
  type        = number
  default     = 30
}
