"""DispatchExecution: starts the main machine for each message of the queue of companies.

Event: messages of SQS; each body {"token", "company_id", "request", "priority"}.
Result: {"statusCode", "body": {"messages", "failed"}, "batchItemFailures"}.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from botocore.exceptions import ClientError
from common import aws, logging
from common.company_list import checked
from common.errors import ConfigurationError, InvalidInput, UpstreamUnavailable
from common.handler import Event, lambda_entry
from common.queue_records import each

# Names of executions without the characters that AWS refuses (API_StartExecution.html).
_TOKEN = re.compile(r"[a-z0-9-]{1,80}\Z")
# Another dispatcher, or this one before it died, has started it: AWS keeps a name for 90 days.
_EXISTS = "ExecutionAlreadyExists"

aws.prepare("stepfunctions")


@lambda_entry
def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    """Start an execution a message, named by the token, so that a message that comes twice starts one.

    A message that failed comes back. Raises ConfigurationError, InvalidInput for what is no batch of messages.
    """
    machine = os.environ.get("MACHINE_ARN", "").strip()
    if not machine:
        raise ConfigurationError("MACHINE_ARN must hold the ARN of the machine's alias")
    return each(event, lambda body: _start(machine, body))


def _start(machine: str, body: dict[str, Any]) -> None:
    token = body.get("token")
    if not isinstance(token, str) or not _TOKEN.match(token):
        raise InvalidInput("the message has no usable token")
    request = json.dumps(checked(body.get("request")), ensure_ascii=False, sort_keys=True)
    with aws.errors_as(UpstreamUnavailable, f"starting {token}"):
        try:
            answer = aws.client("stepfunctions").start_execution(stateMachineArn=machine, name=token, input=request)
        except ClientError as error:
            if aws.code_of(error) != _EXISTS:
                raise
            logging.info("had been started", token=token)
            return
    logging.info("started an execution", token=token, execution_arn=answer["executionArn"])
