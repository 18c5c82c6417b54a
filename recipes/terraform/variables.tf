variable "stack_name" {
  description = "Name of the CloudFormation stack."
  type        = string
  default     = "device-certificate-functions"
}

variable "release" {
  description = "Folder that holds the release's zip files, such as describe-arm64.zip."
  type        = string
}

variable "template" {
  description = "Path of template.yaml of the same release."
  type        = string
}

variable "bucket" {
  description = "Bucket for the zip files and the template, in the region of the stack."
  type        = string
}

variable "architecture" {
  description = "Processor that the functions run on."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "parameters" {
  description = "Parameters of template.yaml, such as { TencentCredentials = \"secret\" }. Others keep their defaults."
  type        = map(string)
  default     = {}
}
