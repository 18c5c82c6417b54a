"""The page: one HTML file with everything in it, and no name of a device or a person unless it was asked for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import charts
import figures
import jinja2
from answers import Object
from figures import REVOKED_BUT_ACTIVE, UNKNOWN_TO_CA, Check, Expiry, Place, Source, name_of

FOLDER = Path(__file__).parent
WIDE, NARROW = 976, 344
MOST_LISTED = 50
SOONEST = 10
RANGE_WORDS = {
    "expired": "expired",
    "within_7_days": "7 days",
    "within_30_days": "30 days",
    "within_90_days": "90 days",
    "later": "later",
    "unknown": "unknown",
}


@dataclass
class Report:
    sources: list[Source]
    check: Check
    made_at: datetime
    # Whether client ids and common names are shown.
    names: bool = False
    is_simulated: bool = False

    @property
    def brokers(self) -> list[Source]:
        return [source for source in self.sources if not source.is_authority]

    @property
    def counted(self) -> list[Source]:
        """The sources whose certificates make the totals: the brokers, because an authority lists the same ones again."""
        return self.brokers or self.sources

    @property
    def certificates(self) -> list[Object]:
        return [certificate for source in self.counted for certificate in source.certificates]

    @property
    def is_listed(self) -> bool:
        """Whether every source that was read listed its certificates, so that there is more than their numbers."""
        read = [source for source in self.counted if not source.has_failed]
        return bool(read) and all(source.was_listed for source in read)


@dataclass(frozen=True)
class Finding:
    """A fact that needs attention."""

    level: str  # the name of a colour
    number: int
    text: str
    section: str


def write(report: Report) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "day": day,
        "time": time,
        "words": charts.words,
        "provider": lambda place: figures.NAMES.get(place[0], place[0]),
        "where": lambda place: " · ".join(filter(None, (place[2], place[1]))),
        "status_colour": lambda status: charts.STATUS_COLOURS[status],
    }
    found = findings(report)
    return environment.get_template("page.html.j2").render(
        report=report,
        css=(FOLDER / "page.css").read_text(),
        light=charts.variables(0),
        dark=charts.variables(1),
        found=found,
        verdict=verdict(report, found),
        tiles=tiles(report),
        statuses=present(report),
        status_charts=status_charts(report),
        expiry=Ends.of(report),
        soonest=soonest(report),
        flagged=listed(report, REVOKED_BUT_ACTIVE),
        unknown_to_ca=listed(report, UNKNOWN_TO_CA),
        problems=figures.problems(report.check, report.sources),
        disagreements=figures.disagreements(report.sources),
        not_decided=list(not_decided(report)),
        most=MOST_LISTED,
    )


def number(value: int) -> str:
    return f"{value:,}"


def day(value: datetime) -> str:
    return f"{value.day} {value:%b %Y}"


def time(value: datetime) -> str:
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def plural(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def expired(report: Report) -> int:
    """Number of expired certificates that are not switched off, or of all expired ones if only numbers are known."""
    if report.is_listed:
        return figures.ending(report.certificates, datetime.min.replace(tzinfo=UTC), report.made_at)
    return sum(source.ranges["expired"] for source in report.counted)


def expiring(report: Report, days: int) -> int:
    """Number of certificates that expire within 7 or 30 days. Only those in use count, unless only numbers are known."""
    if report.is_listed:
        return figures.ending(report.certificates, report.made_at, report.made_at + timedelta(days=days))
    ranges = ("within_7_days", "within_30_days")[: 1 if days == 7 else 2]
    return sum(source.ranges[name] for source in report.counted for name in ranges)


def findings(report: Report) -> list[Finding]:
    """The findings, the most severe first."""
    revoked, strange = (len(report.check.flagged[flag]) for flag in (REVOKED_BUT_ACTIVE, UNKNOWN_TO_CA))
    failed = sum(1 for source in report.sources if source.has_failed)
    partial = sum(1 for source in report.sources if source.is_partial)
    over, week = expired(report), expiring(report, 7)
    differ = sum(1 for source in report.sources for certificate in source.certificates if certificate["disagreements"])
    unclear = sum(row[2] for row in not_decided(report))
    told = [
        Finding("bad", revoked, plural(revoked, "certificate is revoked at its CA and still accepted by a broker",
                                       "certificates are revoked at their CA and still accepted by a broker"), "revoked"),
        Finding("bad", strange, plural(strange, "certificate is accepted by a broker and unknown to the CA",
                                       "certificates are accepted by a broker and unknown to the CA"), "revoked"),
        Finding("bad", failed, plural(failed, "source could not be read", "sources could not be read"), "sources"),
        Finding("late", partial, plural(partial, "source could be read in part only", "sources could be read in part only"), "sources"),
        Finding("late", over, plural(over, "certificate has expired", "certificates have expired")
                + (plural(over, " and is not switched off", " and are not switched off") if report.is_listed else ""), "expiry"),
        Finding("soon", week, plural(week, "certificate", "certificates") + f"{' in use' if report.is_listed else ''} "
                + plural(week, "expires", "expire") + " within 7 days", "expiry"),
        Finding("soon", differ, plural(differ, "certificate contradicts its record", "certificates contradict their records"), "disagreements"),
        Finding("unknown", unclear, plural(unclear, "fact could not be decided", "facts could not be decided"), "undecided"),
    ]  # fmt: skip
    return [finding for finding in told if finding.number]


def verdict(report: Report, found: list[Finding]) -> tuple[str, str]:
    """A colour and the headline."""
    if not found:
        unchecked = " The brokers were not compared with a CA." if report.check.not_made else ""
        return "better", f"Nothing needs attention.{unchecked}"
    return found[0].level, f"{found[0].number:,} {found[0].text}."


def tiles(report: Report) -> list[tuple[str, str, str | None]]:
    """A label, a number, and the name of a colour."""
    where = "at brokers" if report.brokers else "at the CA"
    total = sum(source.total for source in report.counted)
    usable = sum(source.statuses["active"] + source.statuses["good"] for source in report.counted)
    flagged = None if report.check.not_made else len(report.check.flagged[REVOKED_BUT_ACTIVE])
    shown: list[tuple[str, int | None, str]] = [
        (f"certificates {where}", total, ""),
        ("active now", usable, ""),
        ("in use, expire within 30 days" if report.is_listed else "expire within 30 days", expiring(report, 30), "soon"),
        ("expired, not switched off" if report.is_listed else "expired", expired(report), "late"),
        ("revoked at the CA, still accepted", flagged, "bad"),
    ]
    return [(label, "not checked" if value is None else number(value), level if value and level else None) for label, value, level in shown]


def present(report: Report) -> list[str]:
    """The statuses that occur, in the order of the bars."""
    return [status for status in figures.STATUSES if any(source.statuses[status] for source in report.sources)]


def status_charts(report: Report) -> list[tuple[str, str]]:
    """The same picture for wide and for narrow windows, each with the name of its class."""
    read = sum(1 for source in report.sources if not source.has_failed)
    description = f"One bar for each of {len(report.sources)} sources, of which {read} could be read; the table below has the numbers."

    def drawn(kind: str, width: int) -> str:
        rows = [
            {"name": name_of(source.place if kind == "wide" else short(source.place)), "counts": source.statuses, "note": note(source)}
            for source in report.sources
        ]
        return charts.by_source(rows, figures.STATUSES, width, f"statuses-{kind}", description)

    return [("wide", drawn("wide", WIDE)), ("narrow", drawn("narrow", NARROW))]


def short(place: Place) -> Place:
    """The place without its region, if it has an instance."""
    provider, region, instance = place
    return provider, None if instance else region, instance


def note(source: Source) -> str | None:
    if source.has_failed and source.error:
        return f"not read: {charts.words(source.error['code'])}"
    return None if source.total else "no certificates"


@dataclass
class Ends:
    """The certificates by the end of their validity: by week, or by range where only numbers are known."""

    charts: list[tuple[str, str]]
    legend: list[tuple[str, str]]
    header: list[str]
    rows: list[tuple[str, list[int]]]
    by_week: Expiry | None
    is_cut: bool

    @classmethod
    def of(cls, report: Report) -> "Ends":
        return cls._by_week(report) if report.is_listed else cls._by_range(report)

    @classmethod
    def _by_week(cls, report: Report) -> "Ends":
        expiry = figures.by_week(report.certificates, report.made_at)
        parts = [("Expired", "late", expiry.expired)]
        for week, counts in enumerate(expiry.weeks):
            first, last = expiry.begins(week), expiry.begins(week + 1) - timedelta(days=1)
            parts.append((f"{first.day} {first:%b} to {last.day} {last:%b}", "soon" if week < 4 else "good", counts))

        def drawn(kind: str, width: int, every: int) -> str:
            bars = [
                {
                    "title": title,
                    "label": label(number, expiry, every),
                    "parts": [(level, "in use", counts[True]), ("off", "not in use", counts[False])],
                }
                for number, (title, level, counts) in enumerate(parts)
            ]
            bars.insert(1, {"title": "", "label": "", "parts": []})
            description = "One bar for what has expired, and one for each of the next 26 weeks; the table below has the numbers."
            return charts.by_end(bars, width, f"expiry-{kind}", description, with_numbers=kind == "wide")

        legend = [
            ("late", "expired, not switched off"),
            ("soon", "in use, 4 weeks or less"),
            ("good", "in use, later"),
            ("off", "not in use"),
        ]
        rows = [(title, [counts[True], counts[False]]) for title, _, counts in parts]
        rows += [("Later", [expiry.later[True], expiry.later[False]])]
        rows += [("Unknown end", [expiry.unknown[True], expiry.unknown[False]])] if expiry.unknown.total() else []
        drawings = [("wide", drawn("wide", WIDE, 4)), ("narrow", drawn("narrow", NARROW, 6))]
        return cls(
            drawings, legend, ["in use", "not in use"], rows, expiry, charts.cut([counts.total() for *_, counts in parts]) is not None
        )

    @classmethod
    def _by_range(cls, report: Report) -> "Ends":
        counts: Counter[str] = sum((source.ranges for source in report.counted), Counter())
        levels = {"expired": "late", "within_7_days": "soon", "within_30_days": "soon", "unknown": "unknown"}
        parts = [(name, levels.get(name, "good"), counts[name]) for name in figures.RANGES if counts[name] or name != "unknown"]

        def drawn(kind: str, width: int) -> str:
            bars = [
                {"title": RANGE_WORDS[name], "label": RANGE_WORDS[name], "parts": [(level, "certificates", count)]}
                for name, level, count in parts
            ]
            description = "One bar for each range of time until the end of validity; the table below has the numbers."
            return charts.by_end(bars, width, f"expiry-{kind}", description, with_numbers=True)

        drawings = [("wide", drawn("wide", WIDE)), ("narrow", drawn("narrow", NARROW))]
        rows = [(RANGE_WORDS[name].capitalize(), [count]) for name, _, count in parts]
        return cls(drawings, [], ["certificates"], rows, None, charts.cut([count for *_, count in parts]) is not None)


def label(number: int, expiry: Expiry, every: int) -> str:
    """The label below a bar: every few weeks, the day on which the week begins."""
    if number == 0:
        return "expired"
    week = number - 1
    if week % every or (week == 0 and every > 4):
        return ""
    begins = expiry.begins(week)
    return f"{begins.day} {begins:%b}"


def named(report: Report, certificate: Object) -> list[str]:
    """Client id and common name."""
    clients = certificate.get("client_ids") or [certificate.get("client_id")]
    return [", ".join(filter(None, clients)) or "–", (certificate.get("subject") or {}).get("common_name") or "–"] if report.names else []


def soonest(report: Report) -> list[tuple[datetime, Place, str, list[str]]]:
    """The certificates in use that expire first."""
    ending = [
        (end, source.place, identity(certificate), named(report, certificate))
        for source in report.counted
        for certificate in source.certificates
        if figures.is_on(certificate) and (end := figures.end_of(certificate)) and end > report.made_at
    ]
    return sorted(ending, key=lambda row: row[0])[:SOONEST]


def identity(certificate: Object) -> str:
    """The serial number as the provider writes it, or else another name of the certificate."""
    return certificate["provider_serial_number"] or certificate["serial_number"] or certificate["fingerprint_sha256"] or "without a number"


def listed(report: Report, flag: str) -> list[tuple[Place, str, str, list[str]]]:
    """Place, number, day of revocation at the CA, and names, of the certificates with this flag."""
    known = {(source.place, identity(certificate)): certificate for source in report.sources for certificate in source.certificates}
    rows = []
    for place, result in report.check.flagged[flag]:
        revoked_at = (result.get("cross_check") or {}).get("revoked_at")
        when = day(datetime.fromisoformat(revoked_at)) if revoked_at else "–"
        rows.append((place, identity(result), when, named(report, known.get((place, identity(result)), {}))))
    return rows


def not_decided(report: Report) -> Iterator[tuple[Place, str, int]]:
    """Place, fact and number of certificates whose fact is not known."""
    for source in report.sources:
        unknown_end = (
            sum(1 for certificate in source.certificates if figures.end_of(certificate) is None)
            if source.was_listed
            else source.ranges["unknown"]
        )
        facts = {
            "status unknown": source.statuses["unknown"],
            "end of validity unknown": unknown_end,
            "not judged by the filter": source.undecided,
            **{f"record not read in full: {code}, {detail}": count for (code, detail), count in figures.unreadable(source).items()},
        }
        for fact, count in facts.items():
            if count:
                yield source.place, fact, count
    for place, result in report.check.unconfirmed:
        error = result["error"] or result["cross_check"]["error"]
        yield place, f"{identity(result)} not compared with the CA: {figures.sentence(error)}", 1
