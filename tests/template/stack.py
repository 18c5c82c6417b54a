"""The template as CloudFormation deploys it: transformed by SAM, its conditions decided for given parameters."""

import os
import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
# The definition of the fleet's state machine.
DEFINITION = ROOT / "fleet.asl.yaml"

Template = dict[str, Any]
Properties = dict[str, Any]

# The SAM transform asks for a region and does nothing with it.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

_ABSENT = object()


@dataclass(frozen=True)
class Stack:
    """The resources of one deployment by logical id, and its outputs. References between resources are left as they are written."""

    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]

    def of_type(self, resource_type: str) -> dict[str, Properties]:
        """The properties of each resource of a type, such as AWS::SQS::Queue, by logical id."""
        return {
            name: resource.get("Properties", {}) for name, resource in self.resources.items() if resource["Type"] == resource_type
        }


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


def parse(text: str) -> Template:
    """The template as written, with the short forms such as !Ref spelled out."""
    return yaml_parse(text)


def cloudformation(template: Template) -> Template:
    """The template that SAM makes of this one, its parameters and conditions still open."""
    template = deepcopy(template)
    for resource in template["Resources"].values():
        # The transform runs after the upload, and takes nothing but the address of what was uploaded.
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = "s3://bucket/definition.yaml"
    return transform(template, {}, _NoManagedPolicies())


def deploy(template: Template, **parameters: str | int) -> Stack:
    """The resources that a deployment with these parameters makes; parameters that are not given have their defaults."""
    unknown = parameters.keys() - template["Parameters"].keys()
    if unknown:
        raise ValueError(f"the template has no parameter {', '.join(sorted(unknown))}")
    values = {name: declared.get("Default", "") for name, declared in template["Parameters"].items()} | parameters
    transformed = cloudformation(template)
    decide = _Decider(values, transformed.get("Conditions", {}))
    resources, outputs = (
        {
            name: decide.value(declared)
            for name, declared in transformed[section].items()
            if "Condition" not in declared or decide.condition(declared["Condition"])
        }
        for section in ("Resources", "Outputs")
    )
    return Stack(resources, {name: output["Value"] for name, output in outputs.items()})


def code_folders(template: Template) -> dict[str, str]:
    """The folder of each function's code, without the common `functions/`, by the function's logical id."""
    return {
        logical_id: resource["Properties"]["CodeUri"].removeprefix("functions/")
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def names(stack: Stack) -> dict[str, str]:
    """The name of each deployed function, such as describe or describe-webhook, by its logical id."""
    return {logical_id: name_of(logical_id) for logical_id in stack.of_type("AWS::Lambda::Function")}


def name_of(logical_id: str) -> str:
    """The name of the function with this logical id."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", logical_id.removesuffix("Function")).lower()


def is_webhook(name: str) -> bool:
    """Whether a function of this name answers webhooks alone."""
    return name.endswith("-webhook")


def referred(value: Any) -> str:
    """The logical id in a Ref or in a GetAtt of the ARN; the empty text for anything else."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
    return ""


class _Decider:
    """Puts parameters in and decides conditions, as far as that is possible before a deployment."""

    def __init__(self, parameters: dict[str, str | int], conditions: dict[str, Any]) -> None:
        self._parameters = parameters
        self._conditions = conditions

    def condition(self, name: str) -> bool:
        return self._holds(self._conditions[name])

    def _holds(self, expression: dict[str, Any]) -> bool:
        ((function, argument),) = expression.items()
        match function:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                left, right = (str(self.value(side)) for side in argument)
                return left == right
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(self._holds(part) for part in argument)
            case "Fn::Or":
                return any(self._holds(part) for part in argument)
        raise ValueError(f"{function} is not a function of conditions")

    def value(self, node: Any) -> Any:
        match node:
            case {"Ref": "AWS::NoValue"}:
                return _ABSENT
            case {"Ref": str(name)} if name in self._parameters:
                return self._parameters[name]
            case {"Fn::If": [name, then, otherwise]}:
                return self.value(then if self.condition(name) else otherwise)
            case {"Fn::Sub": str(text)}:
                return self._substituted(text)
            case dict():
                values = {key: self.value(child) for key, child in node.items()}
                return {key: child for key, child in values.items() if child is not _ABSENT}
            case list():
                return [child for child in map(self.value, node) if child is not _ABSENT]
        return node

    def _substituted(self, text: str) -> Any:
        text = re.sub(r"\$\{(\w+)\}", lambda match: str(self._parameters.get(match[1], match[0])), text)
        return {"Fn::Sub": text} if "${" in text else text
