"""Python values <-> the JSON and text forms that botocore's shapes prescribe.

`shape` arguments are `botocore.model.Shape`; they are typed Any because botocore brings no type hints.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from botocore.utils import parse_timestamp


def from_json(shape: Any, value: Any) -> Any:
    """A JSON value as boto3 callers know it. Wrong types are left as they are: the validator reports them."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return _structure_from_json(shape, value)
    if kind == "list" and isinstance(value, list):
        return [from_json(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: from_json(shape.value, item) for key, item in value.items()}
    if kind == "blob" and isinstance(value, str):
        return _from_base64(value)
    if kind == "timestamp" and isinstance(value, int | float | str) and not isinstance(value, bool):
        return parse_timestamp(value)
    return value


def _structure_from_json(shape: Any, value: dict[str, Any]) -> dict[str, Any]:
    """Only members of the model are taken, and JSON nulls are absent members, as AWS reads them."""
    found = {}
    for name, member in shape.members.items():
        item = value.get(member.serialization.get("name", name))
        if item is not None:
            found[name] = from_json(member, item)
    return found


def _from_base64(text: str) -> bytes | str:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text


def from_text(shape: Any, text: str) -> Any:
    """A value that came in the path, the query or a header."""
    kind = shape.type_name
    if kind in ("integer", "long") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "timestamp":
        return parse_timestamp(text)
    return text


def to_json(shape: Any, value: Any) -> Any:
    """A Python value as JSON. None members are left out. Raises ValueError for a member that the model lacks."""
    kind = shape.type_name
    if kind == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")
        return {
            shape.members[name].serialization.get("name", name): to_json(shape.members[name], item)
            for name, item in value.items()
            if item is not None
        }
    if kind == "list":
        return [to_json(shape.member, item) for item in value]
    if kind == "map":
        return {key: to_json(shape.value, item) for key, item in value.items()}
    if kind == "blob":
        return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()
    if kind == "timestamp":
        return _timestamp(shape, value, "unixTimestamp")
    return value


def to_text(shape: Any, value: Any) -> str:
    """A Python value as header text."""
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return str(_timestamp(shape, value, "rfc822"))
    return str(value)


def _timestamp(shape: Any, value: datetime, default: str) -> float | str:
    """Milliseconds are kept, finer parts are not (https://smithy.io/2.0/spec/protocol-traits.html#timestampformat)."""
    style = shape.serialization.get("timestampFormat", default)
    if style == "unixTimestamp":
        return round(value.timestamp(), 3)
    if style == "rfc822":
        return format_datetime(value.astimezone(UTC), usegmt=True)
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
