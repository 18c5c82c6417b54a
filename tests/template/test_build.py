"""`make build` and `make deploy` build for the processor that is asked for, say so, and refuse to upload anything else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from stack import ROOT, Template

MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}
TARGETS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}
# Builds nothing: it writes its arguments down, and a program's first bytes for the processor BUILT_FOR, as cargo-lambda would.
CARGO = """#!{python}
import os, pathlib, sys, zipfile
pathlib.Path("cargo-arguments").write_text(" ".join(sys.argv[1:]))
for name in ("describe", "inactivate", "status"):
    folder = pathlib.Path("target/lambda", name)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "bootstrap.zip", "w") as archive:
        archive.writestr("bootstrap", b"\\x7fELF\\2\\1" + bytes(12) + bytes([int(os.environ["BUILT_FOR"]), 0]))
"""
SAM = """#!{python}
import os, pathlib, sys
with open("sam-arguments", "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "build":
    folder = pathlib.Path(".aws-sam/build/StatusFunction")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bootstrap").write_bytes(b"\\x7fELF\\2\\1" + bytes(12) + bytes([int(os.environ["BUILT_FOR"]), 0]))
"""


def run(folder: Path, script: str, built_for: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script of the project in a folder of its own, with stand-ins for cargo and SAM."""
    shutil.copytree(ROOT / "scripts", folder / "scripts", dirs_exist_ok=True)
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name, text in (("cargo", CARGO), ("sam", SAM)):
        (programs / name).write_text(text.format(python=sys.executable))
        (programs / name).chmod(0o755)
    own = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHON": sys.executable, "BUILT_FOR": str(MACHINES[built_for])}
    command = ["sh", str(folder / "scripts" / script)]
    return subprocess.run(command, env=own | variables, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("architecture", MACHINES)
def test_a_build_is_for_the_processor_that_is_asked_for_and_says_so(tmp_path: Path, architecture: str) -> None:
    variables = {} if architecture == "arm64" else {"ARCHITECTURE": architecture}
    result = run(tmp_path, "build.sh", architecture, **variables)
    assert result.returncode == 0, result.stderr
    arguments = (tmp_path / "cargo-arguments").read_text()
    assert f"--target {TARGETS[architecture]}" in arguments and "--release" in arguments
    for function in ("describe", "inactivate", "status"):
        assert re.search(rf"^target/lambda/{function}/bootstrap.zip: {architecture}, [\d.]+ MiB", result.stdout, re.MULTILINE), result.stdout


def test_a_build_for_another_processor_fails(tmp_path: Path) -> None:
    result = run(tmp_path, "build.sh", "x86_64")
    assert result.returncode == 1 and "Not for arm64: target/lambda/describe/bootstrap.zip" in result.stderr
    result = run(tmp_path, "build.sh", "arm64", ARCHITECTURE="aarch64")
    assert result.returncode == 1 and "arm64 or x86_64" in result.stderr


def test_a_deployment_takes_its_parameters_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("AwsIot: 'yes'\n")
    result = run(tmp_path, "deploy.sh", "x86_64", ARCHITECTURE="x86_64", PARAMETERS="own.yaml", STACK="other")
    assert result.returncode == 0, result.stderr
    build, deployment = (tmp_path / "sam-arguments").read_text().splitlines()
    assert build == "build --parameter-overrides Architecture=x86_64"
    assert deployment.endswith("--stack-name other --parameter-overrides file://own.yaml Architecture=x86_64")
    assert "--no-confirm-changeset" in deployment and "--guided" not in deployment


def test_a_deployment_without_a_file_asks(tmp_path: Path) -> None:
    assert run(tmp_path, "deploy.sh", "arm64").returncode == 0
    deployment = (tmp_path / "sam-arguments").read_text().splitlines()[1]
    assert deployment == "deploy --guided --parameter-overrides Architecture=arm64"


def test_nothing_is_deployed_that_is_for_another_processor(tmp_path: Path) -> None:
    result = run(tmp_path, "deploy.sh", "x86_64")
    assert result.returncode == 1 and "Not for arm64" in result.stderr
    assert len((tmp_path / "sam-arguments").read_text().splitlines()) == 1
    result = run(tmp_path, "deploy.sh", "arm64", PARAMETERS="missing.yaml")
    assert result.returncode == 1 and "missing.yaml" in result.stderr


def test_the_document_has_parameters_and_outputs_of_the_template(template: Template) -> None:
    document = (ROOT / "docs/deploy.md").read_text()
    parameters = yaml.safe_load(re.search(r"```yaml\n(.*?)```", document, re.DOTALL)[1])
    for name, value in parameters.items():
        declared = template["Parameters"][name]
        assert isinstance(value, str), name
        assert value in declared.get("AllowedValues", [value]), name
        assert re.fullmatch(declared.get("AllowedPattern", "(?s).*"), value), name
    for output in template["Outputs"]:
        assert f"`{output}`" in document, output
