"""Orders of many certificates at each broker, through the real queue, with a function that is killed at every point of its work.

ORDERS_SEED chooses the certificates at which it is killed, and which order is killed at which point.
"""

import contextlib
import datetime
import json
import os
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from bundle import INSTANCE, MEMBERS, SOURCE, Bundle, key_text, until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from deployment import Deployment
from emulator import Emulator, Providers
from gate import Call, Gate

NAME = "orders"
SEED = int(os.environ.get("ORDERS_SEED", "12"))
CERTIFICATES = 100
# A run of so many seconds carries out half of an order.
RUN_SECONDS = 9
# Longer than a run takes: otherwise a message is delivered again while it is worked on.
HIDDEN_SECONDS = 12
# The shares of an account whose limits are raised: with the template's own the test would take minutes.
SHARES = (
    "tencent-mqtt:DescribeDeviceCertificates=2+2,tencent-mqtt:DescribeDeviceCertificate=3+8,"
    "tencent-mqtt:DeactivateDeviceCertificate=20+8,alibaba-mqtt:GetDeviceCertificate=60+16,"
    "alibaba-mqtt:ListDeviceCertificateByCaSn=10+5,alibaba-mqtt:InactivateDeviceCertificate=20+8,"
    "aws-iot:DescribeCertificate=40+36,aws-iot:UpdateCertificate=20+40"
)
# The points at which the process that carries out an order is killed, one for each order of a broker: when a write comes, when a write
# has been carried out and the function does not know it yet, and when the message with the rest of the order is in the queue, and the
# message that began it is not acknowledged.
POINTS = ("before a write", "between a write and the read", "between the next message and the acknowledgement")
ORDERS = len(POINTS)
WRITES = ("InactivateDeviceCertificate", "DeactivateDeviceCertificate", "PUT")

# A certificate as an order names it.
Named = dict[str, str]


class Killer:
    """Ends the process that carries out an order once, at the order's own point, and counts the writes that have come through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By the name of a certificate its order, and by the order what is left to be done to it.
        self._orders: dict[str, tuple[str, int]] = {}
        self.left: dict[tuple[str, int], tuple[str, int]] = {}
        self._begun: Counter[tuple[str, int]] = Counter()
        self.writes: Counter[str] = Counter()

    def aim(self, order: tuple[str, int], names: list[str], point: str, number: int) -> None:
        """The process of the order is to end at this point, at the write of this number where it is one."""
        self._orders |= dict.fromkeys(names, order)
        self.left[order] = (point, number)

    def ends(self, call: Call, is_done: bool) -> bool:
        is_write, is_message = call.action in WRITES, call.action.startswith("AmazonSQS.SendMessage")
        if not is_write and not is_message:
            return False
        with self._lock:
            name = next(name for name in self._orders if name in call.text)
            order = self._orders[name]
            self.writes[name] += is_write and is_done
            self._begun[order] += is_write and not is_done
            point, number = self.left.get(order, (None, 0))
            its_turn = {
                POINTS[0]: is_write and not is_done and self._begun[order] == number,
                POINTS[1]: is_write and is_done and self._begun[order] >= number,
                POINTS[2]: is_message and is_done,
            }
            if not point or not its_turn[point]:
                return False
            del self.left[order]
            return True


@pytest.fixture(scope="module")
def providers() -> Iterator[Providers]:
    """Brokers of this module's own: it takes most of their certificates."""
    with Providers() as providers:
        yield providers


@pytest.fixture(scope="module")
def killer() -> Killer:
    return Killer()


@pytest.fixture(scope="module")
def deployment(bundle: Bundle, providers: Providers, killer: Killer) -> Iterator[Deployment]:
    secrets = bundle.emulator.client("secretsmanager")
    for cloud in MEMBERS:
        secrets.create_secret(Name=f"{NAME}/inactivate/{cloud}", SecretString=key_text(cloud, providers.keys[f"{cloud}-mqtt"]))
    with contextlib.ExitStack() as stack:
        servers = (providers.urls["tencent-mqtt"], providers.urls["alibaba-mqtt"], bundle.emulator.url)
        tencent, alibaba, aws = gates = [stack.enter_context(Gate(server, killer.ends)) for server in servers]
        deployment = bundle.deploy(
            NAME,
            CredentialsPrefix=NAME,
            Webhooks="no",
            AwsIot="yes",
            InactivateAllowedInstances="*",
            InactivateCallsPerSecond=SHARES,
            TencentMqttEndpoint=tencent.url,
            AlibabaMqttEndpoint=alibaba.url,
        )
        functions, function = bundle.emulator.client("lambda"), deployment.functions["inactivate"]
        for gate in gates:
            gate.function = function
        variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        # The emulated AWS IoT; on AWS the function finds it by itself.
        variables["AWS_ENDPOINT_URL_IOT"] = aws.url
        variables["ORDERS_QUEUE_URL"] = aws.url + urlsplit(variables["ORDERS_QUEUE_URL"]).path
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables}, Timeout=RUN_SECONDS)
        url, attributes = deployment.outputs["InactivateQueueUrl"], {"VisibilityTimeout": str(HIDDEN_SECONDS)}
        bundle.emulator.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)
        yield deployment


@pytest.mark.parametrize("seed", [SEED])
def test_orders_of_a_killed_function_are_carried_out_to_the_end(
    bundle: Bundle, providers: Providers, killer: Killer, deployment: Deployment, seed: int
) -> None:
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
    chance = random.Random(seed)
    points = {provider: chance.sample(POINTS, ORDERS) for provider in named}
    queues, url = bundle.emulator.client("sqs"), deployment.outputs["InactivateQueueUrl"]
    asked: dict[str, list[str]] = {}
    for number in range(ORDERS):
        for provider, certificates in named.items():
            part = certificates[number * CERTIFICATES : (number + 1) * CERTIFICATES]
            assert len(part) == CERTIFICATES, f"{provider} has too few active certificates"
            names = [name_of(one) for one in part]
            killer.aim((provider, number), names, points[provider][number], chance.randint(1, CERTIFICATES // 3))
            order = {"provider": provider, **places[provider], "certificates": part, "reason": "end to end"}
            message = queues.send_message(QueueUrl=url, MessageBody=json.dumps(order))
            asked[message["MessageId"]] = names

    until(lambda: bundle.waiting("InactivateQueueUrl", deployment) == 0, 300, every=1)

    assert not killer.left, "an order whose process was not killed"
    assert not list(bundle.take("InactivateDeadLetterQueueUrl", deployment)), "a dead letter"
    everything = {name for names in asked.values() for name in names}
    assert len(everything) == len(named) * ORDERS * CERTIFICATES
    # No certificate was written twice, not even one whose answer was lost with the process.
    assert killer.writes == dict.fromkeys(everything, 1), killer.writes.most_common(3)
    assert states(bundle.emulator, named["aws-iot"]) == {"INACTIVE": ORDERS * CERTIFICATES}
    check_results(list(bundle.take("ResultsQueueUrl", deployment)), asked)


def check_results(messages: list[dict[str, Any]], asked: dict[str, list[str]]) -> None:
    """Every certificate is settled, and every order has one summary."""
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
        # A part that was carried out again, after its process was killed, may be told of twice.
        assert {answer["part"] for answer in answers} == set(range(1, last["part"] + 1))
        assert last["part"] > 1, "one run has done the whole order, so that no other message goes on with it"
        summary = last["order_summary"]
        # The next run finds off what a killed run had switched off.
        assert summary["inactivated"] + summary["already_inactive"] == CERTIFICATES == sum(summary.values()), summary
        names, outcomes = set(asked[order_id]), defaultdict(list)
        for result in (result for answer in answers for result in answer["results"]):
            if result["outcome"] in ("inactivated", "already_inactive"):
                assert result["verified"], result
                (name,) = names & {result["provider_serial_number"], result["fingerprint_sha256"]}
                outcomes[name].append(result["outcome"])
        assert outcomes.keys() == names, order_id
        assert all(of_one.count("inactivated") <= 1 for of_one in outcomes.values()), order_id


def name_of(certificate: Named) -> str:
    """The broker's own name of a certificate."""
    return certificate.get("serial_number") or certificate["fingerprint_sha256"]


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
