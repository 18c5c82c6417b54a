"""`make test` runs every stage, hides nothing that a stage prints, and says in one line how many tests there were."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stack import ROOT

CARGO = "test result: ok. 1054 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 66.83s"
PYTEST = "======================== 2 failed, 88 passed, 1 error in 15.09s ========================"
SECONDS = 30


def made(folder: Path, stages: dict[str, str], *options: str, silence: str = "20") -> subprocess.CompletedProcess[str]:
    """Runs make with these stages and their commands."""
    rules = "".join(f"{name.removeprefix('+')}:\n\t@{command}\n" for name, command in stages.items())
    run = f'test:\n\t@"{sys.executable}" {ROOT}/scripts/stages.py {silence} "$(MAKE)" {" ".join(stages)}\n'
    (folder / "Makefile").write_text(f".PHONY: test {' '.join(stages)}\n{run}{rules}")
    # Nothing of the make that runs this test.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *options, "test"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def total(result: subprocess.CompletedProcess[str]) -> str:
    """The last line, without its times."""
    return re.sub(r"\b\d+ s\b", "N s", result.stdout.rstrip().splitlines()[-1])


def test_all_stages_run_and_are_counted(tmp_path: Path) -> None:
    result = made(tmp_path, {"format": "true", "unit": f"echo '{CARGO}'; echo '{CARGO}'", "e2e": "echo '= 3 passed in 1.00s ='"})
    assert result.returncode == 0, result
    assert total(result) == "make test passed: 2,113 tests in N s (format N s; unit 2,108 passed, 2 skipped, N s; e2e 3 passed, N s)"


def test_the_first_stage_that_fails_ends_the_run(tmp_path: Path) -> None:
    result = made(tmp_path, {"format": "true", "unit": f"echo '{PYTEST}'; exit 3", "e2e": "echo never"})
    assert result.returncode == made(tmp_path, {"unit": "exit 1"}).returncode == 2
    assert "never" not in result.stdout
    assert total(result) == "make test FAILED: 91 tests in N s (format N s; FAILED unit 88 passed, 3 failed, N s); not run to the end: e2e"


@pytest.mark.parametrize("option", ["-k", "-ks", "--keep-going"])
def test_make_can_keep_going(tmp_path: Path, option: str) -> None:
    result = made(tmp_path, {"unit": "exit 1", "e2e": "echo '= 3 passed in 1.00s ='"}, option)
    assert result.returncode == 2
    assert total(result) == "make test FAILED: 3 tests in N s (FAILED unit N s; e2e 3 passed, N s)"


def test_a_variable_is_no_option(tmp_path: Path) -> None:
    result = made(tmp_path, {"unit": "echo $(WORD); exit 1", "e2e": "echo never"}, "WORD=kept")
    assert "kept" in result.stdout and "never" not in result.stdout and result.returncode == 2


def test_everything_that_a_stage_prints_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "print.py").write_text("import sys\nfor n in range(20000): print(n, '\\x1b[31mé', file=(sys.stdout, sys.stderr)[n % 2], flush=True)\n")
    result = made(tmp_path, {"unit": f"{sys.executable} print.py; exit 1"})
    assert result.stdout.startswith("".join(f"{number} \x1b[31mé\n" for number in range(20000)))


def test_a_stage_runs_beside_those_after_it_and_is_shown_after_them(tmp_path: Path) -> None:
    # Each of the first two stages ends only when the other one has begun.
    stages = {
        "+e2e": "echo of e2e; touch e2e-runs; while [ ! -e unit-runs ]; do sleep 0.05; done; echo '= 3 passed in 1.00s ='",
        "unit": "touch unit-runs; while [ ! -e e2e-runs ]; do sleep 0.05; done; echo of unit",
        "whole": "echo of whole",
    }
    result = made(tmp_path, stages)
    assert result.returncode == 0, result
    told, *shown = [line for line in result.stdout.splitlines() if line]
    assert "e2e" in told and shown[:-1] == ["of unit", "of whole", "of e2e", "= 3 passed in 1.00s ="]
    assert total(result) == "make test passed: 3 tests in N s (unit N s; whole N s; e2e 3 passed, N s)"


def test_a_stage_that_fails_ends_the_one_beside_it(tmp_path: Path) -> None:
    stages = {"+e2e": "echo $$$$ >id; exec sleep 60", "unit": "while [ ! -s id ]; do sleep 0.05; done; exit 1", "whole": "echo never"}
    result = made(tmp_path, stages)
    assert total(result) == "make test FAILED: 0 tests in N s (FAILED unit N s); not run to the end: e2e, whole"
    assert result.returncode == 2 and not is_running(tmp_path / "id")


def test_a_stage_that_fails_beside_the_others_fails_the_run(tmp_path: Path) -> None:
    result = made(tmp_path, {"+e2e": f"echo '{PYTEST}'; exit 3", "unit": "true"})
    assert result.returncode == 2
    assert total(result) == "make test FAILED: 91 tests in N s (unit N s; FAILED e2e 88 passed, 3 failed, N s)"


def test_a_silence_is_explained(tmp_path: Path) -> None:
    stages = {"unit": "echo 'cargo test --quiet'; printf 'tests/test_orders.py ..'; sleep 2; echo ."}
    result = made(tmp_path, stages, silence="0.8")
    assert re.search(r"^still: unit: cargo test --quiet, \d s \(tests/test_orders.py \.\.\)$", result.stdout, re.MULTILINE), result.stdout
    assert "still" not in made(tmp_path, {"unit": "sleep 0.2"}, silence="10").stdout


def test_a_run_that_is_ended_leaves_nothing_behind(tmp_path: Path) -> None:
    command = f"echo $$$$ >{tmp_path}/id; exec sleep 60"
    (tmp_path / "Makefile").write_text(f"unit:\n\t{command}\n")
    run = [sys.executable, str(ROOT / "scripts/stages.py"), "20", "make", "unit"]
    process = subprocess.Popen(run, cwd=tmp_path, stdout=subprocess.DEVNULL)
    give_up = time.monotonic() + SECONDS
    while not (tmp_path / "id").exists() or not (tmp_path / "id").read_text():
        assert time.monotonic() < give_up
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 128 + signal.SIGTERM
    assert not is_running(tmp_path / "id")


def is_running(file: Path) -> bool:
    """Whether the process runs whose id is in the file."""
    try:
        os.kill(int(file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_the_makefile_leaves_out_no_stage() -> None:
    text = (ROOT / "Makefile").read_text()
    stages = re.findall(r"^STAGES = (.*)$", text, re.MULTILINE)[0].split()
    assert stages == ["format", "lint", "tree", "deny", "unit", "whole", "+e2e", "conformance", "open-api", "template"]
    assert all(re.search(rf"^{stage.removeprefix('+')}:", text, re.MULTILINE) for stage in stages)
