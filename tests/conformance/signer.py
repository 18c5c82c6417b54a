"""This project's signer, reached through the program `sign` (tests/examples/sign.rs).

The program reads JSON lines from standard input until its end and answers each with one line, in order:

    {"algorithm": "TC3-HMAC-SHA256" | "ACS3-HMAC-SHA256" | "AWS4-HMAC-SHA256", "input": {...}}

`input` has the members of the vector files in tests/vectors. Of a TC3 input `body_hex` holds the body, and `body_utf8`
is null where that is no UTF-8 text. ACS3 and AWS4 inputs have both, too. An AWS4 input holds under `headers` those that are
signed beside the host and those that signing adds. The answer holds

    {"canonical_request": ..., "string_to_sign": ..., "signature": ..., "authorization": ...}

and for ACS3 also `canonical_query`; of AWS4, which its official crate signs, `signature` and `authorization` alone; or {"error": "..."} when the input cannot be signed.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TIME_LIMIT_SECONDS = 120


@dataclass(frozen=True)
class Case:
    """The request that the SDK signed, and the steps it took to do so."""

    algorithm: str
    input: dict
    expected: dict[str, str]
    """By name of the step, in the order in which the steps are taken."""


def sign(cases: list[Case]) -> list[dict[str, str]]:
    """Signs all cases with one run of the program."""
    program = Path(os.environ.get("SIGN", TARGET / "debug/examples/sign"))
    if not program.is_file():
        raise FileNotFoundError(
            f"{program}: build it with `cargo build -p whole-function-tests --example sign`, or name another in SIGN"
        )
    lines = [json.dumps({"algorithm": case.algorithm, "input": case.input}) for case in cases]
    run = subprocess.run(
        [program], input="\n".join(lines).encode() + b"\n", capture_output=True, timeout=TIME_LIMIT_SECONDS
    )
    assert run.returncode == 0, f"sign ended with {run.returncode}: {run.stderr.decode(errors='replace')[-2000:]}"
    # Not splitlines: it would also split at line separators inside a value.
    answers = [json.loads(line) for line in run.stdout.decode().split("\n") if line]
    assert len(answers) == len(cases), f"sign answered {len(answers)} of {len(cases)} lines"
    return answers


def first_difference(case: Case, answer: dict[str, str]) -> str | None:
    """Tells the first step in which the answer is not the SDK's, or nothing.

    Shows what was signed, so use it with made-up keys only.
    """
    for step, expected in case.expected.items():
        actual = answer.get(step)
        if actual == expected:
            continue
        if not isinstance(actual, str):
            return f"{step} is missing: {answer.get('error', answer)}"
        at = next(
            (index for index, pair in enumerate(zip(expected, actual)) if pair[0] != pair[1]),
            min(len(expected), len(actual)),
        )
        start = max(0, at - 60)
        return (
            f"{step} differs from character {at} on:\n"
            f"  SDK  ...{expected[start : at + 60]!r}\n"
            f"  ours ...{actual[start : at + 60]!r}"
        )
    return None
