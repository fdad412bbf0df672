"""Errors of different kinds go different ways."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries, errors_of, is_lambda

_GENERIC = {"States.ALL", "States.TaskFailed"}


@rule(
    "REV102",
    "Errors are not told apart",
    weights={"robustness": 0.5},
    section="2.1 gap 2",
    reason="Where every error goes the same way, one that passes by itself and one that stays are handled alike.",
    fix="Catch States.Timeout and the errors that the function raises by their names, each with its own way; States.ALL last.",
)
def apart(subject: Subject) -> list[Spot]:
    """Of the machine, not of each Task: some failures deserve one way only; so does a machine with a single function."""
    if len(subject.lambdas) < 2:
        return []
    catching = [
        state for state in subject.of("Task", "Parallel") if entries(state.value, "Catch") and _runs(subject, state)
    ]
    if not catching:
        return []
    if any(_names(state.value) - _GENERIC for state in catching):
        return [Spot(catching[0].pointer)]
    names = ", ".join(f"'{state.name}'" for state in catching[:3])
    message = f"Every Catch takes every error ({names}): a timeout, a refusal and a bug go the same way."
    return [Spot((*catching[0].pointer, "Catch"), message)]


def _runs(subject: Subject, state: State) -> bool:

    return is_lambda(state) or (state.type == "Parallel" and any(is_lambda(one) for one in subject.inner(state)))


def _names(value: dict[str, object]) -> set[str]:
    return {name for entry in entries(value, "Catch") for name in errors_of(entry)}
