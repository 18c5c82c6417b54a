"""Sets the clocks that the official SDKs read."""

from datetime import UTC, datetime
from types import SimpleNamespace
from unittest import mock

from alibabacloud_tea_openapi import utils
from botocore import auth
from tencentcloud.common import abstract_client


def tencent(seconds: float):
    """Makes Tencent's SDK take `seconds` after 1970 for the present, while used as a context manager."""
    return mock.patch.object(abstract_client, "time", SimpleNamespace(time=lambda: seconds))


def alibaba(seconds: float):
    """Makes Alibaba's SDKs take `seconds` after 1970 for the present, while used as a context manager."""

    class Clock(datetime):
        @classmethod
        def utcnow(cls) -> datetime:
            return datetime.fromtimestamp(seconds, UTC)

    return mock.patch.object(utils, "datetime", Clock)


def aws(seconds: float):
    """Makes AWS's SDK take `seconds` after 1970 for the present, while used as a context manager."""
    present = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return mock.patch.object(auth, "get_current_datetime", lambda: present)
