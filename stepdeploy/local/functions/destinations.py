"""Where the results of asynchronous invocations go: destinations and dead-letter queues.

Record: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. Dead-letter attributes:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from stepdeploy.local.functions.invoker import Invocation, Request
from stepdeploy.local.functions.names import LATEST, parse_target
from stepdeploy.local.world import World


class Destinations:
    """Sends to SQS, SNS, EventBridge and Lambda."""

    def __init__(self, world: World) -> None:
        self._world = world

    @staticmethod
    def record(request: Request, attempts: int, result: Invocation | None, condition: str) -> dict[str, Any]:
        """The invocation record. condition: Success, RetriesExhausted or EventAgeExceeded."""
        target = request.target
        made: dict[str, Any] = {
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "requestContext": {
                "requestId": request.request_id,
                "functionArn": f"{target.arn}:{target.qualifier or LATEST}",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": json.loads(request.payload or b"{}"),
        }
        if result is not None:
            context = {"statusCode": result.status, "executedVersion": result.executed_version}
            if result.function_error:
                context["functionError"] = result.function_error
            made["responseContext"] = context
            made["responsePayload"] = json.loads(result.payload or b"null")
        return made

    def send(self, arn: str, record: dict[str, Any], request: Request, queue: Callable[[Request], None]) -> None:
        """Send a record. queue: takes asynchronous invocations, for a function as destination."""
        service, region = arn.split(":")[2:4]
        text = json.dumps(record)
        if service == "lambda":
            target = parse_target(arn, None, region=region, account=request.target.place.account)
            queue(Request(target, text.encode(), str(uuid.uuid4())))
        elif service == "events":
            self._put_event(arn, record, region)
        else:
            self._deliver(arn, text, {})

    def _put_event(self, bus: str, record: dict[str, Any], region: str) -> None:
        good = record["requestContext"]["condition"] == "Success"
        entry = {
            "EventBusName": bus,
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {'Success' if good else 'Failure'}",
            "Resources": [record["requestContext"]["functionArn"]],
            "Detail": json.dumps(record),
        }
        self._world.client("events", region).put_events(Entries=[entry])

    def bury(self, arn: str, request: Request, result: Invocation | None) -> None:
        """Send the event itself to a dead-letter queue or topic, with the error as attributes."""
        error = json.loads(result.payload) if result is not None else {"errorMessage": "Event age exceeded"}
        attributes = {
            "RequestID": {"DataType": "String", "StringValue": request.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": str(error.get("errorMessage") or "Unknown")[:1024]},
        }
        self._deliver(arn, request.payload.decode() or "{}", attributes)

    def _deliver(self, arn: str, text: str, attributes: dict[str, Any]) -> None:
        service, region = arn.split(":")[2:4]
        client = self._world.client(service, region)
        if service == "sns":
            client.publish(TopicArn=arn, Message=text, MessageAttributes=attributes)
            return
        address = client.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
        client.send_message(QueueUrl=address, MessageBody=text, MessageAttributes=attributes)
