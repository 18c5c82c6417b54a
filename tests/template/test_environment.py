"""Which settings each function gets, and how credentials reach them."""

import json
import re
import string
from typing import Any

from stack import ROOT, Template, deploy, names

# test_rate_limits.py checks these.
RATE_LIMITS = ("RESERVED_CONCURRENCY", "QUEUE_CONCURRENCY", "CALLS_PER_SECOND")

# The variables of every function when every text is given: each works with every provider.
COMMON = {
    "RESULTS_QUEUE_URL": {"Ref": "ResultsQueue"},
    "LOG_ANSWERS": "no",
    "TENCENTCLOUD_REGION": "value-of-TencentMqttRegion",
    "TENCENT_MQTT_ENDPOINT": "value-of-TencentMqttEndpoint",
    "ALIBABA_MQTT_ENDPOINT": "value-of-AlibabaMqttEndpoint",
    "ALIBABA_CAS_ENDPOINT": "value-of-AlibabaCasEndpoint",
    "TENCENT_STS_ENDPOINT": "value-of-TencentStsEndpoint",
    "ALIBABA_STS_ENDPOINT": "value-of-AlibabaStsEndpoint",
}
ENVIRONMENTS = {
    "describe": {
        "DEFAULT_PROVIDER": "tencent-mqtt",
        "ALIBABA_CLOUD_REGION_ID": "value-of-AlibabaMqttRegion",
        "SOURCES": "value-of-Sources",
        **COMMON,
    },
    "inactivate": {
        "DEFAULT_PROVIDER": "alibaba-mqtt",
        "ALIBABA_CLOUD_REGION_ID": "value-of-AlibabaMqttRegion",
        "ORDERS_QUEUE_URL": {"Ref": "InactivateQueue"},
        "IDEMPOTENCY_TABLE": {"Ref": "IdempotencyTable"},
        "DRY_RUNS_ONLY": "no",
        "INACTIVATE_ALLOWED_INSTANCES": "value-of-InactivateAllowedInstances",
        "INACTIVATE_MESSAGE_MAX_AGE_SECONDS": "value-of-InactivateMessageMaxAgeSeconds",
        "SOURCES": "value-of-Sources",
        "INACTIVATE_MAX_UNPLANNED": "value-of-MaxUnplanned",
        "INACTIVATE_PROTECTED": "value-of-ProtectedCertificates",
        "END_SESSIONS": "no",
        "AWS_ENDPOINT_URL_IOT_DATA_PLANE": "value-of-AwsIotDataEndpoint",
        "REACTIVATE_ALLOWED_INSTANCES": "value-of-ReactivateAllowedInstances",
        "RECEIPT_SECRETS": {"Fn::Sub": "{{resolve:secretsmanager:${ReceiptSecret}}}"},
        "UNDO_MAX_AGE_SECONDS": "value-of-UndoMaxAgeSeconds",
        **COMMON,
    },
    "status": {
        "DEFAULT_PROVIDER": "alibaba-pca",
        "ALIBABA_CLOUD_REGION_ID": "value-of-AlibabaPcaRegion",
        "SOURCES": "value-of-Sources",
        **COMMON,
    },
}
# The functions that take webhooks have the same, and the secrets in addition.
WEBHOOK_SECRETS = "{{resolve:secretsmanager:value-of-CredentialsPrefix/%s/webhook}}"
# Only the function that carries an order out reads these, and has the queue for answers: the other one checks orders, and hands them on.
CARRIES_OUT = {
    "RESULTS_QUEUE_URL",
    "INACTIVATE_PROTECTED",
    "END_SESSIONS",
    "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
    "REACTIVATE_ALLOWED_INSTANCES",
    "UNDO_MAX_AGE_SECONDS",
}
WEBHOOK_ENVIRONMENTS = {
    "describe-webhook": {**ENVIRONMENTS["describe"], "WEBHOOK_SECRETS": WEBHOOK_SECRETS % "describe"},
    "status-webhook": {**ENVIRONMENTS["status"], "WEBHOOK_SECRETS": WEBHOOK_SECRETS % "status"},
    "inactivate-webhook": {
        variable: value
        for variable, value in {**ENVIRONMENTS["inactivate"], "WEBHOOK_SECRETS": WEBHOOK_SECRETS % "inactivate"}.items()
        if variable not in CARRIES_OUT
    },
}
ALWAYS = (
    "DEFAULT_PROVIDER",
    "RESULTS_QUEUE_URL",
    "LOG_ANSWERS",
    "ORDERS_QUEUE_URL",
    "IDEMPOTENCY_TABLE",
    "DRY_RUNS_ONLY",
    "END_SESSIONS",
    "RECEIPT_SECRETS",
)
# The variables of a function may have 4 KB together, by Lambda's limit; so much is left for lists of sources and of protected certificates.
MOST_BYTES_OF_RATES = 1024
# The variables that a way to credentials adds; {function} is the function's name. Each function has its own, in the clouds' logs, too.
CREDENTIALS = {
    ("TencentCredentials", "secret"): {"TENCENTCLOUD_SECRETS_MANAGER_SECRET": "value-of-CredentialsPrefix/{function}/tencent"},
    ("TencentCredentials", "parameter"): {"TENCENTCLOUD_SSM_PARAMETER": "/value-of-CredentialsPrefix/{function}/tencent"},
    ("TencentCredentials", "role"): {
        "TENCENTCLOUD_ROLE_ARN": "value-of-TencentRoleArnPrefix{function}",
        "TENCENTCLOUD_ROLE_SESSION_NAME": "{function}",
        "TENCENTCLOUD_OIDC_PROVIDER_ID": "value-of-TencentOidcProviderId",
    },
    ("AlibabaCredentials", "secret"): {"ALIBABA_CLOUD_SECRETS_MANAGER_SECRET": "value-of-CredentialsPrefix/{function}/alibaba"},
    ("AlibabaCredentials", "parameter"): {"ALIBABA_CLOUD_SSM_PARAMETER": "/value-of-CredentialsPrefix/{function}/alibaba"},
    ("AlibabaCredentials", "role"): {
        "ALIBABA_CLOUD_ROLE_ARN": "value-of-AlibabaRoleArnPrefix{function}",
        "ALIBABA_CLOUD_ROLE_SESSION_NAME": "{function}",
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "value-of-AlibabaOidcProviderArn",
    },
}
WAYS = {"TencentCredentials", "AlibabaCredentials"}


def every_text(template: Template) -> dict[str, str]:
    """A value for each parameter that takes free text, from which the parameter can be told."""
    return {
        name: f"value-of-{name}"
        for name, declared in template["Parameters"].items()
        if declared["Type"] == "String" and "AllowedValues" not in declared and not name.endswith("CallsPerSecond")
    }


def providers_by_operation() -> dict[str, list[str]]:
    """The providers that offer each operation."""
    rows = re.findall(r'change (supported|unsupported), \{\s+name: "([a-z-]+)"', (ROOT / "shared/src/model/provider.rs").read_text())
    every = [name for _, name in rows]
    return {"describe": every, "inactivate": [name for change, name in rows if change == "supported"], "status": every}


def environments(template: Template, **parameters: str) -> dict[str, dict[str, Any]]:
    """The environment variables of each function but those of its rate limits, by the function's name."""
    stack = deploy(template, **parameters)
    functions = stack.of_type("AWS::Lambda::Function")
    return {
        name: {
            variable: value for variable, value in functions[logical_id]["Environment"]["Variables"].items() if variable not in RATE_LIMITS
        }
        for logical_id, name in names(stack).items()
    }


def test_environments_hold_what_each_function_needs(template: Template) -> None:
    assert environments(template, **every_text(template)) == ENVIRONMENTS


def test_webhook_functions_have_the_secrets_and_nobody_else(template: Template) -> None:
    assert environments(template, **every_text(template), Webhooks="yes") == ENVIRONMENTS | WEBHOOK_ENVIRONMENTS


def test_environments_are_bare_by_default(template: Template) -> None:
    bare = {name: {variable: full[variable] for variable in ALWAYS if variable in full} for name, full in ENVIRONMENTS.items()}
    assert environments(template) == bare


def test_each_parameter_alone_brings_its_own_variables(template: Template) -> None:
    for name, given in every_text(template).items():
        expected = {
            folder: {variable: value for variable, value in full.items() if variable in ALWAYS or value == given}
            for folder, full in ENVIRONMENTS.items()
        }
        assert environments(template, **{name: given}) == expected, name


def test_whole_answers_are_logged_where_that_is_asked_for(template: Template) -> None:
    assert template["Parameters"]["LogAnswers"]["AllowedValues"] == ["no", "yes"]
    for folder, variables in environments(template, LogAnswers="yes").items():
        assert variables["LOG_ANSWERS"] == "yes", folder


def test_the_default_provider_of_each_function_can_be_chosen(template: Template) -> None:
    able = providers_by_operation()
    for operation, providers in able.items():
        parameter = f"{operation.capitalize()}DefaultProvider"
        assert template["Parameters"][parameter]["AllowedValues"] == providers, operation
        for provider in providers:
            of_all = environments(template, Webhooks="yes", **{parameter: provider})
            expected = {name: full["DEFAULT_PROVIDER"] for name, full in (ENVIRONMENTS | WEBHOOK_ENVIRONMENTS).items()}
            expected |= {operation: provider, f"{operation}-webhook": provider}
            assert {name: variables["DEFAULT_PROVIDER"] for name, variables in of_all.items()} == expected, (operation, provider)


def test_a_stack_is_tried_out_with_dry_runs_where_that_is_asked_for(template: Template) -> None:
    assert template["Parameters"]["DryRunsOnly"]["AllowedValues"] == ["no", "yes"]
    for name, variables in environments(template, DryRunsOnly="yes", Webhooks="yes").items():
        expected = "yes" if name in ("inactivate", "inactivate-webhook") else None
        assert variables.get("DRY_RUNS_ONLY") == expected, name


def test_sessions_are_ended_by_default_where_that_is_asked_for(template: Template) -> None:
    assert template["Parameters"]["EndSessions"]["AllowedValues"] == ["no", "yes"]
    for name, variables in environments(template, EndSessions="yes", Webhooks="yes").items():
        assert variables.get("END_SESSIONS") == ("yes" if name == "inactivate" else None), name


def test_an_unplanned_selection_has_as_many_certificates_as_the_function_takes(template: Template) -> None:
    pattern = template["Parameters"]["MaxUnplanned"]["AllowedPattern"]
    for text in ("", "1", "10", "99", "100"):
        assert re.fullmatch(pattern, text), text
    for text in ("0", "01", "101", "1000", "-1", "1.5", "ten"):
        assert not re.fullmatch(pattern, text), text


def test_the_variables_leave_room_for_lists(template: Template) -> None:
    for name, function in deploy(template, Webhooks="yes").of_type("AWS::Lambda::Function").items():
        assert len(function["Environment"]["Variables"].get("CALLS_PER_SECOND", "")) <= MOST_BYTES_OF_RATES, name


def test_protected_certificates_that_lost_their_quotation_marks_are_refused(template: Template) -> None:
    pattern = template["Parameters"]["ProtectedCertificates"]["AllowedPattern"]
    filters = [{"client_ids": ["gateway-*"], "providers": ["tencent-mqtt"]}, {"serial_numbers": ["0b"]}]
    for text in ("", json.dumps(filters[1:]), json.dumps(filters, indent=2)):
        assert re.fullmatch(pattern, text), text
    for text in ("[]", "[{", "[{client_ids: [gateway-*]}]", json.dumps(filters[0]), json.dumps(filters)[:-1], "gateway-*"):
        assert not re.fullmatch(pattern, text), text


def test_the_secret_of_receipts_is_one_that_the_functions_take(template: Template) -> None:
    """It is one of at least 32 characters; commas would divide it, and the others would need care in a shell or in JSON."""
    (secret,) = deploy(template).of_type("AWS::SecretsManager::Secret").values()
    generated = secret.get("GenerateSecretString", {})
    assert generated.get("PasswordLength", 0) >= 48
    assert set(string.punctuation) == set(generated.get("ExcludeCharacters", ""))
    assert generated.keys() == {"PasswordLength", "ExcludeCharacters"}


def test_another_revision_changes_the_functions_that_have_the_secret(template: Template) -> None:
    """CloudFormation reads a secret anew only for a function of which something else changes."""
    def descriptions(revision: str) -> dict[str, Any]:
        functions = deploy(template, Webhooks="yes", ReceiptSecretRevision=revision).of_type("AWS::Lambda::Function")
        return {name: function["Description"] for name, function in functions.items()}

    before, after = descriptions("1"), descriptions("2")
    assert {name for name in before if before[name] != after[name]} == {"InactivateFunction", "InactivateWebhookFunction"}


def test_sources_that_lost_their_quotation_marks_are_refused(template: Template) -> None:
    pattern = template["Parameters"]["Sources"]["AllowedPattern"]
    sources = [
        {"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-1"},
        {"provider": "aws-iot"},
    ]
    for text in ("", json.dumps(sources[1:]), json.dumps(sources, indent=2)):
        assert re.fullmatch(pattern, text), text
    for text in ("[{", "[{provider: aws-iot}]", json.dumps(sources[0]), json.dumps(sources)[:-1], "aws-iot"):
        assert not re.fullmatch(pattern, text), text


def test_credentials_come_the_way_that_is_asked_for(template: Template) -> None:
    for way in WAYS:
        assert template["Parameters"][way]["AllowedValues"] == ["none", "secret", "parameter", "role"], way
    for (way, kind), added in CREDENTIALS.items():
        expected = {
            folder: full | {variable: value.replace("{function}", folder) for variable, value in added.items()}
            for folder, full in ENVIRONMENTS.items()
        }
        assert environments(template, **every_text(template), **{way: kind}) == expected, (way, kind)


def test_the_function_that_hands_orders_on_has_no_way_to_a_cloud(template: Template) -> None:
    for way in WAYS:
        for kind in ("secret", "parameter", "role"):
            of_all = environments(template, **every_text(template), Webhooks="yes", **{way: kind})
            assert of_all["inactivate-webhook"] == WEBHOOK_ENVIRONMENTS["inactivate-webhook"], (way, kind)
            for name in ("describe", "status"):
                expected = of_all[name] | {"WEBHOOK_SECRETS": WEBHOOK_SECRETS % name}
                assert of_all[f"{name}-webhook"] == expected, (way, kind)


def test_secrets_are_read_through_the_extension_where_it_is_given(template: Template) -> None:
    layer = "arn:aws:lambda:eu-west-1:015030872274:layer:AWS-Parameters-and-Secrets-Lambda-Extension-Arm64:1"
    for given, layers in (("", []), (layer, [layer])):
        stack = deploy(template, Webhooks="yes", SecretsExtensionLayer=given)
        for name, function in stack.of_type("AWS::Lambda::Function").items():
            # The function that hands orders on reads no secret.
            expected = None if name == "InactivateWebhookFunction" else layers
            assert function.get("Layers") == expected, name


def test_no_parameter_holds_a_secret(template: Template) -> None:
    for name in template["Parameters"]:
        holds_a_value = name.endswith(("Key", "KeyId", "SecretId", "Secret", "Token", "Password"))
        assert not holds_a_value, f"{name} asks for a secret's value; name the place where it is kept"
