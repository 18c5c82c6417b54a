"""The three real functions on this machine: built, started under cargo-lambda's emulator, wired to the simulator, stopped."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = {"describe": "tencent-mqtt", "inactivate": "alibaba-mqtt", "status": "alibaba-pca"}
INSTANCE = "post-cn-7mz2d0000"
# The sources that `"sources": "all"` stands for.
SOURCES = [
    {"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9"},
    {"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "mqtt-cn-sim0002"},
    {"provider": "alibaba-pca", "region": "cn-hangzhou"},
    {"provider": "aws-iot", "region": "eu-west-1"},
]
STARTS_WITHIN_SECONDS = 30
ANSWERS_WITHIN_SECONDS = 40
# Everything runs on this machine, so no proxy is used.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """A problem that ends the program; the text is for the person who runs it."""


def build() -> None:
    """Compiles the functions and the simulator, and installs the emulator."""
    prepare("the functions and the simulator of the providers' APIs", *FUNCTIONS, "simulator")


def prepare(described: str, *packages: str) -> None:
    """Compiles these packages, with cargo's own progress, and installs the emulator."""
    if "CARGO_LAMBDA" not in os.environ:
        run([ROOT / "scripts/environment.sh", "build", ROOT / "scripts/requirements-build.txt"])
    if "FUNCTIONS_DIR" not in os.environ:
        say(f"Compiling {described} (a few minutes the first time) ...")
        run(["cargo", "build", "--locked", *(word for package in packages for word in ("--package", package))])


def run(command: list) -> None:
    try:
        subprocess.run([str(part) for part in command], cwd=ROOT, check=True)
    except FileNotFoundError:
        raise Failure(f"{command[0]} is not on the PATH; install Rust from https://rustup.rs, or run `. ~/.cargo/env`") from None
    except subprocess.CalledProcessError as error:
        raise Failure(f"`{' '.join(map(str, command))}` ended with {error.returncode}") from None


def say(text: str) -> None:
    print(text, flush=True)


class Emulated:
    """The functions under cargo-lambda's emulator. Use it in a `with` statement: leaving it stops every process.

    CARGO_LAMBDA names another program than the installed one, and FUNCTIONS_DIR the folder of functions that are built already.
    """

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="device-certificate-functions-")))
            target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
            self.target = Path(os.environ.get("FUNCTIONS_DIR", target))
            self.start_others(stack)
            self.emulator = f"http://127.0.0.1:{free_port()}"
            self._start_emulator(stack)
            for function in FUNCTIONS:
                self._start_function(stack, function)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def start_others(self, stack: contextlib.ExitStack) -> None:
        """Starts further programs that the functions need."""

    def variables(self, function: str) -> dict[str, str]:
        """The environment of a function beside the variables of Lambda itself."""
        raise NotImplementedError

    def url(self, function: str) -> str:
        """The emulated Function URL."""
        return f"{self.emulator}/lambda-url/{function}/"

    def get(self, function: str, query: str) -> tuple[int, dict]:
        """Status and body of the answer to a GET."""
        return self._send(urllib.request.Request(f"{self.url(function)}?{query}"))

    def post(self, function: str, body: dict) -> tuple[int, dict]:
        """Status and body of the answer to a POST."""
        data = json.dumps(body).encode()
        return self._send(urllib.request.Request(self.url(function), data, {"content-type": "application/json"}))

    def invoke(self, function: str, event: dict) -> dict:
        """The function's return value for an event, as Lambda's own API gives it."""
        url = f"{self.emulator}/2015-03-31/functions/{function}/invocations"
        return self._send(urllib.request.Request(url, json.dumps(event).encode()))[1]

    def log(self, function: str) -> list[dict]:
        """The lines that a function has logged so far."""
        return [json.loads(line) for line in (self.folder / f"{function}.log").read_text().splitlines()]

    def _send(self, request: urllib.request.Request) -> tuple[int, dict]:
        try:
            with OPENER.open(request, timeout=ANSWERS_WITHIN_SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except urllib.error.URLError as error:
            raise Failure(f"{request.full_url} cannot be reached: {error.reason}") from None

    def _start_emulator(self, stack: contextlib.ExitStack) -> None:
        host, port = self.emulator.removeprefix("http://").split(":")
        program = os.environ.get("CARGO_LAMBDA", ROOT / ".tools/build/bin/cargo-lambda")
        command = [program, "lambda", "watch", "--only-lambda-apis", "--invoke-address", host, "--invoke-port", port]
        process = self._start(stack, command, "emulator", dict(os.environ))
        give_up = time.monotonic() + STARTS_WITHIN_SECONDS
        while not is_open(host, int(port)):
            if process.poll() is not None or time.monotonic() > give_up:
                raise Failure(f"cargo-lambda's emulator did not start: {self._log('emulator')}")
            time.sleep(0.05)

    def _start_function(self, stack: contextlib.ExitStack, name: str) -> None:
        variables = {
            "AWS_LAMBDA_RUNTIME_API": f"{self.emulator}/.rt/{name}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
        }
        process = self._start(stack, [self.target / name], name, variables | self.variables(name))
        time.sleep(0.1)
        if process.poll() is not None:
            raise Failure(f"the function {name} did not start: {self._log(name)}")

    def _start(self, stack: contextlib.ExitStack, command: list, name: str, variables: dict, stdout=None) -> subprocess.Popen:
        log = stack.enter_context(open(self.folder / f"{name}.log", "wb"))
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=stdout or log,
            stderr=log,
            start_new_session=True,
        )
        stack.callback(stop, process)
        return process

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]


class Bundle(Emulated):
    """The functions wired to the simulator of the providers' APIs."""

    def start_others(self, stack: contextlib.ExitStack) -> None:
        self.simulator = self._start_simulator(stack, self.target / "simulator")

    def held_by(self, vendor: str) -> list[dict]:
        """The certificates in the simulated provider."""
        url = f"{self.simulator['control_url']}/certificates?vendor={vendor}&limit=1000"
        return self._send(urllib.request.Request(url))[1]["certificates"]

    def client(self, broker: tuple[str, str], client_id: str) -> dict:
        """A client of a simulated broker, which is a provider and its instance or region."""
        vendor, place = broker
        url = f"{self.simulator['control_url']}/clients?vendor={vendor}&place={place}&client_id={client_id}"
        return self._send(urllib.request.Request(url))[1]["clients"][0]

    def calls(self) -> dict:
        """Number of calls to the simulated providers."""
        return self._send(urllib.request.Request(f"{self.simulator['control_url']}/calls"))[1]

    def _start_simulator(self, stack: contextlib.ExitStack, program: Path) -> dict:
        process = self._start(stack, [program], "simulator", dict(os.environ), stdout=subprocess.PIPE)
        line = process.stdout.readline()
        if not line:
            raise Failure(f"the simulator did not start: {self._log('simulator')}")
        return json.loads(line)

    def variables(self, function: str) -> dict[str, str]:
        tencent, alibaba, aws = (self.simulator["credentials"][vendor] for vendor in ("tencent-mqtt", "alibaba-mqtt", "aws-iot"))
        urls = self.simulator["urls"]
        return {
            "DEFAULT_PROVIDER": FUNCTIONS[function],
            "TENCENTCLOUD_SECRET_ID": tencent["id"],
            "TENCENTCLOUD_SECRET_KEY": tencent["secret"],
            "TENCENTCLOUD_REGION": "ap-guangzhou",
            "TENCENT_MQTT_ENDPOINT": urls["tencent-mqtt"],
            "ALIBABA_CLOUD_ACCESS_KEY_ID": alibaba["id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": alibaba["secret"],
            "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
            "ALIBABA_MQTT_ENDPOINT": urls["alibaba-mqtt"],
            "ALIBABA_CAS_ENDPOINT": urls["alibaba-cas"],
            "AWS_ACCESS_KEY_ID": aws["id"],
            "AWS_SECRET_ACCESS_KEY": aws["secret"],
            "AWS_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_IOT": urls["aws-iot"],
            "SOURCES": json.dumps(SOURCES),
            "AWS_ENDPOINT_URL_IOT_DATA_PLANE": urls["aws-iot"],
            "INACTIVATE_ALLOWED_INSTANCES": f"{INSTANCE},mqtt-qgzaawn9,mqtt-cn-sim0002,aws-iot",
            "REACTIVATE_ALLOWED_INSTANCES": f"{INSTANCE},mqtt-qgzaawn9,aws-iot",
            "RECEIPT_SECRETS": secrets.token_hex(32),
        }


def stop(process: subprocess.Popen) -> None:
    """Ends a process and waits for it."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """The port that PORT names, or any."""
    text = os.environ.get("PORT", "0")
    try:
        with socket.socket() as probe:
            # Connections of a run that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(text)))
            return probe.getsockname()[1]
    except (OSError, OverflowError, ValueError) as error:
        raise Failure(f"port {text} cannot be used ({error}); name another one, such as PORT=9001") from None


def is_open(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def needs_python() -> None:
    if sys.version_info < (3, 11):
        raise Failure(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
