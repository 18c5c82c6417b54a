"""The story of `make demo`: each step is one screen of 100 columns and 40 lines."""

import json
import textwrap
import time
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from bundle import INSTANCE, SOURCES, Bundle, Failure, say
from screen import WIDTH, cut, get_line, json_in_shell, laid_out, shorten

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

# The members that matter of a list, of a change, of a status, and of the log.
LISTED = {"certificates", "serial_number", "client_id", "effective_status", "usable", "not_after", "next_cursor"}
PROPOSED = {"sources", "results", "provider", "serial_number", "outcome", "status", "sessions", "clients", "client_id"}
CHANGED = {"results", "provider", "outcome", "status_before", "status", "verified", "cut_off", "receipt"}
CHANGED |= {"sessions", "clients", "client_id", "was_connected"}
TOLD = {"results", "serial_number", "found", "status", "usable", "revoked_at", "cross_check"}
LOGGED = {"timestamp", "message", "order_id", "reason", "provider_serial_number", "client_id"}
LOGGED |= {"result", "outcome", "status_before", "status", "verified"}

PICTURE = r"""
       a person or a program        a queue        a schedule        a webhook
                  |                    |                |                |
                  +--------------------+--------+-------+----------------+
                                                |
                +-------------------------------+-------------------------------+
                |                               |                               |
         [  describe  ]                  [ inactivate ]                   [  status  ]
          which expire?                    cut it off                  good or revoked?
                |                               |                               |
                +-------------------------------+-------------------------------+
                                                |  signed calls
            +-----------------------+-----------+-----------+-----------------------+
            |                       |                       |                       |
   Tencent Cloud MQTT      Alibaba Cloud MQTT         AWS IoT Core        Alibaba Cloud private CA
            |                       |                       |                issues and revokes
            +-----------------------+-----------------------+
                                    |
                      excavator-7940, which was stolen
"""


class Stage:
    """Sends requests to the functions, and shows each request and its answer; `full` shows answers uncut."""

    def __init__(self, bundle: Bundle, full: bool) -> None:
        self.bundle, self.full = bundle, full
        self.started_at = time.monotonic()
        self.requests = 0
        self.outcomes: Counter[str | None] = Counter()
        self._last: Any = None

    def get(self, function: str, parameters: dict[str, str], show: set[str] | None, pasted: dict[str, str] | None = None, **shell: str) -> dict:
        """The answer to a GET, which is shown unless `show` is None. `pasted` are the parameters for a shell where they
        differ, and `shell` is as in `_answered`."""
        line = get_line(path(function), parameters | (pasted or {}))
        return self._answered(line, self.bundle.get(function, urlencode(parameters)), show, **shell)

    def post(self, function: str, body: dict, show: set[str], pasted: str = "", **shell: str) -> dict:
        """The answer to a POST, as for `get`; `pasted` is the body for a shell where it differs."""
        data = pasted or f"\\\n{json_in_shell(body)}"
        return self._answered(f"curl -s {path(function)} -d {data}", self.bundle.post(function, body), show, **shell)

    def _answered(self, line: str, answered: tuple[int, dict], show: set[str] | None, first: str = "", keep: str = "") -> dict:
        """Shows a request and its answer. For a shell, `first` is done before it, and `keep` is the variable of the answer."""
        say("$ " + (f"{first}\n  " if first else "") + (f'{keep}=$({line}) && echo "${keep}"' if keep else line))
        status, answer = answered
        self.requests += 1
        self._last = answer
        say(f"HTTP {status}")
        self.expect(status == 200, "HTTP 200")
        if show is not None:
            self.show(answer, show)
        for result in answer.get("results", []):
            self.outcomes[result.get("outcome")] += 1
            sessions = result.get("sessions") or {"clients": []}
            self.outcomes["sessions ended"] += sum(client["outcome"] == "ended" for client in sessions["clients"])
        return answer

    def invoke(self, function: str, event: dict) -> dict:
        """The answer of a function to an event, by Lambda's own API."""
        say(f"$ curl -s ${{api%/lambda-url}}/2015-03-31/functions/{function}/invocations -d \\\n{json_in_shell(event)}")
        answer = self._last = self.bundle.invoke(function, event)
        self.requests += 1
        say(f"{laid_out(answer)}\n")
        return answer

    def show(self, value: Any, members: set[str]) -> None:
        say((json.dumps(value, indent=2, ensure_ascii=False) if self.full else laid_out(cut(value, members))) + "\n")

    def expect(self, held: bool, what: str) -> None:
        """Fails, and shows the whole last answer, unless the expectation holds."""
        if not held:
            say(json.dumps(self._last, indent=2, ensure_ascii=False))
            raise Failure(f"The demonstration expected {what}, and got the answer above instead.")


def tell(bundle: Bundle, full: bool) -> None:
    stage = Stage(bundle, full)
    introduce(full)
    which_expire(stage)
    the_whole_fleet(stage)
    would_be_cut_off(stage)
    first = cut_off(stage)
    audit(stage, first)
    last = cut_off_by_certificate(stage)
    take_back(stage, [first, last])
    ask_the_authority(stage)
    revoked_but_active(stage)
    from_a_queue(stage)
    total(stage)


def introduce(full: bool) -> None:
    chapter("A stolen excavator")
    say(PICTURE)
    say("The three functions are the real ones, under cargo-lambda's emulator. The four providers are")
    say("simulated on this machine; every call to them is signed, and they check it as the real ones do.\n")
    say("The requests can be pasted as they stand (without their \"$ \"), in their order, into another terminal")
    say("while `make run` runs, after the line that it prints first: api=http://127.0.0.1:9000/lambda-url")
    if not full:
        say('Answers are cut ("..."), never where they tell of an error: `FULL=1 make demo` shows all of them.')


def which_expire(stage: Stage) -> None:
    chapter("1. Which active certificates expire within 30 days? (describe, Tencent Cloud MQTT)")
    asked = {"instance_id": TENCENT[1], "statuses": "active", "expires_within_days": "30"}
    first = stage.get("describe", {**asked, "limit": "2"}, LISTED, keep="page")
    stage.expect(len(first["certificates"]) == 2 and first["next_cursor"], "two certificates and a cursor for the rest")
    say("There is more. The rest, behind the cursor, in short:\n")
    rest = {**asked, "limit": "1000"}
    cursor = "$(echo \"$page\" | grep -o '\"next_cursor\":\"[^\"]*\"' | cut -d '\"' -f 4)"
    answer = stage.get("describe", {**rest, "cursor": first["next_cursor"]}, None, {"cursor": "$cursor"}, first=f"cursor={cursor}")
    stage.expect(answer["certificates"] and answer["next_cursor"] is None, "the rest of the list")
    if stage.full:
        stage.show(answer, LISTED)
    for one in shorten(answer["certificates"], 5):
        problem = f"  {one['error']['detail']}" if one["error"] else ""
        say(f"  {one['not_after']}  {one['serial_number'] or '':<40}  {one['subject']['common_name']}{problem}")
    say(f"  ... {len(answer['certificates'])} certificates")


def the_whole_fleet(stage: Stage) -> None:
    chapter("2. How does the whole fleet look, over four clouds? (describe, every source)")
    answer = stage.get("describe", {"sources": "all", "summary": "true", "limit": "0"}, None)
    is_whole = answer["next_cursor"] is None and not any(source["error"] for source in answer["sources"])
    stage.expect(is_whole and len(answer["sources"]) == len(SOURCES), "every source to its end")
    if stage.full:
        stage.show(answer, LISTED)
    say("One answer; in short:\n")
    for source in answer["sources"]:
        in_short(" ".join(filter(None, [source["provider"], source["region"], source["instance_id"]])), source["counts"])
    in_short("all together", answer["counts"])


ORDER = {"sources": "all", "select": {"client_ids": [DEVICE]}, "max_certificates": 2, "end_sessions": True}
ORDER |= {"reason": "device reported stolen"}


def would_be_cut_off(stage: Stage) -> None:
    chapter("3. A device was stolen. Only its name is known, and it is connected to three brokers right now.")
    connections(stage.bundle)
    say("One order finds its certificates at every source that knows device names. A dry run shows them:\n")
    would = stage.post("inactivate", {**ORDER, "dry_run": True}, PROPOSED)
    outcomes = [result["outcome"] for result in would["results"]]
    stage.expect(outcomes == ["would_inactivate"] * 2, "a certificate at two brokers")
    say("Two sources say why they have no part in it: the private CA and Alibaba Cloud MQTT.")


def cut_off(stage: Stage) -> dict:
    chapter("4. Now for real. Each certificate is read before and after, and each session is looked at again.")
    done = stage.post("inactivate", ORDER, CHANGED, keep="first")
    stage.expect([result["cut_off"] for result in done["results"]] == [True, True], "a device that is cut off at two brokers")
    return done


def audit(stage: Stage, done: dict) -> None:
    chapter("5. Which change was made, when and why? (the log of inactivate, in CloudWatch Logs when deployed)")
    say("The function logs each change before it makes it, and again with its result. Of this order, at the")
    say("broker of Tencent Cloud:\n")
    lines = [line for line in stage.bundle.log("inactivate") if line.get("order_id") == done["order_id"]]
    lines = [line for line in lines if line.get("provider") == TENCENT[0]]
    for line in lines:
        stage.show(line, LOGGED)
    stage.expect(len(lines) == 4, "two lines of the log for the certificate and two for the session")


def cut_off_by_certificate(stage: Stage) -> dict:
    chapter("6. At Alibaba Cloud MQTT the order names the certificate, and the device's client id beside it.")
    used = stage.bundle.client(ALIBABA, DEVICE)["certificate"]
    held = next(one for one in stage.bundle.held_by("alibaba-mqtt") if one["DeviceSn"] == used)
    stolen = {"serial_number": held["DeviceSn"], "ca_serial_number": held["CaSn"], "client_ids": [DEVICE]}
    order = {"provider": ALIBABA[0], "instance_id": ALIBABA[1], "certificates": [stolen]}
    order |= {"end_sessions": True, "reason": "device reported stolen"}
    last = stage.post("inactivate", order, CHANGED, '"$order"', first=f"order={json_in_shell(order)}", keep="last")
    stage.expect(last["results"][0]["cut_off"] is True, "a device that is cut off at the third broker, too")
    say("The same order again changes nothing:\n")
    stage.expect(outcome(stage.post("inactivate", order, CHANGED, '"$order"')) == "already_inactive", "an inactive certificate")
    say("The device is gone everywhere. A neighbour, whose name begins with the device's, is still there:\n")
    connections(stage.bundle)
    return last


def take_back(stage: Stage, answers: list[dict]) -> None:
    chapter("7. It was the wrong device. Each change gave a receipt, and by the receipts it is taken back.")
    undo = {"undo": {"receipts": [result["receipt"] for answer in answers for result in answer["results"]]}}
    undo["reason"] = "wrong device"
    receipts = "receipts=$(echo \"$first$last\" | grep -o '\"receipt\":\"[^\"]*\"' | cut -d : -f 2 | paste -s -d , -)"
    pasted = """\\\n'{"undo": {"receipts": ['"$receipts"']}, "reason": "wrong device"}'"""
    back = stage.post("inactivate", undo, CHANGED - {"sessions", "cut_off", "receipt"}, pasted, first=receipts)
    stage.expect([result["outcome"] for result in back["results"]] == ["reactivated"] * 3, "three reactivated certificates")
    say("The device has come back to all of them:\n")
    connections(stage.bundle)


def ask_the_authority(stage: Stage) -> None:
    chapter("8. What does the certificate authority say about three serial numbers? (status, private CA)")
    states = {one["Status"]: one["SerialNumber"] for one in stage.bundle.held_by("alibaba-cas")}
    serials = [states["good"], states["revoked"], "00c0ffee"]
    answer = stage.get("status", {"serial_number": ",".join(serials)}, TOLD)
    told = [result["status"] for result in answer["results"]]
    stage.expect(told == ["good", "revoked", "unknown"], "good, revoked, unknown")
    say("`usable` is null where the CA does not decide it: whether a device can connect, its broker decides.")


def revoked_but_active(stage: Stage) -> None:
    chapter("9. Which device can connect although its certificate is revoked? (status, broker against CA)")
    revoked = usable_though_revoked(stage.bundle)
    question = {"provider": ALIBABA[0], "instance_id": INSTANCE, "certificates": [revoked]}
    question["cross_check"] = {"provider": "alibaba-pca"}
    answer = stage.post("status", question, TOLD, '"$question"', first=f"question={json_in_shell(question)}")
    stage.expect(flags(answer) == ["revoked_at_ca_but_active"], "the flag of a dangerous state")
    say("The CA has revoked it, and the broker takes it all the same. So the broker has it off, too:\n")
    closing = {"instance_id": INSTANCE, "certificates": [revoked], "reason": "revoked at the CA"}
    stage.expect(outcome(stage.post("inactivate", closing, CHANGED - {"sessions", "cut_off"})) == "inactivated", "an inactivated certificate")
    say("The danger is over, and the flag is gone:\n")
    stage.expect(flags(stage.post("status", question, TOLD, '"$question"')) == [], "no flag any more")


def from_a_queue(stage: Stage) -> None:
    chapter("10. Orders from a queue: a batch of three messages of SQS, one of them bad. (inactivate)")
    order = {"instance_id": INSTANCE, "certificates": [STOLEN], "reason": "device reported stolen"}
    bodies = [json.dumps(order), '{"instance_id": "post-cn-7mz2d0000", "certificates": ["oops"', json.dumps({**order, "dry_run": True})]
    event = {"Records": [record(f"message-{number}", body) for number, body in enumerate(bodies, 1)]}
    answer = stage.invoke("inactivate", event)
    stage.expect(answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}, "only the bad message to come back")
    held = next(one for one in stage.bundle.held_by(ALIBABA[0]) if one["DeviceSn"] == STOLEN["serial_number"])
    stage.expect(held["Status"] == "0", "a certificate that is off at the provider")
    stage.outcomes["inactivated"] += 1
    say("Only the bad message goes back to its queue, and from there to the dead-letter queue. The others")
    say("are done: the provider holds the certificate of the first as inactive.")


def total(stage: Stage) -> None:
    chapter("What the providers saw, and the total")
    calls = 0
    for vendor, seen in stage.bundle.calls()["numbers"].items():
        counts = {action: numbers["count"] for action, numbers in seen["actions"].items()}
        calls += sum(counts.values())
        say(f"  {vendor}: {sum(counts.values())} calls")
        in_lines("    ", [f"{count} {action}" for action, count in counts.items()])
    done = stage.outcomes
    say(f"\nDone: {done['inactivated']} certificates inactivated and {done['reactivated']} reactivated, {done['sessions ended']} sessions ended;")
    seconds = time.monotonic() - stage.started_at
    say(f"{stage.requests} requests to the functions, {calls} calls to the providers, {seconds:.1f} seconds.")
    say("Everything that was started is stopped. `make run` leaves it up for you to try.")


def connections(bundle: Bundle) -> None:
    """Shows who is connected, as the brokers know it."""
    say("".join(f"{text:<18}" for text in ("", *(broker[0] for broker in (TENCENT, ALIBABA, AWS)))).rstrip())
    for client_id, brokers in ((DEVICE, (TENCENT, ALIBABA, AWS)), (NEIGHBOUR, (TENCENT,))):
        states = ["connected" if bundle.client(broker, client_id)["connected"] else "not connected" for broker in brokers]
        say("".join(f"{text:<18}" for text in (client_id, *states)).rstrip())
    say("")


def usable_though_revoked(bundle: Bundle) -> dict:
    """The certificate's serial numbers in the broker's own spelling."""
    held = next(certificate for certificate in bundle.held_by("alibaba-mqtt") if certificate["DeviceName"] == REVOKED)
    return {"serial_number": held["DeviceSn"], "ca_serial_number": held["CaSn"]}


def chapter(title: str) -> None:
    say(f"\n{'-' * WIDTH}\n{title}\n")


def path(function: str) -> str:
    return f"$api/{function}"


def in_short(name: str, counts: dict) -> None:
    say(f"  {name}: {counts['certificates']} certificates")
    for how, kinds in (("now", counts["by_effective_status"]), ("end", counts["by_expiry"])):
        in_lines(f"    {how}: ", [f"{number} {RANGES.get(kind, kind.replace('_', ' '))}" for kind, number in kinds.items() if number])


def in_lines(head: str, words: list[str]) -> None:
    """A list of words that are not broken."""
    text = ", ".join(words).replace(" ", "_").replace(",_", ", ")
    text = textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
    say(text.replace("_", " "))


def outcome(answer: dict) -> str:
    return answer["results"][0]["outcome"]


def flags(answer: dict) -> list[str]:
    return answer["results"][0]["flags"]


def record(message_id: str, body: str) -> dict:
    arn = "arn:aws:sqs:eu-west-1:111122223333:inactivate"
    return {"messageId": message_id, "body": body, "eventSource": "aws:sqs", "eventSourceARN": arn}
