"""Evaluates JSONata expressions: jsonata-python plus the functions that AWS adds.

Source: AWS "Transforming data with JSONata in Step Functions" (transforming-data.html#functions-available).
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

TIME_LIMIT_MS = 1000
"""An expression runs on the event loop: it must not hold it for ever."""

MAX_DEPTH = 100
"""Levels that an expression may nest (AWS's own limit, measured by floci-io/floci)."""

_CACHED = 4096
_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class _Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()
"""The expression returned nothing."""


class Unsupported(ValueError):
    """The expression returned something that is no JSON: a function or a regular expression."""


class EvaluationError(ValueError):
    """The expression failed; the text is '<code>: <message>'."""


class _Local(threading.local):
    """Parsed expressions keep state while they run, so every thread has its own."""

    def __init__(self) -> None:
        self.parsed: dict[str, Any] = {}


_local = _Local()


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression (without `{% %}`) as JSON data, or UNDEFINED.

    variables: name without '$' -> JSON data. Raises EvaluationError and Unsupported.
    """
    try:
        parsed = _parsed(expression)
        # The library asks for the current expression of the thread when it calls functions.
        Jsonata.CURRENT.jsonata = parsed
        frame = parsed.create_frame()
        frame.set_runtime_bounds(TIME_LIMIT_MS, MAX_DEPTH)
        for name, function in FUNCTIONS.items():
            frame.bind(name, Jsonata.JLambda(function))
        # AWS has no $eval: calling it is T1006, a call of something that is no function.
        frame.bind("eval", None)
        for name, value in variables.items():
            frame.bind(name, _with_nulls(value))
        return _plain(parsed.evaluate(None, frame))
    except JException as error:
        message = re.sub(r"\bObject (\w+)", r'function "\1"', str(error)).replace(
            "Object signature", "function signature"
        )
        raise EvaluationError(f"{error.error}: {message}") from error
    except RecursionError as error:
        raise EvaluationError("D1011: Stack overflow. Check for non-terminating recursive function.") from error
    except Unsupported:
        raise
    except Exception as error:
        # jsonata-python lets Python's own errors through for wrong argument types.
        raise EvaluationError(str(error)) from error


def _parsed(expression: str) -> Any:
    parsed = _local.parsed.get(expression)
    if parsed is None:
        if len(_local.parsed) >= _CACHED:
            _local.parsed.clear()
        parsed = Jsonata(expression)
        parsed.set_output_convert_nulls(False)
        parsed.set_validate_input(False)
        _local.parsed[expression] = parsed
    return parsed


def _with_nulls(value: Any) -> Any:
    """JSON data with null as the library's own null: its None means undefined. Shares what holds no null."""
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, dict):
        converted = {name: _with_nulls(item) for name, item in value.items()}
        return converted if any(converted[name] is not item for name, item in value.items()) else value
    if isinstance(value, list):
        items = [_with_nulls(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _plain(value: Any) -> Any:
    """A result as JSON data of its own; whole floats become integers, as JavaScript and AWS print them."""
    if value is None:
        return UNDEFINED
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            # AWS writes what JSON cannot as JavaScript names it.
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, dict):
        return {name: None if item is None else _plain(item) for name, item in value.items()}
    if isinstance(value, Utils.RangeList):
        return [value[index] for index in range(len(value))]
    if isinstance(value, list):
        return [None if item is None else _plain(item) for item in value]
    raise Unsupported(type(value).__name__)


def _signature_error(position: int, function: str) -> EvaluationError:
    return EvaluationError(f'T0410: Argument {position} of function "{function}" does not match function signature')


def _number(value: Any, position: int, function: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _signature_error(position, function)
    return value


def _partition(items: Any = None, size: Any = None) -> Any:
    """Chunks of `size`, cut to a whole number; nothing for an empty array or a size of 0."""
    if not items or size is None:
        return None
    if not isinstance(items, list):
        items = [items]
    step = math.trunc(_number(size, 2, "partition"))
    if step <= 0:
        return None
    chunks = Utils.JList(list(items[start : start + step]) for start in range(0, len(items), step))
    # An array of one chunk stays an array.
    chunks.cons = True
    return chunks


def _range(first: Any = None, last: Any = None, step: Any = None) -> Any:
    """Whole numbers from first to last; fractions are cut off. Nothing when the step leads away."""
    if first is None or last is None or step is None:
        return None
    start, stop, stride = (math.trunc(_number(n, i, "range")) for i, n in enumerate((first, last, step), start=1))
    if stride == 0:
        return None
    numbers = Utils.create_sequence_from_iter(range(start, stop + (1 if stride > 0 else -1), stride))
    return (numbers[0] if len(numbers) == 1 else numbers) if numbers else None


def _hash(value: Any = None, algorithm: Any = None) -> Any:
    if value is None or algorithm is None:
        return None
    if algorithm not in _ALGORITHMS:
        raise _signature_error(2, "hash")
    text = value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return hashlib.new(_ALGORITHMS[algorithm], text.encode()).hexdigest()


def _random(seed: Any = None) -> float:
    """A number from 0 up to 1; the same for the same seed."""
    return random.random() if seed is None else random.Random(_number(seed, 1, "random")).random()


def _parse(text: Any = None) -> Any:
    if text is None:
        return None
    if not isinstance(text, str):
        raise _signature_error(1, "parse")
    try:
        return _with_nulls(json.loads(text))
    except ValueError as error:
        raise EvaluationError(f"$parse received invalid JSON: {error}") from error


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse,
}
"""What AWS adds to JSONata or replaces in it."""
