"""The providers' limits hold whatever runs at once: instances allowed to run, times the pace of each."""

import re
from collections import defaultdict
from fractions import Fraction

from stack import Properties, Stack, Template, code_folders, deploy, referred

# Calls in a second that a provider takes from one account for one action. Tencent Cloud's and Alibaba Cloud's figures are those of the
# actions' own pages; that of AWS is the one commonly quoted.
LIMITS = {"tencent-mqtt": 20, "alibaba-mqtt": 500, "alibaba-pca": 10, "aws-iot": 10}
# Alibaba Cloud MQTT blocks an address that makes more, whatever the actions; functions may share one.
LIMIT_OF_ONE_ADDRESS = {"alibaba-mqtt": 300}
# What is given away of a limit.
SHARE = Fraction(80, 100)

# The actions that each function calls, as docs/providers.md lists them.
ACTIONS = {
    "describe": {
        "tencent-mqtt": ["DescribeDeviceCertificates"],
        "alibaba-mqtt": ["ListDeviceCertificate", "ListDeviceCertificateByCaSn", "GetDeviceCertificate"],
        "alibaba-pca": ["ListClientCertificate"],
        "aws-iot": ["ListCertificates", "ListCertificatesByCA", "DescribeCertificate"],
    },
    "inactivate": {
        "tencent-mqtt": ["DescribeDeviceCertificate", "DeactivateDeviceCertificate"],
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


def functions_of(template: Template, stack: Stack) -> dict[str, Properties]:
    deployed = stack.of_type("AWS::Lambda::Function")
    return {folder: deployed[name] for name, folder in code_folders(template).items()}


def calls_per_second(template: Template, **parameters: int) -> dict[str, dict[str, Fraction]]:
    """What each function may call in a second: its instances, each at the pace that it has from its environment."""
    calls = {}
    for folder, function in functions_of(template, deploy(template, **parameters)).items():
        variables = function["Environment"]["Variables"]
        shared = dict(item.split("=") for item in variables["CALLS_PER_SECOND"].split(","))
        pace = {provider: Fraction(int(count), int(variables["RESERVED_CONCURRENCY"])) for provider, count in shared.items()}
        instances = int(function["ReservedConcurrentExecutions"])
        calls[folder] = {provider: instances * each for provider, each in pace.items()}
    return calls


def concurrencies(template: Template, count: int) -> dict[str, int]:
    return {name: count for name in template["Parameters"] if name.endswith("Concurrency")}


def test_calls_of_all_functions_keep_the_providers_limits(template: Template) -> None:
    for parameters in ({}, concurrencies(template, 2), concurrencies(template, 37)):
        of_action: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        of_provider: dict[str, Fraction] = defaultdict(Fraction)
        for folder, calls in calls_per_second(template, **parameters).items():
            for provider, count in calls.items():
                of_provider[provider] += count
                for action in ACTIONS[folder][provider]:
                    of_action[provider, action] += count
        for (provider, action), count in of_action.items():
            assert count <= SHARE * LIMITS[provider], f"{action} of {provider}: {float(count)} calls a second"
        for provider, limit in LIMIT_OF_ONE_ADDRESS.items():
            assert of_provider[provider] <= SHARE * limit, f"{provider}: {float(of_provider[provider])} calls a second"


def test_each_function_has_a_pace_for_each_provider_that_it_calls(template: Template) -> None:
    for folder, calls in calls_per_second(template).items():
        assert calls.keys() == ACTIONS[folder].keys(), folder


def test_instances_are_as_many_for_the_function_its_queue_and_its_pace(template: Template) -> None:
    stack = deploy(template, **concurrencies(template, 7))
    for folder, function in functions_of(template, stack).items():
        assert function["ReservedConcurrentExecutions"] == 7, folder
        assert function["Environment"]["Variables"]["RESERVED_CONCURRENCY"] == 7, folder
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    assert [mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings] == [7, 7, 7], mappings
    of_one_function = {referred(mapping["FunctionName"]): mapping["ScalingConfig"] for mapping in mappings}
    assert len(of_one_function) == len(mappings)


def test_a_list_of_calls_that_the_functions_refuse_is_refused_before(template: Template) -> None:
    for name, declared in template["Parameters"].items():
        if not name.endswith("CallsPerSecond"):
            continue
        for text in (declared["Default"], "tencent-mqtt=1"):
            assert re.fullmatch(declared["AllowedPattern"], text), text
        for text in ("", "12", "tencent-mqtt", "tencent-mqtt=0", "tencent-mqtt=-1", "tencent-mqtt=1.5", "tencent-mqtt=1,"):
            assert not re.fullmatch(declared["AllowedPattern"], text), text
