"""What is known of a JSON value. Values are immutable, hash fast and compare by content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from stepdeploy.asl.placeholders import is_whole

NO: Final = 0
"""Presence of a member: it is not there."""
MAYBE: Final = 1
"""It is known that it may not be there: a schema calls it optional, or some way does not set it."""
OPEN: Final = 2
"""Nothing is known."""
YES: Final = 3
"""It is there."""

_MOST_ALTERNATIVES = 16
_MOST_ITEMS = 100
_DEEPEST = 40


class Value:
    """Base of all; on its own (`ANY`) it stands for any JSON. excluded: constants that it is known not to be."""

    __slots__ = ("_hash", "excluded")

    def __init__(self, excluded: frozenset[Scalar] = frozenset()) -> None:
        self.excluded = excluded
        self._hash = hash(("any", excluded))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and self._hash == hash(other) and self._content() == other._content()

    def _content(self) -> Any:
        return self.excluded

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON types that it may have; empty: any."""
        return frozenset()


class Scalar(Value):
    """A text, number, boolean or null. constant: its value as a tuple of one; () when only the type is known."""

    __slots__ = ("constant", "kind")

    def __init__(self, kind: str, constant: tuple[Any, ...] = (), excluded: frozenset[Scalar] = frozenset()) -> None:
        self.kind, self.constant, self.excluded = kind, constant, excluded
        self._hash = hash((kind, constant, excluded))

    def _content(self) -> Any:
        return self.kind, self.constant, self.excluded

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset((self.kind,))


class Obj(Value):
    """An object. members: name -> value and presence. rest: presence of all other names.

    loose: it may be something else; all that is known is which members there are not.
    """

    __slots__ = ("loose", "members", "rest")

    def __init__(self, members: Mapping[str, tuple[Value, int]], rest: int = NO, loose: bool = False) -> None:
        self.members, self.rest, self.loose, self.excluded = members, rest, loose, frozenset()
        self._hash = hash(("object", rest, loose, frozenset(members.items())))

    def _content(self) -> Any:
        return self.rest, self.loose, self.members

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset() if self.loose else frozenset(("object",))

    def member(self, name: str) -> tuple[Value, int]:
        """What is known of a member."""
        return self.members.get(name, (ANY, self.rest))


class Arr(Value):
    """An array. items: the first ones; rest: each further one, None when there are none; least: shortest length."""

    __slots__ = ("items", "least", "rest")

    def __init__(self, items: tuple[Value, ...], rest: Value | None = None, least: int | None = None) -> None:
        self.items, self.rest, self.excluded = items, rest, frozenset()
        self.least = len(items) if least is None else least
        self._hash = hash(("array", items, rest, self.least))

    def _content(self) -> Any:
        return self.items, self.rest, self.least

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(("array",))

    def each(self) -> Value:
        """What any of its items is."""
        return union([*self.items, *((self.rest,) if self.rest else ())])


class Union(Value):
    """One of some values."""

    __slots__ = ("alternatives",)

    def __init__(self, alternatives: frozenset[Value]) -> None:
        self.alternatives, self.excluded = alternatives, frozenset()
        self._hash = hash(("union", alternatives))

    def _content(self) -> Any:
        return self.alternatives

    @property
    def kinds(self) -> frozenset[str]:
        found = [one.kinds for one in self.alternatives]
        return frozenset().union(*found) if all(found) else frozenset()


ANY: Final = Value()
NULL: Final = Scalar("null", (None,))
STRING: Final = Scalar("string")
NUMBER: Final = Scalar("number")
BOOLEAN: Final = Scalar("boolean")
LIST: Final = Arr((), ANY, 0)
OBJECT: Final = Obj({}, OPEN)
NOTHING: Final = Union(frozenset())
"""No value at all: what an empty array's items are, and what comes out where nothing comes out."""


def union(values: Iterable[Value]) -> Value:
    """One of the values; ANY when they are many."""
    found: set[Value] = set()
    for value in values:
        if type(value) is Value:
            return value if not value.excluded else ANY
        found |= value.alternatives if isinstance(value, Union) else {value}
    if len(found) == 1:
        return next(iter(found))
    return Union(frozenset(found)) if len(found) <= _MOST_ALTERNATIVES else ANY


def alternatives(value: Value) -> Iterable[Value]:
    """The values of a union; any other value on its own."""
    return value.alternatives if isinstance(value, Union) else (value,)


def known(value: Any, depth: int = 0) -> Value:
    """JSON that is written in the definition. A text with `${}` in it is not known yet."""
    if isinstance(value, str):
        return (ANY if is_whole(value) else STRING) if "${" in value else Scalar("string", (value,))
    if isinstance(value, bool):
        return Scalar("boolean", (value,))
    if isinstance(value, int | float):
        return Scalar("number", (value,))
    if value is None:
        return NULL
    if depth > _DEEPEST:
        return ANY
    if isinstance(value, dict):
        return Obj({name: (known(item, depth + 1), YES) for name, item in value.items()})
    if isinstance(value, list):
        first = tuple(known(item, depth + 1) for item in value[:_MOST_ITEMS])
        return Arr(first, ANY if len(value) > _MOST_ITEMS else None, len(value))
    return ANY


def array(items: list[Value]) -> Arr:
    """An array of just these items."""
    if len(items) > _MOST_ITEMS:
        return Arr(tuple(items[:_MOST_ITEMS]), ANY, len(items))
    return Arr(tuple(items))


def is_open(value: Value) -> bool:
    """Whether a value may be of any type."""
    return type(value) is Value or (isinstance(value, Obj) and value.loose)


def constant(value: Value) -> tuple[Any, ...]:
    """The one scalar that a value can be, as a tuple of one; else ()."""
    return value.constant if isinstance(value, Scalar) else ()


def disjoint(left: Value, right: Value) -> bool:
    """Whether no value is both."""
    return all(_apart(one, other) for one in alternatives(left) for other in alternatives(right))


def _apart(one: Value, other: Value) -> bool:
    if is_open(one) or is_open(other):
        return one in other.excluded or other in one.excluded
    if one.kinds != other.kinds:
        return True
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return bool(one.constant and other.constant and one.constant != other.constant)
    return False


def merge(left: Value, right: Value, depth: int = 0) -> Value:
    """What holds of both values, as one value without alternatives where it can be."""
    if left == right:
        return left
    if isinstance(left, Obj) and isinstance(right, Obj) and left.loose == right.loose and depth < 3:
        members = {}
        for name in {**left.members, **right.members}:
            (one, first), (other, second) = left.member(name), right.member(name)
            members[name] = (merge(one, other, depth + 1), either(first, second))
        return Obj(members, either(left.rest, right.rest), left.loose)
    return union([left, right])


def either(first: int, second: int) -> int:
    """Presence where one of two holds."""
    if first == second:
        return first
    return OPEN if OPEN in (first, second) and NO not in (first, second) else MAYBE
