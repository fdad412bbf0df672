"""What a call waits for, with a clock that is not real: nothing here sleeps."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.aws import settling
from stepdeploy.errors import AccessDenied, AwsError, Conflict, NotFound
from tests.unit.aws.clients import Scripted, refusal
from tests.unit.resources.shapes import operation_model

ACTIVE = {"State": "Active", "LastUpdateStatus": "Successful"}
ROLE = refusal("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


def test_a_role_that_lambda_cannot_assume_yet() -> None:
    aws = Scripted({"create_function": [ROLE, ROLE, ACTIVE]})
    aws.call("lambda", "create_function", FunctionName="Greet")
    assert aws.names() == ["create_function"] * 3
    assert aws.time.naps == [0.5, 0.75]
    assert aws.writes == {"lambda:create_function": 3}


def test_a_role_that_stays_unassumable_is_an_error_after_the_patience() -> None:
    aws = Scripted({"create_function": [ROLE]})
    with pytest.raises(AwsError, match="cannot be assumed") as caught:
        aws.call("lambda", "create_function", FunctionName="Greet")
    assert settling.PATIENCE_SECONDS - 5 <= aws.time.now <= settling.PATIENCE_SECONDS
    assert "for 90 s" in (caught.value.hint or "") and "trust policy" in (caught.value.hint or "")


def test_the_hint_speaks_of_roles_only_where_the_role_may_be_the_cause() -> None:
    aws = Scripted({"create_queue": [refusal("AWS.SimpleQueueService.QueueDeletedRecently", "Wait 60 seconds.")]})
    with pytest.raises(AwsError) as caught:
        aws.call("sqs", "create_queue", QueueName="q")
    assert "for 90 s" in (caught.value.hint or "") and "role" not in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("create_function", refusal("InvalidParameterValueException", "Unzipped size must be smaller")),
        ("create_function", refusal("AccessDeniedException", "cannot be assumed by Lambda")),
        ("delete_function", ROLE),
    ],
)
def test_other_codes_texts_and_operations_are_not_retried(operation: str, error: Exception) -> None:
    aws = Scripted({operation: [error]})
    with pytest.raises(AwsError):
        aws.call("lambda", operation, FunctionName="Greet")
    assert aws.names() == [operation] and aws.time.naps == []


@pytest.mark.parametrize(
    ("service", "operation", "code", "text"),
    [
        ("stepfunctions", "create_state_machine", "AccessDeniedException",
         "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
         "provided role."),
        ("stepfunctions", "create_state_machine", "AccessDeniedException",
         "The state machine IAM Role is not authorized to access the Log Destination"),
        ("stepfunctions", "create_state_machine", "StateMachineDeleting", "State Machine is being deleted"),
        ("s3", "put_bucket_tagging", "NoSuchBucket", "The specified bucket does not exist"),
        ("dynamodb", "update_continuous_backups", "ContinuousBackupsUnavailableException", "being enabled"),
        ("lambda", "tag_resource", "ResourceConflictException",
         "The operation cannot be performed at this time. An update is in progress for resource: arn"),
    ],
)  # fmt: skip
def test_answers_that_mean_not_yet(service: str, operation: str, code: str, text: str) -> None:
    aws = Scripted({operation: [refusal(code, text), {}]})
    assert aws.call(service, operation, name="x") == {}
    assert aws.names() == [operation] * 2


def test_only_errors_of_aws_can_mean_not_yet() -> None:
    assert not settling.is_not_yet("lambda", "create_function", ValueError("cannot be assumed by Lambda"))


def test_every_operation_of_the_tables_exists() -> None:
    for service, operation in settling.NOT_YET:
        assert operation_model(service, operation).name


@pytest.mark.parametrize("operation", ["create_function", "update_function_code", "update_function_configuration"])
def test_a_function_is_waited_for(operation: str) -> None:
    pending = {"State": "Pending"}
    aws = Scripted(
        {
            operation: [pending],
            "get_function_configuration": [pending, {"State": "Active", "LastUpdateStatus": "InProgress"}, ACTIVE],
        }
    )
    aws.call("lambda", operation, FunctionName="Greet")
    assert aws.names() == [operation] + ["get_function_configuration"] * 3
    assert all("Qualifier" not in params for name, params in aws.played.calls if name.startswith("get"))
    assert aws.reads == {"lambda:get_function_configuration": 3} and aws.writes == {f"lambda:{operation}": 1}


def test_publishing_waits_for_that_very_version() -> None:
    aws = Scripted({"publish_version": [{"Version": "7", "State": "Pending"}], "get_function_configuration": [ACTIVE]})
    aws.call("lambda", "publish_version", FunctionName="Greet")
    assert aws.played.calls[-1] == ("get_function_configuration", {"FunctionName": "Greet", "Qualifier": "7"})


def test_an_answer_that_is_active_already_is_not_asked_again() -> None:
    aws = Scripted({"publish_version": [{"Version": "7", **ACTIVE}]})
    aws.call("lambda", "publish_version", FunctionName="Greet")
    assert aws.names() == ["publish_version"]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"State": "Failed", "StateReason": "The image is gone"}, "The image is gone"),
        ({"State": "Active", "LastUpdateStatus": "Failed", "LastUpdateStatusReason": "No room"}, "No room"),
        ({"State": "Failed"}, "no reason given"),
    ],
)
def test_a_function_that_fails_is_an_error_at_once(state: dict[str, Any], reason: str) -> None:
    aws = Scripted({"create_function": [{"State": "Pending"}], "get_function_configuration": [state]})
    with pytest.raises(AwsError, match=reason):
        aws.call("lambda", "create_function", FunctionName="Greet")
    assert aws.time.naps == []


def test_a_function_that_never_becomes_active_ends_the_wait() -> None:
    aws = Scripted({"create_function": [{"State": "Pending"}], "get_function_configuration": [{"State": "Pending"}]})
    with pytest.raises(AwsError, match="did not take effect within 300 s"):
        aws.call("lambda", "create_function", FunctionName="Greet")
    assert 300 < aws.time.now < 310


def test_a_table_may_not_show_right_after_it_was_made() -> None:
    missing = refusal("ResourceNotFoundException", "Requested resource not found")
    creating, active = {"Table": {"TableStatus": "CREATING"}}, {"Table": {"TableStatus": "ACTIVE"}}
    aws = Scripted({"create_table": [{}], "describe_table": [missing, creating, active]})
    aws.call("dynamodb", "create_table", TableName="orders")
    assert aws.names() == ["create_table"] + ["describe_table"] * 3


def test_a_function_that_is_gone_while_it_is_updated_is_an_error() -> None:
    missing = refusal("ResourceNotFoundException", "Function not found")
    aws = Scripted({"update_function_code": [{}], "get_function_configuration": [missing]})
    with pytest.raises(NotFound):
        aws.call("lambda", "update_function_code", FunctionName="Greet")


@pytest.mark.parametrize(
    ("service", "delete", "describe", "params", "code"),
    [
        ("stepfunctions", "delete_state_machine", "describe_state_machine", {"stateMachineArn": "m"},
         "StateMachineDoesNotExist"),
        ("dynamodb", "delete_table", "describe_table", {"TableName": "t"}, "ResourceNotFoundException"),
    ],
)  # fmt: skip
def test_deletion_is_waited_for(service: str, delete: str, describe: str, params: dict[str, str], code: str) -> None:
    aws = Scripted({delete: [{}], describe: [{"status": "DELETING"}, {"status": "DELETING"}, refusal(code, "gone")]})
    aws.call(service, delete, **params)
    assert aws.names() == [delete] + [describe] * 3
    assert aws.played.calls[-1][1] == params


def test_an_error_while_waiting_for_a_deletion_is_not_taken_for_gone() -> None:
    aws = Scripted({"delete_table": [{}], "describe_table": [refusal("AccessDeniedException", "no")]})
    with pytest.raises(AccessDenied):
        aws.call("dynamodb", "delete_table", TableName="t")


def test_pauses_grow_and_stay_bounded() -> None:
    busy = refusal("ResourceConflictException", "An update is in progress for resource")
    aws = Scripted({"update_function_code": [busy]})
    with pytest.raises(Conflict):
        aws.call("lambda", "update_function_code", FunctionName="Greet")
    assert aws.time.naps == sorted(aws.time.naps) and aws.time.naps[-1] == 5.0
