"""The commands of a page of the documentation, run as they are printed."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from emulator import ROOT

# Version 1 of the CLI, which pip installs, leaves AWS_ENDPOINT_URL aside for queues.
AWS = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'

# Blocks that begin so are JSON or HCL, and not commands.
NOT_COMMANDS = ("{", "[", "module ")


def commands(page: Path, title: str) -> list[str]:
    """The blocks of commands below a heading, and above every first heading those of the whole page."""
    text = page.read_text()
    sections = re.split(r"^#+ ", text, flags=re.MULTILINE)
    (section,) = (section for section in sections if section.startswith(f"{title}\n"))
    blocks = re.findall(r"(?:^ {4}.*\n(?:^\n(?=^ {4}))?)+", section, re.MULTILINE)
    return [block for block in map(textwrap.dedent, blocks) if not block.startswith(NOT_COMMANDS)]


def titles(page: Path) -> list[str]:
    """The headings of a page."""
    return re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)


def run(script: str, variables: dict[str, str], folder: Path) -> str:
    """Runs commands of a page with bash, in a folder that has the repository's recipes, and tells what they print."""
    bin_folder, settings = Path(sys.executable).parent, Path(__file__).parent / "commands"
    if not (folder / "recipes").exists():
        (folder / "recipes").symlink_to(ROOT / "recipes")
    environment = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(folder), "PYTHONPATH": str(settings), **variables}
    environment |= {"AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{AWS}\n{script}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{script}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
