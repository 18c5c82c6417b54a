"""The policies of policies/: what the functions call, nothing else, and never what cannot be undone."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from stack import ROOT
from test_rate_limits import ACTIONS

POLICIES = ROOT / "policies"
FUNCTIONS = ("describe", "inactivate", "status")
# The providers that a cloud's policy is about, and how docs/providers.md calls the cloud's permissions.
CLOUDS = {"tencent": (("tencent-mqtt",), "CAM"), "alibaba": (("alibaba-mqtt", "alibaba-pca"), "RAM"), "aws": (("aws-iot",), "IAM")}
SERVICES = {"tencent-mqtt": "mqtt", "alibaba-mqtt": "mq", "alibaba-pca": "yundun-cert", "aws-iot": "iot"}
# Permissions that do not have the name of an action.
OTHER_NAMES = {"mq:InactivateDeviceCertificate": "mq:UnregisterDeviceCertificate"}
# Needed beside every other of a service.
BESIDE = {"mq": "mq:MqttInstanceAccess"}
# What cannot be undone, or concerns all certificates of a CA.
IRREVERSIBLE = {
    "tencent": [
        "mqtt:DeleteDeviceCertificate",
        "mqtt:RevokedDeviceCertificate",
        "mqtt:DeleteCaCertificate",
        "mqtt:DeactivateCaCertificate",
    ],
    "alibaba": [
        "mq:DeleteDeviceCertificate",
        "mq:DeleteCaCertificate",
        "mq:InactivateCaCertificate",
        "yundun-cert:CreateRevokeClientCertificate",
        "yundun-cert:DeleteClientCertificate",
    ],
    "aws": ["iot:DeleteCertificate", "iot:DeleteCACertificate", "iot:UpdateCACertificate", "iot:TransferCertificate"],
}
# Of which no narrower resource can be named.
LISTS = ("yundun-cert:", "iot:List")

EACH = [(cloud, function) for cloud in CLOUDS for function in FUNCTIONS]


def statements(cloud: str, function: str) -> list[dict[str, Any]]:
    """The policy's statements; Tencent Cloud writes the names small."""
    policy = json.loads((POLICIES / cloud / f"{function}.json").read_text())
    policy = {name.lower(): value for name, value in policy.items()}
    return [{name.lower(): value for name, value in statement.items()} for statement in policy["statement"]]


def actions(cloud: str, function: str, effect: str) -> set[str]:
    chosen = [statement for statement in statements(cloud, function) if statement["effect"].lower() == effect]
    return {action for statement in chosen for action in statement["action"]}


def needed(cloud: str, function: str) -> set[str]:
    """By the actions that the functions call."""
    found = set()
    for provider in CLOUDS[cloud][0]:
        for action in ACTIONS[function].get(provider, []):
            permission = f"{SERVICES[provider]}:{action}"
            found |= {OTHER_NAMES.get(permission, permission), BESIDE.get(SERVICES[provider], permission)}
    return found


def documented(cloud: str, function: str) -> set[str]:
    """By docs/providers.md, whose rows of permissions have a column for each function."""
    rows = [line.split("|")[1:-1] for line in (ROOT / "docs/providers.md").read_text().splitlines() if line.startswith("| ")]
    cells = [row[1 + FUNCTIONS.index(function)] for row in rows if row[0].strip() == CLOUDS[cloud][1]]
    return {permission for cell in cells for permission in re.findall(r"`([a-z-]+:\w+)`", cell)}


@pytest.mark.parametrize(("cloud", "function"), EACH)
def test_policies_allow_what_is_called_and_documented(cloud: str, function: str) -> None:
    assert actions(cloud, function, "allow") == needed(cloud, function) == documented(cloud, function) != set()


@pytest.mark.parametrize(("cloud", "function"), EACH)
def test_policies_deny_what_cannot_be_undone(cloud: str, function: str) -> None:
    denied = actions(cloud, function, "deny")
    for action in IRREVERSIBLE[cloud]:
        assert any(fnmatchcase(action, pattern) for pattern in denied), action
    for action in actions(cloud, function, "allow"):
        assert not any(fnmatchcase(action, pattern) for pattern in denied), action
    assert {pattern.partition(":")[0] for pattern in denied} == {SERVICES[provider] for provider in CLOUDS[cloud][0]}


@pytest.mark.parametrize(("cloud", "function"), EACH)
def test_policies_name_instances_where_that_is_possible(cloud: str, function: str) -> None:
    for statement in statements(cloud, function):
        is_whole = statement["resource"] in ("*", ["*"])
        is_list = all(action.startswith(LISTS) for action in statement["action"])
        assert is_whole == (is_list or statement["effect"].lower() == "deny"), statement


@pytest.mark.parametrize("cloud", ["alibaba", "tencent"])
def test_roles_trust_one_role_of_aws(cloud: str) -> None:
    """A token's issuer stands for a whole account, and its audience for anyone in it."""
    (trust,) = statements(cloud, "trust")
    ((_, conditions),) = trust["condition"].items()
    assert {name: len(values) for name, values in conditions.items()} == {"oidc:iss": 1, "oidc:aud": 1, "oidc:sub": 1}
    assert re.fullmatch(r"arn:aws:iam::\d{12}:role/ROLE", conditions["oidc:sub"][0])
