"""The picture of a run over a fleet, and the lines that tell how far it is."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from browser import Browser
from objects import Failure, Run, bins, lines, picture, read
from progress import duration, watch
from recorded import NAME, Object, outcome, plan, report, run
from test_page import OVERLAPS, keep

PICTURE = """(() => { const svg = document.documentElement; return {
  role: svg.getAttribute('role'), box: svg.viewBox.baseVal.width, marks: svg.querySelectorAll('.mark-rect.role-mark path').length,
  texts: [...svg.querySelectorAll('text')].map(text => text.textContent),
  described: svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)?.textContent),
  surface: getComputedStyle(svg.querySelector('rect')).fill }; })()"""


class Bucket:
    """S3's API, with objects by their keys."""

    def __init__(self, objects: dict[str, Object]) -> None:
        self.objects = objects

    def get_object(self, Bucket: str, Key: str) -> Object:  # noqa: N803
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(json.dumps(self.objects[Key]).encode())}

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[Object]:  # noqa: N803
        keys = [key for key in self.objects if key.startswith(Prefix)]
        return [{"Contents": [{"Key": key} for key in keys[:7]]}, {"Contents": [{"Key": key} for key in keys[7:]]}, {}]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pages", "done"), [(12, 12), (5000, 3100)])
def test_a_run_is_one_picture(browser: Browser, tmp_path: Path, pages: int, done: int, scheme: str) -> None:
    svg = picture(read(Bucket(run(pages, done)), "bucket", NAME))
    assert len(svg) < 400_000
    path = tmp_path / "report.svg"
    path.write_text(svg)
    browser.show(path, 960, scheme)
    keep(browser, f"run-{pages}-{scheme}")
    assert browser.named("Runtime.exceptionThrown", "Log.entryAdded") == []
    assert [sent["request"]["url"] for sent in browser.named("Network.requestWillBeSent")] == [path.as_uri()]
    seen = browser.tell(PICTURE)
    assert (seen["role"], seen["described"]) == ("img", True)
    assert seen["marks"] > 12
    legend = {"inactivated", "already inactive", "refused", "failed", "not carried out"} | ({"waiting"} if done < pages else set())
    assert legend <= set(seen["texts"])
    assert f"Run {NAME}" in seen["texts"]
    overlaps = OVERLAPS.replace(
        "[...document.querySelectorAll('figure svg')].filter(svg => svg.getClientRects().length)", "[document.documentElement]"
    )
    assert browser.tell(overlaps) == []
    assert seen["surface"] == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(23, 27, 33)")


def test_each_certificate_of_the_plan_is_in_one_bar() -> None:
    for pages, done in ((1, 0), (7, 3), (220, 220), (221, 100), (5000, 3100)):
        drawn = bins(read(Bucket(run(pages, done)), "bucket", NAME))
        assert len(drawn) <= 220
        assert [entry["first"] for entry in drawn[1:]] == [entry["last"] + 1 for entry in drawn[:-1]]
        assert (drawn[0]["first"], drawn[-1]["last"]) == (1, pages)
        total = sum(entry["counts"].total() + entry["waiting"] for entry in drawn)
        assert total == (100 * pages - 40 if done < pages else 100 * pages)


def test_certificates_that_no_part_of_an_order_came_to_are_shown() -> None:
    told = lines(Run(NAME, plan(3, 300), {1: outcome(1), 2: outcome(2, inactivated=10)}, None))
    assert told == [
        "2 of 3 pages, 200 of 300 certificates",
        "110 inactivated · 90 not carried out",
        "The run has no report yet.",
    ]


def test_a_report_that_is_not_as_planned_says_so() -> None:
    errors = [{"code": "conflict", "count": 4, "examples": []}]
    told = lines(Run(NAME, plan(1, 100), {1: outcome(1, errors=errors, inactivated=96, refused=4)}, report(1, as_planned=False)))
    assert told[2:] == [
        "Errors: 4 conflict",
        "28 Nov 2026, 09:00 UTC to 28 Nov 2026, 12:31 UTC",
        "NOT AS PLANNED: the orders that were carried out are not those of the plan.",
    ]


def test_a_run_without_a_plan_is_named() -> None:
    with pytest.raises(Failure, match="s3://bucket/other/plan.json is not there"):
        read(Bucket(run(2, 1)), "bucket", "other")


class Machines:
    """Step Functions' API: at each look the next state."""

    def __init__(self, *states: tuple[str, str | None, Object]) -> None:
        self.states, self.now = states, -1

    def describe_execution(self, executionArn: str) -> Object:  # noqa: N803
        self.now += 1
        status = self.states[self.now][0]
        return {"status": status, **({"error": "NotApproved", "cause": "Refused: no"} if status == "FAILED" else {})}

    def get_paginator(self, _: str) -> "Machines":
        return self

    def paginate(self, executionArn: str) -> list[Object]:  # noqa: N803
        label = self.states[self.now][1]
        arns = [f"arn:aws:states:eu-west-1:1:mapRun:fleet/{name}:1" for name in ("Plan", label) if label and name]
        start = datetime(2026, 11, 28, tzinfo=UTC)
        return [{"mapRuns": [{"mapRunArn": arn, "startDate": start + timedelta(hours=number)} for number, arn in enumerate(arns)]}]

    def describe_map_run(self, mapRunArn: str) -> Object:  # noqa: N803
        _, _, told = self.states[self.now]
        zero = dict.fromkeys(("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total"), 0)
        counts = {name: number for name, number in told.items() if name != "status"}
        return {"mapRunArn": mapRunArn, "status": told.get("status", "RUNNING"), "itemCounts": {**zero, **counts}}


def watched(*states: tuple[str, str | None, Object]) -> int:
    """Looks once a minute."""
    minutes = iter(range(100))
    return watch(Machines(*states), "arn", 60, clock=lambda: next(minutes) * 60.0, sleep=lambda _: None)


def test_progress_is_told_until_the_run_has_succeeded(capsys: pytest.CaptureFixture[str]) -> None:
    code = watched(
        ("RUNNING", None, {}),
        ("RUNNING", "Plan", {"total": 2, "succeeded": 2, "status": "SUCCEEDED"}),
        ("RUNNING", "Orders", {"total": 1000, "running": 8}),
        ("RUNNING", "Orders", {"total": 1000, "running": 8, "succeeded": 29, "failed": 1}),
        ("RUNNING", "Count", {"total": 10, "succeeded": 10}),
        ("SUCCEEDED", "Count", {"total": 10, "succeeded": 10, "status": "SUCCEEDED"}),
    )
    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "No map run has begun yet.",
        "Plan: 2 of 2 parts (100%), planned; a person has to approve, unless the plan is small",
        "Orders: 0 of 1,000 pages (0%), 8 running",
        "Orders: 30 of 1,000 pages (3%), 1 failed, 8 running, 30.0 pages a minute, about 32 min left",
        "Count: 10 of 10 parts (100%), 0 running",
        "Count: 10 of 10 parts (100%), succeeded",
        "Succeeded.",
    ]


def test_a_run_that_was_not_approved_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert watched(("FAILED", "Plan", {"total": 1, "succeeded": 1, "status": "SUCCEEDED"})) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "Failed: NotApproved: Refused: no"


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "a minute"), (100, "2 min"), (5340, "89 min"), (5399, "1 h 30 min"), (7260, "2 h 01 min")]
)
def test_times_are_told_as_a_person_would(seconds: float, text: str) -> None:
    assert duration(seconds) == text
