"""Where the answers of a report come from."""

import io
import json
from pathlib import Path
from typing import Any

import answers
import pytest
from answers import Failure, Object, Refused, cross_checked, described, of_functions, saved
from fleet import ALIBABA, AWS, TENCENT, certificate, flagged, page, problem, text, NOW


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
        return {"Payload": io.BytesIO(json.dumps(self.of[FunctionName].get("error") or json.loads(Payload)).encode()), **self.of[FunctionName]}


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
    return {"specversion": "1.0", "id": name, "type": f"device-certificates.{kind}", "subject": "aws-iot/eu-west-1", "time": time, "data": data}


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
