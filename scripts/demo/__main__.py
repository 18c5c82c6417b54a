"""`make demo` tells a story with the three real functions; `make run` leaves them up for you to try."""

import json
import shlex
import signal
import sys
from urllib.parse import quote

from bundle import INSTANCE, SOURCES, Bundle, Failure, build, needs_python, say

# A device that is connected to three brokers, and one whose name begins with its name.
DEVICE = "excavator-7940"
NEIGHBOUR = "excavator-79401"
TENCENT = ("tencent-mqtt", "mqtt-qgzaawn9")
ALIBABA = ("alibaba-mqtt", INSTANCE)
AWS = ("aws-iot", "eu-west-1")
STOLEN = {"serial_number": "356217374433", "ca_serial_number": "007269004887"}
# The name of a certificate that the CA has revoked, and that Alibaba Cloud MQTT takes all the same.
REVOKED = "gateway-munich-plant-7002"
# Each certificate is counted once, in the first range that holds its end.
RANGES = {"within_7_days": "within 7 days", "within_30_days": "in 7 to 30 days", "within_90_days": "in 30 to 90 days"}


def main(arguments: list[str]) -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        needs_python()
        build()
        with Bundle() as bundle:
            if arguments == ["stay"]:
                stay(bundle)
            else:
                tell(bundle)
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130 if arguments != ["stay"] else 0
    return 0


def tell(bundle: Bundle) -> None:
    say("\nThe real functions run under cargo-lambda's emulator. The four providers are simulated on this machine;")
    say("every call to them is signed, and they check it as the real ones do.")

    chapter("1. Which active certificates expire within 30 days? (describe, Tencent Cloud MQTT)")
    query = "instance_id=mqtt-qgzaawn9&statuses=active&expires_within_days=30"
    answer = get(bundle, "describe", f"{query}&limit=2")
    expect(len(answer["certificates"]) == 2 and answer["next_cursor"], "two certificates and a cursor for the rest")
    say("There is more. The rest, behind the cursor, in short:")
    query = f"{query}&limit=1000&cursor={quote(answer['next_cursor'])}"
    say(f"$ curl '{bundle.url('describe')}?{query}'")
    status, answer = bundle.get("describe", query)
    expect(status == 200 and answer["certificates"] and answer["next_cursor"] is None, "the rest of the list")
    for certificate in answer["certificates"][:5]:
        say(f"  {certificate['not_after']}  {certificate['serial_number']:<40}  {certificate['subject']['common_name']}")
    say(f"  ... {len(answer['certificates'])} certificates")

    chapter("2. How does the whole fleet look, over four clouds? (describe, every source)")
    query = "sources=all&summary=true&limit=0"
    say(f"$ curl '{bundle.url('describe')}?{query}'")
    status, answer = bundle.get("describe", query)
    is_whole = status == 200 and answer["next_cursor"] is None and not any(source["error"] for source in answer["sources"])
    if not is_whole:
        show(answer)
    expect(is_whole and len(answer["sources"]) == len(SOURCES), "every source to its end")
    say("One answer; in short:")
    for source in answer["sources"]:
        in_short(" ".join(filter(None, [source["provider"], source["region"], source["instance_id"]])), source["counts"])
    in_short("all together", answer["counts"])

    chapter("3. A device was stolen. Only its name is known, and it is connected to three brokers right now.")
    connections(bundle)
    say("One order finds its certificates at every source that knows device names, and a dry run shows them:")
    order = {
        "sources": "all",
        "select": {"client_ids": [DEVICE]},
        "max_certificates": 2,
        "end_sessions": True,
        "reason": "device reported stolen",
    }
    would = post(bundle, "inactivate", {**order, "dry_run": True})
    expect([result["outcome"] for result in would["results"]] == ["would_inactivate"] * 2, "a certificate at two brokers")
    say("The private CA inactivates nothing, and Alibaba Cloud MQTT knows no device names: both say so under \"sources\".")
    say("Now for real. Each certificate is read before and after, and each session is looked at again, so that success is never just claimed.")
    done = post(bundle, "inactivate", order)
    expect([result["cut_off"] for result in done["results"]] == [True, True], "a device that is cut off at two brokers")

    chapter("4. At Alibaba Cloud MQTT the order names the certificate, and the device's client id beside it.")
    held = next(one for one in bundle.held_by("alibaba-mqtt") if one["DeviceSn"] == bundle.client(ALIBABA, DEVICE)["certificate"])
    stolen = {"serial_number": held["DeviceSn"], "ca_serial_number": held["CaSn"], "client_ids": [DEVICE]}
    place = {"provider": "alibaba-mqtt", "instance_id": ALIBABA[1]}
    by_name = {**place, "certificates": [stolen], "end_sessions": True, "reason": "device reported stolen"}
    last = post(bundle, "inactivate", by_name)
    expect(last["results"][0]["cut_off"] is True, "a device that is cut off at the third broker, too")
    expect(outcome(post(bundle, "inactivate", by_name)) == "already_inactive", "an inactive certificate")
    say("The device is gone everywhere. Its neighbour at Tencent Cloud, whose name begins with the device's, is still there:")
    connections(bundle)

    chapter("5. It was the wrong device. Each change gave a receipt, and by the receipts it is taken back.")
    receipts = [result["receipt"] for result in [*done["results"], *last["results"]]]
    back = post(bundle, "inactivate", {"undo": {"receipts": receipts}, "reason": "wrong device"})
    expect([result["outcome"] for result in back["results"]] == ["reactivated"] * 3, "three reactivated certificates")
    connections(bundle)

    chapter("6. What does the certificate authority say about three serial numbers? (status, Alibaba Cloud private CA)")
    states = {certificate["Status"]: certificate["SerialNumber"] for certificate in bundle.held_by("alibaba-cas")}
    serials = [states["good"], states["revoked"], "00c0ffee"]
    answer = get(bundle, "status", "serial_number=" + ",".join(serials))
    told = [result["status"] for result in answer["results"]]
    expect(told == ["good", "revoked", "unknown"], "good, revoked, unknown")

    chapter("7. Which device can connect although its certificate is revoked? (status, the broker against the CA)")
    revoked = usable_though_revoked(bundle)
    question = {
        "provider": "alibaba-mqtt",
        "instance_id": INSTANCE,
        "certificates": [revoked],
        "cross_check": {"provider": "alibaba-pca"},
    }
    expect(flags(post(bundle, "status", question)) == ["revoked_at_ca_but_active"], "the flag of a dangerous state")
    say("The CA has revoked it, and the broker takes it all the same. Once the broker has it off, too, the danger is over:")
    closing = {"instance_id": INSTANCE, "certificates": [revoked], "reason": "revoked at the CA"}
    expect(outcome(post(bundle, "inactivate", closing)) == "inactivated", "an inactivated certificate")
    expect(flags(post(bundle, "status", question)) == [], "no flag any more")

    chapter("8. Orders from a queue: an SQS batch of three records, one of them bad.")
    order = {"instance_id": INSTANCE, "certificates": [STOLEN], "reason": "device reported stolen"}
    bodies = [json.dumps(order), '{"instance_id": "post-cn-7mz2d0000", "certificates": ["oops"', json.dumps({**order, "dry_run": True})]
    event = {"Records": [record(f"message-{number}", body) for number, body in enumerate(bodies, 1)]}
    say("$ aws lambda invoke --function-name inactivate --payload")
    show(event)
    answer = bundle.invoke("inactivate", event)
    show(answer)
    expect(answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}, "only the bad record to come back")
    say("Only the bad record goes back to its queue, and from there to the dead-letter queue. The others are done.")

    chapter("What the providers saw")
    for vendor, seen in bundle.calls()["numbers"].items():
        for action, numbers in seen["actions"].items():
            say(f"  {vendor:<13} {action:<48} {numbers['count']:>3} calls")
    say("\nDone; everything that was started is stopped. `make run` leaves it up for you to try.")


def stay(bundle: Bundle) -> None:
    good = next(certificate for certificate in bundle.held_by("alibaba-cas") if certificate["Status"] == "good")
    order = json.dumps({"instance_id": INSTANCE, "certificates": [STOLEN], "dry_run": True})
    event = json.dumps({"Records": [record("message-1", order)]})
    say("\nThe functions are up. Paste these into another terminal; Ctrl-C here stops everything.\n")
    question = {"provider": "alibaba-mqtt", "instance_id": INSTANCE, "certificates": [usable_though_revoked(bundle)]}
    question = json.dumps({**question, "cross_check": {"provider": "alibaba-pca"}})
    say(f"curl -s '{bundle.url('describe')}?instance_id=mqtt-qgzaawn9&expires_within_days=30&limit=2'\n")
    say(f"curl -s '{bundle.url('describe')}?sources=all&summary=true&limit=0'\n")
    say(f"curl -s {bundle.url('inactivate')} -d {shlex.quote(order)}\n")
    say(f"curl -s '{bundle.url('status')}?serial_number={good['SerialNumber']},00c0ffee'\n")
    say(f"curl -s {bundle.url('status')} -d {shlex.quote(question)}\n")
    say(f"curl -s {bundle.emulator}/2015-03-31/functions/inactivate/invocations -d {shlex.quote(event)}\n")
    say(f"The providers' state: curl -s '{bundle.simulator['control_url']}/certificates?vendor=alibaba-mqtt&limit=5'")
    signal.pause()


def connections(bundle: Bundle) -> None:
    """Shows who is connected, as the brokers know it."""
    for broker, client_id in ((TENCENT, DEVICE), (TENCENT, NEIGHBOUR), (ALIBABA, DEVICE), (AWS, DEVICE)):
        state = "connected" if bundle.client(broker, client_id)["connected"] else "not connected"
        say(f"  {broker[0]:<13} {client_id:<16} {state}")
    say("")


def usable_though_revoked(bundle: Bundle) -> dict:
    """The certificate's serial numbers in the broker's own spelling."""
    held = next(certificate for certificate in bundle.held_by("alibaba-mqtt") if certificate["DeviceName"] == REVOKED)
    return {"serial_number": held["DeviceSn"], "ca_serial_number": held["CaSn"]}


def chapter(title: str) -> None:
    say(f"\n{'-' * 100}\n{title}\n")


def get(bundle: Bundle, function: str, query: str) -> dict:
    say(f"$ curl '{bundle.url(function)}?{query}'")
    return shown(*bundle.get(function, query))


def post(bundle: Bundle, function: str, body: dict) -> dict:
    say(f"$ curl {bundle.url(function)} -d {shlex.quote(json.dumps(body))}")
    return shown(*bundle.post(function, body))


def shown(status: int, answer: dict) -> dict:
    say(f"HTTP {status}")
    show(answer)
    expect(status == 200, "HTTP 200")
    return answer


def show(value: dict) -> None:
    say(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def in_short(name: str, counts: dict) -> None:
    say(f"  {name}: {counts['certificates']} certificates")
    for how, kinds in (("now", counts["by_effective_status"]), ("end", counts["by_expiry"])):
        say(f"    {how}: " + ", ".join(f"{number} {RANGES.get(kind, kind.replace('_', ' '))}" for kind, number in kinds.items() if number))


def outcome(answer: dict) -> str:
    return answer["results"][0]["outcome"]


def flags(answer: dict) -> list[str]:
    return answer["results"][0]["flags"]


def record(message_id: str, body: str) -> dict:
    arn = "arn:aws:sqs:eu-west-1:111122223333:inactivate"
    return {"messageId": message_id, "body": body, "eventSource": "aws:sqs", "eventSourceARN": arn}


def expect(held: bool, what: str) -> None:
    if not held:
        raise Failure(f"The demonstration expected {what}, and got the answer above instead.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
