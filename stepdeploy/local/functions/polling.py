"""Reads SQS queues for their event source mappings and calls the functions.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, batch item failures: .../services-sqs-errorhandling.html.
Messages that are not deleted come back when their visibility timeout is over; how often they may, and where they go
then, is the queue's redrive policy.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
import uuid
from typing import Any

from stepdeploy.local.functions.invoker import Invocation, Invoker, Request
from stepdeploy.local.functions.model import Store
from stepdeploy.local.functions.names import parse_target
from stepdeploy.local.wire import ApiError
from stepdeploy.local.world import World

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
#: After an error of the queue, or a throttled call.
PAUSE_SECONDS = 2.0
#: What AWS begins with; it then grows, which on one machine it need not.
DEFAULT_CONCURRENCY = 5
_PER_RECEIVE = 10


class Pollers:
    """One thread for each enabled mapping; each batch is run in a thread of its own."""

    def __init__(self, world: World, store: Store, invoker: Invoker) -> None:
        self._world = world
        self._store = store
        self._invoker = invoker
        self._lock = threading.Lock()
        self._active: set[tuple[str, str]] = set()
        self._closed = threading.Event()

    def watch(self, region: str, mapping: str) -> None:
        """Poll for that mapping from now on, if it is enabled; does nothing where that is done already."""
        with self._lock:
            if (region, mapping) in self._active or self._closed.is_set():
                return
            self._active.add((region, mapping))
        threading.Thread(target=self._poll, args=(region, mapping), name="event source", daemon=True).start()

    def close(self) -> None:
        """Let the threads end."""
        self._closed.set()

    def _mapping(self, region: str, name: str) -> dict[str, Any] | None:
        """The mapping while it is enabled; None ends its thread (under the lock, so that none is missed)."""
        with self._lock:
            with self._store.lock:
                mapping = self._store.region(region).mappings.get(name)
            if mapping is None or mapping["State"] != "Enabled":
                self._active.discard((region, name))
                return None
            return mapping

    def _poll(self, region: str, name: str) -> None:
        while self._world.replaying:  # nothing must run before the server is as it was
            self._closed.wait(0.05)
        places = Places()
        while not self._closed.is_set():
            mapping = self._mapping(region, name)
            if mapping is None:
                return
            if not places.take((mapping["ScalingConfig"] or {}).get("MaximumConcurrency", DEFAULT_CONCURRENCY)):
                self._closed.wait(0.02)
                continue
            try:
                batch = self._receive(region, mapping)
            except Exception as error:
                log.warning("%s cannot be read: %s", mapping["EventSourceArn"], error)
                batch = []
                self._closed.wait(PAUSE_SECONDS)
            if batch:
                arguments = (region, mapping, batch, places)
                threading.Thread(target=self._run, args=arguments, name="event batch", daemon=True).start()
            else:
                places.give_back()
                self._closed.wait(POLL_SECONDS)

    def _receive(self, region: str, mapping: dict[str, Any]) -> list[dict[str, Any]]:
        """Messages for one batch: what is there, or what comes within the batching window."""
        client, address = self._queue(region, mapping)
        size, window = mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]
        batch: list[dict[str, Any]] = []
        deadline = time.monotonic() + window
        while len(batch) < size and not self._closed.is_set():
            found = client.receive_message(
                QueueUrl=address,
                MaxNumberOfMessages=min(_PER_RECEIVE, size - len(batch)),
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            batch += found
            if time.monotonic() >= deadline or (not batch and not found):
                break
            if not found:
                self._closed.wait(min(POLL_SECONDS, max(deadline - time.monotonic(), 0)))
        return batch

    def _queue(self, region: str, mapping: dict[str, Any]) -> tuple[Any, str]:
        client = self._world.client("sqs", region)
        return client, client.get_queue_url(QueueName=mapping["EventSourceArn"].rsplit(":", 1)[-1])["QueueUrl"]

    def _run(self, region: str, mapping: dict[str, Any], batch: list[dict[str, Any]], places: Places) -> None:
        try:
            records = [record(message, mapping["EventSourceArn"]) for message in batch]
            target = parse_target(mapping["FunctionArn"], None, region=region, account=self._world.account)
            payload = json.dumps({"Records": records}).encode()
            result = self._invoker.invoke(Request(target, payload, str(uuid.uuid4())))
            done = succeeded(result, mapping, batch)
            client, address = self._queue(region, mapping)
            for message in done:
                client.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
        except ApiError as error:
            log.warning("%s was not called for %s: %s", mapping["FunctionArn"], mapping["EventSourceArn"], error)
            self._closed.wait(PAUSE_SECONDS)
        except Exception:
            log.exception("A batch of %s failed", mapping["EventSourceArn"])
        finally:
            places.give_back()


class Places:
    """How many batches of a mapping are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, limit: int) -> bool:
        with self._lock:
            if self._taken >= limit:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1


def record(message: dict[str, Any], queue: str) -> dict[str, Any]:
    """A message of ReceiveMessage as the function gets it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": queue.split(":")[3],
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"dataType": value["DataType"], "stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        made["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        made["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return made


def succeeded(result: Invocation, mapping: dict[str, Any], batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that were dealt with, which are to be deleted."""
    if result.function_error is not None:
        return []
    if "ReportBatchItemFailures" not in mapping["FunctionResponseTypes"]:
        return batch
    failed = _failed_items(result.payload)
    if failed is None or not failed <= {message["MessageId"] for message in batch}:
        return []  # a malformed answer fails the whole batch
    return [message for message in batch if message["MessageId"] not in failed]


def _failed_items(payload: bytes) -> set[str] | None:
    """The item identifiers of `{"batchItemFailures": [{"itemIdentifier": ...}]}`; None where it is malformed."""
    answer = json.loads(payload or b"null")
    if answer is None or (isinstance(answer, dict) and not answer.get("batchItemFailures")):
        return set()
    try:
        found = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    except (TypeError, KeyError):
        return None
    return set(found) if all(isinstance(item, str) and item for item in found) else None
