"""`${name}` inside the string values of JSON files: found, replaced, and resolved later where only AWS knows the value.

The JSON is parsed first and never touched as text, so a value can break no syntax. The syntax is that of SAM's
DefinitionSubstitutions (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
sam-resource-statemachine.html#sam-statemachine-definitionsubstitutions); `${!name}` stands for a literal `${name}`, as in
CloudFormation's Fn::Sub. A value that is exactly `${name}` keeps the type of what replaces it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source, pointer_of

_REFERENCE = re.compile(r"\$\{(!?)([^{}$]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(:[A-Za-z_][A-Za-z0-9_-]*(\.[a-z_]+)?)?")


@dataclass(frozen=True)
class Ref:
    """A value that AWS assigns: `attribute` of the resource at `address` ("function:charge")."""

    address: str
    attribute: str


@dataclass(frozen=True)
class Pending:
    """A string with values in it that AWS assigns."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Reference:
    """One `${name}` of a file. pointer: RFC 6901, of the string that holds it. where: file:line:column of that string."""

    name: str
    pointer: str
    where: str


class UnresolvedReference(StepdeployError):
    """A value that AWS assigns was needed and is not known."""


def find(source: Source) -> list[Reference]:
    """All references of a file, in its order."""
    return [
        Reference(match[2], pointer_of(path), source.where(path))
        for path, text in _strings(source.value, ())
        for match in _REFERENCE.finditer(text)
        if not match[1]
    ]


def substitute(source: Source, lookup: Callable[[str], Any], known: Iterable[str] = ()) -> Any:
    """The file's value with every `${name}` replaced by `lookup(name)`.

    lookup raises KeyError for a name that there is not. known: names to suggest then. Raises InvalidProject with all
    problems, each with file:line:column.
    """
    problems: list[StepdeployError] = []
    value = _replace(source, source.value, (), lookup, tuple(known), problems)
    if problems:
        raise InvalidProject(str(problems[0]), problems=tuple(problems))
    return value


def _replace(
    source: Source,
    value: Any,
    path: tuple[str | int, ...],
    lookup: Callable[[str], Any],
    known: tuple[str, ...],
    problems: list[StepdeployError],
) -> Any:
    if isinstance(value, dict):
        return {key: _replace(source, item, (*path, key), lookup, known, problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(source, item, (*path, index), lookup, known, problems) for index, item in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    try:
        return substitute_text(value, lookup, known)
    except InvalidProject as error:
        error.where = source.where(path)
        problems.append(error)
        return value


def substitute_text(text: str, lookup: Callable[[str], Any], known: Iterable[str] = ()) -> Any:
    """One string with its references replaced; see `substitute`. Raises InvalidProject without a place."""
    whole = _REFERENCE.fullmatch(text)
    if whole and not whole[1]:
        return _look(whole[2], lookup, known)
    parts: list[Any] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(f"${{{match[2]}}}" if match[1] else _as_text(match[2], _look(match[2], lookup, known)))
        end = match.end()
    parts.append(text[end:])
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    return Pending(tuple(part for part in parts if part != ""))


def _look(name: str, lookup: Callable[[str], Any], known: Iterable[str]) -> Any:
    if not _NAME.fullmatch(name):
        raise InvalidProject(
            f"${{{name}}} is no name", hint="Write ${name}, ${kind:key} or ${kind:key.attribute}; ${!x} for a literal ${x}."
        )
    try:
        return lookup(name)
    except KeyError:
        near = difflib.get_close_matches(name, list(known), 1)
        hint = f"Did you mean ${{{near[0]}}}?" if near else "Declare it under parameters in definitions/project.json."
        raise InvalidProject(f"unknown name ${{{name}}}", hint=hint) from None


def _as_text(name: str, value: Any) -> Any:
    if isinstance(value, str | Ref | Pending):
        return value
    if isinstance(value, dict | list) or value is None:
        raise InvalidProject(
            f"${{{name}}} is {'null' if value is None else 'an object or a list'} and cannot stand inside a longer string",
            hint=f'Let the whole value be "${{{name}}}".',
        )
    return json.dumps(value)


def check_unused(declared: Mapping[str, str], used: Iterable[str]) -> list[StepdeployError]:
    """An error for each declared parameter (name -> file:line:column) that nothing uses."""
    missing = set(declared) - set(used)
    return [
        InvalidProject(
            f"the parameter {name} is used nowhere", where=declared[name], hint=f"Use ${{{name}}} or remove it."
        )
        for name in declared
        if name in missing
    ]


def refs_in(value: Any) -> set[Ref]:
    """All Refs in a value."""
    if isinstance(value, Ref):
        return {value}
    if isinstance(value, Pending):
        return {part for part in value.parts if isinstance(part, Ref)}
    if isinstance(value, Mapping):
        return set().union(*(refs_in(item) for item in value.values())) if value else set()
    if isinstance(value, list | tuple | set | frozenset):
        return set().union(*(refs_in(item) for item in value)) if value else set()
    return set()


def resolve(value: Any, outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    """`value` with every Ref replaced from `outputs` (address -> attribute -> value). Raises UnresolvedReference."""
    if isinstance(value, Ref):
        found = outputs.get(value.address, {}).get(value.attribute)
        if found is None:
            raise UnresolvedReference(f"{value.attribute} of {value.address} is not known", where=value.address)
        return found
    if isinstance(value, Pending):
        return "".join(str(resolve(part, outputs)) for part in value.parts)
    if isinstance(value, Mapping):
        return {key: resolve(item, outputs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, outputs) for item in value]
    return value


def _strings(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))
