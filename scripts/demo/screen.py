"""Requests and answers on a screen of 100 columns: lines that can be pasted, and answers cut to the members that matter."""

import json
import shlex
import textwrap
from typing import Any

WIDTH = 100
# Members that report trouble, or work that is left. They are never cut, unless they are empty.
NEVER_CUT = {
    "batchItemFailures",
    "disagreements",
    "error",
    "failed",
    "flags",
    "not_attempted",
    "not_found",
    "provider_error",
    "refused",
    "rest",
    "undecided_count",
    "unknown",
    "warnings",
}
# Members that report trouble when they are false.
CUT_WHEN_TRUE = {"consistent", "verified"}
# Longer texts, such as receipts, are cut unless they belong to a member of NEVER_CUT.
LONGEST_TEXT = 48
SHOWN_OF_LONG_TEXT = 16


def cut(value: Any, members: set[str]) -> Any:
    """Leaves out, at any depth, the members that are not among these and contain no trouble."""
    if isinstance(value, list):
        return [cut(item, members) for item in value]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[:SHOWN_OF_LONG_TEXT] + "..."
    if not isinstance(value, dict):
        return value
    kept: dict[Any, Any] = {}
    for name, inner in value.items():
        if is_trouble(name, inner):
            kept[name] = whole(inner)
        elif name in members or has_trouble(inner):
            kept[name] = cut(inner, members)
    # The layout shows by "..." that members were left out.
    return kept if len(kept) == len(value) else kept | {...: ...}


def has_trouble(value: Any) -> bool:
    """Whether a member reports trouble, at any depth."""
    if isinstance(value, list):
        return any(map(has_trouble, value))
    if not isinstance(value, dict):
        return False
    return any(is_trouble(name, inner) or has_trouble(inner) for name, inner in value.items())


def is_trouble(name: str, value: Any) -> bool:
    return (name in NEVER_CUT and bool(value)) or (name in CUT_WHEN_TRUE and value is False)


def whole(value: Any) -> Any:
    """The whole value, except nulls and the members that only repeat an error's code."""
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        said_by_code = {"type", "title"} if "code" in value else set()
        return {name: whole(inner) for name, inner in value.items() if inner is not None and name not in said_by_code}
    return value


def shorten(items: list[dict], most: int) -> list[dict]:
    """The first items, and every later one that has trouble."""
    return items[:most] + [item for item in items[most:] if has_trouble(item)]


def laid_out(value: Any, column: int = 0, margin: int = 0, breaks_texts: bool = True) -> str:
    """JSON that fills its lines, from this column on; further lines begin at the margin. A broken text is no JSON."""
    flat = on_one_line(value)
    # A comma and brackets may follow.
    if column + len(flat) + 3 <= WIDTH:
        return flat
    if isinstance(value, dict):
        members = [(name_of(name), inner) for name, inner in value.items()]
        return f"{{{filled(members, column + 1, margin + 1, breaks_texts)}}}"
    if isinstance(value, list):
        return f"[{filled([('', item) for item in value], column + 1, margin + 1, breaks_texts)}]"
    if not isinstance(value, str) or not breaks_texts:
        return flat
    first, *more = textwrap.wrap(flat, max(WIDTH - column - 3, 20), break_on_hyphens=False)
    more = textwrap.wrap(" ".join(more), max(WIDTH - margin - 4, 20), break_on_hyphens=False)
    return f"\n{' ' * (margin + 1)}".join([first, *more])


def filled(items: list[tuple[str, Any]], column: int, margin: int, breaks_texts: bool = True) -> str:
    """Several items on a line where they fit; each has a name before it, which may be empty."""
    text, is_broken = "", False
    for name, value in items:
        flat = name + on_one_line(value)
        if text:
            # On the last line of an item of several lines, only the mark of the cut may follow.
            fits = column + len(flat) + 5 <= WIDTH and (value is ... or not is_broken)
            text += ", " if fits else f",\n{' ' * margin}"
            column = column + 2 if fits else margin
        item = name + laid_out(value, column + len(name), margin, breaks_texts)
        text += item
        is_broken = "\n" in item
        column = len(item.rpartition("\n")[2]) if is_broken else column + len(item)
    return text


def on_one_line(value: Any) -> str:
    if value is ...:
        return "..."
    if isinstance(value, dict):
        return "{" + ", ".join(name_of(name) + on_one_line(inner) for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(on_one_line, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def name_of(name: Any) -> str:
    return "" if name is ... else f"{json.dumps(name)}: "


def get_line(url: str, parameters: dict[str, str]) -> str:
    """A GET for a shell; a parameter that begins with `$` comes from the shell."""
    text = line = f"curl -sG {url}"
    for name, value in parameters.items():
        word = f"-d {name}={in_shell(value)}"
        fits = len(line) + len(word) + 12 <= WIDTH
        text += f" {word}" if fits else f" \\\n    {word}"
        line = f"{line} {word}" if fits else f"    {word}"
    return text


def in_shell(value: str) -> str:
    return f'"{value}"' if value.startswith("$") else shlex.quote(value)


def json_in_shell(value: Any) -> str:
    """JSON for a shell, which may take several lines."""
    return shlex.quote(laid_out(value, breaks_texts=False))
