"""The lines that `make deploy-local` prints."""

import json
import shlex
from urllib.parse import quote, urlencode

from bundle import INSTANCE, SOURCE, Bundle
from emulator import OPERATOR, REGION


def lines(bundle: Bundle, order: str) -> str:
    """For a stack that is up, and with this order to inactivate a certificate."""
    outputs, user = bundle.deployment.outputs, ":".join(OPERATOR)

    def signed(service: str) -> str:
        return f"curl -s --aws-sigv4 aws:amz:{REGION}:{service} --user {user}"

    def route(path: str, **parameters: str | int) -> str:
        return f"{signed('execute-api')} '{outputs['ApiUrl']}/{path}?{canonical(parameters)}'"

    def queue(action: str, **body: str | int) -> str:
        named = f"-H 'x-amz-target: AmazonSQS.{action}' -H 'content-type: application/x-amz-json-1.0'"
        return f"{signed('sqs')} {named} {bundle.emulator.url} -d {shlex.quote(json.dumps(body))}"

    return f"""
The stack is up. Paste these into another terminal; Ctrl-C here stops everything.

The routes demand signatures of AWS. The emulator looks at the id of a key alone and takes any secret; AWS checks both. curl
7.88 signs a query as it is written, and AWS refuses one whose parameters are not sorted or whose commas are not written as %2C:

{route("describe", instance_id=SOURCE["instance_id"], statuses="active,inactive", expires_within_days=30, limit=2)}

{route("status", serial_number="00c0ffee,00decade")}

An order to inactivate a certificate of {INSTANCE}, and what became of it:

{queue("SendMessage", QueueUrl=outputs["InactivateQueueUrl"], MessageBody=order)}

{queue("ReceiveMessage", QueueUrl=outputs["ResultsQueueUrl"], MaxNumberOfMessages=10, WaitTimeSeconds=20)}

Any tool of AWS works with these variables, and so do the commands of docs/operations.md. The function is for version 1 of the AWS
CLI, which leaves the first variable aside for queues:

export AWS_ENDPOINT_URL={bundle.emulator.url} AWS_DEFAULT_REGION={REGION} AWS_ACCESS_KEY_ID={OPERATOR[0]} AWS_SECRET_ACCESS_KEY={OPERATOR[1]}
aws() {{ command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }}
"""


def canonical(parameters: dict[str, str | int]) -> str:
    """A query in the form in which AWS signs it."""
    return urlencode(sorted(parameters.items()), quote_via=quote, safe="-_.~")
