"""The tests share an emulated AWS with the project's stack on it, and simulated providers behind that."""

import os
import signal
from collections.abc import Iterator

import leaks
import pytest
from bundle import Bundle, Pool


def pytest_configure() -> None:
    """A run that is ended by its parent stops its processes, as one that is ended by the keyboard does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_user() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().endswith("_PROXY") or name.startswith("AWS_"):
                patch.delenv(name)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, os.devnull)
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        yield


@pytest.fixture(scope="session")
def bundle(no_settings_of_the_user: None) -> Iterator[Bundle]:
    with Bundle(schedule="rate(1 minute)") as bundle:
        yield bundle
        found = leaks.found(bundle)
        assert not found, "\n".join(found)


@pytest.fixture(scope="session")
def pool(bundle: Bundle) -> Pool:
    """Active certificates, each handed out once."""
    return Pool(bundle.providers)
