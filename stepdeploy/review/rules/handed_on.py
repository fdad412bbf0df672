"""Results are handed on, not fetched back."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, arguments, is_lambda
from stepdeploy.review.ways import is_work


@rule(
    "REV308",
    "Results are fetched back, not handed on",
    weights={"efficiency": 0.2},
    section="5.1 gap 2",
    reason="A step that is not given what the branches found reads it back from a table, a round trip for each item.",
    fix="Hand on the result, or the keys of what was written, in the Task's Parameters.",
)
def handed_on(subject: Subject) -> list[Spot]:
    spots = []
    for parallel in subject.of("Parallel"):
        root = parallel.value.get("ResultPath", "$")
        following = [task for task in _following(subject, parallel) if is_lambda(task)]
        if isinstance(root, str) and root != "$" and following:
            sound = any(root in json.dumps(arguments(task)) or _takes_all(task) for task in following)
            message = f"'{following[0].name}' is given nothing of '{parallel.name}' and has to read it back from where it lies."
            spots.append(Spot(following[0].pointer, None if sound else message))
    return spots


def _following(subject: Subject, parallel: State) -> Iterator[State]:
    """The first work after a state, over Choice and Pass."""
    ways = subject.ways(parallel.scope)
    seen: set[str] = set()
    waiting = list(ways.usual[parallel.name])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            if is_work(ways.states[name]):
                yield ways.states[name]
            else:
                waiting += ways.usual[name]


def _takes_all(task: State) -> bool:
    """Whether the whole input goes to the function."""
    given = arguments(task)
    return not given or given.get("Payload.$") == "$" or given.get("Payload") == "{% $states.input %}"
