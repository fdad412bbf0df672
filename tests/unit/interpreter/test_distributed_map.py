"""Distributed Map: children, readers, batches, tolerated failures, result files."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from stepdeploy.interpreter import MapHooks, MapRun, MemoryHistory, Outcome, TaskCall, TaskError
from tests.unit.interpreter.support import TASK, Tasks, execute, one, types


class Store(MapHooks):
    """Files in memory, and what was told about runs and children."""

    def __init__(self, **files: Any) -> None:
        self.files = {name.replace("_", "."): body for name, body in files.items()}
        self.runs: list[MapRun] = []
        self.ended: list[MapRun] = []
        self.children: list[tuple[dict[str, Any], MemoryHistory]] = []
        self.outcomes: list[Outcome] = []

    async def read(self, resource: str, parameters: dict[str, Any]) -> bytes | list[Any]:
        if parameters.get("Key", "list") not in self.files:
            raise TaskError("S3.NoSuchKeyException", "no such key")
        content: bytes | list[Any] = self.files[parameters.get("Key", "list")]
        return content

    async def write(self, resource: str, parameters: dict[str, Any], key: str, body: bytes) -> None:
        if parameters["Bucket"] == "closed":
            raise TaskError("S3.AccessDenied", "no")
        self.files[key] = body

    def map_run_started(self, run: MapRun) -> None:
        self.runs.append(run)

    def map_run_ended(self, run: MapRun) -> None:
        self.ended.append(run)

    def child_started(self, run: MapRun, context: dict[str, Any]) -> MemoryHistory:
        self.children.append((context, MemoryHistory()))
        return self.children[-1][1]

    def child_ended(self, run: MapRun, context: dict[str, Any], outcome: Outcome) -> None:
        self.outcomes.append(outcome)


def distributed(state: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    inner = state or {"Type": "Pass"}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Child",
        "States": {"Child": {**inner, "End": True}},
    }
    return one({"Type": "Map", "ItemProcessor": processor, **fields})


def reading(kind: str, key: str, **config: Any) -> dict[str, Any]:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": key},
        "ReaderConfig": {"InputType": kind, **config},
    }
    return {"ItemReader": reader}


def odd_fail(call: TaskCall) -> Any:
    if call.parameters % 2:
        raise TaskError("Odd", "one")
    return call.parameters


def test_each_item_is_an_execution_of_its_own() -> None:
    store, history = Store(), MemoryHistory()
    machine = distributed({"Type": "Pass", "Parameters": {"v.$": "$", "id.$": "$$.Execution.Name"}}, Label="Each")
    outcome = execute(machine, ["a", "b"], hooks=store, history=history)
    contexts = [context for context, _ in store.children]
    assert [row["v"] for row in outcome.output] == ["a", "b"]
    assert [row["id"] for row in outcome.output] == [context["Execution"]["Name"] for context in contexts]
    assert contexts[0]["Execution"]["Id"].startswith("arn:aws:states:eu-west-1:123456789012:execution:machine/Each:")
    assert contexts[0]["Execution"]["Input"] == "a"
    assert contexts[0]["StateMachine"]["Name"] == "machine/Each"
    assert types(store.children[0][1])[-1] == "ExecutionSucceeded"
    assert types(history) == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]


def test_children_do_not_see_outer_variables() -> None:
    machine = distributed({"Type": "Pass", "Parameters": {"v.$": "$outer"}})
    assert execute(machine, [1], variables={"outer": 1}).error == "States.ExceedToleratedFailureThreshold"


def test_the_run_counts() -> None:
    store = Store()
    machine = distributed(TASK, ToleratedFailurePercentage=60, MaxConcurrency=2)
    outcome = execute(machine, [0, 1, 2, 3], tasks=Tasks(odd_fail), hooks=store)
    (run,) = store.ended
    assert outcome.output == [0, 2]
    assert (run.status, run.items, run.total, run.succeeded, run.failed) == ("SUCCEEDED", 4, 4, 2, 2)
    assert run.arn.startswith("arn:aws:states:eu-west-1:123456789012:mapRun:machine/")


@pytest.mark.parametrize(
    ("fields", "succeeds"),
    [
        ({}, False),
        ({"ToleratedFailureCount": 1}, False),
        ({"ToleratedFailureCount": 2}, True),
        ({"ToleratedFailureCountPath": "$.n"}, True),
        ({"ToleratedFailurePercentage": 49.9}, False),
        ({"ToleratedFailurePercentage": 50}, True),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 100}, False),
        ({"ToleratedFailureCount": 4, "ToleratedFailurePercentage": 10}, False),
    ],
)
def test_tolerated_failures(fields: dict[str, Any], succeeds: bool) -> None:
    machine = distributed(TASK, ItemsPath="$.items", **fields)
    outcome = execute(machine, {"items": [0, 1, 2, 3], "n": 2}, tasks=Tasks(odd_fail))
    assert (outcome.status == "SUCCEEDED") is succeeds
    if not succeeds:
        assert outcome.error == "States.ExceedToleratedFailureThreshold"
        assert outcome.cause == "The specified tolerated failure threshold was exceeded"


def test_too_many_failures_stop_the_rest_and_can_be_caught() -> None:
    store, history = Store(), MemoryHistory()
    machine = distributed(TASK, MaxConcurrency=1, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "End"}])
    machine["States"]["End"] = {"Type": "Succeed"}
    outcome = execute(machine, [1, 2, 3], tasks=Tasks(odd_fail), hooks=store, history=history)
    assert outcome.output["Error"] == "States.ExceedToleratedFailureThreshold"
    assert len(store.children) == 1
    assert types(history)[4:7] == ["MapRunFailed", "MapStateFailed", "MapStateExited"]


CSV = b'name,price\r\n"a, b",1\r\nshort\r\nlong,2,extra\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "config", "items"),
    [
        (
            "CSV",
            CSV,
            {"CSVHeaderLocation": "FIRST_ROW"},
            [{"name": "a, b", "price": "1"}, {"name": "short", "price": ""}, {"name": "long", "price": "2"}],
        ),
        (
            "CSV",
            b"1;2\n",
            {"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x"], "CSVDelimiter": "SEMICOLON"},
            [{"x": "1"}],
        ),
        ("CSV", b"", {"CSVHeaderLocation": "FIRST_ROW"}, []),
        ("JSON", b"[1, [2], null]", {}, [1, [2], None]),
        ("JSON", b'{"a": 1, "b": 2}', {}, [{"Key": "a", "Value": 1}, {"Key": "b", "Value": 2}]),
        ("JSON", b'{"x": {"y": [3]}}', {"ItemsPointer": "/x/y"}, [3]),
        ("JSONL", b'{"a":1}\n\n[2]\n', {}, [{"a": 1}, [2]]),
        ("JSON", b"[1,2,3]", {"MaxItems": 2}, [1, 2]),
        ("JSON", b"[1,2,3]", {"MaxItems": 0}, [1, 2, 3]),
        ("JSON", b"[1,2,3]", {"MaxItemsPath": "$.most"}, [1]),
    ],
)
def test_files_become_items(kind: str, body: bytes, config: dict[str, Any], items: list[Any]) -> None:
    machine = distributed(**reading(kind, "data", **config))
    assert execute(machine, {"most": 1}, hooks=Store(data=body)).output == items


def test_listed_objects_are_items() -> None:
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}
    objects = [{"Key": "a", "Size": 1}]
    assert execute(distributed(ItemReader=reader), hooks=Store(list=objects)).output == objects


def test_an_inventory_manifest_names_files_of_items() -> None:
    manifest = {
        "fileFormat": "CSV",
        "destinationBucket": "arn:aws:s3:::inventory",
        "fileSchema": "Bucket, Key",
        "files": [{"key": "one"}, {"key": "two"}],
    }
    store = Store(
        manifest=json.dumps(manifest).encode(),
        one=gzip.compress(b'"b","x"\n', mtime=0),
        two=gzip.compress(b'"b","y"\n', mtime=0),
    )
    items = execute(distributed(**reading("MANIFEST", "manifest")), hooks=store).output
    assert items == [{"Bucket": "b", "Key": "x"}, {"Bucket": "b", "Key": "y"}]


@pytest.mark.parametrize(
    ("kind", "body"),
    [("JSON", b"{"), ("JSON", b'"text"'), ("JSONL", b"{"), ("PARQUET", b""), ("JSON", b"\xff\xfe")],
)
def test_unreadable_files_fail_the_run(kind: str, body: bytes) -> None:
    history = MemoryHistory()
    outcome = execute(distributed(**reading(kind, "data")), hooks=Store(data=body), history=history)
    assert outcome.error == "States.ItemReaderFailed"
    assert "MapRunFailed" in types(history)


def test_a_missing_file_gives_the_stores_cause() -> None:
    outcome = execute(distributed(**reading("JSON", "other")), hooks=Store())
    assert (outcome.error, outcome.cause) == ("States.ItemReaderFailed", "no such key")


@pytest.mark.parametrize(
    ("batcher", "sizes"),
    [
        ({"MaxItemsPerBatch": 2}, [2, 2, 1]),
        ({"MaxItemsPerBatchPath": "$.n"}, [3, 2]),
        ({"MaxInputBytesPerBatch": 40}, [3, 2]),
        ({"MaxItemsPerBatch": 4, "MaxInputBytesPerBatch": 40}, [3, 2]),
    ],
)
def test_items_in_batches(batcher: dict[str, Any], sizes: list[int]) -> None:
    store = Store()
    machine = distributed(ItemsPath="$.items", ItemBatcher=batcher)
    outcome = execute(machine, {"items": ["xxxxxx"] * 5, "n": 3}, hooks=store)
    assert [len(batch["Items"]) for batch in outcome.output] == sizes
    limit = batcher.get("MaxInputBytesPerBatch", 1000)
    assert all(len(json.dumps(batch, separators=(",", ":"))) <= limit for batch in outcome.output)
    assert store.ended[0].succeeded == 5


def test_batches_share_an_input() -> None:
    machine = distributed(
        ItemsPath="$.items",
        ItemSelector={"v.$": "$$.Map.Item.Value"},
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"k.$": "$.k"}},
    )
    outcome = execute(machine, {"items": [1, 2, 3], "k": "shared"})
    assert outcome.output[1] == {"BatchInput": {"k": "shared"}, "Items": [{"v": 3}]}


def writing(bucket: str = "b", **config: Any) -> dict[str, Any]:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out/"}}
    return {"ResultWriter": {**writer, "WriterConfig": config} if config else writer}


def test_results_become_files() -> None:
    store = Store()
    machine = distributed(TASK, ToleratedFailureCount=9, **writing())
    outcome = execute(machine, [0, 1, 2], tasks=Tasks(odd_fail), hooks=store)
    details = outcome.output["ResultWriterDetails"]
    manifest = json.loads(store.files[details["Key"]])
    assert details["Bucket"] == "b"
    assert details["Key"].startswith("out/")
    assert outcome.output["MapRunArn"] == manifest["MapRunArn"] == store.ended[0].arn
    assert manifest["ResultFiles"]["PENDING"] == []
    (succeeded,), (failed,) = manifest["ResultFiles"]["SUCCEEDED"], manifest["ResultFiles"]["FAILED"]
    assert succeeded["Size"] == len(store.files[succeeded["Key"]])
    rows = json.loads(store.files[succeeded["Key"]])
    assert [(row["Status"], row["Input"], row["Output"]) for row in rows] == [
        ("SUCCEEDED", "0", "0"),
        ("SUCCEEDED", "2", "2"),
    ]
    (row,) = json.loads(store.files[failed["Key"]])
    assert (row["Status"], row["Error"], row["Cause"]) == ("FAILED", "Odd", "one")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, "[[1],[2,3]]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, "[1,2,3]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "1\n2\n3"),
    ],
)
def test_result_files_can_be_transformed(config: dict[str, Any], expected: str) -> None:
    store = Store()
    execute(distributed(**writing(**config)), [[1], [2, 3]], hooks=store)
    (body,) = [body for key, body in store.files.items() if "SUCCEEDED_0" in key]
    assert body.decode() == expected


def test_a_writer_without_a_resource_transforms_the_output() -> None:
    machine = distributed(ResultWriter={"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}})
    assert execute(machine, [[1], [2, 3]]).output == [1, 2, 3]


def test_a_failing_store_fails_the_run() -> None:
    outcome = execute(distributed(**writing("closed")), [1], hooks=Store())
    assert (outcome.error, outcome.cause) == ("States.ResultWriterFailed", "no")


def test_without_hooks_readers_fail_clearly() -> None:
    assert execute(distributed(**reading("JSON", "x"))).error == "States.ItemReaderFailed"
