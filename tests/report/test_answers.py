"""Where the answers of a report come from."""

import io
import json
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from unittest.mock import patch

import answers
import pytest
from answers import Failure, Object, Refused, cross_checked, described, of_api, of_functions, region_of, saved
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from fleet import ALIBABA, AWS, NOW, TENCENT, certificate, flagged, page, problem, text


def asked(pages: list[Object]) -> tuple[list[Object], answers.Ask]:
    """A describe that gives these pages, and the requests that come."""
    requests: list[Object] = []

    def ask(operation: str, request: Object) -> Object:
        requests.append(request)
        return pages[len(requests) - 1]

    return requests, ask


def test_a_list_is_read_to_its_end() -> None:
    pages = [page((TENCENT, [certificate(1, 5)]), cursor="a"), page((TENCENT, []), cursor="b"), page((TENCENT, []))]
    for one in pages[:2]:
        one["sources"][0]["next_cursor"] = "more"
    requests, ask = asked(pages)
    assert len(list(described(ask, "all", listed=True))) == 3
    assert [request.get("cursor") for request in requests] == [None, "a", "b"]
    assert {(request["sources"], request["summary"], request["limit"]) for request in requests} == {("all", True, answers.PAGE_SIZE)}


def test_a_source_that_stays_away_is_asked_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SECONDS_BETWEEN_ATTEMPTS", 0)
    down = page((AWS, problem("throttled", "try again later", retryable=True)), cursor="again")
    requests, ask = asked([page((TENCENT, [certificate(1, 5)]), (AWS, down["sources"][0]["error"]), cursor="again"), *[down] * 9])
    list(described(ask, "all", listed=True))
    assert len(requests) == 4


def test_a_broker_is_asked_by_its_own_names() -> None:
    requests, ask = asked([{}, {}])
    held = [certificate(number, 5) for number in range(201)]
    list(cross_checked(ask, ALIBABA, {"provider": "alibaba-pca"}, held))
    assert [len(request["certificates"]) for request in requests] == [200, 1]
    assert requests[1]["certificates"] == [{"provider_serial_number": "00C8", "provider_ca_serial_number": "1B1E"}]
    assert requests[1]["cross_check"] == {"provider": "alibaba-pca"}
    requests, ask = asked([{}])
    list(cross_checked(ask, AWS, {"provider": "alibaba-pca"}, held[:1]))
    assert requests[0]["certificates"] == [{"fingerprint_sha256": "0" * 64}]


class Functions:
    """Lambda's API, with an answer for each function."""

    def __init__(self, **of: Object) -> None:
        self.of = of

    def invoke(self, FunctionName: str, Payload: str) -> Object:  # noqa: N803
        return {
            "Payload": io.BytesIO(json.dumps(self.of[FunctionName].get("error") or json.loads(Payload)).encode()),
            **self.of[FunctionName],
        }


def test_a_function_error_is_the_problem_in_its_message() -> None:
    error = {"errorType": "forbidden", "errorMessage": json.dumps(problem("forbidden", "no permission"))}
    ended = {"errorMessage": "Task timed out after 30 seconds"}
    ask = of_functions("ok", "status", Functions(ok={}, status={"FunctionError": "Unhandled", "error": error}))
    assert ask("describe", {"limit": 1}) == {"limit": 1}
    with pytest.raises(Refused, match="forbidden: no permission"):
        ask("status", {})
    with pytest.raises(Refused, match="internal: the function ended without an answer"):
        of_functions("ended", None, Functions(ended={"FunctionError": "Unhandled", "error": ended}))("describe", {})


def files(folder: Path, *values: Any) -> list[Path]:
    paths = [folder / f"{number}.json" for number in range(len(values))]
    for path, value in zip(paths, values, strict=True):
        path.write_text(json.dumps(value))
    return paths


def event(name: str, minute: int, data: Object, kind: str = "describe.answer") -> Object:
    time = text(NOW.replace(minute=minute))
    return {
        "specversion": "1.0",
        "id": name,
        "type": f"device-certificates.{kind}",
        "subject": "aws-iot/eu-west-1",
        "time": time,
        "data": data,
    }


def test_the_newest_summary_of_a_queue_counts_with_all_its_parts(tmp_path: Path) -> None:
    old, new, rest = (page((TENCENT, [certificate(number, 5)])) for number in (1, 2, 3))
    events = [event("b.2", 31, rest), event("b", 30, new), event("a", 10, old), event("b", 40, old)]
    received = {"Messages": [{"MessageId": "1", "Body": json.dumps(one)} for one in events]}
    assert saved(files(tmp_path, received)) == ([new, rest], [])


def test_the_error_of_a_summary_is_a_source_that_failed(tmp_path: Path) -> None:
    (answer,), _ = saved(files(tmp_path, [event("a", 1, problem("timeout", "too late"), "describe.error")]))
    assert (answer["provider"], answer["region"], answer["error"]["code"]) == ("aws-iot", "eu-west-1", "timeout")


def test_an_answer_in_two_files_is_one(tmp_path: Path) -> None:
    one, status = page((TENCENT, [certificate(1, 5)])), flagged(ALIBABA, certificate(2, 5))
    assert saved(files(tmp_path, one, [one, status])) == ([one], [status])


@pytest.mark.parametrize("value", ["{", '"text"', "[]", '{"operation": "inactivate"}', '[{"results": []}]'])
def test_a_file_with_something_else_is_named(tmp_path: Path, value: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(value)
    with pytest.raises(Failure, match="file"):
        saved([path])


class Api(BaseHTTPRequestHandler):
    """The stack's API, which demands a signature."""

    key = Credentials("AKIDEXAMPLE", "secret", "token")
    seen: ClassVar[list[tuple[str, Object]]] = []

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, json.loads(body)))
        if self.headers["authorization"] == self.signature(body):
            status, answer = 200, {"operation": "describe"}
        else:
            status, answer = 403, {"message": "Forbidden"}
        text = json.dumps(answer if self.path != "/describe/denied" else problem("forbidden", "no"))
        self.send_response(403 if self.path == "/describe/denied" else status)
        self.end_headers()
        self.wfile.write(text.encode())

    def signature(self, body: bytes) -> str:
        """The signature that AWS would compute at the time that the request names."""
        signed = AWSRequest("POST", f"http://{self.headers['host']}{self.path}", {"content-type": self.headers["content-type"]}, body)
        time = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        with patch("botocore.auth.get_current_datetime", lambda *_: time):
            SigV4Auth(self.key, "execute-api", "eu-west-1").add_auth(signed)
        return signed.headers["authorization"]

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    values = ("AWS_ACCESS_KEY_ID", Api.key.access_key), ("AWS_SECRET_ACCESS_KEY", Api.key.secret_key), ("AWS_SESSION_TOKEN", Api.key.token)
    for name, value in (*values, ("AWS_DEFAULT_REGION", "eu-west-1"), ("NO_PROXY", "*")):
        monkeypatch.setenv(name, value)
    Api.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_requests_to_an_api_are_signed(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = {"sources": "all", "cursor": "é&="}
    assert of_api(f"{api}/")("describe", request) == {"operation": "describe"}
    assert Api.seen == [("/describe", request)]
    with pytest.raises(Refused, match="forbidden: no"):
        of_api(api)("describe/denied", request)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(Refused, match="internal: HTTP 403"):
        of_api(api)("describe", request)


def test_the_region_is_that_of_the_host() -> None:
    assert region_of("https://a1b2c3.execute-api.ap-southeast-1.amazonaws.com") == "ap-southeast-1"
    assert region_of("https://certificates.example.com") is None
