"""Settings for all tests of this folder."""

import pytest
from stack import TEMPLATE, Template, parse


@pytest.fixture
def template() -> Template:
    """The project's template as written."""
    return parse(TEMPLATE.read_text())
