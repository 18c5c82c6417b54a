"""The answers for a report: from running functions, or from saved files."""

import argparse
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

# An answer, a request or a part of one, as JSON has it.
Object = dict[str, Any]
# Sends a request to the function of this name, and returns the answer.
Ask = Callable[[str, Object], Object]

PAGE_SIZE = 1000
MOST_NAMED = 200  # certificates in one request to status
ANSWERS_WITHIN_SECONDS = 310
ATTEMPTS = 3
SECONDS_BETWEEN_ATTEMPTS = 2.0
# Providers that issue certificates. All others are brokers, at which devices log in with them.
AUTHORITIES = {"alibaba-pca"}


class Failure(Exception):
    """A problem that prevents the report; the text has the reason and the remedy."""


class Refused(Exception):
    """A function answered with an error, a problem document."""

    def __init__(self, problem: Object) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('detail')}")
        self.problem = problem


def of_api(url: str) -> Ask:
    """The routes of a deployed stack, signed by the AWS credentials of the environment."""
    session = botocore.session.get_session()
    credentials = session.get_credentials()
    if credentials is None:
        raise Failure("--api needs AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
    region = region_of(url) or session.get_config_variable("region")
    if region is None:
        raise Failure("--api needs the region of the API: set AWS_REGION")

    def ask(operation: str, request: Object) -> Object:
        body = json.dumps(request).encode()
        headers = {"content-type": "application/json"}
        signed = AWSRequest("POST", f"{url.rstrip('/')}/{operation}", headers=headers, data=body)
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(signed)
        sent = urllib.request.Request(signed.url, body, dict(signed.headers.items()), method="POST")
        try:
            with urllib.request.urlopen(sent, timeout=ANSWERS_WITHIN_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(problem_of(error.read().decode(errors="replace"), f"HTTP {error.code}")) from None
        except OSError as error:
            raise Failure(f"{sent.full_url} cannot be reached: {error}") from None

    return ask


def region_of(url: str) -> str | None:
    """The region that the host of an API Gateway names."""
    labels = (urlsplit(url).hostname or "").split(".")
    return labels[2] if len(labels) > 3 and labels[1] == "execute-api" else None


def of_functions(describe: str, status: str | None, clients: Any = None) -> Ask:
    """Functions by their names, by direct invocation."""
    client = clients or boto3.client("lambda")
    names = {"describe": describe, "status": status}

    def ask(operation: str, request: Object) -> Object:
        name = names[operation]
        if name is None:
            raise Failure("the check against the CA needs --status-function")
        answer = client.invoke(FunctionName=name, Payload=json.dumps(request))
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Refused(problem_of(text, "the function ended without an answer"))
        return json.loads(text)

    return ask


def problem_of(text: str, otherwise: str) -> Object:
    """The problem document in an answer, also where it is the message of a function error."""
    try:
        found = json.loads(text)
        if isinstance(found, dict) and "errorMessage" in found:
            found = json.loads(found["errorMessage"])
    except ValueError:
        found = None
    if isinstance(found, dict) and "code" in found:
        return found
    return {"code": "internal", "detail": otherwise, "retryable": False}


def described(ask: Ask, sources: Any, listed: bool) -> Iterator[Object]:
    """The pages of describe over the sources, to their end. `listed` asks for the certificates beside their counts."""
    request: Object = {"sources": sources, "summary": True, "limit": PAGE_SIZE if listed else 0}
    attempts = 0
    while True:
        page = ask("describe", request)
        yield page
        if page["next_cursor"] is None:
            return
        # The cursor retries a source that fails with a retryable error, without end.
        progress = any(source["error"] is None and source["next_cursor"] for source in page["sources"])
        attempts = 0 if progress or page.get("certificates") else attempts + 1
        if attempts == ATTEMPTS:
            return
        if attempts:
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)
        request = {**request, "cursor": page["next_cursor"]}


def cross_checked(ask: Ask, place: Object, authority: Object, certificates: list[Object]) -> Iterator[Object]:
    """The answers of status about certificates of a broker, compared with a certificate authority."""
    named = [reference(place["provider"], certificate) for certificate in certificates]
    for first in range(0, len(named), MOST_NAMED):
        request = {**place, "cross_check": authority, "certificates": named[first : first + MOST_NAMED]}
        yield ask("status", request)


def reference(provider: str, certificate: Object) -> Object:
    """A certificate of an answer, as a request names it."""
    if provider == "aws-iot":
        return {"fingerprint_sha256": certificate["fingerprint_sha256"]}
    members = ("provider_serial_number", "provider_ca_serial_number")
    return {member: certificate[member] for member in members if certificate[member] is not None}


def saved(paths: list[Path]) -> tuple[list[Object], list[Object]]:
    """The answers of describe and of status in files. A file has an answer, a list of answers, CloudEvents of the results
    queue, or messages as `aws sqs receive-message` prints them."""
    found: list[Object] = []
    for path in paths:
        try:
            found += unpacked(json.loads(path.read_text()))
        except (OSError, ValueError) as error:
            raise Failure(f"{path} cannot be read as JSON: {error}") from None
    events = [one for one in found if "specversion" in one]
    answers = [one for one in found if "specversion" not in one] + newest(events)
    # The same answer in two files is one answer.
    once = list({json.dumps(answer, sort_keys=True): answer for answer in answers}.values())
    for answer in once:
        if answer.get("operation") not in ("describe", "status"):
            raise Failure("--answers takes answers of describe and status only, and a file holds something else")
    of = {operation: [one for one in once if one["operation"] == operation] for operation in ("describe", "status")}
    if not of["describe"]:
        raise Failure("--answers needs an answer of describe, and no file holds one")
    return of["describe"], of["status"]


def unpacked(value: Any) -> list[Object]:
    """Answers and CloudEvents in a saved value."""
    if isinstance(value, list):
        return [one for part in value for one in unpacked(part)]
    if not isinstance(value, dict):
        raise ValueError("an object or a list was expected")
    if "Messages" in value:
        return [one for message in value["Messages"] for one in unpacked(json.loads(message["Body"]))]
    return [value]


def newest(events: list[Object]) -> list[Object]:
    """The answers to the newest request to describe, and all answers of status. A queue also holds answers of other days, and
    some events twice: of two events with the same id, the earlier one counts."""
    of_id: dict[str, Object] = {}
    for event in sorted(events, key=lambda event: event["time"]):
        of_id.setdefault(event["id"], event)
    last = None
    for event in of_id.values():
        if ".describe." in event["type"]:
            last = message_id(event)
    kept = [one for one in of_id.values() if ".status." in one["type"] or message_id(one) == last]
    return [answer_of(event) for event in kept if ".inactivate." not in event["type"]]


def message_id(event: Object) -> str:
    """The id of the message that the event answers: further parts of an answer have `.2`, `.3` and so on after it."""
    name, _, part = event["id"].rpartition(".")
    return name if name and part.isdigit() else event["id"]


def answer_of(event: Object) -> Object:
    """The answer in an event; an error becomes the answer of a source that failed."""
    if not event["type"].endswith(".error"):
        return event["data"]
    provider, _, rest = event.get("subject", "").partition("/")
    region, _, instance = rest.partition("/")
    place = {"provider": provider or "unknown", "region": region or None, "instance_id": instance or None}
    operation = "status" if ".status." in event["type"] else "describe"
    return {"operation": operation, **place, "error": event["data"], "next_cursor": None, "consistent": None, "results": []}


def s3_url(text: str) -> tuple[str, str]:
    """Bucket and key, as an option names them."""
    url = urlsplit(text)
    if url.scheme != "s3" or not url.netloc or not url.path.strip("/"):
        raise argparse.ArgumentTypeError(f"{text} is not of the form s3://bucket/key")
    return url.netloc, url.path.removeprefix("/")


def put(files: Any, bucket: str, key: str, text: str, kind: str) -> None:
    files.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType=kind)
