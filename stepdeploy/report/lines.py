"""Plans, findings, executions -> styled lines, without a terminal: `Line` is a list of (text, style)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from stepdeploy.engine.model import Action, Change, Plan
from stepdeploy.errors import AwsError, InvalidProject, StepdeployError
from stepdeploy.masking import mask_text
from stepdeploy.references import Pending, Ref
from stepdeploy.report.spans import Line as Line
from stepdeploy.report.state_changes import definition_lines, is_of_definition
from stepdeploy.report.values import pair_texts, value_text

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}


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
    for line in change_lines(action, everything=verbose):
        yield [(f"{rail}     ", "dim"), *line]
    if verbose:
        for call in action.calls:
            yield [(f"{rail}     ", "dim"), (call.label, "cyan")]


def change_lines(action: Action, *, everything: bool = False) -> Iterator[Line]:
    """What changes in one resource, without secrets. everything: name all states where several share a line."""
    shown = [change for change in action.changes if not (action.verb == "create" and change.path == "states")]
    for of_definition, group in groupby(shown, is_of_definition):
        if of_definition:
            yield from definition_lines(list(group), everything=everything)
        else:
            yield from map(change_spans, group)


def change_spans(change: Change) -> Line:
    """`path: before -> after`, without secrets."""
    change = change.masked()
    if change.kind == "added":
        return [(f"{change.path}: ", ""), (value_text(change.after), "green")]
    if change.kind == "removed":
        return [(f"{change.path}: ", ""), (value_text(change.before), "red"), (" removed", "")]
    before, after = pair_texts(change.before, change.after)
    return [(f"{change.path}: ", ""), (before, "red"), (" -> ", "dim"), (after, "green")]


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
