"""docs/costs.md is what its program prints, and the program counts what the template makes."""

import json
import runpy
import subprocess
import sys

from stack import ROOT, Template, deploy, names

COSTS = ROOT / "scripts/costs"


def test_the_document_is_what_the_program_prints() -> None:
    printed = subprocess.run([sys.executable, COSTS], capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs/costs.md").read_text() == printed, "run `make costs`"


def test_what_is_counted_is_what_the_template_makes(template: Template) -> None:
    measured = json.loads((COSTS / "measured.json").read_text())
    plain, with_webhooks = deploy(template), deploy(template, Webhooks="yes")
    kinds = {"alarm": "AWS::CloudWatch::Alarm", "dashboard": "AWS::CloudWatch::Dashboard", "secret": "AWS::SecretsManager::Secret"}
    idle: dict[str, float] = {}
    for row in measured["idle"]:
        for unit, amount in row.get("uses", {}).items():
            idle[unit] = idle.get(unit, 0) + amount
    assert idle == {unit: len(plain.of_type(kind)) for unit, kind in kinds.items()}
    (polled,) = (row["polled_queues"] for row in measured["idle"] if "polled_queues" in row)
    assert polled == len(plain.of_type("AWS::Lambda::EventSourceMapping"))
    (webhooks,) = (row["uses"] for row in measured["more"] if "Webhooks=yes" in row["name"])
    assert webhooks["alarm"] == len(with_webhooks.of_type(kinds["alarm"])) - len(plain.of_type(kinds["alarm"]))
    with_fleet = deploy(template, Fleet="yes")
    (fleet,) = (row["uses"] for row in measured["more"] if "Fleet=yes" in row["name"])
    assert fleet == {"alarm": len(with_fleet.of_type(kinds["alarm"])) - len(plain.of_type(kinds["alarm"]))}
    # The secrets of webhooks are made by hand, one for each function.
    assert webhooks["secret"] == len(with_webhooks.of_type("AWS::Lambda::Function")) - len(plain.of_type("AWS::Lambda::Function"))


def test_the_settings_are_those_of_the_template(template: Template) -> None:
    measured = json.loads((COSTS / "measured.json").read_text())
    stack = deploy(template)
    for logical_id, name in names(stack).items():
        function = stack.of_type("AWS::Lambda::Function")[logical_id]
        assert function["MemorySize"] == measured["memory_gb"] * 1024, name
        assert function["Architectures"] == ["arm64"], name
        concurrency = [template["Parameters"][f"{name.capitalize()}{of}Concurrency"]["Default"] for of in ("", "Queue")]
        assert concurrency == list(runpy.run_path(str(COSTS / "__main__.py"))["SANDBOXES"][name]), name
    assert template["Parameters"]["LogRetentionDays"]["Default"] == measured["log_retention_months"] * 30
    for event in measured["events"]:
        assert event["function"] in names(stack).values(), event
