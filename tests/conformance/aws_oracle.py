"""Requests that AWS's official SDK signs and sends to AWS IoT, as cases for our own AWS4-HMAC-SHA256 signer."""

import functools
import random
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials

import awkward
import sdk_clock
from recorder import RecordedRequest, Recorder
from signer import Case

ALGORITHM = "AWS4-HMAC-SHA256"
REGIONS = ["eu-west-1", "us-gov-west-1", "cn-north-1"]
HOSTS = {
    "iot": "iot.eu-west-1.amazonaws.com",
    "iot-data": "a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com",
}
ACCOUNT_HEADERS = {"host", "x-amz-date", "x-amz-security-token"}


class Oracle:
    """The SDK of one service. Its clients share a key, which is another one for each request."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._session = botocore.session.Session()
        self._session.set_credentials("AKIA", "secret")
        self._client = functools.cache(self._make_client)
        self.ALGORITHM = f"{ALGORITHM} of {service}"

    def random_case(self, generator: random.Random, recorder: Recorder) -> Case:
        """Lets the SDK sign and send one random request, and takes the case off the wire."""
        key: Credentials = self._session.get_credentials()
        key.access_key = "AKIA" + awkward.token(generator, 16)
        key.secret_key = awkward.token(generator, 40)
        key.token = awkward.session_token(generator)
        region = generator.choice(REGIONS)
        # Half of the requests name the recorder's own host and port, half a vendor's host, with the recorder as the proxy.
        client = self._client(region, recorder.host, generator.random() < 0.5)
        send = random_call(generator, client, self._service)
        with sdk_clock.aws(awkward.timestamp(generator)):
            send()

        request = recorder.take()
        assert request.headers.get("x-amz-security-token") == key.token
        authorization = request.headers["authorization"]
        return Case(
            ALGORITHM,
            case_input(request, key),
            {"signature": authorization.rpartition("Signature=")[2], "authorization": authorization},
        )

    def _make_client(self, region: str, recorder_host: str, loopback: bool):
        return self._session.create_client(
            self._service,
            region_name=region,
            endpoint_url=f"http://{recorder_host if loopback else HOSTS[self._service]}",
            config=Config(
                retries={"total_max_attempts": 1},
                proxies=None if loopback else {"http": f"http://{recorder_host}"},
            ),
        )


def random_call(generator: random.Random, client, service: str) -> Callable[[], object]:
    """A call with random content that is yet to be made."""
    page = generator.choice([{}, {"nextToken": awkward.text(generator), "maxResults": generator.randint(1, 250)}])
    if service == "iot":
        match generator.choice(["things", "principals", "update"]):
            case "things":
                return lambda: client.list_principal_things(principal=principal(generator), **page)
            case "principals":
                return lambda: client.list_thing_principals(thingName=name(generator), **page)
        return lambda: client.update_certificate(certificateId="ab" * 32, newStatus=awkward.text(generator))
    if generator.random() < 0.5:
        return lambda: client.get_connection(clientId=name(generator), includeSocketInformation=generator.random() < 0.5)
    flags = {flag: generator.random() < 0.5 for flag in ("cleanSession", "preventWillMessage")}
    return lambda: client.delete_connection(clientId=name(generator), **generator.choice([{}, flags]))


def name(generator: random.Random) -> str:
    """A name in a path: not empty, and no dot segment, which no path can hold."""
    text = awkward.text(generator)
    return generator.choice(["$", "a/b", " ", "设备 1", "truck-1"]) if text in ("", ".", "..") else text


def principal(generator: random.Random) -> str:
    """A principal: an ARN, or any text that a header can hold."""
    if generator.random() < 0.5:
        return f"arn:aws:iot:eu-west-1:123456789012:cert/{generator.randbytes(32).hex()}"
    visible = "".join(chr(code) for code in range(0x21, 0x7F))
    return " ".join("".join(generator.choices(visible, k=generator.randint(1, 30))) for _ in range(generator.randint(1, 4)))


def case_input(request: RecordedRequest, key: Credentials) -> dict:
    """The input of our signer, with nothing but the keys taken from elsewhere than the wire."""
    headers = request.headers
    _, _, rest = headers["authorization"].partition("Credential=")
    _, _, region, service, _ = rest.partition(",")[0].split("/")
    _, _, names = headers["authorization"].partition("SignedHeaders=")
    signed = names.partition(",")[0].split(";")
    question_mark = "?" if request.query else ""
    return {
        "method": request.method,
        "url": f"http://{headers['host']}{request.path}{question_mark}{request.query}",
        "region": region,
        "service": service,
        "datetime": headers["x-amz-date"],
        "headers": {header: headers[header] for header in signed if header not in ACCOUNT_HEADERS},
        "access_key_id": key.access_key,
        "secret_access_key": key.secret_key,
        "session_token": key.token,
        "query": request.query,
        "body_utf8": request.body.decode(),
        "body_hex": request.body.hex(),
    }


def path_texts(case_input: dict) -> list[str]:
    """The texts in the path, decoded, and those in the headers."""
    steps = urlsplit(case_input["url"]).path.split("/")
    return [unquote(step) for step in steps[1:]] + list(case_input["headers"].values())
