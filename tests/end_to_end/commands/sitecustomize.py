"""Every Python program that a page's commands start reads this: AWS's CLI waits less, and finds the emulator's API by its name."""

import socket
import time
from typing import Any

LONGEST_WAIT_SECONDS = 0.1

sleep, look_up = time.sleep, socket.getaddrinfo


def sleep_less(seconds: float) -> None:
    """The CLI looks every 5 or 30 seconds whether a stack is ready."""
    sleep(min(seconds, LONGEST_WAIT_SECONDS))


def look_up_below_localhost(host: Any, *arguments: Any, **options: Any) -> Any:
    """As RFC 6761 has it, and not every resolver."""
    return look_up("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **options)


time.sleep = sleep_less
socket.getaddrinfo = look_up_below_localhost
