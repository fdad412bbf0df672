"""Check JSON against a JSON Schema (draft 2020-12), and say in plain words what is wrong and where.

The schemas that ship with the tool carry one annotation of our own: `form`, a pattern in words ("12 digits").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.references import nearest

SCHEMAS = Path(__file__).parent / "schemas"

_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


@cache
def shipped(name: str) -> dict[str, Any]:
    """The schema `schemas/<name>.schema.json`."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


def problems(source: Source, schema: Mapping[str, Any]) -> list[StepdeployError]:
    """All violations, each once and with file:line:column."""
    errors = sorted(_validator_class()(schema).iter_errors(source.value), key=_path_text)
    found = {(problem.where, problem.message): problem for error in errors for problem in _translate(source, error)}
    return list(found.values())


def schema_problems(source: Source) -> list[StepdeployError]:
    """What is wrong with a file that should itself be a JSON Schema."""
    kind = _validator_class()
    errors = sorted(kind(kind.META_SCHEMA).iter_errors(source.value), key=_path_text)
    return [problem for error in errors for problem in _translate(source, error)]


@cache
def _validator_class() -> Any:
    """Draft 2020-12, except that 256.0 is no integer: AWS does not take it for one."""
    import jsonschema  # only here: it takes longer to import than most commands take to run

    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=checker)


def _path_text(error: Any) -> list[str]:
    return [str(part) for part in error.absolute_path]


def _translate(source: Source, error: Any) -> Iterator[StepdeployError]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        yield from _unknown_keys(source, error, path)
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield InvalidProject(f"{_name(path)} lacks '{key}'", where=source.where(path))
    elif "propertyNames" in error.absolute_schema_path:
        yield InvalidProject(
            f"'{error.instance}' cannot be a name here: it {_reason(error)}",
            where=source.where((*path, error.instance), key=True),
        )
    else:
        yield InvalidProject(f"{_name(path)} {_reason(error)}", where=source.where(path), hint=_hint(error))


def _unknown_keys(source: Source, error: Any, path: tuple[str | int, ...]) -> Iterator[StepdeployError]:
    allowed = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key not in allowed:
            hint = nearest(key, allowed) or f"There are: {', '.join(allowed)}."
            yield InvalidProject(f"unknown key '{key}'", where=source.where((*path, key), key=True), hint=hint)


def _reason(error: Any) -> str:
    form = error.schema.get("form") if isinstance(error.schema, dict) else None
    if form and error.validator in ("pattern", "not"):
        return f"must be {form}, not {_shown(error.instance)}"
    explain = _REASONS.get(error.validator)
    return explain(error.validator_value, error.instance) if explain else str(error.message)


_REASONS: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda wanted, found: f"must be {_types(wanted)}, not {_shown(found)}",
    "enum": lambda wanted, found: f"must be one of {', '.join(map(_shown, wanted))}, not {_shown(found)}",
    "const": lambda wanted, found: f"must be {_shown(wanted)}, not {_shown(found)}",
    "pattern": lambda wanted, found: f"must match {wanted}, and {_shown(found)} does not",
    "minimum": lambda wanted, found: f"must be at least {wanted}, not {found}",
    "maximum": lambda wanted, found: f"must be at most {wanted}, not {found}",
    "exclusiveMinimum": lambda wanted, found: f"must be more than {wanted}, not {found}",
    "exclusiveMaximum": lambda wanted, found: f"must be less than {wanted}, not {found}",
    "multipleOf": lambda wanted, found: f"must be a multiple of {wanted}, not {found}",
    "minLength": lambda wanted, found: (
        f"must have at least {wanted} characters, not {len(found)}" if found else "must not be empty"
    ),
    "maxLength": lambda wanted, found: f"is {len(found)} characters long; at most {wanted} are allowed",
    "minItems": lambda wanted, found: f"must have at least {wanted} items, not {len(found)}",
    "maxItems": lambda wanted, found: f"has {len(found)} items; at most {wanted} are allowed",
    "uniqueItems": lambda wanted, found: "names an item twice",
    "minProperties": lambda wanted, found: f"must have at least {wanted} entries, not {len(found)}",
    "maxProperties": lambda wanted, found: f"must have at most {wanted} entries, not {len(found)}",
    "not": lambda wanted, found: f"must not be {_shown(found)}",
    "anyOf": lambda wanted, found: f"must be {_alternatives(wanted)}, not {_shown(found)}",
}


def _types(wanted: str | list[str]) -> str:
    return " or ".join(_TYPES[item] for item in ([wanted] if isinstance(wanted, str) else wanted))


def _alternatives(schemas: list[Any]) -> str:
    types = [_types(item["type"]) for item in schemas if isinstance(item, dict) and "type" in item]
    return " or ".join(dict.fromkeys(types)) or "one of what the schema allows"


def _shown(value: Any) -> str:
    """A value as an error shows it: JSON, cut off where it is long."""
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _name(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path)) or "the file"


def _hint(error: Any) -> str | None:
    """The nearest of the allowed values, else what the schema says of the field."""
    if error.validator == "enum" and isinstance(error.instance, str):
        close = nearest(error.instance, [value for value in error.validator_value if isinstance(value, str)])
        if close:
            return close
    found = error.schema.get("description") if isinstance(error.schema, dict) else None
    return str(found) if found else None
