"""The functions have their processor, their log groups, and a queue for events that they give up."""

import tomllib

from stack import ROOT, Template, code_folders, deploy, is_webhook, names, referred

HTTP_API_TIMEOUT = 30


def test_functions_are_the_deployed_binaries(template: Template) -> None:
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
    packages = [tomllib.loads((ROOT / member / "Cargo.toml").read_text()) for member in workspace["default-members"]]
    assert set(code_folders(template).values()) == {package["package"]["name"] for package in packages}
    called = names(deploy(template, Webhooks="yes"))
    assert called.keys() == code_folders(template).keys()
    for logical_id, folder in code_folders(template).items():
        # The same programs take webhooks. The SAM CLI builds a folder once for all functions with the same metadata.
        assert called[logical_id] in (folder, f"{folder}-webhook"), logical_id
        assert template["Resources"][logical_id]["Metadata"] == {"BuildMethod": "rust-cargolambda"}, logical_id


def test_functions_run_on_the_intended_platform(template: Template) -> None:
    architectures = template["Parameters"]["Architecture"]
    assert (architectures["Default"], architectures["AllowedValues"]) == ("arm64", ["arm64", "x86_64"])
    for architecture in architectures["AllowedValues"]:
        expected = {"Runtime": "provided.al2023", "Architectures": [architecture], "MemorySize": 128, "Handler": "bootstrap"}
        for name, function in deploy(template, Webhooks="yes", Architecture=architecture).of_type("AWS::Lambda::Function").items():
            # Undeclared, the architecture would be that of the machine that builds.
            assert {key: function.get(key) for key in expected} == expected, name


def test_functions_answer_before_the_http_api_gives_up(template: Template) -> None:
    for name, function in deploy(template, Webhooks="yes").of_type("AWS::Lambda::Function").items():
        assert 3 < function["Timeout"] < HTTP_API_TIMEOUT, name


def test_logs_go_to_groups_that_expire(template: Template) -> None:
    stack = deploy(template, Webhooks="yes", LogLevel="DEBUG", LogRetentionDays=7)
    deployed, groups = stack.of_type("AWS::Lambda::Function"), stack.of_type("AWS::Logs::LogGroup")
    logging = {name: function.get("LoggingConfig", {}) for name, function in deployed.items()}
    assert sorted(referred(config.pop("LogGroup", None)) for config in logging.values()) == sorted(groups.keys() - {"ApiLogGroup"})
    for name, config in logging.items():
        assert config == {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}, name
    assert {group.get("RetentionInDays") for group in groups.values()} == {7}


def test_functions_are_traced_where_asked_for(template: Template) -> None:
    for mode in ("PassThrough", "Active"):
        for name, function in deploy(template, Webhooks="yes", Tracing=mode).of_type("AWS::Lambda::Function").items():
            assert function.get("TracingConfig") == {"Mode": mode}, name
    assert template["Parameters"]["Tracing"]["Default"] == "PassThrough"


def test_events_that_are_given_up_are_kept(template: Template) -> None:
    stack = deploy(template, Webhooks="yes")
    configs = list(stack.of_type("AWS::Lambda::EventInvokeConfig").values())
    # A webhook's sender waits for the answer.
    expected = sorted(logical_id for logical_id, name in names(stack).items() if not is_webhook(name))
    assert sorted(referred(config["FunctionName"]) for config in configs) == expected
    for config in configs:
        assert config["MaximumRetryAttempts"] == 2, config
        # An order to inactivate is good for a day at most, and nobody waits so long for a list.
        assert 60 <= config["MaximumEventAgeInSeconds"] <= 21600, config
        assert referred(config["DestinationConfig"]["OnFailure"]["Destination"]) == "FailuresQueue", config
