"""A whole fleet through the state machine: plan, consent, orders, report, and back.

FLEET_CERTIFICATES is the number of certificates; with 10,000 it takes some minutes.
"""

import json
import os
import shlex
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from bundle import MEMBERS, SOURCE, Bundle, key_text, until
from deployment import Deployment
from emulator import ACCOUNT, OPENER, OPERATOR, REGION, Emulator, Providers

NAME = "fleet"
CERTIFICATES = int(os.environ.get("FLEET_CERTIFICATES", "400"))
CA = "00f1ee7ca0"
# The account's limit is raised to that. Of a share for other callers than the queue each of the four instances has a quarter.
CALLS_PER_SECOND = 2000
SHARES = (
    "tencent-mqtt:DescribeDeviceCertificates=2+200,tencent-mqtt:DescribeDeviceCertificate=2+1600,"
    "tencent-mqtt:DeactivateDeviceCertificate=2+800,tencent-mqtt:ActivateDeviceCertificate=2+800"
)
APPROVAL_SECONDS = 6
UNAPPROVED = 5
# Longer than a run of this many certificates takes.
PATIENCE = 60 + CERTIFICATES // 10
ALL = {"ca_serial_numbers": [CA]}


class Fleet:
    """The state machine, with a person who is asked and one who runs it."""

    def __init__(self, emulator: Emulator, deployment: Deployment, providers: Providers) -> None:
        self.emulator, self.deployment, self.providers = emulator, deployment, providers
        self.outputs = deployment.outputs
        self.approver = emulator.client("stepfunctions", user(emulator, self.outputs["FleetApproverPolicyArn"]))
        self.operator = emulator.client("stepfunctions", user(emulator, self.outputs["FleetOperatorPolicyArn"]))
        topic, arn = self.outputs["FleetTopicArn"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:asked"
        admits = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = {"Version": "2012-10-17", "Statement": [{**admits, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]}
        self._queue = emulator.client("sqs").create_queue(QueueName="asked", Attributes={"Policy": json.dumps(policy)})["QueueUrl"]
        emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self._messages: list[dict[str, str]] = []

    def start(self, name: str, request: dict[str, Any]) -> str:
        machine = self.outputs["FleetStateMachineArn"]
        return self.operator.start_execution(stateMachineArn=machine, name=name, input=json.dumps(request))["executionArn"]

    def run(self, name: str, select: dict[str, Any]) -> str:
        """Begins to inactivate what a selection finds."""
        return self.start(name, {**SOURCE, "select": select, "reason": "end to end"})

    def message(self, arn: str, subject: str) -> str:
        """What the topic told about an execution."""

        def told() -> str | None:
            queues = self.emulator.client("sqs")
            for message in queues.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", []):
                queues.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                self._messages.append(json.loads(message["Body"]))
            ended = self.describe(arn)
            assert ended["status"] in ("RUNNING", "SUCCEEDED"), self.why(arn)
            found = [one["Message"] for one in self._messages if one["Subject"].startswith(subject) and arn in one["Message"]]
            return found[0] if found else None

        return until(told, PATIENCE)

    def approve(self, arn: str) -> None:
        """Pastes the command that approves."""
        self.approver.send_task_success(**arguments(self.message(arn, "Approve"), "send-task-success"))

    def describe(self, arn: str) -> dict[str, Any]:
        return self.operator.describe_execution(executionArn=arn)

    def ended(self, arn: str) -> dict[str, Any]:
        until(lambda: self.describe(arn)["status"] != "RUNNING", PATIENCE)
        return self.describe(arn)

    def report(self, arn: str) -> dict[str, Any]:
        """The report of an execution that has succeeded, which is the same wherever it is told."""
        assert self.ended(arn)["status"] == "SUCCEEDED", self.why(arn)
        report = json.loads(self.ended(arn)["output"])
        assert report == self.read(arn, "report.json")
        assert f"By outcome: {json.dumps(report['summary'], separators=(',', ':'))}" in self.message(arn, "Report")
        assert report["as_planned"], report
        return report

    def why(self, arn: str) -> str:
        """How an execution and the children of its maps have failed."""
        told = [self.describe(arn)]
        for run in self.operator.list_map_runs(executionArn=arn)["mapRuns"]:
            children = self.emulator.client("stepfunctions").list_executions(mapRunArn=run["mapRunArn"])["executions"]
            told += [self.describe(child["executionArn"]) for child in children if child["status"] == "FAILED"]
        return "; ".join(f"{one['status']}: {one.get('error')}: {one.get('cause')}" for one in told)

    def read(self, arn: str, path: str) -> Any:
        """An object that an execution has written."""
        key = f"{arn.rpartition(':')[2]}/{path}"
        return json.load(self.emulator.client("s3").get_object(Bucket=self.outputs["FleetBucketName"], Key=key)["Body"])

    def states(self) -> Counter[str]:
        """How many certificates of the CA have each status at the broker."""
        held = self.providers.certificates("tencent-mqtt", SOURCE["instance_id"], 100_000)
        return Counter(one["Status"] for one in held if one["CaSn"] == CA)

    def writes(self, action: str = "DeactivateDeviceCertificate") -> list[str]:
        """The certificates that were switched at the broker, once for each time."""
        calls = self.providers.calls(action)
        return [call["parameters"]["DeviceCertificateSn"] for call in calls if call["outcome"] == "ok"]

    def permissions(self) -> set[str]:
        """The actions for which the role of the machine was used."""
        body = json.dumps({"roleArn": self.outputs["FleetRoleArn"]})
        headers = {"x-amz-target": "AWSStepFunctions.ListUsedPermissions"}
        request = AWSRequest(method="POST", url=self.emulator.url, data=body, headers=headers)
        SigV4Auth(Credentials(*OPERATOR), "states", REGION).add_auth(request)
        sent = urllib.request.Request(self.emulator.url, body.encode(), dict(request.headers.items()))
        with OPENER.open(sent, timeout=30) as answer:
            return {action for action, _ in json.load(answer)["permissions"]}


def user(emulator: Emulator, policy: str) -> tuple[str, str]:
    """The key of a new user who has this policy and nothing else."""
    users, name = emulator.client("iam"), policy.rpartition("/")[2]
    users.create_user(UserName=name)
    users.attach_user_policy(UserName=name, PolicyArn=policy)
    key = users.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def arguments(message: str, command: str) -> dict[str, str]:
    """Those of a command as a shell reads it."""
    (line,) = [line for line in message.splitlines() if f" {command} " in line]
    words = shlex.split(line)[3:]
    given = dict(zip(words[::2], words[1::2], strict=True))
    names = {"--task-token": "taskToken", "--task-output": "output", "--error": "error", "--cause": "cause"}
    return {names[option]: value for option, value in given.items()}


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    """A broker of this module's own, of an account whose limits are raised."""
    with Providers("--calls-per-second", str(CALLS_PER_SECOND), "--of-one-ca", str(CERTIFICATES)) as providers:
        yield providers


@pytest.fixture(scope="module")
def fleet(bundle: Bundle, providers: Providers) -> Fleet:
    secrets = bundle.emulator.client("secretsmanager")
    for cloud in MEMBERS:
        secrets.create_secret(Name=f"{NAME}/inactivate/{cloud}", SecretString=key_text(cloud, providers.keys[f"{cloud}-mqtt"]))
    deployment = bundle.deploy(
        NAME,
        CredentialsPrefix=NAME,
        Webhooks="no",
        InactivateAllowedInstances=SOURCE["instance_id"],
        ReactivateAllowedInstances=SOURCE["instance_id"],
        InactivateCallsPerSecond=SHARES,
        TencentMqttEndpoint=providers.urls["tencent-mqtt"],
        Fleet="yes",
        FleetApprovalSeconds=str(APPROVAL_SECONDS),
        FleetUnapprovedCertificates=str(UNAPPROVED),
    )
    return Fleet(bundle.emulator, deployment, providers)


@pytest.fixture(autouse=True)
def every_certificate_is_active(providers: Providers) -> None:
    """Each test begins with a broker that nobody has called."""
    providers.reset()


def test_nothing_is_changed_without_consent(fleet: Fleet) -> None:
    refused, late, other = (fleet.run(name, ALL) for name in ("refused", "late", "other"))
    fleet.approver.send_task_failure(**arguments(fleet.message(refused, "Approve"), "send-task-failure"))
    approval = arguments(fleet.message(other, "Approve"), "send-task-success")
    fleet.approver.send_task_success(**{**approval, "output": json.dumps({"plan": "0" * 64})})
    for arn, cause in ((refused, "Refused: your reason"), (other, "does not name the digest"), (late, "in time")):
        ended = fleet.ended(arn)
        assert (ended["status"], ended["error"]) == ("FAILED", "NotApproved"), fleet.why(arn)
        assert cause in ended["cause"], ended
        # A redrive does not ask again.
        fleet.operator.redrive_execution(executionArn=arn)
        assert fleet.ended(arn)["error"] == "NotApproved"
    assert fleet.writes() == [] and fleet.states() == {"ACTIVE": CERTIFICATES}


def test_a_fleet_is_switched_off_and_on_again(fleet: Fleet) -> None:
    arn = fleet.run("whole", ALL)
    message = fleet.message(arn, "Approve")
    assert f"Certificates to change: {CERTIFICATES}, in {-(-CERTIFICATES // 100)} pages" in message
    assert fleet.writes() == [], "a plan changes nothing"
    fleet.approve(arn)
    report = fleet.report(arn)
    off = fleet.writes()
    assert len(off) == len(set(off)) == CERTIFICATES
    assert fleet.states() == {"INACTIVE": CERTIFICATES}
    assert report["summary"]["inactivated"] == report["certificates"] == CERTIFICATES == sum(report["summary"].values())
    assert (report["not_carried_out"], report["errors"]) == (0, [])
    assert [event["data"] for event in results(fleet) if event["id"] == arn] == [report]

    back = fleet.start("whole-back", {"undo": {"execution": "whole"}, "reason": "a mistake"})
    fleet.approve(back)
    report = fleet.report(back)
    assert report["summary"]["reactivated"] == CERTIFICATES == sum(report["summary"].values())
    on = fleet.writes("ActivateDeviceCertificate")
    assert len(on) == len(set(on)) == CERTIFICATES
    assert fleet.states() == {"ACTIVE": CERTIFICATES}


def results(fleet: Fleet) -> list[dict[str, Any]]:
    queues, url = fleet.emulator.client("sqs"), fleet.outputs["ResultsQueueUrl"]
    events = []
    while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        events += [json.loads(message["Body"]) for message in messages]
    return events


def test_what_is_done_stays_done_and_what_others_changed_is_left_alone(bundle: Bundle, fleet: Fleet) -> None:
    arn = fleet.run("again", ALL)
    message = fleet.message(arn, "Approve")
    # Somebody else switches 25 certificates off in between, and 25 off and on again; and one can't be switched at all.
    serials = [f"f1ee7{number:011x}" for number in range(1, CERTIFICATES + 1)]
    off, off_and_on, broken = serials[90:115], serials[-25:], serials[CERTIFICATES // 2]
    function = {"deployment": fleet.deployment}
    named = [{"serial_number": serial} for serial in (*off, *off_and_on)]
    answer = bundle.invoke("inactivate", {**SOURCE, "certificates": named, "reason": "somebody else"}, **function)
    receipts = [result["receipt"] for result in answer["results"][25:]]
    bundle.invoke("inactivate", {"undo": {"receipts": receipts}, "reason": "somebody else"}, **function)
    fault = {"code": {"code": "FailedOperation"}}
    fleet.providers.fail("tencent-mqtt", action="DeactivateDeviceCertificate", containing=broken, times=1_000_000, fault=fault)

    fleet.approver.send_task_success(**arguments(message, "send-task-success"))
    until(lambda: len(fleet.writes()) > 50 + CERTIFICATES // 3, PATIENCE)
    fleet.operator.stop_execution(executionArn=arn, cause="a pause")
    assert fleet.ended(arn)["status"] == "ABORTED"
    written = until(lambda: settled(fleet), 30)
    assert written < 50 + CERTIFICATES - 100, "the execution was stopped too late to show anything"
    fleet.operator.redrive_execution(executionArn=arn)
    report = fleet.report(arn)

    # Each once, and by somebody else those that were changed in between.
    assert sorted(fleet.writes()) == sorted(serial for serial in serials if serial != broken)
    assert fleet.states() == {"INACTIVE": CERTIFICATES - 26, "ACTIVE": 26}
    told = {outcome: count for outcome, count in report["summary"].items() if count}
    # The function tells the redriven execution what became of the order whose answer was lost.
    assert told == {"inactivated": CERTIFICATES - 51, "already_inactive": 25, "refused": 26}, report
    errors = {error["code"]: (error["count"], error["examples"][0]["certificate"]) for error in report["errors"]}
    assert errors["conflict"] == (25, off_and_on[0]) and errors["provider_rejected"] == (1, broken), errors

    fleet.providers.heal()
    back = fleet.start("again-back", {"undo": {"execution": "again"}, "reason": "a mistake"})
    fleet.approve(back)
    report = fleet.report(back)
    assert report["summary"]["reactivated"] == told["inactivated"] == len(fleet.writes("ActivateDeviceCertificate")) - 25
    check_permissions(fleet)


def check_permissions(fleet: Fleet) -> None:
    """Each permission of the machine's role has been used; one that it lacks fails a run."""
    role = fleet.outputs["FleetRoleArn"].rpartition("/")[2]
    policy = fleet.emulator.client("iam").get_role_policy(RoleName=role, PolicyName="own")["PolicyDocument"]
    granted = {action for statement in policy["Statement"] for action in statement["Action"]}
    # Step Functions itself needs these when the state machine is made.
    assert {action for action in granted if not action.startswith("logs:")} == fleet.permissions()


def settled(fleet: Fleet) -> int | None:
    """How many writes there are, once there are no more of them."""
    written = len(fleet.writes())
    time.sleep(1)
    return written if len(fleet.writes()) == written else None


def test_a_small_plan_needs_no_consent(fleet: Fleet) -> None:
    held = fleet.providers.certificates("tencent-mqtt", SOURCE["instance_id"], 100_000)
    serials = [one["DeviceCertificateSn"] for one in held if one["CaSn"] == CA and one["Status"] == "ACTIVE"][:UNAPPROVED]
    report = fleet.report(fleet.run("small", {"serial_numbers": serials}))
    assert report["summary"]["inactivated"] == UNAPPROVED
    assert fleet.writes() == serials


def test_an_error_of_every_page_fails_the_execution_before_anybody_is_asked(fleet: Fleet) -> None:
    arn = fleet.start("elsewhere", {**SOURCE, "instance_id": "mqtt-other", "select": ALL, "reason": "end to end"})
    ended = fleet.ended(arn)
    assert ended["status"] == "FAILED" and "forbidden" in fleet.why(arn), fleet.why(arn)
