"""What is left when the stack is deleted, and that its name can be used again."""

from bundle import Bundle
from deployment import settled

LEFT = {
    "ApiLogGroup",
    "DescribeLogGroup",
    "InactivateLogGroup",
    "StatusLogGroup",
    "DescribeWebhookLogGroup",
    "InactivateWebhookLogGroup",
    "StatusWebhookLogGroup",
    "DescribeDeadLetterQueue",
    "InactivateDeadLetterQueue",
    "StatusDeadLetterQueue",
    "FailuresQueue",
    "IdempotencyTable",
}


def test_the_record_stays_and_the_name_is_free_again(bundle: Bundle) -> None:
    stacks, name = bundle.emulator.client("cloudformation"), "deleted"
    outputs = bundle.deploy(name).outputs
    dead_letters = outputs["InactivateDeadLetterQueueUrl"]
    bundle.emulator.client("sqs").send_message(QueueUrl=dead_letters, MessageBody="an order")
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    stacks.delete_stack(StackName=name)
    assert settled(stacks, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    pages = stacks.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
    events = [event for page in pages for event in page["StackEvents"]]
    assert {event["LogicalResourceId"] for event in events if event["ResourceStatus"] == "DELETE_SKIPPED"} == LEFT
    (message,) = bundle.emulator.client("sqs").receive_message(QueueUrl=dead_letters)["Messages"]
    assert message["Body"] == "an order"

    # Of the queues CloudFormation's names are new each time, too; the emulator's are not.
    again = bundle.deploy(name).outputs
    log_groups = {outputs[f"{kept}Name"] for kept in LEFT if kept.endswith("Group")}
    assert not log_groups & set(again.values())
    there = bundle.emulator.client("logs").describe_log_groups()["logGroups"]
    assert log_groups <= {group["logGroupName"] for group in there}
    stacks.delete_stack(StackName=name)
