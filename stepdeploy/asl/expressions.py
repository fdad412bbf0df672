"""JSONata expressions (`{% ... %}`): parsed with jsonata-python, which is imported only when one is met."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from stepdeploy.asl.placeholders import filled

FUNCTIONS = frozenset(
    [
        "string",
        "length",
        "substring",
        "substringBefore",
        "substringAfter",
        "uppercase",
        "lowercase",
        "trim",
        "pad",
        "contains",
        "split",
        "join",
        "match",
        "replace",
        "eval",
        "base64encode",
        "base64decode",
        "encodeUrlComponent",
        "encodeUrl",
        "decodeUrlComponent",
        "decodeUrl",
        "number",
        "abs",
        "floor",
        "ceil",
        "round",
        "power",
        "sqrt",
        "random",
        "formatNumber",
        "formatBase",
        "formatInteger",
        "parseInteger",
        "sum",
        "max",
        "min",
        "average",
        "boolean",
        "not",
        "exists",
        "count",
        "append",
        "sort",
        "reverse",
        "shuffle",
        "distinct",
        "zip",
        "keys",
        "lookup",
        "spread",
        "merge",
        "sift",
        "each",
        "error",
        "assert",
        "type",
        "now",
        "millis",
        "fromMillis",
        "toMillis",
        "map",
        "filter",
        "single",
        "reduce",
        "clone",
        "partition",
        "range",
        "hash",
        "uuid",
        "parse",
    ]
)
"""JSONata's functions (https://docs.jsonata.org/) and, in the last line, those that Step Functions adds."""

_STAND_IN = "$reference"
_LONGEST = 50_000
"""Characters of an expression that is parsed."""
_PATH = re.compile(r"\{%\s*\$[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\s*%\}", re.ASCII)
"""The most common expressions, which need no parser: `$states.input.a`."""
_INSIDE = frozenset({"stages", "predicate", "group", "terms", "body", "pattern", "update", "delete"})
"""Parts of a node that are evaluated with a value at hand, where bare names and `$` mean something."""


def problem(text: str) -> str | None:
    """What keeps a text that starts with `{%` from being an expression."""
    found = _parsed(text)
    return found if isinstance(found, str) else None


def tree(text: str) -> Any:
    """The syntax tree of an expression, as jsonata-python builds it; None when there is none."""
    found = _parsed(text)
    return None if isinstance(found, str) else found


def nodes(found: Any) -> Iterator[Any]:
    """All nodes of a syntax tree, each before those below it."""
    return (node for node, _ in _walk(found))


@lru_cache(maxsize=4096)
def unsupported(text: str) -> tuple[str, ...]:
    """Uses of names that Step Functions does not bind, each as a message."""
    tree = _parsed(text)
    return () if isinstance(tree, str) else tuple(dict.fromkeys(_unbound(tree)))


@lru_cache(maxsize=4096)
def reads_of_states(text: str) -> frozenset[str]:
    """The members of `$states` that an expression reads: "input", "result", "errorOutput", "context"."""
    tree = _parsed(text)
    found: set[str] = set()
    for node, _ in () if isinstance(tree, str) else _walk(tree):
        names = [getattr(step, "value", None) for step in (getattr(node, "steps", None) or ())[:2]]
        if len(names) == 2 and names[0] == "states" and isinstance(names[1], str):
            found.add(names[1])
    return frozenset(found)


def _unbound(tree: Any) -> Iterator[str]:
    for node, inside in _walk(tree):
        kind, value = node.type, node.value
        if kind == "variable" and value == "$":
            yield "The JSONata variable $$ is not supported"
        elif kind == "variable" and value == "" and not inside:
            yield "The JSONata variable $ has no value at the top level of an expression"
        elif kind == "name" and not inside:
            yield f"The JSONata expression refers to '{value}' without saying of what"
        elif kind == "function" and getattr(node.procedure, "value", None) == "eval":
            yield "The JSONata function $eval is not supported"


@lru_cache(maxsize=16_384)
def _parsed(text: str) -> Any:
    """The syntax tree of an expression, or what is wrong with it."""
    if not text.endswith("%}") or len(text) < 4:
        return "it starts with '{%' and does not end with '%}'"
    if _PATH.fullmatch(text):
        return _path(text[2:-2].strip())
    inner = filled(text[2:-2], _STAND_IN)
    if len(inner) > _LONGEST:
        return _path(_STAND_IN)  # the parser would take seconds: taken as sound
    if not inner.strip():
        return "it is empty"
    from jsonata import Jsonata

    try:
        return Jsonata(inner).ast
    except RecursionError:
        return "it is nested too deep"
    except Exception as error:  # jsonata-python lets errors of every kind through for texts that are no JSONata
        return str(error) or type(error).__name__


def _path(text: str) -> SimpleNamespace:
    """The syntax tree of `$variable.name.name`, in the parser's form."""
    variable, *names = text[1:].split(".")
    first = SimpleNamespace(type="variable", value=variable)
    if not names:
        return first
    return SimpleNamespace(
        type="path", value=None, steps=[first, *(SimpleNamespace(type="name", value=name) for name in names)]
    )


def _walk(tree: Any) -> Iterator[tuple[Any, bool]]:
    """All nodes, each with whether a value is at hand where it stands."""
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    seen: set[int] = set()  # nodes that refer to each other (the parent operator %) make circles
    while waiting:
        node, inside = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list | tuple):
            waiting += [(item, inside) for item in node]
        elif hasattr(node, "type") and hasattr(node, "value"):
            yield node, inside
            for name, below in vars(node).items():
                if name == "steps" and below:
                    waiting.append((below[0], inside))
                    waiting += [(step, True) for step in below[1:]]
                elif name != "_outer_instance" and below.__class__ not in (str, int, float, bool, type(None)):
                    waiting.append((below, inside or name in _INSIDE))


@lru_cache(maxsize=4096)
def free_variables(text: str) -> frozenset[str]:
    """The variables that an expression reads and does not bind itself, functions of the language left out."""
    tree = _parsed(text)
    if isinstance(tree, str):
        return frozenset()
    read: set[str] = set()
    bound: set[str] = set()
    for node, _ in _walk(tree):
        if node.type == "variable" and isinstance(node.value, str):
            read.add(node.value)
        if node.type == "bind":
            bound.add(node.lhs.value)
        if node.type == "lambda":
            bound.update(argument.value for argument in node.arguments)
        bound.update(
            name for name in (getattr(node, "focus", None), getattr(node, "index", None)) if isinstance(name, str)
        )
    return frozenset(read - bound - FUNCTIONS - {"", "$", "states", _STAND_IN[1:]})


@lru_cache(maxsize=4096)
def start(text: str) -> str | None:
    """The variable that the whole expression is, or is a path from: `{% $a.b %}` -> "a". None for all others."""
    node = _parsed(text)
    if isinstance(node, str):
        return None
    if node.type == "path" and node.steps:
        node = node.steps[0]
    return node.value if node.type == "variable" and isinstance(node.value, str) else None


@lru_cache(maxsize=4096)
def literal(text: str) -> tuple[Any, ...]:
    """The value of an expression that is a literal text, number, true, false or null, as a tuple of one; () otherwise."""
    node = _parsed(text)
    if not isinstance(node, str) and node.type in ("string", "number", "value"):
        return (node.value,)
    return ()
