"""An error is handed on, not replaced."""

from __future__ import annotations

from typing import Any

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries, errors_of


@rule(
    "REV205",
    "What went wrong is not handed on",
    weights={"observability": 0.5},
    section="2.1 gap 1, 2.3 gap 2",
    reason="A fixed text in place of the error says that something failed, and not what.",
    fix="Catch with a ResultPath, and pass its Error and Cause on (Parameters of a Pass, ErrorPath of a Fail).",
)
def error_kept(subject: Subject) -> list[Spot]:
    spots = []
    for state in subject.of("Task", "Parallel", "Map"):
        states = subject.ways(state.scope).states
        for index, entry in enumerate(entries(state.value, "Catch")):
            target = entry.get("Next")
            if isinstance(target, str) and target in states:
                spots.append(Spot((*state.pointer, "Catch", index), _message(state, entry, states[target])))
    return spots


def _message(state: State, entry: dict[str, Any], target: State) -> str | None:
    if entry.get("ResultPath", "$") is None:
        return f"'{state.name}' throws its error away (ResultPath null)."
    if target.type == "Pass" and "Result" in target.value and target.value.get("ResultPath", "$") == "$":
        return f"'{target.name}' puts a fixed text where the error of '{state.name}' was."
    value = target.value
    if target.type == "Fail" and not ("ErrorPath" in value or "CausePath" in value or "{%" in str(value.get("Cause"))):
        names = [name for name in errors_of(entry) if name != "States.ALL"]
        if any(name.startswith("States.") or "." not in name for name in names):
            return None  # one error by its name: the text says all
        return f"'{target.name}' ends with a fixed text, whatever '{state.name}' failed of."
    return None
