"""The demonstration: a screen a step, requests that can be pasted, and a cut that hides no error."""

import contextlib
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator import ROOT, TARGET

DEMO = ROOT / "scripts/demo"
sys.path.insert(0, str(DEMO))
from bundle import Failure  # noqa: E402
from screen import CUT_WHEN_TRUE, NEVER_CUT, cut, in_shell, json_in_shell, laid_out, shorten  # noqa: E402
from story import CHANGED, LISTED, LOGGED, PROPOSED, TOLD, Stage  # noqa: E402

COLUMNS, LINES = 100, 40
SECONDS = 120
SETS = {"listed": LISTED, "proposed": PROPOSED, "changed": CHANGED, "told": TOLD, "logged": LOGGED, "nothing": set()}
PROBLEM = {"type": "about:blank", "title": "Throttled", "status": 429, "code": "throttled", "detail": "the quick brown fox " * 20, "field": None}


def environment(**own: str) -> dict[str, str]:
    """With the programs that are there already, and nothing of the person who runs this but the PATH."""
    cargo_lambda = os.environ.get("CARGO_LAMBDA", str(Path(sys.executable).with_name("cargo-lambda")))
    rust = {name: os.environ.get(name, str(Path.home() / folder)) for name, folder in (("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo"))}
    return {"PATH": os.environ["PATH"], "CARGO_LAMBDA": cargo_lambda, "FUNCTIONS_DIR": str(TARGET / "debug")} | rust | own


@pytest.fixture(scope="module")
def printed() -> str:
    return demonstration()


def demonstration(*options: str, **own: str) -> str:
    command = [sys.executable, DEMO, *options]
    run = subprocess.run(command, env=environment(**own), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    return run.stdout


def test_each_step_is_one_screen(printed: str) -> None:
    steps = printed.split("\n" + "-" * COLUMNS + "\n")
    assert len(steps) == 13
    for step in steps:
        lines = step.splitlines()
        # With the rule above it, and the line that waits for input below it.
        height = 2 + sum(max(1, math.ceil(len(line) / COLUMNS)) for line in lines)
        assert height <= LINES, step
        # The requests alone may be longer than the screen is wide: a text in JSON cannot be broken.
        assert all(len(line) <= COLUMNS or line.startswith('   "body": ') for line in lines), step


def test_the_story_ends_with_a_total(printed: str) -> None:
    total = printed.rstrip().splitlines()[-3:]
    assert total[0] == "Done: 5 certificates inactivated and 3 reactivated, 3 sessions ended;"
    assert re.fullmatch(r"13 requests to the functions, \d+ calls to the providers, \d+\.\d seconds\.", total[1])


def test_the_log_of_a_change_is_shown_once(printed: str) -> None:
    for message in ("inactivating a certificate", "tried to inactivate a certificate", "ending a session", "tried to end a session"):
        assert printed.count(f'"message": "{message}"') == 1


@pytest.mark.parametrize(("options", "own"), [(("--full",), {}), ((), {"FULL": "1"})], ids=["option", "variable"])
def test_all_of_each_answer_can_be_shown(options: tuple[str, ...], own: dict[str, str]) -> None:
    text = demonstration(*options, **own)
    decoder, answers, position = json.JSONDecoder(), [], 0
    while (position := text.find("\nHTTP 200\n{", position + 1)) >= 0:
        answers.append(decoder.raw_decode(text, position + len("\nHTTP 200\n"))[0])
    assert [answer["operation"] for answer in answers] == [*["describe"] * 3, *["inactivate"] * 5, *["status"] * 2, "inactivate", "status"]
    results = [result for answer in answers for result in answer.get("results", [])]
    assert all({"provider_serial_number", "error"} <= result.keys() for result in results)
    assert [len(result["receipt"]) > 200 for result in results if result.get("receipt")] == [True] * 4


def test_the_requests_can_be_pasted(printed: str) -> None:
    """In their order, into one shell, beside functions and providers that are as they were at the start of the demonstration."""
    with staying() as first_line:
        script = "\n".join(["set -e", first_line, *requests(printed)])
        run = subprocess.run(["sh"], input=script, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert run.returncode == 0, run.stderr
    # No answer of the functions ends with a new line.
    decoder, answers, position = json.JSONDecoder(), [], 0
    while position < len(run.stdout.rstrip()):
        answer, position = decoder.raw_decode(run.stdout, position)
        answers.append(answer)
        position += len(run.stdout[position:]) - len(run.stdout[position:].lstrip())
    outcomes = [result.get("outcome", result["status"]) for answer in answers for result in answer.get("results", [])]
    assert outcomes == [
        *["would_inactivate"] * 2,
        *["inactivated"] * 3,
        "already_inactive",
        *["reactivated"] * 3,
        *["good", "revoked", "unknown"],
        *["active", "inactivated", "inactive"],
    ]
    assert [len(answer["certificates"]) for answer in answers if "certificates" in answer][0] == 2
    assert answers[-1] == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert len(answers) == 13


def requests(printed: str) -> list[str]:
    """The lines behind each `$ ` to the answer."""
    return re.findall(r"^\$ (.*?)(?=^HTTP |^\{\"batchItemFailures)", printed, re.MULTILINE | re.DOTALL)


@contextlib.contextmanager
def staying() -> Iterator[str]:
    """`make run`, while it runs: the line that it prints for the requests of the demonstration."""
    process = subprocess.Popen([sys.executable, DEMO, "stay"], env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield next(line for line in process.stdout if line.startswith("api=")).strip()
    finally:
        process.terminate()
        process.wait(SECONDS)
        process.stdout.close()


@pytest.mark.parametrize("members", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize("name", sorted(NEVER_CUT))
def test_the_cut_hides_no_trouble(name: str, members: set[str]) -> None:
    """Not at the top, not in a list, not below members that are left out."""
    for path in ((), ("results",), ("results", "sessions", "clients"), ("no", "such", "members")):
        value: Any = {name: PROBLEM, "other": 1}
        for outer in reversed(path):
            value = {outer: [{"outcome": "inactivated"}, value], "other": 1}
        shown = cut(value, members)
        assert {"code": "throttled", "detail": PROBLEM["detail"], "status": 429} in everything(shown), shown
        # All words of it are on the screen, on lines that fit.
        screen = laid_out(shown)
        assert screen.count("quick") == screen.count("fox") == 20, screen
        assert max(map(len, screen.splitlines())) <= COLUMNS, screen


@pytest.mark.parametrize("name", sorted(CUT_WHEN_TRUE))
def test_the_cut_shows_what_is_not_verified(name: str) -> None:
    assert cut({"a": [{name: False, "b": 1}]}, set())["a"][0][name] is False
    assert "a" not in cut({"a": [{name: True, "b": 1}]}, set())


def test_the_cut_says_that_it_left_something_out() -> None:
    assert laid_out(cut({"outcome": "inactivated", "error": None}, {"outcome"})) == '{"outcome": "inactivated", ...}'
    assert laid_out(cut({"outcome": "inactivated"}, {"outcome"})) == '{"outcome": "inactivated"}'
    assert laid_out(cut({"receipt": "a" * 49}, {"receipt"})) == '{"receipt": "aaaaaaaaaaaaaaaa..."}'


def test_a_shortened_list_keeps_every_item_with_an_error() -> None:
    items = [{"number": number, "error": PROBLEM if number in (7, 9) else None} for number in range(12)]
    assert [item["number"] for item in shorten(items, 2)] == [0, 1, 7, 9]


def test_an_answer_that_is_no_success_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    class Failing:
        def get(self, function: str, query: str) -> tuple[int, dict[str, Any]]:
            return 502, PROBLEM | {"provider_error": None}

    with pytest.raises(Failure, match="expected HTTP 200"):
        Stage(Failing(), full=False).get("describe", {"limit": "1"}, LISTED)
    shown = capsys.readouterr().out
    assert "HTTP 502" in shown and json.dumps(PROBLEM | {"provider_error": None}, indent=2) in shown


def test_a_body_is_the_same_json_in_a_shell() -> None:
    for body in ({}, [], {"a": {}}, {"reason": "it's \"stolen\" \\ 车联网 " * 20}, {"many": [{"name": "x" * 30, "list": [1, None, True]}] * 9}):
        run = subprocess.run(["sh", "-c", f"printf %s {json_in_shell(body)}"], capture_output=True, text=True, check=True)
        assert json.loads(run.stdout) == body
    assert (in_shell("$cursor"), in_shell("a b")) == ('"$cursor"', "'a b'")


def everything(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from everything(inner)
