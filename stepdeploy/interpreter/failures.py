"""How states fail, and which Retry and Catch entries match.

Source: AWS "Handling errors in Step Functions workflows" (concepts-error-handling.html) and recorded executions.
"""

from __future__ import annotations

from typing import Any

ALL = "States.ALL"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
RUNTIME = "States.Runtime"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"


class Failure(Exception):
    """A state failed.

    error, cause: as the execution reports them (None: not given). fatal: no Retry and no Catch matches.
    internal: the interpreter itself failed the state, so the cause gets the state's name and event id in front.
    location: the field of a failed JSONata evaluation, for the EvaluationFailed event. heartbeat: a missed heartbeat.
    """

    def __init__(
        self,
        error: str | None,
        cause: str | None = None,
        *,
        fatal: bool = False,
        internal: bool = False,
        location: str | None = None,
        heartbeat: bool = False,
    ) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.fatal = fatal
        self.internal = internal
        self.location = location
        self.heartbeat = heartbeat

    def output(self) -> dict[str, str | None]:
        """The error output that a Catch hands on; what was not given is null (recorded), a timeout's cause is ''."""
        cause = "" if self.cause is None and self.error == TIMEOUT else self.cause
        return {"Error": self.error, "Cause": cause}

    def details(self) -> dict[str, str]:
        """The members `error` and `cause` of an event's details."""
        details: dict[str, str] = {}
        if self.error is not None:
            details["error"] = self.error
        if self.cause is not None:
            details["cause"] = self.cause
        return details


class TimeLimitReached(Exception):
    """The clock passed the machine's TimeoutSeconds. Not a Failure: nothing in the machine can catch it."""


def runtime_error(reason: str) -> Failure:
    """States.Runtime, which neither States.ALL nor its own name catches (recorded: catch_states_runtime)."""
    return Failure(RUNTIME, reason, fatal=True, internal=True)


def query_error(reason: str, location: str) -> Failure:
    """A JSONata expression failed, or gave what its field cannot take; can be caught."""
    return Failure(QUERY_EVALUATION_ERROR, reason, internal=True, location=location)


def too_large(name: str, *, fatal: bool) -> Failure:
    """A payload above the quota. A task's own result can be caught (recorded), any other cannot (documented)."""
    cause = (
        f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."
    )
    return Failure(DATA_LIMIT_EXCEEDED, cause, fatal=fatal)


def matches(failure: Failure, names: list[str]) -> bool:
    """Whether an ErrorEquals list covers a failure."""
    return not failure.fatal and any(_matches(failure, name) for name in names)


def _matches(failure: Failure, name: str) -> bool:
    if name == ALL:
        return True
    if name == TASK_FAILED:
        return failure.error != TIMEOUT
    if name == HEARTBEAT_TIMEOUT:
        return failure.heartbeat
    return name == failure.error


def first_match(failure: Failure, entries: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    """The first Retry or Catch entry that covers a failure."""
    return next((entry for entry in entries or () if matches(failure, entry["ErrorEquals"])), None)
