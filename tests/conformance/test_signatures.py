"""Our signer makes of each random request exactly what the vendor's official SDK made of it.

The inputs are read off the wire, after the SDK has signed and sent them, so the SDK's transport takes part, too. All
keys are made up by the generator.
"""

import json
import os
import random
from collections.abc import Iterator
from urllib.parse import parse_qsl

import alibaba_oracle
import awkward
import aws_oracle
import pytest
import tencent_oracle
from recorder import Recorder
from signer import Case, first_difference, sign

SEED = int(os.environ.get("SEED", "20240516"))
REQUESTS = 1_200
SHOWN_DIFFERENCES = 3


ORACLES = [tencent_oracle, alibaba_oracle, aws_oracle.Oracle("iot"), aws_oracle.Oracle("iot-data")]


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: oracle.ALGORITHM)
def test_signatures_equal_the_official_sdk(oracle, capsys: pytest.CaptureFixture[str]) -> None:
    generator = random.Random(SEED)
    with Recorder() as recorder:
        cases = [oracle.random_case(generator, recorder) for _ in range(REQUESTS)]
    assert_awkward_enough(cases)

    differences = [
        f"request {index}: {difference}"
        for index, (case, answer) in enumerate(zip(cases, sign(cases), strict=True))
        if (difference := first_difference(case, answer)) is not None
    ]

    with capsys.disabled():
        print(f"\n{oracle.ALGORITHM}: {len(cases)} requests compared, {len(differences)} differences, seed {SEED}")
    assert len(cases) >= 1_000
    assert not differences, f"seed {SEED}, {len(differences)} differences\n" + "\n".join(
        differences[:SHOWN_DIFFERENCES]
    )


def assert_awkward_enough(cases: list[Case]) -> None:
    """The comparison means little if the generator has lost its teeth."""
    assert len({signed_content(case) for case in cases}) >= 1_000
    names = ("token", "security_token", "session_token")
    tokens = sum(any(case.input.get(name) for name in names) for case in cases)
    assert len(cases) / 5 < tokens < len(cases) / 2
    signed = [text for case in cases for text in signed_texts(case)]
    # The data plane of AWS has names in paths alone, and no path holds an empty one.
    assert "" in signed or all(case.input.get("service") == "iotdata" for case in cases)
    assert max(len(text.encode()) for text in signed) > awkward.LONGEST_BYTES - 4
    missing = set("\U0010ffff😀设é" + awkward.RESERVED + awkward.QUOTING).difference(*signed)
    assert not missing, f"no request held {missing}"


def signed_content(case: Case) -> str:
    """The signed text, without the key."""
    return case.expected.get("canonical_request") or json.dumps([case.input["url"], case.input["headers"]])


def signed_texts(case: Case) -> Iterator[str]:
    """The texts in the query, in a JSON body, and in the path and the headers that AWS has them in, decoded."""
    query, body = case.input["query"], case.input["body_utf8"]
    yield from query.values() if isinstance(query, dict) else (value for _, value in parse_qsl(query, True))
    if "url" in case.input:
        yield from aws_oracle.path_texts(case.input)
    if body and body.startswith("{"):
        yield from leaves(json.loads(body))


def leaves(value: object) -> Iterator[str]:
    """All texts in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in leaves(item))
        case dict():
            yield from (text for item in value.values() for text in leaves(item))
