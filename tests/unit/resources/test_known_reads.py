"""What is on record need not be read again: fewer calls, the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.resources.alarm import Alarm
from stepdeploy.resources.function import Function
from stepdeploy.resources.state_machine import StateMachine
from stepdeploy.resources.table import ReadTable, Table
from stepdeploy.resources.topic import Topic
from tests.unit.fake_aws import FakeAws

TAGS = {"stepdeploy:project": "p", "Team": "a"}
ARN = "arn:aws:x:eu-west-1:111122223333:thing"


class Indexed(FakeAws):
    """Knows the tags of one resource from the index."""

    def __init__(self, answers: Mapping[str, Any], tags: Mapping[str, str] | None = None) -> None:
        super().__init__(answers)
        self.index = {ARN: dict(tags if tags is not None else TAGS)}

    def tagged(self, arn: str) -> dict[str, str] | None:
        return self.index.get(arn)


def configuration(version: str) -> dict[str, Any]:
    return {
        "FunctionName": "F", "FunctionArn": f"{ARN}:{version}", "Version": version, "CodeSha256": "c", "Role": "r",
        "Runtime": "python3.13", "Handler": "h", "MemorySize": 128, "Timeout": 3,
    }  # fmt: skip


def test_a_function_on_record_is_one_call() -> None:
    aws = Indexed({"lambda:list_versions_by_function": {"Versions": [configuration("$LATEST"), configuration("7")]}})
    desired = {"arn": ARN, "tags": TAGS, "reserved_concurrency": None}
    found = Function("f", "F", desired, known=desired).read(aws)
    assert found is not None and found.tags == TAGS and found.view["version"] == "7"
    assert found.view["latest"] == found.view["published"] and found.view["reserved_concurrency"] is None
    assert len(aws.made) == 1


def test_a_reserved_concurrency_that_was_set_is_asked_for() -> None:
    answers = {
        "lambda:list_versions_by_function": {"Versions": [configuration("$LATEST"), configuration("7")]},
        "lambda:get_function_concurrency": {"ReservedConcurrentExecutions": 5},
    }
    desired = {"arn": ARN, "tags": TAGS, "reserved_concurrency": None}
    found = Function("f", "F", desired, known={**desired, "reserved_concurrency": 5}).read(Indexed(answers))
    assert found is not None and found.view["reserved_concurrency"] == 5


def test_tags_that_the_index_tells_otherwise_are_read_since_it_lags() -> None:
    answers = {
        "lambda:list_versions_by_function": {"Versions": [configuration("$LATEST"), configuration("7")]},
        "lambda:list_tags": {"Tags": TAGS},
    }
    desired = {"arn": ARN, "tags": TAGS, "reserved_concurrency": None}
    found = Function("f", "F", desired, known=desired).read(Indexed(answers, {"Team": "old"}))
    assert found is not None and found.tags == TAGS


def machine(outputs: Mapping[str, Any]) -> StateMachine:
    desired = {"arn": ARN, "tags": TAGS}
    return StateMachine("m", "M", desired, known={**desired, "outputs": outputs})


DESCRIBED = {
    "stateMachineArn": ARN, "name": "M", "definition": "{}", "roleArn": "r", "type": "STANDARD", "status": "ACTIVE",
    "creationDate": 0, "revisionId": "rev-2",
}  # fmt: skip


def test_a_machine_at_the_recorded_revision_is_one_call() -> None:
    aws = Indexed({"stepfunctions:describe_state_machine": DESCRIBED})
    found = machine({"revision": "rev-2", "version_arn": f"{ARN}:4"}).read(aws)
    assert found is not None and found.view["version_arn"] == f"{ARN}:4"
    assert aws.labels() == ["stepfunctions:describe_state_machine"]


def test_a_machine_at_another_revision_is_looked_at() -> None:
    answers = {
        "stepfunctions:describe_state_machine": DESCRIBED,
        "stepfunctions:list_state_machine_versions": {"stateMachineVersions": []},
    }
    found = machine({"revision": "rev-1", "version_arn": f"{ARN}:4"}).read(Indexed(answers))
    assert found is not None and found.view["version_arn"] is None


def test_several_alarms_are_one_call() -> None:
    alarms = [
        {"AlarmName": name, "MetricName": "m", "Namespace": "n", "Threshold": number}
        for number, name in enumerate("AB")
    ]
    aws = FakeAws({"cloudwatch:describe_alarms": {"MetricAlarms": alarms}, "cloudwatch:list_tags_for_resource": {}})
    wanted = [Alarm(name.lower(), name, {"arn": f"{ARN}:{name}", "tags": {}}) for name in "ABC"]
    found = Alarm.read_many(wanted, aws)
    assert {address: actual and actual.view["Threshold"] for address, actual in found.items()} == {
        "alarm:a": 0, "alarm:b": 1, "alarm:c": None,
    }  # fmt: skip
    assert aws.labels().count("cloudwatch:describe_alarms") == 1


def test_what_nobody_sets_is_not_read() -> None:
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    aws = Indexed({"dynamodb:describe_table": {"Table": keys}})
    desired = {"arn": ARN, "tags": TAGS, "ttl_attribute": None, "point_in_time_recovery": False}
    found = Table("t", "T", desired, known=desired).read(aws)
    assert found is not None and found.view["ttl_attribute"] is None and len(aws.made) == 1
    aws = Indexed({"sns:get_topic_attributes": {"Attributes": {}}})
    desired = {"arn": ARN, "tags": TAGS, "subscriptions": [], "wired": []}
    assert Topic("t", "T", desired, known=desired).read(aws) is not None and len(aws.made) == 1


def test_the_tools_own_table_has_just_been_read() -> None:
    desired = {
        "arn": ARN, "tags": TAGS, "hash_key": "pk", "range_key": "sk", "ttl_attribute": None,
        "point_in_time_recovery": True,
    }  # fmt: skip
    made = ReadTable("releases", "T", desired, known=desired)
    found = made.read(FakeAws({}))
    assert found is not None and not made.diff(found, desired).calls
