"""Python values <-> JSON by botocore's shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import DenormalizedStructureBuilder

from stepdeploy.local import values

AT = datetime(2026, 5, 4, 3, 2, 1, 123456, UTC)


def shape(member: dict[str, Any]) -> Any:
    return DenormalizedStructureBuilder().with_members({"m": member}).build_model()


@pytest.mark.parametrize(
    ("member", "json", "python"),
    [
        ({"type": "blob"}, "aGk=", b"hi"),
        ({"type": "timestamp"}, 1777863721.123, datetime(2026, 5, 4, 3, 2, 1, 123000, UTC)),
        ({"type": "list", "member": {"type": "blob"}}, ["aGk="], [b"hi"]),
        ({"type": "map", "key": {"type": "string"}, "value": {"type": "integer"}}, {"a": 1}, {"a": 1}),
        ({"type": "structure", "members": {"n": {"type": "long"}}}, {"n": 1}, {"n": 1}),
    ],
)
def test_there_and_back(member: dict[str, Any], json: Any, python: Any) -> None:
    assert values.from_json(shape(member), {"m": json}) == {"m": python}
    assert values.to_json(shape(member), {"m": python}) == {"m": json}


@pytest.mark.parametrize(
    ("kind", "wrong"), [("blob", "not base64!"), ("list", "text"), ("timestamp", True), ("structure", 3), ("map", [1])]
)
def test_wrong_types_are_left_for_the_validator(kind: str, wrong: Any) -> None:
    member: dict[str, Any] = {"type": kind}
    member |= {"list": {"member": {"type": "string"}}, "structure": {"members": {}}}.get(kind, {})
    member |= {"map": {"key": {"type": "string"}, "value": {"type": "string"}}}.get(kind, {})
    assert values.from_json(shape(member), {"m": wrong}) == {"m": wrong}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "-12", -12),
        ("integer", "1.5", "1.5"),
        ("boolean", "true", True),
        ("boolean", "yes", "yes"),
        ("string", "7", "7"),
        ("timestamp", "2026-05-04T03:02:01Z", datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)),
    ],
)
def test_text_values(kind: str, text: str, value: Any) -> None:
    assert values.from_text(shape({"type": kind}).members["m"], text) == value


def test_header_text() -> None:
    assert values.to_text(shape({"type": "boolean"}).members["m"], True) == "true"
    assert values.to_text(shape({"type": "integer"}).members["m"], 3) == "3"
    assert values.to_text(shape({"type": "timestamp"}).members["m"], AT) == "Mon, 04 May 2026 03:02:01 GMT"
