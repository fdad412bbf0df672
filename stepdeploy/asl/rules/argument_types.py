"""Arguments of a type that an integration's action does not take."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.arguments import problems
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL085",
    "error",
    "What an integration is given is of the type that its action takes",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html",
    code="",
    layer="integration",
    types=("Task",),
)
def argument_types(state: State) -> Iterator[Hit]:
    for problem in problems(state):
        if problem.kind == "type":
            yield Hit(problem.pointer, problem.message)
