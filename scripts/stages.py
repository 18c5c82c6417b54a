"""Runs the stages of `make test` one after the other, names the work in each long silence, and ends with one line of totals.

Usage: stages.py SECONDS_OF_SILENCE MAKE STAGE ...

Each stage is a target of its own for MAKE. All output is passed on as it comes. The first stage that fails ends the run,
unless make was told to keep going; the exit code is that of the first stage that failed.
"""

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

# Make prints each command before it runs it.
COMMAND = re.compile(r"([A-Z_]+=|cargo |sh |\.tools/).*")
OF_CARGO = re.compile(r"test result: \w+\. (.*?); finished in .*")
OF_PYTEST = re.compile(r"=* ?((?:\d+ \w+, )*\d+ \w+) in [\d.]+s.*")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
COUNTED = {"passed": "passed", "failed": "failed", "error": "failed", "errors": "failed", "ignored": "skipped", "skipped": "skipped"}


@dataclass
class Stage:
    name: str
    exit_code: int = 0
    seconds: float = 0
    tests: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        counts = [f"{self.tests[kind]:,} {kind}" for kind in ("passed", "failed", "skipped") if self.tests[kind]]
        failed = "FAILED " if self.exit_code else ""
        return f"{failed}{self.name} {', '.join([*counts, f'{self.seconds:.0f} s'])}"


def main(silence: float, make: str, names: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    keeps_going, done = "k" in short_options(os.environ.get("MAKEFLAGS", "")), []
    for name in names:
        done.append(run(name, make, silence))
        if done[-1].exit_code and not keeps_going:
            break
    print(f"\n{totals(done, names[len(done) :])}", flush=True)
    return next((stage.exit_code for stage in done if stage.exit_code), 0)


def short_options(makeflags: str) -> str:
    """The single-letter options of make, which are the first word."""
    first = makeflags.split(" ")[0]
    return "" if first.startswith("--") or "=" in first else first


def run(name: str, make: str, silence: float) -> Stage:
    stage, started_at = Stage(name), time.monotonic()
    # Otherwise pytest's dots would wait in a buffer, and make would name the folder each time.
    environment = {key: value for key, value in os.environ.items() if key != "MAKELEVEL"} | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([make, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, close_fds=False)
    try:
        follow(process, stage, silence)
    finally:
        if process.poll() is None:
            process.terminate()
        stage.exit_code = process.wait()
    stage.seconds = time.monotonic() - started_at
    return stage


def follow(process: "subprocess.Popen[bytes]", stage: Stage, silence: float) -> None:
    """Forwards the output, and counts the tests in it."""
    assert process.stdout
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
    line, command, command_at, is_at_start = b"", stage.name, time.monotonic(), True
    while True:
        if not selector.select(silence):
            last = COLOURS.sub("", line.decode(errors="replace")).strip()
            seconds = time.monotonic() - command_at
            say(("" if is_at_start else "\n") + f"still: {stage.name}: {command}, {seconds:.0f} s{f' ({last})' if last else ''}\n")
            is_at_start = True
            continue
        output = os.read(process.stdout.fileno(), 65536)
        if not output:
            return
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()
        is_at_start = output.endswith(b"\n")
        *lines, line = (line + output).split(b"\n")
        for text in (COLOURS.sub("", line.decode(errors="replace")).strip("\r") for line in lines):
            stage.tests += counted(text)
            if COMMAND.fullmatch(text):
                command, command_at = text, time.monotonic()


def counted(line: str) -> Counter[str]:
    """The tests that a summary of cargo or pytest counts."""
    tests: Counter[str] = Counter()
    found = OF_CARGO.fullmatch(line) or OF_PYTEST.fullmatch(line)
    for number, kind in re.findall(r"(\d+) (\w+)", found[1] if found else ""):
        if kind in COUNTED:
            tests[COUNTED[kind]] += int(number)
    return tests


def totals(done: list[Stage], left: list[str]) -> str:
    tests = sum((stage.tests for stage in done), Counter[str]())
    outcome = "FAILED" if any(stage.exit_code for stage in done) else "passed"
    seconds = sum(stage.seconds for stage in done)
    not_run = f"; not run: {', '.join(left)}" if left else ""
    return f"make test {outcome}: {sum(tests.values()):,} tests in {seconds:.0f} s ({'; '.join(map(str, done))}){not_run}"


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
    except KeyboardInterrupt:
        sys.exit(130)
