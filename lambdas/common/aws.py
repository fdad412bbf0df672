"""boto3 clients, made once a process, and the translation of botocore's errors into the pipeline's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from common.errors import ConfigurationError, PipelineError

# Seconds to wait for an answer. Nova Pro writes for a while; the others answer in milliseconds.
_READ_TIMEOUT = {"bedrock-runtime": 90}
_DEFAULT_READ_TIMEOUT = 15
# The resource is not there or the call is wrong: the same call would fail again.
_PERMANENT = frozenset({"ResourceNotFoundException", "NoSuchBucket", "ValidationException"})


@cache
def client(service: str) -> Any:
    """The process's boto3 client for a service, made at first use: each costs about 50 ms of a cold start."""
    config = Config(
        connect_timeout=5,
        read_timeout=_READ_TIMEOUT.get(service, _DEFAULT_READ_TIMEOUT),
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    return boto3.client(service, config=config)


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
