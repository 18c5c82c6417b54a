"""The HTTP API stand-in in front of the real functions, wired to the simulator."""

import json
import os
import select
import subprocess
from pathlib import Path

from simulator import TARGET, Simulator

START_SECONDS = 30
STOP_SECONDS = 10

SOURCES = [
    {"provider": "tencent-mqtt", "instance_id": "mqtt-qgzaawn9"},
    {"provider": "alibaba-mqtt", "instance_id": "mqtt-cn-sim0002"},
    {"provider": "alibaba-pca"},
    {"provider": "aws-iot"},
]


def variables(simulator: Simulator) -> dict[str, str]:
    """What the functions need to call the simulator in place of the clouds."""
    tencent, alibaba, aws = (simulator.credentials(name) for name in ("tencent-mqtt", "alibaba-mqtt", "aws-iot"))
    return {
        "DEFAULT_PROVIDER_DESCRIBE": "tencent-mqtt",
        "DEFAULT_PROVIDER_INACTIVATE": "alibaba-mqtt",
        "DEFAULT_PROVIDER_STATUS": "alibaba-pca",
        "TENCENTCLOUD_SECRET_ID": tencent.id,
        "TENCENTCLOUD_SECRET_KEY": tencent.secret,
        "TENCENTCLOUD_REGION": "ap-guangzhou",
        "TENCENT_MQTT_ENDPOINT": f"http://{simulator.host('tencent-mqtt')}",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": alibaba.id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": alibaba.secret,
        "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
        "ALIBABA_MQTT_ENDPOINT": f"http://{simulator.host('alibaba-mqtt')}",
        "ALIBABA_CAS_ENDPOINT": f"http://{simulator.host('alibaba-cas')}",
        "AWS_ACCESS_KEY_ID": aws.id,
        "AWS_SECRET_ACCESS_KEY": aws.secret,
        # Lambda's own token, which the stand-in sets, belongs to another key.
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_IOT": f"http://{simulator.host('aws-iot')}",
        "INACTIVATE_ALLOWED_INSTANCES": "*",
        "SOURCES": json.dumps(SOURCES),
    }


class Gateway:
    """Runs while used as a context manager; `url` is its address."""

    def __init__(self, own: dict[str, str]) -> None:
        self._program = Path(os.environ.get("GATEWAY", TARGET / "debug/examples/gateway"))
        self._environment = {"PATH": os.environ["PATH"]} | own

    def __enter__(self) -> "Gateway":
        self._process = subprocess.Popen([self._program], env=self._environment, stdout=subprocess.PIPE)
        ready, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self._process.kill()
            raise RuntimeError(f"{self._program} printed nothing within {START_SECONDS} s")
        self.url = json.loads(line)["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._process.stdout.close()
        assert status == 0, f"{self._program} ended with {status}"
