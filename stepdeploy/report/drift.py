"""What somebody changed outside the tool, in the words of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stepdeploy.engine.model import Change, ChangeKind
from stepdeploy.report.spans import text_of
from stepdeploy.report.state_changes import definition_lines, is_of_definition, place_of
from stepdeploy.report.values import value_text

_REVERSED: dict[str, ChangeKind] = {"added": "removed", "removed": "added"}


def drift_texts(changes: Sequence[Change]) -> list[str]:
    """A text for each fact. changes: from what is there to what had been applied. No secrets; of an environment variable
    only the name."""
    others = [_text(change.masked()) for change in changes if not is_of_definition(change)]
    done = [_reversed(change) for change in changes if is_of_definition(change)]
    lines = [text_of(line) for line in definition_lines(done, everything=True)]
    return [*(line if line.startswith((" ", "+", "-")) else line.removeprefix("~ ") for line in lines), *others]


def _text(change: Change) -> str:
    if change.path.startswith("environment"):
        return change.path
    now = "gone" if change.kind == "added" else value_text(change.before)
    before = "not there" if change.kind == "removed" else value_text(change.after)
    return f"{change.path} is {now}, was {before}"


def _reversed(change: Change) -> Change:
    """From what had been applied to what is there, which is what was done."""
    kind = _REVERSED.get(change.kind, change.kind)
    turned = replace(change, before=change.after, after=change.before, kind=kind)
    if change.kind == "renamed" and change.state and not place_of(change):
        holder = change.path.removesuffix(change.state)
        return replace(turned, path=f"{holder}{change.after}", state=str(change.after))
    return turned
