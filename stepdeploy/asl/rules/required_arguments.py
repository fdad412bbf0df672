"""Arguments that an integration requires."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.arguments import problems
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL082",
    "error",
    "An integration is given what its action requires",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html",
    code="",
    layer="integration",
    types=("Task",),
)
def required_arguments(state: State) -> Iterator[Hit]:
    for problem in problems(state):
        if problem.kind == "missing":
            yield Hit(problem.pointer, problem.message, problem.hint)
