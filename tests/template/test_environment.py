"""Which settings each function gets, and how credentials reach them."""

from stack import Template, code_folders, deploy

TENCENT_CREDENTIALS = {
    name: f"{{{{resolve:secretsmanager:value-of-TencentSecret:SecretString:{name}}}}}"
    for name in ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY")
}
ALIBABA_CREDENTIALS = {
    name: f"{{{{resolve:secretsmanager:value-of-AlibabaSecret:SecretString:{name}}}}}"
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
}
# The environment of each function when every parameter is given.
ENVIRONMENTS = {
    "describe": {
        "DEFAULT_PROVIDER": "tencent-mqtt",
        "TENCENTCLOUD_REGION": "value-of-TencentMqttRegion",
        "TENCENT_MQTT_ENDPOINT": "value-of-TencentMqttEndpoint",
        **TENCENT_CREDENTIALS,
    },
    "inactivate": {
        "DEFAULT_PROVIDER": "alibaba-mqtt",
        "ALIBABA_CLOUD_REGION_ID": "value-of-AlibabaMqttRegion",
        "ALIBABA_MQTT_ENDPOINT": "value-of-AlibabaMqttEndpoint",
        "INACTIVATE_ALLOWED_INSTANCES": "value-of-InactivateAllowedInstances",
        **ALIBABA_CREDENTIALS,
    },
    "status": {
        "DEFAULT_PROVIDER": "alibaba-pca",
        "ALIBABA_CLOUD_REGION_ID": "value-of-AlibabaPcaRegion",
        "ALIBABA_CAS_ENDPOINT": "value-of-AlibabaCasEndpoint",
        **ALIBABA_CREDENTIALS,
    },
}


def every_text(template: Template) -> dict[str, str]:
    """A value for each parameter that takes free text, from which the parameter can be told."""
    return {
        name: f"value-of-{name}"
        for name, declared in template["Parameters"].items()
        if declared["Type"] == "String" and "AllowedValues" not in declared
    }


def environments(template: Template, **parameters: str) -> dict[str, dict[str, str]]:
    """The environment variables of each function, by the folder of its code."""
    functions = deploy(template, **parameters).of_type("AWS::Lambda::Function")
    return {folder: functions[name]["Environment"]["Variables"] for name, folder in code_folders(template).items()}


def test_environments_hold_what_each_function_needs(template: Template) -> None:
    assert environments(template, **every_text(template)) == ENVIRONMENTS


def test_environments_are_bare_by_default(template: Template) -> None:
    bare = {name: {"DEFAULT_PROVIDER": full["DEFAULT_PROVIDER"]} for name, full in ENVIRONMENTS.items()}
    assert environments(template) == bare


def test_each_cloud_is_deployed_without_the_other(template: Template) -> None:
    tencent = environments(template, TencentSecret="value-of-TencentSecret")
    alibaba = environments(template, AlibabaSecret="value-of-AlibabaSecret")
    assert tencent["describe"].items() >= TENCENT_CREDENTIALS.items()
    assert "value-of-TencentSecret" not in str([tencent["inactivate"], tencent["status"], alibaba])
    assert all(alibaba[name].items() >= ALIBABA_CREDENTIALS.items() for name in ("inactivate", "status"))
    assert "value-of-AlibabaSecret" not in str([alibaba["describe"], tencent])


def test_secrets_are_reached_by_reference_only(template: Template) -> None:
    for name, declared in template["Parameters"].items():
        holds_a_value = name.endswith(("Key", "KeyId", "SecretId", "Token", "Password"))
        assert not holds_a_value, f"{name} asks for a secret's value; ask for the secret's name"
        assert not name.endswith("Secret") or declared["Default"] == "", f"{name} has a default"
    text = str(deploy(template, **every_text(template)).resources)
    for name in ("TencentSecret", "AlibabaSecret"):
        everywhere = text.count(f"value-of-{name}")
        assert everywhere == text.count(f"{{{{resolve:secretsmanager:value-of-{name}:SecretString:") > 0, name
