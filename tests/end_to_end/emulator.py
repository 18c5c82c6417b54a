"""An emulated AWS on this machine, which runs functions as processes and decides by IAM; and the simulated providers."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
# The emulator's root, for whom no policy is asked.
OPERATOR = ("test", "test")
STARTS_WITHIN_SECONDS = 30
# Everything is on this machine: no proxy has a part in it.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


# `id` and `secret`.
Key = dict[str, str]


class Emulator:
    """ministack in a process of its own. Use it in a `with` statement: leaving it ends the functions, too."""

    def __init__(self, extension_port: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._extension_port = extension_port
        # The bodies of the messages that clients have taken out of queues.
        self.received: list[str] = []

    def __enter__(self) -> "Emulator":
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="end-to-end-"))
            # The functions inherit all of it, so nothing of the caller's environment is in it.
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "TMPDIR": folder,
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(self.port),
                "MINISTACK_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                # Without it the functions would look for the real AWS.
                "AWS_ENDPOINT_URL": self.url,
                "AWS_ENDPOINT_URL_DYNAMODB": self.url,
                "AWS_ACCESS_KEY_ID": OPERATOR[0],
                "AWS_SECRET_ACCESS_KEY": OPERATOR[1],
                "AUTH": "true",
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                # State machines wait for a fiftieth of what they are told.
                "SFN_WAIT_SCALE": "0.02",
                # Lambda sets it as the template says, the emulator does not.
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
                "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(self._extension_port),
            }
            log = stack.enter_context(open(Path(folder) / "log", "w+b"))
            program = Path(__file__).with_name("run_ministack.py")
            process = start(stack, [sys.executable, str(program)], env=environment, stdout=log, stderr=log)
            give_up = time.monotonic() + STARTS_WITHIN_SECONDS
            while not is_ready(self.url):
                if process.poll() is not None or time.monotonic() > give_up:
                    log.seek(0)
                    raise RuntimeError(f"the emulator did not start: {log.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.05)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def client(self, service: str, key: tuple[str, ...] = OPERATOR) -> Any:
        """A client of a service that acts as the owner of a key: id, secret, and a session token where there is one."""
        config = Config(retries={"max_attempts": 0}, max_pool_connections=50)
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        named = dict(zip(names, key, strict=False))
        client = boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config, **named)
        client.meta.events.register("after-call.sqs.ReceiveMessage", self._keep)
        return client

    def _keep(self, parsed: dict[str, Any], **_: object) -> None:
        self.received += [message["Body"] for message in parsed.get("Messages", [])]


class Providers:
    """The simulated providers. Use them in a `with` statement."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __enter__(self) -> "Providers":
        with contextlib.ExitStack() as stack:
            process = start(stack, [str(TARGET / "simulator"), *self._options], stdout=subprocess.PIPE)
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            self.urls, self._control = told["urls"], told["control_url"]
            self.keys: dict[str, Key] = told["credentials"]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def certificates(self, vendor: str, instance: str, limit: int = 1000) -> list[dict[str, Any]]:
        return self._send(f"/certificates?vendor={vendor}&instance_id={instance}&limit={limit}")["certificates"]

    def calls(self, action: str) -> list[dict[str, Any]]:
        """Every call of an action, in the order of arrival."""
        return [call for call in self._send("/calls")["calls"] if call["action"] == action]

    def fail(self, vendor: str, **rule: Any) -> None:
        """Sets a fault from now on: `fault` and, if wanted, `action`, `containing` and `times`."""
        self._send("/faults", "POST", {"vendor": vendor, **rule})

    def heal(self) -> None:
        """Takes back every fault."""
        self._send("/faults", "DELETE")

    def reset(self) -> None:
        """Brings back the certificates of the start, without a fault, and forgets the calls."""
        self._send("/reset", "POST")

    def take_keys(self, vendor: str, *keys: Key) -> None:
        """The keys that a provider takes from now on."""
        self._send("/keys", "POST", {"vendor": vendor, "keys": keys})

    def _send(self, path: str, method: str = "GET", body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        with OPENER.open(urllib.request.Request(self._control + path, data, method=method), timeout=30) as answer:
            return json.load(answer)


def start(stack: contextlib.ExitStack, command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Starts a process that ends with the stack."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    stack.callback(stop, process)
    return process


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def processes(function: str) -> list[int]:
    """The ids of the processes in which a function runs."""
    mark = f"AWS_LAMBDA_FUNCTION_NAME={function}\0".encode()
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and mark in (process / "environ").read_bytes() + b"\0":
                found.append(int(process.name))
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(url: str) -> bool:
    try:
        with OPENER.open(f"{url}/_ministack/ready", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False
