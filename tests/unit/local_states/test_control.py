"""Machines: create, update, describe, delete, list; roles, logging, tags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy.local.wire import ApiError

from .conftest import ACCOUNT, GROUP, MACHINES, PASS, REGION, ROLE, TRUST, WAIT, FakeWorld, States

OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/other"
LOGGING = {
    "level": "ALL",
    "destinations": [
        {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*"}}
    ],
}


def refused(call: Any, code: str) -> str:
    """The message of the error that `call` raises, which has to bear `code`."""
    with pytest.raises(ApiError) as caught:
        call()
    assert caught.value.code == code
    return caught.value.message


class TestCreate:
    def test_same_request_twice_is_one_machine(self, states: States) -> None:
        first = states("CreateStateMachine", name="orders", definition=json.dumps(PASS), roleArn=ROLE)
        again = states("CreateStateMachine", name="orders", definition=json.dumps(PASS), roleArn=ROLE)
        assert first == again
        assert first["stateMachineArn"] == MACHINES + "orders"

    def test_other_role_and_tags_are_ignored_silently(self, states: States) -> None:
        arn = states.machine(PASS)
        states.world.iam.roles["other"] = (TRUST, {})
        definition = json.dumps(PASS)
        states(
            "CreateStateMachine",
            name="orders",
            definition=definition,
            roleArn=OTHER_ROLE,
            tags=[{"key": "a", "value": "b"}],
        )
        assert states("DescribeStateMachine", stateMachineArn=arn)["roleArn"] == ROLE
        assert states("ListTagsForResource", resourceArn=arn)["tags"] == []

    @pytest.mark.parametrize(
        "change",
        [
            {"definition": json.dumps(PASS, indent=1)},
            {"type": "EXPRESS"},
            {"publish": True},
            {"tracingConfiguration": {"enabled": True}},
        ],
    )
    def test_anything_else_that_differs_is_refused(self, states: States, change: dict[str, Any]) -> None:
        states.machine(PASS)
        params = {"name": "orders", "definition": json.dumps(PASS), "roleArn": ROLE, **change}
        message = refused(lambda: states("CreateStateMachine", **params), "StateMachineAlreadyExists")
        assert message == f"State Machine Already Exists: '{MACHINES}orders'"

    def test_repeated_create_with_publish_answers_the_version(self, states: States) -> None:
        params = {"name": "orders", "definition": json.dumps(PASS), "roleArn": ROLE, "publish": True}
        assert states("CreateStateMachine", **params) == states("CreateStateMachine", **params)

    @pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a*", "x" * 81, 'a"b'])
    def test_bad_names(self, states: States, name: str) -> None:
        code = "ValidationException" if len(name) > 80 else "InvalidName"
        refused(lambda: states.machine(PASS, name=name), code)

    def test_definition_that_is_no_json(self, states: States) -> None:
        message = refused(
            lambda: states("CreateStateMachine", name="x", definition="{", roleArn=ROLE), "InvalidDefinition"
        )
        assert message.startswith("Invalid State Machine Definition: '")

    def test_definition_above_1_mb(self, states: States) -> None:
        definition = json.dumps({**PASS, "Comment": "x" * 1024 * 1024})
        refused(
            lambda: states("CreateStateMachine", name="x", definition=definition, roleArn=ROLE), "ValidationException"
        )

    @pytest.mark.parametrize("trust", [None, {"Statement": []}, {"Statement": [{"Effect": "Deny"}]}])
    def test_role_that_is_missing_or_trusts_others(self, states: States, trust: dict[str, Any] | None) -> None:
        if trust is not None:
            states.world.iam.roles["other"] = (trust, {})
        message = refused(
            lambda: states("CreateStateMachine", name="x", definition=json.dumps(PASS), roleArn=OTHER_ROLE),
            "AccessDeniedException",
        )
        assert message == (
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        )

    def test_version_description_needs_publish(self, states: States) -> None:
        message = refused(lambda: states.machine(PASS, versionDescription="x"), "ValidationException")
        assert message == "Version description can only be set when publish is true"

    def test_unknown_resource(self, states: States) -> None:
        definition = {
            "StartAt": "T",
            "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:run", "End": True}},
        }
        message = refused(lambda: states.machine(definition), "InvalidDefinition")
        assert "The resource provided arn:aws:states:::lambda:run is not recognized." in message
        assert message.endswith("at /States/T/Resource'")


class TestLogging:
    @pytest.mark.parametrize("destinations", [None, [], [{}], LOGGING["destinations"] * 2])
    def test_exactly_one_destination(self, states: States, destinations: Any) -> None:
        configuration = {"level": "ALL"} if destinations is None else {"level": "ALL", "destinations": destinations}
        message = refused(
            lambda: states.machine(PASS, loggingConfiguration=configuration), "InvalidLoggingConfiguration"
        )
        assert message == "Invalid Logging Configuration: Must specify exactly one Log Destination."

    @pytest.mark.parametrize("arn", [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}", "arn:aws:s3:::x:*"])
    def test_arn_must_end_with_star(self, states: States, arn: str) -> None:
        configuration = {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}
        refused(lambda: states.machine(PASS, loggingConfiguration=configuration), "InvalidLoggingConfiguration")

    def test_missing_group(self, states: States) -> None:
        states.world.client("logs").answers["describe_log_groups"] = {"logGroups": [{"logGroupName": GROUP + "x"}]}
        message = refused(lambda: states.machine(PASS, loggingConfiguration=LOGGING), "InvalidLoggingConfiguration")
        assert message == "Invalid Logging Configuration: Log Destination not found."

    def test_role_that_may_not_deliver_logs(self, states: States) -> None:
        states.world.iam.roles["machine"] = (TRUST, {})
        message = refused(lambda: states.machine(PASS, loggingConfiguration=LOGGING), "AccessDeniedException")
        assert message == "The state machine IAM Role is not authorized to access the Log Destination"

    def test_defaults(self, states: States) -> None:
        arn = states.machine(PASS)
        found = states("DescribeStateMachine", stateMachineArn=arn)
        assert found["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
        assert found["tracingConfiguration"] == {"enabled": False}


class TestUpdate:
    def test_first_revision_has_no_id(self, states: States) -> None:
        arn = states.machine(PASS)
        assert "revisionId" not in states("DescribeStateMachine", stateMachineArn=arn)

    def test_nothing_given(self, states: States) -> None:
        arn = states.machine(PASS)
        message = refused(lambda: states("UpdateStateMachine", stateMachineArn=arn), "MissingRequiredParameter")
        assert message == (
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified"
        )

    def test_same_parameters_keep_the_revision(self, states: States) -> None:
        arn = states.machine(PASS)
        first = states("UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(WAIT))
        again = states("UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(WAIT), roleArn=ROLE)
        assert first["revisionId"] == again["revisionId"]
        assert again["updateDate"] > first["updateDate"]

    def test_same_parameters_keep_the_first_revision(self, states: States) -> None:
        arn = states.machine(PASS)
        assert "revisionId" not in states("UpdateStateMachine", stateMachineArn=arn, roleArn=ROLE)

    def test_version_arn_is_no_machine(self, states: States) -> None:
        arn = states.machine(PASS, publish=True)
        message = refused(
            lambda: states("UpdateStateMachine", stateMachineArn=f"{arn}:1", roleArn=ROLE), "StateMachineDoesNotExist"
        )
        assert message == f"State Machine Does Not Exist: '{arn}:1'"

    def test_failed_update_changes_nothing(self, states: States) -> None:
        arn = states.machine(PASS)
        before = states("DescribeStateMachine", stateMachineArn=arn)
        refused(lambda: states("UpdateStateMachine", stateMachineArn=arn, roleArn=OTHER_ROLE), "AccessDeniedException")
        assert states("DescribeStateMachine", stateMachineArn=arn) == before


class TestDelete:
    def test_missing_machine(self, states: States) -> None:
        assert states("DeleteStateMachine", stateMachineArn=MACHINES + "none") == {}

    def test_takes_versions_aliases_and_executions_along(self, states: States) -> None:
        arn = states.machine(WAIT, publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        states("CreateStateMachineAlias", name="prod", routingConfiguration=routing)
        execution = states("StartExecution", stateMachineArn=arn)["executionArn"]
        states("DeleteStateMachine", stateMachineArn=arn)
        assert states.ended(execution)["status"] == "ABORTED"
        refused(lambda: states("DescribeStateMachine", stateMachineArn=f"{arn}:1"), "StateMachineDoesNotExist")
        refused(lambda: states("DescribeStateMachineAlias", stateMachineAliasArn=f"{arn}:prod"), "ResourceNotFound")


class TestArns:
    @pytest.mark.parametrize("operation", ["DescribeStateMachine", "StartExecution", "ListExecutions"])
    def test_no_arn(self, states: States, operation: str) -> None:
        message = refused(lambda: states(operation, stateMachineArn="not_an_arn"), "InvalidArn")
        assert message == "Invalid Arn: 'Invalid ARN prefix: not_an_arn'"

    def test_distributed_map_state(self, states: States) -> None:
        arn = states.machine(PASS)
        refused(lambda: states("StartExecution", stateMachineArn=f"{arn}/label"), "ValidationException")


class TestTags:
    def test_add_list_remove(self, states: States) -> None:
        arn = states.machine(PASS, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
        states("TagResource", resourceArn=arn, tags=[{"key": "a", "value": "3"}])
        states("UntagResource", resourceArn=arn, tagKeys=["b", "none"])
        assert states("ListTagsForResource", resourceArn=arn)["tags"] == [{"key": "a", "value": "3"}]

    def test_version_has_no_tags(self, states: States) -> None:
        arn = states.machine(PASS, publish=True)
        message = refused(
            lambda: states("TagResource", resourceArn=f"{arn}:1", tags=[{"key": "a", "value": "1"}]),
            "ResourceNotFound",
        )
        assert message == f"Resource not found: '{arn}:1'"


def test_list_in_pages(states: States, world: FakeWorld) -> None:
    arns = [states.machine(PASS, name=f"m{number}") for number in range(5)]
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = states("ListStateMachines", maxResults=2, **token)
        found += [item["stateMachineArn"] for item in page["stateMachines"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert found == arns
    refused(lambda: states("ListStateMachines", nextToken="AAAA"), "InvalidToken")


def test_limits_of_the_model_are_checked(states: States) -> None:
    message = refused(lambda: states("ListStateMachines", maxResults=1001), "ValidationException")
    assert message == (
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have "
        "value less than or equal to 1000"
    )
