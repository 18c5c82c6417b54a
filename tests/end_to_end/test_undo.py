"""An order that is taken back by its receipt, which the secret of the stack authenticates in each function."""

import json

from bundle import Bundle, Pool, signed, until
from emulator import OPERATOR


def test_an_order_over_http_is_taken_back_by_a_webhook(bundle: Bundle, pool: Pool) -> None:
    ((serial, order),) = pool.orders(1).items()
    status, answer = bundle.http("POST", "/inactivate", order, key=OPERATOR)
    (done,) = answer["results"]
    assert (status, done["outcome"]) == (200, "inactivated"), answer

    undo = json.dumps({"undo": {"receipts": [done["receipt"]]}, "reason": "wrong device"})
    headers = signed(undo)
    status, answer = bundle.http("POST", "/webhooks/inactivate", undo, headers)
    assert (status, answer["order_id"]) == (202, headers["webhook-id"]), answer
    event = until(lambda: next((event for event in bundle.results() if event["id"] == headers["webhook-id"]), None), 20)
    (back,) = event["data"]["results"]
    assert (back["outcome"], back["provider_serial_number"], back["verified"]) == ("reactivated", serial, True), event


def test_a_receipt_of_another_stack_is_refused(bundle: Bundle, pool: Pool) -> None:
    other = bundle.deploy("another")
    ((_, order),) = pool.orders(1).items()
    _, answer = bundle.http("POST", "/inactivate", order, key=OPERATOR, deployment=other)
    undo = json.dumps({"undo": {"receipts": [answer["results"][0]["receipt"]]}, "reason": "wrong device"})
    for deployment, outcome in ((None, "refused"), (other, "reactivated")):
        _, answer = bundle.http("POST", "/inactivate", undo, key=OPERATOR, deployment=deployment)
        assert [result["outcome"] for result in answer["results"]] == [outcome], answer
