"""`make local`: the three functions on this machine, with your own keys, at the real clouds."""

import json
import os
import secrets
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "demo"))

import credentials
from bundle import FUNCTIONS, Emulated, Failure, needs_python, prepare, say

# Variables that are passed to the functions unchanged.
PASSED = (
    "TENCENT_MQTT_ENDPOINT",
    "ALIBABA_MQTT_ENDPOINT",
    "ALIBABA_CAS_ENDPOINT",
    "AWS_ENDPOINT_URL_IOT",
    "AWS_ENDPOINT_URL_IOT_DATA_PLANE",
    "SOURCES",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "NO_PROXY",
)
# Variables that are passed only if writes are allowed.
PASSED_TO_WRITE = (
    "INACTIVATE_ALLOWED_INSTANCES",
    "REACTIVATE_ALLOWED_INSTANCES",
    "INACTIVATE_PROTECTED",
    "INACTIVATE_MAX_UNPLANNED",
    "END_SESSIONS",
)
NO_KEY_FOUND = """\
No key was found. Set one of these, and start again; docs/local.md tells more:

  Tencent Cloud   TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY, or TCCLI_PROFILE
  Alibaba Cloud   ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_PROFILE
  AWS IoT         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"""


@dataclass(frozen=True)
class Provider:
    """A provider whose key was found, and the variables that it also needs: its region, and the instance if it has instances."""

    name: str
    key: credentials.Key
    region_variable: str
    instance_variable: str | None
    example: str

    def missing(self) -> str | None:
        """An instruction for the person if a variable is missing, and else None."""
        if self.region_variable not in self.key.variables:
            return f"set {self.region_variable} to the region"
        if self.instance_variable and not os.environ.get(self.instance_variable):
            return f"set {self.instance_variable} to the id of an instance, such as {self.example}"
        return None

    def place(self) -> dict[str, str]:
        """The members of a request that name the provider and the instance."""
        place = {"provider": self.name}
        if self.instance_variable:
            place["instance_id"] = os.environ[self.instance_variable]
        return place

    def reference(self, certificate: dict) -> dict[str, str]:
        """The names by which a request finds the certificate, in the provider's own spelling."""
        members = {
            "aws-iot": {"fingerprint_sha256": "fingerprint_sha256"},
            "alibaba-pca": {"serial_number": "provider_serial_number"},
        }.get(self.name, {"serial_number": "provider_serial_number", "ca_serial_number": "provider_ca_serial_number"})
        return {name: certificate[member] for name, member in members.items() if certificate[member]}


class Local(Emulated):
    """The functions with the keys that were found."""

    def __init__(self, keys: list[credentials.Key], writes: bool) -> None:
        self._common = {name: os.environ[name] for name in PASSED if name in os.environ}
        for key in keys:
            self._common |= key.variables
        if writes:
            self._orders = {name: os.environ[name] for name in PASSED_TO_WRITE if name in os.environ}
            self._orders["RECEIPT_SECRETS"] = secrets.token_hex(32)
        else:
            self._orders = {"INACTIVATE_ALLOWED_INSTANCES": "*", "DRY_RUNS_ONLY": "yes"}

    def variables(self, function: str) -> dict[str, str]:
        return self._common | (self._orders if function == "inactivate" else {})


def main() -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        needs_python()
        writes = may_write()
        keys = {"tencent": credentials.tencent(), "alibaba": credentials.alibaba(), "aws": credentials.aws()}
        found = [key for key in keys.values() if key]
        if not found:
            raise Failure(NO_KEY_FOUND)
        prepare("the functions", *FUNCTIONS)
        with Local(found, writes) as local:
            introduce(local, writes)
            for provider in providers(**keys):
                present(local, provider)
            say("\nCtrl-C stops everything.")
            signal.pause()
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
    return 0


def may_write() -> bool:
    """Whether orders may change anything."""
    match os.environ.get("LOCAL_WRITES", "no"):
        case "no" | "":
            return False
        case "yes" if os.environ.get("INACTIVATE_ALLOWED_INSTANCES"):
            return True
        case "yes":
            raise Failure("LOCAL_WRITES=yes needs INACTIVATE_ALLOWED_INSTANCES, which names the instances that may be changed.")
        case other:
            raise Failure(f"LOCAL_WRITES must be yes or no, and is {other!r}.")


def providers(tencent: credentials.Key | None, alibaba: credentials.Key | None, aws: credentials.Key | None) -> list[Provider]:
    """The providers whose keys were found."""
    rows = (
        ("tencent-mqtt", tencent, "TENCENTCLOUD_REGION", "TENCENT_MQTT_INSTANCE", "mqtt-qgzaawn9"),
        ("alibaba-mqtt", alibaba, "ALIBABA_CLOUD_REGION_ID", "ALIBABA_MQTT_INSTANCE", "post-cn-7mz2d0000"),
        ("alibaba-pca", alibaba, "ALIBABA_CLOUD_REGION_ID", None, ""),
        ("aws-iot", aws, "AWS_REGION", None, ""),
    )
    return [Provider(*row) for row in rows if row[1]]


def introduce(local: Local, writes: bool) -> None:
    say("\nThe functions run on this machine and call the real clouds.")
    if writes:
        say(f"Orders are carried out at these instances: {os.environ['INACTIVATE_ALLOWED_INSTANCES']}")
    else:
        say("Nothing can be changed: inactivate takes dry runs only. LOCAL_WRITES=yes allows more (docs/local.md).")
    say(f"Their logs: {local.folder}/describe.log, inactivate.log and status.log")


def present(local: Local, provider: Provider) -> None:
    """Lists one certificate of the provider, and prints commands about it to paste."""
    say(f"\n{provider.name}, with {provider.key.origin}")
    missing = provider.missing()
    if missing:
        say(f"  To ask it, {missing}, and start again.")
        return
    place = provider.place()
    query = "&".join(f"{name}={value}" for name, value in place.items())
    status, answer = local.get("describe", f"{query}&limit=1")
    if status != 200:
        theirs = answer["provider_error"]
        say(f"  {answer['code']}: {answer['detail']}" + (f" ({theirs['code']})" if theirs else ""))
        say("  docs/local.md has more about such errors.")
        return
    line(f"curl -s '{local.url('describe')}?{query}&limit=5'")
    line(f"curl -s '{local.url('describe')}?{query}&summary=true&limit=0'")
    if not answer["certificates"]:
        say("  There are no certificates, and so no lines for status and inactivate.")
        return
    question = {**place, "certificates": [provider.reference(answer["certificates"][0])]}
    line(f"curl -s {local.url('status')} -d {shlex.quote(json.dumps(question))}")
    if provider.name != "alibaba-pca":  # it inactivates nothing
        line(f"curl -s {local.url('inactivate')} -d {shlex.quote(json.dumps({**question, 'dry_run': True}))}")


def line(text: str) -> None:
    say(f"\n{text}")


if __name__ == "__main__":
    sys.exit(main())
