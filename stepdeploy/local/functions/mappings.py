"""Event source mappings from SQS queues: their records (polling.py does the work).

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.local.functions.control import Control, Operation, page, resolve
from stepdeploy.local.functions.errors import conflict, constraint, invalid, not_found
from stepdeploy.local.functions.names import Target, parse_target
from stepdeploy.local.wire import ApiCall

MAX_BATCH = 10_000
#: A batch larger than one ReceiveMessage needs a time in which it is collected.
MAX_UNWINDOWED = 10
_REFUSED = ("FilterCriteria", "KMSKeyArn", "SelfManagedEventSource", "DocumentDBEventSourceConfig", "StartingPosition")


def create_event_source_mapping(control: Control, call: ApiCall) -> dict[str, Any]:
    """CreateEventSourceMapping, from an SQS queue."""
    params = call.params
    arn = params.get("EventSourceArn", "")
    _refuse_what_does_not_run(params)
    if arn.split(":")[2:3] != ["sqs"] or arn.count(":") != 5:
        raise invalid(f"Unrecognized event source. The embedded AWS of stepdeploy reads from SQS queues only: {arn!r}")
    target, timeout = _function(control, call, params["FunctionName"])
    _check_queue(control, arn, timeout)
    mapping = {
        "UUID": control.world.new_id(),
        "EventSourceArn": arn,
        "FunctionArn": target.qualified_arn,
        "BatchSize": params.get("BatchSize", 10),
        "MaximumBatchingWindowInSeconds": params.get("MaximumBatchingWindowInSeconds", 0),
        "FunctionResponseTypes": list(params.get("FunctionResponseTypes", [])),
        "ScalingConfig": params.get("ScalingConfig"),
        "State": "Enabled" if params.get("Enabled", True) else "Disabled",
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": control.world.now(),
    }
    _check(mapping)
    with control.store.lock:
        mappings = control.region(call).mappings
        for other in mappings.values():
            if (other["EventSourceArn"], other["FunctionArn"]) == (arn, target.qualified_arn):
                raise conflict(
                    f'An event source mapping with SQS arn (" {arn} ") and function (" {target.name} ") already '
                    f"exists. Please update or delete the existing mapping with UUID {other['UUID']}"
                )
        mappings[mapping["UUID"]] = mapping
    return {**mapping, "State": "Creating"}


def _refuse_what_does_not_run(params: dict[str, Any]) -> None:
    for name in _REFUSED:
        if params.get(name):
            raise invalid(f"The embedded AWS of stepdeploy does not do {name} of event source mappings.")


def _function(control: Control, call: ApiCall, identifier: str) -> tuple[Target, int]:
    """The function that a mapping calls, and its timeout in seconds."""
    target = parse_target(identifier, None, region=call.region, account=call.account)
    with control.store.lock:
        function = control.region(call).functions.get(target.name)
        if function is None:
            raise invalid("Function does not exist")
        return target, int(resolve(function, target).snapshot.settings["Timeout"])


def _check_queue(control: Control, arn: str, timeout: int) -> None:
    """The queue must exist, and hide messages for as long as the function may run."""
    sqs = control.world.client("sqs", arn.split(":")[3])
    try:
        address = sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
        names = ["VisibilityTimeout"]
        hidden = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=names)["Attributes"]["VisibilityTimeout"]
    except ClientError as error:
        reason = error.response["Error"]
        raise invalid(
            f"Error occurred while ReceiveMessage. SQS Error Code: {reason.get('Code')}. "
            f"SQS Error Message: {reason.get('Message')}"
        ) from None
    if int(hidden) < timeout:
        raise invalid(f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds")


def _check(mapping: dict[str, Any]) -> None:
    size, window = mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]
    if not 1 <= size <= MAX_BATCH:
        bound = "greater than or equal to 1" if size < 1 else f"less than or equal to {MAX_BATCH}"
        raise constraint(size, "batchSize", f"Member must have value {bound}")
    if not 0 <= window <= 300:
        raise constraint(window, "maximumBatchingWindowInSeconds", "Member must have value less than or equal to 300")
    if size > MAX_UNWINDOWED and window == 0:
        raise invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    most = (mapping["ScalingConfig"] or {}).get("MaximumConcurrency")
    if most is not None and not 2 <= most <= 1000:
        bound = "greater than or equal to 2" if most < 2 else "less than or equal to 1000"
        raise constraint(most, "scalingConfig.maximumConcurrency", f"Member must have value {bound}")


def _find(control: Control, call: ApiCall) -> dict[str, Any]:
    mapping = control.region(call).mappings.get(call.params["UUID"])
    if mapping is None:
        raise not_found("The resource you requested does not exist.")
    return mapping


def update_event_source_mapping(control: Control, call: ApiCall) -> dict[str, Any]:
    """UpdateEventSourceMapping: what is not named stays."""
    params = call.params
    _refuse_what_does_not_run(params)
    names = ("BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig")
    changes = {name: params[name] for name in names if name in params}
    with control.store.lock:
        source = _find(control, call)["EventSourceArn"]
    if "FunctionName" in params:
        target, timeout = _function(control, call, params["FunctionName"])
        _check_queue(control, source, timeout)
        changes["FunctionArn"] = target.qualified_arn
    if "Enabled" in params:
        changes["State"] = "Enabled" if params["Enabled"] else "Disabled"
    with control.store.lock:
        changed = {**_find(control, call), **changes, "LastModified": control.world.now()}
        _check(changed)
        control.region(call).mappings[changed["UUID"]] = changed
    return {**changed, "State": "Updating"}


def get_event_source_mapping(control: Control, call: ApiCall) -> dict[str, Any]:
    """GetEventSourceMapping."""
    with control.store.lock:
        return dict(_find(control, call))


def list_event_source_mappings(control: Control, call: ApiCall) -> dict[str, Any]:
    """ListEventSourceMappings, perhaps of one queue or one function."""
    params = call.params
    wanted = None
    if params.get("FunctionName"):
        wanted = parse_target(params["FunctionName"], None, region=call.region, account=call.account).qualified_arn
    with control.store.lock:
        found = [
            dict(mapping)
            for mapping in control.region(call).mappings.values()
            if params.get("EventSourceArn") in (None, mapping["EventSourceArn"])
            and wanted in (None, mapping["FunctionArn"])
        ]
    chosen, marker = page(found, lambda mapping: str(mapping["UUID"]), params, largest=100)
    return {"EventSourceMappings": chosen, "NextMarker": marker}


def delete_event_source_mapping(control: Control, call: ApiCall) -> dict[str, Any]:
    """DeleteEventSourceMapping."""
    with control.store.lock:
        mapping = _find(control, call)
        del control.region(call).mappings[mapping["UUID"]]
    return {**mapping, "State": "Deleting"}


WRITES: dict[str, Operation] = {
    "CreateEventSourceMapping": create_event_source_mapping,
    "UpdateEventSourceMapping": update_event_source_mapping,
    "DeleteEventSourceMapping": delete_event_source_mapping,
}
READS: dict[str, Operation] = {
    "GetEventSourceMapping": get_event_source_mapping,
    "ListEventSourceMappings": list_event_source_mappings,
}
