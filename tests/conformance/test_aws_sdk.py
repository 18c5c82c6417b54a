"""AWS's official SDK lists, describes and updates certificates at the simulator, and gets the vendor's own errors."""

import dataclasses
import time
from collections.abc import Callable
from datetime import datetime

import boto3
import pytest
import sdk_clock
from botocore.config import Config
from botocore.exceptions import ClientError
from simulator import Credentials, Simulator

VENDOR = "aws-iot"
REGION = "eu-west-1"
PEM_BEGIN = "-----BEGIN CERTIFICATE-----\nMII"

Fleet = list[dict]


@pytest.fixture
def fleet(simulator: Simulator) -> Fleet:
    """The certificates of the region, as the control listener tells them."""
    return [certificate for certificate in simulator.certificates(VENDOR) if certificate["region"] == REGION]


@pytest.fixture
def client(simulator: Simulator):
    return client_with(simulator, simulator.credentials(VENDOR))


def client_with(simulator: Simulator, credentials: Credentials, region: str = REGION, attempts: int = 1):
    """The SDK's client for the simulator, which makes each call once unless told otherwise."""
    return boto3.client(
        "iot",
        region_name=region,
        endpoint_url=f"http://{simulator.host(VENDOR)}",
        aws_access_key_id=credentials.id,
        aws_secret_access_key=credentials.secret,
        aws_session_token=credentials.token,
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=10),
    )


def pages(call: Callable[..., dict], **members: object) -> list[list[dict]]:
    """The certificates of all pages, by their markers."""
    found: list[list[dict]] = []
    while True:
        answer = call(**members)
        found.append(answer["certificates"])
        if not answer.get("nextMarker"):
            return found
        members["marker"] = answer["nextMarker"]


def ids(certificates: list[dict]) -> list[str]:
    return [certificate["certificateId"] for certificate in certificates]


def told(members: object) -> object:
    """An answer in the form of the control listener: times are epoch seconds."""
    if isinstance(members, dict):
        return {name: told(value) for name, value in members.items()}
    return members.timestamp() if isinstance(members, datetime) else members


def described(client, certificate_id: str) -> dict:
    return told(client.describe_certificate(certificateId=certificate_id)["certificateDescription"])


def of_status(fleet: Fleet, status: str) -> str:
    """The id of a certificate of that status."""
    return next(certificate["certificateId"] for certificate in fleet if certificate["status"] == status)


def refusal(call: Callable[..., object], *arguments: object, **members: object) -> tuple[int, str]:
    """HTTP status and type of the error, which has a request id as every answer of the vendor has."""
    with pytest.raises(ClientError) as raised:
        call(*arguments, **members)
    answer = raised.value.response
    assert answer["ResponseMetadata"]["RequestId"] and answer["Error"]["Message"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.mark.parametrize("ascending", [None, False, True])
def test_pages_hold_every_certificate_once_in_order(client, fleet: Fleet, ascending: bool | None) -> None:
    order = {} if ascending is None else {"ascendingOrder": ascending}
    found = pages(client.list_certificates, pageSize=70, **order)
    assert [len(page) for page in found[:-1]] == [70] * (len(found) - 1)
    rows = [certificate for page in found for certificate in page]
    times = [row["creationDate"] for row in rows]
    assert times == sorted(times, reverse=not ascending)
    members = ("certificateArn", "certificateId", "status", "certificateMode", "creationDate")
    kept = {one["certificateId"]: {member: one[member] for member in members} for one in fleet}
    assert len(rows) == len(kept) > 200
    assert {row["certificateId"]: told(row) for row in rows} == kept


def test_a_page_holds_twenty_five_unless_told_otherwise(client, fleet: Fleet) -> None:
    assert len(client.list_certificates()["certificates"]) == 25
    assert len(client.list_certificates(pageSize=250)["certificates"]) == 250 < len(fleet)
    paginator = client.get_paginator("list_certificates")
    found = [one for page in paginator.paginate(PaginationConfig={"PageSize": 100}) for one in page["certificates"]]
    assert sorted(ids(found)) == sorted(ids(fleet))


def test_each_region_has_its_own_certificates(simulator: Simulator, client, fleet: Fleet) -> None:
    elsewhere = client_with(simulator, simulator.credentials(VENDOR), "us-east-1")
    found = ids([one for page in pages(elsewhere.list_certificates) for one in page])
    assert found and not set(found) & set(ids(fleet))
    assert described(elsewhere, found[0])["certificateArn"].startswith("arn:aws:iot:us-east-1:")
    assert refusal(client.describe_certificate, certificateId=found[0]) == (404, "ResourceNotFoundException")


def test_the_certificates_of_a_ca_are_listed(client, fleet: Fleet) -> None:
    authorities = {certificate.get("caCertificateId") for certificate in fleet} - {None}
    assert len(authorities) > 1
    for ca in authorities:
        found = pages(client.list_certificates_by_ca, caCertificateId=ca, pageSize=20, ascendingOrder=True)
        expected = ids([one for one in fleet if one.get("caCertificateId") == ca])
        assert [len(page) for page in found[:-1]] == [20] * ((len(expected) - 1) // 20)
        assert sorted(ids([one for page in found for one in page])) == sorted(expected)
    assert client.list_certificates_by_ca(caCertificateId="ef" * 32)["certificates"] == []


def test_certificates_are_told_as_they_are_kept(client, fleet: Fleet) -> None:
    for certificate in fleet[:30]:
        assert certificate.pop("region") == REGION
        assert described(client, certificate["certificateId"]) == certificate
        assert certificate["certificatePem"].startswith(PEM_BEGIN)
    assert any("validity" in certificate for certificate in fleet)
    assert any("validity" not in certificate for certificate in fleet)


def test_a_certificate_has_the_status_that_it_was_given(simulator: Simulator, client, fleet: Fleet) -> None:
    certificate_id = of_status(fleet, "ACTIVE")
    before = described(client, certificate_id)
    for status, changes in [("INACTIVE", 1), ("INACTIVE", 1), ("ACTIVE", 2), ("REVOKED", 3)]:
        client.update_certificate(certificateId=certificate_id, newStatus=status)
        after = described(client, certificate_id)
        assert after["lastModifiedDate"] > before["lastModifiedDate"]
        version = before["customerVersion"] + changes
        expected = {"status": status, "customerVersion": version, "lastModifiedDate": after["lastModifiedDate"]}
        assert after == before | expected
    read, write = ("DescribeCertificate", "ok"), ("UpdateCertificate", "ok")
    assert simulator.outcomes(VENDOR) == [read, *[write, read] * 4]


def test_what_cannot_be_done_is_refused(client, fleet: Fleet) -> None:
    describe, update = client.describe_certificate, client.update_certificate
    unknown, active = "0" * 64, of_status(fleet, "ACTIVE")
    assert refusal(describe, certificateId=unknown) == (404, "ResourceNotFoundException")
    assert refusal(update, certificateId=unknown, newStatus="INACTIVE") == (404, "ResourceNotFoundException")
    transferred = of_status(fleet, "PENDING_TRANSFER")
    assert refusal(update, certificateId=transferred, newStatus="INACTIVE") == (406, "CertificateStateException")
    for status in ["PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE", "inactive", "a b+c/~'()ü"]:
        assert refusal(update, certificateId=active, newStatus=status) == (400, "InvalidRequestException")
    for wrong in [{"marker": "AAAb+c/d9=="}, {"marker": "AAAA"}]:
        assert refusal(client.list_certificates, **wrong) == (400, "InvalidRequestException")
    assert described(client, active)["status"] == "ACTIVE"


def test_temporary_credentials_need_their_token(simulator: Simulator) -> None:
    temporary = simulator.temporary_credentials(VENDOR)
    assert client_with(simulator, temporary).list_certificates()["certificates"]
    for token in ["wrong", None]:
        client = client_with(simulator, dataclasses.replace(temporary, token=token))
        assert refusal(client.list_certificates) == (403, "UnrecognizedClientException")


def test_a_wrong_key_is_refused(simulator: Simulator) -> None:
    right = simulator.credentials(VENDOR)
    for wrong, code in [
        (dataclasses.replace(right, secret=right.secret + "x"), "InvalidSignatureException"),
        (dataclasses.replace(right, id=right.id + "X"), "UnrecognizedClientException"),
        (dataclasses.replace(right, token="unasked"), "UnrecognizedClientException"),
    ]:
        client = client_with(simulator, wrong)
        assert refusal(client.list_certificates) == (403, code)


def test_a_clock_may_be_fifteen_minutes_off(client) -> None:
    for minutes in [-14.9, 14.9]:
        with sdk_clock.aws(time.time() + minutes * 60):
            assert client.list_certificates()["certificates"]
    for minutes in [-15.1, 15.1]:
        with sdk_clock.aws(time.time() + minutes * 60):
            assert refusal(client.list_certificates) == (403, "InvalidSignatureException")


def test_a_call_too_many_is_throttled(simulator: Simulator, client) -> None:
    simulator.fail(VENDOR, "throttle")
    assert refusal(client.list_certificates) == (400, "ThrottlingException")
    assert client.list_certificates()["certificates"]
    action = "ListCertificates"
    assert simulator.outcomes(VENDOR) == [(action, "ThrottlingException"), (action, "ok")]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("throttle", "ThrottlingException"),
        ("internal", "InternalFailureException"),
        ("unavailable", "ServiceUnavailableException"),
    ],
)
def test_the_sdk_repeats_what_is_worth_it(simulator: Simulator, fault: str, code: str) -> None:
    simulator.fail(VENDOR, fault)
    assert client_with(simulator, simulator.credentials(VENDOR), attempts=2).list_certificates()["certificates"]
    assert [outcome for _, outcome in simulator.outcomes(VENDOR)] == [code, "ok"]


def test_two_certificates_are_the_same_ones_at_every_vendor(simulator: Simulator, client) -> None:
    by_name = {row["CommonName"]: row for row in simulator.certificates("alibaba-cas")}
    for name, status in [("gateway-munich-plant-7001", "ACTIVE"), ("gateway-munich-plant-7002", "REVOKED")]:
        certificate = described(client, by_name[name]["Sha2"])
        assert certificate["status"] == status
        assert certificate["certificatePem"] == by_name[name]["X509Certificate"]
