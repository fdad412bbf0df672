"""Every kind on the embedded AWS: create, read back, nothing to do; change, read back, nothing to do; remove, gone."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.arns import Place
from stepdeploy.aws.session import Session, Target
from stepdeploy.engine.apply import apply
from stepdeploy.engine.journal import Journal
from stepdeploy.engine.model import FileBytes, Plan
from stepdeploy.engine.plan import build
from stepdeploy.errors import NotFound
from stepdeploy.local import manager
from stepdeploy.resources.alarm import Alarm
from stepdeploy.resources.base import Base
from stepdeploy.resources.bucket import Bucket
from stepdeploy.resources.function import Function
from stepdeploy.resources.inventory import Inventory
from stepdeploy.resources.layer import Layer
from stepdeploy.resources.log_group import LogGroup
from stepdeploy.resources.machine_alias import MachineAlias
from stepdeploy.resources.queue import Queue
from stepdeploy.resources.role import Role
from stepdeploy.resources.state_machine import StateMachine
from stepdeploy.resources.table import Table
from stepdeploy.resources.topic import Topic

pytestmark = pytest.mark.xdist_group("round_trip")

PLACE = Place("aws", "eu-west-1", "123456789012")
OURS = {"stepdeploy:project": "round", "stepdeploy:environment": "trip"}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    workspace = tmp_path_factory.mktemp("workspace")
    running = manager.ensure(workspace, idle_minutes=5)
    yield Session(Target(PLACE.region, endpoint=running.endpoint))
    manager.down(workspace)


def plan(aws: Session, *resources: Base) -> Plan:
    return build(
        resources, aws, project="round", env="trip", account=PLACE.account, region=PLACE.region, owner_tags=OURS
    )  # fmt: skip


def deploy(aws: Session, folder: Path, *resources: Base) -> list[str]:
    """Apply what is to be done, insist that nothing is left to do; returns the calls that were made."""
    made = plan(aws, *resources)
    with Journal(folder / "journal.jsonl") as journal:
        apply(made, aws, journal)
    again = plan(aws, *resources)
    assert again.actions == (), [call.label for action in again.actions for call in action.calls]
    assert again.notes == made.notes
    return [call.label for action in made.actions for call in action.calls]


def with_(resource: Base, **changed: Any) -> Base:
    return dataclasses.replace(resource, desired={**resource.desired, **changed})


def remove(aws: Session, resource: Base) -> None:
    for call in resource.removal(aws):
        aws.call(call.service, call.operation, **call.params)
    assert resource.read(aws) is None


def archive(folder: Path, source: str) -> dict[str, Any]:
    """A zip with handler.py; archive and code_sha256 as a function and a layer want them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(zipfile.ZipInfo("handler.py"), source)
    digest = hashlib.sha256(data.getvalue())
    path = folder / f"{digest.hexdigest()[:8]}.zip"
    path.write_bytes(data.getvalue())
    code = base64.b64encode(digest.digest()).decode()
    return {"archive": FileBytes(path, digest.hexdigest()), "code_sha256": code}


def role(name: str, principal: str = "lambda.amazonaws.com") -> Role:
    return Role(name, name, {"trust": principal, "account": PLACE.account, "policy": POLICY, "tags": OURS})


def log_group(name: str) -> LogGroup:
    return LogGroup(name, name, {"arn": PLACE.log_group(name), "retention_days": 7, "tags": OURS})


def check_changes(aws: Session, folder: Path, made: Base, changes: Mapping[str, tuple[Any, list[str]]]) -> None:
    """Make each change on what the changes before it left, with exactly the calls that it takes."""
    for field, (value, labels) in changes.items():
        made = with_(made, **{field: value})
        assert deploy(aws, folder, made) == labels, field
    more = with_(made, tags={**OURS, "Team": "a"})
    assert len(deploy(aws, folder, more)) == 1
    assert len(deploy(aws, folder, with_(made, tags={**OURS, "Team": "b"}))) == 1
    assert len(deploy(aws, folder, made)) == 1
    remove(aws, made)


def test_role(aws: Session, tmp_path: Path) -> None:
    made = role("round-role")
    assert deploy(aws, tmp_path, made) == ["iam:CreateRole", "iam:PutRolePolicy"]
    wider = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": ["logs:*", "xray:*"]}]}
    check_changes(
        aws, tmp_path, made,
        {"policy": (wider, ["iam:PutRolePolicy"]), "trust": ("states.amazonaws.com", ["iam:UpdateAssumeRolePolicy"])},
    )  # fmt: skip


def test_log_group(aws: Session, tmp_path: Path) -> None:
    made = log_group("/round/trip")
    assert deploy(aws, tmp_path, log_group("/round/trip/longer"), made)[-2:] == [
        "logs:CreateLogGroup", "logs:PutRetentionPolicy",
    ]  # fmt: skip
    check_changes(aws, tmp_path, made, {"retention_days": (30, ["logs:PutRetentionPolicy"])})


def test_a_log_group_that_lambda_made_becomes_ours(aws: Session, tmp_path: Path) -> None:
    aws.call("logs", "create_log_group", logGroupName="/aws/lambda/early")
    made = log_group("/aws/lambda/early")
    assert deploy(aws, tmp_path, made) == ["logs:PutRetentionPolicy", "logs:TagResource"]


def test_table(aws: Session, tmp_path: Path) -> None:
    name = "round-table"
    made = Table("t", name, {
        "arn": PLACE.table(name), "hash_key": "id", "range_key": "at", "ttl_attribute": "expires",
        "point_in_time_recovery": True, "tags": OURS,
    })  # fmt: skip
    assert deploy(aws, tmp_path, made) == [
        "dynamodb:CreateTable", "dynamodb:UpdateTimeToLive", "dynamodb:UpdateContinuousBackups",
    ]  # fmt: skip
    check_changes(
        aws, tmp_path, made,
        {
            "ttl_attribute": (None, ["dynamodb:UpdateTimeToLive"]),
            "point_in_time_recovery": (False, ["dynamodb:UpdateContinuousBackups"]),
        },
    )  # fmt: skip


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_bucket(aws: Session, tmp_path: Path, region: str) -> None:
    aws = Session(dataclasses.replace(aws.target, region=region))
    made = Bucket(
        "b", f"round-bucket-{region}",
        {"region": region, "versioned": True, "expire_noncurrent_days": None, "tags": OURS},
    )  # fmt: skip
    assert deploy(aws, tmp_path, made)[:2] == ["s3:CreateBucket", "s3:PutBucketTagging"]
    for versioned in (False, True):
        assert deploy(aws, tmp_path, with_(made, versioned=versioned)) == ["s3:PutBucketVersioning"]
    for data in (b"1", b"2"):
        aws.call("s3", "put_object", Bucket=made.name, Key="k", Body=data)
    aws.call("s3", "delete_object", Bucket=made.name, Key="k")
    check_changes(aws, tmp_path, made, {"expire_noncurrent_days": (30, ["s3:PutBucketLifecycleConfiguration"])})


def test_lifecycle_rules_of_others_stay(aws: Session, tmp_path: Path) -> None:
    made = Bucket("b", "round-rules", {
        "region": "eu-west-1", "versioned": True, "expire_noncurrent_days": 5, "tags": OURS,
    })  # fmt: skip
    deploy(aws, tmp_path, made)
    rules = aws.call("s3", "get_bucket_lifecycle_configuration", Bucket=made.name)["Rules"]
    theirs = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 9}}
    aws.call(
        "s3", "put_bucket_lifecycle_configuration", Bucket=made.name, LifecycleConfiguration={"Rules": [*rules, theirs]}
    )
    deploy(aws, tmp_path, made)
    deploy(aws, tmp_path, with_(made, expire_noncurrent_days=6))
    deploy(aws, tmp_path, with_(made, expire_noncurrent_days=None))
    left = aws.call("s3", "get_bucket_lifecycle_configuration", Bucket=made.name)["Rules"]
    assert [rule["ID"] for rule in left] == ["theirs"]


def test_topic(aws: Session, tmp_path: Path) -> None:
    name = "round-topic"
    made = Topic("t", name, {
        "arn": PLACE.topic(name), "display_name": "Round", "subscriptions": [["email", "a@example.com"]], "tags": OURS,
    })  # fmt: skip
    assert deploy(aws, tmp_path, made) == ["sns:CreateTopic", "sns:Subscribe"]
    check_changes(
        aws, tmp_path, made,
        {
            "display_name": ("Trip", ["sns:SetTopicAttributes"]),
            "subscriptions": ([["email", "a@example.com"], ["email", "b@example.com"]], ["sns:Subscribe"]),
        },
    )  # fmt: skip


@pytest.mark.parametrize("fifo", [False, True])
def test_queue(aws: Session, tmp_path: Path, fifo: bool) -> None:
    ending = ".fifo" if fifo else ""

    def queue(name: str) -> Queue:
        return Queue(name, f"round-{name}{ending}", {
            "arn": PLACE.queue(f"round-{name}{ending}"), "fifo": fifo, "visibility_timeout_seconds": 30,
            "retention_seconds": 345_600, "dead_letter": None, "tags": OURS,
        })  # fmt: skip

    dead, made = queue("Dead"), queue("Main")
    assert deploy(aws, tmp_path, dead, made) == ["sqs:CreateQueue", "sqs:CreateQueue"]
    letter = {"arn": dead.desired["arn"], "max_receives": 3}
    made = with_(made, dead_letter=letter)
    for changed in ({"dead_letter": letter}, {"dead_letter": {**letter, "max_receives": 5}}, {"dead_letter": None}):
        made = with_(made, **changed)
        deploy(aws, tmp_path, made)
    url = aws.call("sqs", "get_queue_url", QueueName=made.name)["QueueUrl"]
    left = aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert "RedrivePolicy" not in left
    check_changes(
        aws, tmp_path, made,
        {
            "visibility_timeout_seconds": (0, ["sqs:SetQueueAttributes"]),
            "retention_seconds": (86_400, ["sqs:SetQueueAttributes"]),
        },
    )  # fmt: skip


def test_alarm(aws: Session, tmp_path: Path) -> None:
    name = "round alarm/1"
    settings = {
        "AlarmDescription": "d", "Namespace": "AWS/States", "MetricName": "ExecutionsFailed",
        "Dimensions": [{"Name": "StateMachineArn", "Value": "m"}], "Statistic": "Sum", "Period": 300,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching", "AlarmActions": [PLACE.topic("t")],
    }  # fmt: skip
    made = Alarm("a", name, {"arn": PLACE.alarm(name), "settings": settings, "tags": OURS})
    put = ["cloudwatch:PutMetricAlarm"]
    assert deploy(aws, tmp_path, made) == put
    for change in (
        {"Threshold": 0.0}, {"Period": 60}, {"EvaluationPeriods": 3}, {"DatapointsToAlarm": 2}, {"DatapointsToAlarm": 3},
        {"TreatMissingData": "missing"}, {"AlarmActions": []}, {"Unit": "Count"}, {"Dimensions": []},
    ):  # fmt: skip
        settings = {**settings, **change}
        made = with_(made, settings=settings)
        assert deploy(aws, tmp_path, made) == put, change
    check_changes(aws, tmp_path, made, {})


def test_layer(aws: Session, tmp_path: Path) -> None:
    facts = archive(tmp_path, "ONE = 1")
    made = Layer("l", "round-layer", {
        **facts, "description": "d", "runtime": "python3.13", "architecture": "arm64",
    })  # fmt: skip
    assert deploy(aws, tmp_path, made) == ["lambda:PublishLayerVersion"]
    first = plan(aws, made).known["layer:l"]["version_arn"]
    other = with_(made, **archive(tmp_path, "TWO = 2"))
    assert deploy(aws, tmp_path, other) == ["lambda:PublishLayerVersion"]
    assert plan(aws, other).known["layer:l"]["version_arn"] != first
    aws.call("lambda", "delete_layer_version", LayerName=made.name, VersionNumber=2)
    assert plan(aws, made).known["layer:l"]["version_arn"] == first
    assert deploy(aws, tmp_path, other) == ["lambda:PublishLayerVersion"]
    assert plan(aws, other).known["layer:l"]["version_arn"].endswith(":3")
    remove(aws, made)


def function(folder: Path, name: str = "round-function") -> Function:
    desired = {
        **archive(folder, "def run(event, context): return 1"), "arn": PLACE.function(name), "runtime": "python3.13",
        "handler": "handler.run", "role": PLACE.role("round-lambda"), "memory_mb": 256, "timeout_seconds": 30,
        "environment": {"MODE": "1"}, "layers": [], "description": "d", "tracing": "Active", "ephemeral_mb": 512,
        "architecture": "arm64", "reserved_concurrency": None, "tags": OURS,
    }  # fmt: skip
    return Function("f", name, desired, frozenset({"role:round-lambda"}))


def version(aws: Session, made: Base, *others: Base) -> str:
    return str(plan(aws, *others, made).known["function:f"]["version"])


def test_function(aws: Session, tmp_path: Path) -> None:
    needed = role("round-lambda")
    made = function(tmp_path)
    create = ["iam:CreateRole", "iam:PutRolePolicy", "lambda:CreateFunction", "lambda:PublishVersion"]
    assert deploy(aws, tmp_path, needed, made) == create
    code, settings, publish = "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:PublishVersion"
    changes: dict[str, tuple[dict[str, Any], list[str]]] = {
        "code": (archive(tmp_path, "def run(event, context): return 2"), [code, publish]),
        "both": ({**archive(tmp_path, "def run(event, context): return 3"), "memory_mb": 128}, [code, settings, publish]),
        "concurrency": ({"reserved_concurrency": 2}, ["lambda:PutFunctionConcurrency"]),
        "no concurrency": ({"reserved_concurrency": None}, ["lambda:DeleteFunctionConcurrency"]),
        "architecture": ({"architecture": "x86_64"}, [code, publish]),
        **{
            field: ({field: value}, [settings, publish])
            for field, value in {
                "timeout_seconds": 31, "environment": {}, "description": "", "tracing": "PassThrough",
                "ephemeral_mb": 1024, "runtime": "python3.12",
            }.items()
        },
    }  # fmt: skip
    published = 1
    for what, (change, labels) in changes.items():
        made = with_(made, **change)
        assert deploy(aws, tmp_path, needed, made) == labels, what
        published += publish in labels
        assert version(aws, made, needed) == str(published), what
    made = dataclasses.replace(made, needs=frozenset())
    check_changes(aws, tmp_path, made, {})
    remove(aws, needed)


def test_a_function_that_was_made_but_not_published_is_taken_up(aws: Session, tmp_path: Path) -> None:
    needed, made = role("round-lambda"), function(tmp_path, "round-half")
    deploy(aws, tmp_path, needed)
    create = made.diff(None, made.desired).calls[0]
    params = {**create.params, "Code": {"ZipFile": made.desired["archive"].path.read_bytes()}}
    aws.call(create.service, create.operation, **params)
    assert deploy(aws, tmp_path, needed, made) == ["lambda:PublishVersion"]
    remove(aws, made)
    remove(aws, needed)


def test_more_versions_than_a_page_holds(aws: Session, tmp_path: Path) -> None:
    """ListVersionsByFunction gives at most 50 a page."""
    needed, made = role("round-lambda"), function(tmp_path, "round-many")
    deploy(aws, tmp_path, needed, made)
    for number in range(52):
        aws.call("lambda", "update_function_configuration", FunctionName=made.name, Description=str(number))
        aws.call("lambda", "publish_version", FunctionName=made.name)
    assert version(aws, with_(made, description="51"), needed) == "53"
    remove(aws, made)
    remove(aws, needed)


def machine_parts(definition: Mapping[str, Any]) -> tuple[Role, LogGroup, StateMachine]:
    machine_role = role("round-states", "states.amazonaws.com")
    group = log_group("/aws/vendedlogs/states/round-machine")
    desired = {
        "arn": PLACE.state_machine("round-machine"), "definition": definition, "role": PLACE.role("round-states"),
        "type": "STANDARD", "tracing": True, "version_description": "git 1", "tags": OURS,
        "logging": {"level": "ALL", "include_execution_data": True, "log_group_arn": group.desired["arn"]},
    }  # fmt: skip
    needs = frozenset({machine_role.address, group.address})
    return machine_role, group, StateMachine("m", "round-machine", desired, needs)


def test_state_machine_and_alias(aws: Session, tmp_path: Path) -> None:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": 1}, "End": True}}}
    *others, made = machine_parts(definition)
    deploy(aws, tmp_path, *others)
    update, publish = "stepfunctions:UpdateStateMachine", "stepfunctions:PublishStateMachineVersion"
    assert deploy(aws, tmp_path, *others, made) == ["stepfunctions:CreateStateMachine", publish]
    logging = dict(made.desired["logging"])
    for field, value in {
        "definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": True}, "End": True}}},
        "tracing": False, "logging": {**logging, "level": "OFF"},
    }.items():  # fmt: skip
        made = with_(made, **{field: value})
        assert deploy(aws, tmp_path, *others, made) == [update, publish], field
    reordered = json.loads(json.dumps(made.desired["definition"], sort_keys=True))
    assert deploy(aws, tmp_path, *others, with_(made, definition=dict(reversed(reordered.items())))) == []
    versions = aws.call("stepfunctions", "list_state_machine_versions", stateMachineArn=made.desired["arn"])
    assert len(versions["stateMachineVersions"]) == 4
    alone = dataclasses.replace(made, needs=frozenset())
    check_alias(aws, tmp_path, alone.desired["arn"])
    check_changes(aws, tmp_path, alone, {})
    for other in others:
        remove(aws, other)


def check_alias(aws: Session, folder: Path, machine: str) -> None:
    alias = MachineAlias("m", "round-machine:live", {"arn": f"{machine}:live", "version_arn": f"{machine}:1"})
    assert deploy(aws, folder, alias) == ["stepfunctions:CreateStateMachineAlias"]
    for number in (2, 4):
        assert deploy(aws, folder, with_(alias, version_arn=f"{machine}:{number}")) == [
            "stepfunctions:UpdateStateMachineAlias"
        ]
    found = alias.read(aws)
    assert found is not None
    assert found.view == {"routes": {f"{machine}:4": 100}, "history": (2, 1), "description": "stepdeploy before 2<1"}
    remove(aws, alias)


def test_inventory(aws: Session, tmp_path: Path) -> None:
    name = "round-inventory"
    table = Table("releases", name, {
        "arn": PLACE.table(name), "hash_key": "pk", "range_key": "sk", "ttl_attribute": None,
        "point_in_time_recovery": True, "tags": OURS,
    })  # fmt: skip
    made = Inventory("current", name, {"resources": {"role:a": "A"}}, frozenset({table.address}))
    assert made.read(aws) is None
    assert deploy(aws, tmp_path, table, made)[-1] == "dynamodb:PutItem"
    renamed = with_(made, resources={"role:a": "B"})
    assert plan(aws, table, renamed).notes == (
        "role:a@A (A) is not in the project any more; kept, older versions may use it",
    )
    deploy(aws, tmp_path, table, renamed)
    found = made.read(aws)
    assert found is not None and found.view["resources"] == {"role:a": "B", "role:a@A": "A"}
    remove(aws, made)
    remove(aws, table)
    with pytest.raises(NotFound):
        aws.call("dynamodb", "describe_table", TableName=name)
