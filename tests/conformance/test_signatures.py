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
import pytest
import tencent_oracle
from recorder import Recorder
from signer import Case, first_difference, sign

SEED = int(os.environ.get("SEED", "20240516"))
REQUESTS = 1_200
SHOWN_DIFFERENCES = 3


@pytest.mark.parametrize("oracle", [tencent_oracle, alibaba_oracle], ids=lambda oracle: oracle.ALGORITHM)
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
    assert len({case.expected["canonical_request"] for case in cases}) >= 1_000
    tokens = sum(bool(case.input.get("token") or case.input.get("security_token")) for case in cases)
    assert len(cases) / 5 < tokens < len(cases) / 2
    signed = [text for case in cases for text in signed_texts(case)]
    assert "" in signed
    assert max(len(text.encode()) for text in signed) > awkward.LONGEST_BYTES - 4
    missing = set("\U0010ffff😀设é" + awkward.RESERVED + awkward.QUOTING).difference(*signed)
    assert not missing, f"no request held {missing}"


def signed_texts(case: Case) -> Iterator[str]:
    """The texts in the query and in a JSON body, decoded."""
    query, body = case.input["query"], case.input["body_utf8"]
    yield from query.values() if isinstance(query, dict) else (value for _, value in parse_qsl(query, True))
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
