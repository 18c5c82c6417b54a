"""The names that the documents print exist: targets of make, files, variables of the functions, outputs of the stack."""

import re
import subprocess
from pathlib import Path

import pytest
from stack import ROOT, Template

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# Indented or fenced lines, and texts between backticks.
CODE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)|^ {4}.*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
# A command of make begins its line or its text in backticks, unless variables stand before it.
TARGET = re.compile(r"(?:^ *|`)(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)(?=[\s`]|$)", re.MULTILINE)
# A path without placeholders. It may leave out `shared/src`, the folder of most of the code.
FILE = re.compile(r"`((?:[a-z_.-]+/)+[\w.-]*)`")
VARIABLE = re.compile(r"(?<![\w<$./-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w>.*-])")
OUTPUT = re.compile(r"\"\$([A-Z][a-z]\w+)\"")
# Files of the bucket of a fleet's runs, those that programs make, and the name of somebody's repository.
ELSEWHERE = ("outcomes/", "plan/", "results/", "target/", "example/fleet", "instance/")
# The layer that reads secrets has these.
OF_AWS = {"SECRETS_MANAGER_TTL", "SSM_PARAMETER_STORE_TTL"}


def names_of(pattern: re.Pattern[str], text: str) -> set[str]:
    return {name for code in CODE.findall(text) for name in pattern.findall(code)}


def sources() -> str:
    """All files of the project but the documents."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [ROOT / name for name in listed if not name.endswith((".md", ".svg"))]
    return "\n".join(path.read_text(errors="ignore") for path in paths if path.is_file())


def exists(name: str, document: Path) -> bool:
    places = (ROOT, document.parent, ROOT / "shared/src")
    return name.startswith(ELSEWHERE) or any((place / name).exists() for place in places) or any(ROOT.glob(f"shared/src/*/{name}"))


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {(name, document.name) for document in PAGES for name in names_of(TARGET, document.read_text())}
    assert ("demo", "README.md") in named and {one for one in named if one[0] not in targets} == set()


def test_every_file_exists() -> None:
    named = [(name, document) for document in PAGES for name in names_of(FILE, document.read_text())]
    missing = {(name, document.name) for name, document in named if not exists(name, document)}
    assert len(named) > 20 and missing == set()


def test_every_variable_is_read_somewhere() -> None:
    code = sources()
    known = OF_AWS | set(VARIABLE.findall(code))
    named = {(name, document.name) for document in PAGES for name in names_of(VARIABLE, document.read_text())}
    assert len(named) > 50 and {one for one in named if one[0] not in known} == set()


@pytest.mark.parametrize("page", ["deploy.md", "fleet.md", "operations.md", "report.md"])
def test_every_output_that_a_command_uses_exists(page: str, template: Template) -> None:
    used = names_of(OUTPUT, (ROOT / "docs" / page).read_text())
    assert used <= template["Outputs"].keys(), used - template["Outputs"].keys()


def test_names_that_do_not_exist_are_found() -> None:
    text = 'Run `make nothing`, see `docs/nothing.md`, set `NO_SUCH`=1:\n\n    aws sqs --queue-url "$NoQueueUrl"\n'
    found = [names_of(pattern, text) for pattern in (TARGET, FILE, VARIABLE, OUTPUT)]
    assert found == [{"nothing"}, {"docs/nothing.md"}, {"NO_SUCH"}, {"NoQueueUrl"}]
