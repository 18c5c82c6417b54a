"""Our verification of webhooks and the official Python package of Standard Webhooks say the same of random messages.

Ours is reached through the program `webhook` (tests/examples/webhook.rs). Where we are stricter than the package (timestamps,
ids, padding, secrets) is proven beside the code, in shared/src/webhook/tests.
"""

import base64
import json
import os
import random
import string
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest
import standardwebhooks.webhooks
from signer import TARGET, TIME_LIMIT_SECONDS
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SEED = int(os.environ.get("SEED", "20240516"))
MESSAGES = 12_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TOLERANCE_MS = 300_000
PROGRAM = os.environ.get("WEBHOOK", TARGET / "debug/examples/webhook")


@dataclass(frozen=True)
class Message:
    """A webhook as it arrives, and when."""

    secrets: tuple[str, ...]
    id: str
    timestamp: str
    signature: str
    body: bytes
    now_ms: int

    def to_json(self) -> str:
        return json.dumps(
            {
                "secrets": ",".join(self.secrets),
                "id": self.id,
                "timestamp": self.timestamp,
                "signature": self.signature,
                "body_base64": base64.b64encode(self.body).decode(),
                "now": self.now_ms,
            }
        )


class Clock(datetime):
    """The time that the package reads."""

    moment = EPOCH

    @classmethod
    def now(cls, tz=None):
        return cls.moment


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Clock)


def theirs(message: Message) -> bool | str:
    """Whether the package accepts the message with one of the secrets; the name of an error that is not its own."""
    Clock.moment = EPOCH + timedelta(milliseconds=message.now_ms)
    headers = {
        "webhook-id": message.id,
        "webhook-timestamp": message.timestamp,
        "webhook-signature": message.signature,
    }
    failure: bool | str = False
    for secret in message.secrets:
        try:
            Webhook(secret).verify(message.body, headers, json_parse=False)
            return True
        except WebhookVerificationError:
            pass
        except Exception as error:
            failure = type(error).__name__
    return failure


def ours(messages: list[Message]) -> list[bool | str]:
    """The program's verdict on each of them, and "unusable" where it says that the secrets are."""
    lines = "".join(message.to_json() + "\n" for message in messages)
    run = subprocess.run([PROGRAM], input=lines.encode(), capture_output=True, timeout=TIME_LIMIT_SECONDS)
    assert run.returncode == 0, f"webhook ended with {run.returncode}: {run.stderr.decode(errors='replace')[-2000:]}"
    answers = [json.loads(line) for line in run.stdout.decode().split("\n") if line]
    assert len(answers) == len(messages), f"webhook answered {len(answers)} of {len(messages)} lines"
    return ["unusable" if isinstance(answer, dict) else answer for answer in answers]


def signed(secret: str, message: Message) -> str:
    """The package's own signature. It takes text only."""
    moment = EPOCH + timedelta(seconds=int(message.timestamp))
    return Webhook(secret).sign(message.id, moment, message.body.decode())


def random_secret(generator: random.Random) -> str:
    return "whsec_" + base64.b64encode(generator.randbytes(generator.randint(24, 64))).decode()


def random_body(generator: random.Random) -> bytes:
    """Everything that the package takes: it reads a body as UTF-8."""
    kind = generator.randrange(4)
    length = generator.choice([0, 1, generator.randrange(300), generator.randrange(300)])
    if kind == 0:
        return bytes(generator.randrange(128) for _ in range(length))
    if kind == 1:
        return json.dumps({"serial_numbers": [generator.randbytes(9).hex() for _ in range(length // 9)]}).encode()
    points = (generator.choice([0x7F, 0x7FF, 0xFFFF, 0x10FFFF]) for _ in range(length))
    text = "".join(chr(generator.randint(0, most)) for most in points)
    return text.encode(errors="ignore")


def random_message(generator: random.Random) -> Message:
    """Signed by the package with one or more of the secrets, beside signatures that mean nothing to us."""
    secrets = tuple(random_secret(generator) for _ in range(generator.randint(1, 4)))
    seconds = generator.choice([generator.randrange(10_000), generator.randrange(4_000_000_000)])
    offset = generator.choice([0, -TOLERANCE_MS, TOLERANCE_MS, generator.randint(-TOLERANCE_MS, TOLERANCE_MS)])
    alphabet = string.ascii_letters + string.digits + "_-"
    message = Message(
        secrets=secrets,
        id="".join(generator.choices(alphabet, k=generator.choice([1, 31, 128, generator.randint(1, 128)]))),
        timestamp=str(seconds),
        signature="",
        body=random_body(generator),
        now_ms=seconds * 1000 + offset,
    )
    signers = generator.sample(secrets, generator.randint(1, len(secrets)))
    entries = [signed(secret, message) for secret in signers]
    for _ in range(generator.randrange(4)):
        entries.append(
            generator.choice(
                [
                    signed(random_secret(generator), message),
                    "v1a," + base64.b64encode(generator.randbytes(64)).decode(),
                    "v2," + base64.b64encode(generator.randbytes(32)).decode(),
                ]
            )
        )
    generator.shuffle(entries)
    return replace(message, signature=" ".join(entries))


def with_another_secret(generator: random.Random, message: Message) -> Message:
    return replace(message, secrets=tuple(random_secret(generator) for _ in message.secrets))


def with_another_id(generator: random.Random, message: Message) -> Message:
    at = generator.randrange(len(message.id))
    other = "a" if message.id[at] != "a" else "b"
    return replace(message, id=message.id[:at] + other + message.id[at + 1 :])


def with_another_body(generator: random.Random, message: Message) -> Message:
    return replace(message, body=message.body + b" " if generator.random() < 0.5 else b"\n" + message.body)


def with_another_timestamp(generator: random.Random, message: Message) -> Message:
    """Still within the five minutes, most of the time."""
    return replace(message, timestamp=str(int(message.timestamp) + generator.randint(1, 300)))


def with_other_signatures(generator: random.Random, message: Message) -> Message:
    entries = (generator.choice(["v1,", "v1a,"]) + base64.b64encode(generator.randbytes(32)).decode() for _ in "abc")
    return replace(message, signature=" ".join(entries))


def as_another_version(_: random.Random, message: Message) -> Message:
    return replace(message, signature=message.signature.replace("v1,", "v1a,"))


def too_old(generator: random.Random, message: Message) -> Message:
    late = TOLERANCE_MS + generator.choice([1, 999, 1_000, generator.randrange(1, 10**9)])
    return replace(message, now_ms=int(message.timestamp) * 1000 + late)


def too_new(generator: random.Random, message: Message) -> Message:
    early = TOLERANCE_MS + generator.choice([1, 999, 1_000, generator.randrange(1, 10**9)])
    return replace(message, now_ms=int(message.timestamp) * 1000 - early)


SPOILED = [
    with_another_secret,
    with_another_id,
    with_another_body,
    with_another_timestamp,
    with_other_signatures,
    as_another_version,
    too_old,
    too_new,
]


def test_the_official_package_says_the_same_of_random_messages(capsys: pytest.CaptureFixture[str]) -> None:
    generator = random.Random(SEED)
    messages = [random_message(generator) for _ in range(MESSAGES)]
    ways = [generator.choice(SPOILED) for _ in messages]
    spoiled = [way(generator, message) for way, message in zip(ways, messages)]

    accepted = verdicts(messages)
    refused = verdicts(spoiled)

    wrong = [message for message, verdict in zip(messages, accepted) if verdict != (True, True)]
    wrong += [message for message, verdict in zip(spoiled, refused) if verdict != (False, False)]
    with capsys.disabled():
        print(f"\nwebhooks: {MESSAGES} signed and as many spoiled messages, {len(wrong)} differences, seed {SEED}")
        print("spoiled " + ", ".join(f"{way.__name__}: {number}" for way, number in Counter(ways).items()))
    assert not wrong, f"seed {SEED}, {len(wrong)} messages, such as {wrong[:3]}"

    # The comparison means little if the generator has lost its teeth.
    assert len({message.signature for message in messages}) == MESSAGES
    assert {1, 128} < {len(message.id) for message in messages}
    assert {len(message.secrets) for message in messages} == {1, 2, 3, 4}
    assert {len(message.signature.split(" ")) for message in messages} == set(range(1, 8))
    assert b"" in {message.body for message in messages}
    never_in_utf8 = {0xC0, 0xC1, *range(0xF5, 256)}
    assert {byte for message in messages for byte in message.body} == set(range(256)) - never_in_utf8
    assert set(ways) == set(SPOILED)


def verdicts(messages: list[Message]) -> list[tuple[bool | str, bool | str]]:
    """Theirs and ours for each message."""
    return list(zip(map(theirs, messages), ours(messages), strict=True))


def test_nothing_damaged_is_accepted_that_the_official_package_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    """One character anywhere in the headers changed, removed or put in. The damage may well do no harm.

    The package fails with a ValueError where an entry has not exactly one comma, and with binascii.Error where it is no
    base64; we pass over that entry.
    """
    generator = random.Random(SEED + 1)
    damaged = [damage(generator, random_message(generator)) for _ in range(MESSAGES)]
    counts = Counter(verdicts(damaged))
    with capsys.disabled():
        print(f"\nwebhooks: {MESSAGES} damaged messages, (theirs, ours): {dict(counts)}, seed {SEED + 1}")
    assert counts[False, True] == 0
    assert counts[True, True] > 100, "damage to a signature beside a good one does no harm"
    assert counts[False, False] > 1_000
    assert set(counts) <= {
        (True, True),
        (False, False),
        (True, False),
        ("ValueError", True),
        ("ValueError", False),
        ("Error", False),
        ("Error", True),
    }


def damage(generator: random.Random, message: Message) -> Message:
    name = generator.choice(["id", "timestamp", "signature"])
    text = getattr(message, name)
    at = generator.randrange(len(text))
    by = generator.choice([chr(generator.randrange(256)), generator.choice(" ,.+-=_/01v"), chr(ord(text[at]) ^ 1)])
    if by == text[at]:
        by = "~"
    text = generator.choice([text[:at] + by + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + by + text[at:]])
    return replace(message, **{name: text})
