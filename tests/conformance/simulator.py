"""The simulator as a running program, with its control listener."""

import json
import os
import select
import subprocess
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
START_SECONDS = 30
STOP_SECONDS = 10


@dataclass(frozen=True)
class Credentials:
    """A key of one vendor; temporary when it has a token."""

    id: str
    secret: str
    token: str | None = None


class Program:
    """A program that prints one line of JSON when it is ready, and runs while used as a context manager."""

    def __init__(self, path: Path, environment: dict[str, str] | None = None) -> None:
        self._path, self._environment = path, environment

    def __enter__(self):
        if not self._path.is_file():
            raise FileNotFoundError(f"{self._path} is not there; tests/conformance/README.md says how to build it, or how to name another")
        self._process = subprocess.Popen([self._path], env=self._environment, stdout=subprocess.PIPE)
        ready, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self._process.kill()
            raise RuntimeError(f"{self._path} printed nothing within {START_SECONDS} s")
        self.description = json.loads(line)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._process.stdout.close()
        assert status == 0, f"{self._path} ended with {status}"


class Simulator(Program):
    """The simulator with the fleet that it starts with."""

    def __init__(self) -> None:
        super().__init__(Path(os.environ.get("SIMULATOR", TARGET / "debug/simulator")))

    def host(self, vendor: str) -> str:
        """Host and port of a vendor's listener."""
        return self.description["urls"][vendor].removeprefix("http://")

    def credentials(self, vendor: str) -> Credentials:
        """The vendor's long-lived key."""
        return Credentials(**self.description["credentials"][vendor])

    def temporary_credentials(self, vendor: str) -> Credentials:
        """The vendor's temporary key."""
        return Credentials(**self.description["temporary_credentials"][vendor])

    def certificates(self, vendor: str, instance_id: str | None = None) -> list[dict]:
        """All that the vendor holds, in the vendor's own member names."""
        instance = f"&instance_id={instance_id}" if instance_id else ""
        return self._control(f"/certificates?vendor={vendor}&limit=1000000{instance}")["certificates"]

    def client(self, vendor: str, place: str, client_id: str) -> dict:
        """A client as it truly is; `place` is the instance's id, or at AWS the region."""
        query = urllib.parse.urlencode({"vendor": vendor, "place": place, "client_id": client_id})
        [client] = self._control(f"/clients?{query}")["clients"]
        return client

    def add_client(self, vendor: str, place: str, client_id: str, **members: object) -> None:
        """Adds a connected client, which has no certificate unless one is given."""
        self._control("/clients", {"vendor": vendor, "place": place, "client": {"client_id": client_id, **members}})

    def connect(self, vendor: str, place: str, client_id: str) -> bool:
        """Lets a client try to connect, and tells whether it is connected afterwards."""
        named = {"vendor": vendor, "place": place, "client_id": client_id}
        return self._control("/clients/connect", named)["connected"]

    def add_thing(self, name: str, region: str, principals: list[str]) -> None:
        """Adds a thing of AWS IoT."""
        self._control("/things", {"name": name, "region": region, "principals": principals})

    def things(self) -> list[dict]:
        """Every thing of AWS IoT."""
        return self._control("/things")["things"]

    def outcomes(self, vendor: str) -> list[tuple[str, str]]:
        """Action and outcome of the vendor's calls since the last reset."""
        calls = self._control("/calls")["calls"]
        return [(call["action"], call["outcome"]) for call in calls if call["vendor"] == vendor]

    def fail(self, vendor: str, fault: object) -> None:
        """Lets the vendor's next call fail."""
        self._control("/faults", {"vendor": vendor, "fault": fault})

    def reset(self) -> None:
        """Puts the fleet back as it was at the start, and forgets calls and faults."""
        self._control("/reset", {})

    def _control(self, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.description["control_url"] + path, data, timeout=10) as answer:
            return json.load(answer)
