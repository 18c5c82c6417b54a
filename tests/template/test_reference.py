"""The documents leave out no member, value, route, variable or parameter."""

import json
import re
from collections.abc import Iterator

from stack import ROOT, Template, deploy
from test_http import ROUTES, WEBHOOKS

OPEN_API = json.loads((ROOT / "schemas/openapi.json").read_text())
REFERENCE = (ROOT / "docs/reference.md").read_text()
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()


def test_the_reference_names_every_member_and_value() -> None:
    missing = [name for name in names(OPEN_API["components"]["schemas"]) if not is_named(name, REFERENCE)]
    assert not missing, f"docs/reference.md does not explain {missing}"


def test_the_configuration_names_every_parameter(template: Template) -> None:
    missing = [name for name in template["Parameters"] if not is_named(name, CONFIGURATION)]
    assert not missing, f"docs/configuration.md does not explain the parameters {missing}"


def test_the_configuration_names_every_variable_of_the_functions(template: Template) -> None:
    functions = deploy(template, Webhooks="yes").of_type("AWS::Lambda::Function").values()
    variables = {name for function in functions for name in function["Environment"]["Variables"]}
    missing = [name for name in sorted(variables) if not is_named(name, CONFIGURATION)]
    assert variables and not missing, f"docs/configuration.md does not explain the variables {missing}"


def test_the_reference_has_the_warnings_and_errors_of_the_log_and_no_others() -> None:
    source = "".join(path.read_text() for path in (ROOT / "shared/src").rglob("*.rs") if "tests" not in path.relative_to(ROOT).as_posix())
    calls = re.findall(r"tracing::(?:warn|error)!\((.*?)\);?\n", source, re.DOTALL) + re.findall(r"log_unkept\((.*?)\);", source, re.DOTALL)
    written = {texts[-1] for call in calls if (texts := re.findall(r'"([^"]+)"', call)) and texts[-1] != "{message}"}
    documented = set(re.findall(r"^\| `(?:WARN|ERROR)` \| `([^`]+)` \|", REFERENCE, re.MULTILINE))
    assert written and written == documented


def test_the_open_api_document_has_every_route() -> None:
    routes = {f"{method.upper()} {path}" for path, methods in OPEN_API["paths"].items() for method in methods}
    assert routes == ROUTES.keys() | WEBHOOKS.keys()


def names(schemas: dict) -> Iterator[str]:
    """The members of all types, and the values of those that have a few only."""
    for schema in schemas.values():
        yield from schema.get("properties", {})
        yield from (choice["const"] for choice in schema.get("oneOf", []) if "const" in choice)
        yield from (value for value in schema.get("enum", []) if isinstance(value, str))


def is_named(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
