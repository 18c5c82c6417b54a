"""Zips what would be uploaded to Lambda for each contestant, and notes the public roots that the SDKs trust.

The runtime clients are left out: Lambda brings them.
"""

import importlib.metadata
import pathlib
import re
import zipfile

import certifi

ROOT = pathlib.Path(__file__).resolve().parents[3]
OUTPUT = ROOT / "target/bench"
SDKS = {
    "describe": "tencentcloud-sdk-python-mqtt",
    "inactivate": "alibabacloud-onsmqtt20200420",
    "status": "alibabacloud-cas20200630",
}


def distributions(name: str, found: dict[str, importlib.metadata.Distribution]) -> dict[str, importlib.metadata.Distribution]:
    """A package with all that it requires here."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return found
    try:
        found[key] = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        # Required under conditions that are not met here.
        return found
    for requirement in found[key].requires or []:
        if "extra ==" not in requirement:
            distributions(re.match(r"[\w.-]+", requirement).group(), found)
    return found


def write(name: str, files: dict[str, pathlib.Path]) -> None:
    with zipfile.ZipFile(OUTPUT / "zip" / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, file in files.items():
            archive.write(file, path)


def main() -> None:
    (OUTPUT / "zip").mkdir(parents=True, exist_ok=True)
    (OUTPUT / "public-roots.pem").write_text(pathlib.Path(certifi.where()).read_text())
    for name in ("empty", "call"):
        write(name, {"bootstrap": ROOT / "target/release" / name})
    for operation, sdk in SDKS.items():
        write(operation, {"bootstrap": ROOT / "target/release" / operation})
        handler = pathlib.Path(__file__).with_name(f"{operation}.py")
        files = {
            str(file): pathlib.Path(file.locate())
            for distribution in distributions(sdk, {}).values()
            for file in distribution.files or []
            if not str(file).startswith("..") and file.locate().is_file()
        }
        write(f"python-{operation}", {handler.name: handler} | files)
        bundle = OUTPUT / f"node-{operation}" / "index.js"
        if bundle.is_file():
            write(f"node-{operation}", {bundle.name: bundle})


main()
