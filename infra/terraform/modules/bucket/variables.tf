variable "name" {
  description = "The bucket's name, unique in the world."
  type        = string
}

variable "encryption" {
  description = "`aws:kms`, or `AES256` where a service cannot write with a key (S3 access logs)."
  type        = string
  default     = "aws:kms"
  validation {
    condition     = contains(["aws:kms", "AES256"], var.encryption)
    error_message = "The encryption is `aws:kms` or `AES256`."
  }
}

variable "kms_key_arn" {
  description = "Key of the bucket's default encryption; needed with `aws:kms`."
  type        = string
  default     = null
}

variable "access_log_bucket" {
  description = "Bucket that gets this one's access logs; none for the bucket of the logs."
  type        = string
  default     = null
}

variable "expire_days" {
  description = "Days after which an object ends; null keeps it."
  type        = number
  default     = null
}

variable "noncurrent_days" {
  description = "Days for which a replaced or deleted version can be brought back."
  type        = number
  default     = 30
}

variable "policy_documents" {
  description = "Policy documents (JSON) of this bucket alone, added to the common ones."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete a bucket that is not empty. For trials only."
  type        = bool
  default     = false
}
