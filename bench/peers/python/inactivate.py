"""Switches device certificates of Alibaba Cloud MQTT off that are on, with the vendor's SDK."""

import os
from urllib.parse import urlsplit

from alibabacloud_onsmqtt20200420 import models
from alibabacloud_onsmqtt20200420.client import Client
from alibabacloud_tea_openapi.utils_models import Config

client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        region_id=os.environ["ALIBABA_CLOUD_REGION_ID"],
        endpoint=urlsplit(os.environ["ALIBABA_MQTT_ENDPOINT"]).netloc,
        protocol="https",
        ca=os.environ["ROOT_FILE"],
    )
)


def handler(event, context):
    return {"results": [inactivate(event["instance_id"], certificate) for certificate in event["certificates"]]}


def inactivate(instance_id, certificate):
    serials = {
        "mqtt_instance_id": instance_id,
        "device_sn": certificate["serial_number"],
        "ca_sn": certificate["ca_serial_number"],
    }
    found = client.get_device_certificate(models.GetDeviceCertificateRequest(**serials)).body.data
    outcome = "already_inactive"
    if found.status != "0":
        client.inactivate_device_certificate(models.InactivateDeviceCertificateRequest(**serials))
        outcome = "inactivated"
    return {"serial_number": found.device_sn, "status_before": found.status, "outcome": outcome}
