"""Asynchronous invocation and event source mappings."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from lambda_fakes import Do, FakeWorld, wait_until

from stepdeploy.local.functions import events, polling
from stepdeploy.local.functions.invoker import Invocation
from stepdeploy.local.functions.polling import succeeded
from stepdeploy.local.functions.service import FunctionsService
from stepdeploy.local.wire import ApiError

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
COUNT = (
    "import pathlib\n"
    "def handler(event, context):\n"
    "    with pathlib.Path({path!r}).open('a') as file:\n        file.write(context.aws_request_id + '\\n')\n"
    "    if {fails}:\n        raise ValueError('no')\n"
    "    return 'done'\n"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RETRY_SECONDS", (0.05, 0.05))
    monkeypatch.setattr(events, "THROTTLED_SECONDS", 0.05)
    monkeypatch.setattr(polling, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(polling, "PAUSE_SECONDS", 0.05)


def runs(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def test_an_event_runs_later(create: Do, service: FunctionsService, tmp_path: Path) -> None:
    path = tmp_path / "runs"
    create(COUNT.format(path=str(path), fails=False))
    result = service.invoke("f", None, b"{}", kind="Event", request_id="r-1")
    assert (result.status, result.payload) == (202, b"")
    wait_until(lambda: runs(path))
    wait_until(lambda: service.running() == 0)
    assert runs(path) == ["r-1"]


def test_a_failed_event_is_tried_three_times_and_then_buried(
    create: Do, do: Do, service: FunctionsService, world: FakeWorld, tmp_path: Path
) -> None:
    path = tmp_path / "runs"
    create(COUNT.format(path=str(path), fails=True), DeadLetterConfig={"TargetArn": QUEUE})
    do("PutFunctionEventInvokeConfig", FunctionName="f", DestinationConfig={"OnFailure": {"Destination": QUEUE}})
    service.invoke("f", None, b'{"a": 1}', kind="Event", request_id="r-1")
    sent = world.clients["sqs"].sent
    wait_until(lambda: len(sent) == 2)
    assert runs(path) == ["r-1"] * 3
    record, letter = sent
    body = json.loads(record["MessageBody"])
    assert body["requestContext"]["condition"] == "RetriesExhausted"
    assert body["requestContext"]["approximateInvokeCount"] == 3
    assert body["requestPayload"] == {"a": 1}
    assert body["responsePayload"]["errorType"] == "ValueError"
    assert json.loads(letter["MessageBody"]) == {"a": 1}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"


def test_retries_follow_the_configuration(create: Do, do: Do, service: FunctionsService, tmp_path: Path) -> None:
    path = tmp_path / "runs"
    create(COUNT.format(path=str(path), fails=True))
    do("PutFunctionEventInvokeConfig", FunctionName="f", MaximumRetryAttempts=0)
    service.invoke("f", None, b"{}", kind="Event")
    wait_until(lambda: runs(path))
    wait_until(lambda: service.running() == 0)
    time.sleep(0.3)
    assert len(runs(path)) == 1


def test_success_goes_to_its_destination(
    create: Do, do: Do, service: FunctionsService, world: FakeWorld, tmp_path: Path
) -> None:
    create(COUNT.format(path=str(tmp_path / "runs"), fails=False))
    do("PutFunctionEventInvokeConfig", FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": QUEUE}})
    service.invoke("f", None, b"{}", kind="Event")
    wait_until(lambda: world.clients["sqs"].sent)
    body = json.loads(world.clients["sqs"].sent[0]["MessageBody"])
    assert (body["requestContext"]["condition"], body["responsePayload"]) == ("Success", "done")


def test_a_throttled_event_waits(create: Do, do: Do, service: FunctionsService, tmp_path: Path) -> None:
    path = tmp_path / "runs"
    create(COUNT.format(path=str(path), fails=False))
    do("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=0)
    service.invoke("f", None, b"{}", kind="Event")
    time.sleep(0.3)
    assert runs(path) == []
    do("DeleteFunctionConcurrency", FunctionName="f")
    wait_until(lambda: runs(path))


def test_an_event_for_nothing_is_refused_at_once(service: FunctionsService) -> None:
    with pytest.raises(ApiError, match="Function not found"):
        service.invoke("f", None, b"{}", kind="Event")


def test_an_event_over_1_mb_is_refused(create: Do, service: FunctionsService) -> None:
    create()
    with pytest.raises(ApiError) as caught:
        service.invoke("f", None, json.dumps("x" * 1_100_000).encode(), kind="Event")
    assert caught.value.code == "RequestTooLargeException"


def test_messages_are_handed_over_and_deleted(create: Do, do: Do, world: FakeWorld, tmp_path: Path) -> None:
    path = tmp_path / "seen"
    create(
        "import json, pathlib\ndef handler(event, context):\n"
        f"    with pathlib.Path({str(path)!r}).open('a') as file:\n"
        "        file.write(json.dumps([r['body'] for r in event['Records']]) + '\\n')\n"
    )
    queue = world.clients["sqs"]
    queue.add("a", "b", "c")
    do("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE, BatchSize=2)
    wait_until(lambda: len(queue.deleted) == 3)
    batches = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(batches) == [["a", "b"], ["c"]]


def test_messages_of_a_failed_batch_stay(create: Do, do: Do, service: FunctionsService, world: FakeWorld) -> None:
    create("def handler(event, context):\n    raise ValueError('no')\n")
    queue = world.clients["sqs"]
    queue.add("a")
    do("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)
    wait_until(lambda: "REPORT" in world.log_text())
    wait_until(lambda: service.running() == 0)
    assert queue.deleted == []


def test_only_good_items_are_deleted(create: Do, do: Do, world: FakeWorld) -> None:
    create("def handler(event, context):\n    return {'batchItemFailures': [{'itemIdentifier': 'id-b'}]}\n")
    queue = world.clients["sqs"]
    queue.add("a", "b", "c")
    do(
        "CreateEventSourceMapping",
        FunctionName="f",
        EventSourceArn=QUEUE,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    wait_until(lambda: len(queue.deleted) == 2)
    assert queue.deleted == ["handle-a", "handle-c"]


def test_a_disabled_mapping_reads_nothing_until_enabled(create: Do, do: Do, world: FakeWorld) -> None:
    create()
    queue = world.clients["sqs"]
    queue.add("a")
    made = do("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE, Enabled=False)
    time.sleep(0.3)
    assert len(queue.waiting) == 1
    do("UpdateEventSourceMapping", UUID=made["UUID"], Enabled=True)
    wait_until(lambda: queue.deleted == ["handle-a"])


def test_nothing_is_read_while_the_journal_is_replayed(create: Do, do: Do, world: FakeWorld) -> None:
    world.replaying = True
    create()
    queue = world.clients["sqs"]
    queue.add("a")
    do("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)
    time.sleep(0.3)
    assert len(queue.waiting) == 1
    world.replaying = False
    wait_until(lambda: queue.deleted == ["handle-a"])


BATCH = [{"MessageId": "1"}, {"MessageId": "2"}]


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (None, ["1", "2"]),
        ({}, ["1", "2"]),
        ({"batchItemFailures": []}, ["1", "2"]),
        ({"batchItemFailures": None}, ["1", "2"]),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, ["1"]),
        ({"batchItemFailures": [{"itemIdentifier": "9"}]}, []),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, []),
        ({"batchItemFailures": [{"id": "1"}]}, []),
        ("text", []),
    ],
)
def test_batch_item_failures(answer: Any, kept: list[str]) -> None:
    mapping = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    result = Invocation(200, json.dumps(answer).encode())
    assert [message["MessageId"] for message in succeeded(result, mapping, BATCH)] == kept
