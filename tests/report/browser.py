"""A headless Chromium, driven over a pipe by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ANSWERS_WITHIN_SECONDS = 60.0
ARGUMENTS = (
    "--headless=shell",
    "--remote-debugging-pipe",
    # It shows pages that the tests made, as whichever user runs them, in containers too.
    "--no-sandbox",
    "--no-zygote",
    "--single-process",
    "--in-process-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    # No host has an address.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
# The protocol's pipes are the files 3 and 4 of the browser.
EXECUTE = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, file in enumerate(ours, 3):
    os.dup2(file, number)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """Use it in a `with` statement: leaving it ends the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Browser":
        with contextlib.ExitStack() as stack:
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="browser-"))
            log = stack.enter_context(open(Path(home) / "log", "wb"))
            process = self._start(stack, home, log)
            # A browser that does not answer is ended, which ends the reading of its answer, too.
            self._watch = threading.Timer(ANSWERS_WITHIN_SECONDS, process.kill)
            self._watch.start()
            stack.callback(self._watch.cancel)
            target = self._send("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.call(f"{domain}.enable")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: contextlib.ExitStack, home: str, log: Any) -> "subprocess.Popen[bytes]":
        to_browser, from_us = os.pipe()
        from_browser, to_us = os.pipe()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "TMPDIR": home,
            "FONTCONFIG_PATH": str(self._folder),
            "LD_LIBRARY_PATH": str(self._folder / "lib"),
        }
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                EXECUTE,
                str(to_browser),
                str(to_us),
                str(self._folder / "chromium"),
                *ARGUMENTS,
                f"--user-data-dir={home}",
            ],
            env=environment,
            pass_fds=(to_browser, to_us),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        os.close(to_browser)
        os.close(to_us)
        self._to = stack.enter_context(os.fdopen(from_us, "wb", buffering=0))
        self._from = stack.enter_context(os.fdopen(from_browser, "rb"))
        stack.callback(end, process)
        return process

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command to the page."""
        return self._send(method, self._session, **parameters)

    def show(self, page: Path, width: int, scheme: str, media: str = "screen") -> None:
        """Loads a page anew in a window of this width, for a person who prefers `light` or `dark` colours."""
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        self.call("Page.navigate", url=page.as_uri())
        while not self.named("Page.loadEventFired"):
            self._read()

    def tell(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        height = self.tell("document.documentElement.scrollHeight")
        width = self.tell("document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"])

    def named(self, *methods: str) -> list[dict[str, Any]]:
        """What the events of these names say."""
        return [event["params"] for event in self.events if event["method"] in methods]

    def _send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        self._to.write(json.dumps(command).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser has ended"
            text += byte
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
