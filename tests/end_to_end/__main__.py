"""`make deploy-local`: the stack on an emulated AWS, left running for you to try."""

import os
import signal
import sys

from bundle import Bundle, Pool
from emulator import REGION
from lines import lines


def main() -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith("AWS_"):
            del os.environ[name]
    os.environ["AWS_DEFAULT_REGION"] = REGION
    try:
        # A more frequent one would bury the answers of the results queue.
        with Bundle(schedule="rate(1 day)") as bundle:
            (order,) = Pool(bundle.providers).orders(1).values()
            print(lines(bundle, order), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
