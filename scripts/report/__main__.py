"""`make report` writes one HTML page about a whole fleet, which needs no network to be read."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from answers import Ask, Failure, Object, Refused, cross_checked, described, of_api, of_functions, put, s3_url, saved
from botocore.exceptions import BotoCoreError, ClientError
from figures import Check, Source, ask_authorities, count, judge
from page import Report, write

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    # A plain `kill`, or a terminal that is closed, must stop the children, too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    options = options_of(arguments)
    try:
        report = made(options)
        html = write(report)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(html)
        print(f"The report is in {options.output}", flush=True)
        if options.put:
            bucket, key = options.put
            put(boto3.client("s3"), bucket, key, html, "text/html; charset=utf-8")
            print(f"The report is in s3://{bucket}/{key}", flush=True)
    except (Failure, Refused) as failure:
        print(failure, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/report",
        description="Writes one HTML page about a whole fleet. Without an option it is about simulated providers on this machine.",
    )
    origin = parser.add_mutually_exclusive_group()
    origin.add_argument("--api", metavar="URL", help="the API of a deployed stack; signed by the AWS credentials of the environment")
    origin.add_argument("--function", metavar="NAME", help="describe's function name; invoked with the AWS credentials of the environment")
    origin.add_argument("--answers", metavar="FILE", nargs="+", type=Path, help="answers of describe and status, or CloudEvents with them")
    parser.add_argument("--status-function", metavar="NAME", help="status's function name, for the check against the CA")
    parser.add_argument("--sources", metavar="JSON", type=json.loads, help="a list of sources; by default all of the stack's")
    parser.add_argument("--summary-only", action="store_true", help="numbers only: no weeks, no disagreements, no check against the CA")
    parser.add_argument("--names", action="store_true", help="show client ids and common names")
    parser.add_argument("--output", metavar="FILE", type=Path, default=ROOT / "target/fleet-report.html")
    parser.add_argument("--put", metavar="s3://BUCKET/KEY", type=s3_url, help="also put the page into a bucket")
    parser.add_argument("--save", metavar="FILE", type=Path, help="also save the answers, with all names in them, for --answers")
    return parser.parse_args(arguments)


def made(options: argparse.Namespace) -> Report:
    if options.answers:
        pages, statuses = saved(options.answers)
        check = Check() if statuses else Check(not_made="The saved answers hold none of status.")
        judge(check, statuses)
        return Report(count(pages), check, datetime.now(UTC), names=options.names)
    if options.api:
        return asked(of_api(options.api), options.sources or "all", options)
    if options.function:
        return asked(of_functions(options.function, options.status_function), options.sources or "all", options)
    # The demonstration's functions and providers.
    sys.path.insert(0, str(ROOT / "scripts/demo"))
    import bundle  # noqa: PLC0415

    try:
        bundle.build()
        with bundle.Bundle() as running:
            here = {"provider": "alibaba-mqtt", "region": "cn-hangzhou", "instance_id": bundle.INSTANCE}
            return asked(of_demonstration(running), options.sources or [*bundle.SOURCES, here], options, is_simulated=True)
    except bundle.Failure as failure:
        raise Failure(str(failure)) from None


def of_demonstration(bundle: Any) -> Ask:
    def ask(operation: str, request: Object) -> Object:
        status, answer = bundle.post(operation, request)
        if status != 200:
            raise Refused(answer)
        return answer

    return ask


def asked(ask: Ask, sources: Any, options: argparse.Namespace, *, is_simulated: bool = False) -> Report:
    pages, statuses = [], []
    for page in described(ask, sources, listed=not options.summary_only):
        pages.append(page)
        read = sum(source.total for source in count(pages))
        print(f"{read:,} certificates read ...", flush=True)
    counted = count(pages)

    def compare(broker: Source, authority: Source, certificates: list[Object]) -> Iterator[Object]:
        for answer in cross_checked(ask, broker.as_request(), authority.as_request(), certificates):
            statuses.append(answer)
            yield answer

    if options.summary_only:
        check = Check(not_made="This report has numbers only.")
    elif options.function and not options.status_function:
        check = Check(not_made="The check needs the function status, which was not named.")
    else:
        check = ask_authorities(counted, compare)
    if options.save:
        options.save.write_text(json.dumps([*pages, *statuses]))
    return Report(counted, check, datetime.now(UTC), names=options.names, is_simulated=is_simulated)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
