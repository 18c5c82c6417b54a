"""The project's template, deployed: for this machine's processor, with the functions as cargo has just built them."""

import io
import json
import platform
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from typing import Any

import yaml
from emulator import REGION, ROOT, TARGET, Emulator

sys.path.insert(0, str(ROOT / "tests/template"))
from stack import DEFINITION, TEMPLATE, Template, cloudformation, code_folders, is_webhook, name_of, parse  # noqa: E402

NAME = "device-certificate-functions"
BUCKET = "artifacts"
# Of this machine, by Lambda's name.
PROCESSOR = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


@dataclass(frozen=True)
class Deployment:
    """A stack that stands: what it put out, and its functions and their roles by names such as describe and describe-webhook."""

    outputs: dict[str, str]
    functions: dict[str, str]
    roles: dict[str, str]


def deploy(emulator: Emulator, name: str, parameters: dict[str, str]) -> Deployment:
    template = parse(TEMPLATE.read_text())
    files = emulator.client("s3")
    if BUCKET not in (bucket["Name"] for bucket in files.list_buckets()["Buckets"]):
        files.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        upload(emulator, template)
    stacks = emulator.client("cloudformation")
    stacks.create_stack(
        StackName=name,
        TemplateURL=f"{emulator.url}/{BUCKET}/template.json",
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    stack = settled(stacks, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = stacks.describe_stack_events(StackName=name)["StackEvents"]
        raise RuntimeError([event.get("ResourceStatusReason") for event in events if "FAILED" in event["ResourceStatus"]])
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    named = {key.removesuffix("Name"): value for key, value in outputs.items() if key.endswith("FunctionName")}
    functions = {name_of(logical_id): function for logical_id, function in named.items()}
    told = emulator.client("lambda").get_function_configuration
    deployment = Deployment(outputs, functions, {name: told(FunctionName=function)["Role"] for name, function in functions.items()})
    limit(emulator, deployment, int(parameters.get("WebhookConcurrency", template["Parameters"]["WebhookConcurrency"]["Default"])))
    return deployment


def upload(emulator: Emulator, template: Template) -> None:
    """Does what `sam package` does."""
    deployed = cloudformation(template)
    for folder in set(code_folders(template).values()):
        emulator.client("s3").put_object(Bucket=BUCKET, Key=f"{folder}.zip", Body=archive(folder))
    for logical_id, folder in code_folders(template).items():
        properties = deployed["Resources"][logical_id]["Properties"]
        properties["Code"] = {"S3Bucket": BUCKET, "S3Key": f"{folder}.zip"}
        properties["Architectures"] = [PROCESSOR]
    for resource in deployed["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            # AWS takes YAML, too.
            definition = json.dumps(yaml.safe_load(DEFINITION.read_text()))
            emulator.client("s3").put_object(Bucket=BUCKET, Key="definition.json", Body=definition)
            resource["Properties"]["DefinitionS3Location"] = {"Bucket": BUCKET, "Key": "definition.json"}
    emulator.client("s3").put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(deployed))


def archive(function: str) -> bytes:
    """The function as Lambda wants it: a program of the name bootstrap, without what only a debugger reads."""
    stripped = TARGET / f"{function}.stripped"
    subprocess.run(["strip", "-o", str(stripped), str(TARGET / function)], check=True)
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o100755 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archived:
        archived.writestr(entry, stripped.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    stripped.unlink()
    return packed.getvalue()


def settled(stacks: Any, name: str) -> dict[str, Any]:
    """The stack, once nothing is in progress."""
    give_up = time.monotonic() + 60
    while (stack := stacks.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"].endswith("IN_PROGRESS"):
        if time.monotonic() > give_up:
            raise RuntimeError(f"the stack is {stack['StackStatus']}")
        time.sleep(0.1)
    return stack


def limit(emulator: Emulator, deployment: Deployment, webhook_concurrency: int) -> None:
    """Sets through the API how many instances may run: from a template the emulator takes no reserved concurrency, and the
    numbers of a queue only where they are written out."""
    functions = emulator.client("lambda")
    for name, function in deployment.functions.items():
        if is_webhook(name):
            functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=webhook_concurrency)
            continue
        variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        reserved, of_queue = int(variables["RESERVED_CONCURRENCY"]), int(variables["QUEUE_CONCURRENCY"])
        functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=reserved)
        for mapping in functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": of_queue})
