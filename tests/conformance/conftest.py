"""In all tests here no connection leaves this machine, and no setting of the user's reaches an SDK."""

import os
import socket
from collections.abc import Iterator

import pytest
from simulator import Simulator


@pytest.fixture(scope="session", autouse=True)
def nothing_from_or_to_the_outside():
    """Takes proxies, credentials and files with them out of the environment, and lets sockets reach 127.0.0.1 only.

    The SDKs know their vendors' real hosts: a test that forgets to name another one must fail, not call them.
    """
    connect = socket.socket.connect

    def connect_on_loopback(self: socket.socket, address) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise PermissionError(f"a test tried to reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_on_loopback)
        for name in list(os.environ):
            if name.upper().endswith("_PROXY") or name.startswith(("TENCENTCLOUD_", "ALIBABA_CLOUD_", "AWS_")):
                patch.delenv(name)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, os.devnull)
        yield


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    """One simulator for all tests."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The simulator with its fleet as at the start."""
    running_simulator.reset()
    return running_simulator
