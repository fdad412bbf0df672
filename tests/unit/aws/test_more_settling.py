"""What calls for events wait for, and answers that say 200 and mean no."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.aws import settling
from stepdeploy.errors import AwsError, NotFound


def asking(*answers: Any) -> Any:
    left = list(answers)

    def call(service: str, operation: str, **params: Any) -> dict[str, Any]:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    return call


def test_targets_that_were_refused_are_an_error_though_aws_answers_200() -> None:
    entry = {"TargetId": "queue-jobs", "ErrorCode": "InvalidArn", "ErrorMessage": "no such queue"}
    answer = {"FailedEntryCount": 1, "FailedEntries": [entry]}
    with pytest.raises(AwsError, match="queue-jobs: no such queue") as caught:
        settling.settled(asking(), "events", "put_targets", {"Rule": "R"}, answer)
    assert (caught.value.code, caught.value.where) == ("InvalidArn", "R")
    assert settling.settled(asking(), "events", "put_targets", {"Rule": "R"}, {"FailedEntryCount": 0})


def test_provisioned_concurrency_is_waited_for() -> None:
    params = {"FunctionName": "F", "Qualifier": "3"}
    call = asking({"Status": "IN_PROGRESS"}, {"Status": "READY"}, {"Status": "FAILED", "StatusReason": "no room"})
    arguments = ("lambda", "put_provisioned_concurrency_config", params, {})
    assert not settling.settled(call, *arguments)
    assert settling.settled(call, *arguments)
    with pytest.raises(AwsError, match="no provisioned concurrency: no room"):
        settling.settled(call, *arguments)


def test_a_mapping_is_removed_when_it_is_gone() -> None:
    call = asking({"State": "Deleting"}, NotFound("gone"))
    arguments = ("lambda", "delete_event_source_mapping", {"UUID": "u"}, {})
    assert not settling.settled(call, *arguments)
    assert settling.settled(call, *arguments)


@pytest.mark.parametrize(
    ("operation", "code", "text"),
    [
        (
            "create_event_source_mapping",
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        ),
        ("update_event_source_mapping", "ResourceInUseException", "The mapping is being updated"),
        (
            "put_function_event_invoke_config",
            "InvalidParameterValueException",
            "The function's execution role does not have permissions to call SendMessage on arn:x",
        ),
        (
            "create_function",
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call SendMessage on SQS",
        ),
    ],
)
def test_a_role_that_was_made_a_moment_ago_is_not_yet_known_everywhere(operation: str, code: str, text: str) -> None:
    assert settling.is_not_yet("lambda", operation, AwsError(text, code=code))
    assert not settling.is_not_yet("lambda", operation, AwsError("something else", code="ValidationException"))
