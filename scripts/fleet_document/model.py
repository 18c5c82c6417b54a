"""The time of a fleet, by the template's shares and the arithmetic of its tests; and the size of its run, by the definition."""

import bisect
import json
import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "tests/template"))
from stack import DEFINITION, TEMPLATE, Template, parse  # noqa: E402
from test_rate_limits import RateLimit, limits, rate_limit, shares  # noqa: E402

CALLS: dict[str, Any] = json.loads((HERE / "calls.json").read_text())
# The parameters of a stack that is there for a fleet.
RAISED: dict[str, Any] = yaml.safe_load((HERE / "raised.yaml").read_text())
# Of 29 seconds a function keeps some for the answer, for reading back, and for its table.
SECONDS_OF_AN_INVOCATION = 26
PAGE = 100
# Pages that one child plans, or counts.
PAGES_OF_A_PART = 100

# Limits of AWS Step Functions.
MOST_EVENTS, MOST_BYTES = 25_000, 256 * 1024
# Of the state that sums a run up: a part with its first and last page, its counts and its digests; and an error with one example of
# 64 + 100 characters.
BYTES_OF_A_PART, BYTES_OF_AN_ERROR = 370, 260

Parameters = dict[str, Any]
State = dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """The speed of a vendor's certificates, by the shares alone."""

    # Seconds of one sandbox for a certificate.
    plan: Fraction
    order: Fraction
    # The action that each of these waits for.
    plan_action: str
    order_action: str
    sandboxes: int

    @property
    def page(self) -> int:
        """Certificates of a page that is planned within one invocation."""
        return min(PAGE, math.floor(SECONDS_OF_AN_INVOCATION / self.plan))

    @property
    def parts(self) -> int:
        """Invocations that carry a page out."""
        return math.ceil(self.page * self.order / SECONDS_OF_AN_INVOCATION)

    def planned(self, certificates: int) -> float:
        """Seconds until a person is asked: one invocation after the other."""
        return float(certificates * self.plan)

    def carried_out(self, certificates: int) -> float:
        """Seconds of the orders."""
        return float(certificates * self.order / self.sandboxes)


def defaults() -> Parameters:
    return {name: declared.get("Default", "") for name, declared in parse(TEMPLATE.read_text())["Parameters"].items()}


def raised() -> Parameters:
    """The parameters of the template, with those for a fleet."""
    values = defaults()
    for name, value in RAISED.items():
        values[name] = joined(values[name], value) if isinstance(value, dict) else value
    return values


def joined(text: str, changes: dict[str, str]) -> str:
    """Shares with other values for some actions."""
    every = dict(one.split("=") for one in text.split(","))
    unknown = changes.keys() - every.keys()
    if unknown:
        raise ValueError(f"the template has no share of {unknown}")
    return ",".join(f"{action}={share}" for action, share in (every | changes).items())


def changed_parameters() -> dict[str, str | int]:
    return {name: value for name, value in raised().items() if name in RAISED}


def pace(vendor: str, parameters: Parameters, sessions: bool = False) -> Pace:
    """By the calls that were counted. Where the length of a CA's list matters, it is a long one."""
    counted = CALLS[vendor].get("of_200_of_a_long_list", CALLS[vendor]["of_200"])
    order = {action: Fraction(calls, 200) for action, calls in counted["orders"].items()}
    for action, calls in CALLS[vendor]["sessions"].items() if sessions else ():
        order[action] = order.get(action, Fraction()) + calls
    plan = {action: Fraction(calls, 200) for action, calls in counted["plan"].items()}
    plan_seconds, plan_action = slowest(vendor, plan, parameters)
    order_seconds, order_action = slowest(vendor, order, parameters)
    return Pace(plan_seconds, order_seconds, plan_action, order_action, int(parameters["FleetConcurrency"]))


def slowest(vendor: str, calls: dict[str, Fraction], parameters: Parameters) -> tuple[Fraction, str]:
    """Seconds of a sandbox for one certificate, and the action that takes them."""
    return max((count * limit_of(f"{vendor}:{action}", parameters).caller_interval, action) for action, count in calls.items())


def limit_of(action: str, parameters: Parameters) -> RateLimit:
    reserved, queue = (int(parameters[f"Inactivate{of}Concurrency"]) for of in ("", "Queue"))
    limit = rate_limit(limits()[action], shares(parameters["InactivateCallsPerSecond"])[action], reserved, queue)
    if limit is None:
        raise ValueError(f"inactivate would not start: its share of {action} is too small")
    return limit


def definition() -> State:
    return yaml.safe_load(DEFINITION.read_text())


# The events of a history, and the transitions that are billed, of entering and leaving a state of each type. A task is also scheduled,
# started and succeeds; a distributed map starts and ends a Map Run.
EVENTS = {"Pass": 2, "Choice": 2, "Wait": 2, "Task": 5, "Map": 5, "Succeed": 1, "Fail": 1}
# An execution begins and ends.
EVENTS_OF_AN_EXECUTION = 2
# An iteration of a map within an execution.
EVENTS_OF_AN_ITERATION = 2

BEFORE = ["CheckInput", "Begin"]
PLAN_PART = ["NextPart", "PlanPart", "AddPart", "MoreParts"]
AFTER_PLAN = ["Planned", "WritePlan", "ReadFirstPage", "Trial", "NeedsApproval", "Approval", "CheckApproval", "PrepareOrders", "Orders"]
AFTER_ORDERS = ["PrepareCount", "Count", "SumUp", "WriteReport", "SendReport", "TellReport", "Done"]
PLAN_CHILD = ["BeginPart", "Source"]
PLAN_PAGE = ["PlanPage", "HasOrder", "WritePage", "MorePages"]
PLAN_END = ["EndPart"]
ORDER_CHILD = ["ReadPage"]
ORDER_PART = ["CarryOut", "WriteResults", "IsDone"]
ORDER_END = ["WriteOutcome"]
COUNT_CHILD = ["CountPages"]
COUNT_PAGE = ["ReadOutcome"]
# Each way through the definition, as a whole.
WAYS = [
    [*BEFORE, *PLAN_PART, *PLAN_PART, *AFTER_PLAN, *AFTER_ORDERS],
    [*PLAN_CHILD, *PLAN_PAGE, *PLAN_PAGE, *PLAN_END],
    [*ORDER_CHILD, *ORDER_PART, *ORDER_PART, *ORDER_END],
    COUNT_CHILD,
    COUNT_PAGE,
]


def states(machine: State) -> dict[str, State]:
    """Every state, with those of the maps."""
    found = {}
    for name, state in machine["States"].items():
        found[name] = state
        if "ItemProcessor" in state:
            found |= states(state["ItemProcessor"])
    return found


def onward(state: State) -> set[str]:
    branches = [*state.get("Choices", []), *state.get("Catch", [])]
    return {way for way in (state.get("Next"), state.get("Default"), *(one["Next"] for one in branches)) if way}


def events(way: list[str]) -> int:
    every = states(definition())
    return sum(EVENTS[every[name]["Type"]] for name in way)


@dataclass(frozen=True)
class Run:
    """The size of a run that meets no errors."""

    certificates: int
    pages: int
    # Invocations that carry a page out.
    parts_of_a_page: int

    @property
    def parts(self) -> int:
        return math.ceil(self.pages / PAGES_OF_A_PART)

    @property
    def transitions(self) -> int:
        """States that are entered, and one more for the start of each execution."""
        main = 1 + len(BEFORE) + self.parts * len(PLAN_PART) + len(AFTER_PLAN) + len(AFTER_ORDERS)
        plan = self.parts * (1 + len(PLAN_CHILD) + len(PLAN_END)) + self.pages * len(PLAN_PAGE)
        orders = self.pages * (1 + len(ORDER_CHILD) + self.parts_of_a_page * len(ORDER_PART) + len(ORDER_END))
        count = self.parts * (1 + len(COUNT_CHILD)) + self.pages * len(COUNT_PAGE)
        return main + plan + orders + count

    @property
    def main_events(self) -> int:
        around = events(BEFORE) + events(AFTER_PLAN) + events(AFTER_ORDERS) + EVENTS_OF_AN_EXECUTION
        # The task that waits for a token is submitted, too.
        return around + 1 + self.parts * events(PLAN_PART)

    @property
    def plan_events(self) -> int:
        pages = min(self.pages, PAGES_OF_A_PART)
        return EVENTS_OF_AN_EXECUTION + events(PLAN_CHILD) + pages * events(PLAN_PAGE) + events(PLAN_END)

    @property
    def order_events(self) -> int:
        return EVENTS_OF_AN_EXECUTION + events(ORDER_CHILD) + self.parts_of_a_page * events(ORDER_PART) + events(ORDER_END)

    @property
    def count_events(self) -> int:
        pages = min(self.pages, PAGES_OF_A_PART)
        return EVENTS_OF_AN_EXECUTION + events(COUNT_CHILD) + pages * (events(COUNT_PAGE) + EVENTS_OF_AN_ITERATION)

    @property
    def children(self) -> int:
        return 2 * self.parts + self.pages

    @property
    def objects(self) -> int:
        """A page's plan, its results and its outcome, and the plan and the report."""
        return self.pages * (2 + self.parts_of_a_page) + 2

    @property
    def orders_input(self) -> int:
        """Bytes of the input of the map over the pages."""
        return bytes_of_pages(self.pages)

    @property
    def count_output(self) -> int:
        """Bytes of the state that has what every part has come to, without errors."""
        return self.parts * BYTES_OF_A_PART


def bytes_of_pages(pages: int) -> int:
    text = json.dumps({"execution": "x" * 80, "concurrency": 98, "pages": list(range(1, pages + 1))}, separators=(",", ":"))
    return len(text)


def reach(of: Pace) -> dict[str, int]:
    """The most certificates of a run, by each limit."""
    most_pages = bisect.bisect_right(range(1, 100_000), MOST_BYTES, key=bytes_of_pages)
    around = Run(0, 0, 1).main_events
    of_a_part = PAGES_OF_A_PART * of.page
    return {
        "the list of pages in one state": most_pages * of.page,
        "the parts in one state, without errors": MOST_BYTES // BYTES_OF_A_PART * of_a_part,
        "the same, each part with eight kinds of errors": MOST_BYTES // (BYTES_OF_A_PART + 8 * BYTES_OF_AN_ERROR) * of_a_part,
        "the events of the execution": (MOST_EVENTS - around) // events(PLAN_PART) * of_a_part,
        "six digits in the names of pages": 999_999 * of.page,
        "the 14 days of an execution, and of the orders": math.floor(14 * 24 * 3600 / (of.plan + of.order / of.sandboxes)),
    }


def run(certificates: int, of: Pace) -> Run:
    return Run(certificates, math.ceil(certificates / of.page), of.parts)
