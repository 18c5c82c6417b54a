"""The policies of policies/: what the functions call, nothing else, and never what cannot be undone."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from stack import ROOT
from test_rate_limits import ACTIONS, SESSIONS, UNDO

POLICIES = ROOT / "policies"
FUNCTIONS = ("describe", "inactivate", "status")
# The providers that a cloud's policy is about, and how docs/providers.md calls the cloud's permissions.
CLOUDS = {"tencent": (("tencent-mqtt",), "CAM"), "alibaba": (("alibaba-mqtt", "alibaba-pca"), "RAM"), "aws": (("aws-iot",), "IAM")}
SERVICES = {"tencent-mqtt": "mqtt", "alibaba-mqtt": "mq", "alibaba-pca": "yundun-cert", "aws-iot": "iot"}
# Permissions that do not have the name of an action.
OTHER_NAMES = {
    "mq:InactivateDeviceCertificate": "mq:UnregisterDeviceCertificate",
    "mq:QuerySessionByClientId": "mq:MqttInstanceAccess",
}
# Needed beside every other of a service.
BESIDE = {"mq": "mq:MqttInstanceAccess"}
# Actions that cannot be undone, or that concern all certificates of a CA.
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
    "aws": ["iot:DeleteCertificate", "iot:DeleteCACertificate", "iot:UpdateCACertificate", "iot:TransferCertificate", "iot:DeleteThing"],
}
# A policy beside that of inactivate adds these, and docs/providers.md begins this part of inactivate's permissions so.
PARTS = {"sessions": (SESSIONS, "for sessions "), "undo": (UNDO, "for undo ")}
# Of which no narrower resource can be named.
LISTS = ("yundun-cert:", "iot:List")

EACH = [(cloud, function) for cloud in CLOUDS for function in FUNCTIONS]
# At AWS IoT an undo needs the permission to inactivate, and no other.
EACH_PART = [(cloud, part) for cloud in CLOUDS for part in PARTS if (cloud, part) != ("aws", "undo")]
EACH_POLICY = [*EACH, *((cloud, f"inactivate-{part}") for cloud, part in EACH_PART)]


def statements(cloud: str, function: str) -> list[dict[str, Any]]:
    """The policy's statements; Tencent Cloud writes the names small."""
    policy = json.loads((POLICIES / cloud / f"{function}.json").read_text())
    policy = {name.lower(): value for name, value in policy.items()}
    return [{name.lower(): value for name, value in statement.items()} for statement in policy["statement"]]


def actions(cloud: str, function: str, effect: str) -> set[str]:
    chosen = [statement for statement in statements(cloud, function) if statement["effect"].lower() == effect]
    return {action for statement in chosen for action in statement["action"]}


def permissions(cloud: str, called: dict[str, list[str]]) -> set[str]:
    """The permissions that these actions of each provider need."""
    found = set()
    for provider in CLOUDS[cloud][0]:
        for action in called.get(provider, []):
            permission = f"{SERVICES[provider]}:{action}"
            found |= {OTHER_NAMES.get(permission, permission), BESIDE.get(SERVICES[provider], permission)}
    return found


def needed(cloud: str, function: str) -> set[str]:
    """By the actions that the functions call; those of sessions and of undo have policies of their own."""
    apart = {action for actions_of, _ in PARTS.values() for provider in CLOUDS[cloud][0] for action in actions_of.get(provider, [])}
    called = {provider: [action for action in all_of if action not in apart] for provider, all_of in ACTIONS[function].items()}
    return permissions(cloud, called)


def documented(cloud: str, function: str, part: str = "") -> set[str]:
    """By docs/providers.md, whose rows of permissions have a column for each function, with the parts behind semicolons."""
    rows = [line.split("|")[1:-1] for line in (ROOT / "docs/providers.md").read_text().splitlines() if line.startswith("| ")]
    cells = [row[1 + FUNCTIONS.index(function)] for row in rows if row[0].strip() == CLOUDS[cloud][1]]
    texts = [text.strip() for cell in cells for text in cell.split(";")]
    beginnings = tuple(beginning for _, beginning in PARTS.values())
    chosen = [text for text in texts if (text.startswith(part) if part else not text.startswith(beginnings))]
    return {permission for text in chosen for permission in re.findall(r"`([a-z-]+:\w+)`", text)}


@pytest.mark.parametrize(("cloud", "function"), EACH)
def test_policies_allow_what_is_called_and_documented(cloud: str, function: str) -> None:
    assert actions(cloud, function, "allow") == needed(cloud, function) == documented(cloud, function) != set()


@pytest.mark.parametrize(("cloud", "part"), EACH_PART)
def test_sessions_and_undo_have_policies_of_their_own(cloud: str, part: str) -> None:
    called, beginning = PARTS[part]
    allowed = actions(cloud, f"inactivate-{part}", "allow")
    assert allowed == permissions(cloud, called) == documented(cloud, "inactivate", beginning) != set()
    # The policy stands beside that of inactivate, whose denials must leave it its actions.
    assert not actions(cloud, f"inactivate-{part}", "deny")
    for action in allowed:
        assert not any(fnmatchcase(action, pattern) for pattern in actions(cloud, "inactivate", "deny")), action


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_policy_is_checked(cloud: str) -> None:
    checked = {function for of_cloud, function in EACH_POLICY if of_cloud == cloud}
    assert {path.stem for path in (POLICIES / cloud).glob("*.json")} - {"trust"} == checked


@pytest.mark.parametrize(("cloud", "function"), EACH)
def test_policies_deny_what_cannot_be_undone(cloud: str, function: str) -> None:
    denied = actions(cloud, function, "deny")
    for action in IRREVERSIBLE[cloud]:
        assert any(fnmatchcase(action, pattern) for pattern in denied), action
    for action in actions(cloud, function, "allow"):
        assert not any(fnmatchcase(action, pattern) for pattern in denied), action
    assert {pattern.partition(":")[0] for pattern in denied} == {SERVICES[provider] for provider in CLOUDS[cloud][0]}


@pytest.mark.parametrize(("cloud", "function"), EACH_POLICY)
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
