"""What raises an alarm, and that AWS measures it."""

import json
import re
from typing import Any

from stack import ROOT, Properties, Stack, Template, code_folders, deploy, referred

# The metrics that these namespaces have under the one dimension named, from AWS's documentation of Lambda and SQS.
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
}
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"


def alarms(stack: Stack) -> dict[tuple[str, str], Properties]:
    """Each alarm by its metric and the logical id of what it watches."""
    found = {}
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        (dimension,) = alarm["Dimensions"]
        found[alarm["MetricName"], watched(dimension["Value"])] = alarm
    return found


def watched(value: Any) -> str:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "QueueName"]}:
            return name
    return ""


def test_alarms_are_on_metrics_that_exist(template: Template) -> None:
    resources = deploy(template).resources
    of_type = {"FunctionName": "AWS::Lambda::Function", "QueueName": "AWS::SQS::Queue"}
    for (metric, name), alarm in alarms(deploy(template)).items():
        (dimension,) = alarm["Dimensions"]
        assert metric in METRICS.get((alarm["Namespace"], dimension["Name"]), ()), metric
        assert resources[name]["Type"] == of_type.get(dimension["Name"]), name
        # A metric that is not sent is no news: nothing ran.
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["Period"] % 60 == 0 and alarm["EvaluationPeriods"] >= 1, name


def test_every_function_and_queue_is_watched(template: Template) -> None:
    stack = deploy(template)
    watching: dict[tuple[str, str], tuple[str, float]] = {
        key: (alarm["Statistic"], alarm["Threshold"]) for key, alarm in alarms(stack).items()
    }
    expected = {("ApproximateNumberOfMessagesVisible", "FailuresQueue"): ("Maximum", 0)}
    queues = stack.of_type("AWS::SQS::Queue")
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
        }
    assert watching == expected
    assert {alarm["ComparisonOperator"] for alarm in alarms(stack).values()} == {"GreaterThanThreshold"}
    assert len(stack.of_type("AWS::CloudWatch::Alarm")) == len(expected)


def test_alarms_go_to_the_topic_that_is_given(template: Template) -> None:
    for stack, actions in ((deploy(template), []), (deploy(template, AlarmTopic=TOPIC), [TOPIC])):
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
            assert alarm["AlarmActions"] == actions, alarm


def test_each_alarm_has_an_answer_in_the_documents(template: Template) -> None:
    documented = (ROOT / "docs/operations.md").read_text()
    titles = "|".join(folder.capitalize() for folder in code_folders(template).values())
    for name in deploy(template).of_type("AWS::CloudWatch::Alarm"):
        assert f"| `{re.sub(f'^({titles})', '...', name)}` |" in documented, name


def test_the_dashboard_shows_metrics_that_exist(template: Template) -> None:
    (dashboard,) = deploy(template).of_type("AWS::CloudWatch::Dashboard").values()
    shown = set()
    for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
        (namespace, metric, dimension, first), *others = widget["properties"]["metrics"]
        assert metric in METRICS[namespace, dimension], metric
        assert {word for word, _ in others} == {"..."}
        shown |= {first.strip("${}"), *(name.strip("${}") for _, name in others)}
    stack = deploy(template)
    queues = {f"{name}.QueueName" for name in stack.of_type("AWS::SQS::Queue")}
    assert shown == queues | set(code_folders(template))
