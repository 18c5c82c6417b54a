"""Requests generated from schemas/openapi.json, right ones and wrong ones, against the running functions.

No answer may be a server's failure or off the document, and nothing that the document forbids may be accepted. The routes for webhooks are
left out: a generated request has no signature, and would be refused unread.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway import Gateway, variables
from simulator import ROOT, Simulator

CONFIGURATION = ROOT / "tests/open_api/schemathesis.toml"
DOCUMENT = ROOT / "schemas/openapi.json"
REQUESTS = int(os.environ.get("REQUESTS", "1000"))
SEED = os.environ.get("SEED", "1")

VENDORS = ["tencent-mqtt", "alibaba-mqtt", "alibaba-cas", "aws-iot"]

# Methods that a route does not have are answered by the HTTP API, before the functions. What the providers or a function's
# configuration decide (which regions and instances there are) no schema can say, so that a right request may be refused.
LEFT_OUT = "unsupported_method,positive_data_acceptance"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Simulator, Gateway]]:
    with Simulator() as simulator, Gateway(variables(simulator)) as gateway:
        yield simulator, gateway


@pytest.fixture(scope="module")
def document(running: tuple[Simulator, Gateway], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document, in which names are those that there are, so that right requests get through to certificates."""
    simulator, _ = running
    document = json.loads(DOCUMENT.read_text())
    for name, known in {
        "RegionInput": ["ap-guangzhou", "cn-hangzhou", "eu-west-1"],
        "InstanceIdInput": ["mqtt-qgzaawn9", "post-cn-7mz2d0000"],
        "SerialNumberInput": ["356217374433", "00:72:69:00:48:87", "0EEF68A582B94254296E54CE754F94D707A59913", "0xc0ffee"],
        "FingerprintInput": ["ab" * 32, *(one["certificateId"] for one in simulator.certificates("aws-iot")[:3])],
    }.items():
        document["components"]["schemas"][name] = {"type": "string", "enum": known}
    path = tmp_path_factory.mktemp("open_api") / "openapi.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def document_of_names(document: Path) -> Path:
    """The same, with orders that name certificates of one place. Few selections, and no receipts, can be made up that reach a provider."""
    narrowed = json.loads(document.read_text())
    order = narrowed["components"]["schemas"]["InactivateRequest"]
    for member in ("allow_shared", "force", "max_certificates", "page", "plan_id", "select", "sources", "undo"):
        del order["properties"][member]
    del order["oneOf"], order["allOf"]
    place = {"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9"}
    order["properties"] |= {member: {"const": value} for member, value in place.items()}
    order["required"] = ["certificates", *place]
    path = document.with_name("openapi-of-names.json")
    path.write_text(json.dumps(narrowed))
    return path


@pytest.mark.parametrize("operation", ["describe_get", "describe_post", "inactivate_post", "status_get", "status_post"])
def test_generated_requests_meet_no_failure(
    operation: str, running: tuple[Simulator, Gateway], document: Path, tmp_path: Path
) -> None:
    reached = outcomes_of_generated(operation, running, document, tmp_path)
    # Were all refused before a provider was asked, this would say nothing about the answers.
    assert operation == "inactivate_post" or reached > REQUESTS / 100


def test_generated_orders_that_name_certificates_meet_no_failure(
    running: tuple[Simulator, Gateway], document_of_names: Path, tmp_path: Path
) -> None:
    assert outcomes_of_generated("inactivate_post", running, document_of_names, tmp_path) > REQUESTS / 100


def outcomes_of_generated(operation: str, running: tuple[Simulator, Gateway], document: Path, tmp_path: Path) -> int:
    """Sends generated requests, none of which may meet a failure. Returns how many calls of providers succeeded."""
    simulator, gateway = running
    simulator.reset()
    report = tmp_path / "report.json"
    command = [
        *(Path(sys.executable).parent / "schemathesis", "--config-file", CONFIGURATION, "run", document, "--url", gateway.url),
        *("--include-operation-id", operation, "--phases", "fuzzing", "--max-examples", str(REQUESTS), "--seed", SEED),
        *("--exclude-checks", LEFT_OUT, "--continue-on-failure", "--no-color", "--report-json-path", report),
        *("--generation-database", "none", "--request-timeout", "60"),
    ]
    ended = subprocess.run([str(part) for part in command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr
    told = json.loads(report.read_text())
    assert told["complete"] and told["operations"]["tested"] == 1
    assert told["test_cases"]["generated"] >= REQUESTS
    assert told["test_cases"]["with_failures"] == told["test_cases"]["errored"] == 0
    return sum(outcome == "ok" for vendor in VENDORS for _, outcome in simulator.outcomes(vendor))
