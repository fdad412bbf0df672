"""What is read has been written, on every way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries

_BRANCH = re.compile(r"\[(\d+)\]\.(\w+)")


@rule(
    "REV112",
    "A state reads what may not be there",
    weights={"robustness": 0.4},
    section="2.1, 2.2 gap 1",
    reason="A path to nothing in a Choice is States.Runtime: it ends the execution and no Catch takes it.",
    fix="Let every end of a branch write the same fields, or ask IsPresent first.",
)
def missing_data(subject: Subject) -> list[Spot]:
    spots = [
        Spot(found.pointer, found.message, part=1.0 if found.severity == "error" else 0.5)
        for found in subject.findings
        if found.layer == "data"
    ]
    for parallel in subject.of("Parallel"):
        for choice in _choices_after(subject, parallel):
            if not any(spot.pointer[: len(choice.pointer)] == choice.pointer for spot in spots):
                spots += _judge(parallel, choice)
    return spots


def _choices_after(subject: Subject, parallel: State) -> Iterator[State]:
    ways = subject.ways(parallel.scope)
    return (ways.states[name] for name in ways.usual[parallel.name] if ways.states[name].type == "Choice")


def _judge(parallel: State, choice: State) -> list[Spot]:
    """A spot for each `$.results[0].field` of the Choice, broken where an end of branch 0 leaves without the field."""
    root = parallel.value.get("ResultPath", "$")
    text = json.dumps(choice.value.get("Choices"))
    if not isinstance(root, str) or "ResultSelector" in parallel.value:
        return []
    fields = dict.fromkeys(_BRANCH.findall("".join(re.findall(re.escape(root) + r"\[\d+\]\.\w+", text))))
    return [Spot((*choice.pointer, "Choices"), _message(parallel, choice, int(index), name)) for index, name in fields]


def _message(parallel: State, choice: State, index: int, field: str) -> str | None:
    branches = parallel.value.get("Branches")
    branch = branches[index] if isinstance(branches, list) and index < len(branches) else None
    if not isinstance(branch, dict) or _is_asked_first(choice, index, field):
        return None
    ends = [name for name, state in _states(branch) if _leaves_without(branch, name, state, field)]
    if not ends:
        return None
    return f"'{choice.name}' compares [{index}].{field}, which is not there when branch {index} ends in '{ends[0]}'."


def _is_asked_first(choice: State, index: int, field: str) -> bool:
    tested = json.dumps([rule for rule in _tests(choice.value.get("Choices")) if "IsPresent" in rule])
    return f"[{index}].{field}" in tested


def _tests(rules: Any) -> Iterator[dict[str, Any]]:
    waiting = [rules]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


def _states(branch: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    states = branch.get("States")
    return (
        [(name, state) for name, state in states.items() if isinstance(state, dict)] if isinstance(states, dict) else []
    )


def _leaves_without(branch: dict[str, Any], name: str, state: dict[str, Any], field: str) -> bool:
    """Whether a Pass state that a Catch leads to ends the branch without the field."""
    if state.get("Type") != "Pass" or state.get("End") is not True:
        return False
    from_catch = any(entry.get("Next") == name for _, other in _states(branch) for entry in entries(other, "Catch"))
    if not from_catch:
        return False
    written = state.get("Result", state.get("Parameters"))
    path = state.get("ResultPath", "$")
    if written is None or path == f"$.{field}":
        return written is None  # the failed Task has not written it either
    if path != "$":
        return True
    return isinstance(written, dict) and not {field, f"{field}.$"} & set(written)
