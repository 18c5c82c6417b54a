"""Every relative link in a Markdown file of the project leads to a file, and to a heading in it."""

import os
import re
from pathlib import Path

from stack import ROOT

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def documents() -> list[Path]:
    """All Markdown files of the project. Folders of tools and of what was built begin with a dot, or are `target`."""
    found = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if not name.startswith(".") and name not in ("target", "node_modules")]
        found += [Path(folder, name) for name in files if name.endswith(".md")]
    return sorted(found)


def anchors(text: str) -> set[str]:
    """The headings as GitHub names them in addresses."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        repeats = sum(one == anchor or re.fullmatch(rf"{re.escape(anchor)}-\d+", one) is not None for one in found)
        found.add(f"{anchor}-{repeats}" if repeats else anchor)
    return found


def broken(document: Path, text: str) -> list[str]:
    """The relative links of a document that lead nowhere."""
    wrong = []
    for target in LINK.findall(CODE.sub("", FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists():
            wrong.append(f"{document.relative_to(ROOT)}: there is no {target}")
        elif anchor and (file.suffix != ".md" or anchor not in anchors(text if file == document else file.read_text())):
            wrong.append(f"{document.relative_to(ROOT)}: there is no heading for {target}")
    return wrong


def test_every_relative_link_leads_somewhere() -> None:
    every = documents()
    assert ROOT / "README.md" in every and ROOT / "docs/reference.md" in every
    wrong = [line for document in every for line in broken(document, document.read_text())]
    assert not wrong, "\n".join(wrong)


def test_a_link_that_leads_nowhere_is_found() -> None:
    readme = ROOT / "README.md"
    text = "# One `two`, three\n\n# Same\n\n# Same\n\n[a](#one-two-three) [b](#same-1) [c](docs/reference.md#undo) [d](https://x.test/none) `[e](none)`\n"
    assert broken(readme, text) == []
    assert broken(readme, f"{text}[f](#three) [g](docs/none.md) [h](docs/reference.md#none) [i](Makefile#none)") == [
        "README.md: there is no heading for #three",
        "README.md: there is no docs/none.md",
        "README.md: there is no heading for docs/reference.md#none",
        "README.md: there is no heading for Makefile#none",
    ]
