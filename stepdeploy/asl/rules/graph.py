"""The graph of a machine: targets exist, every state can be reached, some state ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Scope, State
from stepdeploy.asl.placeholders import is_whole
from stepdeploy.asl.registry import Hit, did_you_mean, rule

_TRANSITIONS = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html"
_DIAGNOSTICS = (
    "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html"
)


def targets(state: State) -> Iterator[tuple[Any, Pointer]]:
    """Where a state says it may go to, and where it says so; also in fields that its type does not have."""
    value = state.value
    for field in ("Next", "Default"):
        if field in value:
            yield value[field], (*state.pointer, field)
    for field in ("Choices", "Catch"):
        items = value.get(field)
        if isinstance(items, list):
            for index, item in enumerate(items):
                if isinstance(item, dict) and "Next" in item:
                    yield item["Next"], (*state.pointer, field, index, "Next")


@rule(
    "ASL030",
    "error",
    "StartAt, Next and Default name a state of the same machine, branch or item processor",
    source=_TRANSITIONS,
    code="MISSING_TRANSITION_TARGET",
    on="scope",
)
def target_exists(scope: Scope) -> Iterator[Hit]:
    names = scope.value.get("States")
    if not isinstance(names, dict):
        return
    wanted = [(scope.start, (*scope.pointer, "StartAt"))]
    for state in scope.states:
        wanted += targets(state)
    for name, pointer in wanted:
        if isinstance(name, str) and name not in names and not is_whole(name):
            hint = did_you_mean(name, names) or f"The states here are: {', '.join(names)[:300]}."
            yield Hit(pointer, f"Missing 'Next' target: {name}", hint)


@rule(
    "ASL031",
    "error",
    "Every state can be reached",
    source=_DIAGNOSTICS,
    code="MISSING_TRANSITION_TARGET",
    on="scope",
)
def reachable(scope: Scope) -> Iterator[Hit]:
    if not _ends(scope) or _open_ended(scope) or scope.start not in [state.name for state in scope.states]:
        return  # the missing end or start is the news (AWS hides this one behind the missing end, too)
    reached = _reached(scope)
    for state in scope.states:
        if state.name not in reached:
            yield Hit(state.pointer, f'State "{state.name}" is not reachable.', "Lead a Next to it, or remove it.")


@rule("ASL032", "error", "Some state ends the machine", source=_DIAGNOSTICS, code="MISSING_END_STATE", on="scope")
def has_end(scope: Scope) -> Iterator[Hit]:
    if scope.states and not _ends(scope):
        hint = "Give a state 'End': true, or add a Succeed or Fail state."
        yield Hit(scope.pointer, "Workflow has no terminal state", hint, nowhere=not scope.pointer)


def _ends(scope: Scope) -> bool:
    return any(
        state.type in ("Succeed", "Fail", "") or state.value.get("End") is True or is_whole(state.value.get("End"))
        for state in scope.states
    )


def _open_ended(scope: Scope) -> bool:
    """Whether a transition is a reference that is not rendered yet: it may lead anywhere."""
    return is_whole(scope.start) or any(is_whole(name) for state in scope.states for name, _ in targets(state))


def _reached(scope: Scope) -> set[str]:
    states = {state.name: state for state in scope.states}
    reached: set[str] = set()
    waiting = [scope.start]
    while waiting:
        name = waiting.pop()
        if isinstance(name, str) and name in states and name not in reached:
            reached.add(name)
            waiting += [target for target, _ in targets(states[name])]
    return reached
