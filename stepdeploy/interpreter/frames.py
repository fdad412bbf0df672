"""What runs: the execution, its branches (frames), and one visit to one state."""

from __future__ import annotations

import contextlib
import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from stepdeploy.interpreter.clocks import timestamp
from stepdeploy.interpreter.contract import Clock, Limits, MapHooks, TaskRunner
from stepdeploy.interpreter.failures import Failure, TimeLimitReached, too_large
from stepdeploy.interpreter.history import Recorder
from stepdeploy.interpreter.texts import exceeds, to_text

if TYPE_CHECKING:
    from stepdeploy.interpreter.flow import Flow

RETRIABLE = frozenset({"Task", "Parallel", "Map"})
ABORTABLE = frozenset({"Task", "Parallel", "Map", "Wait"})


class Execution:
    """What all branches of an execution share. `deadline` is the machine's TimeoutSeconds on the clock."""

    def __init__(
        self,
        *,
        context: dict[str, Any],
        tasks: TaskRunner,
        clock: Clock,
        recorder: Recorder,
        limits: Limits,
        hooks: MapHooks,
        deadline: datetime | None,
    ) -> None:
        self.context = context
        self.tasks = tasks
        self.clock = clock
        self.recorder = recorder
        self.limits = limits
        self.hooks = hooks
        self.deadline = deadline

    @property
    def arn(self) -> str:
        """The execution's ARN, '' when the context does not say."""
        return str(self.context.get("Execution", {}).get("Id", ""))

    @property
    def region(self) -> str:
        """The region in the execution's ARN."""
        parts = self.arn.split(":")
        return parts[3] if len(parts) > 3 else ""

    async def sleep(self, seconds: float) -> None:
        """Sleeps on the clock, at most until the machine's deadline: then raises TimeLimitReached."""
        if self.deadline is not None:
            remaining = (self.deadline - self.clock.now()).total_seconds()
            if seconds >= remaining:
                await self.clock.sleep(max(0.0, remaining))
                raise TimeLimitReached
        await self.clock.sleep(seconds)


class Frame:
    """A branch: the whole machine, a branch of a Parallel, or an iteration of a Map.

    context: the context object without State. inner: not the whole machine. previous: id of the branch's last event. The last payload is kept with
    its text, since a state's output is the next one's input.
    """

    __slots__ = ("_text", "_value", "context", "execution", "inner", "language", "previous", "steps", "variables")

    def __init__(
        self, execution: Execution, context: dict[str, Any], variables: dict[str, Any], previous: int, language: str
    ) -> None:
        self.execution = execution
        self.context = context
        self.variables = variables
        self.previous = previous
        self.language = language
        self.steps = 0
        self.inner = False
        self._value: Any = self
        self._text = ""

    def branch(self, context: dict[str, Any] | None = None) -> Frame:
        """A frame for an inner scope: it sees the variables, and its own do not come back."""
        frame = Frame(self.execution, context or self.context, dict(self.variables), self.previous, self.language)
        frame.inner = True
        return frame

    def add(self, type: str, **details: Any) -> int:
        """Records an event of this branch and returns its id."""
        self.previous = self.execution.recorder.add(type, details, self.previous)
        return self.previous

    def add_if_room(self, type: str, **details: Any) -> None:
        """Records an event of a branch that is being torn down; a full history is no reason to fail once more."""
        with contextlib.suppress(Failure):
            self.add(type, **details)

    def text(self, value: Any) -> str:
        """The JSON text of a payload."""
        if value is not self._value:
            self._text = to_text(value)
            self._value = value
        return self._text


class Step(NamedTuple):
    """What a state comes to: its output, the next state (None: the branch ends) and the variables it assigns."""

    output: Any
    next: str | None
    assigned: dict[str, Any]


class Visit:
    """One visit to a state, over all its retries. `retries` counts them."""

    __slots__ = ("_context", "entered", "execution", "flow", "frame", "input", "name", "retries", "since", "state")

    def __init__(self, frame: Frame, name: str, state: dict[str, Any], data: Any, flow: Flow) -> None:
        self.frame = frame
        self.execution = frame.execution
        self.name = name
        self.state = state
        self.input = data
        self.flow = flow
        self.retries = 0
        self.entered = 0
        self.since = frame.execution.clock.now()
        self._context: dict[str, Any] | None = None

    @property
    def type(self) -> str:
        """The state's Type."""
        return str(self.state["Type"])

    @property
    def context(self) -> dict[str, Any]:
        """The context object of this visit ($$ and $states.context)."""
        if self._context is None:
            state = {"EnteredTime": timestamp(self.since), "Name": self.name}
            self._context = {**self.frame.context, "State": state}
            if self.type in RETRIABLE:
                self._context["State"]["RetryCount"] = self.retries
        return self._context

    def renew_context(self, **members: Any) -> dict[str, Any]:
        """Makes the context object anew for another attempt, with members such as Task."""
        self._context = None
        self._context = {**self.context, **members}
        return self._context

    def for_item(self, index: int, value: Any) -> Visit:
        """This visit as an ItemSelector sees it: Map.Item is in the context object."""
        view = copy.copy(self)
        view._context = {**self.context, "Map": {"Item": {"Index": index, "Value": value}}}
        return view

    def enter(self) -> None:
        """Records that the state was entered."""
        details = {"name": self.name, "input": self.frame.text(self.input), "inputDetails": {"truncated": False}}
        self.entered = self.frame.add(f"{self.type}StateEntered", stateEnteredEventDetails=details)

    def leave(self, step: Step) -> None:
        """Checks the output's size, sets the variables and records that the state was left."""
        limit = self.execution.limits.payload
        text = self.frame.text(step.output)
        if exceeds(text, limit):
            raise too_large(self.name, fatal=True)
        details: dict[str, Any] = {"name": self.name, "output": text, "outputDetails": {"truncated": False}}
        if step.assigned:
            texts = {name: to_text(value) for name, value in step.assigned.items()}
            if any(exceeds(value, limit) for value in texts.values()):
                raise too_large(self.name, fatal=True)
            self.frame.variables.update(step.assigned)
            details["assignedVariables"] = texts
            details["assignedVariablesDetails"] = {"truncated": False}
        self.frame.add(f"{self.type}StateExited", stateExitedEventDetails=details)

    def explain(self, failure: Failure) -> None:
        """Says in an internal failure's cause where it happened, and records a failed evaluation. Once a failure."""
        if not failure.internal:
            return
        failure.internal = False
        failure.cause = (
            f"An error occurred while executing the state '{self.name}' (entered at the event id #{self.entered}). "
            f"{failure.cause}"
        )
        if failure.location is not None:
            details = {**failure.details(), "location": failure.location, "state": self.name}
            self.frame.add("EvaluationFailed", evaluationFailedEventDetails=details)

    def next(self, fields: dict[str, Any]) -> str | None:
        """Where the state, or one of its rules or catchers, leads: None ends the branch."""
        target = fields.get("Next")
        return None if target is None else str(target)
