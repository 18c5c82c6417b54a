"""How functions come by their keys."""

import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from bundle import FUNCTIONS, INSTANCE, Bundle, key_text, secret
from emulator import OPENER
from extension import keys_of_functions


# A certificate that the provider knows: one call answers it, where an unknown one is asked for in each spelling.
QUESTION = {"certificates": [{"serial_number": "b67e53ebcea9b77d65b0c3236646d715"}]}


def test_a_role_reads_its_own_secret_and_nobody_elses(bundle: Bundle) -> None:
    for function, role in bundle.deployment.roles.items():
        given = bundle.emulator.client("sts").assume_role(RoleArn=role, RoleSessionName=function)["Credentials"]
        key = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        for name in (secret(other, kind) for other in FUNCTIONS for kind in ("tencent", "alibaba", "webhook")):
            # Webhooks to describe and status are answered with the function's own key; orders to inactivate go into the queue.
            owner = "" if function == "inactivate-webhook" else function.removesuffix("-webhook")
            is_own = name in (secret(owner, "tencent"), secret(owner, "alibaba"))
            assert reads(bundle, key, name) is is_own, (function, name)


def reads(bundle: Bundle, key: tuple[str, str, str], name: str) -> bool:
    try:
        return bool(bundle.emulator.client("secretsmanager", key).get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False


def test_the_extension_answers_a_function_as_its_role(bundle: Bundle) -> None:
    bundle.invoke("status", QUESTION)
    own, others = secret("status", "alibaba"), secret("inactivate", "alibaba")
    tokens = [key[2] for key in keys_of_functions()]
    answers = {(asked(bundle, token, own), asked(bundle, token, others)) for token in tokens}
    assert (200, 403) in answers and (200, 200) not in answers, answers
    assert asked(bundle, "a token that is no function's", own) == 401


def asked(bundle: Bundle, token: str, name: str) -> int:
    url = f"http://127.0.0.1:{bundle.extension.port}/secretsmanager/get?secretId={urllib.parse.quote(name, safe='')}"
    try:
        with OPENER.open(urllib.request.Request(url, headers={"X-Aws-Parameters-Secrets-Token": token})) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_key_comes_from_parameter_store_where_that_is_asked_for(bundle: Bundle) -> None:
    """The functions that have no parameter show that the key comes from nowhere else."""
    parameters = bundle.emulator.client("ssm")
    text = key_text("alibaba", bundle.providers.keys["alibaba-cas"])
    parameters.put_parameter(Name=f"/{secret('status', 'alibaba')}", Value=text, Type="SecureString")
    deployment = bundle.deploy("with-parameters", AlibabaCredentials="parameter")
    answer = bundle.invoke("status", QUESTION, deployment)
    assert answer["results"][0]["error"] is None
    with pytest.raises(AssertionError, match="ALIBABA_CLOUD_SSM_PARAMETER|parameter"):
        bundle.invoke("describe", {"provider": "alibaba-mqtt", "instance_id": INSTANCE}, deployment)


def test_a_key_is_rotated_while_calls_run(bundle: Bundle) -> None:
    """The new key is stored, later the old one is switched off: neither is seen in the answers."""
    old, new = bundle.providers.keys["alibaba-cas"], {"id": "LTAIFAKEnewOfTheTest", "secret": "FAKE-new-secret-2Lk6Rt9Wz4"}
    is_over = threading.Event()

    def answers() -> list[dict[str, Any]]:
        found = []
        while not is_over.is_set():
            found.append(bundle.invoke("status", QUESTION))
        return found

    with ThreadPoolExecutor(2) as callers:
        calling = [callers.submit(answers) for _ in range(2)]
        try:
            time.sleep(2)
            bundle.providers.take_keys("alibaba-cas", old, new)
            bundle.store(secret("status", "alibaba"), "alibaba", new)
            time.sleep(1)
            bundle.providers.take_keys("alibaba-cas", new)
            time.sleep(3)
        finally:
            is_over.set()
            bundle.providers.take_keys("alibaba-cas", old, new)

    answered = [answer for caller in calling for answer in caller.result()]
    assert len(answered) >= 10
    assert [answer for answer in answered if answer["results"][0]["error"]] == []
    calls = bundle.providers.calls("DescribeClientCertificateStatusForSerialNumber")
    assert "InvalidAccessKeyId.NotFound" in {call["outcome"] for call in calls}, "the old key was never refused"
