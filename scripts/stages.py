"""Runs the stages of `make test` one after the other, names the work in each long silence, and ends with one line of totals.

Usage: stages.py SECONDS_OF_SILENCE MAKE STAGE ...

Each stage is a target of its own for MAKE. All output is passed on as it comes. A stage that waits more than it computes may
have a + before its name: it runs beside all those after it, and its output follows theirs. The first stage that fails ends the
run, unless make was told to keep going; the exit code is that of the first stage that failed.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
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


class Running:
    """A stage and its process."""

    def __init__(self, name: str) -> None:
        self.stage, self.output = Stage(name), queue.SimpleQueue[bytes]()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, make: str) -> None:
        # Otherwise pytest's dots would wait in a buffer, and make would name the folder each time.
        environment = {key: value for key, value in os.environ.items() if key != "MAKELEVEL"} | {"PYTHONUNBUFFERED": "1"}
        command = [make, self.stage.name]
        # A signal that comes before the process is known would leave it behind.
        early: list[int] = []
        usual = signal.signal(signal.SIGTERM, lambda number, _: early.append(number))
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, close_fds=False
        )
        signal.signal(signal.SIGTERM, usual)
        if early:
            sys.exit(128 + early[0])
        threading.Thread(target=self._read, args=(self._process, time.monotonic()), daemon=True).start()

    def _read(self, process: "subprocess.Popen[bytes]", started_at: float) -> None:
        """Keeps the output until it is shown; nothing is its end."""
        assert process.stdout
        while output := os.read(process.stdout.fileno(), 65536):
            self.output.put(output)
        self.stage.exit_code = process.wait()
        self.stage.seconds = time.monotonic() - started_at
        self.output.put(b"")

    def end(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()


def main(silence: float, make: str, names: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    keeps_going, started_at = "k" in short_options(os.environ.get("MAKEFLAGS", "")), time.monotonic()
    begun: list[Running] = []
    done: list[Stage] = []
    try:
        for running in in_order(names, make, begun):
            follow(running, silence)
            done.append(running.stage)
            if running.stage.exit_code and not keeps_going:
                break
    finally:
        for running in begun:
            running.end()
    ended = [stage.name for stage in done]
    left = [name for name in (name.removeprefix("+") for name in names) if name not in ended]
    print(f"\n{totals(done, left, time.monotonic() - started_at)}", flush=True)
    return next((stage.exit_code for stage in done if stage.exit_code), 0)


def in_order(names: list[str], make: str, begun: list[Running]) -> Iterator[Running]:
    """Begins each stage, and gives it out when it is to be shown."""
    beside = []
    for name in names:
        begun.append(Running(name.removeprefix("+")))
        begun[-1].begin(make)
        if name.startswith("+"):
            beside.append(begun[-1])
            say(f"{begun[-1].stage.name} runs beside the stages after it; its output follows theirs.\n")
        else:
            yield begun[-1]
    yield from beside


def short_options(makeflags: str) -> str:
    """The single-letter options of make, which are the first word."""
    first = makeflags.split(" ")[0]
    return "" if first.startswith("--") or "=" in first else first


def follow(running: Running, silence: float) -> None:
    """Forwards the output, and counts the tests in it."""
    stage = running.stage
    line, command, command_at, is_at_start = b"", stage.name, time.monotonic(), True
    while True:
        try:
            output = running.output.get(timeout=silence)
        except queue.Empty:
            last = COLOURS.sub("", line.decode(errors="replace")).strip()
            seconds = time.monotonic() - command_at
            say(("" if is_at_start else "\n") + f"still: {stage.name}: {command}, {seconds:.0f} s{f' ({last})' if last else ''}\n")
            is_at_start = True
            continue
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


def totals(done: list[Stage], left: list[str], seconds: float) -> str:
    tests = sum((stage.tests for stage in done), Counter[str]())
    outcome = "FAILED" if any(stage.exit_code for stage in done) else "passed"
    not_run = f"; not run to the end: {', '.join(left)}" if left else ""
    return f"make test {outcome}: {sum(tests.values()):,} tests in {seconds:.0f} s ({'; '.join(map(str, done))}){not_run}"


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
    except KeyboardInterrupt:
        sys.exit(130)
