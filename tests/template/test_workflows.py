"""The workflows do what the Makefile says, with pinned actions and no more rights than they need."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from stack import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").iterdir())
# Jobs that may write, and why: only a release is made.
WRITERS = {("release", "publish"): {"contents": "write"}}


def parsed(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_there_is_a_workflow_for_each_purpose() -> None:
    targets = [re.findall(r"^make (\w+)$", step.get("run", "")) for path in WORKFLOWS for step in steps(parsed(path))]
    assert sorted(sum(targets, [])) == ["advisories", "release", "test"]
    declared = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"advisories", "release", "test"} <= set(declared)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    for line in path.read_text().splitlines():
        if "uses:" in line:
            assert re.search(r"uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_may_read_and_no_more(path: Path) -> None:
    workflow = parsed(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {}) == WRITERS.get((path.stem, name), {}), name
        assert job["timeout-minutes"] <= 120, name
    for step in steps(workflow):
        if "checkout" in step.get("uses", ""):
            assert step["with"] == {"persist-credentials": False}, step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_but_the_repository_is_needed(path: Path) -> None:
    assert "secrets." not in path.read_text()
    # A text of others in a shell command could be one.
    assert all("${{" not in step.get("run", "") for step in steps(parsed(path)))


def test_dependabot_looks_at_every_folder_with_requirements() -> None:
    updates = {update["package-ecosystem"]: update for update in parsed(ROOT / ".github/dependabot.yml")["updates"]}
    assert updates.keys() == {"cargo", "pip", "github-actions"}
    found = {path.parent for folder in ("scripts", "tests") for path in (ROOT / folder).rglob("requirements*.txt")}
    assert set(updates["pip"]["directories"]) == {f"/{folder.relative_to(ROOT)}" for folder in found}
