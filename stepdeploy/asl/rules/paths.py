"""JSONPaths and Reference Paths in fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.asl import syntax
from stepdeploy.asl.model import Part
from stepdeploy.asl.placeholders import is_whole
from stepdeploy.asl.registry import Hit, rule

_PATHS = "https://states-language.net/#path"
_FAIL = "https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html"


@rule("ASL040", "error", "InputPath and OutputPath are a JSONPath or null", source=_PATHS, on="part")
def valid_path(part: Part) -> Iterator[Hit]:
    yield from _problems(part, "path", syntax.path_problem, "Value is not a JSONPath", nullable=True)


@rule("ASL041", "error", "A field whose name ends in Path holds a Reference Path", source=_PATHS, on="part")
def valid_reference(part: Part) -> Iterator[Hit]:
    yield from _problems(part, "reference", syntax.reference_problem, "Value is not a Reference Path")


@rule("ASL042", "error", "ResultPath is a Reference Path into the data, or null", source=_PATHS, on="part")
def valid_result_path(part: Part) -> Iterator[Hit]:
    yield from _problems(part, "result_path", _result_problem, "Value is not a Reference Path", nullable=True)


@rule(
    "ASL043",
    "error",
    "A Map's number paths lead into the data or a variable, not into the context object",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html",
    on="part",
)
def valid_own_reference(part: Part) -> Iterator[Hit]:
    yield from _problems(part, "own_reference", _own_problem, "Value is not a Reference Path")


@rule("ASL044", "error", "ErrorPath and CausePath are a Reference Path or a function of text", source=_FAIL, on="part")
def valid_text_path(part: Part) -> Iterator[Hit]:
    message = "Value is not a Reference Path or an intrinsic function that yields a text"
    yield from _problems(part, "text_path", _text_problem, message)


def _problems(
    part: Part, kind: str, problem: Callable[[Any], str | None], message: str, *, nullable: bool = False
) -> Iterator[Hit]:
    for name, value, field in part.fields:
        if field.kind != kind or (value is None and nullable) or is_whole(value):
            continue
        reason = problem(value)
        if reason:
            yield Hit((*part.pointer, name), f"{message}: {reason}")


def _result_problem(value: Any) -> str | None:
    reason = syntax.reference_problem(value)
    if reason is None and not _is_data(value):
        return "a result cannot be written to a variable or into the context object"
    return reason


def _own_problem(value: Any) -> str | None:
    reason = syntax.reference_problem(value)
    return reason or ("it leads into the context object" if value.startswith("$$") else None)


def _text_problem(value: Any) -> str | None:
    if isinstance(value, str) and value.startswith("States."):
        return syntax.text_call_problem(value)
    return syntax.reference_problem(value)


def _is_data(path: str) -> bool:
    return path == "$" or path.startswith(("$.", "$["))
