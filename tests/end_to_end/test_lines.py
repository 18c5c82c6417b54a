"""The lines that `make deploy-local` prints can be pasted, and AWS would take their signatures."""

import json
import re
import shlex
import subprocess
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from bundle import Bundle, Pool, until
from emulator import OPERATOR, REGION
from lines import lines


def test_each_query_is_written_as_it_is_signed(bundle: Bundle) -> None:
    urls = [word for line in commands(bundle) for word in shlex.split(line) if "?" in word]
    assert len(urls) == 2
    for url in urls:
        signer = SigV4Auth(Credentials(*OPERATOR), "execute-api", REGION)
        # From parameters that are given one by one, botocore makes the canonical form itself.
        address, _, query = url.partition("?")
        parameters = dict(pair.split("=", 1) for pair in query.replace("%2C", ",").split("&"))
        assert query == signer.canonical_query_string(AWSRequest("GET", address, params=parameters)), url
    assert any("%2C" in url for url in urls)


def test_the_lines_can_be_pasted(bundle: Bundle, pool: Pool) -> None:
    describe, status, send, receive = commands(bundle, *pool.orders(1).values())
    assert len(pasted(describe)["certificates"]) == 2
    assert [result["usable"] for result in pasted(status)["results"]] == [None, None]
    sent = pasted(send)["MessageId"]

    def answers() -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in pasted(receive).get("Messages", [])]

    (answer,) = until(lambda: [answer for answer in answers() if answer["id"] == sent], 30)
    assert [result["outcome"] for result in answer["data"]["results"]] == ["inactivated"]


def commands(bundle: Bundle, order: str = "{}") -> list[str]:
    return re.findall("^curl .*$", lines(bundle, order), re.MULTILINE)


def test_the_emulator_takes_any_secret_and_no_unknown_key(bundle: Bundle) -> None:
    line = commands(bundle)[1]
    user = "--user " + ":".join(OPERATOR)
    assert user in line
    assert "results" in pasted(line.replace(user, f"--user {OPERATOR[0]}:wrong"))
    assert "results" not in pasted(line.replace(user, "--user nobody:wrong"))


def pasted(line: str) -> Any:
    run = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=40, check=True)
    return json.loads(run.stdout)
