"""`make local` with keys of the simulator: the lines that it prints work, wrong keys are named, and nothing can be changed unasked."""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator import ROOT, TARGET, Simulator

LOCAL = ROOT / "scripts/local"
LAST_LINE = "Ctrl-C stops everything."
SECONDS = 30
INSTANCES = {"TENCENT_MQTT_INSTANCE": "mqtt-qgzaawn9", "ALIBABA_MQTT_INSTANCE": "post-cn-7mz2d0000"}
REGIONS = {"TENCENTCLOUD_REGION": "ap-guangzhou", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou", "AWS_REGION": "eu-west-1"}
PROVIDERS = ("tencent-mqtt", "alibaba-mqtt", "alibaba-pca", "aws-iot")


def keys(simulator: Simulator) -> dict[str, str]:
    """The right keys, as a person sets them."""
    tencent, alibaba, aws = (simulator.credentials(name) for name in ("tencent-mqtt", "alibaba-mqtt", "aws-iot"))
    return {
        "TENCENTCLOUD_SECRET_ID": tencent.id,
        "TENCENTCLOUD_SECRET_KEY": tencent.secret,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": alibaba.id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": alibaba.secret,
        "AWS_ACCESS_KEY_ID": aws.id,
        "AWS_SECRET_ACCESS_KEY": aws.secret,
    }


def command(simulator: Simulator, home: Path, own: dict[str, str]) -> dict:
    """How the program is started, with these variables of a person beside the simulator's addresses."""
    rust = {name: os.environ.get(name, str(Path.home() / folder)) for name, folder in (("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo"))}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CARGO_LAMBDA": os.environ.get("CARGO_LAMBDA", str(Path(sys.executable).with_name("cargo-lambda"))),
        "FUNCTIONS_DIR": str(TARGET / "debug"),
        "TENCENT_MQTT_ENDPOINT": f"http://{simulator.host('tencent-mqtt')}",
        "ALIBABA_MQTT_ENDPOINT": f"http://{simulator.host('alibaba-mqtt')}",
        "ALIBABA_CAS_ENDPOINT": f"http://{simulator.host('alibaba-cas')}",
        "AWS_ENDPOINT_URL_IOT": f"http://{simulator.host('aws-iot')}",
    }
    return {"args": [sys.executable, LOCAL], "env": environment | rust | own}


@contextlib.contextmanager
def local(simulator: Simulator, home: Path, own: dict[str, str]) -> Iterator[list[str]]:
    """The lines that it prints, while it runs."""
    # Without a buffer, in which lines would wait that `select` knows nothing of.
    process = subprocess.Popen(**command(simulator, home, own), stdout=subprocess.PIPE, bufsize=0)
    try:
        lines: list[str] = []
        while LAST_LINE not in lines:
            ready, _, _ = select.select([process.stdout], [], [], SECONDS)
            text = process.stdout.readline() if ready else b""
            assert text, lines
            lines.append(text.decode().rstrip("\n"))
        yield lines
    finally:
        process.terminate()
        process.wait(SECONDS)
        process.stdout.close()


def refused(simulator: Simulator, home: Path, own: dict[str, str]) -> str:
    """The text with which it ends at once."""
    result = subprocess.run(**command(simulator, home, own), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert result.returncode == 1, result.stdout
    return result.stderr


def pasted(line: str) -> dict:
    """The answer to a line that a person pastes into a shell."""
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=SECONDS, check=True)
    return json.loads(result.stdout)


def test_the_printed_lines_work_at_each_provider_and_change_nothing(simulator: Simulator, tmp_path: Path) -> None:
    with local(simulator, tmp_path, keys(simulator) | REGIONS | INSTANCES) as lines:
        answers = [pasted(line) for line in lines if line.startswith("curl ")]
        order = next(line for line in lines if '"dry_run": true' in line and "alibaba-mqtt" in line)
        for_real = pasted(order.replace('"dry_run": true', '"dry_run": false'))
    asked = [(answer["operation"], answer["provider"]) for answer in answers]
    expected = [(operation, name) for name in PROVIDERS for operation in ("describe", "describe", "status", "inactivate")]
    expected.remove(("inactivate", "alibaba-pca"))
    assert asked == expected
    for answer in answers:
        if answer["operation"] == "inactivate":
            assert answer["dry_run"] is True and answer["results"][0]["outcome"] in ("would_inactivate", "already_inactive", "refused")
        if answer["operation"] == "status":
            assert answer["results"][0]["error"] is None and answer["results"][0]["provider_status"], answer
    assert (for_real["code"], for_real["field"]) == ("forbidden", "dry_run")
    assert not any("nactivateDeviceCertificate" in action for action, _ in simulator.outcomes("alibaba-mqtt"))


@pytest.mark.parametrize("part", ["id", "secret"])
def test_a_wrong_key_gives_the_errors_of_the_document(simulator: Simulator, tmp_path: Path, part: str) -> None:
    endings = {"id": "_ID", "secret": "_KEY"}[part], {"id": "_ID", "secret": "_SECRET"}[part]
    own = {name: value[:-1] + "Z" if name.endswith(endings) else value for name, value in keys(simulator).items()}
    with local(simulator, tmp_path, own | REGIONS | INSTANCES) as lines:
        errors = [line.strip() for line in lines if line.startswith("  provider_rejected: ")]
    assert len(errors) == len(PROVIDERS), lines
    document = (ROOT / "docs/local.md").read_text()
    for error in errors:
        assert error in document


def test_writes_are_allowed_at_the_named_instances(simulator: Simulator, tmp_path: Path) -> None:
    own = keys(simulator) | REGIONS | INSTANCES
    writes = {"LOCAL_WRITES": "yes", "INACTIVATE_ALLOWED_INSTANCES": "post-cn-7mz2d0000"}
    with local(simulator, tmp_path, own | writes) as lines:
        orders = {name: next(line for line in lines if '"dry_run": true' in line and name in line) for name in ("alibaba-mqtt", "aws-iot")}
        answers = {name: pasted(line.replace(', "dry_run": true', "")) for name, line in orders.items()}
    assert answers["alibaba-mqtt"]["results"][0]["status"] == "inactive", answers
    assert (answers["aws-iot"]["code"], answers["aws-iot"]["field"]) == ("forbidden", "provider")


def test_keys_come_from_named_profiles(simulator: Simulator, tmp_path: Path) -> None:
    tencent, alibaba, aws = (simulator.credentials(name) for name in ("tencent-mqtt", "alibaba-mqtt", "aws-iot"))
    (tmp_path / ".tccli").mkdir()
    (tmp_path / ".tccli/plant.credential").write_text(json.dumps({"secretId": tencent.id, "secretKey": tencent.secret}))
    (tmp_path / ".tccli/plant.configure").write_text(json.dumps({"_sys_param": {"region": "ap-guangzhou"}}))
    (tmp_path / ".aliyun").mkdir()
    profile = {"name": "plant", "mode": "AK", "access_key_id": alibaba.id, "access_key_secret": alibaba.secret, "region_id": "cn-hangzhou"}
    role = {"name": "role", "mode": "RamRoleArn"}
    (tmp_path / ".aliyun/config.json").write_text(json.dumps({"current": "role", "profiles": [role, profile]}))
    # The AWS CLI is not there in a test; this stands in for the two commands that are run.
    exported = json.dumps({"Version": 1, "AccessKeyId": aws.id, "SecretAccessKey": aws.secret})
    (tmp_path / "aws").write_text(f"#!/bin/sh\ncase $2 in export-credentials) echo '{exported}' ;; get) echo eu-west-1 ;; esac\n")
    (tmp_path / "aws").chmod(0o755)
    own = {"TCCLI_PROFILE": "plant", "ALIBABA_CLOUD_PROFILE": "plant", "AWS_PROFILE": "plant"}
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with local(simulator, tmp_path, own | path | INSTANCES) as lines:
        assert [answer["provider"] for answer in map(pasted, (line for line in lines if "&summary=true" in line))] == list(PROVIDERS)
    text = refused(simulator, tmp_path, {"ALIBABA_CLOUD_PROFILE": "role"})
    assert "RamRoleArn" in text and "ALIBABA_CLOUD_ACCESS_KEY_ID" in text
    assert "plant2" in refused(simulator, tmp_path, {"TCCLI_PROFILE": "plant2"})


def test_what_is_missing_is_named(simulator: Simulator, tmp_path: Path) -> None:
    assert "TENCENTCLOUD_SECRET_ID" in refused(simulator, tmp_path, {})
    assert "TENCENTCLOUD_SECRET_KEY" in refused(simulator, tmp_path, {"TENCENTCLOUD_SECRET_ID": "AKIDEXAMPLE"})
    assert "INACTIVATE_ALLOWED_INSTANCES" in refused(simulator, tmp_path, keys(simulator) | {"LOCAL_WRITES": "yes"})
    assert "LOCAL_WRITES" in refused(simulator, tmp_path, keys(simulator) | {"LOCAL_WRITES": "true"})
    with local(simulator, tmp_path, keys(simulator) | {"TENCENTCLOUD_REGION": "ap-guangzhou"}) as lines:
        said = " ".join(line for line in lines if line.startswith("  To ask it"))
    for variable in ("TENCENT_MQTT_INSTANCE", "ALIBABA_CLOUD_REGION_ID", "AWS_REGION"):
        assert variable in said, lines
