"""A proxy between the functions and a server, which ends the process of a function at a chosen point of a call."""

import contextlib
import http.client
import http.server
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from emulator import processes

# Headers that concern one connection.
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding")


@dataclass(frozen=True)
class Call:
    """A call of a function: its action, and all else that it says."""

    action: str
    text: str


# Whether the caller is to end now, when this call has come, or has been carried out.
Ends = Callable[[Call, bool], bool]


class Gate:
    """Use it in a `with` statement, and tell it for which function it is before that calls."""

    function: str

    def __init__(self, server: str, ends: Ends) -> None:
        gate = self
        self._server_address, self._ends = urlsplit(server).netloc, ends

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def passed(self) -> None:
                gate.passed(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = passed

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Gate":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def passed(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Passes a request on, and its answer back, unless the caller is to end before or in between."""
        body = request.rfile.read(int(request.headers.get("content-length", "0")))
        names = ("x-tc-action", "x-acs-action", "x-amz-target")
        action = next((request.headers[name] for name in names if name in request.headers), request.command)
        call = Call(action, f"{request.path}\n{body.decode(errors='replace')}")
        if self._ended(call, False, request):
            return
        connection = http.client.HTTPConnection(self._server_address, timeout=30)
        with contextlib.closing(connection):
            # The host is among what is signed.
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
        if self._ended(call, True, request):
            return
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in (*HOP_BY_HOP, "content-length"):
                request.send_header(name, value)
        request.send_header("content-length", str(len(content)))
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(content)

    def _ended(self, call: Call, is_done: bool, request: http.server.BaseHTTPRequestHandler) -> bool:
        """Whether the caller was to end; it has ended then, as a signal does that it cannot see."""
        if not self._ends(call, is_done):
            return False
        os.kill(caller(self.function, request.client_address[1], self.port), signal.SIGKILL)
        request.close_connection = True
        return True


def caller(function: str, port: int, server_port: int) -> int:
    """The id of the function's process that has a connection from this port."""
    ends = f":{port:04X}", f":{server_port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (inode,) = [row[9] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])]
    for process in processes(function):
        for file in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(file) == f"socket:[{inode}]":
                    return process
    raise RuntimeError(f"no process of {function} has the connection from port {port}")
