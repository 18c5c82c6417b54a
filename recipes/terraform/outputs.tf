output "outputs" {
  description = "The outputs of the stack, such as ApiUrl and InactivateQueueUrl."
  value       = aws_cloudformation_stack.functions.outputs
}
