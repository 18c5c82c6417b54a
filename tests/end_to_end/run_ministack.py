"""Runs ministack, put right in two places and in Step Functions."""

import asyncio.base_events
from typing import Any

import emulated_step_functions
from ministack.app import main
from ministack.core import iam_actions

create_server = asyncio.base_events.BaseEventLoop.create_server
action_of = iam_actions._action_from_target


async def on_loopback(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
    """One of its listeners takes 0.0.0.0 whatever it is told."""
    return await create_server(self, factory, "127.0.0.1" if host == "0.0.0.0" else host, port, **options)


def action_of_iam(headers: dict[str, str]) -> str | None:
    """IAM knows no sqs:SendMessageBatch: sqs:SendMessage allows it, and the like."""
    action = action_of(headers)
    return action.replace("MessageBatch", "Message") if action else action


if __name__ == "__main__":
    asyncio.base_events.BaseEventLoop.create_server = on_loopback  # type: ignore[method-assign, assignment]
    iam_actions._action_from_target = action_of_iam
    emulated_step_functions.install()
    main()
