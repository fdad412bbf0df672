"""What the counting needs of AWS (costing.reading.Reader), by the clients of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from common import aws
from common.errors import UpstreamUnavailable

_MISSING = frozenset({"ResourceNotFoundException", "ExecutionDoesNotExist", "StateMachineDoesNotExist", "NotFound"})


class Missing(Exception):
    """What was asked for does not exist."""


class AwsReader:
    """Reads. Raises Missing, UpstreamUnavailable."""

    def __init__(self) -> None:
        # Clients are not made by several threads at once.
        for service in ("stepfunctions", "logs"):
            aws.client(service)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One call."""
        with _translated(f"{service}:{operation}"):
            answer: dict[str, Any] = getattr(aws.client(service), operation)(**params)
            return answer

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        """All items under `key` over all pages."""
        with _translated(f"{service}:{operation}"):
            for page in aws.client(service).get_paginator(operation).paginate(**params):
                yield from page.get(key) or ()


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    with aws.errors_as(UpstreamUnavailable, doing):
        try:
            yield
        except ClientError as error:
            if aws.code_of(error) in _MISSING:
                raise Missing(f"{doing}: {error}") from error
            raise
