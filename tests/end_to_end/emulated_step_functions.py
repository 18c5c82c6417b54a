"""What Step Functions does on AWS and ministack's does not, or does otherwise.

* S3 by AWS SDK integrations: `Body` given as an object is written as JSON, and read as a text.
  https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
* RedriveExecution: an execution goes on at the state that it did not leave, with the same input, and so do the children of a Map Run
  that did not succeed. https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html and redrive-map-run.html
* StopExecution ends the children of a Map Run, too; an answer that comes afterwards is lost.
  https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
* A Map Run above its tolerated failures ends at once.
  https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
* The children of a Map Run are executions with an id of their own, and see no variable of the outer scope. The variables of one
  state's `Assign` all take effect at once. https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
* No text of more than 256 KiB passes from state to state, and no history has more than 25,000 events.
  https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
* IAM asks for the state machine's ARN when a task token is answered, as "AccessDeniedException ... states:SendTaskFailure on resource:
  arn:aws:states:...:stateMachine:..." of real accounts shows: https://github.com/NOAA-OWP/hydrovis/issues/837 and
  https://github.com/aws/aws-cdk/pull/8486
* Every call is made with the rights of the machine's role.
  https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
"""

import contextvars
import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid, now_iso
from ministack.services import s3
from ministack.services import stepfunctions as machines

MOST_BYTES = 256 * 1024
MOST_EVENTS = 25_000


Failure = machines._ExecutionError
Json = dict[str, Any]


@dataclass
class Attempt:
    """From a start or a redrive to the end that follows."""

    alive: bool = True


@dataclass
class Progress:
    """How far an execution has come: the state that it has entered and not left."""

    states: Json
    name: str | None
    data: Any
    context: Json
    record: Json
    role: str
    # The Map Run of the state that was entered last.
    map_run: "MapRun | None" = None


@dataclass
class MapRun:
    record: Json
    children: list[Progress]
    failures: list[Failure] = field(default_factory=list)


class Ended(Exception):
    """The execution was stopped, or its Map Run has failed."""


progress_of: dict[str, Progress] = {}
attempts: dict[str, Attempt] = {}
# The actions, each with its resource, that the roles of the machines were used for.
used: dict[str, set[tuple[str, str]]] = {}
machine_of_token: dict[str, str] = {}
lock = threading.Lock()
current: contextvars.ContextVar[tuple[Progress, Attempt]] = contextvars.ContextVar("current")


def run_execution(arn: str) -> None:
    """In place of ministack's own: from the state that the execution is at."""
    record = machines._executions[arn]
    if arn not in progress_of:
        machine = machines._state_machines[record["stateMachineArn"]]
        definition = json.loads(machine["definition"])
        data = json.loads(record["input"])
        context = {
            "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
            "Execution": {"Id": arn, "Input": data, "Name": record["name"], "StartTime": record["startDate"]},
            "StateMachine": {"Id": record["stateMachineArn"], "Name": machine["name"]},
            "variables": {},
        }
        progress_of[arn] = Progress(definition["States"], definition["StartAt"], data, context, record, machine["roleArn"])
    attempt = attempts[arn] = Attempt()
    # Step Functions calls by the role and over TLS, whoever has started the execution and however.
    iam_evaluator._request_caller_arn.set(session_of(progress_of[arn].role))
    iam_evaluator.pin_request_origin("127.0.0.1", True)
    try:
        output = walk(progress_of[arn], attempt)
    except Ended:
        return
    except Exception as error:
        attempt.alive = False
        failure = error if isinstance(error, Failure) else Failure("States.Runtime", repr(error))
        machines._fail_execution(record, failure.error, failure.cause)
        return
    text = json.dumps(output)
    record.update(status="SUCCEEDED", output=text, stopDate=now_iso())
    machines._add_event(record, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": text}})
    machines._emit_execution_status_event(record)


def walk(progress: Progress, attempt: Attempt) -> Any:
    """Carries out state after state, from the one that the execution is at to its end."""
    token = current.set((progress, attempt))
    try:
        while progress.name:
            step(progress, attempt)
        return progress.data
    finally:
        current.reset(token)


def step(progress: Progress, attempt: Attempt) -> None:
    if not attempt.alive:
        raise Ended
    name, record = progress.name, progress.record
    state = progress.states[name]
    # The values that a state assigns count when it is left, and not at all when the execution has ended meanwhile.
    context = {**progress.context, "variables": dict(progress.context["variables"])}
    context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
    entered = {"stateEnteredEventDetails": {"name": name, "input": json.dumps(progress.data)}}
    machines._add_event(record, f"{state['Type']}StateEntered", entered)
    if len(record["events"]) > MOST_EVENTS - 100:
        raise Failure("States.Runtime", f"The execution reached the maximum number of history events ({MOST_EVENTS}).")
    match state["Type"]:
        case "Fail":
            raise Failure(*machines._fail_state_error(state, progress.data, context))
        case "Succeed":
            data, following = machines._apply_jsonata_output(state, progress.data, context, default=progress.data), None
        case "Task" | "Parallel" | "Map":
            run = {"Task": machines._execute_task, "Parallel": machines._execute_parallel, "Map": machines._execute_map}[state["Type"]]
            data, following = run(state, progress.data, record, context)
        case kind:
            run = {"Pass": machines._execute_pass, "Choice": machines._execute_choice, "Wait": machines._execute_wait}[kind]
            data, following = run(state, progress.data, context)
    if not attempt.alive:
        raise Ended
    check_size(data, f"The output of the state {name}")
    for variable, value in context["variables"].items():
        check_size(value, f"The variable {variable}")
    machines._add_event(record, f"{state['Type']}StateExited", {"stateExitedEventDetails": {"name": name, "output": json.dumps(data)}})
    progress.context["variables"] = context["variables"]
    progress.data, progress.name, progress.map_run = data, following, None


def check_size(value: Any, named: str) -> None:
    size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise Failure("States.DataLimitExceeded", f"{named} has {size} bytes, more than {MOST_BYTES}.")


def run_distributed_map(state: Json, raw: Any, effective: Any, processor: Json, record: Json, context: Json) -> tuple[Any, str | None]:
    """In place of ministack's own. A redriven Map Run goes on with the children that did not succeed."""
    progress, attempt = current.get()
    if progress.map_run is None:
        progress.map_run = new_map_run(state, effective, processor, record, context, progress)
    else:
        progress.map_run.record.update(status="RUNNING", redriveCount=progress.map_run.record["redriveCount"] + 1)
    run = progress.map_run
    run.failures.clear()
    machines._add_event(record, "MapRunStarted", {"mapRunStartedEventDetails": {"mapRunArn": run.record["mapRunArn"]}})
    workers = int(run.record["maxConcurrency"]) or 64
    with ThreadPoolExecutor(max_workers=workers) as pool:
        wait([pool.submit(contextvars.copy_context().run, run_child, run, child, attempt) for child in run.children])
    if not attempt.alive:
        run.record["status"] = "ABORTED"
        raise Ended
    run.record.update(status="FAILED" if run.failures else "SUCCEEDED", stopDate=now_iso())
    if run.failures:
        raise Failure("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")
    results = [child.data for child in run.children]
    check_size(results, "The result of the Map state")
    output = machines._apply_result_path(state, raw, machines._apply_result_selector(state, results))
    return output, machines._next_or_end(state)


def new_map_run(state: Json, effective: Any, processor: Json, record: Json, context: Json, progress: Progress) -> MapRun:
    name, label = record["stateMachineArn"].rpartition(":")[2], state.get("Label") or new_uuid()
    place = f"{get_region()}:{get_account_id()}"
    permit(progress.role, "states:StartExecution", record["stateMachineArn"])
    permit(progress.role, "states:DescribeExecution", record["executionArn"])
    if "MaxConcurrencyPath" in state:
        most = machines._resolve_path(state["MaxConcurrencyPath"], effective)
    else:
        most = state.get("MaxConcurrency", 0)
    items = machines._resolve_path(state.get("ItemsPath", "$"), effective)
    counts = dict.fromkeys(("pending", "running", "succeeded", "failed", "timedOut", "aborted", "resultsWritten"), 0)
    counts |= {"failuresNotRedrivable": 0, "pendingRedrive": 0, "total": len(items)}
    run = {
        "mapRunArn": f"arn:aws:states:{place}:mapRun:{name}/{label}:{new_uuid()}",
        "executionArn": record["executionArn"],
        "_stateMachineArn": f"{record['stateMachineArn']}/{label}",
        "status": "RUNNING",
        "startDate": now_iso(),
        "maxConcurrency": int(most),
        "toleratedFailurePercentage": 0,
        "toleratedFailureCount": 0,
        "redriveCount": 0,
        "itemCounts": {**counts, "pending": len(items)},
        "executionCounts": {**counts, "pending": len(items)},
    }
    machines._map_runs[run["mapRunArn"]] = run
    children = []
    for index, item in enumerate(items):
        of_item = {**context, "Map": {"Item": {"Index": index, "Value": item}}}
        selector = state.get("ItemSelector")
        data = machines._resolve_params_obj(selector, effective, of_item) if selector else copy.deepcopy(item)
        child_name = new_uuid()
        child = {
            "executionArn": f"arn:aws:states:{place}:execution:{name}/{label}:{child_name}",
            "stateMachineArn": run["_stateMachineArn"],
            "name": child_name,
            "status": "PENDING_REDRIVE",
            "startDate": now_iso(),
            "stopDate": None,
            "input": json.dumps(data),
            "output": None,
            "mapRunArn": run["mapRunArn"],
            "events": [],
        }
        of_child = {
            "QueryLanguage": context["QueryLanguage"],
            "Execution": {"Id": child["executionArn"], "Input": data, "Name": child_name, "StartTime": now_iso()},
            "StateMachine": context["StateMachine"],
            "variables": {},
        }
        children.append(Progress(processor["States"], processor["StartAt"], data, of_child, child, progress.role))
    return MapRun(run, children)


def run_child(run: MapRun, child: Progress, attempt: Attempt) -> None:
    arn, record = child.record["executionArn"], child.record
    if record["status"] == "SUCCEEDED" or not attempt.alive or run.failures:
        return
    if arn in attempts:
        permit(child.role, "states:RedriveExecution", arn)
    machines._executions[arn] = record
    own = attempts[arn] = Attempt()
    record["status"] = "RUNNING"
    count(run)
    try:
        walk(child, own)
        record.update(status="SUCCEEDED", output=json.dumps(child.data), stopDate=now_iso())
    except Ended:
        record.update(status="ABORTED", stopDate=now_iso())
    except Exception as error:
        failure = error if isinstance(error, Failure) else Failure("States.Runtime", repr(error))
        record.update(status="FAILED", error=failure.error, cause=failure.cause, stopDate=now_iso())
        details = {"executionFailedEventDetails": {"error": failure.error, "cause": failure.cause}}
        machines._add_event(record, "ExecutionFailed", details)
        with lock:
            run.failures.append(failure)
        end_children(run)
    own.alive = False
    count(run)


def end_children(run: MapRun) -> None:
    for child in run.children:
        arn = child.record["executionArn"]
        if child.record["status"] == "RUNNING" and attempts[arn].alive:
            permit(child.role, "states:StopExecution", arn)
            attempts[arn].alive = False


def count(run: MapRun) -> None:
    of_status = {"RUNNING": "running", "SUCCEEDED": "succeeded", "FAILED": "failed", "ABORTED": "aborted", "PENDING_REDRIVE": "pending"}
    for counts in (run.record["itemCounts"], run.record["executionCounts"]):
        counts |= dict.fromkeys(of_status.values(), 0)
        for child in run.children:
            counts[of_status[child.record["status"]]] += 1


def stop_execution(request: Json) -> Any:
    answer = stop_of_ministack(request)
    if answer[0] == 200:
        end(request["executionArn"])
    return answer


def end(arn: str) -> None:
    attempts[arn].alive = False
    if run := progress_of[arn].map_run:
        end_children(run)


def redrive_execution(request: Json) -> Any:
    arn = request.get("executionArn", "")
    record = machines._executions.get(arn)
    if record is None or arn not in progress_of:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    if record["status"] not in ("FAILED", "ABORTED", "TIMED_OUT"):
        return error_response_json("ExecutionNotRedrivable", f"Execution is {record['status']} and cannot be redriven: '{arn}'", 400)
    record.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None)
    record["redriveCount"] = record.get("redriveCount", 0) + 1
    machines._add_event(record, "ExecutionRedriven", {"executionRedrivenEventDetails": {"redriveCount": record["redriveCount"]}})
    threading.Thread(target=contextvars.copy_context().run, args=(run_execution, arn), daemon=True).start()
    return json_response({"redriveDate": now_iso()})


def execute_task(state: Json, raw: Any, record: Json, context: Json) -> tuple[Any, str | None]:
    """A timeout may be an expression, too."""
    if isinstance(state.get("TimeoutSeconds"), str):
        seconds = machines._jsonata_state_field(state, "TimeoutSeconds", "number", raw, context)
        state = {**state, "TimeoutSeconds": seconds}
    return task_of_ministack(state, raw, record, context)


def apply_assign(state: Json, raw: Any, context: Json, result: Any = None, error_output: Any = None) -> None:
    """The values are all made before the first is changed. A catcher has the query language of its state."""
    template = machines._apply_jsonata_template
    assign = state.get("Assign", {}).items()
    values = {name: template(value, raw, context, result=result, error_output=error_output) for name, value in assign}
    context.setdefault("variables", {}).update(values)


def invoke_resource(resource: str, arguments: Json) -> Any:
    check_size(arguments, f"The input of {resource}")
    known = {"events:source": entry["Source"] for entry in arguments.get("Entries", [])}
    permit(current.get()[0].role, *needed(resource, arguments), known)
    result = invoke_of_ministack(resource, arguments)
    check_size(result, f"The result of {resource}")
    return result


def invoke_with_callback(resource: str, arguments: Json, token: str, state: Json) -> Any:
    permit(current.get()[0].role, *needed(resource.removesuffix(".waitForTaskToken"), arguments))
    machine_of_token[token] = current.get()[0].record["stateMachineArn"]
    return callback_of_ministack(resource, arguments, token, state)


def needed(resource: str, arguments: Json) -> tuple[str, str]:
    """The permission that a call needs, and its resource."""
    place = f"{get_region()}:{get_account_id()}"
    match resource.partition(":states:::")[2]:
        case "lambda:invoke":
            return "lambda:InvokeFunction", arguments["FunctionName"]
        case "sns:publish":
            return "sns:Publish", arguments["TopicArn"]
        case "sqs:sendMessage":
            return "sqs:SendMessage", f"arn:aws:sqs:{place}:{arguments['QueueUrl'].rpartition('/')[2]}"
        case "events:putEvents":
            return "events:PutEvents", f"arn:aws:events:{place}:event-bus/{arguments['Entries'][0].get('EventBusName', 'default')}"
        case "aws-sdk:s3:getObject":
            return "s3:GetObject", f"arn:aws:s3:::{arguments['Bucket']}/{arguments['Key']}"
        case "aws-sdk:s3:putObject":
            return "s3:PutObject", f"arn:aws:s3:::{arguments['Bucket']}/{arguments['Key']}"
    raise Failure("States.Runtime", f"nobody knows the permission that {resource} needs")


def permit(arn: str, action: str, resource: str, known: Json | None = None) -> None:
    """Whether a machine's role may do it. `known` has what conditions of the policies may ask for."""
    account, caller, role = get_account_id(), session_of(arn), arn.rpartition("/")[2]
    asked = iam_evaluator.EvalContext(caller, "AssumedRole", account, action, resource, get_region(), service_context=known or {})
    if iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(role, account)).decision != "Allow":
        service = {"lambda": "Lambda.AWSLambdaException", "s3": "S3.S3Exception", "sns": "SNS.AuthorizationErrorException"}
        error = service.get(action.partition(":")[0], "States.TaskFailed")
        raise Failure(error, f"{caller} is not authorized to perform: {action} on resource: {resource}")
    with lock:
        used.setdefault(role, set()).add((action, resource))


def session_of(role: str) -> str:
    return f"arn:aws:sts::{get_account_id()}:assumed-role/{role.rpartition('/')[2]}/states"


def invoke_sdk(resource: str, arguments: Json) -> Any:
    match resource.partition(":states:::")[2]:
        case "aws-sdk:s3:getObject":
            status, _, body = s3._get_object(arguments["Bucket"], arguments["Key"], {}, {})
            if status == 404:
                # A caller who may not list the bucket is not told that the object is missing.
                permit(current.get()[0].role, "s3:ListBucket", f"arn:aws:s3:::{arguments['Bucket']}")
                raise Failure("S3.NoSuchKeyException", f"The specified key does not exist: {arguments['Key']}")
            return {"Body": body.decode(), "ContentLength": len(body)}
        case "aws-sdk:s3:putObject":
            body = json.dumps(arguments["Body"], separators=(",", ":")).encode()
            headers = {"content-type": arguments["ContentType"]}
            status, _, answer = s3._put_object(arguments["Bucket"], arguments["Key"], body, headers)
            if status != 200:
                raise Failure("S3.S3Exception", answer.decode())
            return {}
    return sdk_of_ministack(resource, arguments)


async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: Json) -> Any:
    match headers.get("x-amz-target", "").rpartition(".")[2]:
        case "RedriveExecution":
            return machines._finalize_response(redrive_execution(json.loads(body)))
        # No action of AWS: the tests ask it for the permissions that were used.
        case "ListUsedPermissions":
            role = json.loads(body)["roleArn"].rpartition("/")[2]
            return json_response({"permissions": sorted(used.get(role, set()))})
    return await handle_of_ministack(method, path, headers, body, query)


def resource_of(service: str, method: str, path: str, headers: Json, body: bytes, query: Json, region: str, account: str) -> str:
    """What IAM is asked about: the machine of a token, and the Map Run that is named."""
    if service == "states":
        named = json.loads(body or b"{}")
        if found := machine_of_token.get(named.get("taskToken", "")) or named.get("mapRunArn"):
            return found
    return resource_of_ministack(service, method, path, headers, body, query, region, account)


stop_of_ministack = machines._stop_execution
task_of_ministack = machines._execute_task
invoke_of_ministack = machines._invoke_resource
callback_of_ministack = machines._invoke_with_callback
sdk_of_ministack = machines._invoke_aws_sdk_integration
handle_of_ministack = machines.handle_request
resource_of_ministack = iam_actions.extract_resource_arn


def install() -> None:
    machines._run_execution = run_execution
    machines._run_distributed_map = run_distributed_map
    machines._stop_execution = stop_execution
    machines._execute_task = execute_task
    machines._apply_state_assign = apply_assign
    machines._invoke_resource = invoke_resource
    machines._invoke_with_callback = invoke_with_callback
    machines._invoke_aws_sdk_integration = invoke_sdk
    machines.handle_request = handle_request
    iam_actions.extract_resource_arn = resource_of
