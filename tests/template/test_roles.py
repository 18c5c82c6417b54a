"""Each role may do only what its own function needs."""

from typing import Any

from stack import Properties, Stack, Template, deploy, names, referred

LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
SENDING = {("sqs:SendMessage", "ResultsQueue"), ("sqs:SendMessage", "FailuresQueue")}
# Where a function sends orders: the remainder of one, and one whose sender does not wait.
ORDERS = {"inactivate": {("sqs:SendMessage", "InactivateQueue")}, "inactivate-webhook": {("sqs:SendMessage", "InactivateQueue")}}
# The actions of a function on the items of its table.
TABLE_ACTIONS = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
# Webhooks to describe and status read what the functions themselves read, with the same key. Their order to inactivate goes into the queue,
# and the function that puts it there can do nothing else.
OWNERS = {"describe-webhook": "describe", "status-webhook": "status"}
TRACING = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}
IOT_CERTIFICATES = "arn:${AWS::Partition}:iot:*:${AWS::AccountId}:cert/*"
IOT_CLIENTS = "arn:${AWS::Partition}:iot:*:${AWS::AccountId}:client/*"
IOT_LISTS = {
    ("iot:ListCertificates", "*"),
    ("iot:ListCertificatesByCA", "*"),
    ("iot:ListThingPrincipals", "*"),
    ("iot:ListPrincipalThings", "*"),
}
# The actions at AWS IoT that the role of each function allows where that is asked for.
IOT_ACTIONS = {
    "describe": {*IOT_LISTS, ("iot:DescribeCertificate", IOT_CERTIFICATES)},
    "inactivate": {
        *IOT_LISTS,
        ("iot:DescribeCertificate", IOT_CERTIFICATES),
        ("iot:UpdateCertificate", IOT_CERTIFICATES),
        ("iot:GetConnection", IOT_CLIENTS),
        ("iot:DeleteConnection", IOT_CLIENTS),
    },
    "status": {("iot:ListPrincipalThings", "*"), ("iot:DescribeCertificate", IOT_CERTIFICATES)},
}
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
# The place of credentials that a function may read, without the cloud. Secrets Manager puts six characters behind a name.
SECRET = f"arn:${{AWS::Partition}}:secretsmanager:{ACCOUNT}:secret:prefix/%s/%s-??????"
PARAMETER = f"arn:${{AWS::Partition}}:ssm:{ACCOUNT}:parameter/prefix/%s/%s"
# Whom a token may be for.
AUDIENCES = {"TencentCredentials": "sts.tencentcloudapi.com", "AlibabaCredentials": "sts.aliyuncs.com"}

Granted = set[tuple[str, str]]
FUNCTIONS = tuple(IOT_ACTIONS)
NOTHING: dict[str, Granted] = {name: set() for name in FUNCTIONS}


def test_roles_reach_the_own_queue_table_and_log_group_only(template: Template) -> None:
    for webhooks in ("no", "yes"):
        check_roles(deploy(template, Webhooks=webhooks), NOTHING)


def test_roles_reach_certificates_of_aws_iot_where_asked_for(template: Template) -> None:
    assert template["Parameters"]["AwsIot"]["AllowedValues"] == ["no", "yes"]
    check_roles(deploy(template, Webhooks="yes", AwsIot="yes"), IOT_ACTIONS)
    check_roles(deploy(template, Webhooks="yes", AwsIot="no"), NOTHING)
    # An order may ask for the end of sessions, whatever the default is.
    check_roles(deploy(template, Webhooks="yes", AwsIot="yes", EndSessions="yes"), IOT_ACTIONS)


def test_roles_read_the_own_credentials_only(template: Template) -> None:
    for way in AUDIENCES:
        for kind, action, place in (
            ("secret", "secretsmanager:GetSecretValue", SECRET),
            ("parameter", "ssm:GetParameter", PARAMETER),
        ):
            stack = deploy(template, Webhooks="yes", CredentialsPrefix="prefix", **{way: kind})
            check_roles(stack, {name: {(action, place % (name, c)) for c in ("tencent", "alibaba")} for name in FUNCTIONS})


def test_roles_get_short_tokens_for_the_clouds_asked_for(template: Template) -> None:
    """The clouds tell the functions apart by their roles, so nothing more is needed of a resource."""
    for ways in (("TencentCredentials",), ("AlibabaCredentials",), tuple(AUDIENCES)):
        stack = deploy(template, Webhooks="yes", **dict.fromkeys(ways, "role"))
        check_roles(stack, {name: {("sts:GetWebIdentityToken", "*")} for name in FUNCTIONS})
        expected = {
            "ForAnyValue:StringEquals": {"sts:IdentityTokenAudience": [AUDIENCES[way] for way in ways]},
            "NumericLessThanEquals": {"sts:DurationSeconds": 300},
        }
        for owner, (role, _) in roles_of_functions(stack).items():
            conditions = [statement["Condition"] for statement in statements(role) if "Condition" in statement]
            assert conditions == ([expected] if owner in FUNCTIONS else []), owner


def test_roles_write_traces_where_asked_for(template: Template) -> None:
    owners = (*FUNCTIONS, "inactivate-webhook")
    check_roles(deploy(template, Webhooks="yes", Tracing="Active"), {name: TRACING for name in owners})


def check_roles(stack: Stack, more: dict[str, Granted]) -> None:
    """Each role holds exactly these actions beside those on its functions' own queue, table and log groups, and on what all send to."""
    deployed = stack.of_type("AWS::Lambda::Function")
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    queues = {referred(mapping["FunctionName"]): referred(mapping["EventSourceArn"]) for mapping in mappings}
    for owner, (role, functions) in roles_of_functions(stack).items():
        granted = {
            (action, resource)
            for statement in statements(role)
            for action in statement["Action"]
            for resource in resources_of(statement)
        }
        groups = [referred(deployed[function]["LoggingConfig"]["LogGroup"]) for function in functions]
        expected = {(action, group) for action in LOG_ACTIONS for group in groups}
        expected |= {(action, queues[function]) for action in QUEUE_ACTIONS for function in functions if function in queues}
        expected |= ORDERS.get(owner, set()) | more.get(owner, set())
        # Every function sends its answers to messages, and has events sent that it gives up; the one that hands orders on takes neither.
        expected |= SENDING if owner in FUNCTIONS else set()
        tables = {referred(deployed[function]["Environment"]["Variables"].get("IDEMPOTENCY_TABLE")) for function in functions}
        assert tables == ({"IdempotencyTable"} if owner in ORDERS else {""}), owner
        expected |= {(action, table) for action in TABLE_ACTIONS for table in tables if table}
        assert granted == expected, owner
        assert {statement["Effect"] for statement in statements(role)} == {"Allow"}, owner
        assert "ManagedPolicyArns" not in role, owner
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, owner


def roles_of_functions(stack: Stack) -> dict[str, tuple[Properties, list[str]]]:
    """Each role with the functions that have it, by the name of the function that it is made for. There is no other role."""
    roles = stack.of_type("AWS::IAM::Role")
    found: dict[str, tuple[Properties, list[str]]] = {}
    for logical_id, name in names(stack).items():
        role = referred(stack.resources[logical_id]["Properties"].get("Role"))
        owner = OWNERS.get(name, name)
        assert role in roles, name
        _, functions = found.setdefault(owner, (roles[role], []))
        assert found[owner][0] is roles[role], f"{name} has not the role of {owner}"
        functions.append(logical_id)
    assert len(found) == len(roles) == len({id(role) for role, _ in found.values()})
    return found


def statements(role: Properties) -> list[dict[str, Any]]:
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def resources_of(statement: dict[str, Any]) -> list[str]:
    """The logical ids of the statement's resources, or the ARNs where they are written out."""
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [text["Fn::Sub"] if "Fn::Sub" in text else text if isinstance(text, str) else referred(text) for text in resources]
