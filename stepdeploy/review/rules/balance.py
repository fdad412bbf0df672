"""Work side by side is weighed before."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject
from stepdeploy.review.ways import is_work


@rule(
    "REV301",
    "Branches get the same limits for every load",
    weights={"efficiency": 0.5},
    section="3.1 gap 1",
    reason="The slowest branch decides; the others wait for it, with the same limits for a light load as for a heavy one.",
    fix="Look at the work first (a Task before the Parallel), and give each branch limits and a share that fit.",
)
def balance(subject: Subject) -> list[Spot]:
    spots = []
    for parallel in subject.of("Parallel"):
        tasks = [state for state in subject.inner(parallel) if state.type == "Task"]
        branches = {task.pointer[: len(parallel.pointer) + 2] for task in tasks}
        if len(branches) > 1:
            sound = _is_weighed(subject, parallel) or any("TimeoutSecondsPath" in task.value for task in tasks)
            message = f"Nothing weighs the work of '{parallel.name}': every run gets the same limits."
            spots.append(Spot(parallel.pointer, None if sound else message))
    return spots


def _is_weighed(subject: Subject, parallel: State) -> bool:
    ways = subject.ways(parallel.scope)
    return any(is_work(ways.states[name]) for name in ways.before(parallel.name))
