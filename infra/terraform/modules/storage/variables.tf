variable "name" {
  description = "Begins the name of every bucket and alias."
  type        = string
}

variable "warehouse_prefix" {
  description = "Folder of the lake bucket that holds the warehouse."
  type        = string
}

variable "countries" {
  description = "Codes of the viewing countries, in lower case: one key each."
  type        = set(string)
}

variable "roles" {
  description = "ARNs of the roles that the keys' policies name."
  type = object({
    land           = string
    run            = string
    access         = string
    maintain       = string
    definer        = string
    query          = string
    lake_formation = string
    state_machine  = string
    erase          = list(string)
  })
}

variable "deployers" {
  description = "ARNs of those who put code into the lake bucket; the lake's key names them."
  type        = list(string)
  default     = []
}

variable "results_days" {
  description = "Days for which results of queries are kept."
  type        = number
  default     = 7
}

variable "job_log_days" {
  description = "Days for which logs of jobs are kept."
  type        = number
  default     = 90
}

variable "access_log_days" {
  description = "Days for which S3 access logs are kept."
  type        = number
  default     = 365
}

variable "key_deletion_window_in_days" {
  description = "Days between the decision to delete a key and its end."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete buckets that are not empty. For trials only."
  type        = bool
  default     = false
}
