"""What one side has found is kept."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, entries
from stepdeploy.review.ways import Ways, is_work


@rule(
    "REV307",
    "What one branch has found is lost with the other",
    weights={"efficiency": 0.4},
    section="5.1 gap 1, option 3.3",
    reason="The step that joins the results waits for all branches, and throws away what one found when another failed.",
    fix="Save each branch's result when it is there (a Task for each), and join what there is.",
)
def partial(subject: Subject) -> list[Spot]:
    """For branches that outlive an error: after the Parallel, more than one kind of work can follow."""
    spots = []
    for parallel in subject.of("Parallel"):
        survives = any(
            entries(state.value, "Catch") for state in subject.inner(parallel) if state.scope.owner is parallel
        )
        tasks = [state for state in subject.inner(parallel) if state.type == "Task"]
        if survives and len(tasks) > 1:
            ways = subject.ways(parallel.scope)
            message = f"One branch of '{parallel.name}' that fails throws away what the others have found."
            spots.append(Spot(parallel.pointer, message if _one_way(ways, parallel) else None))
    return spots


def _one_way(ways: Ways, parallel: State) -> bool:
    """Whether all that can follow is one piece of work, or a failure."""
    firsts: set[str] = set()
    seen: set[str] = set()
    waiting = list(ways.usual[parallel.name])
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if is_work(ways.states[name]):
            firsts.add(name)
        else:
            waiting += ways.usual[name]
    return len(firsts) == 1 and any(ways.states[name].type == "Fail" for name in seen)
