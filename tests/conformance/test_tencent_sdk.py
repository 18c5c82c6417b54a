"""Tencent Cloud's official SDK lists and switches device certificates at the simulator and gets the vendor's errors."""

import dataclasses
import json
import random
import time
from collections.abc import Callable

import pytest
import sdk_clock
from simulator import Credentials, Simulator
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mqtt.v20240516 import models
from tencentcloud.mqtt.v20240516.mqtt_client import MqttClient

VENDOR = "tencent-mqtt"
INSTANCE = "mqtt-qgzaawn9"
REGION = "ap-guangzhou"
DAY_MILLISECONDS = 86_400_000

Fleet = list[dict]

# The SDK only warns when an answer holds members that it does not know.
pytestmark = pytest.mark.filterwarnings("error:.*are useless")


@pytest.fixture
def fleet(simulator: Simulator) -> Fleet:
    """The certificates of the instance, as the control listener tells them."""
    return simulator.certificates(VENDOR, INSTANCE)


@pytest.fixture
def client(simulator: Simulator) -> MqttClient:
    return client_with(simulator, simulator.credentials(VENDOR))


def client_with(simulator: Simulator, credentials: Credentials, **settings: str) -> MqttClient:
    """The SDK's client for the simulator."""
    credential = Credential(credentials.id, credentials.secret, credentials.token)
    http = HttpProfile(protocol="http", endpoint=simulator.host(VENDOR), reqTimeout=10, **settings)
    return MqttClient(credential, REGION, ClientProfile(httpProfile=http))


def page(client: MqttClient, filters: dict[str, list[str]] | None = None, **members: object):
    """One answer of DescribeDeviceCertificates."""
    request = models.DescribeDeviceCertificatesRequest()
    request.InstanceId = members.pop("InstanceId", INSTANCE)
    for name, value in members.items():
        setattr(request, name, value)
    request.Filters = []
    for name, values in (filters or {}).items():
        one = models.Filter()
        one.Name, one.Values = name, values
        request.Filters.append(one)
    return client.DescribeDeviceCertificates(request)


def pages(client: MqttClient, filters: dict[str, list[str]] | None = None, **members: object) -> Fleet:
    """All pages of DescribeDeviceCertificates, 100 certificates each."""
    found: Fleet = []
    while True:
        answer = page(client, filters, Offset=len(found), Limit=100, **members)
        found += [record(item) for item in answer.Data]
        if not answer.Data or len(found) >= answer.TotalCount:
            assert len(found) == answer.TotalCount
            return found


def record(item: models.DeviceCertificateItem) -> dict:
    """The members that the answer held, in the form of the control listener."""
    members = json.loads(item.to_json_string())
    return {name: value for name, value in members.items() if value is not None} | {"InstanceId": INSTANCE}


def serials(certificates: Fleet) -> list[str]:
    return sorted(certificate["DeviceCertificateSn"] for certificate in certificates)


def refusal(call: Callable[..., object], *arguments: object, **members: object) -> str:
    """The code of the vendor's error, which has a request id as every answer of the vendor has."""
    with pytest.raises(TencentCloudSDKException) as raised:
        call(*arguments, **members)
    assert raised.value.get_request_id()
    return raised.value.get_code()


def describe(client: MqttClient, serial: str) -> dict:
    """The answer of DescribeDeviceCertificate."""
    request = models.DescribeDeviceCertificateRequest()
    request.InstanceId, request.DeviceCertificateSn = INSTANCE, serial
    described = record(client.DescribeDeviceCertificate(request))
    assert described.pop("RequestId")
    return described


def switch(client: MqttClient, action: str, serial: str, instance: str = INSTANCE) -> object:
    """The answer of ActivateDeviceCertificate or DeactivateDeviceCertificate."""
    request = getattr(models, f"{action}DeviceCertificateRequest")()
    request.InstanceId, request.DeviceCertificateSn = instance, serial
    return getattr(client, f"{action}DeviceCertificate")(request)


def of_status(fleet: Fleet, status: str) -> dict:
    return next(certificate for certificate in fleet if certificate["Status"] == status)


def test_pages_hold_every_certificate_once_and_whole(client: MqttClient, fleet: Fleet) -> None:
    assert len(fleet) > 1_000
    found = pages(client)
    by_serial = {certificate["DeviceCertificateSn"]: certificate for certificate in found}
    assert len(by_serial) == len(found)
    assert by_serial == {certificate["DeviceCertificateSn"]: certificate for certificate in fleet}


def test_a_page_holds_twenty_unless_told_otherwise(client: MqttClient, fleet: Fleet) -> None:
    first = page(client)
    assert (len(first.Data), first.TotalCount) == (20, len(fleet))
    second = page(client, Offset=20, Limit=7)
    assert [record(item) for item in second.Data] == [record(item) for item in page(client, Limit=27).Data[20:]]
    assert page(client, Offset=len(fleet)).Data == []


@pytest.mark.parametrize(
    ("order", "member", "descending"),
    [
        ("CREATE_TIME_DESC", "CreatedTime", True),
        ("CREATE_TIME_ASC", "CreatedTime", False),
        ("UPDATE_TIME_DESC", "UpdateTime", True),
        ("UPDATE_TIME_ASC", "UpdateTime", False),
    ],
)
def test_pages_come_in_the_order_asked(
    client: MqttClient, fleet: Fleet, order: str, member: str, descending: bool
) -> None:
    times = [certificate[member] for certificate in pages(client, OrderBy=order)]
    assert times == sorted((certificate[member] for certificate in fleet), reverse=descending)


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("ClientId", "ClientId"),
        ("CaSn", "CaSn"),
        ("DeviceCertificateSn", "DeviceCertificateSn"),
        ("DeviceCertificateCn", "DeviceCertificateCn"),
        ("OrganizationalUnit", "OrganizationalUnit"),
        ("Status", "Status"),
    ],
)
def test_a_filter_takes_any_of_its_values(client: MqttClient, fleet: Fleet, name: str, member: str) -> None:
    known = sorted({certificate[member] for certificate in fleet if certificate.get(member)})
    values = random.Random(1).sample(known, 2)
    expected = [certificate for certificate in fleet if certificate.get(member) in values]
    assert 2 <= len(expected) < len(fleet)
    assert serials(pages(client, {name: values})) == serials(expected)


def test_a_text_that_is_not_ascii_can_be_searched_for(client: MqttClient, fleet: Fleet) -> None:
    unit = next(unit for one in fleet if not (unit := one.get("OrganizationalUnit", "")).isascii())
    expected = [certificate for certificate in fleet if certificate.get("OrganizationalUnit") == unit]
    assert serials(pages(client, {"OrganizationalUnit": [unit]})) == serials(expected)


def test_filters_narrow_one_another(client: MqttClient, fleet: Fleet) -> None:
    now = int(time.time() * 1000)
    end = now + 30 * DAY_MILLISECONDS
    expected = [
        certificate
        for certificate in fleet
        if certificate["Status"] == "ACTIVE" and now <= certificate.get("NotAfterTime", 0) <= end
    ]
    assert expected
    found = pages(client, {"Status": ["ACTIVE"], "NotAfterStart": [str(now)], "NotAfterEnd": [str(end)]})
    assert serials(found) == serials(expected)
    assert pages(client, {"Status": ["ACTIVE"], "DeviceCertificateSn": ["00"]}) == []


def test_get_finds_the_same_as_post(simulator: Simulator, client: MqttClient) -> None:
    getting = client_with(simulator, simulator.credentials(VENDOR), reqMethod="GET")
    filters = {"Status": ["INACTIVE", "REVOKED"]}
    by_get, by_post = (page(one, filters, Limit=50) for one in (getting, client))
    assert by_get.TotalCount == by_post.TotalCount > 0
    assert [record(item) for item in by_get.Data] == [record(item) for item in by_post.Data]


def test_one_certificate_is_described_and_an_unknown_one_is_not_found(client: MqttClient, fleet: Fleet) -> None:
    assert describe(client, fleet[-1]["DeviceCertificateSn"]) == fleet[-1]
    assert refusal(describe, client, "0123") == "ResourceNotFound.Certificate"


def test_a_certificate_is_switched_off_and_on_again(simulator: Simulator, client: MqttClient, fleet: Fleet) -> None:
    before = of_status(fleet, "ACTIVE")
    serial = before["DeviceCertificateSn"]
    for action, status, member in [
        ("Deactivate", "INACTIVE", "LastInactivationTime"),
        ("Deactivate", "INACTIVE", "LastInactivationTime"),
        ("Activate", "ACTIVE", "LastActivationTime"),
    ]:
        start = int(time.time() * 1000)
        assert switch(client, action, serial).RequestId
        after = describe(client, serial)
        assert start <= after["UpdateTime"] == after[member] <= int(time.time() * 1000)
        assert after == before | {"Status": status, "UpdateTime": after["UpdateTime"], member: after[member]}
        before = after
    pending = of_status(fleet, "PENDING_ACTIVATION")["DeviceCertificateSn"]
    switch(client, "Activate", pending)
    assert describe(client, pending)["Status"] == "ACTIVE"
    write, read = "DeactivateDeviceCertificate", "DescribeDeviceCertificate"
    assert simulator.outcomes(VENDOR)[:2] == [(write, "ok"), (read, "ok")]


@pytest.mark.parametrize("action", ["Activate", "Deactivate"])
def test_what_cannot_be_switched_is_refused(client: MqttClient, fleet: Fleet, action: str) -> None:
    active, revoked = (of_status(fleet, status) for status in ("ACTIVE", "REVOKED"))
    serial = active["DeviceCertificateSn"]
    assert refusal(switch, client, action, "0123") == "ResourceNotFound.Certificate"
    assert refusal(switch, client, action, serial, "mqtt-nowhere1") == "ResourceNotFound.Instance"
    assert refusal(switch, client, action, revoked["DeviceCertificateSn"]) == "OperationDenied"
    assert describe(client, serial) == active
    assert describe(client, revoked["DeviceCertificateSn"]) == revoked


def test_the_certificate_of_the_documentation_is_there(client: MqttClient) -> None:
    found = pages(client, {"DeviceCertificateSn": ["0eef68a582b94254296e54ce754f94d707a59913"]})
    assert [(one["ClientId"], one["DeviceCertificateCn"], one["NotAfterTime"]) for one in found] == [
        ("client-1", "tx", 1_766_073_600_000)
    ]


def test_temporary_credentials_need_their_token(simulator: Simulator) -> None:
    temporary = simulator.temporary_credentials(VENDOR)
    assert page(client_with(simulator, temporary)).TotalCount > 0
    for token in ["wrong", None]:
        client = client_with(simulator, dataclasses.replace(temporary, token=token))
        assert refusal(page, client) == "AuthFailure.TokenFailure"


def test_a_wrong_key_is_refused(simulator: Simulator) -> None:
    right = simulator.credentials(VENDOR)
    for wrong, code in [
        (dataclasses.replace(right, secret=right.secret + "x"), "AuthFailure.SignatureFailure"),
        (dataclasses.replace(right, id=right.id + "x"), "AuthFailure.SecretIdNotFound"),
        (dataclasses.replace(right, id="LTAI" + right.id), "AuthFailure.InvalidSecretId"),
        (dataclasses.replace(right, token="unasked"), "AuthFailure.TokenFailure"),
    ]:
        client = client_with(simulator, wrong)
        assert refusal(page, client) == code


def test_a_clock_may_be_five_minutes_off(client: MqttClient) -> None:
    for minutes in [-4.9, 4.9]:
        with sdk_clock.tencent(time.time() + minutes * 60):
            assert page(client).TotalCount > 0
    for minutes in [-5.1, 5.1]:
        with sdk_clock.tencent(time.time() + minutes * 60):
            assert refusal(page, client) == "AuthFailure.SignatureExpire"


def test_a_call_too_many_is_throttled(simulator: Simulator, client: MqttClient) -> None:
    simulator.fail(VENDOR, "throttle")
    assert refusal(page, client) == "RequestLimitExceeded"
    assert page(client).TotalCount > 0
    action = "DescribeDeviceCertificates"
    assert simulator.outcomes(VENDOR) == [(action, "RequestLimitExceeded"), (action, "ok")]


def test_bad_parameters_get_the_vendors_codes(client: MqttClient) -> None:
    for code, members in {
        "ResourceNotFound.Instance": {"InstanceId": "mqtt-nowhere1"},
        "MissingParameter": {"InstanceId": None},
        "InvalidParameter": {"Limit": "10"},
        "InvalidParameterValue": {"Limit": 101},
    }.items():
        assert refusal(page, client, **members) == code
    assert refusal(page, client, OrderBy="NAME") == "InvalidParameterValue"
    assert refusal(page, client, {"Client id": ["client-1"]}) == "InvalidParameterValue"
    unknown = {"InstanceId": INSTANCE, "Filter": []}
    assert refusal(client.call_json, "DescribeDeviceCertificates", unknown) == "UnknownParameter"
    assert refusal(client.call_json, "DescribeCertificates", {}) == "InvalidAction"
