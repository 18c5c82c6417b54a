"""The API lets in signed callers over HTTP, and no others."""

import contextlib
import json
import time
from collections.abc import Iterator

import pytest
from bundle import SOURCE, Bundle, Pool, signed, until
from deployment import Deployment
from emulator import OPERATOR
from issuer import AUDIENCE

QUESTION = "/status?serial_number=00c0ffee"


def test_signatures_of_aws_decide_at_the_routes(bundle: Bundle) -> None:
    allowed, other, nobody = bundle.user("GET/status"), bundle.user("POST/inactivate"), bundle.user()
    for name, key, expected in (
        ("no signature", None, 403),
        ("a key that is nobody's", ("AKIAUNKNOWN", "secret"), 403),
        ("a wrong secret", (allowed[0], "secret"), 403),
        ("no permission", nobody, 403),
        ("permission for another route", other, 403),
        ("permission", allowed, 200),
    ):
        status, answer = bundle.http("GET", QUESTION, key=key)
        assert status == expected, (name, answer)
    assert answer["results"][0]["found"] is False


@pytest.fixture(scope="module")
def with_tokens(bundle: Bundle) -> Deployment:
    return bundle.deploy("with-tokens", JwtIssuer=bundle.issuer.url, JwtAudience=AUDIENCE, JwtScopePrefix="certificates/")


def test_tokens_decide_where_an_issuer_is_given(bundle: Bundle, with_tokens: Deployment) -> None:
    token = bundle.issuer.token
    for name, bearer, expected in (
        ("no token", None, 401),
        ("expired", token("certificates/status", exp=int(time.time()) - 10), 401),
        ("for another audience", token("certificates/status", aud="other"), 401),
        ("of another issuer", token("certificates/status", iss="https://other.example.com"), 401),
        ("with the scope of another function", token("certificates/describe"), 403),
        ("good", token("certificates/status"), 200),
    ):
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        status, answer = bundle.http("GET", QUESTION, headers=headers, deployment=with_tokens)
        assert status == expected, (name, answer)
    assert answer["results"][0]["found"] is False


def test_webhooks_need_their_signature_alone(bundle: Bundle, pool: Pool) -> None:
    """Each but the last is refused. The last is put into the queue, and carried out from there."""
    ((serial, order),) = pool.orders(1).items()
    good = signed(order)
    for name, body, headers, expected in (
        ("no signature", order, {}, 401),
        ("another body", order.replace("end to end", "another"), good, 401),
        ("another id", order, {**good, "webhook-id": "msg_other"}, 401),
        ("too old", order, signed(order, time.time() - 301), 401),
        ("good", order, good, 202),
    ):
        before = inactivated(bundle, serial)
        status, answer = bundle.http("POST", "/webhooks/inactivate", body, headers)
        assert (status, before) == (expected, 0), (name, answer)
    assert answer == {"order_id": good["webhook-id"]}
    event = until(lambda: [event for event in bundle.results() if event["id"] == good["webhook-id"]], 20)[0]
    assert event["data"]["summary"]["inactivated"] == inactivated(bundle, serial) == 1
    # The log of an invocation comes after its end.
    (line,) = until(lambda: bundle.tried(serial), 20)
    assert line["caller"] == f"webhook {good['webhook-id']}"
    assert bundle.http("POST", "/inactivate", order, good)[0] == 403, "a webhook's signature opens the other routes"


def test_webhooks_to_describe_and_status_are_answered_at_once(bundle: Bundle) -> None:
    for function, request in (
        ("describe", {"instance_id": SOURCE["instance_id"], "limit": 1}),
        ("status", {"certificates": [{"serial_number": "00c0ffee"}]}),
    ):
        body = json.dumps(request)
        status, answer = bundle.http("POST", f"/webhooks/{function}", body, signed(body))
        assert (status, answer["operation"]) == (200, function), answer
        assert bundle.http("POST", f"/webhooks/{function}", body, signed(body + " "))[0] == 401
        # The functions of the other callers have no part in it.
        assert bundle.log(f"{function}-webhook", "a webhook") and not bundle.log(function, "a webhook")


def test_strangers_at_the_webhook_routes_keep_nobody_else_waiting(bundle: Bundle, pool: Pool) -> None:
    """They may use up all instances of the function for webhooks: as if there were none."""
    ((serial, order),) = pool.orders(1).items()
    with switched_off(bundle, "inactivate-webhook"):
        assert bundle.http("POST", "/webhooks/inactivate", order, signed(order))[0] in (429, 503)
        assert bundle.http("POST", "/inactivate", order, key=OPERATOR)[0] == 200
    assert inactivated(bundle, serial) == 1


def test_the_kill_switch_stops_orders(bundle: Bundle, pool: Pool) -> None:
    ((serial, order),) = pool.orders(1).items()
    with bundle.hidden_for("inactivate", 2):
        with switched_off(bundle, "inactivate"):
            status, answer = bundle.http("POST", "/inactivate", order, key=OPERATOR)
            # A webhook's order waits in the queue.
            webhook = bundle.http("POST", "/webhooks/inactivate", order, signed(order))
            time.sleep(1)
            before = inactivated(bundle, serial)
        assert status in (429, 503) and webhook[0] == 202 and before == 0, (answer, webhook)
        until(lambda: inactivated(bundle, serial) == 1, 20)


@contextlib.contextmanager
def switched_off(bundle: Bundle, name: str) -> Iterator[None]:
    """Meanwhile no instance of the function may run."""
    functions, function = bundle.emulator.client("lambda"), bundle.deployment.functions[name]
    usual = functions.get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"]
    functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=usual)


def inactivated(bundle: Bundle, serial: str) -> int:
    return sum(call["parameters"]["DeviceSn"] == serial for call in bundle.providers.calls("InactivateDeviceCertificate"))
