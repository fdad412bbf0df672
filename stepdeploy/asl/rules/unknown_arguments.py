"""Arguments that an integration's action does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.arguments import problems
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL084",
    "error",
    "An integration is given only what its action takes, in names that begin with a capital",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html",
    layer="integration",
    types=("Task",),
)
def unknown_arguments(state: State) -> Iterator[Hit]:
    for problem in problems(state):
        if problem.kind == "unknown":
            yield Hit(problem.pointer, problem.message, problem.hint, problem.pointer[:-1])
