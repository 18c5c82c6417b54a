"""`make fleet-demo`, with few certificates and without a person."""

import re
import subprocess
import sys
from pathlib import Path

from emulator import ROOT

CERTIFICATES = 250


def test_the_demonstration_switches_a_ca_off() -> None:
    program = Path(__file__).with_name("fleet_demo.py")
    command = [sys.executable, str(program), "--yes", "--certificates", str(CERTIFICATES)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = [
        f"trusts {CERTIFICATES} ACTIVE of its",
        "Certificates to change: 250, in 3 pages",
        "aws stepfunctions send-task-success --task-token",
        r"Orders: \d+ of 3 pages",
        f'"inactivated": {CERTIFICATES}, .* not carried out: 0, as planned: True',
        f"The broker: {CERTIFICATES} INACTIVE",
    ]
    for text in shown:
        assert re.search(text, ran.stdout), f"{text} is not in\n{ran.stdout}"
    assert (ROOT / "target/fleet-demo.svg").read_text().startswith("<svg")
