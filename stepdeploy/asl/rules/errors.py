"""Retry and Catch."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule

_ERRORS = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"
_HANDLERS = ("Task", "Parallel", "Map")
ALL = "States.ALL"
_RESERVED = frozenset(
    {
        *(ALL, "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold"),
        *("States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed"),
        *("States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions"),
        *("States.QueryEvaluationError", "States.ResultPathMatchFailure", "States.ResultWriterFailed"),
        *("States.Runtime", "States.TaskFailed", "States.Timeout"),
    }
)


@rule("ASL060", "error", "States.ALL stands alone and in the last entry", source=_ERRORS, types=_HANDLERS)
def all_alone_and_last(state: State) -> Iterator[Hit]:
    for field in ("Retry", "Catch"):
        entries = state.value.get(field)
        if not isinstance(entries, list):
            continue
        for index, entry in enumerate(entries):
            names = entry.get("ErrorEquals") if isinstance(entry, dict) else None
            if not isinstance(names, list) or ALL not in names:
                continue
            if len(names) > 1 or index < len(entries) - 1:
                pointer = (*state.pointer, field, index, "ErrorEquals", names.index(ALL))
                yield Hit(pointer, f"{ALL} must appear alone and at end of list")


@rule("ASL061", "warning", "An error name that Step Functions does not have", source=_ERRORS, types=_HANDLERS, code="")
def known_error(state: State) -> Iterator[Hit]:
    for field in ("Retry", "Catch"):
        entries = state.value.get(field)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            names = entry.get("ErrorEquals") if isinstance(entry, dict) else None
            for place, name in enumerate(names if isinstance(names, list) else ()):
                if isinstance(name, str) and name.startswith("States.") and name not in _RESERVED:
                    yield Hit((*state.pointer, field, index, "ErrorEquals", place), f"There is no error '{name}'")
