"""Narrows an SBOM of cargo-cyclonedx to the crates that one function is built from.

Usage: sbom.py FUNCTION TARGET BOM >NARROWED_BOM

cargo-cyclonedx lists what any member of the workspace asks of a dependency, the tests' features included. `cargo tree` lists what the
function asks.
"""

import json
import subprocess
import sys


def crates(function: str, target: str) -> set[tuple[str, str]]:
    """Name and version of each crate that the function is built from."""
    command = ["cargo", "tree", "--locked", "--package", function, "--edges", "normal", "--target", target, "--prefix", "none"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {(name, version.removeprefix("v")) for name, version, *_ in map(str.split, filter(None, lines))}


def main() -> int:
    function, target, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        bom = json.load(file)
    built = crates(function, target)
    bom["components"] = [component for component in bom["components"] if (component["name"], component["version"]) in built]
    listed = {component["name"] for component in bom["components"]} | {bom["metadata"]["component"]["name"]}
    missing = {name for name, _ in built} - listed
    if missing:
        print(f"{path} lacks {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    kept = {component["bom-ref"] for component in [*bom["components"], bom["metadata"]["component"]]}
    bom["dependencies"] = [
        entry | {"dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in kept]}
        for entry in bom["dependencies"]
        if entry["ref"] in kept
    ]
    json.dump(bom, sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
