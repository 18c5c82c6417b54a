"""Every check of the template fails when the rule that it stands for is broken."""

from collections.abc import Callable
from types import ModuleType

import mutations_of_access
import pytest
import test_alarms as alarms
import test_environment as environment
import test_functions as functions
import test_http as http
import test_queues as queues
import test_rate_limits as rate_limits
import test_roles as roles
import test_schedule as schedule
from stack import TEMPLATE, Template, parse

Check = Callable[[Template], None]

# For each check: a text of the template, and what takes its first place.
MUTATIONS: dict[Check, list[tuple[str, str]]] = {
    **mutations_of_access.MUTATIONS,
    functions.test_functions_are_the_deployed_binaries: [
        ("CodeUri: functions/status", "CodeUri: functions/describe"),
        ("BuildMethod: rust-cargolambda", "BuildMethod: makefile"),
    ],
    functions.test_functions_run_on_the_intended_platform: [
        ("provided.al2023", "provided.al2"),
        ("    Architectures: [arm64]\n", ""),
        ("MemorySize: 128", "MemorySize: 1024"),
    ],
    functions.test_functions_answer_before_the_http_api_gives_up: [
        ("Timeout: 29", "Timeout: 30"),
    ],
    functions.test_logs_go_to_groups_that_expire: [
        ("LogFormat: JSON", "LogFormat: Json"),
        ("ApplicationLogLevel: !Ref LogLevel", "ApplicationLogLevel: INFO"),
        ("LogGroup: !Ref StatusLogGroup", "LogGroup: !Ref DescribeLogGroup"),
        (", RetentionInDays: !Ref LogRetentionDays", ""),
    ],
    functions.test_functions_are_traced_where_asked_for: [
        ("    Tracing: !Ref Tracing\n", ""),
        ("Default: PassThrough", "Default: Active"),
    ],
    functions.test_events_that_are_given_up_are_kept: [
        ("MaximumRetryAttempts: 2", "MaximumRetryAttempts: 0"),
        ("MaximumEventAgeInSeconds: 3600", "MaximumEventAgeInSeconds: 30"),
        ("Destination: !GetAtt FailuresQueue.Arn", "Destination: !GetAtt ResultsQueue.Arn"),
    ],
    queues.test_queues_report_failures_of_single_messages: [
        ("[ReportBatchItemFailures]", "[ReportBatchItemFailure]"),
        ("FunctionResponseTypes: [ReportBatchItemFailures]\n", "\n"),
    ],
    queues.test_batches_are_as_large_as_their_work_allows: [
        ("BatchSize: 100", "BatchSize: 10"),
        ("BatchSize: 1 #", "BatchSize: 10 #"),
        ("            MaximumBatchingWindowInSeconds: 1\n", ""),
    ],
    rate_limits.test_the_functions_together_keep_the_limit_of_each_action: [
        ("tencent-mqtt:DescribeDeviceCertificates=2+6", "tencent-mqtt:DescribeDeviceCertificates=2+6.1"),
        ("tencent-mqtt:DeactivateDeviceCertificate=12+4", "tencent-mqtt:DeactivateDeviceCertificate=12.1+4"),
        ("alibaba-mqtt:GetDeviceCertificate=60+16", "alibaba-mqtt:GetDeviceCertificate=60+16.1"),
        ("SerialNumber=4+4", "SerialNumber=4.1+4"),
        ("aws-iot:DescribeCertificate=0.4+1", "aws-iot:DescribeCertificate=0.5+1"),
    ],
    rate_limits.test_each_function_has_a_share_of_each_action_that_it_calls: [
        ("      aws-iot:ListCertificatesByCA=2+6,\\\n", ""),
        ("tencent-mqtt:DescribeDeviceCertificates=2+2,\\\n      tencent-mqtt:DescribeDeviceCertificate=3+8", "aws-iot:ListCertificates=1+1"),
        ("aws-iot:UpdateCertificate=0.8+2", "aws-iot:UpdateCertificates=0.8+2"),
        ("CALLS_PER_SECOND: !Ref InactivateCallsPerSecond", "CALLS_PER_SECOND: !Ref StatusCallsPerSecond"),
    ],
    rate_limits.test_one_function_keeps_each_limit_in_any_second: [
        ("tencent-mqtt:DescribeDeviceCertificate=3+8", "tencent-mqtt:DescribeDeviceCertificate=8+13"),
        ("aws-iot:DescribeCertificate=0.4+1", "aws-iot:DescribeCertificate=0.3+1"),
        ("aws-iot:UpdateCertificate=0.8+2", "aws-iot:UpdateCertificate=0.8+0.5"),
        ("DescribeConcurrency: { Type: Number, Default: 4", "DescribeConcurrency: { Type: Number, Default: 6"),
    ],
    rate_limits.test_http_requests_find_an_instance_that_the_queue_does_not_use: [
        ("MaximumConcurrency: !Ref InactivateQueueConcurrency", "MaximumConcurrency: !Ref InactivateConcurrency"),
        ("QUEUE_CONCURRENCY: !Ref DescribeQueueConcurrency", "QUEUE_CONCURRENCY: 2"),
        ("RESERVED_CONCURRENCY: !Ref DescribeConcurrency", "RESERVED_CONCURRENCY: 4"),
        ("ReservedConcurrentExecutions: !Ref DescribeConcurrency", "ReservedConcurrentExecutions: 5"),
        ("StatusConcurrency: { Type: Number, Default: 3", "StatusConcurrency: { Type: Number, Default: 2"),
        ("StatusQueueConcurrency: { Type: Number, Default: 2", "StatusQueueConcurrency: { Type: Number, Default: 3"),
    ],
    rate_limits.test_a_list_of_calls_that_the_functions_refuse_is_refused_before: [
        ("=([1-9][0-9]*", "=([0-9]+"),
        (r"|0\.[1-9])(,", r"|0\.[0-9])(,"),
        (r"(\.[0-9])?", r"(\.[0-9]+)?"),
        ("))*$", "))*,?$"),
        ("^[a-z-]+:[A-Za-z]+=", "^[a-z-]+(:[A-Za-z]+)?="),
        ("aws-iot:DescribeCertificate=0.6+2.6\"", "aws-iot:DescribeCertificate=0.6+2.6" + 4096 * "0" + "\""),
    ],
    rate_limits.test_the_documented_limits_and_shares_are_those_in_use: [
        ("aws-iot:DescribeCertificate=0.6+2.6", "aws-iot:DescribeCertificate=0.6+2.5"),
        ("      aws-iot:ListCertificatesByCA=2+6,\\\n", ""),
    ],
    queues.test_queue_concurrency_is_one_that_aws_takes: [
        ("MinValue: 2", "MinValue: 1"),
        ("MinValue: 2, ", ""),
        ("MaximumConcurrency: !Ref StatusQueueConcurrency", "MaximumConcurrency: 1"),
    ],
    queues.test_messages_stay_hidden_for_six_timeouts: [
        ("VisibilityTimeout: 180", "VisibilityTimeout: 173"),
        ("Timeout: 29", "Timeout: 31"),
        ("MaximumBatchingWindowInSeconds: 1", "MaximumBatchingWindowInSeconds: 20"),
    ],
    queues.test_queues_have_dead_letter_queues_of_their_own: [
        ("!GetAtt StatusDeadLetterQueue.Arn", "!GetAtt StatusQueue.Arn"),
        ("MessageRetentionPeriod: 1209600 # 14 days, counted", "MessageRetentionPeriod: 345600 # 14 days, counted"),
        ("maxReceiveCount: 5", "maxReceiveCount: 1"),
        ("redrivePermission: byQueue", "redrivePermission: allowAll"),
        ("AccountId}:${AWS::StackName}-status", "AccountId}:other"),
    ],
    queues.test_answers_and_failures_are_kept_for_days: [
        ("MessageRetentionPeriod: 345600 # 4 days\n\n", "MessageRetentionPeriod: 3600\n\n"),
        ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 345600"),
    ],
    queues.test_queues_are_encrypted: [
        ("SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false"),
        ("      SqsManagedSseEnabled: true\n", ""),
    ],
    schedule.test_a_summary_is_made_only_when_asked_for: [
        ("    Condition: SendsSummary\n", ""),
        ("ScheduleExpression: !Ref SummarySchedule", "ScheduleExpression: rate(1 minute)"),
        ("        Arn: !GetAtt DescribeFunction.Arn", "        Arn: !GetAtt StatusFunction.Arn"),
    ],
    schedule.test_the_summary_counts_all_sources_or_one_instance: [
        ('"limit": 0', '"limit": 1'),
        ('"expires_within_days": ${SummaryExpiresWithinDays}', '"expires_within_days": 30'),
        ('"detail-type": "Summary", ', ""),
        ("<aws.scheduler.execution-id>", "1"),
        ('[!Ref SummaryInstance, ""]', '[!Ref SummarySchedule, ""]'),
    ],
    schedule.test_the_scheduler_may_invoke_describe_only: [
        ("[lambda:InvokeFunction], Resource: !GetAtt DescribeFunction.Arn", '[lambda:InvokeFunction], Resource: "*"'),
        ("            Condition: { StringEquals: { aws:SourceAccount: !Ref AWS::AccountId } }\n", "            Condition: {}\n"),
        ("Service: scheduler.amazonaws.com", "Service: events.amazonaws.com"),
    ],
    schedule.test_a_schedule_is_one_that_the_scheduler_takes: [
        (r"\(.+\))?$", r"\(.*\))?$"),
        (r"^((rate|cron)\(", r"^((|rate|cron)[^(]*\(?"),
        ("AllowedPattern: ^[A-Za-z0-9_-]*$", "AllowedPattern: ^.*$"),
    ],
    alarms.test_alarms_are_on_metrics_that_exist: [
        ("MetricName: Errors", "MetricName: Error"),
        ("MetricName: ApproximateAgeOfOldestMessage", "MetricName: AgeOfOldestMessage"),
        ("Name: FunctionName, Value", "Name: Function, Value"),
        ("Value: !Ref StatusFunction }", "Value: !Ref StatusQueue }"),
        ("Namespace: AWS/SQS", "Namespace: AWS/Lambda"),
        ("TreatMissingData: notBreaching", "TreatMissingData: breaching"),
        ("Period: 300", "Period: 45"),
    ],
    alarms.test_every_function_and_queue_is_watched: [
        ("MetricName: Throttles", "MetricName: Invocations"),
        ("Threshold: 28500", "Threshold: 29000"),
        ("Threshold: 900", "Threshold: 9000"),
        ("!GetAtt StatusDeadLetterQueue.QueueName", "!GetAtt StatusQueue.QueueName"),
        ("Statistic: Sum", "Statistic: SampleCount"),
        ("ComparisonOperator: GreaterThanThreshold", "ComparisonOperator: LessThanThreshold"),
    ],
    alarms.test_alarms_go_to_the_topic_that_is_given: [
        ("      AlarmActions: [!If [HasAlarmTopic, !Ref AlarmTopic, !Ref AWS::NoValue]]\n", "      AlarmActions: []\n"),
        ("AlarmActions: [!If [HasAlarmTopic, !Ref AlarmTopic, !Ref AWS::NoValue]]", "AlarmActions: [!Ref AlarmTopic]"),
    ],
    alarms.test_each_alarm_has_an_answer_in_the_documents: [
        ("StatusThrottlesAlarm:", "StatusThrottlingAlarm:"),
        ("FailuresAlarm:", "FailedAlarm:"),
    ],
    alarms.test_the_dashboard_shows_metrics_that_exist: [
        ('"Invocations", "FunctionName"', '"Invocation", "FunctionName"'),
        ('[ "...", "${FailuresQueue.QueueName}" ]', '[ "...", "${ResultsQueue.QueueName}" ]'),
    ],
}


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        pytest.param(check, old, new, id=f"{check.__name__.removeprefix('test_')}-{number}")
        for check, mutations in MUTATIONS.items()
        for number, (old, new) in enumerate(mutations, start=1)
    ],
)
def test_mutation_is_caught(check: Check, old: str, new: str) -> None:
    text = TEMPLATE.read_text()
    assert old in text, "the template no longer holds the text to change"
    mutated = parse(text.replace(old, new, 1))
    with pytest.raises(AssertionError):
        check(mutated)


def test_every_check_has_a_mutation() -> None:
    def checks(module: ModuleType) -> set[str]:
        return {name for name in vars(module) if name.startswith("test_")}

    existing = set().union(*map(checks, (alarms, environment, functions, http, queues, rate_limits, roles, schedule)))
    assert existing == {check.__name__ for check in MUTATIONS}
