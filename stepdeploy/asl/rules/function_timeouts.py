"""A Lambda function that may run longer than its Task waits."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.arguments import given
from stepdeploy.asl.model import Document, State
from stepdeploy.asl.registry import Hit, rule


@rule(
    "ASL089",
    "warning",
    "A Task waits as long as its Lambda function may run",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html",
    code="",
    layer="integration",
    on="document",
)
def function_timeout(document: Document) -> Iterator[Hit]:
    known = document.options.function_timeouts
    for state in document.states if known else ():
        function = next((name for name in _functions(state) if name in known), None)
        timeout = state.value.get("TimeoutSeconds")
        if (
            state.type != "Task"
            or function is None
            or isinstance(timeout, bool)
            or not isinstance(timeout, int | float)
        ):
            continue
        if timeout < known[function]:
            message = f"The Task gives up after {timeout:g} s, and {function} may run {known[function]:g} s"
            hint = "The function goes on, and is billed, after the Task has failed: give the Task longer."
            yield Hit((*state.pointer, "TimeoutSeconds"), message, hint)


def _functions(state: State) -> Iterator[str]:
    """What a Task may call its function by."""
    _, value = given(state)
    for name in (value.get("FunctionName") if isinstance(value, dict) else None, state.value.get("Resource")):
        if isinstance(name, str):
            yield name
