"""Lists the device certificates of a Tencent Cloud MQTT instance with the vendor's SDK."""

import os
from urllib.parse import urlsplit

from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.mqtt.v20240516 import models
from tencentcloud.mqtt.v20240516.mqtt_client import MqttClient

credential = Credential(os.environ["TENCENTCLOUD_SECRET_ID"], os.environ["TENCENTCLOUD_SECRET_KEY"])
http = HttpProfile(
    endpoint=urlsplit(os.environ["TENCENT_MQTT_ENDPOINT"]).netloc, keepAlive=True, certification=os.environ["ALL_ROOTS_FILE"]
)
client = MqttClient(credential, os.environ["TENCENTCLOUD_REGION"], ClientProfile(httpProfile=http))


def handler(event, context):
    request = models.DescribeDeviceCertificatesRequest()
    request.InstanceId = event["instance_id"]
    request.Limit = event["limit"]
    answer = client.DescribeDeviceCertificates(request)
    return {
        "total_count": answer.TotalCount,
        "certificates": [
            {
                "serial_number": certificate.DeviceCertificateSn,
                "ca_serial_number": certificate.CaSn,
                "client_id": certificate.ClientId,
                "common_name": certificate.DeviceCertificateCn,
                "status": certificate.Status,
                "not_before": certificate.NotBeforeTime,
                "not_after": certificate.NotAfterTime,
            }
            for certificate in answer.Data
        ],
    }
