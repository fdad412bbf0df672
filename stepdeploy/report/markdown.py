"""A plan as Markdown for a pull request: a table of what changes, and what changes in each resource to unfold.

GitHub takes 65,536 characters in a comment; what would not fit is left out, and the text says so.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from stepdeploy.engine.model import Action, Change, JsonText, Plan, plain
from stepdeploy.masking import mask, mask_text
from stepdeploy.report.lines import SIGNS, change_spans, summary
from stepdeploy.report.mermaid import diagram
from stepdeploy.report.spans import Line, text_of
from stepdeploy.report.state_changes import StateChange, is_of_definition, place_of, state_changes

LIMIT = 60_000
"""Characters of the whole, so that some room is left for a comment's own words."""
MARKS = {"+": "+", "-": "-", "~": "!"}
"""Sign -> what a `diff` block colours green, red and orange."""
LEGEND = "Green is new, red is gone, yellow has changed; a dotted arrow is a Catch, a red one where a state led before."


def plan_markdown(plan: Plan) -> str:
    """The plan, without secrets, at most LIMIT characters."""
    shown = [action for action in plan.actions if not action.quiet]
    head = [f"### Plan: {_code(f'{plan.project} / {plan.env}')}", "", f"Account {plan.account}, {plan.region}", ""]
    head += [f"**{text_of(summary(plan))}**", ""]
    head += [line for note in plan.notes for line in (f"> {_escaped(mask_text(note))}", "")]
    table = ["| | Resource | Name | Changes |", "|---|---|---|---|", *map(_row, shown), ""] if shown else []
    sections = [(_details(action, pictures=True), _details(action, pictures=False)) for action in shown]
    return "\n".join(_fitting([*head, *table], sections))


def _fitting(head: list[str], sections: list[tuple[list[str], list[str]]]) -> Iterator[str]:
    """As much as fits: all, or all without diagrams, or what comes first of it."""
    full = [*head, *(line for section, _ in sections for line in section)]
    if _size(full) <= LIMIT:
        yield from full
        return
    plain = [section for _, section in sections]
    if _size(head) + sum(map(_size, plain)) <= LIMIT:
        yield from [*head, "> The diagrams are left out: a comment on GitHub would not hold them.", ""]
        yield from (line for section in plain for line in section)
        return
    room, left_out = LIMIT - 200, 0
    for section in [*([line] for line in head), *plain]:
        room -= _size(section)
        if room > 0 and not left_out:
            yield from section
        else:
            left_out += 1
    yield from ["", f"> {left_out} more are left out: a comment on GitHub would not hold them. `plan` shows all."]


def _size(lines: list[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _row(action: Action) -> str:
    cells = (SIGNS[action.verb][0], _code(action.address), _code(mask_text(action.name)), _in_short(action, _code))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _in_short(action: Action, field: Callable[[str], str] = str) -> str:
    """`states: 2 added, 1 changed; tags` of what changes. field: how the name of a field is written."""
    if action.verb != "update":
        return "new" if action.verb == "create" else "goes"
    states = state_changes([change for change in action.changes if is_of_definition(change)])
    signs = Counter[str]()
    for item in states:
        signs[item.sign] += len([name for name in item.names if name])
    words = (("+", "added"), ("~", "changed"), ("-", "removed"))
    counted = [f"{signs[sign]} {word}" for sign, word in words if signs[sign]]
    of_states = f"states: {', '.join(counted)}" if counted else ""
    others = dict.fromkeys(_field(change) for change in action.changes if not change.state)
    return "; ".join(part for part in (of_states, ", ".join(map(field, others))) if part)


def _field(change: Change) -> str:
    place = place_of(change) if is_of_definition(change) else change.path
    return re.split(r"[/\[]", place)[0]


def _details(action: Action, *, pictures: bool) -> list[str]:
    """What changes in a resource, to unfold; nothing where there is nothing to say of it."""
    lines = list(_diff_lines(action))
    drawn = _diagram(action) if pictures else ""
    if not lines and not drawn:
        return []
    title = html.escape(" ".join(f"{SIGNS[action.verb][0]} {action.address}".split()))
    result = [
        f"<details><summary><code>{title}</code> {html.escape(' '.join(_in_short(action).split()))}</summary>",
        "",
    ]
    result += _fenced("diff", lines) if lines else []
    result += [*_fenced("mermaid", drawn.splitlines()), LEGEND, ""] if drawn else []
    return [*result, "</details>", ""]


def _fenced(language: str, lines: list[str]) -> list[str]:
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *lines, fence, ""]


def _diff_lines(action: Action) -> Iterator[str]:
    changes = [change for change in action.changes if not (action.verb == "create" and change.path == "states")]
    for of_definition, group in groupby(changes, is_of_definition):
        if of_definition:
            for item in state_changes(list(group)):
                yield from _state_lines(item)
        else:
            for change in group:
                sign = {"added": "+", "removed": "-"}.get(change.kind, "!")
                yield _line(sign, change_spans(change))


def _state_lines(item: StateChange) -> Iterator[str]:
    head = item.head if len(item.names) == 1 else [("states ", ""), (", ".join(item.names), "")]
    yield _line(MARKS[item.sign], head)
    for detail in item.details:
        text = text_of(detail)
        sign = text[0] if text[:2] in ("+ ", "- ") else "!"
        yield _line(sign, [("    " + (text[2:] if sign != "!" else text), "")])


def _line(sign: str, line: Line) -> str:
    """One line of a diff block, whatever is in it."""
    return f"{sign} " + "".join(char if char.isprintable() else "\ufffd" for char in text_of(line).replace("\n", " "))


def _diagram(action: Action) -> str:
    """The machine as it will be; "" where the action makes no definition."""
    changes = [change for change in action.changes if is_of_definition(change)]
    if action.verb == "update" and not changes:
        return ""
    for call in action.calls:
        definition = call.params.get("definition")
        if isinstance(definition, JsonText) and isinstance(definition.value, Mapping):
            masked: Any = mask(plain(definition.value))
            return diagram(masked, changes)
    return ""


def _code(text: str) -> str:
    """Text as code, on one line."""
    text = " ".join(text.split())
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*{}\[\]<>#|~]|\b_|_\b)", r"\\\1", " ".join(text.split()))
