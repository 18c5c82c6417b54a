"""Messages are done, come back or are kept, and their answers arrive."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from bundle import INSTANCE, SOURCE, Bundle, Pool, until

DELIVERIES = 5


@pytest.fixture
def hidden_seconds(bundle: Bundle, request: pytest.FixtureRequest) -> Iterator[int]:
    """How long a message of the queue of inactivate stays hidden during the test."""
    with bundle.hidden_for("inactivate", request.param):
        yield request.param


# Longer than a batch takes on a busy machine: otherwise a message is delivered again while it is worked on.
@pytest.mark.parametrize("hidden_seconds", [5], indirect=True)
def test_messages_are_done_come_back_or_end_as_dead_letters(bundle: Bundle, pool: Pool, hidden_seconds: int) -> None:
    orders = pool.orders(9)
    late = list(orders)[2:4]
    for serial in late:
        # As many attempts as one delivery makes.
        bundle.providers.fail("alibaba-mqtt", action="GetDeviceCertificate", containing=serial, times=3, fault="unavailable")
    unusable = json.dumps({"instance_id": INSTANCE, "no_such_member": 1, "certificates": []})
    ids = bundle.send("inactivate", [*orders.values(), unusable])

    until(lambda: bundle.waiting("InactivateQueueUrl") == 0, 10 + hidden_seconds * DELIVERIES)
    (dead,) = bundle.take("InactivateDeadLetterQueueUrl")
    assert dead["MessageId"] == ids[9] and dead["Body"] == unusable
    # The log says why, once for each delivery.
    reasons = [line for line in bundle.log("inactivate", ids[9]) if "no_such_member" in json.dumps(line)]
    assert len(reasons) == DELIVERIES, reasons

    assert done(bundle, orders) == dict.fromkeys(orders, 1)
    deliveries = Counter(
        serial for call in bundle.providers.calls("GetDeviceCertificate") for serial in late if in_call(serial, call)
    )
    assert all(count > 3 for count in deliveries.values()) and len(deliveries) == 2, deliveries

    wanted = dict(zip(ids[:9], orders, strict=True))
    results = [event for event in bundle.results() if event["id"] in ids]
    assert sorted(event["id"] for event in results) == sorted(wanted)
    for event in results:
        check_cloud_event(event)
        assert event["type"] == "device-certificates.inactivate.answer"
        (result,) = event["data"]["results"]
        assert (result["provider_serial_number"], result["outcome"]) == (wanted[event["id"]], "inactivated")


# Longer than a batch takes, as six timeouts are on AWS.
@pytest.mark.parametrize("hidden_seconds", [9], indirect=True)
def test_an_outage_loses_nothing_and_repeats_nothing(bundle: Bundle, pool: Pool, hidden_seconds: int) -> None:
    orders = pool.orders(200)
    ids = bundle.send("inactivate", list(orders.values()))
    until(lambda: sum(done(bundle, orders).values()) >= 40, 30)
    bundle.providers.fail("alibaba-mqtt", times=1_000_000, fault="unavailable")
    before = done(bundle, orders)
    time.sleep(30)
    assert 40 <= sum(before.values()) == sum(done(bundle, orders).values()) < 200, "the outage was not in the middle"
    bundle.providers.heal()

    until(lambda: bundle.waiting("InactivateQueueUrl") == 0, 60)
    assert done(bundle, orders) == dict.fromkeys(orders, 1)
    held = bundle.providers.certificates("alibaba-mqtt", INSTANCE)
    assert {one["Status"] for one in held if one["DeviceSn"] in orders} == {"0"}
    assert not list(bundle.take("InactivateDeadLetterQueueUrl"))
    answered = Counter(event["id"] for event in bundle.results() if event["id"] in ids)
    assert answered == Counter(ids)


def test_the_schedule_delivers_a_summary(bundle: Bundle) -> None:
    def summaries() -> list[dict[str, Any]]:
        told = [event for event in bundle.results() if event["type"].startswith("device-certificates.describe.")]
        # Other tests have other summaries made.
        return [event for event in told if [source["provider"] for source in event["data"]["sources"]] == [SOURCE["provider"]]]

    # The first comes a minute after the deployment, and the emulator looks every ten seconds.
    event = until(summaries, max(5, 95 - (time.monotonic() - bundle.deployed_at)), every=1)[0]
    check_cloud_event(event)
    assert event["type"] == "device-certificates.describe.answer"
    (source,) = event["data"]["sources"]
    assert source["error"] is None
    assert event["data"]["counts"]["certificates"] == source["counts"]["certificates"] > 0


def test_an_event_that_is_given_up_is_kept(bundle: Bundle) -> None:
    event = {"id": "1", "detail-type": "Order", "detail": {"no_such_member": 1}}
    function = bundle.deployment.functions["status"]
    bundle.emulator.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    (kept,) = until(lambda: list(bundle.take("FailuresQueueUrl")), 20)
    told = json.loads(kept["Body"])
    assert told["requestPayload"] == event and "no_such_member" in json.dumps(told["responsePayload"])


def done(bundle: Bundle, orders: dict[str, str]) -> dict[str, int]:
    """How often each certificate was inactivated at the provider."""
    calls = bundle.providers.calls("InactivateDeviceCertificate")
    return dict(
        Counter(
            serial for call in calls if call["outcome"] == "ok" for serial in [call["parameters"]["DeviceSn"]] if serial in orders
        )
    )


def in_call(serial: str, call: dict[str, Any]) -> bool:
    return call["parameters"]["DeviceSn"] == serial


def check_cloud_event(event: dict[str, Any]) -> None:
    """The attributes that CloudEvents 1.0 demands, and the form of those that it does not."""
    assert event["specversion"] == "1.0"
    assert all(event[name] and isinstance(event[name], str) for name in ("id", "source", "type"))
    assert all(re.fullmatch("[a-z0-9]+", name) for name in event), event
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", event["time"])
    assert event["datacontenttype"] == "application/json" and isinstance(event["data"], dict)
