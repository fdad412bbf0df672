"""What a call has to wait for, on AWS: which answers mean "not yet", and what must have settled after a call.

Sources: IAM is eventually consistent (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#
troubleshoot_general_eventual-consistency); Lambda function states
(https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html). The texts are those that AWS sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stepdeploy.errors import AwsError, NotFound

PATIENCE_SECONDS = 90.0
"""How long "not yet" is believed. A wrong role gives the same texts, so it must end."""

_NEW_BUCKET = (("NoSuchBucket", ""), ("OperationAborted", "conflicting conditional operation"))
"""A bucket that was made a moment ago may not show everywhere yet
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel)."""

_MAPPING = (("ResourceInUseException", ""), ("ResourceConflictException", "in use"))
_NEW_ROLE_OR_QUEUE = (
    ("InvalidParameterValueException", "execution role does not have permissions"),
    ("InvalidParameterValueException", "cannot be assumed by Lambda"),
    ("InvalidParameterValueException", "AWS.SimpleQueueService.NonExistentQueue"),
    ("InvalidParameterValueException", "Queue does not exist"),
)
"""Lambda tries the role on the queue when they are tied together, and both may have been made a moment ago."""
_ASYNC = (
    ("ResourceConflictException", "An update is in progress"),
    ("InvalidParameterValueException", "execution role does not have permissions"),
)
_RULE = (("ConcurrentModificationException", ""), ("ValidationException", "cannot be assumed by principal"))

NOT_YET: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("lambda", "create_function"): (
        ("InvalidParameterValueException", "cannot be assumed by Lambda"),
        ("InvalidParameterValueException", "KMS key is invalid for CreateGrant"),
        ("InvalidParameterValueException", "execution role does not have permissions"),
    ),
    ("lambda", "update_function_configuration"): (
        ("InvalidParameterValueException", "cannot be assumed by Lambda"),
        ("InvalidParameterValueException", "execution role does not have permissions"),
        ("ResourceConflictException", "An update is in progress"),
        ("ResourceConflictException", "in the following state: Pending"),
    ),
    ("lambda", "update_function_code"): (
        ("ResourceConflictException", "An update is in progress"),
        ("ResourceConflictException", "in the following state: Pending"),
    ),
    ("lambda", "publish_version"): (
        ("ResourceConflictException", "An update is in progress"),
        ("ResourceConflictException", "in the following state: Pending"),
    ),
    ("stepfunctions", "create_state_machine"): (
        ("AccessDeniedException", "authorized to assume the provided role"),
        ("AccessDeniedException", "not authorized to access the Log Destination"),
        ("StateMachineDeleting", ""),
    ),
    ("stepfunctions", "update_state_machine"): (
        ("AccessDeniedException", "authorized to assume the provided role"),
        ("AccessDeniedException", "not authorized to access the Log Destination"),
    ),
    ("lambda", "tag_resource"): (("ResourceConflictException", "An update is in progress"),),
    ("lambda", "untag_resource"): (("ResourceConflictException", "An update is in progress"),),
    ("s3", "create_bucket"): (("OperationAborted", "conflicting conditional operation"),),
    ("s3", "put_bucket_tagging"): _NEW_BUCKET,
    ("s3", "put_bucket_versioning"): _NEW_BUCKET,
    ("s3", "put_bucket_encryption"): _NEW_BUCKET,
    ("s3", "put_public_access_block"): _NEW_BUCKET,
    ("s3", "put_bucket_lifecycle_configuration"): _NEW_BUCKET,
    ("s3", "put_bucket_notification_configuration"): _NEW_BUCKET,
    ("lambda", "create_event_source_mapping"): _NEW_ROLE_OR_QUEUE,
    ("lambda", "update_event_source_mapping"): (*_MAPPING, *_NEW_ROLE_OR_QUEUE),
    ("lambda", "delete_event_source_mapping"): _MAPPING,
    ("lambda", "put_function_event_invoke_config"): _ASYNC,
    ("lambda", "update_function_event_invoke_config"): _ASYNC,
    ("lambda", "add_permission"): (("ResourceConflictException", "An update is in progress"),),
    ("events", "put_rule"): _RULE,
    ("events", "put_targets"): _RULE,
    ("events", "remove_targets"): _RULE,
    ("events", "delete_rule"): _RULE,
    ("dynamodb", "update_time_to_live"): (("ResourceInUseException", ""),),
    ("dynamodb", "update_continuous_backups"): (("ContinuousBackupsUnavailableException", ""),),
    ("sqs", "create_queue"): (("AWS.SimpleQueueService.QueueDeletedRecently", ""),),
}

Caller = Callable[..., dict[str, Any]]


def is_not_yet(service: str, operation: str, error: Exception) -> bool:
    """Whether `error` may pass by itself: an exact code and text for this operation."""
    if not isinstance(error, AwsError):
        return False
    patterns = NOT_YET.get((service, operation), ())
    return any(error.code == code and text in error.message for code, text in patterns)


def persevere(
    attempt: Callable[[], dict[str, Any]],
    not_yet: Callable[[Exception], bool],
    *,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    patience: float = PATIENCE_SECONDS,
) -> dict[str, Any]:
    """`attempt` until it succeeds, fails otherwise than "not yet", or `patience` seconds are over (then the last
    error is raised with a hint that it stayed)."""
    deadline, pause = clock() + patience, 0.5
    while True:
        try:
            return attempt()
        except AwsError as error:
            if not not_yet(error):
                raise
            if clock() + pause > deadline:
                error.hint = f"AWS kept saying this for {patience:.0f} s, so it is no passing delay."
                if "role" in error.message.lower():
                    error.hint += " Check the role's trust policy and permissions."
                raise
        sleep(pause)
        pause = min(pause * 1.5, 5.0)


def settled(call: Caller, service: str, operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether what the call started has taken effect. Raises AwsError where it never will."""
    _refuse_failed_entries(operation, params, answer)
    try:
        if (service, operation) in _FUNCTION_CALLS:
            return _active(answer) or _function_settled(
                call, params["FunctionName"], str(answer.get("Version", "$LATEST")), operation
            )
        if (service, operation) == ("lambda", "put_provisioned_concurrency_config"):
            return _is_provisioned(call, params)
        if (service, operation) == ("dynamodb", "create_table"):
            if answer.get("TableDescription", {}).get("TableStatus") == "ACTIVE":
                return True
            table = call("dynamodb", "describe_table", TableName=params["TableName"])
            return bool(table["Table"]["TableStatus"] == "ACTIVE")
        if (service, operation) == ("stepfunctions", "update_state_machine"):
            # "All StartExecution calls within a few seconds use the updated definition"
            # (https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html)
            seen = call("stepfunctions", "describe_state_machine", stateMachineArn=params["stateMachineArn"])
            return bool(seen.get("revisionId") == answer.get("revisionId"))
    except NotFound:
        # What was made a moment ago may not show yet
        # (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html).
        if operation.startswith(("create_", "publish_")):
            return False
        raise
    if (service, operation) == ("stepfunctions", "delete_state_machine"):
        return _is_gone(call, "stepfunctions", "describe_state_machine", stateMachineArn=params["stateMachineArn"])
    if (service, operation) == ("lambda", "delete_event_source_mapping"):
        return _is_gone(call, "lambda", "get_event_source_mapping", UUID=params["UUID"])
    if (service, operation) == ("dynamodb", "delete_table"):
        return _is_gone(call, "dynamodb", "describe_table", TableName=params["TableName"])
    return True


def _refuse_failed_entries(operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """EventBridge answers 200 also where it took none of the targets
    (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html)."""
    if operation in ("put_targets", "remove_targets") and answer.get("FailedEntryCount"):
        failed = answer.get("FailedEntries") or [{}]
        reasons = "; ".join(f"{item.get('TargetId')}: {item.get('ErrorMessage')}" for item in failed)
        code = str(failed[0].get("ErrorCode", ""))
        raise AwsError(
            f"targets were refused: {reasons}", code=code, where=params["Rule"], operation=f"events:{operation}"
        )


def _is_provisioned(call: Caller, params: Mapping[str, Any]) -> bool:
    where = {"FunctionName": params["FunctionName"], "Qualifier": params["Qualifier"]}
    found = call("lambda", "get_provisioned_concurrency_config", **where)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason") or "no reason given"
        raise AwsError(f"no provisioned concurrency: {reason}", where=f"{where['FunctionName']}:{where['Qualifier']}")
    return bool(found["Status"] == "READY")


def _is_gone(call: Caller, service: str, operation: str, **params: Any) -> bool:
    try:
        call(service, operation, **params)
    except NotFound:
        return True
    return False


_FUNCTION_CALLS = {
    ("lambda", "create_function"),
    ("lambda", "update_function_code"),
    ("lambda", "update_function_configuration"),
    ("lambda", "publish_version"),
}


def _function_settled(call: Caller, name: str, version: str, operation: str) -> bool:
    qualifier = {"Qualifier": version} if operation == "publish_version" else {}
    state = call("lambda", "get_function_configuration", FunctionName=name, **qualifier)
    if state.get("State") == "Failed" or state.get("LastUpdateStatus") == "Failed":
        reason = state.get("StateReason") or state.get("LastUpdateStatusReason") or "no reason given"
        raise AwsError(f"the function did not become active: {reason}", where=name, operation=f"lambda:{operation}")
    return _active(state)


def _active(state: Mapping[str, Any]) -> bool:
    """Both members must be there: an answer that leaves them out has told nothing."""
    return state.get("State") == "Active" and state.get("LastUpdateStatus", "Successful") == "Successful"
