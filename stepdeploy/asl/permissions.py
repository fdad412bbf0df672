"""What a state machine's role must be allowed, Task by Task.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-supported-services.html and the pages of each
integration ("IAM policies for calling ..."); actions of SDK integrations are named after their operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from stepdeploy.asl import resources, services
from stepdeploy.asl.arguments import given
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Document, State
from stepdeploy.asl.shapes import JSONATA


class Need(NamedTuple):
    """A permission. resource: a pattern with `*` for what is not known. sure: AWS's pages name the action."""

    action: str
    resource: str
    pointer: Pointer
    sure: bool = True


_EXTRA: dict[str, tuple[str, ...]] = {
    "states:startExecution.sync": ("states:DescribeExecution", "states:StopExecution"),
    "states:startExecution.sync:2": ("states:DescribeExecution", "states:StopExecution"),
    "ecs:runTask.sync": ("ecs:StopTask", "ecs:DescribeTasks"),
    "batch:submitJob.sync": ("batch:DescribeJobs", "batch:TerminateJob"),
    "glue:startJobRun.sync": ("glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
    "codebuild:startBuild.sync": ("codebuild:StopBuild", "codebuild:BatchGetBuilds"),
    "athena:startQueryExecution.sync": ("athena:StopQueryExecution", "athena:GetQueryExecution"),
}
"""Integration -> what it needs besides its own action, on resources that are not looked at."""
_RULES = ("states", "ecs", "batch", "codebuild")
"""Services whose `.sync` hears of the end through a managed EventBridge rule."""
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_ARGUMENTS = {
    "dynamodb": ("TableName", "arn:*:dynamodb:*:*:table/{}"),
    "lambda": ("FunctionName", "arn:*:lambda:*:*:function:{}"),
    "sfn": ("StateMachineArn", "{}"),
    "sns": ("TopicArn", "{}"),
    "sqs": ("QueueUrl", "arn:*:sqs:*:*:{}"),
    "s3": ("Bucket", "arn:*:s3:::{}*"),
}
"""Service -> the argument that names what it works on, and the ARN in which it stands."""
_S3 = {"ListObjectsV2": "s3:ListBucket", "ListObjects": "s3:ListBucket", "HeadObject": "s3:GetObject"}
_NAMED = {("lambda", "Invoke"): "lambda:InvokeFunction"}
_UNCLEAR = ("s3", "cloudwatch", "apigateway", "iot", "rdsdata", "s3control")
"""Services of which not every operation is an action of its name, or whose prefix is another."""


def needs(document: Document) -> Iterator[Need]:
    """All permissions that the Tasks and distributed Maps of a definition need."""
    for state in document.states:
        if state.type == "Task" and "Credentials" not in state.value:  # those call under another role
            yield from _of_task(state)
    for part in document.parts:
        if part.shape.name in ("ItemReader", "ResultWriter"):
            action = str(part.value.get("Resource", "")).rpartition(":s3:")[2]
            pointer = (*part.pointer, "Resource")
            writes = part.shape.name == "ResultWriter"
            name = "s3:PutObject" if writes else "s3:ListBucket" if action == "listObjectsV2" else "s3:GetObject"
            yield Need(name, "arn:*:s3:::*", pointer)
        elif part.shape.name == "ProcessorConfig" and part.value.get("Mode") == "DISTRIBUTED":
            yield Need("states:StartExecution", "*", part.pointer)


def _of_task(state: State) -> Iterator[Need]:
    called, pointer = resources.called(state), (*state.pointer, "Resource")
    if called.kind == "lambda":
        yield Need("lambda:InvokeFunction", str(state.value["Resource"]), pointer)
    elif called.kind == "optimized" and called.service == "http":
        yield Need("states:InvokeHTTPEndpoint", "*", pointer)
        yield Need("events:RetrieveConnectionCredentials", "*", pointer)
    elif called.kind == "optimized" and called.service == "apigateway":
        yield Need("execute-api:Invoke", "*", pointer)
    elif called.kind in ("sdk", "optimized"):
        yield from _of_service(state, called, pointer)


def _of_service(state: State, called: resources.Called, pointer: Pointer) -> Iterator[Need]:
    found = services.called(called.service, called.action)
    if found is None:
        return
    service, operation = found
    action = _NAMED.get((service.name, operation.name), f"{service.iam}:{operation.name}")
    if service.name == "s3":
        action = _S3.get(operation.name, action)
    sure = called.kind == "optimized" or service.name not in _UNCLEAR
    yield Need(action, _resource(state, service.name), pointer, sure)
    whole = f"{called.service}:{called.action}{called.pattern}"
    for extra in _EXTRA.get(whole, ()):
        yield Need(extra, "*", pointer)
    if called.pattern.startswith(".sync") and called.service in _RULES:
        for extra in _RULE_ACTIONS:
            yield Need(extra, "*", pointer)


def _resource(state: State, service: str) -> str:
    """What a Task works on, as an ARN or pattern; "*" when only the execution knows."""
    argument, pattern = _ARGUMENTS.get(service, ("", "{}"))
    _, values = given(state)
    value: Any = values.get(argument) if isinstance(values, dict) else None
    if not isinstance(value, str) or (state.language == JSONATA and value.startswith("{%")):
        return "*"
    if value.startswith("arn:") or "${" in value:
        return value
    return pattern.format(value.rpartition("/")[2] if service == "sqs" else value)
