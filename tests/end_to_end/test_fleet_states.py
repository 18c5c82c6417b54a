"""The definition of the state machine, run in this process with a function and a bucket that do as they are told.

Its waits take no time here, so that what takes hours on AWS is shown: plans of many parts, an order that nothing comes of, retries.
"""

import json
import shlex
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import emulated_step_functions as emulated
import pytest
import yaml
from bundle import until
from emulated_step_functions import Failure, machines
from stack import DEFINITION

Json = dict[str, Any]

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:stack-fleet"
OUTCOMES = ("inactivated", "already_inactive", "would_inactivate", "reactivated", "would_reactivate", "failed", "not_attempted")
# The parameters of the template as it puts them into the definition.
SUBSTITUTIONS = {
    "Partition": "aws",
    "InactivateFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:inactivate",
    "Bucket": "bucket",
    "Topic": "arn:aws:sns:us-east-1:000000000000:topic",
    "ResultsQueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/results",
    "Concurrency": "1",
    "ApprovalSeconds": "60",
    "UnapprovedCertificates": "0",
    "EndSessions": "no",
    "MostPages": "45000",
}


class Cloud:
    """A broker with a function in front of it, a bucket, and what the topic and the queue got."""

    def __init__(self, certificates: int) -> None:
        self.active = [True] * certificates
        self.bucket: dict[str, str] = {}
        self.messages: list[Json] = []
        self.results: list[Json] = []
        self.calls: list[Json] = []
        # How often each certificate was changed.
        self.writes = [0] * certificates
        # Certificates of one invocation, before its time is over.
        self.in_time = 100
        self.disturb: Callable[[Json], None] = lambda request: None

    def invoke(self, _: str, event: Json) -> Json:
        request = event["request"] if "caller" in event else event
        self.calls.append(request)
        self.disturb(request)
        return self.planned(request) if "page" in request else self.carried_out(request)

    def planned(self, request: Json) -> Json:
        limit = request["page"]["limit"]
        if undo := request.get("undo"):
            listed, cursor = [int(receipt) for receipt in undo["receipts"]], None
        else:
            first = int(request["page"]["cursor"] or 0)
            listed = list(range(first, min(first + limit, len(self.active))))
            cursor = str(first + limit) if first + limit < len(self.active) else None
        changed = [number for number in listed if self.active[number] is (undo is None)]
        left = [number for number in listed if number not in changed]
        name = "would_inactivate" if undo is None else "would_reactivate"
        return {
            "results": [result(number, "already_inactive", "conflict") for number in left],
            "summary": summary(**{name: len(changed), "already_inactive": len(left)}),
            "undecided_count": None if undo else 0,
            "page": {
                "order": order(changed, undo is not None) if changed else None,
                "certificates": len(changed),
                "consistent": None,
                "next_cursor": cursor,
            },
        }

    def carried_out(self, request: Json) -> Json:
        items = [int(item["certificate"]["provider_serial_number"]) for item in request["order"]["places"][0]["items"]]
        earlier, back = request["order"]["earlier"], request["order"]["back"]
        done, rest = items[: self.in_time], items[self.in_time :]
        if request.get("dry_run"):
            return {"results": [], "summary": summary(would_inactivate=len(items)), "last": True}
        for number in done:
            self.active[number] = back
            self.writes[number] += 1
        name, last = "reactivated" if back else "inactivated", not rest
        return {
            "results": [result(number, name) for number in done] + [result(number, "not_attempted", "timeout") for number in rest],
            "summary": summary(**{name: len(done), "not_attempted": len(rest)}),
            "order_summary": summary(**{name: earlier + len(done)}) if last else None,
            "last": last,
            "next_order": order(rest, back, earlier + len(done)) if rest and done else None,
        }

    def keep(self, resource: str, arguments: Json) -> Json:
        key = arguments["Key"]
        if resource.endswith("putObject"):
            self.bucket[key] = json.dumps(arguments["Body"])
            return {}
        if key not in self.bucket:
            raise Failure("S3.NoSuchKeyException", key)
        return {"Body": self.bucket[key]}


def order(numbers: list[int], back: bool, earlier: int = 0) -> Json:
    items = [{"certificate": {"provider_serial_number": str(number)}} for number in numbers]
    signed = {"order": {"places": [{"items": items}], "back": back, "earlier": earlier}, "request": {}}
    return {**signed, "mac": sha256(json.dumps(signed).encode()).hexdigest()}


def result(number: int, outcome: str, error: str | None = None) -> Json:
    told = {"code": error, "detail": f"why {number} " + "x" * 300} if error else None
    receipt = str(number) if outcome in ("inactivated", "reactivated") else None
    names = {"serial_number": None, "provider_serial_number": str(number), "fingerprint_sha256": None}
    return {**names, "outcome": outcome, "receipt": receipt, "error": told}


def summary(**counts: int) -> Json:
    return dict.fromkeys(OUTCOMES, 0) | counts


class Run:
    """An execution."""

    def __init__(self, cloud: Cloud, name: str, request: Json | None = None) -> None:
        self.cloud = cloud
        request = request or {"select": {"ca_serial_numbers": ["0a"]}, "reason": "a test"}
        status, _, body = machines._start_execution({"stateMachineArn": MACHINE, "name": name, "input": json.dumps(request)})
        assert status == 200, body
        self.arn = json.loads(body)["executionArn"]

    def approve(self) -> "Run":
        about = lambda one: one["Subject"].startswith("Approve") and self.arn in one["Message"]  # noqa: E731
        asked = until(lambda: [one["Message"] for one in self.cloud.messages if about(one)] or self.has_ended(), 30, every=0.01)
        assert isinstance(asked, list), self.why()
        words = shlex.split(next(line for line in asked[-1].splitlines() if " send-task-success " in line))
        answer = {"taskToken": words[words.index("--task-token") + 1], "output": words[words.index("--task-output") + 1]}
        assert machines._send_task_success(answer)[0] == 200
        return self

    def has_ended(self) -> bool:
        return machines._executions[self.arn]["status"] != "RUNNING"

    def ended(self) -> Json:
        until(self.has_ended, 60, every=0.01)
        return machines._executions[self.arn]

    def report(self) -> Json:
        assert self.ended()["status"] == "SUCCEEDED", self.why()
        return json.loads(self.ended()["output"])

    def redrive(self) -> "Run":
        self.ended()
        assert emulated.redrive_execution({"executionArn": self.arn})[0] == 200
        return self

    def children(self, label: str) -> list[Json]:
        own = [run["mapRunArn"] for run in machines._map_runs.values() if run["executionArn"] == self.arn]
        runs = [arn for arn in own if f"/{label}:" in arn]
        return [one for one in machines._executions.values() if one.get("mapRunArn") in runs]

    def why(self) -> list[tuple[str, str]]:
        failed = [one for one in machines._executions.values() if one["status"] == "FAILED"]
        return [(str(one.get("error")), str(one.get("cause"))[:500]) for one in failed]


@pytest.fixture
def machine() -> Iterator[Callable[..., Cloud]]:
    with pytest.MonkeyPatch.context() as patch:
        emulated.install()
        patch.setattr(machines, "_SFN_WAIT_SCALE", 0)
        patch.setattr(emulated, "permit", lambda *_: None)

        def make(certificates: int, **substitutions: str) -> Cloud:
            machines.reset()
            emulated.progress_of.clear()
            emulated.attempts.clear()
            text = DEFINITION.read_text()
            for name, value in {**SUBSTITUTIONS, **substitutions}.items():
                text = text.replace(f"${{{name}}}", value)
            definition = json.dumps(yaml.safe_load(text))
            assert machines._validate_definition_jsonata(definition) is None and "${" not in definition
            role = "arn:aws:iam::000000000000:role/fleet"
            made = {"stateMachineArn": MACHINE, "name": "stack-fleet", "definition": definition, "roleArn": role}
            machines._state_machines[MACHINE] = made
            cloud = Cloud(certificates)
            patch.setattr(machines, "_call_lambda", cloud.invoke)
            patch.setattr(machines, "_invoke_aws_sdk_integration", cloud.keep)
            for service, kept in (("sns:publish", cloud.messages), ("sqs:sendMessage", cloud.results)):
                patch.setitem(machines._SERVICE_DISPATCH, f"arn:aws:states:::{service}", lambda _, sent, kept=kept: kept.append(sent) or {})
            return cloud

        yield make


@pytest.mark.parametrize("certificates", [1, 2, 100, 101, 199])
def test_few_certificates(machine: Callable[..., Cloud], certificates: int) -> None:
    cloud = machine(certificates)
    cloud.in_time = 60
    report = Run(cloud, "few").approve().report()
    assert (report["certificates"], report["pages"]) == (certificates, -(-certificates // 100))
    assert report["summary"] == summary(inactivated=certificates) and report["not_carried_out"] == 0 and report["as_planned"]
    assert cloud.writes == [1] * certificates
    back = Run(cloud, "back", {"undo": {"execution": "few"}, "reason": "a test"}).approve().report()
    assert back["summary"] == summary(reactivated=certificates) and cloud.active == [True] * certificates
    event = cloud.results[-1]["MessageBody"]
    assert (event["type"], event["data"]) == ("device-certificates.fleet.report", back)


def test_a_plan_of_several_parts(machine: Callable[..., Cloud]) -> None:
    """A part has 100 pages; each is an execution, whose history has its limit."""
    cloud = machine(10_250, Concurrency="2")
    cloud.active[5_000:5_100] = [False] * 100
    run = Run(cloud, "parts").approve()
    report = run.report()
    assert (report["certificates"], report["pages"], report["as_planned"]) == (10_150, 102, True)
    assert report["summary"] == summary(inactivated=10_150)
    plan = json.loads(cloud.bucket["parts/plan.json"])
    assert [(part["first"], part["last"]) for part in plan["parts"]] == [(1, 99), (100, 102)]
    assert (plan["left_alone"][0]["code"], plan["left_alone"][0]["count"], len(plan["left_alone"][0]["examples"])) == ("conflict", 100, 3)
    assert len(plan["sample"]) == 5
    assert max(len(child["events"]) for child in run.children("Plan")) < 25_000 / 10
    assert sum(cloud.writes) == 10_150 and max(cloud.writes) == 1


def test_an_input_that_names_no_selection_and_no_execution_is_refused(machine: Callable[..., Cloud]) -> None:
    cloud = machine(1)
    select = {"select": {}, "reason": "a test"}
    wrong: list[Json] = [
        {"reason": "a test"},
        {**select, "dry_run": True},
        {**select, "page": {}},
        {**select, "undo": {"execution": "other"}},
        {"undo": {"receipts": ["0"]}},
        {"undo": {"execution": "../other"}},
    ]
    for number, request in enumerate(wrong):
        assert Run(cloud, f"wrong-{number}", request).ended()["error"] == "InvalidInput", request
    assert Run(cloud, "unknown", {"undo": {"execution": "other"}}).ended()["error"] == "NothingToUndo"
    cloud.active[0] = False
    ended = Run(cloud, "nothing").ended()
    assert ended["error"] == "NothingSelected" and '"already_inactive":1' in ended["cause"], ended


def test_a_plan_whose_pages_no_state_can_list_fails_before_anybody_is_asked(machine: Callable[..., Cloud]) -> None:
    cloud = machine(10_300, MostPages="101")
    ended = Run(cloud, "large").ended()
    assert ended["error"] == "PlanTooLarge" and "10300 certificates" in ended["cause"], ended
    assert (cloud.messages, sum(cloud.writes)) == ([], 0)


def test_pages_are_smaller_where_sessions_are_to_be_ended(machine: Callable[..., Cloud]) -> None:
    for default, asked, limit in (("no", None, 100), ("no", True, 40), ("yes", None, 40), ("yes", False, 100)):
        cloud = machine(1, EndSessions=default)
        request = {"select": {}} if asked is None else {"select": {}, "end_sessions": asked}
        Run(cloud, "sessions", request).approve().report()
        assert cloud.calls[0]["page"]["limit"] == limit, (default, asked)


def test_a_redriven_plan_goes_on_with_the_page_that_failed(machine: Callable[..., Cloud]) -> None:
    cloud = machine(500)

    def refuse(request: Json) -> None:
        if len(cloud.calls) == 4:
            raise Failure("provider_rejected", "{}")

    cloud.disturb = refuse
    run = Run(cloud, "plan")
    assert run.ended()["status"] == "FAILED"
    report = run.redrive().approve().report()
    assert report["summary"] == summary(inactivated=500) and max(cloud.writes) == 1
    assert [call["page"]["cursor"] for call in cloud.calls if "page" in call] == [None, "100", "200", "300", "300", "400"]


def test_an_error_of_every_page_stops_the_execution_until_it_is_mended(machine: Callable[..., Cloud]) -> None:
    cloud = machine(500)
    orders = lambda: [call for call in cloud.calls if "page" not in call and not call.get("dry_run")]  # noqa: E731

    def refuse(request: Json) -> None:
        if len(orders()) == 3:
            raise Failure("forbidden", "{}")

    cloud.disturb = refuse
    run = Run(cloud, "orders").approve()
    assert run.ended()["status"] == "FAILED" and sum(cloud.writes) == 200
    assert len(orders()) == 3, "no other page is begun"
    assert run.redrive().report()["summary"] == summary(inactivated=500)
    assert cloud.writes == [1] * 500 and len(orders()) == 6


@pytest.mark.parametrize(
    ("error", "attempts"),
    [("throttled", 7), ("Lambda.TooManyRequestsException", 7), ("conflict", 7), ("internal", 4)],
)
def test_a_page_that_fails_whenever_it_is_tried_is_reported(machine: Callable[..., Cloud], error: str, attempts: int) -> None:
    cloud = machine(300)
    tried = []

    def fail(request: Json) -> None:
        if "page" not in request and not request.get("dry_run") and '"150"' in json.dumps(request):
            tried.append(request)
            raise Failure(error, "it always fails")

    cloud.disturb = fail
    report = Run(cloud, "failing").approve().report()
    assert len(tried) == attempts
    assert (report["summary"], report["not_carried_out"], report["as_planned"]) == (summary(inactivated=200), 100, True)
    assert report["errors"] == [{"code": error, "count": 1, "examples": [{"page": 2, "detail": "it always fails"}]}]
    assert json.loads(cloud.bucket["failing/outcomes/000002.json"])["failure"] == {"code": error, "detail": "it always fails"}


def test_an_order_of_which_nothing_can_be_finished_is_given_up_after_five_times(machine: Callable[..., Cloud]) -> None:
    cloud = machine(30)
    cloud.in_time = 0
    report = Run(cloud, "fruitless").approve().report()
    assert len(cloud.calls) == 2 + 5
    assert (report["summary"], report["not_carried_out"]) == ({}, 30)
    assert [(error["code"], error["count"]) for error in report["errors"]] == [("timeout", 1)]


def test_an_undo_takes_back_what_a_stopped_execution_had_done(machine: Callable[..., Cloud]) -> None:
    cloud = machine(500)
    cloud.in_time = 60
    run = Run(cloud, "stopped")

    def stop(request: Json) -> None:
        if sum(cloud.writes) == 260:
            machines._stop_execution({"executionArn": run.arn})

    cloud.disturb = stop
    assert run.approve().ended()["status"] == "ABORTED"
    done = until(lambda: sum(cloud.writes), 5)
    cloud.disturb = lambda request: None
    report = Run(cloud, "back", {"undo": {"execution": "stopped"}, "reason": "a test"}).approve().report()
    # The answer of the invocation that ran then is lost, with its receipts: a redrive asks for it again.
    assert report["summary"]["reactivated"] == 260 <= done <= 300
    assert run.redrive().report()["summary"]["inactivated"] == 500


def test_orders_that_are_not_those_of_the_plan_are_reported(machine: Callable[..., Cloud]) -> None:
    cloud = machine(300)

    def exchange(request: Json) -> None:
        if "page" not in request and not request.get("dry_run"):
            page = json.loads(cloud.bucket["exchanged/plan/000003.json"])
            cloud.bucket["exchanged/plan/000003.json"] = json.dumps({**page, "order": order([200], False), "certificates": 1})

    cloud.disturb = exchange
    assert Run(cloud, "exchanged").approve().report()["as_planned"] is False
    assert "NO: the orders are not those of the plan" in cloud.messages[-1]["Message"]


def test_a_report_of_many_errors_fits_into_a_state(machine: Callable[..., Cloud]) -> None:
    """Every page of a part has certificates with each of these errors."""
    codes = ("conflict", "forbidden", "not_found", "provider_rejected", "provider_unavailable", "timeout")
    cloud = machine(10_000)
    plain = cloud.carried_out

    def with_errors(request: Json) -> Json:
        answer = plain(request)
        for place, code in enumerate(codes):
            for told in answer["results"][place::10]:
                told["error"] = {"code": code, "detail": "why " * 100}
        return answer

    cloud.carried_out = with_errors  # type: ignore[method-assign]
    report = Run(cloud, "errors").approve().report()
    assert [(error["code"], error["count"]) for error in report["errors"]] == [(code, 1_000) for code in codes]
