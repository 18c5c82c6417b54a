"""Orders that come more than once, with the table of idempotency keys that the template makes."""

import json
import os
import signal
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bundle import Bundle, Pool, signed, until
from deployment import Deployment
from emulator import OPERATOR, processes

NAME = "keys"
REPLAYS = 50
DAY = 24 * 60 * 60
# Status, whether the answer is that of an earlier request, and the body.
Told = tuple[int, bool, str]


@pytest.fixture(scope="module")
def deployment(bundle: Bundle) -> Deployment:
    """A stack of this module's own, whose processes it kills."""
    return bundle.deploy(NAME)


class Sender:
    """Sends one order, which inactivates one certificate."""

    def __init__(self, bundle: Bundle, pool: Pool, deployment: Deployment) -> None:
        self._bundle, self._deployment = bundle, deployment
        ((self._serial, self.order),) = pool.orders(1).items()
        self.id = f"msg_{uuid.uuid4().hex}"

    def webhook(self, headers: dict[str, str] | None = None) -> Told:
        """A delivery of the webhook; one with a signature of its own, unless the headers are given."""
        return self._send("/webhooks/inactivate", self.order, headers or signed(self.order, message_id=self.id))

    def with_key(self, key: str, order: str | None = None) -> Told:
        return self._send("/inactivate", order or self.order, {"idempotency-key": key}, OPERATOR)

    def _send(self, path: str, order: str, headers: dict[str, str], key: tuple[str, str] | None = None) -> Told:
        status, told, body = self._bundle.exchange("POST", path, order, headers, key, self._deployment)
        return status, told.get("idempotency-replayed") == "true", body

    def outcomes(self) -> Counter[str]:
        """The outcomes of the order each time that it came out of the queue, since this was asked last."""
        told = lambda: list(self._bundle.take("ResultsQueueUrl", self._deployment))  # noqa: E731
        messages = until(told, 20)
        # The result comes before the order leaves its queue.
        until(lambda: self._bundle.waiting("InactivateQueueUrl", self._deployment) == 0, 20)
        events = [json.loads(message["Body"]) for message in [*messages, *told()]]
        assert {event["id"] for event in events} == {self.id}, events
        return Counter(result["outcome"] for event in events for result in event["data"]["results"])

    def writes(self) -> int:
        calls = self._bundle.providers.calls("InactivateDeviceCertificate")
        return sum(call["parameters"]["DeviceSn"] == self._serial for call in calls)


@pytest.fixture
def sender(bundle: Bundle, pool: Pool, deployment: Deployment) -> Sender:
    return Sender(bundle, pool, deployment)


def test_replays_of_a_webhook_are_carried_out_once(sender: Sender) -> None:
    headers = signed(sender.order, message_id=sender.id)
    body = json.dumps({"order_id": sender.id}, separators=(",", ":"))
    assert sender.webhook(headers) == (202, False, body)
    replays = Counter(sender.webhook(headers) for _ in range(REPLAYS))
    assert replays == {(202, True, body): REPLAYS}
    assert sender.outcomes() == {"inactivated": 1}
    assert sender.writes() == 1


def test_the_repeats_of_a_sender_over_days_get_the_first_answer(bundle: Bundle, deployment: Deployment, sender: Sender) -> None:
    status, _, body = sender.webhook(signed(sender.order, time.time() - 200, sender.id))
    assert status == 202, body
    for days in (1, 2):
        grow_older(bundle, deployment, days * DAY)
        assert sender.webhook() == (202, True, body)
    assert sender.outcomes() == {"inactivated": 1}
    # After seven days the key is unused, and the certificate is off.
    grow_older(bundle, deployment, 5 * DAY)
    assert sender.webhook() == (202, False, body)
    assert sender.outcomes() == {"already_inactive": 1}
    assert sender.writes() == 1


def test_two_senders_with_one_key_make_one_change(bundle: Bundle, sender: Sender) -> None:
    bundle.providers.fail("alibaba-mqtt", action="GetDeviceCertificate", times=1, fault={"delay": 1500})
    try:
        with ThreadPoolExecutor(2) as senders:
            told = list(senders.map(lambda _: sender.with_key("order-4711"), range(2)))
    finally:
        bundle.providers.heal()
    assert sorted((status, is_replayed) for status, is_replayed, _ in told) == [(200, False), (409, False)], told
    (body,) = (body for status, _, body in told if status == 200)
    assert sender.with_key("order-4711") == (200, True, body)
    assert sender.writes() == 1


def test_a_key_is_good_for_one_request(sender: Sender) -> None:
    key = str(uuid.uuid4())
    assert sender.with_key(key)[:2] == (200, False)
    status, is_replayed, body = sender.with_key(key, sender.order.replace("end to end", "another"))
    assert (status, is_replayed, '"idempotency_mismatch"' in body) == (422, False, True)
    assert sender.writes() == 1


def test_the_order_of_a_killed_function_is_carried_out_by_a_repeat(bundle: Bundle, deployment: Deployment, sender: Sender) -> None:
    function, key = deployment.functions["inactivate"], str(uuid.uuid4())
    bundle.providers.fail("alibaba-mqtt", action="GetDeviceCertificate", times=1, fault="stall")
    try:
        with ThreadPoolExecutor(1) as senders:
            first = senders.submit(sender.with_key, key)
            until(lambda: claimed(bundle, deployment), 10, every=0.05)
            for process in processes(function):
                os.kill(process, signal.SIGKILL)
            assert first.result()[0] >= 500
    finally:
        bundle.providers.heal()
    assert sender.writes() == 0
    assert sender.with_key(key)[0] == 409
    # The function could have run for 29 seconds.
    grow_older(bundle, deployment, 30)
    status, is_replayed, body = sender.with_key(key)
    assert (status, is_replayed, sender.writes()) == (200, False, 1), body
    assert sender.with_key(key) == (200, True, body)


def test_the_webhook_of_a_function_that_ended_before_it_answered_is_taken_again(
    bundle: Bundle, deployment: Deployment, sender: Sender
) -> None:
    """It may have put the order into the queue by then: the second order finds the certificate off."""
    status, _, body = sender.webhook()
    assert status == 202, body
    assert sender.outcomes() == {"inactivated": 1}
    forget_answers(bundle, deployment)
    assert sender.webhook()[0] == 409
    grow_older(bundle, deployment, 30)
    assert sender.webhook() == (202, False, body)
    assert sender.outcomes() == {"already_inactive": 1}
    assert sender.webhook() == (202, True, body)
    assert sender.writes() == 1


def test_without_the_table_nothing_is_carried_out(bundle: Bundle, pool: Pool) -> None:
    deployment = bundle.deploy("keys-without-a-table")
    sender = Sender(bundle, pool, deployment)
    name = deployment.outputs["IdempotencyTableName"]
    tables = bundle.emulator.client("dynamodb")
    protected = tables.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
    assert protected, "the table can be deleted"
    tables.update_table(TableName=name, DeletionProtectionEnabled=False)
    tables.delete_table(TableName=name)
    for told in (sender.webhook(), sender.with_key("order-1")):
        assert told[0] == 503 and "IDEMPOTENCY_TABLE" in told[2], told
    assert sender.writes() == 0


def items(bundle: Bundle, deployment: Deployment) -> list[dict[str, Any]]:
    name = deployment.outputs["IdempotencyTableName"]
    return bundle.emulator.client("dynamodb").scan(TableName=name)["Items"]


def claimed(bundle: Bundle, deployment: Deployment) -> list[dict[str, Any]]:
    """The keys of requests that are being carried out."""
    return [item for item in items(bundle, deployment) if "body" not in item]


def forget_answers(bundle: Bundle, deployment: Deployment) -> None:
    """Each key is as it was while its request was being carried out."""
    for item in items(bundle, deployment):
        claim = {name: value for name, value in item.items() if name not in ("status", "body")}
        bundle.emulator.client("dynamodb").put_item(TableName=deployment.outputs["IdempotencyTableName"], Item=claim)


def grow_older(bundle: Bundle, deployment: Deployment, seconds: int) -> None:
    """To each key it is so much later."""
    tables = bundle.emulator.client("dynamodb")
    for item in items(bundle, deployment):
        for attribute, unit in (("expires_at", 1), ("claimed_until", 1000)):
            item[attribute] = {"N": str(int(item[attribute]["N"]) - seconds * unit)}
        tables.put_item(TableName=deployment.outputs["IdempotencyTableName"], Item=item)
