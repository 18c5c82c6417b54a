"""Every check of the template fails when the rule that it stands for is broken, by the changes in mutations.yaml."""

from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml
from stack import DEFINITION, Template

MUTATIONS = yaml.safe_load(Path(__file__).with_name("mutations.yaml").read_text())


def change(template: Template, place: str, value: Any) -> None:
    """Sets the value at a place such as Resources/StatusQueue/Properties/DelaySeconds, or takes it out."""
    *above, last = (int(step) if step.isdigit() else step for step in place.split("/"))
    parent = template
    for step in above:
        parent = parent[step]
    if value is None:
        del parent[last]
    elif isinstance(value, dict) and value.keys() == {"from", "to"}:
        assert value["from"] in parent[last], "the template no longer holds the text to change"
        parent[last] = parent[last].replace(value["from"], value["to"], 1)
    else:
        parent[last] = value


@pytest.mark.parametrize(
    ("module", "check", "place", "value"),
    [
        pytest.param(module, check, place, value, id=f"{check.removeprefix('test_')}-{number}")
        for module, checks in MUTATIONS.items()
        for check, changes in checks.items()
        for number, one in enumerate(changes, start=1)
        for place, value in one.items()
    ],
)
def test_a_check_fails_when_its_rule_is_broken(template: Template, module: str, check: str, place: str, value: Any) -> None:
    checked = getattr(import_module(module), check)
    broken = yaml.safe_load(DEFINITION.read_text()) if "definition" in signature(checked).parameters else template
    change(broken, place, value)
    with pytest.raises(AssertionError):
        checked(broken)
