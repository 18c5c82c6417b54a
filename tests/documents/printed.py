"""Answers as documents print them: JSON in which `...` stands for everything that is left out.

`...` is any value; at the end of a list it is any further elements, at the end of an object any further members; within a text
it is any characters. Everything else must be as it is printed.
"""

import json
import re
from collections.abc import Iterator

# A text, or three dots outside of texts.
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.')
# A character that no document and no answer has.
REST = "\ufdd0"
LEFT_OUT = "..."


class Mismatch(AssertionError):
    """The printed answer is not the real one, or is not JSON."""


def read(text: str) -> object:
    """The printed JSON; `...` outside of texts becomes REST, as a value or as a member's name."""

    def piece(found: re.Match[str]) -> str:
        if found[0] != LEFT_OUT:
            return found[0]
        is_value = text[: found.start()].rstrip().endswith(":")
        in_object = not is_value and innermost(text[: found.start()]) == "{"
        return f'"{REST}": null' if in_object else f'"{REST}"'

    try:
        return json.loads(PIECE.sub(piece, text))
    except json.JSONDecodeError as error:
        raise Mismatch(f"the printed text is not JSON: {error}\n{text}") from None


def innermost(text: str) -> str:
    """The bracket that is open at the end of the text."""
    open_brackets = [""]
    for bracket in re.findall(r"[][{}]", PIECE.sub("", text)):
        if bracket in "[{":
            open_brackets.append(bracket)
        else:
            open_brackets.pop()
    return open_brackets[-1]


def differences(printed: object, real: object, texts: dict[str, str], path: str = "") -> Iterator[str]:
    """Where the two differ, one line each. `texts` gets the real text for each printed beginning."""
    here = path or "the answer"
    if printed == REST:
        return
    if isinstance(printed, dict) and isinstance(real, dict):
        for name in printed.keys() - {REST}:
            if name in real:
                yield from differences(printed[name], real[name], texts, f"{path}.{name}".lstrip("."))
            else:
                yield f"{here}: there is no member {name}"
        if REST not in printed:
            for name in real.keys() - printed.keys():
                yield f"{here}: the document leaves out the member {name}: {json.dumps(real[name], ensure_ascii=False)[:200]}"
    elif isinstance(printed, list) and isinstance(real, list):
        is_open = bool(printed) and printed[-1] == REST
        known = printed[:-1] if is_open else printed
        if len(real) < len(known) or (len(real) > len(known) and not is_open):
            yield f"{here}: the document has {len(known)} elements, the function {len(real)}"
        for position, (one, other) in enumerate(zip(known, real)):
            yield from differences(one, other, texts, f"{path}[{position}]")
    elif isinstance(printed, str) and isinstance(real, str) and LEFT_OUT in printed:
        if not re.fullmatch(".*".join(map(re.escape, printed.split(LEFT_OUT))), real, re.DOTALL):
            yield f"{here}: the document has {printed!r}, the function {real!r}"
        if printed != LEFT_OUT:
            texts[printed] = real
    elif type(printed) is not type(real) or printed != real:
        document, function = (json.dumps(value, ensure_ascii=False)[:200] for value in (printed, real))
        yield f"{here}: the document has {document}, the function {function}"
