"""How messages are handed to the functions, and where they go in the end."""

from stack import Properties, Stack, Template, code_folders, deploy, is_webhook, names, referred

DAY = 24 * 60 * 60
# Where answers go, and where events go that a function has given up: nothing is taken from them here.
SENT_TO = ["FailuresQueue", "ResultsQueue"]


def queues_of_functions(stack: Stack) -> list[tuple[Properties, Properties, Properties]]:
    """Each event source mapping with its function and its queue; every function has one of its own but those for webhooks."""
    deployed, queues = stack.of_type("AWS::Lambda::Function"), stack.of_type("AWS::SQS::Queue")
    mappings = list(stack.of_type("AWS::Lambda::EventSourceMapping").values())
    fed = sorted(logical_id for logical_id, name in names(stack).items() if not is_webhook(name))
    assert sorted(referred(mapping["FunctionName"]) for mapping in mappings) == fed
    sources = [referred(mapping["EventSourceArn"]) for mapping in mappings]
    assert len(set(sources)) == len(sources) and set(sources) <= queues.keys(), f"not a queue each: {sources}"
    return [
        (mapping, deployed[referred(mapping["FunctionName"])], queues[source])
        for mapping, source in zip(mappings, sources, strict=True)
    ]


def test_queues_report_failures_of_single_messages(template: Template) -> None:
    for mapping, _, _ in queues_of_functions(deploy(template, Webhooks="yes")):
        assert mapping.get("FunctionResponseTypes") == ["ReportBatchItemFailures"], mapping


def test_batches_are_as_large_as_their_work_allows(template: Template) -> None:
    """The questions of many messages for status become few calls. One run reads one list or carries out one order, and further messages of
    a batch would wait for it."""
    stack = deploy(template)
    folders = code_folders(template)
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        folder = folders[referred(mapping["FunctionName"])]
        assert mapping["BatchSize"] == (100 if folder == "status" else 1), mapping
        # AWS takes no batch of more than 10 without a window.
        assert mapping.get("MaximumBatchingWindowInSeconds", 0) == (1 if folder == "status" else 0), mapping


def test_queue_concurrency_is_one_that_aws_takes(template: Template) -> None:
    least = {
        name: min(declared.get("AllowedValues", [declared.get("MinValue", 0)]))
        for name, declared in template["Parameters"].items()
        if declared["Type"] == "Number"
    }
    for stack in (deploy(template), deploy(template, **least)):
        for mapping, _, _ in queues_of_functions(stack):
            assert mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 0) >= 2, mapping


def test_messages_stay_hidden_for_six_timeouts(template: Template) -> None:
    for mapping, function, queue in queues_of_functions(deploy(template)):
        least = 6 * function["Timeout"] + mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue.get("VisibilityTimeout", 30) >= least, f"{queue} should hide messages for {least} seconds"


def test_queues_have_dead_letter_queues_of_their_own(template: Template) -> None:
    stack = deploy(template)
    queues = stack.of_type("AWS::SQS::Queue")
    sources = [queue for _, _, queue in queues_of_functions(stack)]
    targets = [referred(source.get("RedrivePolicy", {}).get("deadLetterTargetArn")) for source in sources]
    assert len(set(targets)) == len(targets) and set(targets) <= queues.keys(), f"not a queue each: {targets}"
    assert len(queues) == len(sources) + len(targets) + len(SENT_TO), f"a queue without a function: {sorted(queues)}"
    for source, target in zip(sources, targets, strict=True):
        dead_letters = queues[target]
        assert source["RedrivePolicy"]["maxReceiveCount"] >= 5, source
        # A message keeps its age when it moves, so the last queue has to keep it for longer than the first.
        assert source["MessageRetentionPeriod"] < dead_letters["MessageRetentionPeriod"] == 14 * DAY, target
        arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + source["QueueName"]["Fn::Sub"]
        allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [{"Fn::Sub": arn}]}
        assert dead_letters.get("RedriveAllowPolicy") == allowed, target


def test_answers_and_failures_are_kept_for_days(template: Template) -> None:
    queues = deploy(template).of_type("AWS::SQS::Queue")
    assert [queues[name]["MessageRetentionPeriod"] // DAY for name in SENT_TO] == [14, 4]
    assert not any("RedrivePolicy" in queues[name] for name in SENT_TO)


def test_queues_are_encrypted(template: Template) -> None:
    for name, queue in deploy(template).of_type("AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") is True, name
