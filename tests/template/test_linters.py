"""The template is accepted by cfn-lint and the SAM CLI, which each find mistakes that the other misses.

cfn-lint does not look into the events of a function. So it is also given the template that SAM makes of this one.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stack import ROOT, TEMPLATE, cloudformation, parse

SAM = Path(os.environ.get("SAM", ROOT / ".tools/sam/bin/sam"))


def run(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Runs a linter without the caller's AWS settings, and with its own state in a folder of the test's."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "SAM_CLI_TELEMETRY": "0",
        # Nobody needs credentials here, so they are not looked for on the network either.
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def cfn_lint(template: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return run([str(Path(sys.executable).with_name("cfn-lint")), str(template)], home)


def sam_validate(template: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    if not SAM.exists():
        pytest.fail(f"{SAM} is missing; run: scripts/environment.sh sam tests/template/requirements-sam.txt")
    # Once a week the SAM CLI looks for a newer version of itself. A check of a moment ago keeps it off the network.
    (home / ".aws-sam").mkdir()
    (home / ".aws-sam/metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}))
    return run([str(SAM), "validate", "--region", "us-east-1", "--template-file", str(template), *options], home)


def mutated(folder: Path, old: str, new: str) -> Path:
    """A copy of the template with one text changed."""
    text = TEMPLATE.read_text()
    assert old in text, "the template no longer holds the text to change"
    path = folder / "template.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def transformed(template: Path, folder: Path) -> Path:
    """The template that SAM makes of a template."""
    path = folder / "transformed.json"
    path.write_text(json.dumps(cloudformation(parse(template.read_text()))))
    return path


def test_cfn_lint_accepts_the_template(tmp_path: Path) -> None:
    for template in (TEMPLATE, transformed(TEMPLATE, tmp_path)):
        result = cfn_lint(template, tmp_path)
        assert result.returncode == 0, result.stdout + result.stderr


def test_cfn_lint_finds_a_misspelt_property(tmp_path: Path) -> None:
    result = cfn_lint(mutated(tmp_path, "RetentionInDays:", "RetentionDays:"), tmp_path)
    assert "RetentionDays" in result.stdout and result.returncode != 0, result.stdout


def test_cfn_lint_finds_a_queue_that_does_not_exist(tmp_path: Path) -> None:
    changed = mutated(tmp_path, "Queue: !GetAtt DescribeQueue.Arn", "Queue: !GetAtt OtherQueue.Arn")
    result = cfn_lint(transformed(changed, tmp_path), tmp_path)
    assert "OtherQueue" in result.stdout and result.returncode != 0, result.stdout


@pytest.mark.parametrize("options", [(), ("--lint",)], ids=["plain", "lint"])
def test_sam_accepts_the_template(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = sam_validate(TEMPLATE, tmp_path, *options)
    assert result.returncode == 0, result.stdout + result.stderr


def test_sam_finds_a_misspelt_event_property(tmp_path: Path) -> None:
    result = sam_validate(mutated(tmp_path, "FunctionResponseTypes:", "FunctionResponseType:"), tmp_path)
    assert "FunctionResponseType" in result.stdout + result.stderr and result.returncode != 0, result.stdout
