"""The 18 intrinsic functions of JSONPath mode.

Source: AWS "Intrinsic functions for JSONPath states" (intrinsic-functions.html); texts of objects in States.Format
follow recorded executions (Java's `{name=value}`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable
from typing import Any

from stepdeploy.asl.intrinsics import unescape
from stepdeploy.interpreter.paths import same

MAX_RANGE = 1000
MAX_TEXT = 10_000
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class FunctionFailure(ValueError):
    """An argument is of the wrong type or out of bounds."""


def call(name: str, arguments: list[Any]) -> Any:
    """The value of States.<name>(*arguments). Raises FunctionFailure."""
    return FUNCTIONS[name](*arguments)


def _text(value: Any, limit: int | None = None) -> str:
    if not isinstance(value, str):
        raise FunctionFailure(f"expected a string but got {compact(value)}")
    if limit is not None and len(value) > limit:
        raise FunctionFailure(f"the string is longer than {limit} characters")
    return value


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FunctionFailure(f"expected an array but got {compact(value)}")
    return value


def _whole(value: Any) -> int:
    """AWS rounds numbers that are not whole (half away from zero downwards, as Java's Math.round)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FunctionFailure(f"expected an integer but got {compact(value)}")
    return value if isinstance(value, int) else math.floor(value + 0.5)


def compact(value: Any) -> str:
    """JSON text without blanks, as AWS prints it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _array_partition(value: Any, size: Any) -> list[Any]:
    items, step = _array(value), _whole(size)
    if step <= 0:
        raise FunctionFailure("the chunk size must be a positive integer")
    return [items[start : start + step] for start in range(0, len(items), step)]


def _array_contains(value: Any, wanted: Any) -> bool:
    return any(same(item, wanted) for item in _array(value))


def _array_range(first: Any, last: Any, step: Any) -> list[int]:
    start, stop, stride = _whole(first), _whole(last), _whole(step)
    if stride == 0:
        raise FunctionFailure("the step must not be 0")
    numbers = range(start, stop + (1 if stride > 0 else -1), stride)
    if len(numbers) > MAX_RANGE:
        raise FunctionFailure(f"the array would hold more than {MAX_RANGE} numbers")
    return list(numbers)


def _array_get_item(value: Any, index: Any) -> Any:
    items, position = _array(value), _whole(index)
    if not 0 <= position < len(items):
        raise FunctionFailure(f"index {position} is out of bounds for an array of {len(items)}")
    return items[position]


def _array_unique(value: Any) -> list[Any]:
    seen: dict[str, Any] = {}
    for item in _array(value):
        seen.setdefault(json.dumps(item, sort_keys=True), item)
    return list(seen.values())


def _base64_decode(value: Any) -> str:
    try:
        return base64.b64decode(_text(value, MAX_TEXT), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise FunctionFailure(f"not Base64: {error}") from error


def _hash(value: Any, algorithm: Any) -> str:
    text = value if isinstance(value, str) else compact(value)
    name = _ALGORITHMS.get(_text(algorithm))
    if name is None:
        raise FunctionFailure(f"the algorithm must be one of {', '.join(_ALGORITHMS)}")
    return hashlib.new(name, _text(text, MAX_TEXT).encode()).hexdigest()


def _json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise FunctionFailure("expected two objects")
    if deep is not False:
        raise FunctionFailure("only the shallow merge is supported: the third argument must be false")
    return {**first, **second}


def _string_to_json(value: Any) -> Any:
    text = _text(value)
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise FunctionFailure(f"not JSON: {error}") from error


def _math_random(first: Any, last: Any, seed: Any = None) -> int:
    start, stop = _whole(first), _whole(last)
    if start >= stop:
        raise FunctionFailure("the start must be less than the end")
    source = random.Random(_whole(seed)) if seed is not None else random
    return source.randrange(start, stop)


def _string_split(value: Any, separators: Any) -> list[str]:
    text, characters = _text(value), _text(separators)
    if not characters:
        return [text]
    # Empty pieces are dropped: StringSplit('1,,2', ',') is ['1', '2'].
    return [piece for piece in re.split(f"[{re.escape(characters)}]", text) if piece]


def _java_text(value: Any) -> str:
    """An object in an object prints as Java's Map does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_java_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java_text, value)) + "]"
    return value if isinstance(value, str) else compact(value)


_PLACEHOLDER = re.compile(r"(\\[{}\\]|\{\})")


def _format(template: Any, *values: Any) -> str:
    pieces = _PLACEHOLDER.split(_text(template))
    wanted = pieces.count("{}")
    if wanted != len(values):
        raise FunctionFailure(f"the template has {wanted} {{}} for {len(values)} argument(s)")
    remaining = iter(values)
    return "".join(_java_text(next(remaining)) if piece == "{}" else unescape(piece) for piece in pieces)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Array": lambda *items: list(items),
    "ArrayPartition": _array_partition,
    "ArrayContains": _array_contains,
    "ArrayRange": _array_range,
    "ArrayGetItem": _array_get_item,
    "ArrayLength": lambda value: len(_array(value)),
    "ArrayUnique": _array_unique,
    "Base64Encode": lambda value: base64.b64encode(_text(value, MAX_TEXT).encode()).decode(),
    "Base64Decode": _base64_decode,
    "Hash": _hash,
    "JsonMerge": _json_merge,
    "StringToJson": _string_to_json,
    "JsonToString": compact,
    "MathRandom": _math_random,
    "MathAdd": lambda first, second: _whole(first) + _whole(second),
    "StringSplit": _string_split,
    "UUID": lambda: str(uuid.uuid4()),
    "Format": _format,
}
