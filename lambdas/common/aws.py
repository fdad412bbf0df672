"""Clients of AWS, made once a process, and the translation of botocore's errors into the pipeline's.

::

    aws.prepare("dynamodb")     # at the end of a handler's imports: what most of its events will call
    aws.client("dynamodb").get_item(...)
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from common import aws_use, logging
from common.errors import ConfigurationError, PipelineError

# Seconds to wait for an answer. Nova Pro writes for a while; the others answer in milliseconds.
_READ_TIMEOUT = {"bedrock-runtime": 90}
_DEFAULT_READ_TIMEOUT = 15
# The resource is not there or the call is wrong: the same call would fail again.
_PERMANENT = frozenset({"ResourceNotFoundException", "NoSuchBucket", "ValidationException"})


@cache
def client(service: str) -> Any:
    """The process's botocore client for a service, made at first use: the first costs about 120 ms, a further one 20.

    Not for several threads at once, since they share a session: make it before they start.
    """
    with _no_collection():
        from common import sdk

        return aws_use.watch(sdk.make_client(service, _READ_TIMEOUT.get(service, _DEFAULT_READ_TIMEOUT)))


def prepare(*services: str) -> None:
    """Make these clients now if this is the init phase of a Lambda function; elsewhere they are made at first use.

    An on-demand function's init phase has a whole vCPU ("Effectively running Java on Serverless", serverlessland.com);
    a handler has as much as its memory gives, one for 1,769 MB (Lambda developer guide, "Configure Lambda function
    memory"): with 256 MB, what was left to the first event would take seven times as long. A client that cannot be made
    is left to the call that needs it, and fails there, where the error has a name.
    """
    if "AWS_LAMBDA_INITIALIZATION_TYPE" not in os.environ:
        return
    for service in services:
        try:
            client(service)
        except (BotoCoreError, ValueError) as error:
            logging.warning("client not prepared", service=service, error=type(error).__name__, cause=str(error))


def code_of(error: ClientError) -> str:
    """AWS's error code, for example `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def errors_as(kind: type[PipelineError], doing: str) -> Iterator[None]:
    """Raise what AWS answers inside the block as `kind`, or as ConfigurationError when repeating is of no use.

    doing: what was tried, for the message: "saving apple-inc in CompanySECData-dev".
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        raised = ConfigurationError if code in _PERMANENT else kind
        raise raised(f"{doing}: {code}: {error.response.get('Error', {}).get('Message', '')}") from error
    except BotoCoreError as error:
        raise kind(f"{doing}: {error}") from error


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without garbage collection: modules and models are many objects that all stay, and looking at them again and
    again takes a tenth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
