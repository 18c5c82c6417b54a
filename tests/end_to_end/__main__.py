"""`make deploy-local`: the stack on an emulated AWS, left running for you to try."""

import json
import os
import shlex
import signal
import sys

from bundle import INSTANCE, Bundle, Pool
from emulator import OPERATOR, REGION


def main() -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith("AWS_"):
            del os.environ[name]
    os.environ["AWS_DEFAULT_REGION"] = REGION
    try:
        with Bundle() as bundle:
            print(lines(bundle), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def lines(bundle: Bundle) -> str:
    (order,) = Pool(bundle.providers).orders(1).values()
    outputs, user = bundle.deployment.outputs, ":".join(OPERATOR)

    def signed(service: str) -> str:
        return f"curl -s --aws-sigv4 aws:amz:{REGION}:{service} --user {user}"

    def queue(action: str, **body: str | int) -> str:
        named = f"-H 'x-amz-target: AmazonSQS.{action}' -H 'content-type: application/x-amz-json-1.0'"
        return f"{signed('sqs')} {named} {bundle.emulator.url} -d {shlex.quote(json.dumps(body))}"

    return f"""
The stack is up. Paste these into another terminal; Ctrl-C here stops everything.

The routes, which demand signatures of AWS:

{signed("execute-api")} '{outputs["ApiUrl"]}/describe?instance_id=mqtt-qgzaawn9&expires_within_days=30&limit=2'

{signed("execute-api")} '{outputs["ApiUrl"]}/status?serial_number=00c0ffee'

An order to inactivate a certificate of {INSTANCE}, and what became of it:

{queue("SendMessage", QueueUrl=outputs["InactivateQueueUrl"], MessageBody=order)}

{queue("ReceiveMessage", QueueUrl=outputs["ResultsQueueUrl"], MaxNumberOfMessages=10)}

Any tool of AWS works with this:

export AWS_ENDPOINT_URL={bundle.emulator.url} AWS_DEFAULT_REGION={REGION} AWS_ACCESS_KEY_ID={OPERATOR[0]} AWS_SECRET_ACCESS_KEY={OPERATOR[1]}
"""


if __name__ == "__main__":
    sys.exit(main())
