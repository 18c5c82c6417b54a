"""The requests and answers that documents print."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

REQUEST_LINE = re.compile(r"(GET|POST) (/\S*)")


@dataclass(frozen=True)
class Block:
    """A block of code; `kind` is the word behind the fence, and empty for an indented block."""

    document: Path
    line: int
    kind: str
    text: str


@dataclass(frozen=True)
class Exchange:
    """A request and the answer that is printed below it."""

    request: Block
    answer: Block

    def __str__(self) -> str:
        return f"{self.request.document.name}:{self.request.line}"

    @property
    def method_and_path(self) -> tuple[str, str]:
        first = self.request.text.splitlines()[0]
        found = REQUEST_LINE.fullmatch(first)
        assert found, f"{self}: a request begins with its method and path, not with {first!r}"
        return found[1], found[2]

    @property
    def headers(self) -> dict[str, str]:
        head = self.request.text.partition("\n\n")[0].splitlines()[1:]
        return dict(line.split(": ", 1) for line in head)

    @property
    def body(self) -> str:
        return self.request.text.partition("\n\n")[2]


def blocks(document: Path) -> list[Block]:
    """All blocks of code of a document."""
    tokens = MarkdownIt().parse(document.read_text())
    return [block(document, token) for token in tokens if token.type in ("fence", "code_block")]


def block(document: Path, token: Token) -> Block:
    assert token.map, "a block has lines"
    return Block(document, token.map[0] + 1, token.info.strip(), token.content.strip())


def exchanges(document: Path) -> Iterator[Exchange]:
    """Every request of a document; the next block of code is its answer."""
    every = blocks(document)
    for position, request in enumerate(every):
        if request.kind != "http":
            continue
        answer = every[position + 1] if position + 1 < len(every) else None
        assert answer and answer.kind == "json", f"{document.name}:{request.line}: there is no answer below the request"
        yield Exchange(request, answer)


def looks_like_a_request(block: Block) -> bool:
    """Whether it is a request's line, or an object with a member that only requests have."""
    if any(REQUEST_LINE.fullmatch(line) for line in block.text.splitlines()):
        return True
    try:
        value = json.loads(block.text)
    except json.JSONDecodeError:
        return False
    asks = {"certificates", "filter", "select", "undo", "cross_check", "sources"}
    return isinstance(value, dict) and "operation" not in value and bool(asks & value.keys())
