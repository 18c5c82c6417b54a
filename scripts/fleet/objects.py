"""The objects that a run over a fleet has left in its bucket, and the picture of them."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import charts
from answers import Failure, Object, put, s3_url
from botocore.exceptions import ClientError

__all__ = ["Failure", "Run", "bins", "picture", "put", "read", "s3_url"]

# Maximum number of bars. More bars would be thinner than three pixels.
MOST_BARS = 220
READ_AT_ONCE = 16
# The outcome of certificates of a page whose order was abandoned.
NOT_CARRIED_OUT = "not_carried_out"


@dataclass
class Run:
    name: str
    plan: Object
    # By the number of the page.
    outcomes: dict[int, Object]
    report: Object | None

    @property
    def summary(self) -> Counter[str]:
        return sum((counts(outcome) for outcome in self.outcomes.values()), Counter())

    @property
    def done(self) -> int:
        """Number of certificates of the pages that have an outcome."""
        return sum(outcome["certificates"] for outcome in self.outcomes.values())


def counts(outcome: Object) -> Counter[str]:
    """The certificates of a page by outcome, including those that no part of its order has reached."""
    told = Counter({name: number for name, number in outcome["summary"].items() if number})
    rest = outcome["certificates"] - told.total()
    return told + Counter({NOT_CARRIED_OUT: rest}) if rest > 0 else told


def read(files: Any, bucket: str, execution: str) -> Run:
    """The state of a run: its plan, and the outcomes and the report that exist so far."""
    plan = read_one(files, bucket, f"{execution}/plan.json")
    if plan is None:
        raise Failure(f"s3://{bucket}/{execution}/plan.json is not there: the run has another name, or its plan is not written yet")
    pages = files.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{execution}/outcomes/")
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        found = list(pool.map(lambda key: read_one(files, bucket, key), keys))
    outcomes = {outcome["page"]: outcome for outcome in found if outcome}
    return Run(execution, plan, outcomes, read_one(files, bucket, f"{execution}/report.json"))


def read_one(files: Any, bucket: str, key: str) -> Object | None:
    try:
        return json.load(files.get_object(Bucket=bucket, Key=key)["Body"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise


def bins(run: Run) -> list[Object]:
    """The pages in order, several in one bar where there are many. The certificates of pages without an outcome are known in
    total only, and spread evenly."""
    pages = max([run.plan["pages"], *run.outcomes])
    left = [page for page in range(1, pages + 1) if page not in run.outcomes]
    certificates = max(run.plan["certificates"] - run.done, 0)
    waiting = {page: certificates * (place + 1) // len(left) - certificates * place // len(left) for place, page in enumerate(left)}
    size = -(-pages // MOST_BARS)
    found = []
    for first in range(1, pages + 1, size):
        last = min(first + size - 1, pages)
        those = range(first, last + 1)
        summed = sum((counts(run.outcomes[page]) for page in those if page in run.outcomes), Counter())
        found.append({"first": first, "last": last, "counts": summed, "waiting": sum(waiting.get(page, 0) for page in those)})
    return found


def picture(run: Run) -> str:
    """One SVG: the pages of the run, each divided by outcome."""
    order = [name for name in charts.OUTCOME_COLOURS if run.summary[name]]
    others = [name for name in run.summary if name not in order]
    return charts.by_page(bins(run), order + others, f"Run {run.name}", list(lines(run)))


def lines(run: Run) -> list[str]:
    plan, summary = run.plan, run.summary
    told = [
        f"{len(run.outcomes):,} of {plan['pages']:,} pages, {run.done:,} of {plan['certificates']:,} certificates",
        " · ".join(f"{number:,} {charts.words(name)}" for name, number in summary.most_common()),
    ]
    errors: Counter[str] = Counter()
    for outcome in run.outcomes.values():
        errors.update({error["code"]: error["count"] for error in outcome["errors"] if "count" in error})
    if errors:
        told.append("Errors: " + ", ".join(f"{number:,} {code}" for code, number in errors.most_common(5)))
    if run.report is None:
        told.append("The run has no report yet.")
    else:
        begun, ended = (datetime.fromisoformat(run.report[name]) for name in ("begun_at", "ended_at"))
        told.append(f"{moment(begun)} to {moment(ended)}")
        if not run.report["as_planned"]:
            told.append("NOT AS PLANNED: the orders that were carried out are not those of the plan.")
    return [line for line in told if line]


def moment(time: datetime) -> str:
    utc = time.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"
