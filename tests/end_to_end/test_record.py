"""What is left when the stack is deleted, and that its name can be used again."""

from bundle import Bundle
from deployment import settled

LEFT = {
    "ApiLogGroup",
    "DescribeLogGroup",
    "InactivateLogGroup",
    "StatusLogGroup",
    "DescribeDeadLetterQueue",
    "InactivateDeadLetterQueue",
    "StatusDeadLetterQueue",
    "FailuresQueue",
}


def test_the_record_stays_and_the_name_is_free_again(bundle: Bundle) -> None:
    stacks, name = bundle.emulator.client("cloudformation"), "deleted"
    outputs = bundle.deploy(name).outputs
    dead_letters = outputs["InactivateDeadLetterQueueUrl"]
    bundle.emulator.client("sqs").send_message(QueueUrl=dead_letters, MessageBody="an order")
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    stacks.delete_stack(StackName=name)
    assert settled(stacks, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    summaries = stacks.list_stack_resources(StackName=stack["StackId"])["StackResourceSummaries"]
    assert {one["LogicalResourceId"] for one in summaries if one["ResourceStatus"] == "DELETE_SKIPPED"} == LEFT

    again = bundle.deploy(name).outputs
    assert not {outputs[f"{kept}Name"] for kept in LEFT if kept.endswith("Group")} & set(again.values())
    groups = bundle.emulator.client("logs").describe_log_groups()["logGroups"]
    assert {outputs[f"{kept}Name"] for kept in LEFT if kept.endswith("Group")} <= {group["logGroupName"] for group in groups}
    assert again["InactivateDeadLetterQueueUrl"] != dead_letters
    (message,) = bundle.emulator.client("sqs").receive_message(QueueUrl=dead_letters)["Messages"]
    assert message["Body"] == "an order"
    stacks.delete_stack(StackName=name)
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    settled(stacks, stack["StackId"])
