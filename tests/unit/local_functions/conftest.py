"""A FunctionsService on a fake World."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lambda_fakes import ROLE, Do, FakeWorld, api_call, code

from stepdeploy.local.functions.service import FunctionsService


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    return FakeWorld(tmp_path)


@pytest.fixture
def service(world: FakeWorld) -> Iterator[FunctionsService]:
    made = FunctionsService(world)  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def do(service: FunctionsService) -> Do:
    """`do("GetFunction", FunctionName="f")` is one API call."""
    return lambda operation, **params: service.handle(api_call(operation, params))


@pytest.fixture
def create(do: Do) -> Do:
    """Create function "f", or another; what is not given has a default."""

    def create(source: str = "def handler(event, context):\n    return event\n", **params: Any) -> dict[str, Any]:
        defaults = {
            "FunctionName": "f",
            "Runtime": "python3.11",
            "Handler": "handler.handler",
            "Role": ROLE,
            "Code": code(source),
        }
        wanted = {**defaults, **params}
        return do("CreateFunction", **{name: value for name, value in wanted.items() if value is not None})

    return create
