"""The summary that describe makes by itself."""

import json
import re

from stack import Template, deploy, referred
from test_roles import statements

DAILY = {"SummarySchedule": "rate(1 day)"}


def test_a_summary_is_made_only_when_asked_for(template: Template) -> None:
    assert not deploy(template).of_type("AWS::Scheduler::Schedule")
    (schedule,) = deploy(template, **DAILY).of_type("AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == "rate(1 day)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert referred(schedule["Target"]["Arn"]) == "DescribeFunction"
    assert referred(schedule["Target"]["RoleArn"]) == "SummaryRole"


def test_the_summary_counts_all_sources_or_one_instance(template: Template) -> None:
    counts = {"summary": True, "limit": 0, "filter": {"expires_within_days": 7}}
    for instance, whose in (("", {"sources": "all"}), ("mqtt-1", {"provider": "tencent-mqtt", "instance_id": "mqtt-1"})):
        stack = deploy(template, **DAILY, SummaryInstance=instance, SummaryExpiresWithinDays=7)
        (schedule,) = stack.of_type("AWS::Scheduler::Schedule").values()
        event = json.loads(schedule["Target"]["Input"])
        assert event.pop("detail") == whose | counts, instance
        # By these it is an event of a bus, whose answer goes to the results queue under an id of its own.
        assert event == {"id": "<aws.scheduler.execution-id>", "detail-type": "Summary"}, instance


def test_the_scheduler_may_invoke_describe_only(template: Template) -> None:
    assert "SummaryRole" not in deploy(template).resources
    role = deploy(template, **DAILY).resources["SummaryRole"]["Properties"]
    (statement,) = statements(role)
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert referred(statement["Resource"]) == "DescribeFunction"
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    # Otherwise the scheduler would act for any account that names the role.
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_schedule_is_one_that_the_scheduler_takes(template: Template) -> None:
    parameters = template["Parameters"]
    for text in ("", "rate(1 day)", "cron(0 6 * * ? *)"):
        assert re.fullmatch(parameters["SummarySchedule"]["AllowedPattern"], text), text
    for text in ("daily", "0 6 * * *", "rate()"):
        assert not re.fullmatch(parameters["SummarySchedule"]["AllowedPattern"], text), text
    # The instance becomes part of a JSON text.
    assert not re.fullmatch(parameters["SummaryInstance"]["AllowedPattern"], 'a", "limit": "1')
