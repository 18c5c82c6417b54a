"""A stand-in for AWS's Parameters and Secrets Lambda Extension, which the emulator does not run.

The extension acts as the function's role, and a function proves to be one by its session token. So the one that asks is found
among the processes on this machine by its token, and its own key asks the emulator, which decides by its role's policies.
"""

import http.server
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError

Key = tuple[str, str, str]
# A client of a service that acts as the owner of a key.
ClientOf = Callable[[str, Key], Any]

# For so long the extension gives out what it has read, unless it is told otherwise.
KEPT_SECONDS = 300


class Extension:
    """Use it in a `with` statement, and tell it whom to ask before anyone asks it."""

    client_of: ClientOf

    def __init__(self) -> None:
        extension = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, answer = extension.answer(self.path, self.headers["X-Aws-Parameters-Secrets-Token"])
                body = json.dumps(answer, default=str).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        # The keys of all functions that ran when one of them asked.
        self.keys: set[Key] = set()
        self._kept: dict[tuple[str, Key], tuple[float, dict[str, Any]]] = {}
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> "Extension":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str, token: str | None) -> tuple[int, dict[str, Any]]:
        known = keys_of_functions()
        self.keys.update(known)
        key = next((key for key in known if key[2] == token), None)
        if key is None:
            return 401, {"message": "the token is no function's"}
        read_at, kept = self._kept.get((target, key), (0.0, {}))
        if kept and time.monotonic() - read_at < KEPT_SECONDS:
            return 200, kept
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            if url.path == "/secretsmanager/get":
                stage = query.get("versionStage", "AWSCURRENT")
                answer = self.client_of("secretsmanager", key).get_secret_value(SecretId=query["secretId"], VersionStage=stage)
            elif url.path == "/systemsmanager/parameters/get":
                decrypt = query.get("withDecryption") == "true"
                answer = self.client_of("ssm", key).get_parameter(Name=query["name"], WithDecryption=decrypt)
            else:
                return 404, {"message": "there is no such path"}
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]
        del answer["ResponseMetadata"]
        self._kept[target, key] = (time.monotonic(), answer)
        return 200, answer


def keys_of_functions() -> list[Key]:
    """The key of each running function's role, from its environment."""
    keys = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            pairs = (pair.partition("=") for pair in path.read_bytes().decode(errors="replace").split("\0"))
        except OSError:
            continue  # it has ended, or is another user's
        variables = {name: value for name, _, value in pairs}
        if variables.get("AWS_LAMBDA_FUNCTION_NAME") and variables.get("AWS_SESSION_TOKEN"):
            names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
            keys.append((variables[names[0]], variables[names[1]], variables[names[2]]))
    return keys
