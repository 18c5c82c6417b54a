"""Settings for all tests of this folder."""

import os

import pytest
from stack import TEMPLATE, Template, parse

# The SAM transform asks for a region and does nothing with it.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def template() -> Template:
    """The project's template as written."""
    return parse(TEMPLATE.read_text())
