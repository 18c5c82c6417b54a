"""Sends a request to the functions' API as a role, and prints the answer.

Usage: call_api.py API_URL ROLE_ARN FUNCTION [REQUEST_FILE]

FUNCTION is describe, inactivate or status. The request is read from the file, or from standard input. Needs boto3, and the
credentials and the region of the caller in its environment, as every program that uses boto3. In a Lambda function, call `send`.
"""

import json
import sys
import urllib.error
import urllib.request
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


def session_as(role_arn: str) -> boto3.Session:
    """A session with the role's credentials, which hold for an hour."""
    key = boto3.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="device-certificates")["Credentials"]
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])


def send(session: boto3.Session, api_url: str, function: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status and the body of the answer."""
    url, body = f"{api_url}/{function}", json.dumps(request).encode()
    signed = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(signed)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, dict(signed.headers.items())), timeout=40) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    with open(sys.argv[4]) if len(sys.argv) == 5 else sys.stdin as file:
        status, answer = send(session_as(sys.argv[2]), sys.argv[1], sys.argv[3], json.load(file))
    print(json.dumps(answer, indent=2))
    sys.exit(0 if status == 200 else f"the API answered with the status {status}")
