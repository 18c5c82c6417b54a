"""Numbers that a page shows, counted from answers."""

from collections.abc import Iterator
from datetime import timedelta

from answers import Object, Refused
from figures import REVOKED_BUT_ACTIVE, Source, ask_authorities, by_week, count, judge, problems, suspects
from fleet import ALIBABA, AWS, CA, NOW, TENCENT, certificate, disagreement, entry, everything, flagged, page, problem, text


def test_pages_of_an_answer_are_one_fleet() -> None:
    sources = {source.provider: source for source in count(everything()[:2])}
    assert {name: (source.total, len(source.certificates), source.is_complete) for name, source in sources.items()} == {
        "tencent-mqtt": (52, 52, True),
        "alibaba-mqtt": (12, 12, True),
        "alibaba-pca": (12, 12, True),
        "aws-iot": (0, 0, False),
    }


def test_a_source_that_fails_is_not_an_empty_one() -> None:
    failed, empty = count([page((AWS, problem("timeout", "too late")), (ALIBABA, []))])
    assert (failed.has_failed, failed.is_partial) == (True, False)
    assert (empty.has_failed, empty.is_partial, empty.is_complete) == (False, False, True)


def test_a_source_that_fails_on_its_second_page_was_read_in_part() -> None:
    first, second = page((TENCENT, [certificate(1, 5)]), cursor="next"), page((TENCENT, problem("timeout", "too late")))
    first["sources"][0]["next_cursor"] = "next"
    (source,) = count([first, second])
    assert (source.has_failed, source.is_partial, source.total) == (False, True, 1)


def test_one_provider_may_answer_alone() -> None:
    held = [certificate(1, 5), certificate(2, -5)]
    (source,) = count([{"operation": "describe", **entry(TENCENT, held), "certificates": held}])
    assert (source.total, source.statuses["expired"], source.was_listed) == (2, 1, True)


def test_weeks_begin_now_and_of_two_ends_the_earlier_counts() -> None:
    minute = 1 / 1440
    held = [certificate(number, days) for number, days in enumerate((-minute, 0, minute, 7 - minute, 7, 182 - minute, 182))]
    held += [certificate(8, 3, "inactive"), certificate(9, None), certificate(10, 200, "revoked")]
    held += [certificate(11, 50, disagreements=[disagreement("not_after", text(NOW + timedelta(days=50)), text(NOW + timedelta(days=8)))])]
    expiry = by_week(held, NOW)
    assert dict(expiry.expired) == {True: 2}
    assert dict(expiry.weeks[0]) == {True: 2, False: 1}
    assert dict(expiry.weeks[1]) == {True: 2}
    assert dict(expiry.weeks[25]) == {True: 1}
    assert (dict(expiry.later), dict(expiry.unknown)) == ({True: 1, False: 1}, {True: 1})
    assert sum(week.total() for week in expiry.weeks) == 6


def test_a_number_that_a_broker_writes_in_decimal_is_suspected_too() -> None:
    broker = Source(("alibaba-mqtt", "cn-hangzhou", "x"))
    broker.certificates = [
        certificate(1, 5, serial_number="00ff", provider_serial_number="FF"),
        certificate(2, 5, serial_number="0255", provider_serial_number="255"),
        certificate(3, 5, "inactive", serial_number="00ff", provider_serial_number="FF"),
        certificate(4, 5, serial_number="0b"),
    ]
    broker.certificates[0]["serial_number"] = "ff"
    assert [one["provider_serial_number"] for one in suspects(broker, {"ff"})] == ["FF", "255"]


def test_only_what_status_confirms_is_reported_as_revoked() -> None:
    sources = count(everything()[:2])
    asked: list[tuple[str, str, list[str]]] = []

    def compare(broker: Source, authority: Source, certificates: list[Object]) -> Iterator[Object]:
        asked.append((broker.provider, authority.provider, [one["serial_number"] for one in certificates]))
        yield flagged(ALIBABA, certificates[0])

    check = ask_authorities(sources, compare)
    assert asked == [("alibaba-mqtt", "alibaba-pca", ["00d3"])]
    assert [result["serial_number"] for _, result in check.flagged[REVOKED_BUT_ACTIVE]] == ["00d3"]
    assert check.revoked_at_authority == 1
    assert problems(check, sources) == [
        "The list of AWS IoT Core · eu-west-1 could not be read to its end, so that certificates may be missing here."
    ]


def test_a_check_that_is_refused_leaves_the_report_and_says_so() -> None:
    def refuse(*_: object) -> Iterator[Object]:
        raise Refused(problem("forbidden", "no permission"))

    check = ask_authorities(count(everything()[:2]), refuse)
    assert check.flagged[REVOKED_BUT_ACTIVE] == []
    (told,) = check.problems
    assert told.endswith("could not be compared with the CA: forbidden: no permission")


def test_without_an_authority_there_is_no_check() -> None:
    check = ask_authorities(count([page((TENCENT, [certificate(1, 5)]))]), lambda *_: ())
    assert check.not_made == "No certificate authority is among the sources."


def test_a_certificate_that_could_not_be_compared_is_not_decided() -> None:
    check = ask_authorities(count([page((CA, []))]), lambda *_: ())
    answer = flagged(ALIBABA, certificate(1, 5))
    answer["results"][0] |= {"flags": [], "cross_check": {"error": problem("throttled", "too many calls")}}
    judge(check, [answer])
    assert [result["serial_number"] for _, result in check.unconfirmed] == ["0001"]
