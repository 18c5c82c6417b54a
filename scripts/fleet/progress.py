"""The progress of an execution of the state machine, by the counts of its map runs."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

# Number of samples by which the rate is computed.
SAMPLES = 12
UNITS = {"Orders": "pages"}
ENDED = ("succeeded", "failed", "timedOut", "aborted")

Clock = Callable[[], float]


def watch(machines: Any, arn: str, every: float, clock: Clock = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> int:
    """Prints a line every `every` seconds until the execution ends. Returns 0 when it has succeeded."""
    samples: dict[str, deque[tuple[float, int]]] = {}
    while True:
        execution = machines.describe_execution(executionArn=arn)
        run = newest(machines, arn)
        if run:
            of_run = samples.setdefault(run["mapRunArn"], deque(maxlen=SAMPLES))
            of_run.append((clock(), ended(run)))
            print(line(run, of_run), flush=True)
        else:
            print("No map run has begun yet.", flush=True)
        if execution["status"] != "RUNNING":
            print(end(execution), flush=True)
            return 0 if execution["status"] == "SUCCEEDED" else 1
        sleep(every)


def newest(machines: Any, arn: str) -> dict[str, Any] | None:
    runs = [run for page in machines.get_paginator("list_map_runs").paginate(executionArn=arn) for run in page["mapRuns"]]
    if not runs:
        return None
    latest = max(runs, key=lambda run: run["startDate"])
    return machines.describe_map_run(mapRunArn=latest["mapRunArn"])


def ended(run: dict[str, Any]) -> int:
    return sum(run["itemCounts"][name] for name in ENDED)


def line(run: dict[str, Any], samples: "deque[tuple[float, int]]") -> str:
    label = run["mapRunArn"].rpartition("/")[2].partition(":")[0]
    of, unit, done = run["itemCounts"], UNITS.get(label, "parts"), ended(run)
    share = f" ({done / of['total']:.0%})" if of["total"] else ""
    told = [f"{label}: {done:,} of {of['total']:,} {unit}{share}"]
    lost = done - of["succeeded"]
    if lost:
        told.append(f"{lost:,} failed")
    if run["status"] != "RUNNING":
        told.append(waits(label, run["status"]))
        return ", ".join(told)
    told.append(f"{of['running']:,} running")
    (first_time, first), (last_time, last) = samples[0], samples[-1]
    if last > first and last_time > first_time:
        rate = (last - first) / (last_time - first_time)
        told.append(f"{rate * 60:,.1f} {unit} a minute, about {duration((of['total'] - done) / rate)} left")
    return ", ".join(told)


def waits(label: str, status: str) -> str:
    if label == "Plan" and status == "SUCCEEDED":
        return "planned; a person has to approve, unless the plan is small"
    return status.lower()


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "a minute"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def end(execution: dict[str, Any]) -> str:
    told = execution["status"].lower().replace("_", " ").capitalize()
    reasons = ": ".join(filter(None, (execution.get("error"), execution.get("cause"))))
    return f"{told}: {reasons}" if reasons else f"{told}."
