"""A loopback HTTP/1.1 server that keeps each request as it arrived and answers success to all."""

import queue
import socketserver
import threading
from dataclasses import dataclass
from typing import BinaryIO

# Both vendors' SDKs take this for a success.
ANSWER = b'{"RequestId":"recorded","Response":{"RequestId":"recorded"}}'


@dataclass(frozen=True)
class RecordedRequest:
    """One request off the wire, nothing decoded but the head's ASCII."""

    method: str
    target: str
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        """The path, also when the target is a whole URL, as a client sends it to a proxy."""
        return self._path_and_query[0]

    @property
    def query(self) -> str:
        """The query, still encoded."""
        return self._path_and_query[1]

    @property
    def _path_and_query(self) -> tuple[str, str]:
        target = self.target
        if target.startswith("http://"):
            target = "/" + target.removeprefix("http://").partition("/")[2]
        path, _, query = target.partition("?")
        return path, query


class Recorder:
    """Records on 127.0.0.1 while used as a context manager."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[RecordedRequest] = queue.SimpleQueue()
        requests = self._requests

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while (request := read_request(self.rfile)) is not None:
                    requests.put(request)
                    self.wfile.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)
                    )

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = "127.0.0.1:%d" % self._server.server_address[1]

    def __enter__(self) -> "Recorder":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> RecordedRequest:
        """The one request that arrived since the last call; anything else is an error."""
        request = self._requests.get(timeout=10)
        assert self._requests.empty(), "the SDK sent more than one request"
        return request


def read_request(stream: BinaryIO) -> RecordedRequest | None:
    """Reads one request with a content length, or nothing at the end of the connection."""
    start = stream.readline()
    if not start:
        return None
    method, target, _ = start.decode("ascii").split(" ")
    headers: dict[str, str] = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("ascii").partition(":")
        assert name.lower() not in headers, f"header {name} was sent twice"
        headers[name.lower()] = value.strip(" \t\r\n")
    assert "transfer-encoding" not in headers, "only bodies with a content length are read"
    return RecordedRequest(method, target, headers, stream.read(int(headers.get("content-length", 0))))
