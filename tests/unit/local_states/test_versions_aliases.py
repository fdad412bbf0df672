"""Versions and aliases."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from .conftest import PASS, ROLE, WAIT, States
from .test_control import refused


def publish(states: States, arn: str, **params: Any) -> str:
    return str(states("PublishStateMachineVersion", stateMachineArn=arn, **params)["stateMachineVersionArn"])


def change(states: States, arn: str, number: int, **params: Any) -> dict[str, Any]:
    """Give the machine its `number`-th definition."""
    definition = json.dumps({**PASS, "Comment": str(number)})
    return states("UpdateStateMachine", stateMachineArn=arn, definition=definition, **params)


def route(*parts: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in parts]


@pytest.fixture
def arn(states: States) -> str:
    """A machine with versions 1, 2 and 3."""
    arn = states.machine(PASS, publish=True)
    for number in (2, 3):
        change(states, arn, number, publish=True)
    return arn


class TestVersions:
    def test_a_revision_has_one_version(self, states: States) -> None:
        arn = states.machine(PASS)
        assert publish(states, arn) == publish(states, arn, description="other") == f"{arn}:1"
        updated = states("UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(PASS), publish=True)
        assert updated["stateMachineVersionArn"] == f"{arn}:1"

    def test_publish_alone_is_an_update(self, states: States) -> None:
        arn = states.machine(PASS)
        updated = states("UpdateStateMachine", stateMachineArn=arn, publish=True)
        assert updated["stateMachineVersionArn"] == f"{arn}:1"
        assert "revisionId" not in updated

    def test_newest_first_and_in_pages(self, states: States, arn: str) -> None:
        first = states("ListStateMachineVersions", stateMachineArn=arn, maxResults=2)
        rest = states("ListStateMachineVersions", stateMachineArn=arn, maxResults=2, nextToken=first["nextToken"])
        found = [item["stateMachineVersionArn"] for page in (first, rest) for item in page["stateMachineVersions"]]
        assert found == [f"{arn}:3", f"{arn}:2", f"{arn}:1"]

    def test_numbers_are_never_used_again(self, states: States, arn: str) -> None:
        states("DeleteStateMachineVersion", stateMachineVersionArn=f"{arn}:3")
        assert publish(states, arn) == f"{arn}:4"

    def test_revision_guard(self, states: States) -> None:
        arn = states.machine(PASS)
        assert publish(states, arn, revisionId="INITIAL") == f"{arn}:1"
        revision = change(states, arn, 2)["revisionId"]
        message = refused(lambda: publish(states, arn, revisionId="INITIAL"), "ConflictException")
        assert message == (
            "Failed to publish the State Machine version for revision INITIAL. "
            f"The current State Machine revision is {revision}."
        )
        assert publish(states, arn, revisionId=revision) == f"{arn}:2"

    def test_describe_shows_the_version(self, states: States) -> None:
        arn = states.machine(PASS, publish=True, versionDescription="first")
        change(states, arn, 2)
        found = states("DescribeStateMachine", stateMachineArn=f"{arn}:1")
        assert (found["stateMachineArn"], found["description"]) == (f"{arn}:1", "first")
        assert json.loads(found["definition"]) == PASS
        assert "revisionId" not in found

    def test_delete_is_idempotent_but_not_for_a_version_in_use(self, states: States, arn: str) -> None:
        states("CreateStateMachineAlias", name="prod", routingConfiguration=route((f"{arn}:2", 100)))
        message = refused(
            lambda: states("DeleteStateMachineVersion", stateMachineVersionArn=f"{arn}:2"), "ConflictException"
        )
        assert message == (
            "Version to be deleted must not be referenced by an alias. "
            "Current list of aliases referencing this version: [prod]"
        )
        for _ in range(2):
            assert states("DeleteStateMachineVersion", stateMachineVersionArn=f"{arn}:1") == {}
        refused(lambda: states("DescribeStateMachine", stateMachineArn=f"{arn}:1"), "StateMachineDoesNotExist")

    def test_version_keeps_definition_and_role(self, states: States) -> None:
        arn = states.machine(PASS, publish=True)
        states.world.iam.roles["other"] = states.world.iam.roles["machine"]
        other = ROLE.replace("machine", "other")
        states("UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(WAIT), roleArn=other)
        done = states.run(f"{arn}:1")
        assert done["status"] == "SUCCEEDED"
        ran = states("DescribeStateMachineForExecution", executionArn=done["executionArn"])
        assert (json.loads(ran["definition"]), ran["roleArn"], ran["stateMachineArn"]) == (PASS, ROLE, arn)


class TestAliases:
    @pytest.mark.parametrize(
        ("parts", "text"),
        [
            ([("", 100)], "Routing configuration must contain state machine version ARNs. Received: [{arn}]"),
            (
                [(":1", 50), (":1", 50)],
                "Routing configuration must contain distinct state machine version ARNs. Received: [{arn}:1, {arn}:1]",
            ),
            ([(":1", 70), (":2", 29)], "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
            ([(":1", 99)], "Sum of routing configuration weights must equal 100. Received: [99]"),
            ([(":1", 50), (":2", 30), (":3", 20)], None),
            ([(":1", 101)], None),
            ([(":9", 100)], None),
        ],
    )
    def test_routing_that_is_refused(self, states: States, arn: str, parts: Any, text: str | None) -> None:
        routing = route(*((arn + ending, weight) for ending, weight in parts))
        message = refused(
            lambda: states("CreateStateMachineAlias", name="prod", routingConfiguration=routing),
            "ValidationException",
        )
        if text is not None:
            assert message == text.format(arn=arn)

    @pytest.mark.parametrize("name", ["123", "a b", "!a", "a@", "A" * 81])
    def test_bad_names(self, states: States, arn: str, name: str) -> None:
        message = refused(
            lambda: states("CreateStateMachineAlias", name=name, routingConfiguration=route((f"{arn}:1", 100))),
            "ValidationException",
        )
        assert message.startswith(f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint")

    def test_create_again(self, states: States, arn: str) -> None:
        params = {"name": "prod", "routingConfiguration": route((f"{arn}:1", 100)), "description": "live"}
        first = states("CreateStateMachineAlias", **params)
        assert states("CreateStateMachineAlias", **params) == first
        for different in ({"description": "x"}, {"routingConfiguration": route((f"{arn}:2", 100))}):
            message = refused(
                lambda other=different: states("CreateStateMachineAlias", **{**params, **other}), "ConflictException"
            )
            assert message == (
                "Failed to create alias because an alias with the same name and a different routing configuration "
                "already exists."
            )

    def test_update_and_describe(self, states: States, arn: str) -> None:
        created = states("CreateStateMachineAlias", name="prod", routingConfiguration=route((f"{arn}:1", 100)))
        alias = created["stateMachineAliasArn"]
        both = route((f"{arn}:1", 90), (f"{arn}:2", 10))
        updated = states("UpdateStateMachineAlias", stateMachineAliasArn=alias, routingConfiguration=both)
        states("UpdateStateMachineAlias", stateMachineAliasArn=alias, description="canary")
        found = states("DescribeStateMachineAlias", stateMachineAliasArn=alias)
        assert (found["routingConfiguration"], found["description"], found["name"]) == (both, "canary", "prod")
        assert found["creationDate"] == created["creationDate"] < updated["updateDate"] <= found["updateDate"]
        refused(lambda: states("UpdateStateMachineAlias", stateMachineAliasArn=alias), "ValidationException")

    def test_missing_alias(self, states: States, arn: str) -> None:
        missing = {"stateMachineAliasArn": f"{arn}:none"}
        assert states("DeleteStateMachineAlias", **missing) == {}
        message = refused(lambda: states("UpdateStateMachineAlias", description="x", **missing), "ResourceNotFound")
        assert message == "Request references a resource that does not exist."

    def test_list_of_machine_and_of_version(self, states: States, arn: str) -> None:
        for name, number in (("a", 1), ("b", 2), ("c", 2)):
            states("CreateStateMachineAlias", name=name, routingConfiguration=route((f"{arn}:{number}", 100)))

        def names(of: str) -> list[str]:
            found = states("ListStateMachineAliases", stateMachineArn=of)["stateMachineAliases"]
            return [item["stateMachineAliasArn"].rsplit(":", 1)[1] for item in found]

        assert names(arn) == ["a", "b", "c"]
        assert names(f"{arn}:2") == ["b", "c"]

    def test_weights_decide_what_runs(self, states: States, arn: str) -> None:
        routing = route((f"{arn}:1", 75), (f"{arn}:2", 25))
        alias = states("CreateStateMachineAlias", name="prod", routingConfiguration=routing)["stateMachineAliasArn"]
        started = [states("StartExecution", stateMachineArn=alias)["executionArn"] for _ in range(400)]
        ran = Counter(states.ended(execution)["stateMachineVersionArn"] for execution in started)
        # 4 standard deviations (8.7 each) around 300
        assert 265 < ran[f"{arn}:1"] < 335
        assert sum(ran.values()) == 400
