variable "name" {
  description = "Begins the name of the role and of the keys' aliases."
  type        = string
}

variable "countries" {
  description = "Codes of the viewing countries, in lower case: two databases each."
  type        = set(string)
}

variable "warehouse" {
  description = "The warehouse as `s3://bucket/prefix`; each database is a folder of it."
  type        = string
}

variable "warehouse_prefix" {
  description = "Folder of the lake bucket that holds the warehouse."
  type        = string
}

variable "lake_bucket_arn" {
  description = "ARN of the lake bucket, registered with Lake Formation."
  type        = string
}

variable "administrators" {
  description = "ARNs of Lake Formation's administrators: who may grant. Whoever is left out loses that right, so name them all."
  type        = list(string)
}
