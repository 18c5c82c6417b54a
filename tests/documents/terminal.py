"""A shell that lines of a document are pasted into."""

import subprocess
from pathlib import Path

END = "the end of what this block prints"


class Terminal:
    """One `sh` in a folder; it keeps its variables from block to block."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["sh", "-e", "-s"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)

    def paste(self, lines: str) -> str:
        """Pastes lines, and returns what they print."""
        self._process.stdin.write(f"{lines}\necho; echo {END}\n")
        self._process.stdin.flush()
        printed = []
        for line in self._process.stdout:
            if line.rstrip() == END:
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"the shell ended after it had printed: {''.join(printed)}")
