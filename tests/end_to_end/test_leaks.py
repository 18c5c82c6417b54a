"""The search for secrets finds what it looks for, wherever it may stand. It is done when all tests have ended (conftest.py)."""

import base64
import json
from urllib.parse import quote

import pytest
from bundle import Bundle, until
from leaks import ANYWHERE, IN_LOGS, RECEIPT, Forbidden, without_client_id, written

KEY = "canary/Zq8vN2xW7rT4yK9mB3cD6fH1+="
DIGITS = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"key {KEY}!", "KEY (plain)"),
        ("..Zq8vN2xW7rT4..", "KEY (plain)"),
        (KEY.encode().hex().upper(), "KEY (hex)"),
        *((base64.b64encode(f"{before}{KEY}".encode()).decode(), "KEY (base64)") for before in ("", "a", "ab")),
        ("Z%71%38vN2xW7rT4", "KEY (plain)"),
        (quote(base64.b64encode(KEY.encode()).decode(), safe=""), "KEY (base64)"),
        (str(list(KEY.encode())), "KEY (plain)"),
        (f"Authorization: TC3-HMAC-SHA256 Credential=A/2019, SignedHeaders=host, Signature={DIGITS}", "a request signature"),
        (json.dumps(json.dumps({"Signature": DIGITS})), "a request signature"),
        ("v1,4fFDAcXMKPPN6eWpmmZVxWzrk4CBy4A6GAZlDJj1xbQ=", "a webhook's signature"),
        ("Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "a token"),
        ("-----BEGIN CERTIFICATE-----", "a certificate"),
        ('"client_id":"truck-0"', "the name of a certificate"),
        (f'"receipt":"{RECEIPT}icHJvdmlkZXI"', "a receipt (plain)"),
        (base64.b64encode(f"a{RECEIPT}".encode()).decode(), "a receipt (base64)"),
        ("..Zq8vN2xW7rT..", None),
        (f'"fingerprint_sha256":"{DIGITS}"', None),
        ("unauthenticated: the webhook signature is missing, v1,short", None),
    ],
)
def test_each_kind_of_leak_is_found_in_a_line(line: str, expected: str | None) -> None:
    assert Forbidden([("KEY", KEY), ("a receipt", RECEIPT)], IN_LOGS).find(line) == expected


def test_receipts_certificates_and_names_may_stand_outside_of_logs() -> None:
    forbidden = Forbidden([("KEY", KEY)], ANYWHERE)
    assert [forbidden.find(line) for line in (RECEIPT, "BEGIN CERTIFICATE", "truck-0", KEY)] == [None, None, None, "KEY (plain)"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"message": "ending a session", "client_id": "truck-0", "result": {"client_id": "truck-0"}}, None),
        ({"message": "ending a session", "client_id": "truck-0", "reason": "truck-1"}, "the name of a certificate"),
        ({"message": "answer", "client_id": "truck-0"}, "the name of a certificate"),
    ],
)
def test_the_audit_of_a_disconnection_may_name_its_client(line: dict[str, object], expected: str | None) -> None:
    written_line = json.dumps(line, separators=(",", ":"))
    assert Forbidden([("KEY", KEY)], IN_LOGS).find(without_client_id(written_line)) == expected


@pytest.mark.parametrize("secret", ["fifteen-letters", "a secret of words"])
def test_a_secret_that_would_be_passed_over_is_refused(secret: str) -> None:
    with pytest.raises(AssertionError, match="KEY"):
        Forbidden([("KEY", secret)], ANYWHERE)


def test_logs_messages_and_histories_are_looked_through(bundle: Bundle) -> None:
    of = bundle.emulator.client
    of("logs").create_log_group(logGroupName="marked")
    of("logs").create_log_stream(logGroupName="marked", logStreamName="one")
    of("logs").put_log_events(logGroupName="marked", logStreamName="one", logEvents=[{"timestamp": 0, "message": "a line"}])
    url = of("sqs").create_queue(QueueName="marked")["QueueUrl"]
    for number in range(2):
        of("sqs").send_message(QueueUrl=url, MessageBody=f"message {number}")
    of("sqs").receive_message(QueueUrl=url, VisibilityTimeout=600)
    machines, nothing = of("stepfunctions"), {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    nothing |= {"StartAt": "Nothing", "States": {"Nothing": {"Type": "Pass", "Result": "of a child", "End": True}}}
    each = {"Type": "Map", "ItemProcessor": nothing, "End": True}
    machine = bundle.state_machine("marked", {"StartAt": "Each", "States": {"Each": each}})
    arn = machines.start_execution(stateMachineArn=machine, input='["an input"]')["executionArn"]
    until(lambda: machines.describe_execution(executionArn=arn)["status"] != "RUNNING", 10)
    outputs = list(written(bundle.emulator))
    for text, is_log in (("a line", True), ("message 0", False), ("message 1", False), ("an input", False), ("of a child", False)):
        assert [output.is_log for output in outputs if text in output.text][:1] == [is_log], text
