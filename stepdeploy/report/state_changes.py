"""What changed in a state machine definition, a line a state: what a person grasps at a glance.

::

    + state WaitForEdgar (Wait), after ReserveEdgarBudget
    ~ state ExtractSECData: TimeoutSeconds 300 -> 360; Catch[2] States.Timeout: SECFailed -> SECTimedOut
    - state OldMerge (Pass)

States that changed in the same way share a line. The changes are those of stepdeploy.resources.definition_diff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.conditions import condition_text
from stepdeploy.engine.model import Change
from stepdeploy.references import Ref
from stepdeploy.report.spans import Line, Span, width
from stepdeploy.report.values import literal, literal_pair, pair_texts

ONE_LINE = 110
"""Columns up to which the changes of a state stand in its own line."""
LABEL_LIMIT = 60
"""Characters of a condition that names a Choice rule."""
NAMES = 6
"""States that a line shared by several names."""
_ENTRY = re.compile(r"(Choices|Retry|Catch)\[(\d+)\](?:/(.+))?", re.S)
_VERSIONED = re.compile(r"arn:[\w-]+:(lambda|states):[\w-]*:\d*:(?:function|stateMachine):([\w-]+)(?::([\w$-]+))?")
_SERVICES = {"lambda": "Lambda", "states": "machine"}
ARROW: Span = (" -> ", "dim")


@dataclass
class StateChange:
    """What happened to a state, or to several in the same way. sign: + ~ -. head: `state X (Wait), after Y`."""

    sign: str
    names: list[str]
    head: Line
    details: list[Line] = field(default_factory=list)


def is_of_definition(change: Change) -> bool:
    """Whether it is one of a definition."""
    return bool(change.state) or change.path.split("/")[0].split("[")[0] == "definition"


def definition_lines(changes: Sequence[Change], *, everything: bool = False) -> Iterator[Line]:
    """Lines for the changes of one definition. everything: name all states where several share a line."""
    for item in state_changes(changes):
        sign: Span = (f"{item.sign} ", {"+": "green", "-": "red"}.get(item.sign, "yellow"))
        head = [sign, *_named(item, everything)]
        line = [*head, *([(": ", "")] if item.details else []), *_joined(item.details)]
        if not item.details or width(line) <= ONE_LINE:
            yield line
            continue
        yield head
        for detail in item.details:
            yield [("    ", ""), *detail]


def state_changes(changes: Sequence[Change]) -> list[StateChange]:
    """The changes of one definition by state, in their order, what is alike together. Secrets are masked."""
    by_state: dict[str, list[Change]] = {}
    for change in changes:
        by_state.setdefault(change.state, []).append(change.masked())
    found: list[StateChange] = []
    for state, group in by_state.items():
        item = _one(state, group)
        alike = next((other for other in found if _are_alike(other, item)), None)
        if alike:
            alike.names.append(state)
        else:
            found.append(item)
    return found


def place_of(change: Change) -> str:
    """Where in its state, `Catch[1]/Next`; "" for the state itself. Of a change in no state, where in the machine."""
    return change.place if change.state else change.path.partition("/")[2]


def _one(state: str, group: list[Change]) -> StateChange:
    if not state:
        return StateChange("~", [""], [("machine", "")], [detail(change) for change in group])
    whole = next((change for change in group if not place_of(change) and change.kind in ("added", "removed")), None)
    if whole:
        sign, style, body = ("+", "green", whole.after) if whole.kind == "added" else ("-", "red", whole.before)
        where = f", {whole.note}" if whole.note else ""
        return StateChange(sign, [state], [("state ", ""), (state, style), (f" ({_kind(body)}){where}", "")])
    head: Line = [("state ", ""), (state, "bold")]
    for change in group:
        if not place_of(change) and change.kind == "renamed":
            head += [(" renamed ", ""), (str(change.after), "bold")]
        elif not place_of(change) and change.kind == "moved":
            head += [(f" moved from {change.before} to {change.after}", "")]
    return StateChange("~", [state], head, [detail(change) for change in group if place_of(change)])


def _are_alike(one: StateChange, other: StateChange) -> bool:
    """Whether both are plain changes with the same details."""
    plain = all(len(item.head) == 2 and item.sign == "~" and item.details for item in (one, other))
    return plain and one.details == other.details


def _named(item: StateChange, everything: bool) -> Line:
    if len(item.names) == 1:
        return item.head
    shown = item.names if everything or len(item.names) <= NAMES + 1 else item.names[:NAMES]
    more = len(item.names) - len(shown)
    last = f" and {more} more" if more else f" and {shown[-1]}"
    return [("states ", ""), (", ".join(shown if more else shown[:-1]) + last, "bold")]


def _joined(details: list[Line]) -> Line:
    return [span for index, line in enumerate(details) for span in ([("; ", "")] if index else []) + line]


def detail(change: Change) -> Line:
    """One change within a state: `TimeoutSeconds 300 -> 360`, `+ Catch[1] States.Timeout -> Failed`."""
    place = place_of(change)
    entry = _ENTRY.fullmatch(place)
    if change.kind == "version":
        return _version(change, place)
    if entry and not entry[3]:
        return _whole_entry(change, entry[1], place)
    if change.kind in ("added", "removed") and re.fullmatch(r"Branches\[\d+\]", place):
        return _sign(change, f"{place} ({_count(_value(change))})")
    label = f"{place.split('/')[0]}{_note(change)} {_dotted(entry[3])}" if entry else _dotted(place)
    if change.kind == "moved":
        return [(f"{label} moved to [{change.after}]", "")]
    if change.kind in ("added", "removed"):
        return _sign(change, f"{label} {literal(_value(change))}")
    if change.kind == "retargeted":
        label = f"{label.removesuffix(' Next')}:" if entry else label
        return _arrow(label, change.before or "(end)", change.after or "(end)")
    return _arrow(label, *_pair(change.before, change.after))


def _whole_entry(change: Change, kind: str, place: str) -> Line:
    """A Choice rule, Retry or Catch entry that came, went, moved, or has another condition."""
    if change.kind == "moved":
        return [(f"{place}{_note(change)} moved to [{change.after}]", "")]
    if change.kind == "changed":
        return _arrow(f"{place}:", *pair_texts(condition_text(change.before), condition_text(change.after)))
    value = _value(change)
    target = value.get("Next") if isinstance(value, Mapping) else None
    if kind != "Retry":
        return _sign(change, f"{place}{_note(change)} -> {target or '?'}")
    rest = {name: item for name, item in value.items() if name not in ("ErrorEquals", "Comment")}
    facts = ", ".join(f"{name} {literal(item)}" for name, item in rest.items())
    return _sign(change, f"{place}{_note(change)}" + (f" ({facts})" if facts else ""))


def _version(change: Change, place: str) -> Line:
    """`Lambda Extractor:3 -> :4`."""
    service, name, old = _parts(change.before)
    if isinstance(change.after, Ref):
        new = f"new version of {change.after.address.partition(':')[2]}"
    else:
        new = f":{_parts(change.after)[2]}"
    where = "" if place.split("/")[-1] in ("Resource", "FunctionName", "StateMachineArn") else f"{_dotted(place)} "
    return [(f"{where}{_SERVICES[service]} {name}", ""), (f":{old}", "red"), ARROW, (new, "green")]


def _parts(arn: Any) -> tuple[str, str, str]:
    match = _VERSIONED.fullmatch(str(arn))
    return (match[1], match[2], match[3] or "(no version)") if match else ("lambda", str(arn), "?")


def _pair(before: Any, after: Any) -> tuple[str, str]:
    """Two values; ARNs of functions and machines by their names."""
    if all(isinstance(value, str) and _VERSIONED.fullmatch(value) for value in (before, after)):
        (service, *one), (_, *other) = _parts(before), _parts(after)
        return f"{_SERVICES[service]} {':'.join(one)}", ":".join(other)
    return literal_pair(before, after)


def _arrow(label: str, before: str, after: str) -> Line:
    return [(f"{label} ", ""), (before, "red"), ARROW, (after, "green")]


def _sign(change: Change, text: str) -> Line:
    sign, style = ("+", "green") if change.kind == "added" else ("-", "red")
    return [(f"{sign} {text}", style)]


def _value(change: Change) -> Any:
    return change.after if change.kind == "added" else change.before


def _note(change: Change) -> str:
    """What names an entry: the first of its errors and how many more, or its condition."""
    if not change.note:
        return ""
    if "Choices[" in change.path:
        text = change.note if len(change.note) <= LABEL_LIMIT else change.note[: LABEL_LIMIT - 1] + "…"
        return f" {text}"
    first, *more = change.note.split(", ")
    return f" {first}" + (f" +{len(more)}" if more else "")


def _kind(state: Any) -> str:
    """`Parallel, 5 states in it`."""
    kind = str(state.get("Type", "?")) if isinstance(state, Mapping) else "?"
    inner = _states_in(state)
    return kind + (f", {_states(inner)} in it" if inner else "")


def _count(scope: Any) -> str:
    return _states(_states_in({"Branches": [scope]}))


def _states(number: int) -> str:
    return f"{number} state{'' if number == 1 else 's'}"


def _states_in(state: Any) -> int:
    """How many states are in the scopes of a state, at any depth."""
    if not isinstance(state, Mapping):
        return 0
    branches = state.get("Branches")
    scopes = [*(branches if isinstance(branches, list) else []), state.get("ItemProcessor"), state.get("Iterator")]
    inner = [
        scope["States"] for scope in scopes if isinstance(scope, Mapping) and isinstance(scope.get("States"), Mapping)
    ]
    return sum(len(states) + sum(map(_states_in, states.values())) for states in inner)


def _dotted(place: str) -> str:
    return place.replace("/", ".")
