"""Charts as SVG, drawn by Vega-Lite. Their colours are CSS variables, so that a page in light or dark colours sets them."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from typing import Any

import vl_convert

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
SVG = "http://www.w3.org/2000/svg"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# Light and dark value of each colour. Red is for revoked, orange for expired or failed, amber for soon, grey for switched off.
COLOURS = {
    "surface": ("#ffffff", "#171b21"),
    "ink": ("#1b2027", "#e8ebef"),
    "muted": ("#5c6672", "#9aa5b1"),
    "line": ("#e3e6ea", "#2b323b"),
    "good": ("#2f6fb5", "#5b9be0"),
    "better": ("#2a9187", "#3fb3a7"),
    "waiting": ("#93bbe4", "#3d6896"),
    "early": ("#8f7fc4", "#a193d8"),
    "off": ("#bcc3cc", "#57616d"),
    "soon": ("#e0a21b", "#e3ad38"),
    "late": ("#dd6a1f", "#ee8743"),
    "bad": ("#b3261e", "#f0655b"),
    "unknown": ("#6b7480", "#8d98a5"),
}
STATUS_COLOURS = {
    "active": "good",
    "good": "better",
    "pending_activation": "waiting",
    "not_yet_valid": "early",
    "inactive": "off",
    "expired": "late",
    "revoked": "bad",
    "unknown": "unknown",
}
OUTCOME_COLOURS = {
    "inactivated": "good",
    "reactivated": "good",
    "would_inactivate": "waiting",
    "would_reactivate": "waiting",
    "already_inactive": "off",
    "already_active": "off",
    "changed_since": "soon",
    "not_found": "early",
    "refused": "late",
    "failed": "bad",
    "unknown": "unknown",
    "not_attempted": "ink",
    "not_carried_out": "ink",
}

# Maximum number of bars that have space between them.
MOST_SPACED = 100
# A bar that is more than this many times as tall as the next one is cut.
MOST_TIMES = 4

Row = dict[str, Any]


def words(name: str) -> str:
    return name.replace("_", " ")


def colour(name: str) -> str:
    return f"var(--{name})"


def by_source(rows: Sequence[Row], statuses: Sequence[str], width: int, ident: str, description: str) -> str:
    """A bar for each source, which is the whole of it, divided by status. A row has `name`, `counts` by status, and `note`
    in place of a bar, or None."""
    names = [row["name"] for row in rows]
    bars = [
        {
            "source": row["name"],
            "status": status,
            "order": statuses.index(status),
            "count": row["counts"][status],
            "title": f"{row['name']}: {row['counts'][status]:,} {words(status)}",
        }
        for row in rows
        for status in statuses
        if row["counts"][status]
    ]
    labels = [
        {"source": row["name"], "total": "" if row["note"] else f"{sum(row['counts'].values()):,}", "note": row["note"] or ""}
        for row in rows
    ]
    place = {"field": "source", "type": "nominal", "sort": names, "axis": None}
    row_height = 46

    def text(member: str, **mark: Any) -> Row:
        return {
            "data": {"values": labels},
            "mark": {"type": "text", "baseline": "middle", "aria": False, **mark},
            "encoding": {"y": place, "text": {"field": member, "type": "nominal"}},
        }

    bar = {
        "data": {"values": bars},
        "mark": {"type": "bar", "height": 14, "yOffset": 9, "stroke": colour("surface"), "strokeWidth": 1},
        "encoding": {
            "y": place,
            "x": {"field": "count", "type": "quantitative", "stack": "normalize", "axis": None, "scale": {"nice": False}},
            "color": scale("status", {status: STATUS_COLOURS[status] for status in statuses}),
            "order": {"field": "order"},
            "description": {"field": "title"},
        },
    }
    layers = [
        *([bar] if bars else []),
        text("source", align="left", x=0, dy=-9, fontSize=13, fill=colour("ink")),
        text("total", align="right", x="width", dy=-9, fontSize=13, fontWeight=600, fill=colour("ink")),
        text("note", align="left", x=0, dy=9, fontSize=12, fill=colour("bad")),
    ]
    return drawn(
        {"width": width, "height": row_height * len(rows), "layer": layers}, ident, "Certificates by source and status", description
    )


def cut(heights: Sequence[int]) -> float | None:
    """The height at which the tallest bar is cut, so that it does not flatten all others; `None` where it does not."""
    *_, second, tallest = sorted((0, 0, *heights))
    return 1.4 * second if 0 < second * MOST_TIMES < tallest else None


def by_end(bars: Sequence[Row], width: int, ident: str, description: str, *, with_numbers: bool) -> str:
    """A bar for each range of time. A row has `label` and `parts`: counts by the name of a colour, from the axis up, with words.
    Labels that are empty are left out, so that the others do not overlap. A bar that is cut has a gap, and its number."""
    totals = [sum(count for *_, count in row["parts"]) for row in bars]
    most = cut(totals)
    heights = [min(total, most or total) for total in totals]
    values = [
        {
            "range": number,
            "colour": name,
            "order": order,
            "height": count * heights[number] / totals[number],
            "title": f"{row['title']}: {count:,} {what}",
        }
        for number, row in enumerate(bars)
        for order, (name, what, count) in enumerate(row["parts"])
        if count
    ]
    labels = [row["label"] for row in bars]
    numbers = [number for number, label in enumerate(labels) if label]
    x = {
        "field": "range",
        "type": "ordinal",
        "scale": {"domain": list(range(len(bars))), "paddingInner": 0.22, "paddingOuter": 0.05},
        "axis": {
            "values": numbers,
            "labelExpr": f"{labels!r}[datum.value]",
            "labelAngle": 0,
            "labelAlign": "left",
            "labelOffset": {"expr": "-bandwidth('x') / 2"},
            "labelPadding": 8,
            "ticks": False,
            "domainColor": colour("muted"),
            "title": None,
        },
    }
    names = list(dict.fromkeys(value["colour"] for value in values))
    bar = {
        "data": {"values": values},
        "mark": {"type": "bar", "stroke": colour("surface"), "strokeWidth": 0.5},
        "encoding": {
            "x": x,
            "y": {"field": "height", "type": "quantitative", "axis": value_axis(), "scale": {"domainMin": 0}},
            "color": scale("colour", {name: name for name in names}),
            "order": {"field": "order"},
            "description": {"field": "title"},
        },
    }
    numbered = [
        {"range": number, "height": heights[number], "count": total}
        for number, total in enumerate(totals)
        if total and (with_numbers or total > heights[number])
    ]
    above = {
        "data": {"values": numbered},
        "mark": {"type": "text", "dy": -7, "fontSize": 11, "fill": colour("muted"), "aria": False},
        "encoding": {
            "x": x,
            "y": {"field": "height", "type": "quantitative"},
            "text": {"field": "count", "type": "quantitative", "format": ",d"},
        },
    }
    gap = {
        "data": {"values": [{"range": totals.index(max(totals)), "height": 0.86 * most}] if most else []},
        "mark": {"type": "tick", "thickness": 5, "color": colour("surface"), "opacity": 1, "aria": False},
        "encoding": {"x": x, "y": {"field": "height", "type": "quantitative"}},
    }
    layers = [bar, above, gap] if most else [bar, above]
    return drawn({"width": width, "height": 220, "layer": layers}, ident, "Certificates by the end of their validity", description)


def by_page(bins: Sequence[Row], outcomes: Sequence[str], title: str, lines: Sequence[str]) -> str:
    """A run over a fleet as a picture of its own, with a legend. A bin has `first`, `last` (pages), `counts` by outcome, and
    `waiting`: certificates of pages that have no outcome yet."""
    kinds = {outcome: OUTCOME_COLOURS.get(outcome, "unknown") for outcome in outcomes}
    kinds["waiting"] = "line"
    values = [
        {
            "first": entry["first"] - 0.5,
            "last": entry["last"] + 0.5,
            "outcome": words(outcome),
            "order": order,
            "count": count,
            "title": f"{pages(entry)}: {count:,} {words(outcome)}",
        }
        for entry in bins
        for order, outcome in enumerate(kinds)
        if (count := entry["waiting"] if outcome == "waiting" else entry["counts"].get(outcome, 0))
    ]
    shown = {words(outcome): name for outcome, name in kinds.items() if any(value["outcome"] == words(outcome) for value in values)}
    last = bins[-1]["last"] if bins else 1
    chart = {
        "width": 840,
        "height": 260,
        "padding": 24,
        "background": colour("surface"),
        "title": {"text": title, "subtitle": list(lines)},
        "data": {"values": values},
        "mark": {"type": "bar", "binSpacing": 1 if len(bins) <= MOST_SPACED else 0},
        "encoding": {
            "x": {
                "field": "first",
                "bin": "binned",
                "type": "quantitative",
                "scale": {"domain": [0.5, last + 0.5], "nice": False},
                "axis": {
                    "title": "page",
                    "format": ",d",
                    "grid": False,
                    "tickCount": 10,
                    "tickMinStep": 1,
                    "labelFlush": False,
                    "domainColor": colour("muted"),
                    "ticks": False,
                },
            },
            "x2": {"field": "last"},
            "y": {
                "field": "count",
                "type": "quantitative",
                "stack": "zero",
                "axis": {**value_axis(), "title": "certificates" if all(b["first"] == b["last"] for b in bins) else "certificates a bar"},
            },
            "color": {
                **scale("outcome", shown),
                "legend": {"orient": "bottom", "title": None, "symbolType": "square", "direction": "horizontal", "columns": 6},
            },
            "order": {"field": "order"},
            "description": {"field": "title"},
        },
    }
    return standalone(drawn(chart, "run", title, " ".join(lines)))


def pages(entry: Row) -> str:
    return f"page {entry['first']:,}" if entry["first"] == entry["last"] else f"pages {entry['first']:,} to {entry['last']:,}"


def scale(member: str, colours: dict[str, str]) -> Row:
    values = {"domain": list(colours), "range": [colour(name) for name in colours.values()]}
    return {"field": member, "type": "nominal", "scale": values, "legend": None}


def value_axis() -> Row:
    return {"title": None, "format": ",d", "tickCount": 4, "tickMinStep": 1, "domain": False, "ticks": False, "labelPadding": 6}


CONFIG = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {"labelColor": colour("muted"), "titleColor": colour("muted"), "titleFontWeight": 400, "labelFontSize": 12, "titleFontSize": 12,
             "gridColor": colour("line")},
    "legend": {"labelColor": colour("ink"), "labelFontSize": 12, "symbolSize": 120, "columnPadding": 18, "offset": 18},
    "title": {"color": colour("ink"), "fontSize": 17, "fontWeight": 600, "anchor": "start", "offset": 18, "subtitleColor": colour("muted"),
              "subtitleFontSize": 13, "subtitlePadding": 6, "subtitleLineHeight": 18},
}  # fmt: skip


def drawn(chart: Row, ident: str, title: str, description: str) -> str:
    """The chart as one SVG image with a title and a description, and a hint for each mark that has one."""
    specification = {"$schema": SCHEMA, "padding": 0, "config": CONFIG, **chart}
    ElementTree.register_namespace("", SVG)
    svg = ElementTree.fromstring(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))
    for element in svg.iter():
        if "mark-rect" in element.get("class", ""):
            # Bars side by side have no seam between them.
            element.set("shape-rendering", "crispEdges")
        hint = element.attrib.pop("aria-label", None)
        for name in ("role", "aria-roledescription", "aria-hidden"):
            element.attrib.pop(name, None)
        # Vega describes axes and legends, too; as an image the chart has its own description.
        if hint and element.tag == f"{{{SVG}}}path":
            ElementTree.SubElement(element, f"{{{SVG}}}title").text = hint
    svg.attrib.update({"role": "img", "aria-labelledby": f"{ident}-title {ident}-description"})
    for number, (name, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{SVG}}}{name}", {"id": f"{ident}-{'title' if name == 'title' else 'description'}"})
        element.text = text
        svg.insert(number, element)
    del svg.attrib["class"]
    return ElementTree.tostring(svg, encoding="unicode")


def variables(mode: int) -> str:
    """The colours as CSS: 0 for light, 1 for dark."""
    return " ".join(f"--{name}: {values[mode]};" for name, values in COLOURS.items())


def standalone(text: str) -> str:
    """An SVG file of its own. A viewer without CSS variables shows the light colours."""
    svg = ElementTree.fromstring(text)
    for element in svg.iter():
        themed = [kind for kind in ("fill", "stroke") if element.get(kind, "").startswith("var(")]
        if themed:
            element.set("style", ";".join(f"{kind}:{element.attrib[kind]}" for kind in themed))
        for kind in themed:
            name = element.attrib[kind].removeprefix("var(--").removesuffix(")")
            element.set(kind, COLOURS[name][0])
    style = ElementTree.Element(f"{{{SVG}}}style")
    style.text = f":root {{ {variables(0)} }} @media (prefers-color-scheme: dark) {{ :root {{ {variables(1)} }} }}"
    svg.insert(0, style)
    return ElementTree.tostring(svg, encoding="unicode")
