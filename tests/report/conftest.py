"""What the tests share: the report's own modules, and a browser to look at the page with."""

import sys
from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest
from browser import Browser

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts/report"), str(ROOT / "scripts/fleet")]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not chromium.runs_here():
        pytest.skip("npm's Chromium needs Linux on x86_64")
    if not chromium.is_installed():
        pytest.fail(f"the browser is missing; run: {sys.executable} {chromium.__file__}")
    with Browser(chromium.FOLDER) as browser:
        yield browser
