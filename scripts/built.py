"""Says what was built for Lambda: each file, its processor and its size. Fails when one is for another processor.

Usage: built.py ARCHITECTURE FILE...

ARCHITECTURE is arm64 or x86_64; each FILE is a program, or a zip that holds one as bootstrap.
"""

import os
import sys
import zipfile

# The field e_machine of an ELF file, by Lambda's names.
MACHINES = {0xB7: "arm64", 0x3E: "x86_64"}


def program(path: str) -> bytes:
    """The program in the file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return archive.read("bootstrap")
    with open(path, "rb") as file:
        return file.read()


def processor(content: bytes) -> str:
    """The processor that the program is for, by Lambda's name."""
    if content[:4] != b"\x7fELF":
        return "no Linux program"
    byte_order = "big" if content[5] == 2 else "little"
    machine = int.from_bytes(content[18:20], byte_order)
    return MACHINES.get(machine, f"another processor (e_machine {machine})")


def main(wanted: str, *paths: str) -> int:
    wrong = []
    for path in paths:
        content = program(path)
        found = processor(content)
        sizes = f"{len(content) / 2**20:.2f} MiB"
        if zipfile.is_zipfile(path):
            sizes = f"{os.path.getsize(path) / 2**20:.2f} MiB, {sizes} unpacked"
        print(f"{path}: {found}, {sizes}")
        if found != wanted:
            wrong.append(path)
    if wrong:
        advice = "Build on a machine with that processor, or choose the other ARCHITECTURE."
        print(f"Not for {wanted}: {', '.join(wrong)}. {advice}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
