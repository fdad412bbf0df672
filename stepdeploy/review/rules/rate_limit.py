"""Work side by side is limited."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, function_name, is_lambda

_LIMITS = ("MaxConcurrency", "MaxConcurrencyPath")


@rule(
    "REV402",
    "What runs side by side is not limited",
    weights={"scalability": 1.6},
    section="5.2 gap 1",
    reason="Ten executions at once make ten times the calls; an API with a rate limit refuses most of them.",
    fix="MaxConcurrency for a Map; for a Parallel a budget that is waited for, or reserved concurrency of the functions.",
    needs="its functions' reserved concurrency",
)
def rate_limit(subject: Subject) -> list[Spot] | None:
    spots = []
    for map_ in subject.of("Map"):
        sound = any(map_.value.get(name, 0) != 0 for name in _LIMITS)
        spots.append(Spot(map_.pointer, None if sound else f"'{map_.name}' runs as many items at once as there are."))
    for parallel in subject.of("Parallel"):
        inner = list(subject.inner(parallel))
        calling = [state for state in inner if state.type == "Task" and is_lambda(state)]
        branches = {task.pointer[: len(parallel.pointer) + 2] for task in calling}
        if len(branches) > 1:
            spot = _judge(subject, parallel, inner, calling)
            if spot is None:
                return None if all(one.message is None for one in spots) else spots
            spots.append(spot)
    return spots


def _judge(subject: Subject, parallel: State, inner: list[State], calling: list[State]) -> Spot | None:
    if any(state.type == "Wait" for state in inner):
        return Spot(parallel.pointer)
    reserved = [subject.facts.function(function_name(task)).reserved_concurrency for task in calling]
    if any(reserved):
        return Spot(parallel.pointer)
    if None in reserved:
        return None
    return Spot(
        parallel.pointer,
        f"Nothing limits how often '{parallel.name}' calls out: no budget, no Wait, no reserved concurrency.",
    )
