"""The report of a fleet, asked of the functions of a stack and put into a bucket; and that of a run, from its bucket."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bundle import INSTANCE, Bundle
from deployment import NAME
from emulator import OPERATOR, REGION, ROOT

sys.path.append(str(ROOT / "tests/report"))
import recorded  # noqa: E402

PYTHON = ROOT / ".tools/report/bin/python"
BUCKET = "reports"
PLACES = [
    {"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": INSTANCE},
    {"provider": "alibaba-pca", "region": "cn-hangzhou"},
]


@pytest.fixture(scope="module")
def files(bundle: Bundle) -> Any:
    files = bundle.emulator.client("s3")
    files.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return files


def run(bundle: Bundle, script: str, *arguments: str, key: tuple[str, str] = OPERATOR) -> subprocess.CompletedProcess[str]:
    """A script with the key and the endpoint of the emulated AWS in its environment."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing; run: scripts/environment.sh report scripts/report/requirements.txt")
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": bundle.emulator.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": key[0],
        "AWS_SECRET_ACCESS_KEY": key[1],
    }
    return subprocess.run(
        [str(PYTHON), str(ROOT / script), *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_page_about_a_stack_is_put_into_a_bucket(bundle: Bundle, files: Any, tmp_path: Path) -> None:
    of = bundle.deployment.functions
    named = ("--function", of["describe"], "--status-function", of["status"], "--sources", json.dumps(PLACES))
    key = author(bundle)
    ended = run(
        bundle, "scripts/report", *named, "--output", str(tmp_path / "page.html"), "--put", f"s3://{BUCKET}/daily/fleet.html", key=key
    )
    assert ended.returncode == 0, ended.stderr
    stored = files.get_object(Bucket=BUCKET, Key="daily/fleet.html")
    page = stored["Body"].read().decode()
    assert stored["ContentType"] == "text/html; charset=utf-8"
    assert page == (tmp_path / "page.html").read_text()
    held = bundle.providers.certificates("alibaba-mqtt", INSTANCE)
    (revoked,) = [one for one in held if one["DeviceName"] == "gateway-munich-plant-7002"]
    assert "revoked at its CA and still accepted by a broker" in page
    assert revoked["DeviceSn"] in page and revoked["DeviceName"] not in page
    assert "not at all" not in page


def author(bundle: Bundle) -> tuple[str, str]:
    """The key of a user who has the rights of docs/report.md and nothing else."""
    text = (ROOT / "docs/report.md").read_text()
    policy = json.loads(text.partition("<!-- policy -->")[2].partition("```json")[2].partition("```")[0])
    of = bundle.deployment.functions
    for name, value in {
        "DESCRIBE": of["describe"],
        "STATUS": of["status"],
        "REGION": REGION,
        "ACCOUNT": "000000000000",
        "BUCKET": BUCKET,
    }.items():
        policy = json.loads(json.dumps(policy).replace(f"<{name}>", value))
    users = bundle.emulator.client("iam")
    users.create_user(UserName="report")
    users.put_user_policy(UserName="report", PolicyName="report", PolicyDocument=json.dumps(policy))
    key = users.create_access_key(UserName="report")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_a_key_without_these_rights_is_refused_in_one_line(bundle: Bundle) -> None:
    ended = run(bundle, "scripts/report", "--function", bundle.deployment.functions["describe"], key=bundle.user())
    assert ended.returncode == 1
    assert ended.stderr.startswith("AWS: An error occurred (AccessDenied") and ended.stderr.count("\n") == 1, ended.stderr


def test_the_scheduled_summary_is_a_page(bundle: Bundle, tmp_path: Path) -> None:
    """Its messages as `aws sqs receive-message` prints them."""
    small = {"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "mqtt-cn-sim0002"}
    detail = {"sources": [small], "summary": True, "limit": 0}
    event = {"id": "summary-of-report", "detail-type": "Summary", "source": "report", "detail": detail}
    bundle.invoke("describe", event)
    found = [one for one in bundle.results() if one["id"] == "summary-of-report"]
    assert found
    (tmp_path / "messages.json").write_text(json.dumps({"Messages": [{"Body": json.dumps(one)} for one in found]}))
    ended = run(bundle, "scripts/report", "--answers", str(tmp_path / "messages.json"), "--output", str(tmp_path / "page.html"))
    assert ended.returncode == 0, ended.stderr
    page = (tmp_path / "page.html").read_text()
    total = found[0]["data"]["counts"]["certificates"]
    assert total and f"<dt>certificates at brokers</dt><dd>{total:,}</dd>" in page


def test_a_run_is_drawn_from_its_bucket(bundle: Bundle, files: Any, tmp_path: Path) -> None:
    for key, value in recorded.run(12, 9).items():
        files.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(value).encode())
    path = tmp_path / "report.svg"
    ended = run(
        bundle, "scripts/fleet", "report", recorded.NAME, "--bucket", BUCKET, "--output", str(path), "--put", f"s3://{BUCKET}/picture.svg"
    )
    assert ended.returncode == 0, ended.stderr
    assert "9 of 12 pages, 900 of 1,160 certificates" in path.read_text()
    stored = files.get_object(Bucket=BUCKET, Key="picture.svg")
    assert (stored["ContentType"], stored["Body"].read().decode()) == ("image/svg+xml", path.read_text())


def test_a_stack_without_a_fleet_says_what_is_missing(bundle: Bundle) -> None:
    ended = run(bundle, "scripts/fleet", "watch", "2026-ca-7", "--stack", NAME)
    assert ended.returncode == 1
    assert ended.stderr == f"the stack {NAME} has no output FleetStateMachineArn: deploy it with Fleet=yes, or name another with --stack\n"


def test_a_run_is_watched_until_it_ends(bundle: Bundle) -> None:
    """By a machine whose map run has the label of the real one, and does nothing."""
    nothing = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Page",
        "States": {"Page": {"Type": "Pass", "End": True}},
    }
    orders = {"Type": "Map", "Label": "Orders", "ItemsPath": "$.pages", "ItemProcessor": nothing, "End": True}
    machine = bundle.state_machine("watched", {"StartAt": "Orders", "States": {"Orders": orders}})
    machines = bundle.emulator.client("stepfunctions")
    arn = machines.start_execution(stateMachineArn=machine, name="2026-ca-7", input=json.dumps({"pages": [1, 2, 3]}))["executionArn"]
    ended = run(bundle, "scripts/fleet", "watch", arn, "--every", "0.2")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-2:] == ["Orders: 3 of 3 pages (100%), succeeded", "Succeeded."]
