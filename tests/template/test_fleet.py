"""The state machine of a fleet: what it may do, where its data is, and what it calls."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from stack import DEFINITION, ROOT, Properties, Stack, Template, deploy, referred

# The permission of each call, and the member of its arguments that names the resource.
CALLS = {
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "aws-sdk:s3:getObject": ("s3:GetObject", "Bucket"),
    "aws-sdk:s3:putObject": ("s3:PutObject", "Bucket"),
    "sns:publish": ("sns:Publish", "TopicArn"),
    "sns:publish.waitForTaskToken": ("sns:Publish", "TopicArn"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
}
MACHINE = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:%s:${AWS::StackName}-fleet"
# Of its own executions and those of its distributed maps.
EXECUTIONS = (MACHINE % "execution" + ":*", MACHINE % "execution" + "/*")
# The rights that a distributed map needs, and one without which S3 calls a missing object forbidden.
BESIDE = {
    ("states:StartExecution", MACHINE % "stateMachine"),
    *((f"states:{action}", one) for action in ("DescribeExecution", "StopExecution", "RedriveExecution") for one in EXECUTIONS),
    ("s3:ListBucket", "FleetBucket"),
}
# By the documentation of logging, with no narrower resource: these two, Get, Update and Delete.
LOGGING = {
    (f"logs:{action}", "*")
    for action in (
        "CreateLogDelivery",
        "GetLogDelivery",
        "UpdateLogDelivery",
        "DeleteLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "DescribeResourcePolicies",
        "DescribeLogGroups",
    )
}
# Errors of Lambda and of Step Functions itself; all others are codes of the function.
PLATFORM = re.compile(r"^(Lambda|S3|SQS|SNS|States|Runtime|Sandbox)\.")
# Error codes that concern every page, or that another attempt does not change.
FOR_A_PERSON = {"invalid_request", "unauthenticated", "forbidden", "not_found", "unsupported", "provider_rejected", "idempotency_mismatch"}

State = dict[str, Any]


@pytest.fixture
def definition() -> State:
    return yaml.safe_load(DEFINITION.read_text())


def states(machine: State) -> Iterator[tuple[str, State]]:
    """Every state, with those of the maps."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def machines(machine: State) -> Iterator[State]:
    """The state machine and the ones of its maps."""
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from machines(state["ItemProcessor"])


def onward(state: State) -> set[str]:
    """The states that may follow a state."""
    branches = [*state.get("Choices", []), *state.get("Catch", [])]
    return {way for way in (state.get("Next"), state.get("Default"), *(one["Next"] for one in branches)) if way}


def texts(node: Any) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from texts(child)


def names(state: State, field: str) -> set[str]:
    """The errors that a state tries again or catches."""
    return {error for one in state.get(field, []) for error in one["ErrorEquals"]}


def fleet(template: Template, **parameters: str | int) -> Stack:
    return deploy(template, Fleet="yes", **parameters)


def granted(policies: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """The actions of policies, each with its resource: a logical id, or an ARN where it is written out."""
    found = set()
    for statement in (statement for policy in policies for statement in policy["Statement"]):
        assert statement["Effect"] == "Allow" and "Condition" not in statement, statement
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        found |= {(action, name_of(resource)) for action in statement["Action"] for resource in resources}
    return found


def name_of(resource: Any) -> str:
    text = resource["Fn::Sub"] if isinstance(resource, dict) and "Fn::Sub" in resource else resource
    if isinstance(text, str):
        return re.sub(r"^\$\{(\w+)\.Arn\}", r"\1", text)
    return referred(resource)


def test_there_is_no_state_machine_unless_asked_for(template: Template) -> None:
    assert template["Parameters"]["Fleet"] | {"Description": ""} == {
        "Type": "String",
        "Default": "no",
        "AllowedValues": ["no", "yes"],
        "Description": "",
    }
    plain, whole = deploy(template), fleet(template)
    for more, less in ((whole.resources, plain.resources), (whole.outputs, plain.outputs)):
        assert {name for name in more if name not in less} == {name for name in more if name.startswith("Fleet")}
    assert "FleetStateMachine" in whole.resources and not any(name.startswith("Fleet") for name in plain.resources)


def test_the_role_may_do_what_the_states_do_and_nothing_else(template: Template) -> None:
    stack = fleet(template)
    role = stack.resources["FleetRole"]["Properties"]
    machine = stack.resources["FleetStateMachine"]["Properties"]
    assert referred(machine["RoleArn"]) == "FleetRole" and "ManagedPolicyArns" not in role
    substituted = {f"${{{name}}}": referred(value) for name, value in machine["DefinitionSubstitutions"].items()}
    needed = set()
    for _, state in states(yaml.safe_load(DEFINITION.read_text())):
        if state["Type"] == "Task":
            action, member = CALLS[state["Resource"].removeprefix("arn:${Partition}:states:::")]
            resource = substituted[state["Arguments"][member]]
            needed.add((action, f"{resource}/*" if action.startswith("s3:") else resource))
    assert {resource for action, resource in needed if action == "lambda:InvokeFunction"} == {"InactivateFunction"}
    assert granted([policy["PolicyDocument"] for policy in role["Policies"]]) == needed | BESIDE | LOGGING
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert machine["StateMachineName"] == {"Fn::Sub": "${AWS::StackName}-fleet"} and machine["StateMachineType"] == "STANDARD"


def test_an_execution_ends_with_the_orders_of_its_plan(definition: State) -> None:
    assert definition["TimeoutSeconds"] == 14 * 24 * 60 * 60


def test_who_runs_a_fleet_does_not_approve_it(template: Template) -> None:
    policies = {name: granted([one["PolicyDocument"]]) for name, one in fleet(template).of_type("AWS::IAM::ManagedPolicy").items()}
    bucket, machine = "FleetBucket", "FleetStateMachine"
    approver, operator = policies.pop("FleetApproverPolicy"), policies.pop("FleetOperatorPolicy")
    assert policies == {}
    assert approver == {
        ("states:SendTaskSuccess", machine),
        ("states:SendTaskFailure", machine),
        ("s3:GetObject", f"{bucket}/*/plan.json"),
        ("s3:GetObject", f"{bucket}/*/plan/*"),
    }
    of_executions = ("DescribeExecution", "GetExecutionHistory", "ListMapRuns", "StopExecution", "RedriveExecution")
    assert operator == {
        *((f"states:{action}", machine) for action in ("StartExecution", "ListExecutions", "DescribeStateMachine")),
        *((f"states:{action}", one) for action in of_executions for one in EXECUTIONS),
        *((f"states:{action}", MACHINE % "mapRun" + "/*") for action in ("DescribeMapRun", "ListExecutions")),
        ("s3:ListBucket", bucket),
        ("s3:GetObject", f"{bucket}/*"),
        ("cloudformation:DescribeStacks", "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AWS::StackName}/*"),
    }


def test_the_policies_allow_the_commands_of_the_document(template: Template) -> None:
    policies = fleet(template).of_type("AWS::IAM::ManagedPolicy").values()
    allowed = {action for one in policies for action, _ in granted([one["PolicyDocument"]])}
    document = (ROOT / "docs/fleet.md").read_text()
    named = set(re.findall(r"aws stepfunctions ([a-z-]+)|`(list-[a-z-]+) ", document))
    commands = {command for pair in named for command in pair if command}
    assert {"start-execution", "send-task-success", "redrive-execution", "list-map-runs", "list-executions"} <= commands
    needed = {"states:" + "".join(part.capitalize() for part in command.split("-")) for command in commands}
    # The document says who may do this.
    assert needed - allowed == {"states:UpdateMapRun"} and "needs `states:UpdateMapRun`, which neither policy has" in document


def test_the_bucket_is_private_encrypted_versioned_and_expires(template: Template) -> None:
    ((name, bucket),) = fleet(template, FleetRetentionDays=30).of_type("AWS::S3::Bucket").items()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True} and len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    ((rule,),) = bucket["BucketEncryption"].values()
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (expiry,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (expiry["Status"], expiry["ExpirationInDays"], expiry["NoncurrentVersionExpiration"]) == ("Enabled", 30, {"NoncurrentDays": 30})
    assert expiry["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1} and "Prefix" not in expiry
    # An undo needs the receipts, and an execution can be redriven for 14 days.
    assert template["Parameters"]["FleetRetentionDays"]["MinValue"] > 14
    assert template["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_only_the_state_machine_writes_into_the_bucket_and_nobody_without_tls(template: Template) -> None:
    (policy,) = fleet(template).of_type("AWS::S3::BucketPolicy").values()
    assert referred(policy["Bucket"]) == "FleetBucket"
    tls, writes = policy["PolicyDocument"]["Statement"]
    assert [(one["Effect"], one["Principal"]) for one in (tls, writes)] == [("Deny", "*")] * 2
    assert (tls["Action"], tls["Condition"]) == ("s3:*", {"Bool": {"aws:SecureTransport": "false"}})
    assert [name_of(one) for one in tls["Resource"]] == ["FleetBucket", "FleetBucket/*"]
    assert writes["Action"] == ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert name_of(writes["Resource"]) == "FleetBucket/*"
    assert referred(writes["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == "FleetRole" and len(writes["Condition"]) == 1


def test_the_topic_is_encrypted_and_takes_nothing_without_tls(template: Template) -> None:
    stack = fleet(template)
    assert stack.of_type("AWS::SNS::Topic") == {"FleetTopic": {"KmsMasterKeyId": "alias/aws/sns"}}
    (policy,) = stack.of_type("AWS::SNS::TopicPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert [referred(topic) for topic in policy["Topics"]] == ["FleetTopic"] == [referred(statement["Resource"])]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sns:Publish")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_log_has_errors_without_the_data(template: Template) -> None:
    stack = fleet(template, LogRetentionDays=7)
    logging = stack.resources["FleetStateMachine"]["Properties"]["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    (destination,) = logging["Destinations"]
    assert referred(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]) == "FleetLogGroup"
    group = stack.resources["FleetLogGroup"]["Properties"]
    assert group["RetentionInDays"] == 7 and group["LogGroupName"]["Fn::Sub"][0].startswith("/aws/vendedlogs/")


def test_a_fleet_leaves_callers_over_http_an_instance(template: Template) -> None:
    default = {name: declared.get("Default") for name, declared in template["Parameters"].items()}
    assert default["FleetConcurrency"] < default["InactivateConcurrency"] - default["InactivateQueueConcurrency"]
    most = {name: declared.get("MaxValue") for name, declared in template["Parameters"].items()}
    assert most["FleetConcurrency"] <= most["InactivateConcurrency"] - 2
    assert "InactivateConcurrency - InactivateQueueConcurrency" in template["Parameters"]["FleetConcurrency"]["Description"]


def test_a_plan_is_refused_before_its_orders_end(template: Template) -> None:
    """They can be carried out for 14 days, in which they have to be carried out, too."""
    assert template["Parameters"]["FleetApprovalSeconds"]["MaxValue"] <= 12 * 24 * 60 * 60
    assert template["Parameters"]["FleetUnapprovedCertificates"]["Default"] == 0


def test_ends_of_executions_that_nobody_wanted_raise_alarms(template: Template) -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:alarms"
    every = fleet(template, AlarmTopic=topic).of_type("AWS::CloudWatch::Alarm")
    alarms = {name: alarm for name, alarm in every.items() if name.startswith("Fleet")}
    assert {alarm["MetricName"] for alarm in alarms.values()} == {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}
    for name, alarm in alarms.items():
        (dimension,) = alarm["Dimensions"]
        watched = (dimension["Name"], referred(dimension["Value"]))
        assert (alarm["Namespace"], *watched) == ("AWS/States", "StateMachineArn", "FleetStateMachine")
        assert (alarm["Statistic"], alarm["Threshold"], alarm["AlarmActions"]) == ("Sum", 0, [topic]), name


def test_each_alarm_has_an_answer_in_the_documents(template: Template) -> None:
    documented = (ROOT / "docs/operations.md").read_text()
    for name in fleet(template).of_type("AWS::CloudWatch::Alarm"):
        assert not name.startswith("Fleet") or f"| `{name}` |" in documented, name


def test_the_definition_gets_every_value_that_it_asks_for(template: Template) -> None:
    machine: Properties = fleet(template).resources["FleetStateMachine"]["Properties"]
    asked = set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text()))
    assert asked == machine["DefinitionSubstitutions"].keys()
    assert template["Resources"]["FleetStateMachine"]["Properties"]["DefinitionUri"] == DEFINITION.name


def test_every_state_is_reached_and_every_way_leads_to_a_state(definition: State) -> None:
    for machine in machines(definition):
        ways = {machine["StartAt"]}
        for name, state in machine["States"].items():
            ways |= onward(state)
            ends = state.get("End") or state["Type"] in ("Succeed", "Fail")
            assert bool(ends) != ("Next" in state or state["Type"] == "Choice"), name
        assert ways == machine["States"].keys()
    named = [name for name, _ in states(definition)]
    assert len(named) == len(set(named))


def test_a_child_of_a_distributed_map_sees_its_own_variables_only(definition: State) -> None:
    """AWS gives it no others, and its own are not there before they are assigned."""
    for machine in machines(definition):
        assigned = assigned_by(machine)
        for name, state in machine["States"].items():
            own = {key: value for key, value in state.items() if key != "ItemProcessor"}
            expressions = " ".join(text for text in texts(own) if text.startswith("{%"))
            parameters = " ".join(re.findall(r"function\(([^)]*)\)", expressions))
            bound = set(re.findall(r"\$(\w+) :=", expressions)) | set(re.findall(r"\$(\w+)", parameters))
            used = set(re.findall(r"\$(\w+)(?![\w(])", expressions)) - bound - {"states"}
            assert used <= assigned, (name, used - assigned)


def test_a_child_names_its_variables_otherwise(definition: State) -> None:
    """AWS forbids an inner scope a name of the outer one; here nobody has to know for which maps."""
    outer, *inner = (assigned_by(machine) for machine in machines(definition))
    assert all(not outer & names for names in inner)


def assigned_by(machine: State) -> set[str]:
    assigning = [one for state in machine["States"].values() for one in [state, *state.get("Catch", [])]]
    return {name for one in assigning for name in one.get("Assign", {})}


def test_the_language_of_each_state_is_the_one_its_fields_are_of(definition: State) -> None:
    assert "QueryLanguage" not in definition
    for name, state in states(definition):
        distributed = state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
        plain = distributed or (state["Type"] == "Fail" and "{%" not in json.dumps(state))
        assert state.get("QueryLanguage") == (None if plain else "JSONata"), name
        assert plain or not {"Parameters", "ItemsPath", "ResultPath", "InputPath", "OutputPath", "ResultSelector"} & state.keys(), name
        for text in texts({key: value for key, value in state.items() if key != "ItemProcessor"}):
            assert text.startswith("{%") == text.endswith("%}") and text.count("{%") <= 1, (name, text)


def test_errors_are_tried_again_or_caught_by_names_that_exist(definition: State) -> None:
    codes = set(re.findall(r'\(\s*"([a-z_]+)",', (ROOT / "shared/src/error/code.rs").read_text()))
    for name, state in states(definition):
        named = names(state, "Retry") | names(state, "Catch")
        own = {error for error in named if not PLATFORM.match(error)} - {"Refused"}
        assert own <= codes, (name, own - codes)
        assert not named & (FOR_A_PERSON | {"States.ALL", "States.TaskFailed"}), name
        for retry in state.get("Retry", []):
            assert retry["JitterStrategy"] == "FULL" and retry["MaxAttempts"] <= 12, name
        if state["Type"] == "Task" and "waitForTaskToken" not in state["Resource"]:
            assert state.get("Retry"), f"{name} gives up at once"
    # A page whose attempts are used up is told in the report; everything else that happens to an order is for a person.
    (order,) = (state for name, state in states(definition) if name == "CarryOut")
    assert names(order, "Catch") == names(order, "Retry") and "conflict" in names(order, "Catch")
    assert names(definition["States"]["Approval"], "Catch") == {"States.Timeout", "Refused"}


def test_only_inputs_plans_and_refusals_end_for_good(definition: State) -> None:
    """A redrive begins at the state that failed: one that is a Fail state fails again, so no child has any."""
    assert {name for name, state in definition["States"].items() if state["Type"] == "Fail"} == {
        "InvalidInput",
        "NothingToUndo",
        "NothingSelected",
        "PlanTooLarge",
        "NotApproved",
    }
    for name, state in definition["States"].items():
        for inner, child in states(state.get("ItemProcessor", {"States": {}})):
            assert child["Type"] != "Fail", (name, inner)
        assert "ToleratedFailurePercentage" not in state and "ToleratedFailureCount" not in state, name


def test_nothing_is_written_before_the_approval_but_the_plan(definition: State) -> None:
    """The function is told to change nothing by every state before the consent."""
    for name, state in states(definition):
        if state["Type"] == "Task" and state["Resource"].endswith("lambda:invoke"):
            payload = json.dumps(state["Arguments"]["Payload"])
            assert ("'dry_run': true" in payload) == (name != "CarryOut"), name
    ways = {name: onward(state) for name, state in definition["States"].items()}
    assert {name for name, way in ways.items() if "PrepareOrders" in way} == {"NeedsApproval", "CheckApproval"}
    assert {name for name, way in ways.items() if "Orders" in way} == {"PrepareOrders"}
    (small,) = definition["States"]["NeedsApproval"]["Choices"]
    (same,) = definition["States"]["CheckApproval"]["Choices"]
    assert small["Condition"] == "{% $plan.certificates <= $number('${UnapprovedCertificates}') %}"
    assert same["Condition"] == "{% $states.input.plan = $plan.digest %}"
