"""Which function versions a definition calls, whichever way it writes them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FunctionVersion = tuple[str, int]
"""(name on AWS, number)."""


@dataclass(frozen=True)
class Calls:
    """named: the function versions that a definition names. at_run_time: it takes a name or version from its input, so
    that nobody can tell by reading which ones it calls."""

    named: frozenset[FunctionVersion] = frozenset()
    at_run_time: bool = False


def calls_of(definition: str, functions: Collection[str]) -> Calls:
    """functions: names on AWS that are looked for. A version counts wherever `name:7` stands, in an ARN or without, and
    where a Qualifier stands beside the name; one too many is kept rather than one too few."""
    known = "|".join(re.escape(name) for name in sorted(functions, key=len, reverse=True))
    found = re.findall(rf"(?<![\w-])({known}):(\d+)(?!\w)", definition) if known else []
    named = {(name, int(number)) for name, number in found}
    at_run_time = False
    for task in _tasks(json.loads(definition)):
        at_run_time |= _is_dynamic(task, "FunctionName") or _is_dynamic(task, "Qualifier")
        name = str(task.get("FunctionName", "")).rpartition("function:")[2].partition(":")[0]
        number = str(task.get("Qualifier", ""))
        if name in functions and number.isdigit():
            named.add((name, int(number)))
    return Calls(frozenset(named), at_run_time)


def _tasks(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object that says which function, or which version of one."""
    if isinstance(value, dict):
        if any(key.removesuffix(".$") in ("FunctionName", "Qualifier") for key in value):
            yield value
        for item in value.values():
            yield from _tasks(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tasks(item)


def _is_dynamic(task: Mapping[str, Any], member: str) -> bool:
    """Whether a member is a path, or JSONata."""
    return f"{member}.$" in task or str(task.get(member, "")).lstrip().startswith("{%")
