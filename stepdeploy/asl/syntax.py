"""Paths and intrinsic functions as they stand in a definition: what is wrong with them, or None."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stepdeploy.asl import intrinsics, jsonpath
from stepdeploy.asl.placeholders import filled, is_whole

_TEXT_FUNCTIONS = frozenset({"Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID"})
"""Functions that a Fail state's ErrorPath and CausePath take (AWS "Fail workflow state")."""

_LENGTH_INDEX = re.compile(r"\[\(@\.length ?- ?(\d+)\)\]")
"""`[(@.length-1)]`: Jayway's dialect has dropped it and AWS's own samples still use it."""

_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'")

_ERRORS = (ValueError, RecursionError, OverflowError)
"""What a parser may raise; RecursionError for thousands of brackets."""


def path(text: Any) -> jsonpath.Path | str:
    """The path, or what is wrong with it."""
    return _path(text) if isinstance(text, str) else "a JSONPath is a text"


@lru_cache(maxsize=65_536)
def _path(text: str) -> jsonpath.Path | str:
    try:
        return jsonpath.parse(_LENGTH_INDEX.sub(r"[-\1]", filled(text, "x")))
    except _ERRORS as error:
        return getattr(error, "reason", "nested too deep")


def path_problem(text: Any) -> str | None:
    """What keeps a value from being a JSONPath."""
    found = path(text)
    return found if isinstance(found, str) else None


def reference_problem(text: Any) -> str | None:
    """What keeps a value from being a Reference Path: a path of plain names and indexes, so to one place at most."""
    if isinstance(text, str) and not text.startswith("$"):
        return "Reference path didn't start with '$'"
    found = path(text)
    if isinstance(found, str):
        return found
    return None if found.is_reference else "it may use names and indexes only"


def call_problem(text: str) -> str | None:
    """What keeps a text from being a call of an intrinsic function."""
    found = call(text)
    return found if isinstance(found, str) else None


def text_call_problem(text: str) -> str | None:
    """What keeps a text from being a call of a function that yields a text."""
    found = call(text)
    if isinstance(found, str):
        return found
    return None if found.name in _TEXT_FUNCTIONS else f"States.{found.name} is not allowed here"


def dynamic_problem(value: Any) -> str | None:
    """What keeps the value of a key that ends in `.$` from being a path or a call."""
    if is_whole(value):
        return None
    if not isinstance(value, str):
        return "it is not a text"
    if value.startswith("$") and not value.startswith("${"):
        return path_problem(value)
    return call_problem(value)


@lru_cache(maxsize=16_384)
def call(text: str) -> intrinsics.Call | str:
    """The call of an intrinsic function, or what is wrong with it."""
    try:
        return intrinsics.parse(_LENGTH_INDEX.sub(r"[-\1]", filled(text, "x")))
    except _ERRORS as error:
        return getattr(error, "reason", "nested too deep")


def is_reference(text: Any) -> bool:
    """Whether a text has a `${}` in it which may stand for any part of a path; in a quoted text of a call it does not."""
    if not isinstance(text, str) or "${" not in text:
        return False
    return not intrinsics.is_call(text) or "${" in _QUOTED.sub("''", text)


def roots(text: Any) -> Iterator[str]:
    """Where the paths in a path or call start: "$" (data), "$$" (context object) or a variable's name."""
    if not isinstance(text, str) or is_whole(text):
        return
    waiting: list[Any] = [path(text) if text.startswith("$") else call(text)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, jsonpath.Path):
            yield found.root
        elif isinstance(found, intrinsics.Call):
            waiting += found.arguments
