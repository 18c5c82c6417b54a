"""The calls that get temporary keys are those of the official SDKs, read off the wire.

Where an SDK writes JSON or a form with other blanks or in another order, the members are compared. Alibaba's SDKs put the
token of AWS into the URL; ours stands in the body, which is the one difference.
"""

import hashlib
import json
import os
import random
import subprocess
import time
from collections.abc import Callable
from types import SimpleNamespace
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import awkward
import boto3
import pytest
import sdk_clock
from alibabacloud_sts20150401 import models as alibaba_models
from alibabacloud_sts20150401.client import Client as AlibabaClient
from alibabacloud_tea_openapi import utils_models as openapi_models
from alibabacloud_tea_openapi.utils import Utils
from recorder import RecordedRequest, Recorder
from signer import TARGET, TIME_LIMIT_SECONDS
from tencentcloud.common import credential as tencent_credential
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.common.sign import Sign

SEED = int(os.environ.get("SEED", "20240516"))
ROUNDS = 30
TENCENT_ROLE = "qcs::cam::uin/100000000001:roleName/device-certificates"
ALIBABA_ROLE = "acs:ram::1000000000000001:role/device-certificates"
ALIBABA_PROVIDER = "acs:ram::1000000000000001:oidc-provider/aws"


@pytest.fixture
def generator() -> random.Random:
    return random.Random(SEED)


def ours(action: str, recorder: Recorder, **members: object) -> RecordedRequest:
    """The request that the functions would send there, by the program `sts` (tests/examples/sts.rs)."""
    program = os.environ.get("STS", TARGET / "debug/examples/sts")
    members = {"action": action, "endpoint": f"http://{recorder.host}", "region": "eu-west-1"} | members
    run = subprocess.run([program], input=json.dumps(members).encode(), capture_output=True, timeout=TIME_LIMIT_SECONDS)
    assert run.returncode == 0, run.stderr.decode(errors="replace")[-2000:]
    answer = json.loads(run.stdout)
    assert "error" not in answer, answer
    url = urlsplit(answer["url"])
    target = url.path + ("?" + url.query if url.query else "")
    headers = answer["headers"] | {"host": url.netloc}
    return RecordedRequest(answer["method"], target, headers, answer["body"].encode())


def sent(recorder: Recorder, call: Callable[[], object]) -> RecordedRequest:
    """The request that an SDK sends; the recorder's answer holds no key, at which it may complain."""
    try:
        call()
    except Exception:  # noqa: BLE001
        pass
    return recorder.take()


def form(text: str | bytes) -> dict[str, str]:
    pairs = parse_qsl(text.decode() if isinstance(text, bytes) else text, keep_blank_values=True, strict_parsing=bool(text))
    assert len(dict(pairs)) == len(pairs), "a parameter was sent twice"
    return dict(pairs)


def session_name(generator: random.Random) -> str:
    return awkward.token(generator, generator.randint(2, 60)) + "@.-_"


def web_token(generator: random.Random) -> str:
    return ".".join(awkward.token(generator, length) + "-_" for length in (40, 600, 342))


def test_aws_get_web_identity_token_is_sent_byte_for_byte(generator: random.Random) -> None:
    for _ in range(ROUNDS):
        seconds = awkward.timestamp(generator)
        key = {
            "id": "ASIA" + awkward.token(generator, 16),
            "secret": awkward.token(generator, 40),
            "token": awkward.session_token(generator),
        }
        audience = generator.choice(["sts.aliyuncs.com", "https://a.test/b?c=d&e", "a b:c"])
        with Recorder() as recorder:
            client = boto3.client(
                "sts",
                region_name="eu-west-1",
                endpoint_url=f"http://{recorder.host}",
                aws_access_key_id=key["id"],
                aws_secret_access_key=key["secret"],
                aws_session_token=key["token"],
            )
            members = {"Audience": [audience], "SigningAlgorithm": "RS256", "DurationSeconds": 300}
            with sdk_clock.aws(seconds):
                theirs = sent(recorder, lambda: client.get_web_identity_token(**members))
            mine = ours("aws GetWebIdentityToken", recorder, seconds=int(seconds), key=key, audience=audience)
        assert (mine.method, mine.target, mine.body) == (theirs.method, theirs.target, theirs.body)
        compared = ["host", "content-type", "x-amz-date", "x-amz-security-token", "authorization"]
        assert {name: mine.headers.get(name) for name in compared} == {name: theirs.headers.get(name) for name in compared}


def test_alibaba_assume_role_is_that_of_the_sdk(generator: random.Random) -> None:
    for _ in range(ROUNDS):
        seconds = awkward.timestamp(generator)
        key = {
            "id": "LTAI" + awkward.token(generator, 20),
            "secret": awkward.token(generator, 30),
            "token": awkward.session_token(generator),
        }
        role = {
            "arn": ALIBABA_ROLE,
            "session_name": session_name(generator),
            "external_id": generator.choice([None, awkward.token(generator, 20) + "=/:"]),
        }
        with Recorder() as recorder:
            client = AlibabaClient(
                openapi_models.Config(
                    access_key_id=key["id"],
                    access_key_secret=key["secret"],
                    security_token=key["token"],
                    protocol="HTTP",
                    endpoint=recorder.host,
                )
            )
            request = alibaba_models.AssumeRoleRequest(
                duration_seconds=3600,
                role_arn=role["arn"],
                role_session_name=role["session_name"],
                external_id=role["external_id"],
            )
            with sdk_clock.alibaba(seconds):
                theirs = sent(recorder, lambda: client.assume_role(request))
            nonce = theirs.headers["x-acs-signature-nonce"]
            mine = ours("alibaba AssumeRole", recorder, seconds=int(seconds), nonce_hex=nonce, key=key, role=role)
        assert (mine.method, mine.path, form(mine.query), mine.body) == ("POST", "/", form(theirs.query), theirs.body)
        signed = {name: value for name, value in theirs.headers.items() if name == "host" or name.startswith("x-acs-")}
        # The SDK names its kind of credentials in a header of its own, and signs that, too.
        del signed["x-acs-credentials-provider"]
        assert {name: mine.headers[name] for name in signed} == signed
        signing = SimpleNamespace(method="POST", pathname="/", query=form(mine.query), headers=signed)
        payload = hashlib.sha256(mine.body).hexdigest()
        expected = Utils.get_authorization(signing, "ACS3-HMAC-SHA256", payload, key["id"], key["secret"])
        assert mine.headers["authorization"] == expected


def test_alibaba_assume_role_with_oidc_differs_in_nothing_but_where_the_token_stands(generator: random.Random) -> None:
    for _ in range(ROUNDS):
        role = {"arn": ALIBABA_ROLE, "session_name": session_name(generator)}
        token = web_token(generator)
        with Recorder() as recorder:
            client = AlibabaClient(openapi_models.Config(protocol="HTTP", endpoint=recorder.host))
            request = alibaba_models.AssumeRoleWithOIDCRequest(
                duration_seconds=3600,
                oidcprovider_arn=ALIBABA_PROVIDER,
                oidctoken=token,
                role_arn=role["arn"],
                role_session_name=role["session_name"],
            )
            theirs = sent(recorder, lambda: client.assume_role_with_oidc(request))
            mine = ours(
                "alibaba AssumeRoleWithOIDC",
                recorder,
                seconds=int(time.time()),
                role=role,
                provider=ALIBABA_PROVIDER,
                token=token,
            )
        assert theirs.method == mine.method == "POST"
        of_theirs = form(theirs.query) | form(theirs.body)
        of_ours = form(mine.query) | form(mine.body)
        # A request without a signature needs no nonce: the SDK's other form of this call, in alibabacloud-credentials, sends none either.
        of_theirs.pop("SignatureNonce")
        for parameters in (of_theirs, of_ours):
            time.strptime(parameters.pop("Timestamp"), "%Y-%m-%dT%H:%M:%SZ")
        of_theirs["Format"] = of_theirs["Format"].upper()
        assert of_ours == of_theirs
        assert token not in mine.target and token in mine.body.decode()
        assert "authorization" not in mine.headers.keys() | theirs.headers.keys()
        assert mine.headers["content-type"] == "application/x-www-form-urlencoded"


def tencent_profile(recorder: Recorder) -> ClientProfile:
    return ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=recorder.host))


def assert_same_call_of_tencent(mine: RecordedRequest, theirs: RecordedRequest) -> None:
    assert (mine.method, mine.target) == (theirs.method, theirs.target)
    assert json.loads(mine.body) == json.loads(theirs.body)
    names = ["host", "content-type", "x-tc-action", "x-tc-version", "x-tc-region", "x-tc-timestamp", "x-tc-token"]
    assert {name: mine.headers.get(name) for name in names} == {name: theirs.headers.get(name) for name in names}


def test_tencent_assume_role_is_that_of_the_sdk(generator: random.Random) -> None:
    for _ in range(ROUNDS):
        seconds = int(awkward.timestamp(generator))
        key = {
            "id": "AKID" + awkward.token(generator, 32),
            "secret": awkward.token(generator, 32),
            "token": awkward.session_token(generator),
        }
        role = {"arn": TENCENT_ROLE, "session_name": session_name(generator)}
        with Recorder() as recorder:
            credential = tencent_credential.Credential(key["id"], key["secret"], key["token"])
            client = CommonClient("sts", "2018-08-13", credential, "ap-guangzhou", tencent_profile(recorder))
            # As STSAssumeRoleCredential of the same package calls it, which knows no session tokens.
            members = {"RoleArn": role["arn"], "RoleSessionName": role["session_name"], "DurationSeconds": 3600}
            with sdk_clock.tencent(seconds):
                theirs = sent(recorder, lambda: client.call_json("AssumeRole", members))
            mine = ours("tencent AssumeRole", recorder, region="ap-guangzhou", seconds=seconds, key=key, role=role)
        assert_same_call_of_tencent(mine, theirs)
        assert mine.headers["authorization"] == tencent_authorization(mine, key)


def tencent_authorization(request: RecordedRequest, key: dict) -> str:
    """The last step is the SDK's; the bodies differ in blanks, and with them the signatures."""
    signed = ["content-type", "host", "x-tc-action"]
    lines = "".join(f"{name}:{request.headers[name].lower()}\n" for name in signed)
    body = hashlib.sha256(request.body).hexdigest()
    canonical = f"POST\n/\n\n{lines}\n{';'.join(signed)}\n{body}"
    timestamp = request.headers["x-tc-timestamp"]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(timestamp)))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/sts/tc3_request\n{digest}"
    signature = Sign.sign_tc3(key["secret"], date, "sts", to_sign)
    scope = f"{key['id']}/{date}/sts/tc3_request"
    return f"TC3-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"


def test_tencent_assume_role_with_web_identity_is_that_of_the_sdk(generator: random.Random) -> None:
    for _ in range(ROUNDS):
        seconds = int(awkward.timestamp(generator))
        role = {"arn": TENCENT_ROLE, "session_name": session_name(generator)}
        token = web_token(generator)
        with Recorder() as recorder:
            credential = tencent_credential.OIDCRoleArnCredential(
                "ap-guangzhou", "aws", token, role["arn"], role["session_name"], 3600, recorder.host
            )
            plain = mock.patch.object(tencent_credential, "HttpProfile", lambda: HttpProfile(protocol="http"))
            with sdk_clock.tencent(seconds), plain:
                theirs = sent(recorder, credential.refresh)
            mine = ours(
                "tencent AssumeRoleWithWebIdentity",
                recorder,
                region="ap-guangzhou",
                seconds=seconds,
                role=role,
                provider="aws",
                token=token,
            )
        assert_same_call_of_tencent(mine, theirs)
        assert mine.headers["authorization"] == theirs.headers["authorization"] == "SKIP"
