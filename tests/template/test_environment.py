"""Which settings each function gets, and how credentials reach them."""

import json
import re

from stack import Template, code_folders, deploy

# They are the matter of test_pace.py.
PACE = ("RESERVED_CONCURRENCY", "CALLS_PER_SECOND")

TENCENT_CREDENTIALS = {
    name: f"{{{{resolve:secretsmanager:value-of-TencentSecret:SecretString:{name}}}}}"
    for name in ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY")
}
ALIBABA_CREDENTIALS = {
    name: f"{{{{resolve:secretsmanager:value-of-AlibabaSecret:SecretString:{name}}}}}"
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
}
WEBHOOK_SECRETS = {"WEBHOOK_SECRETS": "{{resolve:secretsmanager:value-of-WebhookSecret:SecretString:WEBHOOK_SECRETS}}"}
# What every function has when every parameter is given: each works with every provider.
COMMON = {
    "TENCENTCLOUD_REGION": "value-of-TencentMqttRegion",
    "TENCENT_MQTT_ENDPOINT": "value-of-TencentMqttEndpoint",
    "ALIBABA_MQTT_ENDPOINT": "value-of-AlibabaMqttEndpoint",
    "ALIBABA_CAS_ENDPOINT": "value-of-AlibabaCasEndpoint",
    **TENCENT_CREDENTIALS,
    **ALIBABA_CREDENTIALS,
    **WEBHOOK_SECRETS,
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
        "INACTIVATE_ALLOWED_INSTANCES": "value-of-InactivateAllowedInstances",
        "INACTIVATE_MESSAGE_MAX_AGE_SECONDS": "value-of-InactivateMessageMaxAgeSeconds",
        **COMMON,
    },
    "status": {
        "DEFAULT_PROVIDER": "alibaba-pca",
        "ALIBABA_CLOUD_REGION_ID": "value-of-AlibabaPcaRegion",
        "SOURCES": "value-of-Sources",
        **COMMON,
    },
}


def every_text(template: Template) -> dict[str, str]:
    """A value for each parameter that takes free text, from which the parameter can be told."""
    return {
        name: f"value-of-{name}"
        for name, declared in template["Parameters"].items()
        if declared["Type"] == "String" and "AllowedValues" not in declared and not name.endswith("CallsPerSecond")
    }


def environments(template: Template, **parameters: str) -> dict[str, dict[str, str]]:
    """The environment variables of each function but those of its pace, by the folder of its code."""
    functions = deploy(template, **parameters).of_type("AWS::Lambda::Function")
    return {
        folder: {
            variable: value
            for variable, value in functions[name]["Environment"]["Variables"].items()
            if variable not in PACE
        }
        for name, folder in code_folders(template).items()
    }


def test_environments_hold_what_each_function_needs(template: Template) -> None:
    assert environments(template, **every_text(template)) == ENVIRONMENTS


def test_environments_are_bare_by_default(template: Template) -> None:
    bare = {name: {"DEFAULT_PROVIDER": full["DEFAULT_PROVIDER"]} for name, full in ENVIRONMENTS.items()}
    assert environments(template) == bare


def test_each_parameter_alone_brings_its_own_variables(template: Template) -> None:
    """Above all, each cloud is deployed without the other."""
    for name, given in every_text(template).items():
        expected = {
            folder: {
                variable: value
                for variable, value in full.items()
                if variable == "DEFAULT_PROVIDER" or re.search(rf"\b{given}\b", value)
            }
            for folder, full in ENVIRONMENTS.items()
        }
        assert environments(template, **{name: given}) == expected, name


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


def test_secrets_are_reached_by_reference_only(template: Template) -> None:
    for name, declared in template["Parameters"].items():
        holds_a_value = name.endswith(("Key", "KeyId", "SecretId", "Token", "Password"))
        assert not holds_a_value, f"{name} asks for a secret's value; ask for the secret's name"
        assert not name.endswith("Secret") or declared["Default"] == "", f"{name} has a default"
    text = str(deploy(template, **every_text(template)).resources)
    for name in ("TencentSecret", "AlibabaSecret", "WebhookSecret"):
        everywhere = text.count(f"value-of-{name}")
        assert everywhere == text.count(f"{{{{resolve:secretsmanager:value-of-{name}:SecretString:") > 0, name
