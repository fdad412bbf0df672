"""`${name}` inside the strings of definitions, policies and settings.

The JSON is parsed first and names are replaced in string values only, so a value can never break the syntax around it.

- `"${name}"` alone becomes the value itself, with its type: a number stays a number.
- `"... ${name} ..."` becomes text: true/false, numbers as JSON writes them; objects, arrays and null are refused.
- `"${!name}"` is the literal text `${name}`, for IAM policy variables and the like.

A name is a parameter (`threshold`), `env`, `aws:region`, `aws:account`, `aws:partition`, or a resource with or without
an attribute (`table:orders`, `function:charge.arn`).

A value that only AWS can tell is a `Ref`; text with Refs in it is `Pending`. `resolve` replaces both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source, pointer_of

KINDS = (
    "function", "state_machine", "table", "bucket", "topic", "queue", "role", "layer", "alarm", "log_group", "rule",
    "dashboard",
)  # fmt: skip
"""Kinds of resources that a name can start with."""
BUILT_IN = ("env", "aws:region", "aws:account", "aws:partition")

_REFERENCE = re.compile(r"\$\{(!?)([^}]*)(\}?)")
_NAME = re.compile(
    rf"[A-Za-z_][A-Za-z0-9_-]*|aws:(?:region|account|partition)|(?:{'|'.join(KINDS)}):[A-Za-z0-9_-]+(?:\.[a-z][a-z_]*)?"
)
_LITERAL_HINT = "Write ${name}, ${kind:key} or ${kind:key.attribute}; ${!...} for the literal text ${...}."


@dataclass(frozen=True)
class Ref:
    """An output of another resource, known once that resource is. address: `function:charge`."""

    address: str
    attribute: str

    def __str__(self) -> str:
        return f"${{{self.address}.{self.attribute}}}"


@dataclass(frozen=True)
class Pending:
    """Text with Refs in it."""

    parts: tuple[str | Ref, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


@dataclass(frozen=True)
class Reference:
    """A `${name}` in a file. pointer: JSON pointer of the string that holds it. where: file:line:column."""

    name: str
    pointer: str
    where: str


class UnresolvedReference(StepdeployError):
    """A Ref was still open when its value was needed. pointer: the JSON pointer of the value that holds it."""

    def __init__(self, pointer: str, ref: Ref) -> None:
        super().__init__(f"{ref} is not known yet", where=pointer or None)
        self.pointer = pointer
        self.ref = ref


def find(source: Source) -> list[Reference]:
    """All references of a file in document order. Raises InvalidProject for `${` that starts no proper name."""
    found: list[Reference] = []
    problems: list[StepdeployError] = []
    for pointer, text in _strings(source.value, ()):
        for escape, name, close in _REFERENCE.findall(text):
            where = source.where(pointer)
            problem = _malformed(escape, name, close, where)
            if problem:
                problems.append(problem)
            elif not escape:
                found.append(Reference(name, pointer_of(pointer), where))
    raise_all(problems)
    return found


def substitute(
    value: Any,
    lookup: Callable[[str], Any],
    known: Iterable[str] = (),
    *,
    source: Source | None = None,
    pointer: str = "",
) -> Any:
    """A copy of `value` with every reference replaced by what `lookup` returns.

    value: a Source, or a part of one's value; `source` and `pointer` then say which. lookup: raises KeyError for a name
    it does not know; may return a Ref or Pending. known: names for the nearest-name hint.
    Raises InvalidProject with all problems, each with file:line:column.
    """
    if isinstance(value, Source):
        source, value = value, value.value
    substitution = _Substitution(lookup, known, source, pointer)
    result = substitution.walk(value, ())
    raise_all(substitution.problems)
    return result


def check_unused(declared: Mapping[str, str], used: set[str]) -> list[StepdeployError]:
    """A problem for each parameter that nothing uses. declared: parameter -> where its declaration stands."""
    return [
        InvalidProject(
            f"parameter '{name}' is declared and never used", where=where, hint=f"Use ${{{name}}} or remove it."
        )
        for name, where in declared.items()
        if name not in used
    ]


def resolve(value: Any, outputs: Mapping[str, Mapping[str, Any]]) -> Any:
    """A copy of `value` with every Ref replaced by `outputs[address][attribute]` and every Pending joined.

    Raises UnresolvedReference for one that `outputs` does not hold.
    """
    return _resolve(value, outputs, ())


def refs_in(value: Any) -> set[Ref]:
    """All Refs in `value`, also those inside text and inside the fields of dataclasses."""
    if isinstance(value, Ref):
        return {value}
    if isinstance(value, Pending):
        return {part for part in value.parts if isinstance(part, Ref)}
    if isinstance(value, Mapping):
        return set().union(*map(refs_in, value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*map(refs_in, value))
    if is_dataclass(value) and not isinstance(value, type):
        return set().union(*(refs_in(getattr(value, field.name)) for field in fields(value)))
    return set()


def nearest(name: str, known: Iterable[str]) -> str | None:
    """`Did you mean '...'?` for the known name most like `name`; None where none is like it."""
    known = list(known)
    lowered = {item.lower(): item for item in known}
    close = get_close_matches(name, known, 1, 0.6) or get_close_matches(name.lower(), lowered, 1, 0.6)
    return f"Did you mean '{lowered.get(close[0], close[0])}'?" if close else None


def raise_all(problems: list[StepdeployError]) -> None:
    """Raise one InvalidProject that holds all problems, if there are any."""
    if not problems:
        return
    first, more = problems[0], len(problems) - 1
    message = first.message + (f" (and {more} more)" if more else "")
    raise InvalidProject(message, where=first.where, hint=first.hint, problems=tuple(problems))


class _Substitution:
    """One run of `substitute`. Collects problems instead of raising at the first."""

    def __init__(self, lookup: Callable[[str], Any], known: Iterable[str], source: Source | None, pointer: str) -> None:
        self.lookup = lookup
        self.known = known
        self.source = source
        self.pointer = pointer
        self.problems: list[StepdeployError] = []

    def walk(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, str):
            return self._string(value, path) if "${" in value else value
        if isinstance(value, Mapping):
            return {key: self.walk(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.walk(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _string(self, text: str, path: tuple[str | int, ...]) -> Any:
        parts: list[str | Ref] = []
        end = 0
        for match in _REFERENCE.finditer(text):
            escape, name, close = match.groups()
            problem = _malformed(escape, name, close, self._where(path))
            if problem:
                self.problems.append(problem)
                return text
            parts.append(text[end : match.start()])
            end = match.end()
            if escape:
                parts.append(f"${{{name}}}")
                continue
            found = self._look_up(name, path)
            if match.group() == text:
                return found
            parts += self._as_text(found, name, path)
        return _join([*parts, text[end:]])

    def _look_up(self, name: str, path: tuple[str | int, ...]) -> Any:
        try:
            return self.lookup(name)
        except KeyError:
            hint = nearest(name, self.known)
            self.problems.append(InvalidProject(f"unknown name '{name}'", where=self._where(path), hint=hint))
            return ""

    def _as_text(self, found: Any, name: str, path: tuple[str | int, ...]) -> tuple[str | Ref, ...]:
        if isinstance(found, Ref):
            return (found,)
        if isinstance(found, Pending):
            return found.parts
        if isinstance(found, str):
            return (found,)
        if isinstance(found, (bool, int, float)):
            return (json.dumps(found),)
        kind = {dict: "an object", list: "an array", type(None): "null"}.get(type(found), type(found).__name__)
        self.problems.append(
            InvalidProject(
                f"'{name}' is {kind} and cannot stand inside text",
                where=self._where(path),
                hint=f'Let the whole value be "${{{name}}}".',
            )
        )
        return ()

    def _where(self, path: tuple[str | int, ...]) -> str | None:
        return self.source.where(self.pointer + pointer_of(path)) if self.source else None


def _join(parts: list[str | Ref]) -> str | Pending:
    """Neighbouring texts joined; plain text where there is no Ref."""
    joined: list[str | Ref] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    if all(isinstance(part, str) for part in joined):
        return "".join(map(str, joined))
    return Pending(tuple(joined))


def _malformed(escape: str, name: str, close: str, where: str | None) -> InvalidProject | None:
    if not close:
        return InvalidProject("'${' has no '}'", where=where, hint=_LITERAL_HINT)
    if escape or _NAME.fullmatch(name):
        return None
    return InvalidProject(f"'${{{name}}}' is no reference", where=where, hint=_LITERAL_HINT)


def _strings(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))


def _resolve(value: Any, outputs: Mapping[str, Mapping[str, Any]], path: tuple[str | int, ...]) -> Any:
    if isinstance(value, Ref):
        return _output(value, outputs, path)
    if isinstance(value, Pending):
        return "".join(part if isinstance(part, str) else str(_output(part, outputs, path)) for part in value.parts)
    if isinstance(value, Mapping):
        return {key: _resolve(item, outputs, (*path, key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolve(item, outputs, (*path, index)) for index, item in enumerate(value)]
    return value


def _output(ref: Ref, outputs: Mapping[str, Mapping[str, Any]], path: tuple[str | int, ...]) -> Any:
    try:
        return outputs[ref.address][ref.attribute]
    except KeyError:
        raise UnresolvedReference(pointer_of(path), ref) from None
