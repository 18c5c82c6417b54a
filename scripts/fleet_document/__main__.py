"""Writes the computed parts of docs/fleet.md anew: how long a fleet takes, the parameters for it, the size of its run, and the diagram.

Usage: .tools/template/bin/python scripts/fleet_document
"""

import re
import sys
from collections.abc import Iterator

import diagram
import model
from model import MOST_BYTES, MOST_EVENTS, Pace, Run

DOCUMENT = model.ROOT / "docs/fleet.md"
SIZES = (1_000, 100_000, 1_000_000)
LARGEST = SIZES[-1]
HOUR, DAY = 3600, 24 * 3600


def main() -> int:
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
    return 0


def written(text: str) -> str:
    """The document with its computed parts as they should be."""
    parts = {"times": times(), "parameters": parameters(), "size": size(), "reach": reach(), "diagram": diagram.mermaid(model.definition())}
    for name, part in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"{DOCUMENT.name} needs {begin.strip()} and {end.strip()}, once each")
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, part=part: f"{begin}{part}{end}", text, flags=re.DOTALL)
    return text


def times() -> str:
    rows = [("", "shares", "certificates a second", "bound by", *(f"{count:,}" for count in SIZES))]
    for vendor in model.CALLS:
        for sessions in (False, True):
            for name, values in (("of the template", model.defaults()), ("for a fleet", model.raised())):
                of = model.pace(vendor, values, sessions)
                if sessions and of == model.pace(vendor, values):
                    continue
                title = f"`{vendor}`" + (", sessions ended" if sessions else "")
                rows.append((title, name, f"{of.sandboxes / float(of.order):.2g}", f"`{of.order_action}`", *whole(of)))
    return table(rows)


def whole(of: Pace) -> Iterator[str]:
    for count in SIZES:
        plan, orders = of.planned(count), of.carried_out(count)
        yield f"{duration(plan)} + {duration(orders)}" + (" †" if plan + orders > 14 * DAY else "")


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} d"


def parameters() -> str:
    lines = [f'{name}: "{value}"' if isinstance(value, str) else f"{name}: {value}" for name, value in model.changed_parameters().items()]
    return "```yaml\n" + "\n".join(lines) + "\n```\n"


def size() -> str:
    columns = [(vendor, model.pace(vendor, model.defaults())) for vendor in model.CALLS]
    runs = [model.run(count, of) for _, of in columns for count in (LARGEST,)]
    rows: list[tuple[str, ...]] = [("a million certificates, with the template's shares", "limit", *(f"`{vendor}`" for vendor, _ in columns))]
    add = rows.append
    add(("certificates of a page", "100", *(f"{of.page}" for _, of in columns)))
    add(("invocations that carry a page out", "", *(f"{of.parts}" for _, of in columns)))
    add(("pages", "999,999 by their names", *each(runs, "pages")))
    add(("state transitions", "", *each(runs, "transitions")))
    add(("events of the execution", f"{MOST_EVENTS:,}", *each(runs, "main_events", MOST_EVENTS)))
    add(("events of a child that plans 100 pages", f"{MOST_EVENTS:,}", *each(runs, "plan_events", MOST_EVENTS)))
    add(("events of a child that carries a page out", f"{MOST_EVENTS:,}", *each(runs, "order_events", MOST_EVENTS)))
    add(("events of a child that counts 100 pages", f"{MOST_EVENTS:,}", *each(runs, "count_events", MOST_EVENTS)))
    add(("bytes of the list of pages", f"{MOST_BYTES:,}", *each(runs, "orders_input", MOST_BYTES)))
    add(("bytes of the state that sums up, without errors", f"{MOST_BYTES:,}", *each(runs, "count_output", MOST_BYTES)))
    add(("child executions", "", *each(runs, "children")))
    add(("objects in the bucket", "", *each(runs, "objects")))
    days = [of.planned(LARGEST) + of.carried_out(LARGEST) for _, of in columns]
    add(("time", "14 d", *(duration(one) + (" **✗**" if one > 14 * DAY else "") for one in days)))
    return table(rows)


def reach() -> str:
    columns = {vendor: model.reach(model.pace(vendor, model.defaults())) for vendor in model.CALLS}
    columns["aws-iot, shares for a fleet"] = model.reach(model.pace("aws-iot", model.raised()))
    limits = list(columns["tencent-mqtt"])
    rows = [("the most certificates by", *(f"`{name}`" for name in columns))]
    for limit in limits:
        cells = [(of[limit], of[limit] == min(of.values())) for of in columns.values()]
        rows.append((limit, *(f"**{number:,}**" if is_first else f"{number:,}" for number, is_first in cells)))
    return table(rows)


def each(runs: list[Run], member: str, most: int | None = None) -> Iterator[str]:
    for run in runs:
        number = getattr(run, member)
        yield f"{number:,}" + (" **✗**" if most is not None and number > most else "")


def table(rows: list[tuple[str, ...]]) -> str:
    lines = [rows[0], tuple("---" if index == 0 else "---:" for index in range(len(rows[0]))), *rows[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
