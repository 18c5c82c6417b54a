"""The access log of the API, and the resources that are left when the stack is deleted."""

import json
import re
from typing import Any

from stack import Stack, Template, deploy, referred

# The members of an access log's line, from AWS's list of $context variables for the access logs of HTTP APIs.
ACCESS_LOG = {
    "user_agent": "identity.userAgent",
    "authorizer_error": "authorizer.error",
    "error": "error.message",
    "integration_error": "integration.error",
    "token_subject": "authorizer.claims.sub",
    "token_client": "authorizer.claims.client_id",
    "iam_user": "identity.userArn",
    "source_ip": "identity.sourceIp",
    "time": "requestTime",
    "request_id": "requestId",
    "function_request_id": "integration.requestId",
    "route": "routeKey",
    "status": "status",
    "latency_ms": "responseLatency",
    "integration_latency_ms": "integration.latency",
}
# Dead letters, and events that a function has given up.
LAST_QUEUES = {"DescribeDeadLetterQueue", "InactivateDeadLetterQueue", "StatusDeadLetterQueue", "FailuresQueue"}


def test_each_request_leaves_a_line_of_json(template: Template) -> None:
    (stage,) = deploy(template).of_type("AWS::ApiGatewayV2::Stage").values()
    settings = stage.get("AccessLogSettings", {})
    assert referred(settings.get("DestinationArn")) == "ApiLogGroup"
    # AWS takes one line only.
    assert re.fullmatch(r"\{.*\}", settings["Format"]), settings["Format"]
    assert json.loads(settings["Format"]) == {name: f"$context.{variable}" for name, variable in ACCESS_LOG.items()}


def test_a_user_agent_cannot_take_the_place_of_another_member(template: Template) -> None:
    """The members behind it count, whatever quotation marks it holds."""
    (stage,) = deploy(template).of_type("AWS::ApiGatewayV2::Stage").values()
    assert next(iter(json.loads(stage["AccessLogSettings"]["Format"]))) == "user_agent"


def test_the_record_survives_the_stack(template: Template) -> None:
    stack = deploy(template, Webhooks="yes")
    kept = {name: resource for name, resource in stack.resources.items() if "DeletionPolicy" in resource}
    assert kept.keys() == record_of(stack)
    for name, resource in kept.items():
        policies = (resource["DeletionPolicy"], resource.get("UpdateReplacePolicy"))
        # A stack whose creation fails leaves nothing, because nothing has happened in it; but a protected table cannot be deleted.
        is_protected = resource["Properties"].get("DeletionProtectionEnabled", False)
        assert policies == ("Retain" if is_protected else "RetainExceptOnCreate", "Retain"), name


def record_of(stack: Stack) -> set[str]:
    kinds = ("AWS::Logs::LogGroup", "AWS::DynamoDB::Table", "AWS::SecretsManager::Secret")
    return LAST_QUEUES.union(*(stack.of_type(kind) for kind in kinds))


def test_a_stack_can_be_deployed_again_under_its_name(template: Template) -> None:
    """CloudFormation does not take over what another stack left: the names of the kept must be new each time."""
    for name, resource in deploy(template, Webhooks="yes").resources.items():
        if "DeletionPolicy" in resource:
            fixed = [text for key, text in resource["Properties"].items() if key.endswith("Name")]
            assert all(is_new_for_each_stack(text) for text in fixed), name


def is_new_for_each_stack(name: Any) -> bool:
    match name:
        case {"Fn::Sub": [str(text), {"Creation": {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}}]}:
            return "${Creation}" in text
    return False


def test_aws_may_write_the_access_log(template: Template) -> None:
    (name,) = deploy(template, Webhooks="yes").of_type("AWS::Logs::LogGroup")["ApiLogGroup"]["LogGroupName"].values()
    assert re.match("/aws/vendedlogs/", name[0]), name


def test_the_outputs_name_the_record(template: Template) -> None:
    stack = deploy(template, Webhooks="yes")
    named = {referred(value) for value in stack.outputs.values()}
    assert record_of(stack) <= named
