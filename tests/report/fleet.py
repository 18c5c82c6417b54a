"""Answers of describe and status about a small fleet in which everything occurs."""

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
TENCENT = {"provider": "tencent-mqtt", "region": "ap-guangzhou", "instance_id": "mqtt-qgzaawn9"}
ALIBABA = {"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": "post-cn-7mz2d0000"}
CA = {"provider": "alibaba-pca", "region": "cn-hangzhou", "instance_id": None}
AWS = {"provider": "aws-iot", "region": "eu-west-1", "instance_id": None}
# Names that only the option shows, and that are no HTML even then.
CLIENT, COMMON_NAME = "excavator-7940<script>document.title='owned'</script>", 'Müller\'s "digger" & co'
STATUSES = ("active", "inactive", "pending_activation", "revoked", "good", "unknown", "expired", "not_yet_valid")
RANGES = ("expired", "within_7_days", "within_30_days", "within_90_days", "later", "unknown")

Object = dict[str, Any]


def certificate(number: int, days: float | None, status: str = "active", effective: str | None = None, **members: Any) -> Object:
    """A certificate that ends in so many days; `None` for an end that is not known."""
    end = None if days is None else text(NOW + timedelta(days=days))
    written = f"{number:04x}"
    return {
        "serial_number": written,
        "provider_serial_number": written.upper(),
        "serial_number_base": "hex",
        "ca_serial_number": "1b1e",
        "provider_ca_serial_number": "1B1E",
        "name": None,
        "client_id": CLIENT,
        "client_ids": None,
        "subject": {"common_name": COMMON_NAME, "organizational_unit": None},
        "status": status,
        "effective_status": effective or ("expired" if days is not None and days < 0 and status in ("active", "good") else status),
        "not_after": end,
        "fingerprint_sha256": f"{number:064x}",
        "disagreements": [],
        "error": None,
        **members,
    }


def text(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def disagreement(member: str, provider: str, certified: str) -> Object:
    return {"member": member, "provider": provider, "certificate": certified}


def problem(code: str, detail: str, *, retryable: bool = False) -> Object:
    return {"code": code, "detail": detail, "retryable": retryable, "field": None, "provider_error": None}


def entry(place: Object, certificates: list[Object], *, listed: bool = True, **members: Any) -> Object:
    """A source in an answer, with the counts of its certificates."""
    by_status, by_expiry = dict.fromkeys(STATUSES, 0), dict.fromkeys(RANGES, 0)
    for one in certificates:
        by_status[one["effective_status"]] += 1
        by_expiry[range_of(one)] += 1
    counts = {"certificates": len(certificates), "by_effective_status": by_status, "by_expiry": by_expiry}
    count = len(certificates) if listed else 0
    return {
        **place,
        "count": count,
        "counts": counts,
        "total_count": None,
        "consistent": True,
        "next_cursor": None,
        "error": None,
        **members,
    }


def range_of(one: Object) -> str:
    if one["not_after"] is None:
        return "unknown"
    left = datetime.fromisoformat(one["not_after"]) - NOW
    bounds = (("expired", 0), ("within_7_days", 7), ("within_30_days", 30), ("within_90_days", 90))
    return next((name for name, days in bounds if left <= timedelta(days=days)), "later")


def page(*sources: tuple[Object, list[Object]], cursor: str | None = None, listed: bool = True) -> Object:
    """An answer of describe about several sources; one whose certificates are an error has failed."""
    entries = []
    for place, held in sources:
        failed = isinstance(held, dict)
        entries.append(entry(place, [], counts=None, consistent=None, error=held) if failed else entry(place, held, listed=listed))
    certificates = [{**place, **one} for place, held in sources if not isinstance(held, dict) for one in held]
    answer = {"operation": "describe", "sources": entries, "next_cursor": cursor, "consistent": None, "total_count": None}
    return {**answer, "certificates": certificates} if listed else answer


def flagged(place: Object, one: Object, flag: str = "revoked_at_ca_but_active") -> Object:
    """An answer of status with a certificate whose state is dangerous."""
    at_ca = {
        "provider": "alibaba-pca",
        "region": "cn-hangzhou",
        "found": True,
        "status": "revoked",
        "revoked_at": "2026-11-16T17:45:27Z",
        "error": None,
    }
    result = {member: one[member] for member in ("serial_number", "provider_serial_number", "fingerprint_sha256", "not_after")}
    return {
        "operation": "status",
        **place,
        "results": [{**result, "client_ids": None, "flags": [flag], "cross_check": at_ca, "error": None}],
    }


def everything() -> list[Object]:
    """Two pages of describe, and an answer of status."""
    tencent = [certificate(number, 3.5 * number - 20) for number in range(40)]
    tencent += [certificate(100 + number, 100, "inactive") for number in range(6)]
    tencent += [certificate(110, None, "unknown"), certificate(111, 40, "revoked"), certificate(112, 400, "active", "not_yet_valid")]
    tencent += [
        certificate(120, 50, disagreements=[disagreement("not_after", text(NOW + timedelta(days=50)), text(NOW + timedelta(days=5)))]),
        certificate(121, 60, disagreements=[disagreement("subject.common_name", COMMON_NAME, "somebody else")]),
        certificate(122, None, error=problem("provider_invalid_response", "the record has no serial number")),
    ]
    alibaba = [certificate(200 + number, 20 * number + 1) for number in range(12)]
    ca = [certificate(200 + number, 20 * number + 1, "good") for number in range(11)] + [certificate(211, 221, "revoked")]
    down = problem("provider_unavailable", "the provider cannot be reached; try again later", retryable=True)
    first = page((TENCENT, tencent[:30]), (ALIBABA, []), (CA, []), (AWS, down), cursor="next")
    second = page((TENCENT, tencent[30:]), (ALIBABA, alibaba), (CA, ca), (AWS, down))
    return [first, second, flagged(ALIBABA, alibaba[11])]
