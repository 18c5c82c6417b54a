"""Looks for secrets in everything that the functions of a session have written, whichever test has called them.

The rules are those of the tests of whole functions, in tests/src/canary.rs and tests/src/leaks.rs.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from bundle import Bundle
from emulator import Emulator
from extension import keys_of_functions

# So many bytes of a secret in a row are a leak. A multiple of three, so that base64 of them needs no padding.
PIECE = 12
# A shorter secret would not show in base64 that begins anywhere.
SHORTEST_SECRET = 16
# Every secret and every form of it is made of these characters.
WORDS = re.compile(r"[A-Za-z0-9+/=_.-]{%d,}" % PIECE)
NUMBERS = re.compile(r"\d{1,3}(?:, ?\d{1,3}){%d,}" % (PIECE - 1))
# In `Authorization` headers and queries of the vendors, and as a member of JSON.
REQUEST_SIGNATURE = re.compile(r"""signature[=: "\\(']*[0-9a-f]{32}""", re.IGNORECASE)
WEBHOOK_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}")
# A JSON Web Token.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.")
CERTIFICATE = re.compile("BEGIN CERTIFICATE")
# Every certificate of the simulated fleets has one of these in its names.
NAME = re.compile("truck-|client-1|mqtt_device|device-1|Example Mobility|vin-000|VIN000")
# The lines of the log that are the audit of a disconnection.
SESSION_AUDIT = ("ending a session", "tried to end a session")
# Each receipt begins so: `{"source":{"` in base64.
RECEIPT = "eyJzb3VyY2UiOnsi"

ANYWHERE = {"a request signature": REQUEST_SIGNATURE, "a webhook's signature": WEBHOOK_SIGNATURE, "a token": TOKEN}
# Answers, results and the histories of fleets have receipts, certificates and names.
IN_LOGS = {**ANYWHERE, "a certificate": CERTIFICATE, "the name of a certificate": NAME}


@dataclass(frozen=True)
class Output:
    """Some of what was written, with its name for a failure."""

    name: str
    text: str
    is_log: bool = False


class Forbidden:
    """Secrets, each with its name, and patterns to look for. No failure tells any secret."""

    def __init__(self, secrets: list[tuple[str, str]], patterns: dict[str, re.Pattern[str]]) -> None:
        self._patterns = patterns
        self._pieces: dict[str, str] = {}
        # Most words of a log are in many of its lines.
        self._seen: set[str] = set()
        for name, secret in secrets:
            assert len(secret) >= SHORTEST_SECRET, f"{name} is shorter than {SHORTEST_SECRET} characters, so it proves little"
            assert WORDS.fullmatch(secret), f"{name} has characters that the search passes over"
            for start in range(len(secret) - PIECE + 1):
                piece = secret[start : start + PIECE].encode()
                encoded = base64.b64encode(piece).decode()
                forms = {"plain": piece.decode(), "base64": encoded, "hex": piece.hex()}
                forms["base64 for URLs"] = encoded.replace("+", "-").replace("/", "_")
                for form, text in forms.items():
                    self._pieces.setdefault(text.lower(), f"{name} ({form})")

    def find(self, line: str) -> str | None:
        """The name of something in the line that may not be there."""
        for name, pattern in self._patterns.items():
            if pattern.search(line):
                return name
        texts = [line, *map(listed, NUMBERS.findall(line))]
        if "%" in line:
            texts.append(unquote(line, errors="replace"))
        return next(filter(None, map(self._secret, texts)), None)

    def _secret(self, text: str) -> str | None:
        for word in WORDS.findall(text):
            if word in self._seen:
                continue
            lower = word.lower()
            for length in (PIECE, PIECE * 4 // 3, PIECE * 2):
                for start in range(len(lower) - length + 1):
                    if found := self._pieces.get(lower[start : start + length]):
                        return found
            self._seen.add(word)
        return None


def listed(numbers: str) -> str:
    """The text of which these are the bytes."""
    return bytes(min(int(number), 255) for number in numbers.split(",")).decode(errors="replace")


def found(bundle: Bundle) -> list[str]:
    """Each output that gives something away, with the first line that does."""
    secrets = secrets_of(bundle)
    of_logs = Forbidden([*secrets, ("a receipt", RECEIPT)], IN_LOGS)
    of_others = Forbidden(secrets, ANYWHERE)
    told = []
    for output in written(bundle.emulator):
        forbidden = of_logs if output.is_log else of_others
        lines = enumerate(output.text.splitlines(), 1)
        leak = next(((what, number) for number, line in lines if (what := forbidden.find(line))), None)
        if leak:
            told.append(f"{output.name} gives away {leak[0]} in line {leak[1]}")
    return told


def secrets_of(bundle: Bundle) -> list[tuple[str, str]]:
    """Every key, webhook secret and receipt secret of the session, and the keys of the functions' roles, by names."""
    texts = {f"the key of {vendor}": json.dumps(key) for vendor, key in bundle.providers.keys.items()}
    secrets, parameters = bundle.emulator.client("secretsmanager"), bundle.emulator.client("ssm")
    for page in secrets.get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            for version in secrets.list_secret_version_ids(SecretId=secret["ARN"])["Versions"]:
                name = f"version {version['VersionId']} of {secret['Name']}"
                texts[name] = secrets.get_secret_value(SecretId=secret["ARN"], VersionId=version["VersionId"])["SecretString"]
    for page in parameters.get_paginator("describe_parameters").paginate():
        for one in page["Parameters"]:
            texts[one["Name"]] = parameters.get_parameter(Name=one["Name"], WithDecryption=True)["Parameter"]["Value"]
    named = [(name, value) for name, text in texts.items() for value in values(text)]
    for key in bundle.extension.keys | set(keys_of_functions()):
        named += [(f"the {kind} of the function's role {key[0]}", value) for kind, value in zip(("secret", "session token"), key[1:], strict=True)]
    return named


def values(text: str) -> list[str]:
    """The secrets in a text: the members of a JSON object, or one or more with commas between them."""
    return list(json.loads(text).values()) if text.startswith("{") else text.split(",")


def written(emulator: Emulator) -> Iterator[Output]:
    """The log lines, the histories of state machines, and the messages that a test has received or that are still in a queue."""
    yield from logs(emulator)
    yield from histories(emulator)
    yield from (Output("a received message", body) for body in emulator.received)
    yield from left(emulator)


def logs(emulator: Emulator) -> Iterator[Output]:
    client, most = emulator.client("logs"), 10_000
    for groups in client.get_paginator("describe_log_groups").paginate():
        for name in (group["logGroupName"] for group in groups["logGroups"]):
            pages = client.get_paginator("describe_log_streams").paginate(logGroupName=name)
            streams = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
            # The emulator gives so many events, and no token for more of them.
            for first in range(0, len(streams), 20):
                part = streams[first : first + 20]
                events = client.filter_log_events(logGroupName=name, logStreamNames=part, limit=most)["events"]
                assert len(events) < most, f"{name} has more events than are looked through"
                yield Output(f"the log {name}", "\n".join(without_client_id(event["message"]) for event in events), is_log=True)


def without_client_id(line: str) -> str:
    """A line of the log. The audit of a disconnection has the client's id (docs/reference.md), and nothing else that names it."""
    if not any(f'"message":"{message}"' in line for message in SESSION_AUDIT):
        return line
    return line.replace(json.loads(line)["client_id"], "")


def histories(emulator: Emulator) -> Iterator[Output]:
    client = emulator.client("stepfunctions")

    def executions(**where: str) -> Iterator[str]:
        for page in client.get_paginator("list_executions").paginate(**where):
            for execution in page["executions"]:
                yield execution["executionArn"]

    def children(arn: str) -> Iterator[str]:
        for page in client.get_paginator("list_map_runs").paginate(executionArn=arn):
            for run in page["mapRuns"]:
                yield from executions(mapRunArn=run["mapRunArn"])

    machines = [machine["stateMachineArn"] for page in client.get_paginator("list_state_machines").paginate() for machine in page["stateMachines"]]
    begun = {arn for machine in machines for arn in executions(stateMachineArn=machine)}
    for arn in sorted(begun | {child for arn in begun for child in children(arn)}):
        for page in client.get_paginator("get_execution_history").paginate(executionArn=arn, PaginationConfig={"PageSize": 1000}):
            yield Output(f"the history of {arn}", "\n".join(json.dumps(event, default=str) for event in page["events"]))


def left(emulator: Emulator) -> Iterator[Output]:
    client = emulator.client("sqs")
    for url in client.list_queues().get("QueueUrls", []):
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages"):
            yield from (Output(f"a message of {url}", message["Body"]) for message in messages)
