"""The recipes, deployed and tried by the very commands that docs/recipes.md prints."""

import contextlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonata
import page
import pytest
import yaml
from bundle import SOURCE, Bundle, until
from deployment import NAME as STACK
from deployment import PROCESSOR, archive
from emulator import ACCOUNT, OPERATOR, REGION, ROOT
from issuer import encoded
from stack import deploy as decided
from stack import parse

PAGE = ROOT / "docs/recipes.md"
RECIPES = ROOT / "recipes"

READ_OUTPUTS = 'outputs "$stack"\n'
DAY_SECONDS = 24 * 60 * 60

Run = Callable[..., str]


@pytest.fixture
def variables(bundle: Bundle) -> dict[str, str]:
    """The environment of a terminal whose AWS is the emulator."""
    return {
        "AWS_ENDPOINT_URL": bundle.emulator.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": OPERATOR[0],
        "AWS_SECRET_ACCESS_KEY": OPERATOR[1],
        "stack": STACK,
    }


@pytest.fixture
def try_out(bundle: Bundle, variables: dict[str, str], tmp_path: Path) -> Run:
    """Runs the commands below a title of the page, with values in place of its variables.

    The commands that begin a terminal read the outputs of the functions' stack. One test shows that; the others are given
    them, to save time.
    """

    def run(title: str, reads_outputs: bool = False, **further: str) -> str:
        (first,), blocks = page.commands(PAGE, "Recipes"), page.commands(PAGE, title)
        assert first.endswith(READ_OUTPUTS) and blocks, title
        if reads_outputs:
            return page.run("\n".join([first, *blocks]), variables | further, tmp_path)
        first = first.removesuffix(READ_OUTPUTS)
        return page.run("\n".join([first, *blocks]), variables | bundle.deployment.outputs | further, tmp_path)

    return run


@pytest.fixture(scope="module")
def devices(bundle: Bundle) -> Iterator[dict[str, Any]]:
    """Active certificates of devices that have no other one, each handed out once."""
    held = bundle.providers.certificates("tencent-mqtt", SOURCE["instance_id"], limit=1_000_000)
    names = Counter(one["ClientId"] for one in held)
    valid = [one for one in held if one["Status"] == "ACTIVE" and one["NotAfterTime"] > (time.time() + 365 * DAY_SECONDS) * 1000]
    # One that the provider writes as answers do, in whole octets.
    whole = [one for one in valid if len(one["DeviceCertificateSn"]) % 2 == 0]
    return (one for one in whole if one["ClientId"] and names[one["ClientId"]] == 1)


def test_every_command_of_the_page_is_run() -> None:
    tested = re.findall(r'(?:try_out\(\s*|commands\(PAGE, )"([^"]+)"', Path(__file__).read_text())
    assert [title for title in page.titles(PAGE) if page.commands(PAGE, title) and title not in tested] == []


def test_an_event_of_your_own_cuts_a_device_off(bundle: Bundle, devices: Iterator[dict[str, Any]], try_out: Run) -> None:
    device = next(devices)
    bundle.results()
    printed = try_out("An event of your own", reads_outputs=True, device=device["ClientId"])
    result = settled(bundle, device["DeviceCertificateSn"], printed)
    assert (result["outcome"], result["cut_off"]) == ("inactivated", True), result
    (line,) = until(lambda: bundle.tried(device["DeviceCertificateSn"]), 20)
    assert line["reason"].removeprefix("EventBridge event ") in printed, line

    events = bundle.emulator.client("events")
    (rule,) = events.list_rules(NamePrefix="certificate-orders")["Rules"]
    event = {"id": "1", "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": []}
    for detail, source, expected in (
        ({"device": "a"}, "fleet", True),
        ({"device": 7}, "fleet", False),
        ({"device": "a"}, "other", False),
    ):
        told = event | {"source": f"org.example.{source}", "detail-type": "Device stolen", "detail": detail}
        matched = events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(told))["Result"]
        assert matched == expected, told


def test_a_message_of_a_topic_is_an_order(bundle: Bundle, devices: Iterator[dict[str, Any]], try_out: Run) -> None:
    device = next(devices)
    try_out("A topic", device=device["ClientId"])
    assert settled(bundle, device["DeviceCertificateSn"])["outcome"] == "inactivated"
    (line,) = until(lambda: bundle.tried(device["DeviceCertificateSn"]), 20)
    assert line["reason"] == "ticket 4711", line


def test_objects_of_a_bucket_are_orders_and_lists(bundle: Bundle, devices: Iterator[dict[str, Any]], try_out: Run) -> None:
    first, *others = (next(devices)["DeviceCertificateSn"] for _ in range(4))
    printed = try_out("A bucket", serial_number=first)
    assert settled(bundle, first)["outcome"] == "inactivated"
    (line,) = until(lambda: bundle.tried(first), 20)
    assert line["reason"] == "object stolen.txt"

    (name,) = [word for word in printed.split() if word.startswith("s3://")]
    bucket, files = name.split("/")[2], bundle.emulator.client("s3")
    files.put_object(Bucket=bucket, Key="lists/two of them.csv", Body=f"{others[0]}\r\n\r\n {others[1]} ")
    order = {**SOURCE, "certificates": [{"serial_number": others[2]}], "reason": "an order of its own"}
    files.put_object(Bucket=bucket, Key="order.json", Body=json.dumps(order))
    for serial in others:
        assert settled(bundle, serial)["outcome"] == "inactivated"


def test_a_long_list_becomes_orders_of_a_hundred() -> None:
    template = parse((RECIPES / "orders-from-bucket.yaml").read_text())
    items = template["Resources"]["StateMachine"]["Properties"]["Definition"]["States"]["SendList"]["Items"]
    expression = jsonata.Jsonata(items.removeprefix("{%").removesuffix("%}"))
    for count, sizes in ((0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])):
        text = "\n".join(f"{number:x}, ca{number:x}" for number in range(count))
        environment = expression.create_frame()
        environment.bind("text", text)
        parts = [
            [part["certificates"]] if isinstance(part["certificates"], dict) else part["certificates"]
            for part in expression.evaluate({}, environment)
        ]
        assert [len(part) for part in parts] == sizes
        named = [one for part in parts for one in part]
        assert named == [{"serial_number": f"{number:x}", "ca_serial_number": f"ca{number:x}"} for number in range(count)]


def test_a_state_machine_cuts_a_device_off(bundle: Bundle, devices: Iterator[dict[str, Any]], try_out: Run) -> None:
    device = next(devices)
    printed = try_out("A state machine", device=device["ClientId"])
    machines = bundle.emulator.client("stepfunctions")
    machine = output(bundle, "certificate-cut-off", "CutOffStateMachineArn")
    (execution,) = machines.list_executions(stateMachineArn=machine)["executions"]
    done = finished(bundle, execution["executionArn"])
    assert done["status"] == "SUCCEEDED" and printed, done
    told = json.loads(done["output"])
    assert (told["device"], told["cut_off"], len(told["receipts"])) == (device["ClientId"], True, 1)
    assert told["certificates"] == [{"serial_number": device["DeviceCertificateSn"], "effective_status": "inactive"}]

    late, left = next(devices), next(devices)
    # As many failures as one order makes calls, so that the order is sent once more; and one that stays.
    bundle.providers.fail(
        "tencent-mqtt", action="DescribeDeviceCertificates", containing=late["ClientId"], times=3, fault="unavailable"
    )
    refused = {"code": {"code": "OperationDenied"}}
    serial = left["DeviceCertificateSn"]
    bundle.providers.fail("tencent-mqtt", action="DeactivateDeviceCertificate", containing=serial, times=100, fault=refused)

    def started(name: str) -> str:
        order = json.dumps({"device": name, "reason": "end to end"})
        return machines.start_execution(stateMachineArn=machine, input=order)["executionArn"]

    executions = [started(name) for name in (late["ClientId"], left["ClientId"], "nobody")]
    repeated, *failed = (finished(bundle, execution) for execution in executions)
    bundle.providers.heal()
    assert repeated["status"] == "SUCCEEDED", repeated
    assert [execution["error"] for execution in failed] == ["NotCutOff", "NobodyKnowsTheDevice"], failed


@pytest.fixture
def posts() -> Iterator[tuple[str, list[Any]]]:
    """An address that takes JSON by POST, and what has come there."""
    received: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/services/T0/B0/X", received
        server.shutdown()


def test_a_report_lists_what_expires_soonest_first(bundle: Bundle, try_out: Run, posts: tuple[str, list[Any]]) -> None:
    url, received = posts
    # The emulator's CloudFormation makes no API destination, so the template's own is made by hand.
    webhook(bundle, url)
    try_out("A report of what expires", email="fleet@example.com", webhook_url="")
    (subscription,) = bundle.emulator.client("sns").list_subscriptions_by_topic(
        TopicArn=output(bundle, "certificate-report", "ReportTopicArn")
    )["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "fleet@example.com")

    (text,) = [post["text"] for post in until(lambda: received, 20)]
    title, *lines = text.split("\n")
    now = time.time() * 1000
    held = bundle.providers.certificates("tencent-mqtt", SOURCE["instance_id"], limit=1_000_000)
    active = [one for one in held if one["Status"] == "ACTIVE"]
    wanted = [one for one in active if now <= one["NotAfterTime"] <= now + 30 * DAY_SECONDS * 1000]
    assert title == f"{len(wanted)} active certificates expire within 30 days." and wanted
    dates = {one["DeviceCertificateSn"]: time.strftime("%Y-%m-%d", time.gmtime(one["NotAfterTime"] / 1000)) for one in wanted}
    # A serial number that the provider writes with an odd number of digits has a zero before it in answers.
    told = {serial.lstrip("0"): date for date, serial, *_ in (line.split() for line in lines)}
    assert told == {serial.lstrip("0"): date for serial, date in dates.items()}
    assert list(told.values()) == sorted(told.values())

    machines, machine = bundle.emulator.client("stepfunctions"), output(bundle, "certificate-report", "ReportStateMachineArn")
    definition = machines.describe_state_machine(stateMachineArn=machine)["definition"]
    bundle.providers.fail("tencent-mqtt", times=100, fault={"code": {"code": "AuthFailure.SecretIdNotFound"}})
    finished(bundle, machines.start_execution(stateMachineArn=machine)["executionArn"])
    bundle.providers.heal()
    until(lambda: len(received) == 2, 20)
    assert received[1]["text"].startswith("The report of certificates that expire was not made: provider_rejected "), received[1]
    # Ten years: too many to list.
    many = definition.replace("$number('30')", "$number('3650')")
    assert many != definition
    machines.update_state_machine(stateMachineArn=machine, definition=many)
    finished(bundle, machines.start_execution(stateMachineArn=machine)["executionArn"])
    until(lambda: len(received) == 3, 20)
    count = sum(one["NotAfterTime"] >= now for one in active)
    assert received[2]["text"] == f"{count} active certificates expire within 30 days, too many to list here."


def webhook(bundle: Bundle, url: str) -> None:
    """The rule, the connection and the API destination of the report's template."""
    template = parse((RECIPES / "expiry-report.yaml").read_text())
    resources = decided(template, DescribeFunctionName="", WebhookUrl=url).resources
    rule, destination, connection = (resources[name]["Properties"] for name in ("WebhookRule", "Webhook", "Connection"))
    events = bundle.emulator.client("events")
    made = events.create_connection(Name="report", **connection)["ConnectionArn"]
    arn = events.create_api_destination(Name="report", **destination | {"ConnectionArn": made})["ApiDestinationArn"]
    events.put_rule(Name="report", EventPattern=json.dumps(rule["EventPattern"]))
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    events.put_targets(Rule="report", Targets=[target | {"Arn": arn, "RoleArn": role} for target in rule["Targets"]])


def test_a_role_of_another_account_calls_the_api(bundle: Bundle, variables: dict[str, str], try_out: Run, tmp_path: Path) -> None:
    users = bundle.emulator.client("iam")
    keys, arns = {}, {}
    for name in ("fleet-service", "somebody-else"):
        arns[name] = users.create_user(UserName=name)["User"]["Arn"]
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        users.put_user_policy(UserName=name, PolicyName="assume", PolicyDocument=policy)
        keys[name] = users.create_access_key(UserName=name)["AccessKey"]
    try_out("Another account", caller_arn=arns["fleet-service"])

    def call(name: str, function: str = "describe") -> str:
        key = {"AWS_ACCESS_KEY_ID": keys[name]["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys[name]["SecretAccessKey"]}
        role = output(bundle, "certificate-caller", "CallerRoleArn")
        urls = {"ApiUrl": bundle.deployment.outputs["ApiUrl"], "CallerRoleArn": role}
        script = "\n".join(page.commands(PAGE, "In the caller's account")).replace(" describe ", f" {function} ")
        return page.run(script, variables | key | urls, tmp_path)

    assert len(json.loads(call("fleet-service"))["certificates"]) == 5
    with pytest.raises(AssertionError, match="status 403"):
        call("fleet-service", "inactivate")
    with pytest.raises(AssertionError, match="AccessDenied"):
        call("somebody-else")


def test_a_workflow_of_github_reads_without_a_secret(
    bundle: Bundle, devices: Iterator[dict[str, Any]], variables: dict[str, str], try_out: Run, tmp_path: Path
) -> None:
    # The emulator's CloudFormation makes no OpenID provider, so the template's own is made by hand.
    template = parse((RECIPES / "github-actions/role.yaml").read_text())
    given = {"Repository": "example/fleet", "HasProvider": "no", "DescribeFunctionName": "", "StatusFunctionName": ""}
    provider = decided(template, **given).resources["Provider"]["Properties"]
    bundle.emulator.client("iam").create_open_id_connect_provider(Url=provider["Url"], ClientIDList=provider["ClientIdList"])
    told = dict(pair.split("=") for pair in try_out("GitHub Actions", repository="example/fleet").splitlines()[-1].split())
    serial, region = next(devices)["DeviceCertificateSn"], variables["AWS_DEFAULT_REGION"]
    workflow = yaml.safe_load((RECIPES / "github-actions/certificates.yaml").read_text())
    (job,) = workflow["jobs"].values()
    values = {f"vars.{name}": value for name, value in told.items()} | {"vars.AWS_REGION": region, "inputs.serial_number": serial}
    environment = {name: values.get(text.strip("${} "), text) for name, text in job["env"].items()}
    assert not any("${{" in text for text in environment.values())
    token, status, expiring = (step["run"] for step in job["steps"])

    def run(script: str, branch: str = "main") -> "subprocess.CompletedProcess[str]":
        with tokens_of_github(f"repo:example/fleet:ref:refs/heads/{branch}") as url:
            github = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the run"}
            paths = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
            aws = {"AWS_ENDPOINT_URL": bundle.emulator.url}
            return subprocess.run(
                ["bash", "-e", "-c", script],
                cwd=tmp_path,
                env=environment | github | paths | aws,
                capture_output=True,
                text=True,
                timeout=60,
            )

    assert run(token).returncode == 0
    done = run(status)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == f"{serial} active", done
    done = run(expiring)
    assert done.returncode == 1 and "certificates expire within 30 days. Sources not read: []" in done.stderr, done
    assert run(token, "another").returncode == 0
    assert "AccessDenied" in run(status, "another").stderr


@contextlib.contextmanager
def tokens_of_github(subject: str) -> Iterator[str]:
    """A stand-in for GitHub's address that gives the runs of a workflow their tokens."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["authorization"] == "bearer of the run"
            (audience,) = parse_qs(urlsplit(self.path).query)["audience"]
            claims = {
                "iss": "https://token.actions.githubusercontent.com",
                "aud": audience,
                "sub": subject,
                "exp": time.time() + 300,
            }
            # The emulator compares the claims with the role's trust policy, and no signature.
            body = json.dumps(
                {"value": ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256"}, claims, {}))}
            ).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token?version=1"
        server.shutdown()


def test_one_function_alone_is_enough(bundle: Bundle, try_out: Run, tmp_path: Path) -> None:
    files = bundle.emulator.client("s3")
    files.create_bucket(Bucket="release", CreateBucketConfiguration={"LocationConstraint": REGION})
    (tmp_path / f"describe-{PROCESSOR}.zip").write_bytes(archive("describe"))
    bundle.store("fleet/tencent-key", "tencent", bundle.providers.keys["tencent-mqtt"])
    try_out(
        "One function alone",
        release=str(tmp_path),
        bucket="release",
        architecture=PROCESSOR,
        secret="fleet/tencent-key",
        layer="",
        endpoint=bundle.providers.urls["tencent-mqtt"],
    )
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["operation"] == "describe" and len(answer["certificates"]) == 5, answer


def output(bundle: Bundle, stack: str, name: str) -> str:
    """An output of a recipe's stack."""
    (told,) = bundle.emulator.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in told["Outputs"]}[name]


def settled(bundle: Bundle, serial: str, printed: str = "") -> dict[str, Any]:
    """What the results queue, or what was printed of it, tells about a certificate."""

    def found() -> list[dict[str, Any]]:
        told = [json.loads(line) for line in printed.splitlines() if line.startswith('{"')] + bundle.results()
        return [result for event in told for result in event["data"].get("results", []) if result["serial_number"] == serial]

    return until(found, 20)[0]


def finished(bundle: Bundle, execution: str) -> dict[str, Any]:
    """An execution of a state machine, once it has ended."""
    machines = bundle.emulator.client("stepfunctions")

    def ended() -> dict[str, Any] | None:
        told = machines.describe_execution(executionArn=execution)
        return None if told["status"] == "RUNNING" else told

    return until(ended, 30)
