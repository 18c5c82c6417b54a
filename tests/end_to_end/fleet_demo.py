"""`make fleet-demo`: a compromised CA. The state machine of the template, on an emulated AWS, switches its certificates off at a
simulated broker, after you have approved the plan."""

import argparse
import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from bundle import MEMBERS, SOURCE, key_text, secret
from deployment import NAME, Deployment, deploy
from emulator import ACCOUNT, OPERATOR, REGION, ROOT, Emulator, Key, Providers
from extension import Extension

CA = "00f1ee7ca0"
EXECUTION = "ca-00f1ee7ca0"
PICTURE = ROOT / "target/fleet-demo.svg"
# The commands that watch a run and draw it have an environment of their own.
TOOLS = [str(ROOT / ".tools/report/bin/python"), str(ROOT / "scripts/fleet")]
# The simulated account's limits are raised, so that the demonstration takes seconds. docs/fleet.md has the times at the vendors' limits.
CALLS_PER_SECOND = "5000"
SHARES = (
    "tencent-mqtt:DescribeDeviceCertificates=2+500,tencent-mqtt:DescribeDeviceCertificate=2+4000,"
    "tencent-mqtt:DeactivateDeviceCertificate=2+2000,tencent-mqtt:ActivateDeviceCertificate=2+2000"
)


class Demo:
    """The stack, with a person who runs fleets, one who approves them, and the broker. Use it in a `with` statement."""

    def __init__(self, certificates: int) -> None:
        self._certificates = certificates

    def __enter__(self) -> "Demo":
        with contextlib.ExitStack() as stack:
            broker = ("--calls-per-second", CALLS_PER_SECOND, "--of-one-ca", str(self._certificates))
            self.providers = stack.enter_context(Providers(*broker))
            extension = stack.enter_context(Extension())
            self.emulator = stack.enter_context(Emulator(extension.port))
            extension.client_of = self.emulator.client
            secrets = self.emulator.client("secretsmanager")
            for cloud in MEMBERS:
                text = key_text(cloud, self.providers.keys[f"{cloud}-mqtt"])
                secrets.create_secret(Name=secret("inactivate", cloud), SecretString=text)
            self.outputs = self._deployed().outputs
            self.operator = self._user("operator", self.outputs["FleetOperatorPolicyArn"])
            self.approver = self._user("approver", self.outputs["FleetApproverPolicyArn"])
            self.machines = self.emulator.client("stepfunctions", (self.operator["id"], self.operator["secret"]))
            self._asked = self._subscribed()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _deployed(self) -> Deployment:
        parameters = {
            "TencentCredentials": "secret",
            "TencentMqttEndpoint": self.providers.urls["tencent-mqtt"],
            "InactivateAllowedInstances": SOURCE["instance_id"],
            "ReactivateAllowedInstances": SOURCE["instance_id"],
            "InactivateCallsPerSecond": SHARES,
            "Fleet": "yes",
        }
        return deploy(self.emulator, NAME, parameters)

    def _user(self, name: str, policy: str) -> Key:
        """The key of a new user who has this policy and nothing else."""
        users = self.emulator.client("iam")
        users.create_user(UserName=name)
        users.attach_user_policy(UserName=name, PolicyArn=policy)
        key = users.create_access_key(UserName=name)["AccessKey"]
        return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}

    def _subscribed(self) -> str:
        """The address of a queue that gets what the topic tells, in place of a mailbox."""
        topic, arn = self.outputs["FleetTopicArn"], f"arn:aws:sqs:{REGION}:{ACCOUNT}:mailbox"
        admits = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = {"Version": "2012-10-17", "Statement": [{**admits, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]}
        queue = self.emulator.client("sqs").create_queue(QueueName="mailbox", Attributes={"Policy": json.dumps(policy)})
        self.emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return queue["QueueUrl"]

    def mail(self) -> list[dict[str, str]]:
        """The messages of the topic that have come since the last look, each with its `Subject`."""
        queues = self.emulator.client("sqs")
        found = queues.receive_message(QueueUrl=self._asked, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            queues.delete_message(QueueUrl=self._asked, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    def status(self, execution: str) -> str:
        return self.machines.describe_execution(executionArn=execution)["status"]

    def curl(self, key: Key, action: str, **body: str) -> str:
        """A line for a terminal that calls Step Functions with a key."""
        signed = f"curl -s --aws-sigv4 aws:amz:{REGION}:states --user {key['id']}:{key['secret']}"
        named = f"-H 'x-amz-target: AWSStepFunctions.{action}' -H 'content-type: application/x-amz-json-1.0'"
        return f"{signed} {named} {self.emulator.url} -d {shlex.quote(json.dumps(body))}"

    def run_tool(self, key: Key, *arguments: str) -> int:
        named = {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"]}
        of_emulator = ["--endpoint-url", self.emulator.url, "--region", REGION]
        return subprocess.run([*TOOLS, *arguments, *of_emulator], env=os.environ | named, check=False).returncode

    def states(self) -> Counter[str]:
        """How many certificates of the CA have each status at the broker."""
        held = self.providers.certificates("tencent-mqtt", SOURCE["instance_id"], 1_000_000)
        return Counter(one["Status"] for one in held if one["CaSn"] == CA)


def main(arguments: list[str]) -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    parser = argparse.ArgumentParser(prog="make fleet-demo")
    parser.add_argument("--certificates", metavar="NUMBER", type=int, default=5000, help="of the compromised CA")
    parser.add_argument("--yes", action="store_true", help="approve the plan without asking, and stop at the end")
    options = parser.parse_args(arguments)
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith("AWS_"):
            del os.environ[name]
    os.environ["AWS_DEFAULT_REGION"] = REGION
    try:
        with Demo(options.certificates) as demo:
            return tell(demo, options.yes)
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130 if options.yes else 0


def tell(demo: Demo, yes: bool) -> int:
    say(f"A CA is compromised, and a broker trusts {by_status(demo)} of its certificates.")
    say("The state machine plans first. It lists and reads, and changes nothing.\n")
    begun = time.monotonic()
    request = {**SOURCE, "select": {"ca_serial_numbers": [CA]}, "reason": "the CA is compromised"}
    execution = start(demo, EXECUTION, request)
    message = asked(demo, execution)
    planned = time.monotonic()
    say(indented(message))
    token, approval = answer_to(message)
    if yes:
        demo.emulator.client("stepfunctions", tuple(demo.approver.values())).send_task_success(taskToken=token, output=approval)
        say("\nApproved.\n")
    else:
        offer(demo, token, approval)
    consented = wait_for_consent(demo, execution)
    if demo.run_tool(demo.operator, "watch", EXECUTION, "--every", "0.5" if yes else "3") != 0:
        say(f"The broker: {by_status(demo)}")
        return 1
    ended = time.monotonic()
    report = json.loads(demo.machines.describe_execution(executionArn=execution)["output"])
    say(f"\nThe report: {json.dumps(report['summary'])}, not carried out: {report['not_carried_out']}, as planned: {report['as_planned']}")
    say(f"The broker: {by_status(demo)}")
    say(f"Planned in {planned - begun:.0f} s, carried out in {ended - consented:.0f} s.")
    PICTURE.parent.mkdir(exist_ok=True)
    # The bucket serves nobody without TLS, which the emulator does not speak. Its root is asked nothing.
    root = dict(zip(("id", "secret"), OPERATOR, strict=True))
    is_drawn = demo.run_tool(root, "report", execution, "--bucket", demo.outputs["FleetBucketName"], "--output", str(PICTURE)) == 0
    is_right = is_drawn and report["as_planned"] and report["summary"]["inactivated"] == demo.states()["INACTIVE"] == report["certificates"]
    if not yes:
        take_back(demo)
    return 0 if is_right else 1


def start(demo: Demo, name: str, request: dict[str, Any]) -> str:
    machine = demo.outputs["FleetStateMachineArn"]
    say(f"aws stepfunctions start-execution --state-machine-arn {machine} --name {name} --input {shlex.quote(json.dumps(request))}\n")
    return demo.machines.start_execution(stateMachineArn=machine, name=name, input=json.dumps(request))["executionArn"]


def asked(demo: Demo, execution: str) -> str:
    """The message that asks for consent."""
    while demo.status(execution) == "RUNNING":
        for one in demo.mail():
            if one["Subject"].startswith("Approve"):
                return f"Subject: {one['Subject']}\n\n{one['Message']}"
        time.sleep(0.2)
    ended = demo.machines.describe_execution(executionArn=execution)
    raise SystemExit(f"The execution has ended: {ended.get('error')}: {ended.get('cause')}")


def answer_to(message: str) -> tuple[str, str]:
    """The token of the message, and the answer that approves its plan."""
    (line,) = [line for line in message.splitlines() if " send-task-success " in line]
    words = shlex.split(line)
    return words[words.index("--task-token") + 1], words[words.index("--task-output") + 1]


def offer(demo: Demo, token: str, approval: str) -> None:
    say("\nPaste one of these into another terminal, as the user who approves. With the AWS CLI the commands of the message do the same:\n")
    say(f"export AWS_ENDPOINT_URL={demo.emulator.url} AWS_DEFAULT_REGION={REGION} {exported(demo.approver)}\n")
    say("To approve:\n")
    say(demo.curl(demo.approver, "SendTaskSuccess", taskToken=token, output=approval) + "\n")
    say("To refuse:\n")
    say(demo.curl(demo.approver, "SendTaskFailure", taskToken=token, error="Refused", cause="not tonight") + "\n")


def wait_for_consent(demo: Demo, execution: str) -> float:
    """The moment at which the orders begin, or the execution ends."""

    def begins(run: dict[str, Any]) -> bool:
        return "/Orders:" in run["mapRunArn"]

    while demo.status(execution) == "RUNNING":
        if any(map(begins, demo.machines.list_map_runs(executionArn=execution)["mapRuns"])):
            break
        time.sleep(0.2)
    return time.monotonic()


def take_back(demo: Demo) -> None:
    """Leaves the stack up, and prints what the topic tells."""
    request = {"undo": {"execution": EXECUTION}, "reason": "it was another CA"}
    machine = demo.outputs["FleetStateMachineArn"]
    body = {"stateMachineArn": machine, "name": f"{EXECUTION}-back", "input": json.dumps(request)}
    say("\nTo take it all back, with the same consent, as the user who runs fleets:\n")
    say(demo.curl(demo.operator, "StartExecution", **body) + "\n")
    say("The stack stays up. The messages of its topic appear here; Ctrl-C stops everything.")
    while True:
        for one in demo.mail():
            say("\n" + indented(f"Subject: {one['Subject']}\n\n{one['Message']}"))
            if one["Subject"].startswith("Approve"):
                offer(demo, *answer_to(one["Message"]))
            elif not one["Subject"].startswith(f"Report of {EXECUTION}-back"):
                continue
            say(f"The broker: {by_status(demo)}")
        time.sleep(0.5)


def by_status(demo: Demo) -> str:
    return ", ".join(f"{count:,} {status}" for status, count in demo.states().items())


def exported(key: Key) -> str:
    return f"AWS_ACCESS_KEY_ID={key['id']} AWS_SECRET_ACCESS_KEY={key['secret']}"


def indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
