"""The keys of the clouds, from the environment or from a profile that is named there."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bundle import Failure

# For each cloud: id and secret of a key, the token of a temporary one, the region, and the variable that names a profile.
TENCENT = ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN", "TENCENTCLOUD_REGION", "TCCLI_PROFILE")
ALIBABA = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABA_CLOUD_PROFILE",
)
AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE")


@dataclass(frozen=True)
class Key:
    """The variables of a function that hold a cloud's key and region, and their origin."""

    variables: dict[str, str]
    origin: str


def tencent() -> Key | None:
    """The key for Tencent Cloud: the environment's, else that of the profile of its command line tool."""
    return _found(TENCENT, _tencent_profile)


def alibaba() -> Key | None:
    """The key for Alibaba Cloud: the environment's, else that of the profile of its command line tool."""
    return _found(ALIBABA, _alibaba_profile)


def aws() -> Key | None:
    """The key for AWS: the environment's, else that of the profile, as the AWS CLI exports it."""
    return _found(AWS, _aws_profile)


def _found(names: tuple[str, ...], read_profile) -> Key | None:
    *members, profile = names
    own = {name: os.environ[name] for name in members if os.environ.get(name)}
    if members[0] in own or members[1] in own:
        if not own.keys() >= set(members[:2]):
            raise Failure(f"{members[0]} and {members[1]} belong together: only one of them is set.")
        return Key(own, f"{members[0]} in the environment")
    if not os.environ.get(profile):
        return None
    values, origin = read_profile(os.environ[profile])
    read = {name: value for name, value in zip(members, values, strict=True) if value}
    if not read.keys() >= set(members[:2]):
        raise Failure(f"{origin} has no key.")
    # A region in the environment wins over that of the profile.
    return Key(read | {name: own[name] for name in members[3:] if name in own}, origin)


def _tencent_profile(name: str) -> tuple[list[str], str]:
    folder = Path.home() / ".tccli"
    path = folder / f"{name}.credential"
    key, settings = _json(path), folder / f"{name}.configure"
    region = _json(settings).get("_sys_param", {}).get("region") if settings.exists() else None
    return [key.get("secretId"), key.get("secretKey"), key.get("token"), region], str(path)


def _alibaba_profile(name: str) -> tuple[list[str], str]:
    path = Path.home() / ".aliyun/config.json"
    origin = f"the profile {name} in {path}"
    profile = next((one for one in _json(path).get("profiles", []) if one.get("name") == name), None)
    if profile is None:
        raise Failure(f"There is no {origin}.")
    if profile.get("mode") not in ("AK", "StsToken"):
        raise Failure(
            f"{origin[0].upper()}{origin[1:]} has the mode {profile.get('mode')}, whose key only Alibaba Cloud's tool can get. "
            f"Set {', '.join(ALIBABA[:3])} to such a key."
        )
    members = ("access_key_id", "access_key_secret", "sts_token", "region_id")
    return [profile.get(member) for member in members], origin


def _aws_profile(name: str) -> tuple[list[str], str]:
    exported = json.loads(_aws_cli("export-credentials", "--profile", name, "--format", "process"))
    region = os.environ.get("AWS_DEFAULT_REGION") or _aws_cli("get", "region", "--profile", name, may_fail=True)
    members = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return [*(exported.get(member) for member in members), region], f"the profile {name} of the AWS CLI"


def _aws_cli(*arguments: str, may_fail: bool = False) -> str:
    try:
        result = subprocess.run(["aws", "configure", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Failure(f"AWS_PROFILE needs the AWS CLI (version 2). Without it, set {', '.join(AWS[:3])}.") from None
    if result.returncode and not may_fail:
        raise Failure(f"`aws configure {' '.join(arguments)}` failed: {result.stderr.strip()}")
    return result.stdout.strip()


def _json(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Failure(f"{path} cannot be read: {error}") from None
