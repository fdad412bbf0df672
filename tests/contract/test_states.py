"""The API of the embedded Step Functions, through boto3: how AWS behaves where it surprises (recorded, or documented)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.local import manager

from .conftest import Clients, boto_client
from .states_account import ACCOUNT, EVERYTHING, FAIL, PASS, TRUST, WAIT, Account, refused, unique


@pytest.fixture(scope="session")
def account(aws: Clients) -> Account:
    return Account(aws)


class TestCreateAndUpdate:
    def test_create_is_idempotent_but_for_role_and_tags(self, account: Account) -> None:
        name, role = unique(), account.role()
        params = {"name": name, "definition": json.dumps(PASS)}
        first = account.sfn.create_state_machine(**params, roleArn=role)
        again = account.sfn.create_state_machine(**params, roleArn=account.role(), tags=[{"key": "a", "value": "b"}])
        assert again["stateMachineArn"] == first["stateMachineArn"]
        assert again["creationDate"] == first["creationDate"]
        assert account.sfn.describe_state_machine(stateMachineArn=first["stateMachineArn"])["roleArn"] == role

    def test_definition_is_compared_as_text(self, account: Account) -> None:
        name, role = unique(), account.role()
        arn = account.machine(name=name, role=role)
        message = refused(
            "StateMachineAlreadyExists",
            account.sfn.create_state_machine,
            name=name,
            definition=json.dumps(PASS, indent=2),
            roleArn=role,
        )
        assert message == f"State Machine Already Exists: '{arn}'"

    def test_update_with_nothing(self, account: Account) -> None:
        message = refused(
            "MissingRequiredParameter", account.sfn.update_state_machine, stateMachineArn=account.machine()
        )
        assert message == (
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified"
        )

    def test_update_of_a_version(self, account: Account) -> None:
        arn = account.machine(publish=True) + ":1"
        params = {"stateMachineArn": arn, "definition": json.dumps(WAIT)}
        assert refused("StateMachineDoesNotExist", account.sfn.update_state_machine, **params) == (
            f"State Machine Does Not Exist: '{arn}'"
        )

    def test_revision_ids(self, account: Account) -> None:
        arn = account.machine()
        assert "revisionId" not in account.sfn.describe_state_machine(stateMachineArn=arn)
        change = {"stateMachineArn": arn, "definition": json.dumps(WAIT)}
        first, again = (account.sfn.update_state_machine(**change) for _ in range(2))
        assert first["revisionId"] == again["revisionId"]
        assert again["updateDate"] >= first["updateDate"]

    def test_invalid_definition(self, account: Account) -> None:
        definition = json.dumps({"StartAt": "A"})
        message = refused(
            "InvalidDefinition",
            account.sfn.create_state_machine,
            name=unique(),
            definition=definition,
            roleArn=account.role(),
        )
        assert message.startswith("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ")
        found = account.sfn.validate_state_machine_definition(definition=definition)
        assert found["result"] == "FAIL"
        assert found["diagnostics"][0]["severity"] == "ERROR"
        assert account.sfn.validate_state_machine_definition(definition=json.dumps(PASS))["result"] == "OK"

    def test_next_that_leads_nowhere(self, account: Account) -> None:
        definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
        params = {"name": unique(), "definition": json.dumps(definition), "roleArn": account.role()}
        refused("InvalidDefinition", account.sfn.create_state_machine, **params)

    def test_delete(self, account: Account) -> None:
        arn = account.machine(WAIT, publish=True)
        execution = account.sfn.start_execution(stateMachineArn=f"{arn}:1")["executionArn"]
        account.sfn.delete_state_machine(stateMachineArn=arn)
        account.sfn.delete_state_machine(stateMachineArn=arn)
        assert account.ended(execution)["status"] == "ABORTED"
        refused("StateMachineDoesNotExist", account.sfn.describe_state_machine, stateMachineArn=arn)

    @pytest.mark.parametrize("service", ["lambda.amazonaws.com", None])
    def test_role_that_cannot_be_assumed(self, account: Account, service: str | None) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/none"
        if service is not None:
            role = account.role(EVERYTHING, trust=TRUST.replace("states.amazonaws.com", service))
        message = refused(
            "AccessDeniedException",
            account.sfn.create_state_machine,
            name=unique(),
            definition=json.dumps(PASS),
            roleArn=role,
        )
        assert message == (
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        )


class TestVersions:
    def test_publish_is_idempotent(self, account: Account) -> None:
        arn = account.machine()
        first = account.sfn.publish_state_machine_version(stateMachineArn=arn)
        again = account.sfn.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
        updated = account.sfn.update_state_machine(stateMachineArn=arn, publish=True)
        found = {answer["stateMachineVersionArn"] for answer in (first, again, updated)}
        assert found == {f"{arn}:1"}

    def test_wrong_revision(self, account: Account) -> None:
        arn = account.machine()
        current = account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT))["revisionId"]
        message = refused(
            "ConflictException",
            account.sfn.publish_state_machine_version,
            stateMachineArn=arn,
            revisionId="INITIAL",
        )
        assert message == (
            "Failed to publish the State Machine version for revision INITIAL. "
            f"The current State Machine revision is {current}."
        )

    def test_numbers_order_and_deletion(self, account: Account) -> None:
        arn = account.machine(publish=True)
        change = {"stateMachineArn": arn, "definition": json.dumps(WAIT), "publish": True}
        assert account.sfn.update_state_machine(**change)["stateMachineVersionArn"] == f"{arn}:2"
        for _ in range(2):
            account.sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
        assert account.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:3"
        listed = account.sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        assert [item["stateMachineVersionArn"] for item in listed] == [f"{arn}:3", f"{arn}:1"]

    def test_describe_a_version(self, account: Account) -> None:
        arn = account.machine(publish=True, versionDescription="first")
        account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT))
        found = account.sfn.describe_state_machine(stateMachineArn=f"{arn}:1")
        assert found["stateMachineArn"] == f"{arn}:1"
        assert found["description"] == "first"
        assert json.loads(found["definition"]) == PASS

    def test_description_needs_publish(self, account: Account) -> None:
        message = refused(
            "ValidationException",
            account.sfn.create_state_machine,
            name=unique(),
            definition=json.dumps(PASS),
            roleArn=account.role(),
            versionDescription="x",
        )
        assert message == "Version description can only be set when publish is true"

    def test_version_in_use(self, account: Account) -> None:
        arn = account.machine(publish=True)
        account.alias("prod", (f"{arn}:1", 100))
        message = refused(
            "ConflictException", account.sfn.delete_state_machine_version, stateMachineVersionArn=f"{arn}:1"
        )
        assert message == (
            "Version to be deleted must not be referenced by an alias. "
            "Current list of aliases referencing this version: [prod]"
        )


class TestAliases:
    def test_create_twice(self, account: Account) -> None:
        arn = account.machine(publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        params = {"name": "prod", "routingConfiguration": routing}
        created = [account.sfn.create_state_machine_alias(**params)["stateMachineAliasArn"] for _ in range(2)]
        assert created == [f"{arn}:prod"] * 2
        message = refused("ConflictException", account.sfn.create_state_machine_alias, **params, description="x")
        assert message == (
            "Failed to create alias because an alias with the same name and a different routing configuration already "
            "exists."
        )

    def test_routing(self, account: Account) -> None:
        arn = account.machine(publish=True)
        account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT), publish=True)

        def refusal(*routes: tuple[str, int]) -> str:
            routing = [{"stateMachineVersionArn": version, "weight": weight} for version, weight in routes]
            params = {"name": "prod", "routingConfiguration": routing}
            return refused("ValidationException", account.sfn.create_state_machine_alias, **params)

        one, two = f"{arn}:1", f"{arn}:2"
        assert refusal((one, 70), (two, 29)) == (
            "Sum of routing configuration weights must equal 100. Received: [70, 29]"
        )
        assert (
            refusal((arn, 100)) == f"Routing configuration must contain state machine version ARNs. Received: [{arn}]"
        )
        assert refusal((one, 50), (one, 50)) == (
            f"Routing configuration must contain distinct state machine version ARNs. Received: [{one}, {one}]"
        )
        assert "less than or equal to 100" in refusal((one, 101))
        refusal((f"{arn}:9", 100))

    def test_name_of_digits(self, account: Account) -> None:
        arn = account.machine(publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        params = {"name": "123", "routingConfiguration": routing}
        message = refused("ValidationException", account.sfn.create_state_machine_alias, **params)
        assert message == (
            "1 validation error detected: Value '123' at 'name' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"
        )

    def test_missing(self, account: Account) -> None:
        arn = f"{account.machine()}:none"
        account.sfn.delete_state_machine_alias(stateMachineAliasArn=arn)
        message = refused(
            "ResourceNotFound", account.sfn.update_state_machine_alias, stateMachineAliasArn=arn, description="x"
        )
        assert message == "Request references a resource that does not exist."


class TestStart:
    def test_what_was_started_is_recorded(self, account: Account) -> None:
        arn = account.machine(publish=True)
        alias = account.alias("prod", (f"{arn}:1", 100))
        plain, version, through = (account.run(started) for started in (arn, f"{arn}:1", alias))
        assert "stateMachineVersionArn" not in plain
        assert (version["stateMachineVersionArn"], version.get("stateMachineAliasArn")) == (f"{arn}:1", None)
        assert (through["stateMachineVersionArn"], through["stateMachineAliasArn"]) == (f"{arn}:1", alias)
        assert through["executionArn"].rsplit(":", 1)[0] == arn.replace(":stateMachine:", ":execution:")

    def test_names(self, account: Account) -> None:
        arn = account.machine(WAIT)
        params = {"stateMachineArn": arn, "name": "one", "input": '{"a":1}'}
        first = account.sfn.start_execution(**params)
        assert account.sfn.start_execution(**params)["executionArn"] == first["executionArn"]
        refused("ExecutionAlreadyExists", account.sfn.start_execution, **{**params, "input": "{}"})
        account.sfn.stop_execution(executionArn=first["executionArn"], error="E", cause="C")
        refused("ExecutionAlreadyExists", account.sfn.start_execution, **params)
        stopped = account.sfn.describe_execution(executionArn=first["executionArn"])
        assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "E", "C")
        refused("InvalidName", account.sfn.start_execution, stateMachineArn=arn, name="a b")

    def test_input(self, account: Account) -> None:
        arn = account.machine()
        message = refused("InvalidExecutionInput", account.sfn.start_execution, stateMachineArn=arn, input="")
        assert message == "Invalid State Machine Execution Input: 'Invalid execution input.'"
        refused("InvalidExecutionInput", account.sfn.start_execution, stateMachineArn=arn, input="{")
        large = json.dumps("é" * 140_000, ensure_ascii=False)
        refused("InvalidExecutionInput", account.sfn.start_execution, stateMachineArn=arn, input=large)

    def test_running_executions_keep_their_definition(self, account: Account) -> None:
        arn = account.machine(WAIT)
        execution = account.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(PASS))
        ran = account.sfn.describe_state_machine_for_execution(executionArn=execution)
        assert json.loads(ran["definition"]) == WAIT
        account.sfn.stop_execution(executionArn=execution)

    def test_history_and_lists(self, account: Account) -> None:
        arn = account.machine()
        names = [account.run(arn, {"n": number})["name"] for number in range(3)]
        listed = account.sfn.list_executions(stateMachineArn=arn, maxResults=2)
        assert [item["name"] for item in listed["executions"]] == names[:0:-1]
        assert "nextToken" in listed
        execution = listed["executions"][0]["executionArn"]
        pages = account.sfn.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 3}
        )
        types = [event["type"] for page in pages for event in page["events"]]
        assert types == ["ExecutionSucceeded", "PassStateExited", "PassStateEntered", "ExecutionStarted"]

    def test_express(self, account: Account) -> None:
        arn = account.machine(type="EXPRESS")
        done = account.sfn.start_sync_execution(stateMachineArn=arn, input='{"a":1}')
        assert (done["status"], done["output"]) == ("SUCCEEDED", '{"a":1}')
        message = refused("InvalidArn", account.sfn.describe_execution, executionArn=done["executionArn"])
        assert message == "Invalid Arn: 'Resource type not valid in this context: express'"
        refused("StateMachineTypeNotSupported", account.sfn.list_executions, stateMachineArn=arn)


@pytest.fixture
def own_workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    manager.down(tmp_path)


def test_all_is_there_again_after_a_restart(own_workspace: Path) -> None:
    def connect() -> Account:
        endpoint = manager.ensure(own_workspace).endpoint
        made: dict[str, Any] = {}
        return Account(lambda service: made.setdefault(service, boto_client(endpoint, service)))

    def state(account: Account, arn: str) -> list[Any]:
        answers = [
            account.sfn.describe_state_machine(stateMachineArn=arn),
            account.sfn.describe_state_machine(stateMachineArn=f"{arn}:1"),
            account.sfn.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:prod"),
            account.sfn.list_tags_for_resource(resourceArn=arn),
            account.sfn.list_state_machine_versions(stateMachineArn=arn),
            account.sfn.describe_execution(executionArn=done["executionArn"]),
            account.sfn.get_execution_history(executionArn=done["executionArn"]),
        ]
        for answer in answers:
            answer.pop("ResponseMetadata")
        return answers

    before = connect()
    arn = before.machine(publish=True, tags=[{"key": "a", "value": "b"}])
    before.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT), publish=True)
    alias = before.alias("prod", (f"{arn}:1", 60), (f"{arn}:2", 40))
    done = before.run(f"{arn}:1", {"a": 1})
    running = before.sfn.start_execution(stateMachineArn=f"{arn}:2")["executionArn"]
    kept = state(before, arn)
    manager.down(own_workspace)
    after = connect()
    assert state(after, arn) == kept
    assert after.ended(running)["cause"] == "The embedded AWS stopped while this execution was running."
    assert after.sfn.start_execution(stateMachineArn=alias)["executionArn"]
    current = after.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAIL), publish=True)
    assert current["stateMachineVersionArn"] == f"{arn}:3"
