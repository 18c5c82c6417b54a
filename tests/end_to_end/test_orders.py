"""Orders of many certificates at each broker, through the real queue, with a function that is killed in the middle."""

import datetime
import json
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from bundle import INSTANCE, MEMBERS, SOURCE, Bundle, key_text, until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from deployment import Deployment
from emulator import Emulator, Providers, processes

NAME = "orders"
ORDERS = 3
CERTIFICATES = 100
# Longer than a run takes: otherwise a message is delivered again while it is worked on.
HIDDEN_SECONDS = 25
# The shares of an account whose limits are raised: with the template's own the test would take minutes.
SHARES = (
    "tencent-mqtt:DescribeDeviceCertificates=2+2,tencent-mqtt:DescribeDeviceCertificate=3+8,"
    "tencent-mqtt:DeactivateDeviceCertificate=24+8,alibaba-mqtt:GetDeviceCertificate=60+16,"
    "alibaba-mqtt:ListDeviceCertificateByCaSn=10+5,alibaba-mqtt:InactivateDeviceCertificate=29+8,"
    "aws-iot:DescribeCertificate=32+36,aws-iot:UpdateCertificate=16+40"
)

# A certificate as an order names it.
Named = dict[str, str]


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    """Brokers of this module's own: it takes most of their certificates."""
    with Providers() as providers:
        yield providers


@pytest.fixture(scope="module")
def deployment(bundle: Bundle, providers: Providers) -> Deployment:
    secrets = bundle.emulator.client("secretsmanager")
    for cloud in MEMBERS:
        secrets.create_secret(Name=f"{NAME}/inactivate/{cloud}", SecretString=key_text(cloud, providers.keys[f"{cloud}-mqtt"]))
    deployment = bundle.deploy(
        NAME,
        CredentialsPrefix=NAME,
        Webhooks="no",
        AwsIot="yes",
        InactivateAllowedInstances="*",
        InactivateCallsPerSecond=SHARES,
        TencentMqttEndpoint=providers.urls["tencent-mqtt"],
        AlibabaMqttEndpoint=providers.urls["alibaba-mqtt"],
    )
    functions, function = bundle.emulator.client("lambda"), deployment.functions["inactivate"]
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    # The emulated AWS IoT; on AWS the function finds it by itself.
    variables["AWS_ENDPOINT_URL_IOT"] = bundle.emulator.url
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
    url, attributes = deployment.outputs["InactivateQueueUrl"], {"VisibilityTimeout": str(HIDDEN_SECONDS)}
    bundle.emulator.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return deployment


def test_orders_of_a_killed_function_are_carried_out_to_the_end(bundle: Bundle, providers: Providers, deployment: Deployment) -> None:
    named = {
        "tencent-mqtt": tencent(providers),
        "alibaba-mqtt": alibaba(providers),
        "aws-iot": aws(bundle.emulator),
    }
    places = {
        "tencent-mqtt": {"instance_id": SOURCE["instance_id"]},
        "alibaba-mqtt": {"instance_id": INSTANCE},
        "aws-iot": {},
    }
    queues, url = bundle.emulator.client("sqs"), deployment.outputs["InactivateQueueUrl"]
    asked: dict[str, list[Named]] = {}
    for number in range(ORDERS):
        for provider, certificates in named.items():
            part = certificates[number * CERTIFICATES : (number + 1) * CERTIFICATES]
            assert len(part) == CERTIFICATES, f"{provider} has too few active certificates"
            order = {"provider": provider, **places[provider], "certificates": part, "reason": "end to end"}
            message = queues.send_message(QueueUrl=url, MessageBody=json.dumps(order))
            asked[message["MessageId"]] = part

    until(lambda: len(writes(providers)) >= 50, 60)
    kill_one(deployment.functions["inactivate"])
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    waiting = lambda: queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]  # noqa: E731
    until(lambda: all(waiting()[name] == "0" for name in names), 240, every=1)

    assert not list(take(bundle.emulator, deployment.outputs["InactivateDeadLetterQueueUrl"])), "a dead letter"
    off = Counter(writes(providers))
    assert set(off.values()) == {1} and len(off) == 2 * ORDERS * CERTIFICATES, off.most_common(3)
    assert states(bundle.emulator, named["aws-iot"]) == {"INACTIVE": ORDERS * CERTIFICATES}
    check_results(list(take(bundle.emulator, deployment.outputs["ResultsQueueUrl"])), asked)


def check_results(messages: list[dict[str, Any]], asked: dict[str, list[Named]]) -> None:
    """Every certificate is settled once, and every order has one summary."""
    # Of those with the same id the earliest counts.
    told = sorted((json.loads(message["Body"]) for message in messages), key=lambda event: event["time"], reverse=True)
    events = {event["id"]: event for event in told}
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events.values():
        assert event["type"] == "device-certificates.inactivate.answer", event
        parts[event["data"]["order_id"]].append(event["data"])
    assert parts.keys() == asked.keys()
    for order_id, answers in parts.items():
        (last,) = [answer for answer in answers if answer["last"]]
        assert sorted(answer["part"] for answer in answers) == list(range(1, len(answers) + 1))
        summary = last["order_summary"]
        # The next run finds off what a killed run had switched off.
        assert summary["inactivated"] + summary["already_inactive"] == CERTIFICATES == sum(summary.values()), summary
        results = [result for answer in answers for result in answer["results"]]
        done = [result for result in results if result["outcome"] in ("inactivated", "already_inactive")]
        assert len(done) == CERTIFICATES and all(result["verified"] for result in done), order_id


def writes(providers: Providers) -> list[str]:
    """The certificates that were switched off at the simulated brokers, once for each time."""
    calls = [(providers.calls("InactivateDeviceCertificate"), "DeviceSn")]
    calls.append((providers.calls("DeactivateDeviceCertificate"), "DeviceCertificateSn"))
    return [call["parameters"][name] for made, name in calls for call in made if call["outcome"] == "ok"]


def kill_one(function: str) -> None:
    """Ends one process of the function as a signal does that it cannot see."""
    running = processes(function)
    assert running, f"no process of {function} runs"
    os.kill(running[0], signal.SIGKILL)


def take(emulator: Emulator, url: str) -> Iterator[dict[str, Any]]:
    queues = emulator.client("sqs")
    while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield message


def tencent(providers: Providers) -> list[Named]:
    held = providers.certificates("tencent-mqtt", SOURCE["instance_id"])
    return [{"serial_number": one["DeviceCertificateSn"]} for one in held if one["Status"] == "ACTIVE"]


def alibaba(providers: Providers) -> list[Named]:
    held = providers.certificates("alibaba-mqtt", INSTANCE)
    # Digits alone may be read in two ways, which is not the matter here.
    active = [one for one in held if one["Status"] == "1" and not one["DeviceSn"].isdigit()]
    return [{"serial_number": one["DeviceSn"], "ca_serial_number": one["CaSn"]} for one in active]


def aws(emulator: Emulator) -> list[Named]:
    """New certificates, registered as active with the emulated AWS IoT."""
    iot, key = emulator.client("iot"), ec.generate_private_key(ec.SECP256R1())
    now = time.time()
    ids = []
    for number in range(ORDERS * CERTIFICATES):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"device-{number}")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(number + 1).not_valid_before(at(now - 60)).not_valid_after(at(now + 86_400))
        pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        ids.append(iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")["certificateId"])
    return [{"fingerprint_sha256": certificate_id} for certificate_id in ids]


def at(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def states(emulator: Emulator, named: list[Named]) -> Counter[str]:
    iot = emulator.client("iot")
    describe = lambda one: iot.describe_certificate(certificateId=one["fingerprint_sha256"])["certificateDescription"]  # noqa: E731
    return Counter(describe(one)["status"] for one in named)
