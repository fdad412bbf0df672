"""Distributed Maps: reading items and writing results in S3, Map Runs and their child executions.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

import asyncio
import gzip
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.interpreter import History, MapHooks, MapRun, Outcome, TaskError
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states import faults, pages
from stepdeploy.local.states.engine import Engine
from stepdeploy.local.states.history import Recorder
from stepdeploy.local.states.integrations.awssdk import sdk_error
from stepdeploy.local.states.integrations.sdk_names import from_members, operation
from stepdeploy.local.states.names import region_of, standard_execution_arn
from stepdeploy.local.states.records import Execution
from stepdeploy.local.states.roles import Roles
from stepdeploy.local.states.store import Store
from stepdeploy.local.wire import ApiCall
from stepdeploy.local.world import World

_COUNTS = ("succeeded", "failed", "aborted", "timed_out")


class Maps:
    """Map Runs: DescribeMapRun, ListMapRuns, and the hooks that the interpreter calls."""

    def __init__(self, world: World, roles: Roles, store: Store) -> None:
        self._world = world
        self._roles = roles
        self._store = store
        self._live: dict[str, tuple[MapRun, datetime]] = {}

    def hooks(self, execution: Execution, pool: Executor) -> MapHooks:
        """What the interpreter calls for the Distributed Maps of an execution."""
        return _Hooks(self, execution, pool)

    def describe(self, call: ApiCall) -> dict[str, Any]:
        arn = call.params["mapRunArn"]
        live = self._live.get(arn)
        content = _content(*live, None) if live is not None else self._store.map_run(arn)
        if content is None:
            raise faults.no_resource()
        return _with_times({name: value for name, value in content.items() if name != "stateMachineArn"})

    def listing(self, call: ApiCall) -> dict[str, Any]:
        arn = call.params["executionArn"]
        standard_execution_arn(arn)
        if self._world.states.engine.find(arn) is None:
            raise faults.no_execution(arn)
        names = ("executionArn", "mapRunArn", "stateMachineArn", "startDate", "stopDate")
        items = [
            _with_times({name: content[name] for name in names if name in content})
            for content in self._store.map_runs(arn)
        ]
        return pages.page(items, call.params, "mapRuns")

    def begin(self, run: MapRun) -> None:
        started = self._world.now()
        self._live[run.arn] = (run, started)
        self._store.save_map_run(run.arn, run.execution_arn, _content(run, started, None))

    def end(self, run: MapRun) -> None:
        _, started = self._live[run.arn]
        self._store.save_map_run(run.arn, run.execution_arn, _content(run, started, self._world.now()))
        del self._live[run.arn]

    def read(self, execution: Execution, resource: str, parameters: dict[str, Any]) -> bytes | list[Any]:
        """s3:getObject -> the object's bytes; s3:listObjectsV2 -> its entries. Blocking. Raises TaskError."""
        action = resource.rsplit(":", 1)[-1]
        bucket = _bucket_arn(execution, parameters)
        s3 = self._world.client("s3", region_of(execution.arn))
        try:
            if action == "getObject":
                self._check(execution, "s3:GetObject", f"{bucket}/{parameters.get('Key')}")
                body: bytes = s3.get_object(**parameters)["Body"].read()
                return gzip.decompress(body) if _is_gzipped_data(parameters, body) else body
            if action == "listObjectsV2":
                self._check(execution, "s3:ListBucket", bucket)
                pages_found = s3.get_paginator("list_objects_v2").paginate(**parameters)
                return [item for found in pages_found for item in _listed(found)]
        except ClientError as error:
            raise sdk_error("s3", error) from error
        raise TaskError("States.ItemReaderFailed", f"The embedded AWS has no reader for {resource}")

    def write(self, execution: Execution, resource: str, parameters: dict[str, Any], key: str, body: bytes) -> None:
        """Store one result file. Blocking. Raises TaskError."""
        if not resource.endswith(":s3:putObject"):
            raise TaskError("States.ResultWriterFailed", f"The embedded AWS has no writer for {resource}")
        self._check(execution, "s3:PutObject", f"{_bucket_arn(execution, parameters)}/{key}")
        try:
            self._world.client("s3", region_of(execution.arn)).put_object(
                Bucket=parameters["Bucket"], Key=key, Body=body, ContentType="application/json"
            )
        except ClientError as error:
            raise sdk_error("s3", error) from error

    def start_child(self, parent: Execution, run: MapRun, context: dict[str, Any]) -> tuple[Execution, Recorder]:
        """A record and a history for a child execution."""
        members = context["Execution"]
        child = Execution(
            arn=members["Id"],
            name=members["Name"],
            machine=parent.machine,
            type="STANDARD",
            revision=parent.revision,
            input=to_text(members["Input"]),
            started=self._world.now(),
            map_run=run.arn,
            label=run.label,
        )
        self._engine.opened(child)
        return child, self._engine.recorder(child)

    def end_child(self, child: Execution, recorder: Recorder, outcome: Outcome) -> None:
        child.status, child.error, child.cause = outcome.status, outcome.error, outcome.cause
        if outcome.status == "SUCCEEDED":
            child.output = to_text(outcome.output)
        child.stopped = self._world.now()
        self._engine.closed(child, recorder)

    @property
    def _engine(self) -> Engine:
        return self._world.states.engine

    def _check(self, execution: Execution, action: str, resource: str) -> None:
        role = execution.revision.role
        if not self._roles.allows(role, action, resource):
            raise TaskError(
                "States.TaskFailed",
                f"{role} is not authorized to perform: {action} on resource: {resource} because no identity-based "
                f"policy allows the {action} action",
            )


class _Hooks(MapHooks):
    """The hooks of one execution; reading and writing happen in the pool."""

    def __init__(self, maps: Maps, execution: Execution, pool: Executor) -> None:
        self._maps = maps
        self._execution = execution
        self._pool = pool
        self._children: dict[str, tuple[Execution, Recorder]] = {}

    async def read(self, resource: str, parameters: dict[str, Any]) -> bytes | list[Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._maps.read, self._execution, resource, parameters)

    async def write(self, resource: str, parameters: dict[str, Any], key: str, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, self._maps.write, self._execution, resource, parameters, key, body)

    def map_run_started(self, run: MapRun) -> None:
        self._maps.begin(run)

    def map_run_ended(self, run: MapRun) -> None:
        self._maps.end(run)

    def child_started(self, run: MapRun, context: dict[str, Any]) -> History:
        child, recorder = self._maps.start_child(self._execution, run, context)
        self._children[child.arn] = child, recorder
        return recorder

    def child_ended(self, run: MapRun, context: dict[str, Any], outcome: Outcome) -> None:
        child, recorder = self._children.pop(context["Execution"]["Id"])
        self._maps.end_child(child, recorder, outcome)


def _bucket_arn(execution: Execution, parameters: dict[str, Any]) -> str:
    partition = execution.arn.split(":")[1]
    return f"arn:{partition}:s3:::{parameters.get('Bucket')}"


def _is_gzipped_data(parameters: dict[str, Any], body: bytes) -> bool:
    """Data files may be gzipped; the parts of an S3 Inventory (*.csv.gz) are unpacked by the interpreter."""
    return body.startswith(b"\x1f\x8b") and not str(parameters.get("Key")).endswith(".gz")


def _listed(found: dict[str, Any]) -> list[Any]:
    """The objects of a page, with times as epoch seconds, as a Map's items have them."""
    model = operation("s3", "listObjectsV2")
    assert model is not None
    for item in found.get("Contents", []):
        item["LastModified"] = int(item["LastModified"].timestamp())
    items: list[Any] = from_members(model.output_shape.members["Contents"], found.get("Contents", []))
    return items


def _content(run: MapRun, started: datetime, stopped: datetime | None) -> dict[str, Any]:
    """A Map Run as it is kept: members of DescribeMapRun, times in epoch seconds."""
    counts = {name: getattr(run, name) for name in _COUNTS}
    items = {
        "pending": 0,
        "running": max(0, run.items - sum(counts.values())) if stopped is None else 0,
        "total": run.items,
        "resultsWritten": run.succeeded if stopped is not None else 0,
        "succeeded": run.succeeded,
        "failed": run.failed,
        "aborted": run.aborted,
        "timedOut": run.timed_out,
    }
    head, name = run.arn.split(":mapRun:")
    content = {
        "mapRunArn": run.arn,
        "executionArn": run.execution_arn,
        "stateMachineArn": f"{head}:stateMachine:{name.rsplit(':', 1)[0]}",
        "status": run.status,
        "startDate": started.timestamp(),
        "maxConcurrency": run.max_concurrency,
        "toleratedFailurePercentage": float(run.tolerated_percentage),
        "toleratedFailureCount": run.tolerated_count,
        "itemCounts": items,
        "executionCounts": {**items, "total": run.total},
        "redriveCount": 0,
    }
    return content if stopped is None else {**content, "stopDate": stopped.timestamp()}


def _with_times(content: dict[str, Any]) -> dict[str, Any]:
    """The times as datetimes."""
    times = {name: content[name] for name in ("startDate", "stopDate") if name in content}
    return content | {name: datetime.fromtimestamp(seconds, UTC) for name, seconds in times.items()}
