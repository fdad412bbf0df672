"""Distributed Maps: items from S3, results to S3, Map Runs and their children."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, States
from .test_control import refused
from .test_integrations import only

PROCESSOR = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "C",
    "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.bad", "IsPresent": True, "Next": "F"}], "Default": "P"},
        "P": {"Type": "Pass", "End": True},
        "F": {"Type": "Fail", "Error": "Bad"},
    },
}


def machine(**fields: Any) -> dict[str, Any]:
    state = {"Type": "Map", "ItemProcessor": PROCESSOR, "Label": "each", "MaxConcurrency": 2, "End": True, **fields}
    return {"StartAt": "M", "States": {"M": state}}


def reader(action: str = "getObject", **config: Any) -> dict[str, Any]:
    return {
        "Resource": f"arn:aws:states:::s3:{action}",
        "Parameters": {"Bucket": "b"} if action == "listObjectsV2" else {"Bucket": "b", "Key": "in.csv"},
        "ReaderConfig": config,
    }


def put(states: States, body: bytes) -> None:
    states.world.client("s3").answers["get_object"] = lambda **_: {"Body": io.BytesIO(body)}


@pytest.mark.parametrize(
    ("config", "body"),
    [
        ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, b"id\n1\n2\n"),
        ({"InputType": "JSON"}, b'[{"id":"1"},{"id":"2"}]'),
        ({"InputType": "JSONL"}, b'{"id":"1"}\n{"id":"2"}\n'),
        ({"InputType": "JSON"}, gzip.compress(b'[{"id":"1"},{"id":"2"}]', mtime=0)),
    ],
)
def test_items_from_a_file(states: States, config: dict[str, Any], body: bytes) -> None:
    put(states, body)
    done = states.run(states.machine(machine(ItemReader=reader(**config))))
    assert json.loads(done["output"]) == [{"id": "1"}, {"id": "2"}]


def test_items_from_a_listing(states: States) -> None:
    class Paginator:
        def paginate(self, **parameters: Any) -> list[dict[str, Any]]:
            assert parameters == {"Bucket": "b"}
            found = {"Key": "k", "Size": 3, "ETag": '"e"', "LastModified": datetime(2026, 1, 1, tzinfo=UTC)}
            return [{"Contents": [found]}, {}, {"Contents": [{**found, "Key": "l"}]}]

    states.world.client("s3").answers["get_paginator"] = None
    states.world.services["s3"] = type("S3", (), {"get_paginator": lambda self, name: Paginator()})()
    done = states.run(states.machine(machine(ItemReader=reader("listObjectsV2"))))
    items = json.loads(done["output"])
    assert [item["Key"] for item in items] == ["k", "l"]
    assert items[0]["LastModified"] == 1767225600


def test_results_to_files(states: States) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "p"}}
    arn = states.machine(machine(ResultWriter=writer, ToleratedFailureCount=1))
    done = states.run(arn, [{"id": 1}, {"bad": True}])
    assert done["status"] == "SUCCEEDED"
    files = {call["Key"].rsplit("/", 1)[1]: json.loads(call["Body"]) for _, call in states.world.client("s3").calls}
    assert sorted(files) == ["FAILED_0.json", "SUCCEEDED_0.json", "manifest.json"]
    assert files["FAILED_0.json"][0]["Error"] == "Bad"


def test_map_run_and_children(states: States) -> None:
    arn = states.machine(machine(ToleratedFailurePercentage=50))
    done = states.run(arn, [{"id": 1}, {"bad": True}])
    (run,) = states("ListMapRuns", executionArn=done["executionArn"])["mapRuns"]
    assert run["stateMachineArn"] == f"{arn}/each"
    assert run["mapRunArn"].startswith(f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:orders/each:")
    found = states("DescribeMapRun", mapRunArn=run["mapRunArn"])
    assert (found["status"], found["maxConcurrency"], found["toleratedFailurePercentage"]) == ("SUCCEEDED", 2, 50.0)
    counts = found["itemCounts"]
    assert (counts["total"], counts["succeeded"], counts["failed"], counts["running"]) == (2, 1, 1, 0)
    assert found["stopDate"] >= found["startDate"]
    children = states("ListExecutions", mapRunArn=run["mapRunArn"])["executions"]
    assert sorted(child["status"] for child in children) == ["FAILED", "SUCCEEDED"]
    assert [item["name"] for item in states("ListExecutions", stateMachineArn=arn)["executions"]] == [done["name"]]
    child = next(child for child in children if child["status"] == "SUCCEEDED")
    detail = states("DescribeExecution", executionArn=child["executionArn"])
    assert (detail["output"], detail["mapRunArn"]) == ('{"id":1}', run["mapRunArn"])
    assert states.events(child["executionArn"])[-1] == "ExecutionSucceeded"
    assert "MapRunStarted" in states.events(done["executionArn"])


def test_children_count_under_the_label(states: States) -> None:
    arn = states.machine(machine())
    states.run(arn, [{"id": 1}])
    states.service.flush()
    data = [datum for _, call in states.world.client("cloudwatch").calls for datum in call["MetricData"]]
    ended = [item["Dimensions"][0]["Value"] for item in data if item["MetricName"] == "ExecutionsSucceeded"]
    assert sorted(ended) == [arn, f"{arn}/each"]


def test_reading_needs_permission(states: States) -> None:
    only(states, "s3:PutObject")
    done = states.run(states.machine(machine(ItemReader=reader(InputType="JSON"))))
    assert done["error"] == "States.ItemReaderFailed"
    assert "s3:GetObject on resource: arn:aws:s3:::b/in.csv" in done["cause"]


def test_missing_map_run(states: States) -> None:
    refused(lambda: states("DescribeMapRun", mapRunArn="arn:aws:states:x"), "ResourceNotFound")
    missing = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:orders:none"
    refused(lambda: states("ListMapRuns", executionArn=missing), "ExecutionDoesNotExist")


@pytest.mark.parametrize("field", ["ItemReader", "ResultWriter"])
def test_readers_and_writers_there_are_not(states: States, field: str) -> None:
    message = refused(
        lambda: states.machine(machine(**{field: {"Resource": "arn:aws:states:::s3:deleteObject"}})),
        "InvalidDefinition",
    )
    assert f"/States/M/{field}" in message
