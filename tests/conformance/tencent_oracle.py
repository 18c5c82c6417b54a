"""Requests that Tencent Cloud's official SDK signs and sends, as cases for our own TC3-HMAC-SHA256 signer."""

import hashlib
import json
import random
from types import SimpleNamespace
from unittest import mock

from tencentcloud.common import abstract_client
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.sign import Sign
from tencentcloud.mqtt.v20240516 import models
from tencentcloud.mqtt.v20240516.mqtt_client import MqttClient

import awkward
import sdk_clock
from recorder import RecordedRequest, Recorder
from signer import Case

ALGORITHM = "TC3-HMAC-SHA256"
REGIONS = ["ap-guangzhou", "ap-shanghai", "ap-singapore", "eu-frankfurt"]
HOSTS = ["mqtt.tencentcloudapi.com", "mqtt.intl.tencentcloudapi.com", "mqtt.ap-guangzhou.tencentcloudapi.com"]
FILTERS = [
    "ClientId", "CaSn", "DeviceCertificateSn", "DeviceCertificateCn",
    "OrganizationalUnit", "NotAfterStart", "NotAfterEnd", "Status",
]  # fmt: skip


def random_case(generator: random.Random, recorder: Recorder) -> Case:
    """Lets the SDK sign and send one random request, and takes the case off the wire."""
    credential = Credential(
        "AKID" + awkward.token(generator, 32), awkward.token(generator, 32), awkward.session_token(generator)
    )
    client, send = random_call(generator, recorder, credential)
    digested: list[bytes] = []

    def sha256(data: bytes):
        digested.append(data)
        return hashlib.sha256(data)

    with (
        sdk_clock.tencent(awkward.timestamp(generator)),
        mock.patch.object(abstract_client, "hashlib", SimpleNamespace(sha256=sha256)),
        mock.patch.object(Sign, "sign_tc3", wraps=Sign.sign_tc3) as sign_tc3,
    ):
        send()
    client.request.conn._session.close()

    request = recorder.take()
    assert request.headers.get("x-tc-token") == credential.token
    return Case(
        ALGORITHM,
        case_input(request, credential),
        {
            "canonical_request": digested[-1].decode(),
            "string_to_sign": sign_tc3.call_args.args[3],
            "signature": request.headers["authorization"].rpartition("Signature=")[2],
            "authorization": request.headers["authorization"],
        },
    )


def random_call(generator: random.Random, recorder: Recorder, credential: Credential):
    """A client for some host, and a call with random content that is yet to be made."""
    kind = generator.choices(["list", "json", "bytes", "get", "clients", "kick"], [5, 3, 1, 1, 2, 2])[0]
    # Half of the requests name the recorder's own host and port, half a vendor's host, with the recorder as the proxy.
    loopback = generator.random() < 0.5
    profile = ClientProfile(
        httpProfile=HttpProfile(
            protocol="http",
            endpoint=recorder.host if loopback else generator.choice(HOSTS),
            proxy=None if loopback else f"http://{recorder.host}",
            reqMethod="GET" if kind == "get" else "POST",
        ),
        language=generator.choice(["zh-CN", "en-US"]),
    )
    client = MqttClient(credential, generator.choice(REGIONS), profile)
    action = generator.choice(["DescribeDeviceCertificate", "DeactivateDeviceCertificate", "RevokedDeviceCertificate"])
    match kind:
        case "list":
            request = random_list_request(generator)
            return client, lambda: client.DescribeDeviceCertificates(request)
        case "clients":
            clients = random_client_list_request(generator)
            return client, lambda: client.DescribeClientList(clients)
        case "kick":
            kick = models.KickOutClientRequest()
            kick.InstanceId, kick.ClientId = awkward.text(generator), awkward.text(generator)
            kick.DeleteSession = generator.choice([None, True, False])
            return client, lambda: client.KickOutClient(kick)
        case "bytes":
            body = random_body(generator)
            return client, lambda: client.call_octet_stream(action, {}, body)
    parameters = {"InstanceId": awkward.text(generator), **awkward.members(generator, 3)}
    return client, lambda: client.call_json(action, parameters)


def random_list_request(generator: random.Random) -> models.DescribeDeviceCertificatesRequest:
    """Filters, paging and order, each there or not."""
    request = models.DescribeDeviceCertificatesRequest()
    request.InstanceId = awkward.text(generator)
    filters = []
    for _ in range(generator.randint(0, 4)):
        one = models.Filter()
        one.Name = generator.choice(FILTERS)
        one.Values = [awkward.text(generator) for _ in range(generator.randint(0, 5))]
        filters.append(one)
    request.Filters = filters or None
    request.Offset = generator.choice([None, 0, generator.randint(0, 2**63 - 1)])
    request.Limit = generator.choice([None, 20, 100])
    request.OrderBy = generator.choice([None, "CREATE_TIME_DESC", "UPDATE_TIME_ASC"])
    return request


def random_client_list_request(generator: random.Random) -> models.DescribeClientListRequest:
    """An id, a number and bounds, each there or not."""
    request = models.DescribeClientListRequest()
    request.InstanceId, request.ClientId = awkward.text(generator), awkward.text(generator)
    request.Number = generator.choice([None, "1", "1024"])
    request.OnlineStatus = generator.choice([None, 0, 1, 2])
    request.MaxTimestamp = generator.choice([None, generator.randint(0, 2**63 - 1)])
    return request


def random_body(generator: random.Random) -> bytes:
    """JSON in UTF-8 without escapes, which the SDK itself never writes, or bytes that are no text at all."""
    if generator.random() < 0.5:
        return generator.randbytes(generator.randint(0, 500))
    return json.dumps(awkward.members(generator, 3), ensure_ascii=False, separators=(",", ":")).encode()


def case_input(request: RecordedRequest, credential: Credential) -> dict:
    """The input of our signer, with nothing but the keys taken from elsewhere than the wire."""
    headers = request.headers
    _, _, rest = headers["authorization"].partition("SignedHeaders=")
    try:
        body_utf8 = request.body.decode()
    except UnicodeDecodeError:
        body_utf8 = None
    return {
        "method": request.method,
        "host": headers["host"],
        "path": request.path,
        "query": request.query,
        "service": "mqtt",
        "action": headers["x-tc-action"],
        "version": headers["x-tc-version"],
        "region": headers["x-tc-region"],
        "timestamp": int(headers["x-tc-timestamp"]),
        "secret_id": credential.secret_id,
        "secret_key": credential.secret_key,
        "token": credential.token,
        "content_type": headers["content-type"],
        "signed_headers": rest.partition(",")[0].split(";"),
        "body_utf8": body_utf8,
        "body_hex": request.body.hex(),
    }
