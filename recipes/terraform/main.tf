# The functions' stack from the files of a release: the zip files go to a bucket, and template.yaml is deployed as it is, with their
# addresses in place of the folders. So it has the same resources, parameters and outputs as a deployment by `make deploy`.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

locals {
  functions = toset(["describe", "inactivate", "status"])
  zips      = { for name in local.functions : name => "${var.release}/${name}-${var.architecture}.zip" }
  # A key has the digest of its file, so that CloudFormation sees when another one is to be deployed.
  keys = { for name, zip in local.zips : name => "${var.stack_name}/${filesha256(zip)}/${basename(zip)}" }
  template = replace(replace(replace(file(var.template),
    "CodeUri: functions/describe", "CodeUri: s3://${var.bucket}/${local.keys["describe"]}"),
    "CodeUri: functions/inactivate", "CodeUri: s3://${var.bucket}/${local.keys["inactivate"]}"),
  "CodeUri: functions/status", "CodeUri: s3://${var.bucket}/${local.keys["status"]}")
}

data "aws_s3_bucket" "files" {
  bucket = var.bucket
}

resource "aws_s3_object" "zip" {
  for_each = local.zips
  bucket   = var.bucket
  key      = local.keys[each.key]
  source   = each.value
}

resource "aws_s3_object" "template" {
  bucket  = var.bucket
  key     = "${var.stack_name}/${sha256(local.template)}/template.yaml"
  content = local.template
}

resource "aws_cloudformation_stack" "functions" {
  name         = var.stack_name
  template_url = "https://${data.aws_s3_bucket.files.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  parameters   = merge(var.parameters, { Architecture = var.architecture })
  # Roles, and the transform of AWS SAM.
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  depends_on   = [aws_s3_object.zip]
}
