"""What the roles may do: each only what its own function needs."""

from typing import Any

from stack import Properties, Stack, Template, code_folders, deploy, referred

LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
SENDING = {("sqs:SendMessage", "ResultsQueue"), ("sqs:SendMessage", "FailuresQueue")}
# What a function sends to its own queue: the remainder of an order, and an order whose sender does not wait.
TO_OWN_QUEUE = {"inactivate": ("sqs:SendMessage",)}
# The actions of a function on the items of its table.
TABLE_ACTIONS = {"inactivate": ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")}
TRACING = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}
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
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
# The place of credentials that a function may read, without the cloud. Secrets Manager puts six characters behind a name.
SECRET = f"arn:${{AWS::Partition}}:secretsmanager:{ACCOUNT}:secret:prefix/%s/%s-??????"
PARAMETER = f"arn:${{AWS::Partition}}:ssm:{ACCOUNT}:parameter/prefix/%s/%s"
# Whom a token may be for.
AUDIENCES = {"TencentCredentials": "sts.tencentcloudapi.com", "AlibabaCredentials": "sts.aliyuncs.com"}

Granted = set[tuple[str, str]]
NOTHING: dict[str, Granted] = {name: set() for name in IOT_ACTIONS}


def test_roles_reach_the_own_queue_table_and_log_group_only(template: Template) -> None:
    check_roles(template, deploy(template), NOTHING)


def test_roles_reach_certificates_of_aws_iot_where_asked_for(template: Template) -> None:
    assert template["Parameters"]["AwsIot"]["AllowedValues"] == ["no", "yes"]
    check_roles(template, deploy(template, AwsIot="yes"), IOT_ACTIONS)
    check_roles(template, deploy(template, AwsIot="no"), NOTHING)


def test_roles_read_the_own_credentials_only(template: Template) -> None:
    for way in AUDIENCES:
        for kind, action, place in (
            ("secret", "secretsmanager:GetSecretValue", SECRET),
            ("parameter", "ssm:GetParameter", PARAMETER),
        ):
            stack = deploy(template, CredentialsPrefix="prefix", **{way: kind})
            check_roles(template, stack, {name: {(action, place % (name, c)) for c in ("tencent", "alibaba")} for name in NOTHING})


def test_roles_get_short_tokens_for_the_clouds_asked_for(template: Template) -> None:
    """The clouds tell the functions apart by their roles, so nothing more is needed of a resource."""
    for ways in (("TencentCredentials",), ("AlibabaCredentials",), tuple(AUDIENCES)):
        stack = deploy(template, **dict.fromkeys(ways, "role"))
        check_roles(template, stack, {name: {("sts:GetWebIdentityToken", "*")} for name in NOTHING})
        expected = {
            "ForAnyValue:StringEquals": {"sts:IdentityTokenAudience": [AUDIENCES[way] for way in ways]},
            "NumericLessThanEquals": {"sts:DurationSeconds": 300},
        }
        for name, role in roles_of_functions(stack).items():
            conditions = [statement["Condition"] for statement in statements(role) if "Condition" in statement]
            assert conditions == [expected], name


def test_roles_write_traces_where_asked_for(template: Template) -> None:
    check_roles(template, deploy(template, Tracing="Active"), {name: TRACING for name in NOTHING})


def check_roles(template: Template, stack: Stack, more: dict[str, Granted]) -> None:
    """Each role holds exactly these actions beside those on its function's own queue, table and log group, and on what all send to."""
    roles, deployed = roles_of_functions(stack), stack.of_type("AWS::Lambda::Function")
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    folders = code_folders(template)
    queues = {referred(mapping["FunctionName"]): referred(mapping["EventSourceArn"]) for mapping in mappings}
    for name, function in deployed.items():
        role = roles[name]
        granted = {
            (action, resource)
            for statement in statements(role)
            for action in statement["Action"]
            for resource in resources_of(statement)
        }
        log_group = referred(function["LoggingConfig"]["LogGroup"])
        logging = {(action, log_group) for action in LOG_ACTIONS}
        own_queue = {(action, queues[name]) for action in (*QUEUE_ACTIONS, *TO_OWN_QUEUE.get(folders[name], ()))}
        table = referred(function["Environment"]["Variables"].get("IDEMPOTENCY_TABLE"))
        own_table = {(action, table) for action in TABLE_ACTIONS.get(folders[name], ())}
        assert granted == logging | own_queue | own_table | SENDING | more[folders[name]], name
        assert {statement["Effect"] for statement in statements(role)} == {"Allow"}, name
        assert "ManagedPolicyArns" not in role, name
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name


def roles_of_functions(stack: Stack) -> dict[str, Properties]:
    """The role of each function, of which there is no other."""
    roles = stack.of_type("AWS::IAM::Role")
    named = {name: referred(function["Role"]) for name, function in stack.of_type("AWS::Lambda::Function").items()}
    assert sorted(named.values()) == sorted(roles)
    return {name: roles[role] for name, role in named.items()}


def statements(role: Properties) -> list[dict[str, Any]]:
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def resources_of(statement: dict[str, Any]) -> list[str]:
    """The logical ids of the statement's resources, or the ARNs where they are written out."""
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [text["Fn::Sub"] if "Fn::Sub" in text else text if isinstance(text, str) else referred(text) for text in resources]
