"""`scripts/fleet watch` prints the progress of a run over a fleet, and `scripts/fleet report` draws the outcome of each page."""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts/report"))
import objects  # noqa: E402
import progress  # noqa: E402


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    options = options_of(arguments)
    try:
        session = boto3.Session(profile_name=options.profile, region_name=options.region)
        return options.command(session, options)
    except objects.Failure as failure:
        print(failure, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def options_of(arguments: list[str]) -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("execution", metavar="EXECUTION", help="the name of an execution of the state machine, or its ARN")
    common.add_argument("--stack", metavar="NAME", default="device-certificate-functions", help="the stack with the state machine")
    common.add_argument("--profile", metavar="NAME", help="a profile of the AWS configuration")
    common.add_argument("--region", metavar="REGION")
    common.add_argument("--endpoint-url", metavar="URL", help="an emulated AWS")
    parser = argparse.ArgumentParser(prog="scripts/fleet")
    commands = parser.add_subparsers(required=True)
    watch = commands.add_parser("watch", parents=[common], help="print the progress of a run, until it ends")
    watch.add_argument("--every", metavar="SECONDS", type=float, default=10)
    watch.set_defaults(command=watched)
    report = commands.add_parser("report", parents=[common], help="draw the outcome of each page")
    report.add_argument("--bucket", metavar="NAME", help="the bucket of the run; by default the stack's")
    report.add_argument("--output", metavar="FILE", type=Path, default=Path("report.svg"))
    report.add_argument("--put", metavar="s3://BUCKET/KEY", type=objects.s3_url, help="also put the picture into a bucket")
    report.set_defaults(command=reported)
    return parser.parse_args(arguments)


def reported(session: Any, options: argparse.Namespace) -> int:
    files = session.client("s3", endpoint_url=options.endpoint_url)
    bucket = options.bucket or output(session, options, "FleetBucketName")
    run = objects.read(files, bucket, options.execution.rpartition(":")[2])
    svg = objects.picture(run)
    options.output.write_text(svg)
    print(f"The picture is in {options.output}")
    if options.put:
        objects.put(files, *options.put, svg, "image/svg+xml")
        print(f"The picture is in s3://{'/'.join(options.put)}")
    return 0


def watched(session: Any, options: argparse.Namespace) -> int:
    machines = session.client("stepfunctions", endpoint_url=options.endpoint_url)
    arn = options.execution
    if ":" not in arn:
        machine = output(session, options, "FleetStateMachineArn")
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{arn}"
    return progress.watch(machines, arn, options.every)


def output(session: Any, options: argparse.Namespace, name: str) -> str:
    """An output of the stack."""
    stacks = session.client("cloudformation", endpoint_url=options.endpoint_url)
    (stack,) = stacks.describe_stacks(StackName=options.stack)["Stacks"]
    found = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    if name not in found:
        raise objects.Failure(f"the stack {options.stack} has no output {name}: deploy it with Fleet=yes, or name another with --stack")
    return found[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
