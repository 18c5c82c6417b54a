"""The record stays when the stack is deleted, and its name can be used again."""

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
    "ReceiptSecret",
}


def test_the_record_stays_and_the_name_is_free_again(bundle: Bundle) -> None:
    stacks, name = bundle.emulator.client("cloudformation"), "deleted"
    before = resources(bundle)
    outputs = bundle.deploy(name).outputs
    dead_letters = outputs["InactivateDeadLetterQueueUrl"]
    bundle.emulator.client("sqs").send_message(QueueUrl=dead_letters, MessageBody="an order")
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    stacks.delete_stack(StackName=name)
    assert settled(stacks, stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    pages = stacks.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
    events = [event for page in pages for event in page["StackEvents"]]
    skipped = {event["LogicalResourceId"]: event["PhysicalResourceId"] for event in events if event["ResourceStatus"] == "DELETE_SKIPPED"}
    assert skipped.keys() == LEFT
    # The emulator has two names for itself.
    assert resources(bundle) - before == {kept.replace("//localhost:", "//127.0.0.1:") for kept in skipped.values()}
    (message,) = bundle.emulator.client("sqs").receive_message(QueueUrl=dead_letters)["Messages"]
    assert message["Body"] == "an order"

    # Of the queues CloudFormation's names are new each time, too; the emulator's are not.
    again = bundle.deploy(name).outputs
    log_groups = {outputs[f"{kept}Name"] for kept in LEFT if kept.endswith("Group")}
    assert not log_groups & set(again.values())
    assert log_groups <= log_groups_of(bundle)
    stacks.delete_stack(StackName=name)


def resources(bundle: Bundle) -> set[str]:
    """The resources of all stacks, as CloudFormation calls them."""
    of = bundle.emulator.client
    return {
        *of("sqs").list_queues()["QueueUrls"],
        *of("dynamodb").list_tables()["TableNames"],
        *(secret["Name"] for secret in of("secretsmanager").list_secrets(MaxResults=100)["SecretList"]),
        *log_groups_of(bundle),
        *(function["FunctionName"] for function in of("lambda").list_functions()["Functions"]),
        *(mapping["UUID"] for mapping in of("lambda").list_event_source_mappings()["EventSourceMappings"]),
        *(role["RoleName"] for role in of("iam").list_roles()["Roles"]),
        *(alarm["AlarmName"] for alarm in of("cloudwatch").describe_alarms()["MetricAlarms"]),
        *(api["ApiId"] for api in of("apigatewayv2").get_apis()["Items"]),
    }


def log_groups_of(bundle: Bundle) -> set[str]:
    """The names of all log groups, of which one answer has fifty at most."""
    pages = bundle.emulator.client("logs").get_paginator("describe_log_groups").paginate()
    return {group["logGroupName"] for page in pages for group in page["logGroups"]}
