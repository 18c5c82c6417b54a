"""Prints docs/costs.md: what the stack costs in a month, from measured durations and dated prices.

Usage: python3 scripts/costs >docs/costs.md

measured.json and prices.json beside this program hold the figures. A row is a name and what one event, or one month, `uses`: amounts of
the units in prices.json. To add a row, add it to `events` (one call of a function, by each way), `extras` (for a number of
events), `idle` or `more` (for a month) in measured.json, and its units to prices.json where they are not there yet.
"""

import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
EVENTS = (1_000, 100_000, 10_000_000)
SECONDS_OF_A_MONTH = 730 * 3600
GB = 2**30
SQS_UNIT_BYTES = 64 * 1024
# Maximum number of sandboxes of a function by the template's defaults: for requests, and for messages of its queue.
SANDBOXES = {"describe": (4, 2), "inactivate": (4, 2), "status": (3, 2)}

Uses = dict[str, float]


def main() -> int:
    measured, prices = (json.loads((HERE / name).read_text()) for name in ("measured.json", "prices.json"))
    print(document(measured, prices), end="")
    return 0


def document(measured: dict, prices: dict) -> str:
    """The whole document."""
    idle = [(row["name"], dollars(month_uses(row, measured), prices)) for row in measured["idle"]]
    more = [(row["name"], dollars(row["uses"], prices)) for row in measured["more"]]
    total = sum(cost for _, cost in idle)
    parts = [
        "# What it costs\n",
        "US dollars a month, computed by `make costs` from [measured durations](../scripts/costs/measured.json) and\n"
        f"[prices](../scripts/costs/prices.json) of {prices['region']} on {prices['date']}: {prices['source']}.\n"
        "A function has 128 MB on arm64; on x86_64 its time costs a quarter more. The prices of other clouds for their calls are not included.\n",
        "## Idle\n",
        "The cost of the stack as the template makes it, without any event:\n",
        table(("", "a month"), [*((name, money(cost)) for name, cost in idle), ("**together**", f"**{money(total)}**")]),
        "In addition, where it applies:\n",
        table(("", "a month"), [(name, money(cost)) for name, cost in more]),
        "## Events\n",
        "In addition to that, for so many events a month. Each row has Lambda, its log lines taken in and kept for 90 days, and the\n"
        "bytes sent to other clouds. `*` marks numbers that the template's shares of calls do not let through one at a time: raise the\n"
        "shares with the limits of your account, or put several certificates into one request, which costs little more than one.\n",
        *way("Over HTTP", "With the HTTP API, its access log, and the answer sent to the internet.", "http", measured, prices),
        *way(
            "From the queue",
            "With three requests to the queue, the answer in the results queue, and two requests to take it from there. Messages for\n"
            "status come up to 100 in one invocation, and cost less then.",
            "queue",
            measured,
            prices,
        ),
        *way("By direct invocation", "By a caller in the same region, such as Step Functions.", "direct", measured, prices),
        "### An example\n",
        f"5,000 devices, half of them at `tencent-mqtt` and half at `alibaba-mqtt`, are listed once a day over HTTP, and 100 of them are\n"
        f"inactivated from the queue: {money(example(measured, prices))} a month beside the idle stack.\n",
        "### In addition\n",
        table(("", *map(number, EVENTS)), [(row["name"], *costs(row["uses"], prices)) for row in measured["extras"]]),
        fleet(measured, prices),
        notes(measured),
    ]
    return "\n".join(parts)


def example(measured: dict, prices: dict) -> float:
    """The dollars of a month of 25 pages at each of two brokers a day, and of 50 orders at each."""
    times = {"describe, a page of 100": ("http", 25 * 30), "inactivate one": ("queue", 50)}
    rows = [event for event in measured["events"] if event["name"] in times and event["provider"] in ("tencent-mqtt", "alibaba-mqtt")]
    assert len(rows) == 2 * len(times)
    return sum(times[event["name"]][1] * dollars(event_uses(event, times[event["name"]][0], measured), prices) for event in rows)


def way(title: str, text: str, kind: str, measured: dict, prices: dict) -> list[str]:
    """The section of one way by which events come."""
    rows = [event_row(event, kind, measured, prices) for event in measured["events"]]
    return [f"### {title}\n", f"{text}\n", table(("", "billed ms", *map(number, EVENTS)), rows)]


def event_row(event: dict, kind: str, measured: dict, prices: dict) -> tuple[str, ...]:
    uses = event_uses(event, kind, measured)
    most = most_events(event, kind)
    marked = (f"{cost}{'*' if count > most else ''}" for cost, count in zip(costs(uses, prices), EVENTS, strict=True))
    return (f"{event['name']}, `{event['provider']}`", number(busy_ms(event, kind)), *marked)


def busy_ms(event: dict, kind: str) -> int:
    """Milliseconds for which a sandbox is busy. A direct invocation is paced like an HTTP request."""
    return event["busy_ms"]["queue" if kind == "queue" else "http"]


def most_events(event: dict, kind: str) -> float:
    """Maximum number of such events that the sandboxes can handle in a month, one after the other."""
    requests, messages = SANDBOXES[event["function"]]
    return (messages if kind == "queue" else requests) * SECONDS_OF_A_MONTH * 1000 / busy_ms(event, kind)


def event_uses(event: dict, kind: str, measured: dict) -> Uses:
    """The resources that one event uses."""
    estimated = measured["estimated"]
    log_bytes = event["log_bytes"]["queue" if kind == "queue" else "http"] + estimated["platform_log_bytes"]
    bytes_out = event["calls_out"] * estimated["bytes_of_a_call"]
    uses: Uses = {"lambda_request": 1, "lambda_gb_second": busy_ms(event, kind) / 1000 * measured["memory_gb"]}
    if kind == "http":
        uses["http_request"] = 1
        log_bytes += estimated["access_log_bytes"]
        bytes_out += event["answer_bytes"] + estimated["http_overhead_bytes"]
    if kind == "queue":
        # The message is sent, received and deleted, and so is its answer, which may take several units.
        uses["sqs_request"] = 3 + 2 * math.ceil(event["answer_bytes"] / SQS_UNIT_BYTES) + 1
    return uses | {"log_gb": log_bytes / GB, "log_gb_month": log_bytes / GB * measured["log_retention_months"], "gb_out": bytes_out / GB}


def month_uses(row: dict, measured: dict) -> Uses:
    """The resources that a row of a month uses."""
    polls = row.get("polled_queues", 0) * measured["estimated"]["idle_polls_per_second"] * SECONDS_OF_A_MONTH
    return row.get("uses", {}) | ({"sqs_request": polls} if polls else {})


def dollars(uses: Uses, prices: dict) -> float:
    return sum(amount * prices["prices"][unit]["dollars"] / prices["prices"][unit]["per"] for unit, amount in uses.items())


def costs(uses: Uses, prices: dict) -> tuple[str, ...]:
    """The cost of each number of events."""
    return tuple(money(dollars(uses, prices) * count) for count in EVENTS)


def fleet(measured: dict, prices: dict) -> str:
    """The section of runs over a whole fleet."""
    told = measured["fleet"]
    rows = []
    for vendor, of in told["vendors"].items():
        of_run = [fleet_uses(count, of, measured) for count in told["certificates"]]
        rows.append((f"`{vendor}`", *(money(dollars(uses, prices)) for uses in of_run)))
    largest = told["certificates"][-1]
    shares = []
    for name, units in FLEET_PARTS.items():
        of_run = [fleet_uses(largest, of, measured) for of in told["vendors"].values()]
        shares.append((name, *(money(dollars({unit: uses[unit] for unit in units}, prices)) for uses in of_run)))
    return "\n".join([
        "## A whole fleet\n",
        "One run of [the state machine](fleet.md) over so many certificates, with the template's shares of calls, without errors and\n"
        "sessions. It is paid for once, and not each month.\n",
        table(("", *map(number, told["certificates"])), rows),
        f"Of which, for {number(largest)} certificates:\n",
        table(("", *(f"`{vendor}`" for vendor in told["vendors"])), shares),
        f"{told['where']}\nThe bucket is kept for {told['bucket_months']} months, and the table of idempotency keys for {told['table_months']}.\n",
    ])


# The purpose of the units of a run.
FLEET_PARTS = {
    "Step Functions": ("transition",),
    "Lambda": ("lambda_request", "lambda_gb_second"),
    "bucket": ("s3_write", "s3_read", "s3_gb_month"),
    "table of idempotency keys": ("dynamodb_write", "dynamodb_gb_month"),
    "log": ("log_gb", "log_gb_month"),
    "bytes sent to other clouds": ("gb_out",),
}


def fleet_uses(certificates: int, of: dict, measured: dict) -> Uses:
    """The resources that a run over a fleet uses."""
    told, bytes_of = measured["fleet"], measured["fleet"]["bytes_of_a_certificate"]
    pages = math.ceil(certificates / of["page"])
    invocations = pages * of["invocations_of_a_page"]
    counts = {"run": 1, "hundred_pages": math.ceil(pages / 100), "page": pages, "invocation": invocations}
    log_gb = certificates * bytes_of["log"] / GB
    kept = certificates * (bytes_of["plan"] + bytes_of["result"] + bytes_of["outcome"]) / GB
    return {
        "transition": sum(told["transitions"][name] * count for name, count in counts.items()),
        # One invocation plans each page, and one is the dry run of the first page's order.
        "lambda_request": pages + invocations + 1,
        "lambda_gb_second": certificates * of["seconds_of_a_certificate"] * measured["memory_gb"],
        # The plan of a page, its results and its outcome; the whole plan and the report.
        "s3_write": 2 * pages + invocations + 2,
        "s3_read": 2 * pages + 1,
        "s3_gb_month": kept * told["bucket_months"],
        # The claim, and the answer by its length.
        "dynamodb_write": invocations + math.ceil(certificates * bytes_of["result"] / 1024),
        "dynamodb_gb_month": certificates * bytes_of["result"] / GB * told["table_months"],
        "log_gb": log_gb,
        "log_gb_month": log_gb * measured["log_retention_months"],
        "gb_out": certificates * of["calls_out"] * measured["estimated"]["bytes_of_a_call"] / GB,
    }


def notes(measured: dict) -> str:
    estimated = measured["estimated"]
    every = number(1 / estimated["idle_polls_per_second"])
    lines = [
        "## How it is computed\n",
        f"* Measured: {measured['where']}",
        f"* Estimated: {estimated['platform_log_bytes']} bytes of Lambda's own log lines for an event, {estimated['access_log_bytes']} of the access log,",
        f"  {estimated['http_overhead_bytes']} of HTTP beside an answer, {estimated['bytes_of_a_call']} sent for a call, and {every} seconds between",
        "  two polls of an idle queue (five long polls of 20 seconds at once). Storage of logs counts uncompressed.",
        "* Not counted: free tiers, cold starts (some 15 ms each), repeats after errors, X-Ray, the storage of items and of uploaded code.",
        "* The functions' own metrics have the dimension `service` only, so that their number does not grow with certificates or",
        "  callers. describe has 17 more with a summary.",
    ]
    return "\n".join(lines) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---", *("---:" for _ in head[1:])), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float) -> str:
    return f"{value:,.0f}"


def money(value: float) -> str:
    """Dollars, in cents below a hundred."""
    if 0 < value < 0.005:
        return "< 0.01"
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
