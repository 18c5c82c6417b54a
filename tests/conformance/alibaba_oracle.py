"""Requests that Alibaba Cloud's official SDKs sign and send, as cases for our own ACS3-HMAC-SHA256 signer."""

import random
from collections.abc import Callable
from unittest import mock
from urllib.parse import parse_qsl

from alibabacloud_cas20200630 import models as cas_models
from alibabacloud_cas20200630.client import Client as CasClient
from alibabacloud_onsmqtt20200420 import models as mqtt_models
from alibabacloud_onsmqtt20200420.client import Client as MqttClient
from alibabacloud_tea_openapi import utils
from alibabacloud_tea_openapi import utils_models as openapi_models
from darabonba.runtime import RuntimeOptions

import awkward
import sdk_clock
from recorder import RecordedRequest, Recorder
from signer import Case

ALGORITHM = "ACS3-HMAC-SHA256"
MQTT_HOSTS = ["onsmqtt.cn-hangzhou.aliyuncs.com", "onsmqtt.ap-southeast-1.aliyuncs.com"]
CAS_HOSTS = ["cas.aliyuncs.com", "cas.ap-southeast-1.aliyuncs.com"]


def random_case(generator: random.Random, recorder: Recorder) -> Case:
    """Lets an SDK sign and send one random request, and takes the case off the wire."""
    key_id, secret = "LTAI" + awkward.token(generator, 20), awkward.token(generator, 30)
    token = awkward.session_token(generator)
    send = random_call(generator, recorder, key_id, secret, token)
    with (
        sdk_clock.alibaba(awkward.timestamp(generator)),
        mock.patch.object(utils.Utils, "hash", wraps=utils.Utils.hash) as digest,
        mock.patch.object(utils, "signature_method", wraps=utils.signature_method) as signature_method,
        mock.patch.object(utils, "get_canonical_query_string", wraps=utils.get_canonical_query_string) as query,
    ):
        send()

    request = recorder.take()
    assert request.headers.get("x-acs-security-token") == token
    return Case(
        ALGORITHM,
        case_input(request, key_id, secret, token),
        {
            "canonical_query": utils.get_canonical_query_string(query.call_args.args[0]),
            "canonical_request": digest.call_args.args[0].decode(),
            "string_to_sign": signature_method.call_args.args[1],
            "signature": request.headers["authorization"].rpartition("Signature=")[2],
            "authorization": request.headers["authorization"],
        },
    )


def random_call(
    generator: random.Random, recorder: Recorder, key_id: str, secret: str, token: str | None
) -> Callable[[], object]:
    """A call to some host with random content that is yet to be made."""
    kinds = ["inactivate", "get", "list", "status", "any", "query", "close"]
    kind = generator.choices(kinds, [3, 2, 1, 3, 3, 2, 2])[0]
    hosts = CAS_HOSTS if kind == "status" else MQTT_HOSTS
    # Half of the requests name the recorder's own host and port, half a vendor's host, with the recorder as the proxy.
    loopback = generator.random() < 0.5
    config = openapi_models.Config(
        access_key_id=key_id,
        access_key_secret=secret,
        security_token=token,
        protocol="HTTP",
        endpoint=recorder.host if loopback else generator.choice(hosts),
        http_proxy=None if loopback else f"http://{recorder.host}",
    )
    match kind:
        case "status":
            serials = ",".join(awkward.text(generator) for _ in range(generator.randint(1, 6)))
            request = cas_models.DescribeClientCertificateStatusForSerialNumberRequest(serial_number=serials)
            return lambda: CasClient(config).describe_client_certificate_status_for_serial_number(request)
        case "any":
            return random_generic_call(generator, MqttClient(config))
        case "list":
            page = mqtt_models.ListDeviceCertificateRequest(
                mqtt_instance_id=awkward.text(generator), page_no=awkward.text(generator), page_size="100"
            )
            return lambda: MqttClient(config).list_device_certificate(page)
        case "query":
            session = mqtt_models.QuerySessionByClientIdRequest(awkward.text(generator), awkward.text(generator))
            return lambda: MqttClient(config).query_session_by_client_id(session)
        case "close":
            close = mqtt_models.CloseConnectionRequest(awkward.text(generator), awkward.text(generator))
            return lambda: MqttClient(config).close_connection(close)
    members = {
        "mqtt_instance_id": awkward.text(generator),
        "device_sn": awkward.text(generator),
        "ca_sn": awkward.text(generator),
    }
    if kind == "get":
        read = mqtt_models.GetDeviceCertificateRequest(**members)
        return lambda: MqttClient(config).get_device_certificate(read)
    change = mqtt_models.InactivateDeviceCertificateRequest(**members)
    return lambda: MqttClient(config).inactivate_device_certificate(change)


def random_generic_call(generator: random.Random, client: MqttClient) -> Callable[[], object]:
    """A call of no known action, with nested parameters and at times a body."""
    body_kind = generator.choice([None, None, "json", "formData"])
    parameters = openapi_models.Params(
        action=awkward.token(generator, 12),
        version="2020-04-20",
        protocol="HTTPS",
        pathname="/",
        method="POST" if body_kind else generator.choice(["GET", "POST"]),
        auth_type="AK",
        style="RPC",
        req_body_type=body_kind or "formData",
        body_type="json",
    )
    request = openapi_models.OpenApiRequest(
        query=utils.Utils.query(awkward.members(generator, 3)),
        body=awkward.members(generator, 2) if body_kind else None,
    )
    return lambda: client.call_api(parameters, request, RuntimeOptions())


def case_input(request: RecordedRequest, key_id: str, secret: str, token: str | None) -> dict:
    """The input of our signer, with nothing but the keys taken from elsewhere than the wire."""
    headers = request.headers
    _, _, rest = headers["authorization"].partition("SignedHeaders=")
    parameters = parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query), errors="strict")
    query = dict(parameters)
    assert len(query) == len(parameters), "a parameter was sent twice"
    return {
        "method": request.method,
        "host": headers["host"],
        "path": request.path,
        "action": headers["x-acs-action"],
        "version": headers["x-acs-version"],
        "query": query,
        "body_utf8": request.body.decode(),
        "body_hex": request.body.hex(),
        "access_key_id": key_id,
        "access_key_secret": secret,
        "security_token": token,
        "date": headers["x-acs-date"],
        "nonce": headers["x-acs-signature-nonce"],
        "headers_signed": {name: headers[name] for name in rest.partition(",")[0].split(";")},
    }
