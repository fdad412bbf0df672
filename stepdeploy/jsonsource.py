"""JSON files whose every key and value knows its place in the file.

A text that is sound is read by the standard library's fast reader. Only when a place is asked for, or the text is
broken, does our own scanner (`_Scanner`) walk it: it is slower, but it knows line and column and says in plain words
what is wrong. Grammar: RFC 8259; pointers: RFC 6901. Stricter than `json`: a key written twice, NaN and Infinity,
numbers too large for a double, half a surrogate pair and nesting deeper than `MAX_DEPTH` are refused.
"""

from __future__ import annotations

import json
import math
import os
import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from stepdeploy.errors import InvalidProject

MAX_DEPTH = 200
"""Levels of nesting; far beyond any definition or policy, and safe for recursive readers of the value."""

Pointer = str | tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_STRING_START = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_CLOSER = {"{": "}", "[": "]"}
_MAX_DIGITS = 300
"""Of an integer; below the largest double (1.8e308)."""


def pointer_of(path: Pointer) -> str:
    """The JSON pointer of a path: `("a/b", 0)` -> `"/a~1b/0"`. A string is taken to be a pointer already."""
    if isinstance(path, str):
        return path
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class Source:
    """A parsed JSON text. value: what it holds. name: the file as shown to the user. text: the file's content."""

    def __init__(self, value: Any, name: str, text: str) -> None:
        self.value = value
        self.name = name
        self.text = text

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    def where(self, pointer: Pointer = "", *, key: bool = False) -> str:
        """`file:line:column` (both from 1) of the value at a pointer, or with `key` of the key that names it.

        For a pointer to nothing, the place of the nearest value above it.
        """
        pointer = pointer_of(pointer)
        values, keys = self._places
        if key and pointer in keys:
            return self._at(keys[pointer])
        while pointer and pointer not in values:
            pointer = pointer.rpartition("/")[0]
        return self._at(values[pointer])

    def _at(self, offset: int) -> str:
        return _place(self.name, self._line_starts, offset)

    @cached_property
    def _places(self) -> tuple[dict[str, int], dict[str, int]]:
        scanner = _Scanner(self.text, self.name)
        scanner.run()
        return scanner.values, scanner.keys

    @cached_property
    def _line_starts(self) -> list[int]:
        return _line_starts(self.text)


def load(path: Path) -> Source:
    """Read and parse a file. Raises InvalidProject, with file:line:column, when it cannot be read or is not JSON."""
    name = display_name(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidProject(f"cannot be read: {error.strerror or error}", where=name) from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InvalidProject("is UTF-16; JSON must be UTF-8", where=f"{name}:1:1", hint="Save the file as UTF-8.")
    if data[:3] == b"\xef\xbb\xbf":
        raise _byte_order_mark(name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")
        raise InvalidProject(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            where=f"{name}:{line}:{len(before) + 1}",
            hint="Save the file as UTF-8.",
        ) from error
    return parse(text, name)


def display_name(path: Path) -> str:
    """A path as the user would type it: relative to the working directory where it lies below that."""
    full = os.path.abspath(path)  # noqa: PTH100 - not resolve(): a link keeps the name that the user knows
    relative = os.path.relpath(full)
    return full if relative.startswith("..") else relative


def parse(text: str, name: str) -> Source:
    """Parse JSON text. Raises InvalidProject, with file:line:column, when it is not JSON."""
    try:
        value = _read(text)
        sound = _depth(text) <= MAX_DEPTH and not _SURROGATE.search(text)
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        _Scanner(text, name).run()  # raises with the exact place, except where a surrogate turns out to be paired
        value = _read(text)
    return Source(value, name, text)


def _read(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_float, parse_int=_integer)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(digits)
    return int(digits)


def _depth(text: str) -> int:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return 0  # cannot be too deep
    depth = deepest = 0
    for token in _BRACKET.findall(text):
        if token in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif token in "}]":
            depth -= 1
    return deepest


def _byte_order_mark(name: str) -> InvalidProject:
    return InvalidProject(
        "starts with a byte order mark (BOM)", where=f"{name}:1:1", hint="Save the file as UTF-8 without BOM."
    )


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _place(name: str, line_starts: list[int], offset: int) -> str:
    line = bisect_right(line_starts, offset)
    return f"{name}:{line}:{offset - line_starts[line - 1] + 1}"


class _Open:
    """An object or array that the scanner is inside of."""

    __slots__ = ("at", "closer", "index", "keys", "pointer")

    def __init__(self, pointer: str, closer: str, at: int) -> None:
        self.pointer = pointer
        self.closer = closer
        self.at = at
        self.index = 0
        self.keys: set[str] = set()


class _Scanner:
    """Walks JSON text without recursion; collects the offset of each value and key, or raises at the first error."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.values: dict[str, int] = {}
        self.keys: dict[str, int] = {}
        self.stack: list[_Open] = []

    def run(self) -> None:
        """Walk all of the text."""
        if self.text.startswith("\ufeff"):
            raise _byte_order_mark(self.name)
        self._space()
        if self.at == len(self.text):
            self._fail("the file is empty; JSON was expected")
        self._value("")
        while self.stack:
            self._member(self.stack[-1])
        if self.at < len(self.text):
            self._fail("unexpected text after the end of the JSON value")

    def _space(self) -> str:
        """Skip white space; the next character, "" at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def _value(self, pointer: str) -> None:
        """Read a value that is no container, or enter a container."""
        at = self.values[pointer] = self.at
        first = self.text[at : at + 1]
        if first in ("{", "["):
            if len(self.stack) == MAX_DEPTH:
                self._fail(f"nested deeper than {MAX_DEPTH} levels")
            self.stack.append(_Open(pointer, _CLOSER[first], at))
            self.at += 1
        elif first == '"':
            self._string()
        else:
            self._literal()
        self._space()

    def _member(self, open_: _Open) -> None:
        """Read the next member of the innermost container, or leave it."""
        following = self._space()
        if following == open_.closer:
            self.at += 1
            self.stack.pop()
            self._space()
            return
        if open_.index:
            self._comma(open_, following)
        elif not following:
            self._fail_unclosed(open_)
        pointer = f"{open_.pointer}/{open_.index}"
        if open_.closer == "}":
            pointer = self._key(open_)
        open_.index += 1
        if self._space() in ("", ",", ":", "}", "]"):
            self._fail("expected a value" if self.at < len(self.text) else "the file ends where a value was expected")
        self._value(pointer)

    def _comma(self, open_: _Open, found: str) -> None:
        if not found:
            self._fail_unclosed(open_)
        if found != ",":
            self._fail(f"expected ',' or '{open_.closer}' after a value" + self._comment_note())
        comma = self.at
        self.at += 1
        if self._space() == open_.closer:
            self.at = comma
            self._fail(f"a ',' before '{open_.closer}' is not allowed")

    def _key(self, open_: _Open) -> str:
        """Read `"key":`; the pointer of its value."""
        if self.text[self.at : self.at + 1] != '"':
            if self.at == len(self.text):
                self._fail_unclosed(open_)
            self._fail("expected a key in double quotes" + self._comment_note())
        at = self.at
        key = self._string()
        if key in open_.keys:
            self.at = at
            self._fail(f"key {json.dumps(key, ensure_ascii=False)} is written twice")
        open_.keys.add(key)
        pointer = f"{open_.pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        self.keys[pointer] = at
        if self._space() != ":":
            self._fail("expected ':' after a key")
        self.at += 1
        return pointer

    def _string(self) -> str:
        match = _STRING.match(self.text, self.at)
        if not match:
            self._fail_string()
        text = match.group()
        if "\\" not in text:
            self.at = match.end()
            return text[1:-1]
        value: str = json.loads(text)
        if _SURROGATE.search(text) and re.search("[\ud800-\udfff]", value):
            self._fail("a string holds half of a surrogate pair, which is no character")
        self.at = match.end()
        return value

    def _literal(self) -> None:
        number = _NUMBER.match(self.text, self.at)
        word = _WORD.match(self.text, self.at)
        token = word.group() if word else ""
        if number and number.group() == token:
            if len(token) > _MAX_DIGITS or math.isinf(float(token)):
                self._fail("the number is too large")
        elif token not in ("true", "false", "null"):
            self._fail(_about_token(token) if token else "expected a value")
        self.at += len(token)

    def _comment_note(self) -> str:
        comment = self.text.startswith(("//", "/*", "#"), self.at)
        return "; JSON has no comments" if comment else ""

    def _fail_string(self) -> NoReturn:
        start = self.at
        match = _STRING_START.match(self.text, start)
        self.at = match.end() if match else start
        found = self.text[self.at : self.at + 1]
        if found == "\\":
            escape = self.text[self.at : self.at + 2]
            self._fail("\\u needs four hex digits" if escape == "\\u" else f"{escape} is no escape that JSON knows")
        if found in ("", "\n", "\r"):
            self.at = start
            self._fail("the string is not closed on its line")
        self._fail(f"control character 0x{ord(found):02x} in a string; write it as \\u{ord(found):04x}")

    def _fail_unclosed(self, open_: _Open) -> NoReturn:
        self.at = open_.at
        self._fail(f"'{self.text[open_.at]}' is never closed; the file ends before its '{open_.closer}'")

    def _fail(self, message: str) -> NoReturn:
        raise InvalidProject(message, where=_place(self.name, _line_starts(self.text), self.at))


def _about_token(token: str) -> str:
    """What is wrong with a word that is no JSON value."""
    shown = ascii(token)[1:-1][:30] + ("..." if len(token) > 30 else "")
    if token.startswith(("//", "/*", "#")):
        return "expected a value; JSON has no comments"
    if token in ("NaN", "Infinity", "-Infinity"):
        return f"{token} is not a JSON number"
    if token.startswith("'"):
        return "strings stand in double quotes"
    if token.lower() in ("true", "false", "null", "none"):
        return f"{shown} is not JSON; write {'null' if token == 'None' else token.lower()}"
    if token[0] in "+-.0123456789":
        return f"{shown} is not a JSON number"
    return f"{shown} is not JSON; a string stands in double quotes"
