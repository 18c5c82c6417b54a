"""We tell the same facts of real and odd certificates as openssl.

The certificates are those of the package cryptography_vectors, which has NIST's PKITS in it, and those of each folder
that CERTIFICATE_FOLDERS names, with a colon between two; and odd ones that are made here.
"""

import json
import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import cryptography_vectors
import openssl_oracle
import pytest
from odd_certificates import built, changed
from openssl_oracle import FACTS, UNKNOWN
from signer import TARGET

PROGRAM = Path(os.environ.get("CERTIFICATE_FACTS", TARGET / "debug/examples/certificate_facts"))
VECTORS = Path(cryptography_vectors.__file__).parent / "x509"
ENDINGS = {".pem", ".der", ".crt", ".cer"}
SEED = int(os.environ.get("SEED", "1"))
ODD = 600
TIMES = ("not_before", "not_after")
FOLDERS = [VECTORS, *(Path(folder) for folder in os.environ.get("CERTIFICATE_FOLDERS", "").split(":") if folder)]


def read_all(paths: list[Path]) -> list[dict]:
    """Reads all files with one run of the program of ours."""
    lines = "".join(f"{path}\n" for path in paths)
    run = subprocess.run([PROGRAM], input=lines.encode(), capture_output=True, timeout=600)
    assert run.returncode == 0, run.stderr.decode(errors="replace")[-2000:]
    answers = [json.loads(line) for line in run.stdout.decode().split("\n") if line]
    assert len(answers) == len(paths)
    return answers


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_fact_is_the_one_that_openssl_tells(folder: Path):
    paths = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    read, unread_facts = compare(str(folder), paths)
    assert read > 400, f"{folder} has only {read} certificates"
    assert not unread_facts, "\n".join(unread_facts)


def test_odd_certificates_have_the_facts_that_openssl_tells(tmp_path: Path):
    chance = random.Random(SEED)
    sound = [path.read_bytes() for path in sorted((VECTORS / "PKITS_data/certs").iterdir())]
    paths = []
    for number in range(ODD):
        path = tmp_path / f"{number}.der"
        path.write_bytes(built(chance) if number % 2 == 0 else changed(chance.choice(sound), chance))
        paths.append(path)
    read, unread_facts = compare(f"seed {SEED}", paths)
    assert read > ODD / 4
    # We read no constructed strings, which no software writes.
    assert len(unread_facts) < ODD / 100, "\n".join(unread_facts)


def compare(name: str, paths: list[Path]) -> tuple[int, list[str]]:
    """Fails when a fact is another one than openssl tells. Gives the number of certificates, and the facts that only
    openssl tells."""
    counts = {fact: Counter() for fact in FACTS}
    different, unread_facts = [], []
    read = 0
    for path, ours, theirs in zip(paths, read_all(paths), openssl_oracle.read_all(paths)):
        if theirs is None:
            continue
        read += 1
        for fact in FACTS:
            told = f"{path}: {fact} is {theirs[fact]!r}, not {ours[fact]!r}"
            if ours[fact] in (None, UNKNOWN) and theirs[fact] == UNKNOWN:
                counts[fact]["unknown to both"] += 1
            elif ours[fact] == theirs[fact]:
                counts[fact]["equal"] += 1
            elif theirs[fact] == UNKNOWN and fact in TIMES and ours[fact] < "1900":
                # openssl applies no offset to a time of these years.
                counts[fact]["only ours"] += 1
            elif ours[fact] in (None, UNKNOWN):
                counts[fact]["null"] += 1
                unread_facts.append(told)
            else:
                counts[fact]["different"] += 1
                different.append(told)
    print(f"\n{name}: {read} certificates; openssl reads none in {len(paths) - read} other files")
    for fact in FACTS:
        kinds = ("equal", "unknown to both", "only ours", "null", "different")
        print(f"  {fact:20}", *(f"{counts[fact][kind]:5} {kind}" for kind in kinds))
    assert not different, "\n".join(different)
    return read, unread_facts
