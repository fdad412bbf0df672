"""A state machine as the rules of the review see it: its tasks, what covers them, and the ways through it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from stepdeploy.asl.findings import Finding
from stepdeploy.asl.model import Document, Scope, State
from stepdeploy.review.facts import Facts
from stepdeploy.review.ways import Ways

_NOTIFIES = ("sns:publish", "ses:sendemail", "sesv2:sendemail", "events:putevents", "sqs:sendmessage", "chatbot:")


class Subject:
    """document: the definition. facts: what is known besides. findings: what the validator says."""

    def __init__(self, document: Document, facts: Facts, findings: tuple[Finding, ...] = ()) -> None:
        self.document = document
        self.facts = facts
        self.findings = findings
        self._ways: dict[int, Ways] = {}

    @cached_property
    def tasks(self) -> list[State]:
        return self.of("Task")

    @cached_property
    def lambdas(self) -> list[State]:
        """Tasks that invoke a Lambda function."""
        return [task for task in self.tasks if is_lambda(task)]

    def of(self, *types: str) -> list[State]:
        """All states of these types, also those inside Parallel and Map."""
        return [state for state in self.document.states if state.type in types]

    @property
    def top(self) -> Scope:
        return self.document.scopes[0]

    def ways(self, scope: Scope) -> Ways:
        """How one gets from state to state in a scope."""
        if id(scope) not in self._ways:
            self._ways[id(scope)] = Ways(scope)
        return self._ways[id(scope)]

    def inner(self, state: State) -> Iterator[State]:
        """The states inside a Parallel or Map, at any depth."""
        return (other for other in self.document.states if state in owners(other))

    def retriers(self, state: State) -> list[dict[str, Any]]:
        """The Retry entries that an error of a state meets: its own, and those of the Parallel and Map around it."""
        return [entry for one in (state, *owners(state)) for entry in entries(one.value, "Retry")]

    def is_caught(self, state: State) -> bool:
        """Whether an error of a state, or of a Parallel or Map around it, meets a Catch."""
        return any(entries(one.value, "Catch") for one in (state, *owners(state)))

    @cached_property
    def aftermath(self) -> list[State]:
        """The states that come after a failure: behind a Catch, or where nothing but a failure can follow."""
        found = []
        for scope in self.document.scopes:
            ways = self.ways(scope)
            found += [state for state in scope.states if state.name in ways.after_errors or ways.is_lost(state.name)]
        return found


def owners(state: State) -> Iterator[State]:
    """The Parallel and Map states around a state, innermost first."""
    owner = state.scope.owner
    while owner is not None:
        yield owner
        owner = owner.scope.owner


def entries(value: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The objects of a list, such as those of Retry."""
    found = value.get(field)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def resource(task: State) -> str:
    """A Task's Resource, "" where there is none."""
    found = task.value.get("Resource")
    return found if isinstance(found, str) else ""


def is_lambda(task: State) -> bool:
    """Whether a Task invokes a Lambda function, by the integration or by the function's own ARN."""
    return ":lambda:" in resource(task) or ":::lambda" in resource(task)


def waits_for_token(task: State) -> bool:
    """Whether somebody else ends the Task: a callback or an activity."""
    return resource(task).endswith(".waitForTaskToken") or ":activity:" in resource(task)


def is_job(task: State) -> bool:
    """Whether the Task waits for a job (`.sync`)."""
    return ".sync" in resource(task)


def notifies(task: State) -> bool:
    """Whether a Task tells somebody."""
    found = resource(task).lower()
    return any(f":{name}" in found for name in _NOTIFIES)


def errors_of(entry: dict[str, Any]) -> list[str]:
    """The names in an entry's ErrorEquals."""
    names = entry.get("ErrorEquals")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def arguments(task: State) -> dict[str, Any]:
    """A Task's Parameters or Arguments."""
    found = task.value.get("Parameters", task.value.get("Arguments"))
    return found if isinstance(found, dict) else {}


def function_name(task: State) -> str | None:
    """The name of the Lambda function that a Task invokes, None where the definition does not say.

    `arn:...:function:NAME:3` -> NAME; `${function:KEY.version_arn}` -> KEY.
    """
    if not is_lambda(task):
        return None
    found = resource(task) if ":function:" in resource(task) else arguments(task).get("FunctionName")
    if not isinstance(found, str) or not found:
        return None
    if found.startswith("${function:"):
        return found[len("${function:") :].rstrip("}").split(".")[0]
    return found.split(":function:")[-1].split(":")[0]
