"""The syntax of JSONPath as the Amazon States Language uses it: text -> `Path`. Evaluation is the interpreter's.

AWS evaluates paths with Jayway JsonPath (its messages name it), so this is Jayway's dialect: children, indexes,
unions, slices, wildcards, deep scan, filters and trailing functions such as `.length()`. The language adds roots:
`$` is the data, `$$` the context object, `$name` a workflow variable.

Source: https://states-language.net/#path, https://github.com/json-path/JsonPath (README, "Operators").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


class PathSyntaxError(ValueError):
    """The text is no JSONPath. `position` is the offset of the offending character."""

    def __init__(self, text: str, position: int, reason: str) -> None:
        super().__init__(f"'{text}' is not a valid JSONPath: {reason} at offset {position}")
        self.text = text
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Child:
    """`.name`, `['name']` or `['a','b']`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, `[-1]` or `[0,2]`."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[start:stop]`; Jayway has no step."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*` or `[*]`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`..`: the value and everything below it, in document order."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(condition)]`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Function:
    """A trailing `.length()`, `.sum()`, `.min()` and so on."""

    name: str


Step = Child | Index | Slice | Wildcard | Scan | Filter | Function


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `root` is '$' (data), '$$' (context object), '@' (in filters) or a variable's name."""

    text: str
    root: str
    steps: tuple[Step, ...]

    @property
    def definite(self) -> bool:
        """Whether it can name one value at most; an indefinite path yields a list, empty if nothing matches."""
        return all(
            isinstance(step, Function)
            or (isinstance(step, Child) and len(step.names) == 1)
            or (isinstance(step, Index) and len(step.indexes) == 1)
            for step in self.steps
        )

    @property
    def is_reference(self) -> bool:
        """Whether it is a Reference Path: single children and indexes only (https://states-language.net/#path)."""
        return self.definite and not any(isinstance(step, Function) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`, where a side is a `Path`, a compiled regular expression or a literal."""

    left: Any
    operator: str
    right: Any


@dataclass(frozen=True, slots=True)
class Exists:
    """A path on its own: true when it finds something."""

    path: Path


@dataclass(frozen=True, slots=True)
class Junction:
    """`&&` (every) or `||` (any) of two or more conditions."""

    every: bool
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """`!condition`."""

    part: Condition


Condition = Compare | Exists | Junction | Negation

OPERATORS = (
    *("==", "!=", "<=", ">=", "=~", "<", ">"),
    *("in", "nin", "subsetof", "anyof", "noneof", "contains", "size", "empty"),
)
FUNCTIONS = frozenset({"length", "min", "max", "avg", "stddev", "sum", "keys", "first", "last", "size"})
_NAME = re.compile(r"[^\s.\[\]()'\",=<>!&|]+")
_PLAIN = re.compile(r"\$(?:\.[A-Za-z_]\w*)*")
"""The most common paths, which need no parser."""
_VARIABLE = re.compile(r"[^\W\d]\w*")
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[^\W\d][\w-]*")
_WORD_END = re.compile(r"\W|$")


@lru_cache(maxsize=16_384)
def parse(text: str) -> Path:
    """The path written in `text`. Raises PathSyntaxError."""
    if _PLAIN.fullmatch(text):
        return Path(text, "$", tuple(Child((name,)) for name in text.split(".")[1:]))
    parser = _Parser(text)
    path = parser.path()
    if parser.position != len(text):
        raise parser.error("unexpected character")
    return path


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, reason: str) -> PathSyntaxError:
        return PathSyntaxError(self.text, self.position, reason)

    def accept(self, token: str) -> bool:
        if self.text.startswith(token, self.position):
            self.position += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.error(f"expected '{token}'")

    def blanks(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def match(self, pattern: re.Pattern[str], what: str) -> str:
        found = pattern.match(self.text, self.position)
        if not found:
            raise self.error(f"expected {what}")
        self.position = found.end()
        return found.group()

    def path(self) -> Path:
        """path := ('$$' | '$name' | '$' | '@') step*"""
        start = self.position
        if self.accept("@"):
            root = "@"
        else:
            self.expect("$")
            if self.accept("$"):
                root = "$$"
            else:
                variable = _VARIABLE.match(self.text, self.position)
                root = variable.group() if variable else "$"
                self.position = variable.end() if variable else self.position
        steps = self.steps()
        return Path(self.text[start : self.position], root, steps)

    def steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while True:
            if self.accept(".."):
                steps.append(Scan())
                steps.append(self.bracket() if self.accept("[") else self.dotted())
            elif self.accept("."):
                steps.append(self.bracket() if self.accept("[") else self.dotted())
            elif self.accept("["):
                steps.append(self.bracket())
            else:
                return tuple(steps)
            if isinstance(steps[-1], Function):
                return tuple(steps)

    def dotted(self) -> Step:
        if self.accept("*"):
            return Wildcard()
        name = self.match(_NAME, "a name")
        if self.accept("("):
            if name not in FUNCTIONS:
                raise self.error(f"unknown function '{name}'")
            self.blanks()
            self.expect(")")
            return Function(name)
        return Child((name,))

    def bracket(self) -> Step:
        """What follows '[', up to and with ']'."""
        self.blanks()
        step: Step
        if self.accept("*"):
            step = Wildcard()
        elif self.accept("?"):
            self.blanks()
            self.expect("(")
            condition = self.either()
            self.blanks()
            self.expect(")")
            step = Filter(condition)
        elif self.text[self.position : self.position + 1] in ("'", '"'):
            step = Child(tuple(self.separated(self.quoted)))
        else:
            step = self.indexes()
        self.blanks()
        self.expect("]")
        return step

    def separated(self, item: Any) -> list[Any]:
        items = [item()]
        self.blanks()
        while self.accept(","):
            self.blanks()
            items.append(item())
            self.blanks()
        return items

    def indexes(self) -> Step:
        start = _INTEGER.match(self.text, self.position)
        if start:
            self.position = start.end()
            self.blanks()
        if self.accept(":"):
            self.blanks()
            stop = _INTEGER.match(self.text, self.position)
            self.position = stop.end() if stop else self.position
            return Slice(int(start.group()) if start else None, int(stop.group()) if stop else None)
        if not start:
            raise self.error("expected a name in quotes, an index, '*' or '?('")
        rest: list[str] = []
        if self.accept(","):
            self.blanks()
            rest = self.separated(lambda: self.match(_INTEGER, "an index"))
        return Index((int(start.group()), *map(int, rest)))

    def quoted(self) -> str:
        quote = self.text[self.position : self.position + 1]
        if quote not in ("'", '"'):
            raise self.error("expected a quoted text")
        self.position += 1
        characters: list[str] = []
        while not self.accept(quote):
            # Only the quote and the backslash can be escaped; AWS keeps any other backslash (recorded).
            if self.text[self.position : self.position + 2] in ("\\" + quote, "\\\\"):
                self.position += 1
            if self.position >= len(self.text):
                raise self.error("unterminated text")
            characters.append(self.text[self.position])
            self.position += 1
        return "".join(characters)

    def either(self) -> Condition:
        return self.junction(self.both, "||", every=False)

    def both(self) -> Condition:
        return self.junction(self.negatable, "&&", every=True)

    def junction(self, part: Any, token: str, *, every: bool) -> Condition:
        parts: list[Condition] = [part()]
        self.blanks()
        while self.accept(token):
            parts.append(part())
            self.blanks()
        return parts[0] if len(parts) == 1 else Junction(every, tuple(parts))

    def negatable(self) -> Condition:
        self.blanks()
        if self.accept("!"):
            return Negation(self.negatable())
        if self.accept("("):
            condition = self.either()
            self.blanks()
            self.expect(")")
            return condition
        return self.comparison()

    def comparison(self) -> Condition:
        left = self.operand()
        self.blanks()
        for operator in OPERATORS:
            end = self.position + len(operator)
            whole = not operator.isalpha() or _WORD_END.match(self.text, end)
            if whole and self.accept(operator):
                self.blanks()
                return Compare(left, operator, self.operand())
        if not isinstance(left, Path):
            raise self.error("expected a comparison")
        return Exists(left)

    def operand(self) -> Any:
        """A path, /regular expression/flags, a text in quotes, a number, true, false, null or a JSON array or object."""
        self.blanks()
        following = self.text[self.position : self.position + 1]
        if following in ("$", "@"):
            return self.path()
        if following in ("'", '"'):
            return self.quoted()
        if following == "/":
            return self.regular_expression()
        if following in ("[", "{"):
            return self.json_literal()
        word = _WORD.match(self.text, self.position)
        if word:
            # AWS's own samples compare with bare words: [?(@.TargetLanguageCode==es)].
            self.position = word.end()
            return _CONSTANTS.get(word.group(), word.group())
        number = self.match(_NUMBER, "a value")
        return float(number) if re.search(r"[.eE]", number) else int(number)

    def regular_expression(self) -> re.Pattern[str]:
        found = re.compile(r"/((?:\\.|[^/\\])*)/([a-z]*)").match(self.text, self.position)
        if not found:
            raise self.error("unterminated regular expression")
        try:
            pattern = re.compile(found.group(1), re.IGNORECASE if "i" in found.group(2) else 0)
        except re.error as error:
            raise self.error(f"bad regular expression ({error})") from error
        self.position = found.end()
        return pattern

    def json_literal(self) -> Any:
        # Jayway accepts single quotes in literals; JSON does not.
        text = self.text[self.position :].replace("'", '"')
        try:
            value, length = json.JSONDecoder().raw_decode(text)
        except ValueError as error:
            raise self.error("bad JSON literal") from error
        self.position += length
        return value
