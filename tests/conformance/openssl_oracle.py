"""Facts of certificates as the program `openssl` tells them."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FACTS = ("serial_number", "common_name", "organizational_unit", "not_before", "not_after", "fingerprint_sha256")
UNKNOWN = {"unknown": True}
"""A fact that openssl does not tell, either."""

COMMAND = (
    "openssl x509 -noout -serial -startdate -enddate -dateopt iso_8601 -fingerprint -sha256 -subject"
    " -nameopt utf8,esc_2253,esc_ctrl,esc_msb,dump_nostr,dump_der,sep_multiline,oid -in"
).split()
COMMON_NAME, ORGANIZATIONAL_UNIT = "2.5.4.3", "2.5.4.11"


def read_all(paths: list[Path]) -> list[dict | None]:
    """The facts of the first certificate of each file; None where openssl reads none."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(read, paths))


def read(path: Path) -> dict | None:
    run = subprocess.run([*COMMAND, path], capture_output=True, timeout=60)
    if run.returncode != 0:
        return None
    # Not splitlines: it would also split at characters inside a name.
    head, _, subject = run.stdout.decode("ascii").partition("subject=")
    # A long number is broken into lines that end in a backslash.
    lines = dict(line.split("=", 1) for line in head.replace("\\\n", "").split("\n") if line)
    names = first_names(subject.rstrip("\n"))
    return {
        "serial_number": lines["serial"].lower(),
        "common_name": names.get(COMMON_NAME),
        "organizational_unit": names.get(ORGANIZATIONAL_UNIT),
        "not_before": moment(lines["notBefore"]),
        "not_after": moment(lines["notAfter"]),
        "fingerprint_sha256": lines["sha256 Fingerprint"].replace(":", "").lower(),
    }


def moment(text: str) -> str | dict:
    """RFC 3339 with three digits of a fraction, or none."""
    found = re.fullmatch(r" *(\d+)(-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?Z?", text)
    if not found:
        assert text == "Bad time value", text
        return UNKNOWN
    fraction = ((found[4] or ".") + "000")[:4]
    return f"{found[1]:0>4}{found[2]}T{found[3]}{fraction if fraction != '.000' else ''}Z"


def first_names(subject: str) -> dict[str, str | dict | None]:
    """The first value of each type. None for an empty one, which is as good as none."""
    names: dict[str, str | dict | None] = {}
    for line in subject.split("\n"):
        # Between two attributes is a plus sign, and none inside them that is not escaped.
        for found in re.finditer(r" *([0-9.]+)=((?:\\.|[^\\+])*?)(?: \+|$)", line):
            names.setdefault(found[1], text(found[2]))
    return names


def text(written: str) -> str | dict | None:
    if written.startswith("#"):  # The content of no string, in hex.
        return UNKNOWN
    octets = re.sub(
        rb"\\([0-9A-F]{2}|.)",
        lambda found: bytes.fromhex(found[1].decode()) if len(found[1]) == 2 else found[1],
        written.encode(),
    )
    try:
        return octets.decode() or None
    except UnicodeDecodeError:
        return UNKNOWN
