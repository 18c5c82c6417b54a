"""The real functions against moto's AWS IoT, a second stand-in that is not ours, with certificates that boto3 has made there.

moto knows no pages and takes any status; its ids are not the SHA-256 of its certificates, which the records have to show.
"""

import json
import urllib.request
from collections.abc import Iterator

import boto3
import pytest
from gateway import Gateway
from moto.server import ThreadedMotoServer
from simulator import Simulator

import test_aws_sdk

REGION = "eu-west-1"
KEY = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def iot(endpoint: str):
    key = {name.lower(): value for name, value in KEY.items()}
    return boto3.client("iot", region_name=REGION, endpoint_url=endpoint, **key)


@pytest.fixture(scope="module")
def url(endpoint: str) -> Iterator[str]:
    own = {
        "AWS_ENDPOINT_URL_IOT": endpoint,
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": REGION,
        "DEFAULT_PROVIDER_DESCRIBE": "aws-iot",
        "DEFAULT_PROVIDER_INACTIVATE": "aws-iot",
        "DEFAULT_PROVIDER_STATUS": "aws-iot",
        "INACTIVATE_ALLOWED_INSTANCES": "aws-iot",
    }
    with Gateway(KEY | own) as gateway:
        yield gateway.url


def asked(url: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_certificates_are_listed_as_boto3_has_made_them(iot, url: str) -> None:
    made = {one["certificateId"]: one for one in (iot.create_keys_and_certificate(setAsActive=True) for _ in range(7))}
    listed = asked(f"{url}/describe?include_pem=true")
    assert {one["fingerprint_sha256"] for one in listed["certificates"]} == set(made)
    assert listed["next_cursor"] is None and listed["consistent"] is True
    for one in listed["certificates"]:
        assert one["pem"] == made[one["fingerprint_sha256"]]["certificatePem"]
        assert (one["status"], one["provider_status"]) == ("active", "ACTIVE")
        assert one["serial_number"] and one["not_before"] < one["not_after"]
        assert "fingerprint_sha256" in [disagreement["member"] for disagreement in one["disagreements"]]


def test_a_certificate_is_switched_off_and_seen_so_by_boto3(iot, url: str) -> None:
    made = iot.create_keys_and_certificate(setAsActive=True)["certificateId"]
    reference = {"certificates": [{"fingerprint_sha256": made}]}
    assert asked(f"{url}/status", reference)["results"][0]["status"] == "active"
    dry = asked(f"{url}/inactivate", reference | {"dry_run": True})
    assert dry["results"][0]["outcome"] == "would_inactivate"
    assert iot.describe_certificate(certificateId=made)["certificateDescription"]["status"] == "ACTIVE"

    done = asked(f"{url}/inactivate", reference)["results"][0]
    assert (done["outcome"], done["status_before"], done["status"], done["verified"]) == ("inactivated", "active", "inactive", True)
    assert iot.describe_certificate(certificateId=made)["certificateDescription"]["status"] == "INACTIVE"
    assert asked(f"{url}/inactivate", reference)["results"][0]["outcome"] == "already_inactive"
    assert asked(f"{url}/status?fingerprint_sha256={made}")["results"][0]["status"] == "inactive"


def test_an_unknown_certificate_is_not_found(url: str) -> None:
    reference = {"certificates": [{"fingerprint_sha256": "ab" * 32}]}
    result = asked(f"{url}/status", reference)["results"][0]
    assert (result["found"], result["status"], result["error"]) == (False, "unknown", None)
    assert asked(f"{url}/inactivate", reference)["results"][0]["outcome"] == "not_found"


def test_the_simulator_tells_of_things_and_principals_what_moto_tells(iot, simulator: Simulator) -> None:
    ours = test_aws_sdk.client_with(simulator, simulator.credentials("aws-iot"))
    first, second = (iot.create_keys_and_certificate()["certificateArn"] for _ in range(2))
    principals = {"crane-1": [first], "crane-2": [first, second], "crane-3": []}
    for thing, arns in principals.items():
        iot.create_thing(thingName=thing)
        for arn in arns:
            iot.attach_thing_principal(thingName=thing, principal=arn)
        simulator.add_thing(thing, REGION, arns)

    for thing, arns in principals.items():
        for client in (iot, ours):
            assert sorted(client.list_thing_principals(thingName=thing)["principals"]) == sorted(arns)
    for arn, things in {first: ["crane-1", "crane-2"], second: ["crane-2"], first[:-64] + "0" * 64: []}.items():
        for client in (iot, ours):
            assert sorted(client.list_principal_things(principal=arn)["things"]) == things
    for client in (iot, ours):
        unknown = test_aws_sdk.refusal(client.list_thing_principals, thingName="no-such-thing")
        assert unknown == (404, "ResourceNotFoundException")
