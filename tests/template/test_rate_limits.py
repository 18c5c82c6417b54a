"""The vendors' rate limits hold for all sandboxes of all functions together."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from stack import ROOT, Stack, Template, deploy, is_webhook, names, referred

# The one table of the providers, with the limit of each action.
TABLE = ROOT / "shared/src/model/provider.rs"
# Alibaba Cloud MQTT blocks an address that makes more calls a second over all actions. All functions may share one address.
LIMIT_OF_ONE_ADDRESS = {"alibaba-mqtt": 300}
# The part of a limit that the functions use together, and the part with the functions for webhooks.
USED = Fraction(80, 100)
USED_WITH_WEBHOOKS = Fraction(90, 100)
# The functions count shares in calls in ten seconds, and refuse an interval of more than five seconds.
WINDOW = 10
LONGEST_INTERVAL = 5

# The actions that only an order with `end_sessions` calls beside the others, and those that only an undo calls. At AWS IoT an undo calls the
# actions of inactivating.
SESSIONS = {
    "tencent-mqtt": ["DescribeClientList", "KickOutClient"],
    "alibaba-mqtt": ["QuerySessionByClientId", "CloseConnection"],
    "aws-iot": ["GetConnection", "DeleteConnection"],
}
UNDO = {"tencent-mqtt": ["ActivateDeviceCertificate"], "alibaba-mqtt": ["ActiveDeviceCertificate"], "aws-iot": []}
# The actions that each function calls, as docs/providers.md lists them.
ACTIONS = {
    "describe": {
        "tencent-mqtt": ["DescribeDeviceCertificates"],
        "alibaba-mqtt": ["ListDeviceCertificate", "ListDeviceCertificateByCaSn", "GetDeviceCertificate"],
        "alibaba-pca": ["ListClientCertificate"],
        "aws-iot": ["ListCertificates", "ListCertificatesByCA", "DescribeCertificate", "ListThingPrincipals", "ListPrincipalThings"],
    },
    "inactivate": {
        "tencent-mqtt": [
            "DescribeDeviceCertificates",
            "DescribeDeviceCertificate",
            "DeactivateDeviceCertificate",
            "DescribeInstance",
            *SESSIONS["tencent-mqtt"],
            *UNDO["tencent-mqtt"],
        ],
        "alibaba-mqtt": [
            "ListDeviceCertificate",
            "ListDeviceCertificateByCaSn",
            "GetDeviceCertificate",
            "InactivateDeviceCertificate",
            *SESSIONS["alibaba-mqtt"],
            *UNDO["alibaba-mqtt"],
        ],
        "aws-iot": [
            "ListCertificates",
            "ListCertificatesByCA",
            "ListThingPrincipals",
            "ListPrincipalThings",
            "DescribeCertificate",
            "UpdateCertificate",
            *SESSIONS["aws-iot"],
            *UNDO["aws-iot"],
        ],
    },
    "status": {
        "tencent-mqtt": ["DescribeDeviceCertificates", "DescribeDeviceCertificate"],
        "alibaba-mqtt": ["GetDeviceCertificate", "ListDeviceCertificateByCaSn"],
        "alibaba-pca": ["DescribeClientCertificateStatusForSerialNumber"],
        "aws-iot": ["DescribeCertificate", "ListPrincipalThings"],
    },
}
# Webhooks to inactivate are carried out from the queue, by inactivate.
WEBHOOK_ACTIONS = {"describe-webhook": ACTIONS["describe"], "status-webhook": ACTIONS["status"]}


@dataclass(frozen=True)
class Limit:
    """The facts about an action: calls a second of one account, and calls that one certificate or page takes in a row."""

    calls_per_second: int
    burst: int


@dataclass(frozen=True)
class Share:
    """A function's calls of an action in ten seconds: for its queue, and for all other events."""

    queue: int
    callers: int


@dataclass(frozen=True)
class RateLimit:
    """The share of an action that one sandbox has: the intervals in seconds, and calls at once. Without a queue its interval is that of the
    callers."""

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
    """From `aws-iot:DescribeCertificate=0.6+2.4,...`."""
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
    if callers <= 0 or (share.queue > 0) != (queue > 0) or (queue and share.queue // queue == 0):
        return None
    caller_interval = max(interval(reserved - queue, callers), interval(reserved, share.queue + callers))
    queue_interval = interval(1, share.queue // queue) if queue else caller_interval
    if max(queue_interval, caller_interval) > LONGEST_INTERVAL:
        return None
    return RateLimit(queue_interval, caller_interval, burst)


def interval(sandboxes: int, calls: int) -> Fraction:
    """Seconds, rounded up to nanoseconds."""
    return Fraction(ceil(Fraction(WINDOW * sandboxes * 10**9, calls)), 10**9)


def variables_of(stack: Stack) -> Iterator[tuple[str, dict[str, str | int]]]:
    """The environment variables of each function whose calls are limited, by the function's name."""
    functions = stack.of_type("AWS::Lambda::Function")
    for logical_id, name in names(stack).items():
        if name != "inactivate-webhook":
            yield name, functions[logical_id]["Environment"]["Variables"]


def all_shares(template: Template, **parameters: str) -> dict[str, dict[str, Share]]:
    """Each function's shares, by its name and the action."""
    return {name: shares(str(variables["CALLS_PER_SECOND"])) for name, variables in variables_of(deploy(template, **parameters))}


def test_the_functions_together_keep_the_limit_of_each_action(template: Template) -> None:
    check_sums(all_shares(template), USED)


def test_webhooks_leave_a_tenth_of_each_limit(template: Template) -> None:
    check_sums(all_shares(template, Webhooks="yes"), USED_WITH_WEBHOOKS)


def check_sums(of_all: dict[str, dict[str, Share]], used: Fraction) -> None:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for of_function in of_all.values():
        for action, share in of_function.items():
            sums[action] += Fraction(share.queue + share.callers, WINDOW)
    for action, calls in sums.items():
        assert calls <= used * limits()[action].calls_per_second, f"{action}: {float(calls)} calls a second"
    for provider, limit in LIMIT_OF_ONE_ADDRESS.items():
        calls = sum((calls for action, calls in sums.items() if action.startswith(f"{provider}:")), Fraction())
        assert calls <= used * limit, f"{provider}: {float(calls)} calls a second from one address"


def test_each_function_has_a_share_of_each_action_that_it_calls(template: Template) -> None:
    for name, of_function in all_shares(template, Webhooks="yes").items():
        called = {f"{provider}:{action}" for provider, actions in (ACTIONS | WEBHOOK_ACTIONS)[name].items() for action in actions}
        assert of_function.keys() == called <= limits().keys(), name


def test_the_function_that_hands_orders_on_makes_no_calls(template: Template) -> None:
    (function,) = (
        function
        for name, function in deploy(template, Webhooks="yes").of_type("AWS::Lambda::Function").items()
        if name == "InactivateWebhookFunction"
    )
    variables = function["Environment"]["Variables"]
    assert not {"CALLS_PER_SECOND", "RESERVED_CONCURRENCY", "QUEUE_CONCURRENCY"} & variables.keys()


def test_one_function_keeps_each_limit_in_any_second(template: Template) -> None:
    """In one second a sandbox makes its burst at once, and a further call at the end of each interval that ends within the second.

    Two loads are the worst: as many sandboxes as possible work on messages and the others on other events, or all work on other events.
    """
    for name, variables in variables_of(deploy(template, Webhooks="yes")):
        reserved, queue = int(variables["RESERVED_CONCURRENCY"]), int(variables["QUEUE_CONCURRENCY"])
        for action, share in shares(str(variables["CALLS_PER_SECOND"])).items():
            limit = limits()[action]
            one = rate_limit(limit, share, reserved, queue)
            assert one, f"{name} would not start: its share of {action} is too small"
            of_queue = one.burst + ceil(1 / one.queue_interval) - 1
            of_caller = one.burst + ceil(1 / one.caller_interval) - 1
            most = max(queue * of_queue + (reserved - queue) * of_caller, reserved * of_caller)
            assert most <= limit.calls_per_second, f"{name} may make {most} calls of {action} in a second"


def test_http_requests_find_a_sandbox_that_the_queue_does_not_use(template: Template) -> None:
    """The function computes its rate limits from the numbers that AWS enforces.

    The queue's number is lower than the reserved one, because both kinds of events use the same sandboxes. Otherwise a full queue would
    leave no sandbox for HTTP requests, and Lambda would throttle messages while a sandbox still pays for the calls of an HTTP request.
    """
    numbers = {"DescribeConcurrency": 9, "DescribeQueueConcurrency": 3, "InactivateConcurrency": 8, "InactivateQueueConcurrency": 4}
    for parameters in ({}, numbers | {"StatusConcurrency": 7, "StatusQueueConcurrency": 5}):
        stack = deploy(template, **parameters)
        mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
        of_function = {referred(mapping["FunctionName"]): mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings}
        assert len(of_function) == len(mappings)
        for logical_id, name in names(stack).items():
            function = stack.resources[logical_id]["Properties"]
            variables, reserved, of_queue = (
                function["Environment"]["Variables"],
                function["ReservedConcurrentExecutions"],
                of_function[logical_id],
            )
            assert of_queue == variables["QUEUE_CONCURRENCY"] < reserved == variables["RESERVED_CONCURRENCY"], name
            title = name.capitalize()
            for parameter, number in ((f"{title}Concurrency", reserved), (f"{title}QueueConcurrency", of_queue)):
                assert number == parameters.get(parameter, template["Parameters"][parameter]["Default"]), parameter


def test_webhook_functions_share_their_calls_among_their_own_sandboxes(template: Template) -> None:
    for parameters, number in (({}, 2), ({"WebhookConcurrency": 9}, 9)):
        stack = deploy(template, Webhooks="yes", **parameters)
        of_webhooks = {name: variables for name, variables in variables_of(stack) if is_webhook(name)}
        assert of_webhooks.keys() == WEBHOOK_ACTIONS.keys()
        for name, variables in of_webhooks.items():
            assert (variables["RESERVED_CONCURRENCY"], variables["QUEUE_CONCURRENCY"]) == (number, "0"), name


def test_a_list_of_calls_that_the_functions_refuse_is_refused_before(template: Template) -> None:
    action = "aws-iot:UpdateCertificate"
    for name, declared in template["Parameters"].items():
        if not name.endswith("CallsPerSecond"):
            continue
        assert len(declared["Default"]) <= 4096, f"CloudFormation does not accept so long a value of {name}"
        without_a_queue, with_a_queue = ("0+2", "0+0.2", "0+10.5"), ("2+6", "0.8+2", "10.5+0.1")
        accepted, not_here = (without_a_queue, with_a_queue) if "Webhook" in name else (with_a_queue, without_a_queue)
        for text in (declared["Default"], *(f"{action}={share}" for share in accepted), f"{action}={accepted[0]},{action}={accepted[1]}"):
            assert re.fullmatch(declared["AllowedPattern"], text), text
        malformed = ("", "2", "2+", "+2", "0+0", "2+0", "0.0+2", "2+0.0", "-2+6", "2+6+6", "1.25+6", "0+1.25", "1.+6", ".5+6", "2 + 6", "2-6")
        shares_refused = (*malformed, *not_here)
        lists_refused = ("", "12", "aws-iot=2", "aws-iot=2+6", action, f"{action}=2+6,", f",{action}=2+6", f"{action}=2+6, {action}=2+6")
        for text in (*(f"{action}={share}" for share in shares_refused), *lists_refused):
            assert not re.fullmatch(declared["AllowedPattern"], text), text


def test_the_documented_limits_and_shares_are_those_in_use(template: Template) -> None:
    """docs/providers.md has a row for each action: its limit, the limit's source, the share of each function, and those for webhooks."""
    documented = {}
    for line in (ROOT / "docs/providers.md").read_text().splitlines():
        if row := re.match(r"\| `([a-z-]+:\w+)` \| (\d+) \|", line):
            cells = [cell.strip() for cell in line.split("|")[4:-1]]
            cells[3:] = [f"0+{cell}" if cell else "" for cell in cells[3:]]
            documented[row[1]] = (int(row[2]), dict(zip((*ACTIONS, *WEBHOOK_ACTIONS), cells, strict=True)))
    in_use = all_shares(template, Webhooks="yes")
    assert documented.keys() == limits().keys()
    for action, (limit, cells) in documented.items():
        assert limit == limits()[action].calls_per_second, action
        for name, cell in cells.items():
            assert (shares(f"{action}={cell}")[action] if cell else None) == in_use[name].get(action), f"{action} of {name}"
