"""Plans, findings, executions -> styled lines, without a terminal: `Line` is a list of (text, style)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from stepdeploy.engine.model import KNOWN_AFTER_APPLY, Action, Change, Plan, is_known, plain
from stepdeploy.errors import AwsError, InvalidProject, StepdeployError
from stepdeploy.masking import mask_text
from stepdeploy.references import Pending, Ref

Span = tuple[str, str]
Line = list[Span]

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}
VALUE_LIMIT = 100
"""Characters of a value that a line shows."""


def plan_lines(plan: Plan, *, verbose: bool = False) -> Iterator[Line]:
    """The plan as a tree. verbose: with the AWS calls of each action and what stays unchanged."""
    yield [(f"{plan.project} / {plan.env}", "bold"), (f"  account {plan.account}, {plan.region}", "dim")]
    shown = [action for action in plan.actions if verbose or not action.quiet]
    for index, action in enumerate(shown):
        last = index == len(shown) - 1
        yield from action_lines(action, last=last, verbose=verbose)
    if verbose:
        for address in plan.unchanged:
            yield [("   = ", "dim"), (f"{address} unchanged", "dim")]
    for note in plan.notes:
        yield [("   ! ", "yellow"), (mask_text(note), "")]
    yield summary(plan)


def summary(plan: Plan) -> Line:
    """`3 to create, 1 to update, 0 to delete, 12 unchanged`."""
    if not plan:
        return [(f"Nothing to change: {len(plan.unchanged)} resources are as they should be.", "green")]
    counts = plan.counts()
    if not any(counts.values()):
        return [("Nothing to change but the tool's own record of what there is.", "green")]
    words = ", ".join(f"{counts[verb]} to {verb}" for verb in ("create", "update", "delete"))
    return [(f"{words}, {len(plan.unchanged)} unchanged.", "bold")]


def action_lines(action: Action, *, last: bool, verbose: bool) -> Iterator[Line]:
    sign, style = SIGNS[action.verb]
    branch, rail = ("└─ ", "   ") if last else ("├─ ", "│  ")
    yield [(branch, "dim"), (f"{sign} {action.address}", style), (f"  {mask_text(action.name)}", "dim")]
    shown = [change for change in action.changes if not (action.verb == "create" and change.path == "states")]
    for change in shown:
        yield [(f"{rail}     ", "dim"), *change_spans(change)]
    if verbose:
        for call in action.calls:
            yield [(f"{rail}     ", "dim"), (call.label, "cyan")]


def change_spans(change: Change) -> Line:
    """`path: before -> after`, without secrets."""
    change = change.masked()
    if change.kind == "added":
        return [(f"{change.path}: ", ""), (value_text(change.after), "green")]
    if change.kind == "removed":
        return [(f"{change.path}: ", ""), (value_text(change.before), "red"), (" removed", "")]
    return [
        (f"{change.path}: ", ""),
        (value_text(change.before), "red"),
        (" -> ", "dim"),
        (value_text(change.after), "green"),
    ]


def value_text(value: Any) -> str:
    """A value in one short line."""
    if not is_known(value):
        return KNOWN_AFTER_APPLY
    text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def error_lines(error: StepdeployError) -> Iterator[Line]:
    """What, where, what next."""
    problems: Iterable[StepdeployError] = error.problems if isinstance(error, InvalidProject) else ()
    problems = tuple(problems)
    for problem in problems or (error,):
        where = [(f"{problem.where}: ", "bold")] if problem.where else []
        yield [("error: ", "red"), *where, (problem.message, "")]
        if problem.hint:
            yield [("       ", ""), (problem.hint, "dim")]
        if isinstance(problem, AwsError) and problem.request_id:
            yield [("       ", ""), (f"AWS request id: {problem.request_id}", "dim")]
    if len(problems) > 1:
        yield [(f"{len(problems)} problems found", "bold")]


def error_json(error: StepdeployError) -> dict[str, Any]:
    """The error as data, for --output json."""
    data: dict[str, Any] = {
        "error": type(error).__name__,
        "message": error.message,
        "where": error.where,
        "hint": error.hint,
        "exit_code": int(error.exit_code),
    }
    if isinstance(error, AwsError):
        data |= {"code": error.code, "operation": error.operation, "request_id": error.request_id}
    if isinstance(error, InvalidProject) and error.problems:
        data["problems"] = [error_json(problem) for problem in error.problems]
    return data


def as_template(value: Any) -> Any:
    """A rendered definition as JSON data: what AWS assigns stands as `${kind:key.attribute}`."""
    if isinstance(value, Ref):
        return f"${{{value.address}.{value.attribute}}}"
    if isinstance(value, Pending):
        return "".join(str(as_template(part)) for part in value.parts)
    if isinstance(value, dict):
        return {key: as_template(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_template(item) for item in value]
    return value
