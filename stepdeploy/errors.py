"""The errors a user can meet, and the exit codes they become.

::

    StepdeployError                 1  failure
    +-- UsageError                  2  the command line or its values are off
    +-- InvalidProject              3  settings, template, policy, definition or zip is broken (file:line:column)
    +-- PartlyApplied               5  some actions were applied, others not; says how to go on
    +-- SmokeFailed                 5  a new version failed its smoke cases; the alias was not moved
    +-- WentBack                    5  a gradual release was moved back: a breach, an abort, or no proof in time
    +-- ShiftStopped                5  a gradual release is left where it is; says how to go on or end it
    +-- UnderWay                    1  the alias is being shifted, or is split on purpose
    +-- NotOurs                     1  a resource of that name exists and does not bear our tag
    +-- NothingToRollBackTo         1
    +-- Locked                      1  another deploy holds the lock, went through meanwhile, or took the lock away
    +-- Drifted                     1  a live change made outside the tool would be overwritten
    +-- StalePlan                   1  a saved plan does not fit what is there, or what the project is
    +-- LocalAwsError               1  the embedded AWS did not start, or died
    +-- AwsError                    1  a call to AWS failed (code, operation, resource, request id)
        +-- NotFound, AccessDenied, Conflict, Throttled, Unreachable
    +-- ExecutionEnded             10  an awaited execution FAILED (11 TIMED_OUT, 12 ABORTED, 13 past --wait-limit)

Every error says what is wrong (`message`), where (`where`), and what to do next (`hint`).
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line tool."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    FINDINGS = 3
    CHANGES = 4
    PARTLY_APPLIED = 5
    EXECUTION_FAILED = 10
    EXECUTION_TIMED_OUT = 11
    EXECUTION_ABORTED = 12
    WAIT_LIMIT = 13


class StepdeployError(Exception):
    """Base of all errors meant for the user.

    message: what is wrong. where: file:line:column, ARN or address. hint: what to do next.
    """

    exit_code: int = Exit.FAILURE

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class UsageError(StepdeployError):
    """The command line, or a value given on it, cannot be used."""

    exit_code = Exit.USAGE


class InvalidProject(StepdeployError):
    """A file of the project is broken. `problems` holds all that were found, each a StepdeployError."""

    exit_code = Exit.FINDINGS

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        problems: tuple[StepdeployError, ...] = (),
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.problems = problems


class PartlyApplied(StepdeployError):
    """Some actions of a plan were applied and others were not."""

    exit_code = Exit.PARTLY_APPLIED


class SmokeFailed(StepdeployError):
    """A version did not pass its smoke cases."""

    exit_code = Exit.PARTLY_APPLIED


class WentBack(StepdeployError):
    """A gradual release did not prove itself, or was aborted: all weight is on the version before."""

    exit_code = Exit.PARTLY_APPLIED


class ShiftStopped(StepdeployError):
    """Nobody drives a gradual release any more; the weights stay as they are."""

    exit_code = Exit.PARTLY_APPLIED


class UnderWay(StepdeployError):
    """A gradual release or a split holds the alias."""


class NotOurs(StepdeployError):
    """A resource of the wanted name exists and was not made by this project and environment."""


class NothingToRollBackTo(StepdeployError):
    """The alias has no earlier version on record."""


class Locked(StepdeployError):
    """Another deploy holds the lock, or took it away."""


class Drifted(StepdeployError):
    """The plan would overwrite what somebody changed outside the tool."""


class StalePlan(StepdeployError):
    """A saved plan cannot be applied: AWS has moved since, or it is of another project, environment or tool."""


class LocalAwsError(StepdeployError):
    """The embedded AWS could not be started, reached or stopped."""


class AwsError(StepdeployError):
    """A call to AWS failed. code: AWS's error code. operation: 'states:CreateStateMachine'."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        operation: str = "",
        where: str | None = None,
        hint: str | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code
        self.operation = operation
        self.request_id = request_id


class NotFound(AwsError):
    """The resource does not exist."""


class AccessDenied(AwsError):
    """The caller lacks a permission."""


class Conflict(AwsError):
    """The resource is in a state, or at a revision, that does not allow the call."""


class Throttled(AwsError):
    """AWS asked to slow down, and still did after the retries."""


class Unreachable(AwsError):
    """No answer: no network, no credentials, or the endpoint is down."""


class ExecutionEnded(StepdeployError):
    """An awaited execution did not succeed; exit_code tells how it ended."""

    def __init__(self, message: str, *, exit_code: int, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.exit_code = exit_code
