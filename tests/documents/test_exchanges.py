"""Every request in README.md and docs is sent to the running functions, and gets the answer that is printed below it."""

import json
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import printed
import pytest
from exchanges import Exchange, blocks, exchanges, looks_like_a_request
from gateway import Gateway, variables
from simulator import ROOT, Simulator
from terminal import Terminal

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# As in the demonstration, so that all that is printed can be tried with `make run`.
PLACES = [
    {"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9"},
    {"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "mqtt-cn-sim0002"},
    {"provider": "alibaba-pca", "region": "cn-hangzhou"},
    {"provider": "aws-iot", "region": "eu-west-1"},
]
# Where the lines that are to be pasted expect the functions: the address that `make run` has.
LOCAL = "http://127.0.0.1:9000/lambda-url"
# A time in a request. A fixed one would pass, or would not be true of the day on which somebody tries it.
IN_ONE_HOUR = "<in one hour>"
DATE = re.compile(r"\b20\d\d-\d\d-\d\d")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Simulator, Gateway]]:
    with Simulator() as simulator:
        own = variables(simulator) | {
            "AWS_ENDPOINT_URL_IOT_DATA_PLANE": f"http://{simulator.host('aws-iot')}",
            "SOURCES": json.dumps(PLACES),
            "INACTIVATE_ALLOWED_INSTANCES": "post-cn-7mz2d0000,mqtt-qgzaawn9,mqtt-cn-sim0002,aws-iot",
            "REACTIVATE_ALLOWED_INSTANCES": "post-cn-7mz2d0000,mqtt-qgzaawn9,aws-iot",
            "RECEIPT_SECRETS": secrets.token_hex(32),
        }
        with Gateway(own) as gateway:
            yield simulator, gateway


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_request_gets_the_answer_that_is_printed(document: Path, running: tuple[Simulator, Gateway]) -> None:
    """The requests of one document are sent in their order, to certificates that are as at the start."""
    simulator, gateway = running
    simulator.reset()
    texts: dict[str, str] = {}
    wrong = []
    for exchange in exchanges(document):
        real = sent(exchange, gateway, texts)
        found = list(printed.differences(printed.read(exchange.answer.text), real, texts))
        if found:
            wrong.append("\n  ".join([f"{exchange} {' '.join(exchange.method_and_path)}", *found]))
            wrong.append(f"  the whole answer: {json.dumps(real, ensure_ascii=False)[:3000]}")
    assert not wrong, "\n".join(["these answers differ from the printed ones:", *wrong])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_lines_to_paste_do_what_is_printed(document: Path, running: tuple[Simulator, Gateway], tmp_path: Path) -> None:
    """The last thing that such a block prints is the answer below it."""
    simulator, gateway = running
    simulator.reset()
    every = blocks(document)
    with Terminal(tmp_path) as terminal:
        for lines, answer in zip(every, every[1:]):
            if lines.kind == "sh" and "$api" in lines.text:
                assert answer.kind == "json", f"{document.name}:{lines.line}: there is no answer below the lines"
                shown = terminal.paste(re.sub(f"{LOCAL}\\b", gateway.url, lines.text))
                found = list(printed.differences(printed.read(answer.text), last_json(shown), {}))
                assert not found, "\n  ".join([f"{document.name}:{lines.line} prints something else:", *found, shown])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_request_is_left_out(document: Path) -> None:
    """A request in a block of another kind would not be sent."""
    missed = [f"{document.name}:{block.line}" for block in blocks(document) if block.kind != "http" and looks_like_a_request(block)]
    assert not missed, f"put these requests into blocks of the kind http, with their answers: {missed}"


def test_no_request_has_a_date_that_passes() -> None:
    dated = [str(one) for document in DOCUMENTS for one in exchanges(document) if DATE.search(one.request.text)]
    assert not dated, f"write {IN_ONE_HOUR} for the time in {dated}"


def sent(exchange: Exchange, gateway: Gateway, texts: dict[str, str]) -> object:
    """The real answer. Texts that earlier answers show shortened are sent whole."""
    method, path = exchange.method_and_path
    body = exchange.body.replace(IN_ONE_HOUR, f"{datetime.now(timezone.utc) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    for shortened, whole in texts.items():
        body = body.replace(json.dumps(shortened), json.dumps(whole))
    assert printed.LEFT_OUT not in body, f"{exchange}: no answer before shows what the request leaves out"
    headers = {"content-type": "application/json"} | exchange.headers
    request = urllib.request.Request(gateway.url + path, body.encode() or None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def last_json(text: str) -> object:
    """The last object that a text holds; the objects stand one behind the other."""
    decoder, rest, last = json.JSONDecoder(), text.strip(), None
    while rest:
        last, end = decoder.raw_decode(rest)
        rest = rest[end:].strip()
    return last


@pytest.mark.parametrize(
    ("shown", "real", "told"),
    [
        ('{ "a": 1, ... }', {"a": 1, "b": 2}, ""),
        ('{ "a": 1 }', {"a": 1, "b": 2}, "leaves out the member b"),
        ('{ "a": 1, "b": 2 }', {"a": 1}, "no member b"),
        ('{ "a": ... }', {"a": [{}]}, ""),
        ('[ 1, ... ]', [1, 2, 3], ""),
        ('[ { "a": 1, ... }, ... ]', [{"a": 1, "b": 2}], ""),
        ("[ 1 ]", [1, 2], "has 1 elements"),
        ("[ 1, 2, ... ]", [1], "has 2 elements"),
        ('{ "a": "AA...", "b": "...Z" }', {"a": "AAxyz", "b": "1Z"}, ""),
        ('{ "a": "AA..." }', {"a": "BB"}, "the function 'BB'"),
        ('{ "a": false }', {"a": 0}, "the function 0"),
    ],
)
def test_a_printed_answer_is_compared_member_by_member(shown: str, real: object, told: str) -> None:
    found = "\n".join(printed.differences(printed.read(shown), real, {}))
    assert told in found and bool(found) == bool(told)
