"""The vendors' rate limits hold for all instances of all functions together."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from stack import ROOT, Properties, Stack, Template, code_folders, deploy, referred

# The one table of the providers, with the limit of each action.
TABLE = ROOT / "shared/src/model/provider.rs"
# Alibaba Cloud MQTT blocks an address that makes more calls a second over all actions. All functions may share one address.
LIMIT_OF_ONE_ADDRESS = {"alibaba-mqtt": 300}
# The part of a limit that the functions use together.
USED = Fraction(80, 100)
# The functions count shares in calls in ten seconds, and refuse an interval of more than five seconds.
WINDOW = 10
LONGEST_INTERVAL = 5

# The actions that each function calls, as docs/providers.md lists them.
ACTIONS = {
    "describe": {
        "tencent-mqtt": ["DescribeDeviceCertificates"],
        "alibaba-mqtt": ["ListDeviceCertificate", "ListDeviceCertificateByCaSn", "GetDeviceCertificate"],
        "alibaba-pca": ["ListClientCertificate"],
        "aws-iot": ["ListCertificates", "ListCertificatesByCA", "DescribeCertificate"],
    },
    "inactivate": {
        "tencent-mqtt": ["DescribeDeviceCertificates", "DescribeDeviceCertificate", "DeactivateDeviceCertificate"],
        "alibaba-mqtt": ["GetDeviceCertificate", "ListDeviceCertificateByCaSn", "InactivateDeviceCertificate"],
        "aws-iot": ["DescribeCertificate", "UpdateCertificate"],
    },
    "status": {
        "tencent-mqtt": ["DescribeDeviceCertificates", "DescribeDeviceCertificate"],
        "alibaba-mqtt": ["GetDeviceCertificate", "ListDeviceCertificateByCaSn"],
        "alibaba-pca": ["DescribeClientCertificateStatusForSerialNumber"],
        "aws-iot": ["DescribeCertificate"],
    },
}


@dataclass(frozen=True)
class Limit:
    """What is known of an action: calls a second of one account, and calls that one certificate or page takes in a row."""

    calls_per_second: int
    burst: int


@dataclass(frozen=True)
class Share:
    """A function's calls of an action in ten seconds: for its queue, and for all other events."""

    queue: int
    callers: int


@dataclass(frozen=True)
class RateLimit:
    """What one instance may call of an action: the intervals in seconds, and calls at once."""

    queue_interval: Fraction
    caller_interval: Fraction
    burst: int


def limits() -> dict[str, Limit]:
    """The limit of each action, such as tencent-mqtt:DescribeDeviceCertificates, from the functions' own table."""
    found = {}
    for provider, actions in re.findall(r'\bname: "([\w-]+)".*?\bactions \{(.*?)\n            \}', TABLE.read_text(), re.DOTALL):
        rows = re.findall(r"(\w+) \{ calls_per_second: (\d+), burst: (\d+) \}", actions)
        assert len(rows) == actions.count("calls_per_second"), f"{TABLE.name}: a row of {provider} has another form"
        found |= {f"{provider}:{action}": Limit(int(calls), int(burst)) for action, calls, burst in rows}
    assert len(found) == TABLE.read_text().count("{ calls_per_second"), f"{TABLE.name}: {len(found)} of the actions were read"
    return found


def shares(text: str) -> dict[str, Share]:
    """From `aws-iot:DescribeCertificate=0.6+2.6,...`."""
    found = {}
    for item in text.split(","):
        action, _, share = item.partition("=")
        queue, callers = (Fraction(number) * WINDOW for number in share.split("+"))
        assert queue.denominator == callers.denominator == 1 and action not in found, item
        found[action] = Share(int(queue), int(callers))
    return found


def rate_limit(limit: Limit, share: Share, reserved: int, queue: int) -> RateLimit | None:
    """The arithmetic of shared/src/config/rate_limits; None where the function refuses to start."""
    burst = max(1, min(limit.burst, share.callers // (2 * reserved)))
    callers = share.callers - reserved * burst
    if callers <= 0 or share.queue // queue == 0:
        return None
    queue_interval = interval(1, share.queue // queue)
    caller_interval = max(interval(reserved - queue, callers), interval(reserved, share.queue + callers))
    if max(queue_interval, caller_interval) > LONGEST_INTERVAL:
        return None
    return RateLimit(queue_interval, caller_interval, burst)


def interval(instances: int, calls: int) -> Fraction:
    """Seconds, rounded up to nanoseconds."""
    return Fraction(ceil(Fraction(WINDOW * instances * 10**9, calls)), 10**9)


def functions_of(template: Template, stack: Stack) -> dict[str, Properties]:
    deployed = stack.of_type("AWS::Lambda::Function")
    return {folder: deployed[name] for name, folder in code_folders(template).items()}


def variables_of(template: Template, stack: Stack) -> Iterator[tuple[str, dict[str, str | int]]]:
    for folder, function in functions_of(template, stack).items():
        yield folder, function["Environment"]["Variables"]


def all_shares(template: Template) -> dict[str, dict[str, Share]]:
    """Each function's shares, by its folder and the action."""
    return {folder: shares(str(variables["CALLS_PER_SECOND"])) for folder, variables in variables_of(template, deploy(template))}


def test_the_functions_together_keep_the_limit_of_each_action(template: Template) -> None:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for of_function in all_shares(template).values():
        for action, share in of_function.items():
            sums[action] += Fraction(share.queue + share.callers, WINDOW)
    for action, calls in sums.items():
        assert calls <= USED * limits()[action].calls_per_second, f"{action}: {float(calls)} calls a second"
    for provider, limit in LIMIT_OF_ONE_ADDRESS.items():
        calls = sum((calls for action, calls in sums.items() if action.startswith(f"{provider}:")), Fraction())
        assert calls <= USED * limit, f"{provider}: {float(calls)} calls a second from one address"


def test_each_function_has_a_share_of_each_action_that_it_calls(template: Template) -> None:
    for folder, of_function in all_shares(template).items():
        called = {f"{provider}:{action}" for provider, actions in ACTIONS[folder].items() for action in actions}
        assert of_function.keys() == called <= limits().keys(), folder


def test_one_function_keeps_each_limit_in_any_second(template: Template) -> None:
    """In one second an instance makes its burst at once, and a further call at the end of each interval that ends within the second.

    Two loads are the worst: as many instances as possible work on messages and the others on other events, or all work on other events.
    """
    for folder, variables in variables_of(template, deploy(template)):
        reserved, queue = int(variables["RESERVED_CONCURRENCY"]), int(variables["QUEUE_CONCURRENCY"])
        for action, share in shares(str(variables["CALLS_PER_SECOND"])).items():
            limit = limits()[action]
            one = rate_limit(limit, share, reserved, queue)
            assert one, f"{folder} would not start: its share of {action} is too small"
            of_queue = one.burst + ceil(1 / one.queue_interval) - 1
            of_caller = one.burst + ceil(1 / one.caller_interval) - 1
            most = max(queue * of_queue + (reserved - queue) * of_caller, reserved * of_caller)
            assert most <= limit.calls_per_second, f"{folder} may make {most} calls of {action} in a second"


def test_http_requests_find_an_instance_that_the_queue_does_not_use(template: Template) -> None:
    """The function computes its rate limits from the numbers that AWS enforces.

    The queue's number is lower than the reserved one, because both kinds of events use the same instances. Otherwise a full queue would
    leave no instance for HTTP requests, and Lambda would throttle messages while an instance still pays for the calls of an HTTP request.
    """
    numbers = {"DescribeConcurrency": 9, "DescribeQueueConcurrency": 3, "InactivateConcurrency": 8, "InactivateQueueConcurrency": 4}
    for parameters in ({}, numbers | {"StatusConcurrency": 7, "StatusQueueConcurrency": 5}):
        stack = deploy(template, **parameters)
        mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
        of_function = {referred(mapping["FunctionName"]): mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings}
        assert len(of_function) == len(mappings)
        of_folder = {folder: of_function[name] for name, folder in code_folders(template).items()}
        for folder, function in functions_of(template, stack).items():
            variables, reserved = function["Environment"]["Variables"], function["ReservedConcurrentExecutions"]
            assert of_folder[folder] == variables["QUEUE_CONCURRENCY"] < reserved == variables["RESERVED_CONCURRENCY"], folder
            title = folder.capitalize()
            for name, number in ((f"{title}Concurrency", reserved), (f"{title}QueueConcurrency", of_folder[folder])):
                assert number == parameters.get(name, template["Parameters"][name]["Default"]), name


def test_a_list_of_calls_that_the_functions_refuse_is_refused_before(template: Template) -> None:
    action = "aws-iot:UpdateCertificate"
    for name, declared in template["Parameters"].items():
        if not name.endswith("CallsPerSecond"):
            continue
        assert len(declared["Default"]) <= 4096, f"CloudFormation does not accept so long a value of {name}"
        for text in (declared["Default"], f"{action}=2+6", f"{action}=0.8+2", f"{action}=10.5+0.1", f"{action}=1+1,{action}=1+1"):
            assert re.fullmatch(declared["AllowedPattern"], text), text
        shares_refused = ("", "2", "2+", "+2", "0+2", "2+0", "0.0+2", "2+0.0", "-2+6", "2+6+6", "1.25+6", "1.+6", ".5+6", "2 + 6", "2-6")
        lists_refused = ("", "12", "aws-iot=2", "aws-iot=2+6", action, f"{action}=2+6,", f",{action}=2+6", f"{action}=2+6, {action}=2+6")
        for text in (*(f"{action}={share}" for share in shares_refused), *lists_refused):
            assert not re.fullmatch(declared["AllowedPattern"], text), text


def test_the_documented_limits_and_shares_are_those_in_use(template: Template) -> None:
    """docs/providers.md has a row for each action: its limit, the limit's source, and the share of each function."""
    documented = {}
    for line in (ROOT / "docs/providers.md").read_text().splitlines():
        if row := re.match(r"\| `([a-z-]+:\w+)` \| (\d+) \|", line):
            cells = [cell.strip() for cell in line.split("|")[4:-1]]
            documented[row[1]] = (int(row[2]), dict(zip(("describe", "inactivate", "status"), cells, strict=True)))
    in_use = all_shares(template)
    assert documented.keys() == limits().keys()
    for action, (limit, cells) in documented.items():
        assert limit == limits()[action].calls_per_second, action
        for folder, cell in cells.items():
            assert (shares(f"{action}={cell}")[action] if cell else None) == in_use[folder].get(action), f"{action} of {folder}"
