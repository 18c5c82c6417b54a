"""Alibaba Cloud's official SDKs list, read and inactivate device certificates and ask the CA at the simulator."""

import dataclasses
import random
import time
from collections.abc import Callable
from unittest import mock

import pytest
import sdk_clock
from alibabacloud_cas20200630 import models as cas_models
from alibabacloud_cas20200630.client import Client as CasClient
from alibabacloud_onsmqtt20200420 import models as mqtt_models
from alibabacloud_onsmqtt20200420.client import Client as MqttClient
from alibabacloud_tea_openapi.exceptions import (
    AlibabaCloudException,
    ClientException,
    ServerException,
    ThrottlingException,
)
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from simulator import Credentials, Simulator

MQTT, CAS = "alibaba-mqtt", "alibaba-cas"
INSTANCE = "post-cn-7mz2d0000"
DOCUMENTED = {"device_sn": "356217374433", "ca_sn": "007269004887"}
DOCUMENTED_SERIAL = "b67e53ebcea9b77d65b0c3236646d715"


def config(simulator: Simulator, vendor: str, credentials: Credentials | None = None) -> Config:
    """The SDK's settings for the simulator, with the long-lived key unless another is given."""
    key = credentials or simulator.credentials(vendor)
    return Config(
        access_key_id=key.id,
        access_key_secret=key.secret,
        security_token=key.token,
        protocol="HTTP",
        endpoint=simulator.host(vendor),
        read_timeout=10_000,
    )


@pytest.fixture
def mqtt(simulator: Simulator) -> MqttClient:
    return MqttClient(config(simulator, MQTT))


@pytest.fixture
def cas(simulator: Simulator) -> CasClient:
    return CasClient(config(simulator, CAS))


def get(client: MqttClient, instance: str = INSTANCE, **serials: str) -> dict:
    """The certificate of GetDeviceCertificate's answer."""
    request = mqtt_models.GetDeviceCertificateRequest(mqtt_instance_id=instance, **serials)
    return client.get_device_certificate(request).body.data.to_map()


def inactivate(
    client: MqttClient, instance: str = INSTANCE, **serials: str
) -> mqtt_models.InactivateDeviceCertificateResponseBody:
    """The answer of InactivateDeviceCertificate."""
    request = mqtt_models.InactivateDeviceCertificateRequest(mqtt_instance_id=instance, **serials)
    return client.inactivate_device_certificate(request).body


def statuses(client: CasClient, *serials: str) -> list[dict]:
    """The rows of DescribeClientCertificateStatusForSerialNumber's answer."""
    request = cas_models.DescribeClientCertificateStatusForSerialNumberRequest(serial_number=",".join(serials))
    body = client.describe_client_certificate_status_for_serial_number(request).body
    assert body.request_id
    return [row.to_map() for row in body.certificate_status]


def listed(client: MqttClient, page: int, size: int, ca_sn: str | None = None, instance: str = INSTANCE) -> dict:
    """The data of ListDeviceCertificate's answer, of ListDeviceCertificateByCaSn's when a CA is given."""
    members = {"mqtt_instance_id": instance, "page_no": str(page), "page_size": str(size)}
    if ca_sn is None:
        answer = client.list_device_certificate(mqtt_models.ListDeviceCertificateRequest(**members))
    else:
        request = mqtt_models.ListDeviceCertificateByCaSnRequest(ca_sn=ca_sn, **members)
        answer = client.list_device_certificate_by_ca_sn(request)
    assert answer.body.request_id
    return answer.body.data.to_map()


def client_certificates(client: CasClient, **members: object) -> dict:
    """The answer of ListClientCertificate, in the vendor's member names."""
    answer = client.list_client_certificate(cas_models.ListClientCertificateRequest(**members)).body.to_map()
    assert answer.pop("RequestId")
    return answer


def status_row(kept: dict) -> dict:
    """The status action's record of a certificate that the control listener has told whole."""
    return {name: kept[name] for name in ("SerialNumber", "Status", "RevokeTime") if name in kept}


def serials_of(certificate: dict) -> tuple[str, str]:
    """The two numbers that name a certificate within its instance."""
    return certificate["CaSn"], certificate["DeviceSn"]


def ask(simulator: Simulator, vendor: str, credentials: Credentials | None = None) -> object:
    """A harmless call to either vendor."""
    settings = config(simulator, vendor, credentials)
    if vendor == MQTT:
        return get(MqttClient(settings), **DOCUMENTED)
    return statuses(CasClient(settings), DOCUMENTED_SERIAL)


def refusal(
    kind: type[AlibabaCloudException], call: Callable[..., object], *arguments: object, **members: object
) -> tuple[int, str]:
    """HTTP status and code of the error, which is of exactly that class and has the members of all such errors."""
    with pytest.raises(AlibabaCloudException) as raised:
        call(*arguments, **members)
    error = raised.value
    assert type(error) is kind
    assert {"RequestId", "HostId", "Code", "Message", "Recommend"} <= error.data.keys()
    assert error.request_id == error.data["RequestId"] != ""
    return error.status_code, error.code


def test_a_certificate_is_inactive_after_it_was_inactivated(simulator: Simulator, mqtt: MqttClient) -> None:
    before = get(mqtt, **DOCUMENTED)
    assert before["Status"] == "1"
    for _ in range(2):
        answer = inactivate(mqtt, **DOCUMENTED)
        assert answer.device_sn == DOCUMENTED["device_sn"] and answer.request_id
        assert get(mqtt, **DOCUMENTED) == before | {"Status": "0"}
    read, write = ("GetDeviceCertificate", "ok"), ("InactivateDeviceCertificate", "ok")
    assert simulator.outcomes(MQTT) == [read, write, read, write, read]


def test_certificates_are_told_as_they_are_kept(simulator: Simulator, mqtt: MqttClient) -> None:
    kept = simulator.certificates(MQTT, INSTANCE)
    assert len(kept) > 100
    for certificate in random.Random(1).sample(kept, 20):
        instance = certificate.pop("InstanceId")
        assert get(mqtt, instance, device_sn=certificate["DeviceSn"], ca_sn=certificate["CaSn"]) == certificate


def test_pages_hold_every_certificate_once(simulator: Simulator, mqtt: MqttClient) -> None:
    kept = simulator.certificates(MQTT, INSTANCE)
    found: list[dict] = []
    for number in range(1, 100):
        data = listed(mqtt, number, 100)
        # The vendor calls it the greatest number of pages.
        assert (data["PageNo"], data["PageSize"], data["Total"]) == (number, 100, -(-len(kept) // 100))
        rows = data["DeviceCertificateVOS"]
        found += [row | {"InstanceId": INSTANCE} for row in rows]
        if len(rows) < 100:
            break
    assert sorted(found, key=serials_of) == sorted(kept, key=serials_of)


def test_the_certificates_of_a_ca_are_listed(simulator: Simulator, mqtt: MqttClient) -> None:
    kept = simulator.certificates(MQTT, INSTANCE)
    for ca_sn in {certificate["CaSn"] for certificate in kept}:
        expected = [certificate for certificate in kept if certificate["CaSn"] == ca_sn]
        pages = [listed(mqtt, number, 7, ca_sn) for number in range(1, len(expected) // 7 + 2)]
        assert {page["Total"] for page in pages} == {len(expected)}
        found = [row | {"InstanceId": INSTANCE} for page in pages for row in page["DeviceCertificateVOS"]]
        assert found == expected
    unknown = listed(mqtt, 1, 7, "0123")
    assert (unknown["DeviceCertificateVOS"], unknown["Total"]) == ([], 0)


def test_lists_have_pages_of_one_to_a_hundred(mqtt: MqttClient) -> None:
    for ca_sn in (None, DOCUMENTED["ca_sn"]):
        for page, size in [(0, 10), (1, 0), (1, 101)]:
            assert refusal(ClientException, listed, mqtt, page, size, ca_sn) == (400, "ParameterFieldCheckFailed")
        wrong = refusal(ServerException, listed, mqtt, 1, 10, ca_sn, "post-cn-nowhere")
        assert wrong == (500, "MqttInstanceNotFound")


def test_the_ca_lists_every_certificate_once(simulator: Simulator, cas: CasClient) -> None:
    kept = {row["SerialNumber"]: row for row in simulator.certificates(CAS)}
    words = {"good": "ISSUE", "unknown": "ISSUE", "revoked": "REVOKE"}
    found: list[dict] = []
    for number in range(1, len(kept) // 50 + 2):
        answer = client_certificates(cas, current_page=number, show_size=50)
        found += answer.pop("CertificateList")
        expected = {"CurrentPage": number, "ShowSize": 50, "PageCount": -(-len(kept) // 50), "TotalCount": len(kept)}
        assert answer == expected
    assert sorted(row["SerialNumber"] for row in found) == sorted(kept)
    begins = [row["BeforeDate"] for row in found]
    assert begins == sorted(begins, reverse=True)
    for row in found:
        days = row.pop("Days")
        assert days == (row["AfterDate"] - row["BeforeDate"]) // 86_400_000
        whole = kept[row["SerialNumber"]]
        whole.pop("RevokeTime", None)
        assert row == whole | {"Status": words[whole["Status"]]}


def test_a_page_of_the_ca_holds_twenty_and_never_more_than_a_hundred(cas: CasClient) -> None:
    first = client_certificates(cas)
    assert (len(first["CertificateList"]), first["CurrentPage"], first["ShowSize"]) == (20, 1, 20)
    great = client_certificates(cas, show_size=1_000)
    assert (len(great["CertificateList"]), great["ShowSize"]) == (100, 100)
    assert great["CertificateList"][:20] == first["CertificateList"]
    one = first["CertificateList"][7]
    alone = client_certificates(cas, identifier=one["Identifier"])
    assert (alone["CertificateList"], alone["TotalCount"]) == ([one], 1)
    none = client_certificates(cas, identifier="0" * 32)
    assert (none["CertificateList"], none["TotalCount"], none["PageCount"]) == ([], 0, 0)
    assert refusal(ClientException, client_certificates, cas, current_page=0) == (400, "InvalidParameter")


def test_what_is_not_there_is_not_found_with_status_500(mqtt: MqttClient) -> None:
    device_sn, ca_sn = DOCUMENTED["device_sn"], DOCUMENTED["ca_sn"]
    for action in (get, inactivate):
        for wrong in ({"device_sn": "0" + device_sn}, {"ca_sn": ca_sn.lstrip("0")}):
            assert refusal(ServerException, action, mqtt, **DOCUMENTED | wrong) == (500, "FindDeviceBySnError")
        assert refusal(ServerException, action, mqtt, "post-cn-nowhere", **DOCUMENTED) == (500, "MqttInstanceNotFound")
        assert refusal(ClientException, action, mqtt, device_sn="", ca_sn=ca_sn) == (400, "ParameterFieldCheckFailed")


def test_awkward_parameters_pass_the_signature_check(mqtt: MqttClient, cas: CasClient) -> None:
    awkward = "a b+c%2F*~!'()&=\"@设备🚚"
    serials = {"device_sn": awkward, "ca_sn": awkward}
    assert refusal(ServerException, get, mqtt, **serials) == (500, "FindDeviceBySnError")
    assert refusal(ServerException, inactivate, mqtt, **serials) == (500, "FindDeviceBySnError")
    assert statuses(cas, awkward) == []


def test_the_ca_tells_the_status_of_each_serial_it_knows(simulator: Simulator, cas: CasClient) -> None:
    kept = {row["SerialNumber"]: row for row in simulator.certificates(CAS)}
    assert {row["Status"] for row in kept.values()} == {"good", "revoked", "unknown"}
    assert len(kept) > 100
    for start in range(0, len(kept), 50):
        some = list(kept)[start : start + 50]
        rows = statuses(cas, *reversed(some), "0123456789abcdef", some[0])
        assert sorted(row["SerialNumber"] for row in rows) == sorted(some)
        assert all(row == status_row(kept[row["SerialNumber"]]) for row in rows)


def test_the_certificate_of_the_documentation_is_good(cas: CasClient) -> None:
    good = {"SerialNumber": DOCUMENTED_SERIAL, "Status": "good", "RevokeTime": 0}
    assert statuses(cas, DOCUMENTED_SERIAL) == [good]
    assert statuses(cas, "0123456789abcdef") == []
    assert refusal(ClientException, statuses, cas, "") == (400, "MissingParameter")


@pytest.mark.parametrize("vendor", [MQTT, CAS])
def test_temporary_credentials_need_their_token(simulator: Simulator, vendor: str) -> None:
    temporary = simulator.temporary_credentials(vendor)
    assert ask(simulator, vendor, temporary)
    for token, code in [("wrong", "InvalidSecurityToken.Malformed"), (None, "MissingSecurityToken")]:
        wrong = dataclasses.replace(temporary, token=token)
        assert refusal(ClientException, ask, simulator, vendor, wrong) == (400, code)


@pytest.mark.parametrize("vendor", [MQTT, CAS])
def test_a_wrong_key_is_refused(simulator: Simulator, vendor: str) -> None:
    right = simulator.credentials(vendor)
    for wrong, error in [
        (dataclasses.replace(right, secret=right.secret + "x"), (400, "SignatureDoesNotMatch")),
        (dataclasses.replace(right, id=right.id + "x"), (404, "InvalidAccessKeyId.NotFound")),
        (dataclasses.replace(right, token="unasked"), (400, "InvalidSecurityToken.MismatchWithAccessKey")),
    ]:
        assert refusal(ClientException, ask, simulator, vendor, wrong) == error


@pytest.mark.parametrize("vendor", [MQTT, CAS])
def test_a_clock_may_be_fifteen_minutes_off(simulator: Simulator, vendor: str) -> None:
    for minutes in [-14.9, 14.9]:
        with sdk_clock.alibaba(time.time() + minutes * 60):
            assert ask(simulator, vendor)
    for minutes in [-15.1, 15.1]:
        with sdk_clock.alibaba(time.time() + minutes * 60):
            assert refusal(ClientException, ask, simulator, vendor) == (400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize("vendor", [MQTT, CAS])
def test_a_nonce_serves_once(simulator: Simulator, vendor: str) -> None:
    with mock.patch.object(Utils, "get_nonce", return_value=f"{vendor}-{time.time_ns()}"):
        assert ask(simulator, vendor)
        assert refusal(ClientException, ask, simulator, vendor) == (400, "SignatureNonceUsed")
    assert ask(simulator, vendor)


@pytest.mark.parametrize("vendor", [MQTT, CAS])
def test_a_call_too_many_is_throttled(simulator: Simulator, vendor: str) -> None:
    simulator.fail(vendor, "throttle")
    assert refusal(ClientException, ask, simulator, vendor) == (400, "Throttling.User")
    simulator.fail(vendor, {"throttle_for": 250})
    with pytest.raises(ThrottlingException) as raised:
        ask(simulator, vendor)
    assert (raised.value.code, raised.value.retry_after) == ("Throttling.User", 250)
    assert ask(simulator, vendor)
    assert [outcome for _, outcome in simulator.outcomes(vendor)] == ["Throttling.User", "Throttling.User", "ok"]
