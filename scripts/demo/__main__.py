"""`make demo` tells a story with the three real functions; `make run` keeps them running for you to try.

FULL=1, or --full, shows all of each answer.
"""

import json
import os
import shlex
import signal
import sys

from bundle import INSTANCE, Bundle, Failure, build, needs_python, say
from story import STOLEN, record, tell, usable_though_revoked


def main(arguments: list[str]) -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        needs_python()
        build()
        with Bundle() as bundle:
            if arguments == ["stay"]:
                stay(bundle)
            else:
                tell(bundle, "--full" in arguments or os.environ.get("FULL", "") not in ("", "0"))
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130 if arguments != ["stay"] else 0
    return 0


def stay(bundle: Bundle) -> None:
    good = next(certificate for certificate in bundle.held_by("alibaba-cas") if certificate["Status"] == "good")
    order = json.dumps({"instance_id": INSTANCE, "certificates": [STOLEN], "dry_run": True})
    event = json.dumps({"Records": [record("message-1", order)]})
    say("\nThe functions are up. Paste these into another terminal; Ctrl-C here stops everything.\n")
    say(f"api={bundle.emulator}/lambda-url    # for the requests that `make demo` prints\n")
    question = {"provider": "alibaba-mqtt", "instance_id": INSTANCE, "certificates": [usable_though_revoked(bundle)]}
    question = json.dumps({**question, "cross_check": {"provider": "alibaba-pca"}})
    describe, inactivate, status = (bundle.url(function) for function in ("describe", "inactivate", "status"))
    invocations = f"{bundle.emulator}/2015-03-31/functions/inactivate/invocations"
    lines = {
        "two certificates at Tencent Cloud that expire within 30 days": f"'{describe}?instance_id=mqtt-qgzaawn9&expires_within_days=30&limit=2'",
        "all certificates at all providers, counted": f"'{describe}?sources=all&summary=true&limit=0'",
        "a dry run of inactivating one by its serial number": f"{inactivate} -d {shlex.quote(order)}",
        "the same as a message of a queue": f"{invocations} -d {shlex.quote(event)}",
        "the status of one that the CA knows, and of one that it does not": f"'{status}?serial_number={good['SerialNumber']},00c0ffee'",
        "one that the CA has revoked and a broker still accepts": f"{status} -d {shlex.quote(question)}",
        "five certificates as the simulated provider holds them": f"'{bundle.simulator['control_url']}/certificates?vendor=alibaba-mqtt&limit=5'",
    }
    for title, line in lines.items():
        say(f"# {title}\ncurl -s {line}\n")
    signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
