"""The recipes: templates that cfn-lint accepts, roles that can do no more than they need, and names that fit together."""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from stack import ROOT, TEMPLATE, Template, code_folders, parse
from test_linters import cfn_lint

RECIPES = ROOT / "recipes"
TEMPLATES = sorted(path for path in RECIPES.rglob("*.yaml") if "AWSTemplateFormatVersion" in path.read_text())
# The rights of the roles of each recipe.
ACTIONS = {
    "another-account/role": {"execute-api:Invoke"},
    "describe-only": {"logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"},
    "expiry-report": {
        "events:InvokeApiDestination",
        "events:PutEvents",
        "lambda:InvokeFunction",
        "sns:Publish",
        "states:StartExecution",
    },
    "github-actions/role": {"lambda:InvokeFunction"},
    "orders": set(),
    "orders-from-bucket": {"s3:GetObject", "sqs:SendMessage", "states:StartExecution"},
    "state-machine": {"lambda:InvokeFunction"},
}


def name_of(path: Path) -> str:
    return str(path.relative_to(RECIPES).with_suffix(""))


def of_type(template: Template, resource_type: str) -> dict[str, Any]:
    return {name: resource["Properties"] for name, resource in template["Resources"].items() if resource["Type"] == resource_type}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy, those that a condition of the template decides about among them."""
    return [statement["Fn::If"][1] if "Fn::If" in statement else statement for statement in document["Statement"]]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_cfn_lint_accepts_the_recipe(path: Path, tmp_path: Path) -> None:
    result = cfn_lint(path, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_roles_can_do_what_their_recipe_needs_and_nothing_else() -> None:
    allowed: dict[str, set[str]] = {}
    for path in TEMPLATES:
        allowed[name_of(path)] = set()
        for role in of_type(parse(path.read_text()), "AWS::IAM::Role").values():
            for policy in role["Policies"]:
                for statement in statements(policy["PolicyDocument"]):
                    allowed[name_of(path)] |= set(as_list(statement["Action"]))
                    assert "*" not in as_list(statement["Resource"]), (path, statement)
    assert allowed == ACTIONS


def test_roles_are_for_one_caller() -> None:
    for path in TEMPLATES:
        for role in of_type(parse(path.read_text()), "AWS::IAM::Role").values():
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            ((kind, principal),) = statement["Principal"].items()
            if kind == "Federated":
                assert {key.rpartition(":")[2] for key in statement["Condition"]["StringEquals"]} == {"aud", "sub"}
            else:
                assert principal == {"Ref": "CallerArn"} or principal.endswith(".amazonaws.com"), (path, principal)


def test_queues_admit_the_rule_and_the_topic_alone() -> None:
    policies = of_type(parse((RECIPES / "orders.yaml").read_text()), "AWS::SQS::QueuePolicy")
    assert policies.keys() == {"QueuePolicy", "UndeliveredQueuePolicy"}
    sources = [("events.amazonaws.com", {"Fn::GetAtt": ["Rule", "Arn"]}), ("sns.amazonaws.com", {"Ref": "TopicArn"})]
    for policy in policies.values():
        found = statements(policy["PolicyDocument"])
        assert [(one["Principal"]["Service"], one["Condition"]["ArnEquals"]["aws:SourceArn"]) for one in found] == sources
        assert {one["Action"] for one in found} == {"sqs:SendMessage"}


def test_no_output_has_the_name_of_another_one(template: Template) -> None:
    """The page makes shell variables of them."""
    names = [*template["Outputs"], *(name for path in TEMPLATES for name in parse(path.read_text())["Outputs"])]
    assert len(set(names)) == len(names)


def test_the_workflow_has_no_secret_and_no_action_of_others() -> None:
    text = (RECIPES / "github-actions/certificates.yaml").read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {} and "secrets." not in text
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"id-token": "write"} and job["timeout-minutes"] <= 10
        for step in job["steps"]:
            # A text of others in a shell command could be one.
            assert "uses" not in step and "${{" not in step["run"], step


def test_terraform_deploys_the_template_with_the_files_of_a_release() -> None:
    text = (RECIPES / "terraform/main.tf").read_text()
    files = {path.name: hcl2.loads(path.read_text()) for path in (RECIPES / "terraform").glob("*.tf")}
    assert files.keys() == {"main.tf", "outputs.tf", "variables.tf"}
    declared = {name.strip('"') for variable in files["variables.tf"]["variable"] for name in variable}
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared

    template = TEMPLATE.read_text()
    pairs = re.findall(r'^ *"([^"]+)", "((?:[^"$]|\$\{[^}]*\})*)"\)', text, re.MULTILINE)
    assert len(pairs) == 3, pairs
    for old, new in pairs:
        assert old in template, old
        template = template.replace(old, new.replace('${local.keys["', "").replace('"]}', ".zip"))
    parsed = parse(template.replace("${var.bucket}", "bucket"))
    folders = code_folders(parse(TEMPLATE.read_text()))
    assert code_folders(parsed) == {name: f"s3://bucket/{folder}.zip" for name, folder in folders.items()}
    assert "merge(var.parameters, { Architecture = var.architecture })" in text and "Architecture" in parsed["Parameters"]
    # As scripts/release.sh names them.
    assert '"${var.release}/${name}-${var.architecture}.zip"' in text
    assert '"$output/$function-$processor.zip"' in (ROOT / "scripts/release.sh").read_text()
