"""The figures of a report, counted from the answers of describe and status."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from answers import AUTHORITIES, Object, Refused

WEEKS = 26
STATUSES = ("active", "good", "pending_activation", "not_yet_valid", "inactive", "expired", "revoked", "unknown")
RANGES = ("expired", "within_7_days", "within_30_days", "within_90_days", "later", "unknown")
# Statuses at the provider of certificates that it accepts, or would if they had not expired.
ON = ("active", "good")
REVOKED_BUT_ACTIVE = "revoked_at_ca_but_active"
UNKNOWN_TO_CA = "active_at_broker_but_unknown_to_ca"
# Members of a certificate that name no device and no person, so that a disagreement may show them.
IMPERSONAL = ("not_before", "not_after", "serial_number", "ca_serial_number", "fingerprint_sha256", "ca_fingerprint_sha256")

Place = tuple[str, str | None, str | None]


@dataclass
class Source:
    """A provider with its region and instance, and the numbers of its certificates."""

    place: Place
    statuses: Counter[str] = field(default_factory=Counter)
    ranges: Counter[str] = field(default_factory=Counter)
    certificates: list[Object] = field(default_factory=list)
    undecided: int = 0
    error: Object | None = None
    # Whether its list was read to the end, and whether it stayed the same meanwhile.
    is_complete: bool = False
    is_consistent: bool | None = None
    # Whether the answers had counts, and whether they listed the certificates.
    was_counted: bool = False
    was_listed: bool = False

    @property
    def provider(self) -> str:
        return self.place[0]

    @property
    def is_authority(self) -> bool:
        return self.provider in AUTHORITIES

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def has_failed(self) -> bool:
        """Whether nothing is known about its certificates."""
        return self.error is not None and self.total == 0

    @property
    def is_partial(self) -> bool:
        return not self.has_failed and (self.error is not None or not self.is_complete)

    def as_request(self) -> Object:
        members = zip(("provider", "region", "instance_id"), self.place, strict=True)
        return {member: value for member, value in members if value is not None}


@dataclass
class Check:
    """The comparison of the brokers with the certificate authorities: the reason why it was not made, or its findings."""

    not_made: str | None = None
    # A result of status with its place, for each flag.
    flagged: dict[str, list[tuple[Place, Object]]] = field(default_factory=lambda: {REVOKED_BUT_ACTIVE: [], UNKNOWN_TO_CA: []})
    unconfirmed: list[tuple[Place, Object]] = field(default_factory=list)
    # Errors during the comparison, as sentences.
    problems: list[str] = field(default_factory=list)
    revoked_at_authority: int | None = None


def place_of(entry: Object) -> Place:
    return entry["provider"], entry.get("region"), entry.get("instance_id")


def count(pages: Iterable[Object]) -> list[Source]:
    """The sources of the answers to describe, in the order in which they come first."""
    sources: dict[Place, Source] = {}
    for page in pages:
        several = "sources" in page
        for entry in page["sources"] if several else [page]:
            source = sources.setdefault(place_of(entry), Source(place_of(entry)))
            add_entry(source, entry)
            source.was_listed |= page.get("certificates") is not None
        for certificate in page.get("certificates") or ():
            sources[place_of(certificate if several else page)].certificates.append(certificate)
    for source in sources.values():
        if not source.was_counted:
            source.statuses.update(certificate["effective_status"] for certificate in source.certificates)
    return list(sources.values())


def add_entry(source: Source, entry: Object) -> None:
    if counts := entry.get("counts"):
        source.was_counted = True
        source.statuses.update(counts["by_effective_status"])
        source.ranges.update(counts["by_expiry"])
    source.undecided += entry.get("undecided_count") or 0
    source.error = entry.get("error")
    source.is_complete = source.error is None and entry["next_cursor"] is None
    consistent = entry.get("consistent")
    source.is_consistent = consistent if source.is_consistent is None or consistent is False else source.is_consistent


def is_on(certificate: Object) -> bool:
    return certificate["status"] in ON


def end_of(certificate: Object) -> datetime | None:
    """The end of validity; of two that disagree, the earlier one."""
    texts = [certificate["not_after"], *disagreeing(certificate, "not_after")]
    ends = [datetime.fromisoformat(text) for text in texts if text is not None]
    return min(ends, default=None)


def disagreeing(certificate: Object, member: str) -> list[str]:
    return [one["certificate"] for one in certificate["disagreements"] if one["member"] == member]


@dataclass
class Expiry:
    """Numbers of certificates by the end of their validity: each is one of those that are on and one of those that are not."""

    start: datetime
    expired: Counter[bool] = field(default_factory=Counter)
    weeks: list[Counter[bool]] = field(default_factory=lambda: [Counter() for _ in range(WEEKS)])
    later: Counter[bool] = field(default_factory=Counter)
    unknown: Counter[bool] = field(default_factory=Counter)

    def begins(self, week: int) -> datetime:
        return self.start + timedelta(weeks=week)


def by_week(certificates: Iterable[Object], now: datetime) -> Expiry:
    """Weeks of seven days from now on."""
    expiry = Expiry(now)
    for certificate in certificates:
        on, end = is_on(certificate), end_of(certificate)
        if end is None:
            expiry.unknown[on] += 1
        elif end <= now:
            expiry.expired[on] += 1
        else:
            week = (end - now) // timedelta(weeks=1)
            (expiry.weeks[week] if week < WEEKS else expiry.later)[on] += 1
    return expiry


def ending(certificates: Iterable[Object], after: datetime, until: datetime) -> int:
    """Number of certificates that are on and end between two times."""
    ends = (end_of(certificate) for certificate in certificates if is_on(certificate))
    return sum(1 for end in ends if end is not None and after < end <= until)


def suspects(broker: Source, revoked: set[str]) -> list[Object]:
    """Certificates that a broker accepts and whose serial number, read in any base, a certificate authority has revoked. Only
    status decides whether it is the same certificate."""
    return [one for one in broker.certificates if one["status"] == "active" and readings(one) & revoked]


def readings(certificate: Object) -> set[str]:
    """The serial numbers that a certificate may have, in the form of an answer."""
    found = {certificate["serial_number"], *disagreeing(certificate, "serial_number")} - {None}
    written = certificate["provider_serial_number"] or ""
    if written.isascii() and written.isdigit():
        digits = format(int(written), "x")
        found.add(digits if len(digits) % 2 == 0 else f"0{digits}")
    return found


def judge(check: Check, answers: Iterable[Object]) -> None:
    """Adds the answers of status to a check."""
    for answer in answers:
        several = "sources" in answer
        for result in answer["results"]:
            place = place_of(result if several else answer)
            for flag in result.get("flags") or ():
                check.flagged[flag].append((place, result))
            if result["error"] or (result.get("cross_check") or {}).get("error"):
                check.unconfirmed.append((place, result))
        for entry in answer["sources"] if several else [answer]:
            if error := entry.get("error"):
                check.problems.append(f"{name_of(place_of(entry))}: {sentence(error)}")


def disagreements(sources: Iterable[Source]) -> list[tuple[str, Place, int, Object | None]]:
    """For each member and place: the number of certificates that disagree, and an example that names nobody."""
    found: dict[tuple[str, Place], list[Object]] = {}
    for source in sources:
        for certificate in source.certificates:
            for one in certificate["disagreements"]:
                found.setdefault((one["member"], source.place), []).append(one)
    rows = [(member, place, len(all_of), all_of[0] if member in IMPERSONAL else None) for (member, place), all_of in found.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def unreadable(source: Source) -> Counter[tuple[str, str]]:
    """The errors of records that could not be read in full: code and detail, with the number of records."""
    errors = [certificate["error"] for certificate in source.certificates if certificate["error"]]
    return Counter((error["code"], error["detail"]) for error in errors)


NAMES = {
    "tencent-mqtt": "Tencent Cloud MQTT",
    "alibaba-mqtt": "Alibaba Cloud MQTT",
    "alibaba-pca": "Alibaba Cloud private CA",
    "aws-iot": "AWS IoT Core",
}


def name_of(place: Place) -> str:
    provider, region, instance = place
    return " · ".join(part for part in (NAMES.get(provider, provider), instance, region) if part)


def sentence(error: Object) -> str:
    return f"{error['code']}: {error['detail']}"


# Compares certificates of a broker with an authority, and returns the answers of status.
Compare = Callable[[Source, Source, list[Object]], Iterable[Object]]


def ask_authorities(sources: list[Source], compare: Compare) -> Check:
    """Compares the brokers with the certificate authorities among the sources."""
    check = Check()
    authorities = [source for source in sources if source.is_authority]
    if not authorities:
        check.not_made = "No certificate authority is among the sources."
        return check
    check.revoked_at_authority = 0
    for authority in authorities:
        revoked = {one["serial_number"] for one in authority.certificates if one["status"] == "revoked"} - {None}
        check.revoked_at_authority += len(revoked)
        for broker in sources:
            found = [] if broker.is_authority else suspects(broker, revoked)
            try:
                judge(check, compare(broker, authority, found) if found else ())
            except Refused as refused:
                check.problems.append(f"{name_of(broker.place)} could not be compared with the CA: {refused}")
    return check


def problems(check: Check, sources: list[Source]) -> list[str]:
    """The reasons why a check may have missed certificates, as sentences."""
    cut = "The list of {} could not be read to its end, so that certificates may be missing here."
    return check.problems + [cut.format(name_of(source.place)) for source in sources if not source.is_complete]
