"""The syntax of intrinsic functions (`States.Format('Hi {}', $.name)`): text -> `Call`. Evaluation is the interpreter's.

Source: https://states-language.net/#appendix-b, AWS "Intrinsic functions" (intrinsic-functions.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stepdeploy.asl import jsonpath

MAX_NESTING = 10

ARITY: dict[str, tuple[int, int | None]] = {
    "Array": (0, None),
    "ArrayPartition": (2, 2),
    "ArrayContains": (2, 2),
    "ArrayRange": (3, 3),
    "ArrayGetItem": (2, 2),
    "ArrayLength": (1, 1),
    "ArrayUnique": (1, 1),
    "Base64Encode": (1, 1),
    "Base64Decode": (1, 1),
    "Hash": (2, 2),
    "JsonMerge": (3, 3),
    "StringToJson": (1, 1),
    "JsonToString": (1, 1),
    "MathRandom": (2, 3),
    "MathAdd": (2, 2),
    "StringSplit": (2, 2),
    "UUID": (0, 0),
    "Format": (1, None),
}
"""Function name without 'States.' -> least and most arguments (None: no limit)."""


class IntrinsicSyntaxError(ValueError):
    """The text is no intrinsic function call. `position` is the offset of the offending character."""

    def __init__(self, text: str, position: int, reason: str) -> None:
        super().__init__(f"'{text}' is not a valid intrinsic function call: {reason} at offset {position}")
        self.text = text
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, true, false or null written in the call."""

    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """`States.<name>(<arguments>)`; `text` is how it is written."""

    text: str
    name: str
    arguments: tuple[Argument, ...]


Argument = Literal | Call | jsonpath.Path

_CALL = re.compile(r"States\.(\w+)\s*\(")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?=[\s,)])")
_WORD = re.compile(r"(true|false|null)(?=[\s,)])")
_WORDS = {"true": True, "false": False, "null": None}
_ESCAPED = frozenset("'{}\\")


def is_call(text: str) -> bool:
    """Whether a text looks like an intrinsic call, as opposed to a path."""
    return text.startswith("States.")


@lru_cache(maxsize=16_384)
def parse(text: str) -> Call:
    """The call written in `text`. Raises IntrinsicSyntaxError."""
    parser = _Parser(text)
    call = parser.call(1)
    parser.blanks()
    if parser.position != len(text):
        raise parser.error("unexpected character")
    return call


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, reason: str) -> IntrinsicSyntaxError:
        return IntrinsicSyntaxError(self.text, self.position, reason)

    def blanks(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def call(self, depth: int) -> Call:
        start = self.position
        found = _CALL.match(self.text, start)
        if not found:
            raise self.error("expected 'States.<function>('")
        name = found.group(1)
        if name not in ARITY:
            raise self.error(f"unknown function 'States.{name}'")
        if depth > MAX_NESTING:
            raise self.error(f"more than {MAX_NESTING} nested calls")
        self.position = found.end()
        arguments = self.arguments(depth)
        least, most = ARITY[name]
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise self.error(f"States.{name} does not take {len(arguments)} argument(s)")
        return Call(self.text[start : self.position], name, arguments)

    def arguments(self, depth: int) -> tuple[Argument, ...]:
        """argument (',' argument)* ')'"""
        self.blanks()
        if self.peek() == ")":
            self.position += 1
            return ()
        arguments: list[Argument] = []
        while True:
            self.blanks()
            arguments.append(self.argument(depth))
            self.blanks()
            following = self.peek()
            if following not in (",", ")"):
                raise self.error("expected ',' or ')'")
            self.position += 1
            if following == ")":
                return tuple(arguments)

    def argument(self, depth: int) -> Argument:
        following = self.peek()
        if following == "$":
            return self.path()
        if following == "'":
            return Literal(self.quoted())
        word = _WORD.match(self.text, self.position)
        if word:
            self.position = word.end()
            return Literal(_WORDS[word.group(1)])
        number = _NUMBER.match(self.text, self.position)
        if number:
            self.position = number.end()
            whole = number.group(1) is None and number.group(2) is None
            return Literal(int(number.group()) if whole else float(number.group()))
        return self.call(depth + 1)

    def path(self) -> jsonpath.Path:
        """A path ends at the first ',' or ')' that is outside brackets, quotes and its own parentheses."""
        start, depth, quote = self.position, 0, ""
        while self.position < len(self.text):
            character = self.text[self.position]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"" and depth:
                quote = character
            elif character in "[(":
                depth += 1
            elif character in "])" and depth:
                depth -= 1
            elif character in ",)":
                break
            self.position += 1
        try:
            return jsonpath.parse(self.text[start : self.position].rstrip())
        except jsonpath.PathSyntaxError as error:
            self.position = start + error.position
            raise self.error(error.reason) from error

    def quoted(self) -> str:
        r"""A text in single quotes; only \' \{ \} and \\ are escapes. Braces keep theirs for States.Format."""
        self.position += 1
        characters: list[str] = []
        while True:
            character = self.peek()
            if character == "":
                raise self.error("unterminated text")
            self.position += 1
            if character == "'":
                return "".join(characters)
            if character == "\\":
                escaped = self.peek()
                if escaped not in _ESCAPED:
                    raise self.error("stray backslash")
                self.position += 1
                character = escaped if escaped == "'" else "\\" + escaped
            characters.append(character)


def unescape(text: str) -> str:
    r"""A literal's text with the escapes \{ \} \\ that `parse` left in place resolved."""
    return re.sub(r"\\([{}\\])", r"\1", text)
