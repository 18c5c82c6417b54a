"""What the functions run on, where they log, and what their roles may do."""

import tomllib
from typing import Any

from stack import ROOT, Stack, Template, code_folders, deploy, referred

HTTP_API_TIMEOUT = 30
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
IOT_CERTIFICATES = "arn:${AWS::Partition}:iot:*:${AWS::AccountId}:cert/*"
# What the role of each function may do at AWS IoT where that is asked for.
IOT_ACTIONS = {
    "describe": {
        ("iot:ListCertificates", "*"),
        ("iot:ListCertificatesByCA", "*"),
        ("iot:DescribeCertificate", IOT_CERTIFICATES),
    },
    "inactivate": {("iot:DescribeCertificate", IOT_CERTIFICATES), ("iot:UpdateCertificate", IOT_CERTIFICATES)},
    "status": {("iot:DescribeCertificate", IOT_CERTIFICATES)},
}
NO_IOT_ACTIONS: dict[str, set[tuple[str, str]]] = {name: set() for name in IOT_ACTIONS}


def test_functions_are_the_deployed_binaries(template: Template) -> None:
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
    packages = [tomllib.loads((ROOT / member / "Cargo.toml").read_text()) for member in workspace["default-members"]]
    assert sorted(code_folders(template).values()) == sorted(package["package"]["name"] for package in packages)
    for logical_id in code_folders(template):
        assert template["Resources"][logical_id]["Metadata"] == {"BuildMethod": "rust-cargolambda"}, logical_id


def test_functions_run_on_the_intended_platform(template: Template) -> None:
    expected = {"Runtime": "provided.al2023", "Architectures": ["arm64"], "MemorySize": 128, "Handler": "bootstrap"}
    for name, function in deploy(template).of_type("AWS::Lambda::Function").items():
        # Undeclared, the architecture would be that of the machine that builds.
        assert {key: function.get(key) for key in expected} == expected, name


def test_functions_answer_before_the_http_api_gives_up(template: Template) -> None:
    for name, function in deploy(template).of_type("AWS::Lambda::Function").items():
        assert 3 < function["Timeout"] < HTTP_API_TIMEOUT, name


def test_logs_go_to_groups_that_expire(template: Template) -> None:
    stack = deploy(template, LogLevel="DEBUG", LogRetentionDays=7)
    deployed, groups = stack.of_type("AWS::Lambda::Function"), stack.of_type("AWS::Logs::LogGroup")
    logging = {name: function.get("LoggingConfig", {}) for name, function in deployed.items()}
    assert sorted(referred(config.pop("LogGroup", None)) for config in logging.values()) == sorted(groups)
    for name, config in logging.items():
        assert config == {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}, name
    assert {group.get("RetentionInDays") for group in groups.values()} == {7}


def test_roles_reach_the_own_queue_and_log_group_only(template: Template) -> None:
    check_roles(template, deploy(template), NO_IOT_ACTIONS)


def test_roles_reach_certificates_of_aws_iot_where_asked_for(template: Template) -> None:
    assert template["Parameters"]["AwsIot"]["AllowedValues"] == ["no", "yes"]
    check_roles(template, deploy(template, AwsIot="yes"), IOT_ACTIONS)
    check_roles(template, deploy(template, AwsIot="no"), NO_IOT_ACTIONS)


def check_roles(template: Template, stack: Stack, iot_actions: dict[str, set[tuple[str, str]]]) -> None:
    """Each role holds exactly these actions beside those on its function's own queue and log group."""
    roles, deployed = stack.of_type("AWS::IAM::Role"), stack.of_type("AWS::Lambda::Function")
    assert sorted(referred(function["Role"]) for function in deployed.values()) == sorted(roles)
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    folders = code_folders(template)
    queues = {referred(mapping["FunctionName"]): referred(mapping["EventSourceArn"]) for mapping in mappings}
    for name, function in deployed.items():
        role = roles[referred(function["Role"])]
        granted = {
            (action, resource_of(statement))
            for policy in role["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in statement["Action"]
        }
        log_group = referred(function["LoggingConfig"]["LogGroup"])
        logging = {(action, log_group) for action in LOG_ACTIONS}
        receiving = {(action, queues[name]) for action in QUEUE_ACTIONS}
        assert granted == logging | receiving | iot_actions[folders[name]], name
        assert "ManagedPolicyArns" not in role, name
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name


def resource_of(statement: dict[str, Any]) -> str:
    """The logical id of the statement's resource, or the ARN where it is written out."""
    match statement["Resource"]:
        case {"Fn::Sub": str(arn)} | str(arn):
            return arn
        case resource:
            return referred(resource)
