"""Who is let in over HTTP."""

import time

import pytest
from bundle import Bundle, Pool, signed
from deployment import Deployment
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
    """Each but the last is refused before the order is carried out."""
    ((serial, order),) = pool.orders(1).items()
    good = signed(order)
    for name, body, headers, expected in (
        ("no signature", order, {}, 401),
        ("another body", order.replace("end to end", "another"), good, 401),
        ("another id", order, {**good, "webhook-id": "msg_other"}, 401),
        ("too old", order, signed(order, time.time() - 301), 401),
        ("good", order, good, 200),
    ):
        before = inactivated(bundle, serial)
        status, answer = bundle.http("POST", "/webhooks/inactivate", body, headers)
        assert (status, before) == (expected, 0), (name, answer)
    assert answer["summary"]["inactivated"] == inactivated(bundle, serial) == 1
    assert bundle.http("POST", "/inactivate", order, good)[0] == 403, "a webhook's signature opens the other routes"


def test_the_kill_switch_stops_orders(bundle: Bundle, pool: Pool) -> None:
    ((serial, order),) = pool.orders(1).items()
    functions, name = bundle.emulator.client("lambda"), bundle.deployment.functions["inactivate"]
    usual = functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        status, answer = bundle.http("POST", "/webhooks/inactivate", order, signed(order))
    finally:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=usual)
    assert status in (429, 503) and inactivated(bundle, serial) == 0, answer
    assert bundle.http("POST", "/webhooks/inactivate", order, signed(order))[0] == 200
    assert inactivated(bundle, serial) == 1


def inactivated(bundle: Bundle, serial: str) -> int:
    return sum(call["parameters"]["DeviceSn"] == serial for call in bundle.providers.calls("InactivateDeviceCertificate"))
