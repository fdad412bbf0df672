"""Check a JSON file against a JSON Schema that ships with the tool, and say in plain words what is wrong and where."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def shipped(name: str) -> dict[str, Any]:
    """The schema `schemas/<name>.schema.json`."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


def problems(source: Source, schema: Mapping[str, Any]) -> list[StepdeployError]:
    """All violations, in the file's order, each with file:line:column."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(source.value), key=lambda error: [str(part) for part in error.absolute_path])
    return [problem for error in errors for problem in _translate(source, error)]


def _translate(source: Source, error: Any) -> Iterable[StepdeployError]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        allowed = list(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, 1)
                hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(allowed)}."
                yield InvalidProject(f"unknown key {key!r}", where=source.where((*path, key), key=True), hint=hint)
        return
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        for key in missing[:1] if f"'{missing[0]}'" in error.message else missing:
            yield InvalidProject(f"{_name(path)} lacks {key!r}", where=source.where(path))
        return
    if "propertyNames" in error.absolute_schema_path:
        yield InvalidProject(
            f"{error.instance!r} cannot be used as a name here: {_reason(error)}",
            where=source.where((*path, error.instance), key=True),
        )
        return
    yield InvalidProject(f"{_name(path)} {_reason(error)}", where=source.where(path), hint=_description(error))


def _reason(error: Any) -> str:
    value = error.validator_value
    reasons = {
        "type": lambda: f"must be {_types(value)}, not {json.dumps(error.instance, ensure_ascii=False)[:60]}",
        "enum": lambda: f"must be one of {', '.join(map(str, value))}, not {error.instance!r}",
        "pattern": lambda: f"{error.instance!r} does not match {value}",
        "minimum": lambda: f"must be at least {value}, not {error.instance}",
        "maximum": lambda: f"must be at most {value}, not {error.instance}",
        "minLength": lambda: "must not be empty",
        "maxLength": lambda: f"is {len(error.instance)} characters long; at most {value} are allowed",
        "maxItems": lambda: f"has {len(error.instance)} items; at most {value} are allowed",
        "minProperties": lambda: "must not be empty",
    }
    return reasons[error.validator]() if error.validator in reasons else str(error.message)


def _types(value: str | list[str]) -> str:
    names = {"object": "an object", "array": "a list", "string": "a string", "integer": "a whole number",
             "number": "a number", "boolean": "true or false", "null": "null"}  # fmt: skip
    return " or ".join(names[item] for item in ([value] if isinstance(value, str) else value))


def _name(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path)) or "the file"


def _description(error: Any) -> str | None:
    found = error.schema.get("description") if isinstance(error.schema, dict) else None
    return str(found) if found else None
