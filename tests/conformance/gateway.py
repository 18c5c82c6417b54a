"""The HTTP API stand-in in front of the real functions, wired to the simulator."""

import json
import os
from pathlib import Path

from simulator import TARGET, Program, Simulator

SOURCES = [
    {"provider": "tencent-mqtt", "instance_id": "mqtt-qgzaawn9"},
    {"provider": "alibaba-mqtt", "instance_id": "mqtt-cn-sim0002"},
    {"provider": "alibaba-pca"},
    {"provider": "aws-iot"},
]


def variables(simulator: Simulator) -> dict[str, str]:
    """The variables by which the functions call the simulator in place of the clouds."""
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


class Gateway(Program):
    """The HTTP API with these variables for its functions; `url` is its address."""

    def __init__(self, own: dict[str, str]) -> None:
        super().__init__(Path(os.environ.get("GATEWAY", TARGET / "debug/examples/gateway")), {"PATH": os.environ["PATH"]} | own)

    @property
    def url(self) -> str:
        return self.description["url"]
