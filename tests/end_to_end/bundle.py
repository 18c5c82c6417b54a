"""The whole bundle: the stack on an emulated AWS, its secrets, the simulated providers, and ways to call it all."""

import base64
import contextlib
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any, TypeVar

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from deployment import NAME, Deployment, deploy
from emulator import ACCOUNT, OPENER, REGION, Emulator, Key, Providers
from extension import Extension
from issuer import Issuer

Found = TypeVar("Found")

INSTANCE = "post-cn-7mz2d0000"
# The shares of an account whose limits are raised: with the template's own a list of the whole fleet would take ten seconds.
SHARES = "tencent-mqtt:DescribeDeviceCertificates=20+60"
SOURCE = {"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9"}
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOUR_SECONDS = 60 * 60
FUNCTIONS = ("describe", "inactivate", "status")
# How the members of a cloud's secret are named.
MEMBERS = {
    "tencent": ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"),
    "alibaba": ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
}


class Bundle:
    """Use it in a `with` statement: leaving it stops every process. The schedule is that of the summary."""

    def __init__(self, schedule: str) -> None:
        self._schedule = schedule

    def __enter__(self) -> "Bundle":
        with contextlib.ExitStack() as stack:
            self.providers = stack.enter_context(Providers())
            self.extension = stack.enter_context(Extension())
            self.issuer = stack.enter_context(Issuer())
            self.emulator = stack.enter_context(Emulator(self.extension.port))
            self.extension.client_of = self.emulator.client
            for function in FUNCTIONS:
                for cloud in MEMBERS:
                    self.store(secret(function, cloud), cloud, self.providers.keys[f"{cloud}-mqtt"])
                self._secrets.create_secret(Name=secret(function, "webhook"), SecretString=WEBHOOK_SECRET)
            self.deployed_at = time.monotonic()
            self.deployment = self.deploy(SummarySchedule=self._schedule, DescribeCallsPerSecond=SHARES)
            self._results: list[dict[str, Any]] = []
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def _secrets(self) -> Any:
        return self.emulator.client("secretsmanager")

    def store(self, name: str, cloud: str, key: Key) -> None:
        """Keeps a provider's key as a secret, or as the secret's new value."""
        text = key_text(cloud, key)
        try:
            self._secrets.create_secret(Name=name, SecretString=text)
        except self._secrets.exceptions.ResourceExistsException:
            self._secrets.put_secret_value(SecretId=name, SecretString=text)

    def deploy(self, name: str = NAME, **parameters: str) -> Deployment:
        """A stack of this name, with these parameters beside those that wire it to the providers."""
        urls = self.providers.urls
        wiring = {
            "TencentCredentials": "secret",
            "AlibabaCredentials": "secret",
            "Webhooks": "yes",
            "TencentMqttRegion": "ap-guangzhou",
            "AlibabaMqttRegion": "cn-hangzhou",
            "AlibabaPcaRegion": "cn-hangzhou",
            "TencentMqttEndpoint": urls["tencent-mqtt"],
            "AlibabaMqttEndpoint": urls["alibaba-mqtt"],
            "AlibabaCasEndpoint": urls["alibaba-cas"],
            "InactivateAllowedInstances": f"{INSTANCE},{SOURCE['instance_id']}",
            "ReactivateAllowedInstances": f"{INSTANCE},{SOURCE['instance_id']}",
            "Sources": json.dumps([SOURCE]),
        }
        return deploy(self.emulator, name, wiring | parameters)

    def invoke(self, function: str, event: dict[str, Any], deployment: Deployment | None = None) -> dict[str, Any]:
        """The function's answer; an error fails the test."""
        name = (deployment or self.deployment).functions[function]
        answer = self.emulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    def http(
        self,
        method: str,
        path: str,
        body: str = "",
        headers: dict[str, str] | None = None,
        key: tuple[str, str] | None = None,
        deployment: Deployment | None = None,
    ) -> tuple[int, Any]:
        """Status and body of the answer to a request at the API, signed for AWS where a key is given."""
        status, _, text = self.exchange(method, path, body, headers, key, deployment)
        with contextlib.suppress(ValueError):
            return status, json.loads(text)
        return status, text

    def exchange(
        self,
        method: str,
        path: str,
        body: str = "",
        headers: dict[str, str] | None = None,
        key: tuple[str, str] | None = None,
        deployment: Deployment | None = None,
    ) -> tuple[int, Message, str]:
        """The same, with the headers, and with the body as it came."""
        host = (deployment or self.deployment).outputs["ApiUrl"].removeprefix("http://")
        data = body.encode() if body else None
        headers = {"host": host, "content-type": "application/json", **(headers or {})}
        if key:
            request = AWSRequest(method=method, url=f"http://{host}{path}", data=data, headers=headers)
            SigV4Auth(Credentials(*key), "execute-api", REGION).add_auth(request)
            headers = dict(request.headers.items())
        sent = urllib.request.Request(self.emulator.url + path, data, headers, method=method)
        try:
            with OPENER.open(sent, timeout=40) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def user(self, *routes: str) -> tuple[str, str]:
        """The key of a new user who may call these routes of the API, such as `GET/status`, and nothing else."""
        users, name = self.emulator.client("iam"), f"user-{uuid.uuid4()}"
        users.create_user(UserName=name)
        api = self.deployment.outputs["ApiUrl"].removeprefix("http://").partition(".")[0]
        resources = [f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/$default/{route}" for route in routes]
        if resources:
            statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            users.put_user_policy(UserName=name, PolicyName="routes", PolicyDocument=policy)
        key = users.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def send(self, function: str, bodies: list[str]) -> list[str]:
        """Puts messages into the function's queue, and tells their ids in the same order."""
        queues, url = self.emulator.client("sqs"), self.deployment.outputs[f"{function.capitalize()}QueueUrl"]
        ids: list[str] = []
        for first in range(0, len(bodies), 10):
            batch = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies[first : first + 10])]
            sent = queues.send_message_batch(QueueUrl=url, Entries=batch)["Successful"]
            ids += [entry["MessageId"] for entry in sorted(sent, key=lambda entry: int(entry["Id"]))]
        return ids

    @contextlib.contextmanager
    def hidden_for(self, function: str, seconds: int) -> Iterator[None]:
        """Meanwhile a message of the function's queue stays hidden so long; the template's three minutes are long for a test."""
        queues, url = self.emulator.client("sqs"), self.deployment.outputs[f"{function.capitalize()}QueueUrl"]
        usual = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        try:
            yield
        finally:
            queues.set_queue_attributes(QueueUrl=url, Attributes=usual)

    def waiting(self, output: str, deployment: Deployment | None = None) -> int:
        """How many messages are in a queue, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = (deployment or self.deployment).outputs[output]
        told = self.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    def take(self, output: str, deployment: Deployment | None = None) -> Iterator[dict[str, Any]]:
        """Takes the messages out of a queue."""
        queues, url = self.emulator.client("sqs"), (deployment or self.deployment).outputs[output]
        while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message

    def results(self) -> list[dict[str, Any]]:
        """Everything that has come to the results queue so far."""
        self._results += [json.loads(message["Body"]) for message in self.take("ResultsQueueUrl")]
        return self._results

    def log(self, function: str, text: str) -> list[dict[str, Any]]:
        """The function's log lines that hold a text."""
        title = "".join(part.capitalize() for part in function.split("-"))
        group, pattern = self.deployment.outputs[f"{title}LogGroupName"], f'"{text}"'
        found = self.emulator.client("logs").filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        return [json.loads(event["message"]) for event in found if event["message"].startswith("{")]

    def tried(self, serial: str) -> list[dict[str, Any]]:
        """The log's lines about changes of a certificate, which bears this serial number at its provider."""
        return [line for line in self.log("inactivate", "tried to inactivate a certificate") if line["provider_serial_number"] == serial]

    def state_machine(self, name: str, definition: dict[str, Any]) -> str:
        """The ARN of a new state machine whose role lets it start the children of its distributed maps, and nothing else."""
        trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        children = f"arn:aws:states:*:*:*:{name}*"
        allowed = {"Effect": "Allow", "Action": ["states:StartExecution", "states:DescribeExecution"], "Resource": children}
        roles = self.emulator.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = roles.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        roles.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
        machines = self.emulator.client("stepfunctions")
        return machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"]


class Pool:
    """Valid certificates that a broker holds as active, each handed out once."""

    def __init__(self, providers: Providers) -> None:
        held = providers.certificates("alibaba-mqtt", INSTANCE)
        # Digits alone may be read in two ways, which is not the matter here. An undo leaves an expired certificate off.
        active = [one for one in held if one["Status"] == "1" and not one["DeviceSn"].isdigit()]
        self._left = [one for one in active if int(one["ValidEnd"]) > (time.time() + HOUR_SECONDS) * 1000]

    def orders(self, count: int) -> dict[str, str]:
        """Orders to inactivate one certificate each, by the serial number as the broker writes it."""
        taken, self._left = self._left[:count], self._left[count:]
        assert len(taken) == count, "the simulated fleet has no more active certificates"
        return {one["DeviceSn"]: order(one) for one in taken}


def order(certificate: dict[str, str]) -> str:
    named = {"serial_number": certificate["DeviceSn"], "ca_serial_number": certificate["CaSn"]}
    return json.dumps({"instance_id": INSTANCE, "certificates": [named], "reason": "end to end"})


def key_text(cloud: str, key: Key) -> str:
    """A provider's key as the functions read it."""
    return json.dumps(dict(zip(MEMBERS[cloud], (key["id"], key["secret"]), strict=True)))


def secret(function: str, kind: str) -> str:
    return f"device-certificate-functions/{function}/{kind}"


def signed(body: str, sent_at: float | None = None, message_id: str | None = None) -> dict[str, str]:
    """The headers of a Standard Webhook, which is a new one unless its id is given."""
    message_id, timestamp = message_id or f"msg_{uuid.uuid4().hex}", str(int(sent_at or time.time()))
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    signature = hmac.new(key, f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    signature_text = f"v1,{base64.b64encode(signature).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature_text}


def until(condition: Callable[[], Found], seconds: float, every: float = 0.2) -> Found:
    """Waits for what the condition gives."""
    give_up = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < give_up, f"nothing came within {seconds} seconds"
        time.sleep(every)
    return value
