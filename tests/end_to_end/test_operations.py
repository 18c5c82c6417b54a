"""The commands that docs/operations.md and docs/deploy.md print for operators, run on the stack."""

import json
import os
import re
from pathlib import Path

import page
from bundle import Bundle, Pool, signed
from deployment import NAME as STACK
from emulator import OPERATOR, REGION, ROOT

OPERATIONS, DEPLOY = ROOT / "docs/operations.md", ROOT / "docs/deploy.md"


def variables(bundle: Bundle) -> dict[str, str]:
    """The environment of a terminal whose AWS is the emulator, with the outputs of the stack."""
    key = {"AWS_ACCESS_KEY_ID": OPERATOR[0], "AWS_SECRET_ACCESS_KEY": OPERATOR[1], "AWS_SESSION_TOKEN": ""}
    return {"AWS_ENDPOINT_URL": bundle.emulator.url, "AWS_DEFAULT_REGION": REGION, **key, **bundle.deployment.outputs}


def test_the_lines_about_outputs_make_them_variables(bundle: Bundle, tmp_path: Path) -> None:
    environment = {name: value for name, value in variables(bundle).items() if name not in bundle.deployment.outputs}
    (lines,) = page.commands(DEPLOY, "Outputs")
    assert f"stack={STACK}\n" in lines
    printed = page.run(f'{lines}\necho "$InactivateQueueUrl $prefix"', environment, tmp_path)
    assert printed.splitlines()[-1] == f"{bundle.deployment.outputs['InactivateQueueUrl']} {STACK}"
    assert f"ApiUrl={bundle.deployment.outputs['ApiUrl']}\n" in printed


def test_the_kill_switch_stops_inactivate_and_switches_it_on_again(bundle: Bundle, tmp_path: Path) -> None:
    functions, name = bundle.emulator.client("lambda"), bundle.deployment.functions["inactivate"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]

    def state() -> tuple[int, bool]:
        reserved = functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
        return reserved, functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] in ("Enabled", "Enabling")

    before = state()
    stop, start = page.commands(OPERATIONS, "The kill switch")
    try:
        page.run(stop, variables(bundle), tmp_path)
        assert before[1] and state() == (0, False)
    finally:
        page.run(start, variables(bundle), tmp_path)
    assert state() == before


def test_an_order_is_sent_and_taken_back(bundle: Bundle, pool: Pool, tmp_path: Path) -> None:
    (order,) = pool.orders(1).values()
    (both,) = page.commands(OPERATIONS, "Sending the order")
    send, to_the_queue = both.split("\n\n")
    (to_undo,) = page.commands(OPERATIONS, "Taking it back")
    (tmp_path / "order.json").write_text(order)

    def answer() -> dict:
        return json.loads((tmp_path / "answer.json").read_text())

    page.run(send, variables(bundle), tmp_path)
    assert [result["outcome"] for result in answer()["results"]] == ["inactivated"]
    page.run(to_undo, variables(bundle), tmp_path)
    undo = send.replace("order.json", "undo.json").replace("ticket-4711", f"undo-{os.getpid()}")
    page.run(undo, variables(bundle), tmp_path)
    assert [result["outcome"] for result in answer()["results"]] == ["reactivated"]
    assert re.search(r'"MessageId": "[0-9a-f-]{36}"', page.run(to_the_queue, variables(bundle), tmp_path))


def test_dead_letters_are_shown_and_their_queue_is_named(bundle: Bundle, tmp_path: Path) -> None:
    """The emulator has no action that moves messages."""
    show, move = page.commands(OPERATIONS, "Dead letters")
    queues, queue = bundle.emulator.client("sqs"), bundle.deployment.outputs["InactivateDeadLetterQueueUrl"]
    sent = queues.send_message(QueueUrl=queue, MessageBody="{}")
    assert sent["MessageId"] in page.run(show, variables(bundle), tmp_path)
    queues.purge_queue(QueueUrl=queue)
    arn = page.run(move.replace("aws sqs start-message-move-task", "echo"), variables(bundle), tmp_path)
    assert arn.startswith("--source-arn arn:aws:sqs:") and arn.strip().endswith(f":{queue.rpartition('/')[2]}")


def test_the_item_of_a_webhook_is_found_and_deleted(bundle: Bundle, pool: Pool, tmp_path: Path) -> None:
    (order,) = pool.orders(1).values()
    headers = signed(order)
    assert bundle.http("POST", "/webhooks/inactivate", order, headers)[0] == 202
    (commands,) = page.commands(OPERATIONS, "The table of keys")
    of_a_webhook = "\n".join(line for line in commands.splitlines() if '"$arn"' not in line)

    def items() -> int:
        return bundle.emulator.client("dynamodb").scan(TableName=bundle.deployment.outputs["IdempotencyTableName"])["Count"]

    before = items()
    page.run(of_a_webhook, variables(bundle) | {"message_id": headers["webhook-id"]}, tmp_path)
    assert items() == before - 1
