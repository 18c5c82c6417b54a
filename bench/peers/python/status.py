"""Asks Alibaba Cloud's private CA for the status of certificates, with the vendor's SDK."""

import os
from urllib.parse import urlsplit

from alibabacloud_cas20200630 import models
from alibabacloud_cas20200630.client import Client
from alibabacloud_tea_openapi.utils_models import Config

client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        region_id=os.environ["ALIBABA_CLOUD_REGION_ID"],
        endpoint=urlsplit(os.environ["ALIBABA_CAS_ENDPOINT"]).netloc,
        protocol="https",
        ca=os.environ["ROOT_FILE"],
    )
)


def handler(event, context):
    serials = ",".join(certificate["serial_number"] for certificate in event["certificates"])
    request = models.DescribeClientCertificateStatusForSerialNumberRequest(serial_number=serials)
    body = client.describe_client_certificate_status_for_serial_number(request).body
    rows = body.certificate_status
    return {
        "results": [{"serial_number": row.serial_number, "status": row.status, "revoked_at": row.revoke_time} for row in rows],
        "provider_request_ids": [body.request_id],
    }
