"""Additions to a JSON text that leave all else as it stands: order of keys, indentation, line ends.

Where an object stands on one line, what is added to it does, too; else it gets lines of its own, indented like those
around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from stepdeploy.asl.findings import Pointer
from stepdeploy.jsonsource import Source

_DECODER = json.JSONDecoder()


class Editor:
    """Collects additions to a sound JSON text; `text()` is the text with all of them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        self._added: list[tuple[int, int, str]] = []
        self._newline = "\r\n" if "\r\n" in self._text else "\n"
        self._unit = self._find_unit()
        self._tight = re.search(r'": ', self._text) is None and '":' in self._text

    def put(self, pointer: Pointer, key: str, value: Any, *, before: tuple[str, ...] = ()) -> None:
        """Add a member to the object at a pointer: before the first of the keys `before` that it has, else as the last."""
        holder = self._value(pointer)
        member = f"{self._dump(key)}{':' if self._tight else ': '}"
        anchor = next((name for name in holder if name in before), None)
        if anchor is not None:
            at = self._key(pointer, anchor)
            indent = self._indent(at)
            gap = self._gap() if indent is None else self._newline + indent
            self._add(at, f"{member}{self._format(value, indent)},{gap}")
            return
        self._last(pointer, list(holder), lambda indent: member + self._format(value, indent))

    def append(self, pointer: Pointer, value: Any) -> None:
        """Add an item at the end of the array at a pointer."""
        self._last(pointer, range(len(self._value(pointer))), lambda indent: self._format(value, indent))

    def text(self) -> str:
        """The text with all additions, in the order in which they were made where they meet."""
        text = self._text
        for at, _, added in sorted(self._added, reverse=True):
            text = text[:at] + added + text[at:]
        return text

    def _last(self, pointer: Pointer, keys: Sequence[str | int], make: Callable[[str | None], str]) -> None:
        """Add what `make` makes of the indentation (None = on the same line) as the last member or item."""
        if not keys:
            start = self._offset(pointer) + 1
            self._add(start, make(None))
            return
        last = keys[-1]
        value_at = self._offset((*pointer, last))
        end = _DECODER.raw_decode(self._text, value_at)[1]
        begin = self._key(pointer, last) if isinstance(last, str) else value_at
        indent = self._indent(begin)
        gap = self._gap() if indent is None else self._newline + indent
        self._add(end, f",{gap}{make(indent)}")

    def _add(self, at: int, text: str) -> None:
        self._added.append((at, len(self._added), text))

    def _value(self, pointer: Pointer) -> Any:
        value = self._source.value
        for part in pointer:
            value = value[part]
        return value

    def _offset(self, pointer: Pointer) -> int:
        return self._at(self._source.where(pointer))

    def _key(self, pointer: Pointer, name: str) -> int:
        return self._at(self._source.where((*pointer, name), key=True))

    def _at(self, where: str) -> int:
        line, column = where.rsplit(":", 2)[-2:]
        return self._starts[int(line) - 1] + int(column) - 1

    def _indent(self, at: int) -> str | None:
        """The white space before an offset where nothing else stands before it on its line, else None."""
        start = self._text.rfind("\n", 0, at) + 1
        before = self._text[start:at]
        return before if start and not before.strip() else None

    def _gap(self) -> str:
        return "" if self._tight else " "

    def _find_unit(self) -> str:
        """One step of indentation, as the first indented line has it."""
        found = re.search(r"\n([ \t]+)\S", self._text)
        return found.group(1) if found else "  "

    def _format(self, value: Any, indent: str | None) -> str:
        """A value as JSON: short ones on one line."""
        line = self._dump(value)
        if indent is None or not isinstance(value, dict | list) or len(indent) + len(line) < 100:
            return line
        inner = indent + self._unit
        if isinstance(value, list):
            parts = [self._format(item, inner) for item in value]
            return self._wrap("[", parts, "]", indent)
        parts = [f"{self._dump(key)}: {self._format(item, inner)}" for key, item in value.items()]
        return self._wrap("{", parts, "}", indent)

    def _wrap(self, opener: str, parts: list[str], closer: str, indent: str) -> str:
        inner = self._newline + indent + self._unit
        return f"{opener}{inner}{f',{inner}'.join(parts)}{self._newline}{indent}{closer}"

    def _dump(self, value: Any) -> str:
        separators = (",", ":") if self._tight else (", ", ": ")
        return json.dumps(value, ensure_ascii=False, separators=separators)
