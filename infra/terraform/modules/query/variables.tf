variable "name" {
  description = "Name of the workgroup."
  type        = string
}

variable "account_id" {
  description = "Account that must own the results' bucket."
  type        = string
}

variable "results_bucket" {
  description = "Bucket of query results."
  type        = string
}

variable "results_key_arn" {
  description = "Key of query results."
  type        = string
}

variable "bytes_scanned_cutoff" {
  description = "Bytes after which a query is stopped; at least 10,000,000."
  type        = number
  default     = 1099511627776
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete a workgroup that holds queries."
  type        = bool
  default     = false
}
