"""Each alarm is raised by its metric, and AWS measures that."""

import json
import re
from typing import Any

from stack import ROOT, Properties, Stack, Template, code_folders, deploy, names, referred

# The metrics that these namespaces have under the dimensions named: from AWS's documentation of Lambda, SQS and HTTP APIs, and the functions'
# own (shared/src/trigger/metrics.rs).
METRICS = {
    ("AWS/Lambda", "FunctionName"): {
        "Invocations",
        "Errors",
        "Throttles",
        "Duration",
        "ConcurrentExecutions",
        "AsyncEventsDropped",
    },
    ("AWS/SQS", "QueueName"): {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesNotVisible",
        "NumberOfMessagesSent",
    },
    ("AWS/ApiGateway", "ApiId", "Stage"): {"4xx", "5xx", "Count", "IntegrationLatency", "Latency", "DataProcessed"},
    ("DeviceCertificates", "service"): {"credentials_refused", "messages_needing_redelivery"},
}
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"


def alarms(stack: Stack) -> dict[tuple[str, str], Properties]:
    """Each alarm by its metric and what it watches: a logical id, or the service that a metric of the functions is about."""
    return {
        (alarm["MetricName"], watched(alarm["Dimensions"][0]["Value"])): alarm
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
    }


def watched(value: Any) -> str:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "QueueName"]} | str(name):
            return name
    return ""


def test_alarms_are_on_metrics_that_exist(template: Template) -> None:
    stack = deploy(template, Webhooks="yes")
    resources = stack.resources
    of_type = {
        "FunctionName": "AWS::Lambda::Function",
        "QueueName": "AWS::SQS::Queue",
        "ApiId": "AWS::ApiGatewayV2::Api",
        "Stage": "AWS::ApiGatewayV2::Stage",
    }
    for (metric, name), alarm in alarms(stack).items():
        dimensions = {dimension["Name"]: watched(dimension["Value"]) for dimension in alarm["Dimensions"]}
        assert metric in METRICS.get((alarm["Namespace"], *dimensions), ()), metric
        for dimension, value in dimensions.items():
            if dimension == "service":
                assert value in code_folders(template).values(), value
            else:
                assert resources[value]["Type"] == of_type[dimension], value
        # A metric that is not sent is no news: nothing ran.
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["Period"] % 60 == 0 and alarm["EvaluationPeriods"] >= 1, name


def test_every_function_and_queue_is_watched(template: Template) -> None:
    check_alarms(template, deploy(template), set())


def test_webhook_functions_are_watched_for_errors_alone(template: Template) -> None:
    """Strangers can have them throttled at any time, and nobody must be called for that; they have no queue."""
    stack = deploy(template, Webhooks="yes")
    webhooks = names(stack).keys() - names(deploy(template)).keys()
    check_alarms(template, stack, {("Errors", function) for function in webhooks})


def check_alarms(template: Template, stack: Stack, more: set[tuple[str, str]]) -> None:
    watching: dict[tuple[str, str], tuple[str, float]] = {
        key: (alarm["Statistic"], alarm["Threshold"]) for key, alarm in alarms(stack).items()
    }
    queues = stack.of_type("AWS::SQS::Queue")
    expected = {
        ("ApproximateNumberOfMessagesVisible", "FailuresQueue"): ("Maximum", 0),
        # A day is left to receive what SQS would delete.
        ("ApproximateAgeOfOldestMessage", "ResultsQueue"): ("Maximum", queues["ResultsQueue"]["MessageRetentionPeriod"] - 24 * 60 * 60),
        ("5xx", "Api"): ("Sum", 0),
        ("4xx", "Api"): ("Sum", 100),
    }
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        function, queue = referred(mapping["FunctionName"]), referred(mapping["EventSourceArn"])
        redrive = queues[queue]["RedrivePolicy"]
        # As old as this, a message has come back more often than it may.
        age = queues[queue]["VisibilityTimeout"] * redrive["maxReceiveCount"]
        expected |= {
            ("Errors", function): ("Sum", 0),
            ("Throttles", function): ("Sum", 0),
            # Functions answer half a second before their timeout.
            ("Duration", function): ("Maximum", 1000 * stack.of_type("AWS::Lambda::Function")[function]["Timeout"] - 500),
            ("ApproximateAgeOfOldestMessage", queue): ("Maximum", age),
            ("ApproximateNumberOfMessagesVisible", referred(redrive["deadLetterTargetArn"])): ("Maximum", 0),
            ("credentials_refused", code_folders(template)[function]): ("Sum", 0),
        }
    assert watching == expected | dict.fromkeys(more, ("Sum", 0))
    assert {alarm["ComparisonOperator"] for alarm in alarms(stack).values()} == {"GreaterThanThreshold"}
    assert len(stack.of_type("AWS::CloudWatch::Alarm")) == len(watching)


def test_the_functions_write_the_metrics_that_are_watched(template: Template) -> None:
    source = (ROOT / "shared/src/trigger/metrics.rs").read_text()
    own = {alarm["MetricName"]: alarm["Namespace"] for alarm in alarms(deploy(template)).values() if "AWS/" not in alarm["Namespace"]}
    assert own
    for metric, namespace in own.items():
        assert f'("{metric}", ' in source and f'NAMESPACE: &str = "{namespace}"' in source, metric


def test_alarms_go_to_the_topic_that_is_given(template: Template) -> None:
    for topic, actions in (("", []), (TOPIC, [TOPIC])):
        stack = deploy(template, Webhooks="yes", AlarmTopic=topic)
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
            assert alarm["AlarmActions"] == actions, alarm


def test_a_deployment_says_that_nobody_hears_the_alarms(template: Template) -> None:
    assert "AlarmTopic" in deploy(template).outputs.get("AlarmsAreUnheard", "")
    assert "AlarmsAreUnheard" not in deploy(template, AlarmTopic=TOPIC).outputs


def test_each_alarm_has_an_answer_in_the_documents(template: Template) -> None:
    documented = (ROOT / "docs/operations.md").read_text()
    titles = "|".join(folder.capitalize() for folder in code_folders(template).values())
    for name in deploy(template, Webhooks="yes").of_type("AWS::CloudWatch::Alarm"):
        assert f"| `{re.sub(f'^({titles})', '...', name)}` |" in documented, name


def test_each_alarm_says_what_happened_and_where_to_look(template: Template) -> None:
    """A person who is paged reads this text first, in the message of the topic."""
    for name, alarm in deploy(template, Webhooks="yes", Fleet="yes").of_type("AWS::CloudWatch::Alarm").items():
        event, _, advice = alarm["AlarmDescription"].partition(". ")
        assert len(event) > 30 and advice == 'See "Alarms" in docs/operations.md.', name
        function = re.match("Describe|Inactivate|Status", name)
        assert function is None or function[0].lower() in event, name
    assert "\n## Alarms\n" in (ROOT / "docs/operations.md").read_text()


def test_the_dashboard_shows_metrics_that_exist(template: Template) -> None:
    for webhooks in ("no", "yes"):
        stack = deploy(template, Webhooks=webhooks)
        assert shown(stack) == {
            "QueueName": {f"{name}.QueueName" for name in stack.of_type("AWS::SQS::Queue")},
            "FunctionName": set(names(stack)),
            "service": set(code_folders(template).values()),
            "ApiId": {"Api"},
            "Stage": {"Stage"},
        }


def shown(stack: Stack) -> dict[str, set[str]]:
    """The values of each dimension of the dashboard's metrics."""
    (dashboard,) = stack.of_type("AWS::CloudWatch::Dashboard").values()
    text, parts = dashboard["DashboardBody"]["Fn::Sub"]
    for name, part in parts.items():
        text = text.replace(f"${{{name}}}", part if isinstance(part, str) else part["Fn::Sub"])
    found: dict[str, set[str]] = {}
    for widget in json.loads(text)["widgets"]:
        row: list[str] = []
        for written in widget["properties"]["metrics"]:
            # CloudWatch puts the beginning of the row above in place of the dots.
            row = [*row[:-1], *written[1:]] if written[0] == "..." else written
            namespace, metric, *pairs = row
            assert metric in METRICS[namespace, *pairs[::2]], metric
            for dimension, value in zip(pairs[::2], pairs[1::2], strict=True):
                found.setdefault(dimension, set()).add(value.strip("${}"))
    return found
