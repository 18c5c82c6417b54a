"""The computed parts of docs/fleet.md and docs/costs.md are those of the template, of the definition and of the counted calls."""

import json
import runpy
import sys
from copy import deepcopy
from itertools import pairwise

import pytest
import test_fleet
import test_rate_limits
from stack import ROOT, Template

FOLDER = ROOT / "scripts/fleet_document"
sys.path.append(str(FOLDER))
import model  # noqa: E402


@pytest.fixture
def for_a_fleet(template: Template) -> Template:
    """The template with the documented parameters of a fleet as its defaults."""
    changed = deepcopy(template)
    for name, value in model.changed_parameters().items():
        changed["Parameters"][name]["Default"] = value
    return changed


def test_the_document_is_what_the_program_writes() -> None:
    text = (ROOT / "docs/fleet.md").read_text()
    assert runpy.run_path(str(FOLDER / "__main__.py"))["written"](text) == text, "run `make fleet-document`"


def test_with_the_parameters_of_a_fleet_the_functions_keep_all_limits(for_a_fleet: Template) -> None:
    test_rate_limits.test_the_functions_together_keep_the_limit_of_each_action(for_a_fleet)
    test_rate_limits.test_webhooks_leave_a_tenth_of_each_limit(for_a_fleet)
    test_rate_limits.test_one_function_keeps_each_limit_in_any_second(for_a_fleet)
    test_fleet.test_a_fleet_leaves_callers_over_http_an_instance(for_a_fleet)


def test_the_counted_ways_lead_through_the_definition() -> None:
    machine = model.definition()
    every = model.states(machine)
    begins = [machine["StartAt"], *(state["ItemProcessor"]["StartAt"] for state in every.values() if "ItemProcessor" in state)]
    assert sorted(way[0] for way in model.WAYS) == sorted(begins)
    for way in model.WAYS:
        for state, following in pairwise(way):
            assert following in model.onward(every[state]), f"{state} does not lead to {following}"
        assert every[way[-1]].get("End") or every[way[-1]]["Type"] == "Succeed", way[-1]


def test_the_costs_of_a_fleet_are_those_of_its_size() -> None:
    told = json.loads((ROOT / "scripts/costs/measured.json").read_text())["fleet"]
    assert told["vendors"].keys() == model.CALLS.keys()
    for vendor, of in told["vendors"].items():
        pace = model.pace(vendor, model.defaults())
        assert (of["page"], of["invocations_of_a_page"]) == (pace.page, pace.parts), vendor
        assert of["seconds_of_a_certificate"] == pytest.approx(float(pace.plan + pace.order), abs=0.001), vendor
        for count in told["certificates"]:
            run = model.run(count, pace)
            numbers = {"run": 1, "hundred_pages": run.parts, "page": run.pages, "invocation": run.pages * run.parts_of_a_page}
            assert sum(told["transitions"][name] * number for name, number in numbers.items()) == run.transitions, vendor
