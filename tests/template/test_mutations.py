"""Every check of the template fails when the rule that it stands for is broken."""

from collections.abc import Callable
from types import ModuleType

import pytest
import test_environment as environment
import test_functions as functions
import test_http as http
import test_pace as pace
import test_queues as queues
from stack import TEMPLATE, Template, parse

Check = Callable[[Template], None]

RESOLVED_KEY = '!Sub "{{resolve:secretsmanager:${TencentSecret}:SecretString:TENCENTCLOUD_SECRET_KEY}}"'
OPEN_ROUTE = "AuthorizationType: !If [AnyoneMayCall, NONE, AWS_IAM]"
IOT_CERTIFICATES = "!Sub arn:${AWS::Partition}:iot:*:${AWS::AccountId}:cert/*"
CONDITIONAL_INSTANCES = "!If [HasAllowedInstances, !Ref InactivateAllowedInstances, !Ref AWS::NoValue]"

# For each check: a text of the template, and what takes its first place.
MUTATIONS: dict[Check, list[tuple[str, str]]] = {
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
    functions.test_roles_reach_the_own_queue_and_log_group_only: [
        ("sqs:DeleteMessage", '"sqs:*"'),
        ("Resource: !GetAtt StatusQueue.Arn", 'Resource: "*"'),
        ("      Role: !GetAtt StatusRole.Arn\n", ""),
        ("Service: lambda.amazonaws.com", 'AWS: "*"'),
        ('Default: "no"', 'Default: "yes"'),
        ('!Equals [!Ref AwsIot, "yes"]', '!Not [!Equals [!Ref AwsIot, "yes"]]'),
    ],
    functions.test_roles_reach_certificates_of_aws_iot_where_asked_for: [
        ('["no", "yes"]', '["no", "yes", "maybe"]'),
        ('[!Ref AwsIot, "yes"]', '[!Ref AwsIot, "on"]'),
        ("[iot:DescribeCertificate, iot:UpdateCertificate]", "[iot:DescribeCertificate]"),
        ("[iot:DescribeCertificate]", "[iot:DescribeCertificate, iot:UpdateCertificate]"),
        ("iot:ListCertificates, ", '"iot:List*", '),
        (IOT_CERTIFICATES, '"*"'),
        (IOT_CERTIFICATES, "!Sub arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:cert/*"),
        ('Resource: "*"', f"Resource: {IOT_CERTIFICATES}"),
    ],
    environment.test_environments_hold_what_each_function_needs: [
        ("TENCENT_MQTT_ENDPOINT:", "TENCENT_ENDPOINT:"),
        ("alibaba-pca\n", "alibaba-pca\n          EXTRA: yes\n"),
        ("!Ref AlibabaPcaRegion, !", "!Ref AlibabaMqttRegion, !"),
        ("          SOURCES: !If [HasSources, !Ref Sources, !Ref AWS::NoValue]\n", ""),
        ("      Variables:\n        TENCENT", "      Variables:\n        EXTRA: yes\n        TENCENT"),
    ],
    environment.test_environments_are_bare_by_default: [
        (CONDITIONAL_INSTANCES, "!Ref InactivateAllowedInstances"),
    ],
    environment.test_each_parameter_alone_brings_its_own_variables: [
        ("[!Ref AlibabaSecret,", "[!Ref TencentSecret,"),
        ("[HasSources,", "[HasAllowedInstances,"),
        ("[HasAlibabaMqttRegion,", "[HasAlibabaPcaRegion,"),
    ],
    environment.test_sources_that_lost_their_quotation_marks_are_refused: [
        (r'\{\s*"[\s\S]*\}', r"\{[\s\S]*\}"),
        (r"\s*\])?$", r"\s*\]?)?$"),
        (r"\s*\])?$", r"\s*\])$"),
    ],
    environment.test_secrets_are_reached_by_reference_only: [
        (RESOLVED_KEY, "!Ref TencentSecret"),
        ("Conditions:", "  AlibabaKey: { Type: String }\n\nConditions:"),
    ],
    queues.test_queues_report_failures_of_single_messages: [
        ("[ReportBatchItemFailures]", "[ReportBatchItemFailure]"),
        ("FunctionResponseTypes: [ReportBatchItemFailures]\n", "\n"),
    ],
    queues.test_batches_are_as_large_as_their_work_allows: [
        ("BatchSize: 100", "BatchSize: 10"),
        ("BatchSize: 10\n", "BatchSize: 100\n"),
        ("            MaximumBatchingWindowInSeconds: 1\n", ""),
    ],
    pace.test_calls_of_all_functions_keep_the_providers_limits: [
        ("tencent-mqtt=12,alibaba-mqtt=60", "tencent-mqtt=13,alibaba-mqtt=60"),
        ("alibaba-mqtt=120", "alibaba-mqtt=121"),
        ("tencent-mqtt=4,alibaba-mqtt=60,alibaba-pca=8", "tencent-mqtt=4,alibaba-mqtt=60,alibaba-pca=9"),
        ("aws-iot=4", "aws-iot=5"),
        ("RESERVED_CONCURRENCY: !Ref StatusConcurrency", "RESERVED_CONCURRENCY: 1"),
        ("ReservedConcurrentExecutions: !Ref DescribeConcurrency", "ReservedConcurrentExecutions: 5"),
    ],
    pace.test_each_function_has_a_pace_for_each_provider_that_it_calls: [
        ("alibaba-pca=8,aws-iot=4", "alibaba-pca=8"),
        ("CALLS_PER_SECOND: !Ref InactivateCallsPerSecond", "CALLS_PER_SECOND: !Ref StatusCallsPerSecond"),
    ],
    pace.test_instances_are_as_many_for_the_function_its_queue_and_its_pace: [
        ("MaximumConcurrency: !Ref InactivateConcurrency", "MaximumConcurrency: !Ref LogRetentionDays"),
        ("RESERVED_CONCURRENCY: !Ref DescribeConcurrency", "RESERVED_CONCURRENCY: 4"),
    ],
    pace.test_a_list_of_calls_that_the_functions_refuse_is_refused_before: [
        ("=[1-9][0-9]*(,", "=[0-9]+(,"),
        ("[0-9]*)*$", "[0-9]*)*,?$"),
    ],
    queues.test_queue_concurrency_is_one_that_aws_takes: [
        ("MinValue: 2", "MinValue: 1"),
        ("MinValue: 2, ", ""),
        ("MaximumConcurrency: !Ref StatusConcurrency", "MaximumConcurrency: 1"),
    ],
    queues.test_messages_stay_hidden_for_six_timeouts: [
        ("VisibilityTimeout: 180", "VisibilityTimeout: 173"),
        ("Timeout: 29", "Timeout: 31"),
        ("MaximumBatchingWindowInSeconds: 1", "MaximumBatchingWindowInSeconds: 20"),
    ],
    queues.test_queues_have_dead_letter_queues_of_their_own: [
        ("!GetAtt StatusDeadLetterQueue.Arn", "!GetAtt StatusQueue.Arn"),
        ("MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 345600"),
        ("maxReceiveCount: 5", "maxReceiveCount: 1"),
        ("redrivePermission: byQueue", "redrivePermission: allowAll"),
        ("AccountId}:${AWS::StackName}-status", "AccountId}:other"),
    ],
    queues.test_queues_are_encrypted: [
        ("SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false"),
        ("      SqsManagedSseEnabled: true\n", ""),
    ],
    http.test_routes_lead_to_their_functions: [
        ("RouteKey: POST /inactivate", "RouteKey: ANY /inactivate"),
        ("integrations/${StatusIntegration}", "integrations/${DescribeIntegration}"),
        ('PayloadFormatVersion: "2.0"', 'PayloadFormatVersion: "1.0"'),
    ],
    http.test_routes_have_an_authorizer_by_default: [
        (OPEN_ROUTE, "AuthorizationType: NONE"),
        (f"      {OPEN_ROUTE}\n", ""),
        ("Default: AWS_IAM", f"Default: {http.OPEN_TO_ALL}"),
    ],
    http.test_routes_are_open_to_all_only_when_asked_for_in_words: [
        (f"[AWS_IAM, {http.OPEN_TO_ALL}]", "[AWS_IAM, NONE]"),
        (OPEN_ROUTE, "AuthorizationType: AWS_IAM"),
    ],
    http.test_nothing_but_the_routes_is_reachable: [
        ("CodeUri:", "FunctionUrlConfig: { AuthType: NONE }\n      CodeUri:"),
        ("\nOutputs:", "  More: { Type: AWS::Serverless::HttpApi }\n\nOutputs:"),
    ],
    http.test_each_function_is_invoked_from_its_routes_only: [
        ("${Api}/*/*/describe", "${Api}/*"),
        ("FunctionName: !Ref StatusFunction", "FunctionName: other"),
        ("Principal: apigateway.amazonaws.com", 'Principal: "*"'),
    ],
    http.test_requests_are_throttled: [
        ("ThrottlingRateLimit: 10, ", ""),
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

    existing = set().union(*map(checks, (environment, functions, http, pace, queues)))
    assert existing == {check.__name__ for check in MUTATIONS}
