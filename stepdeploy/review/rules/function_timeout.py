"""A function has the time it needs, and no more."""

from __future__ import annotations

from stepdeploy.asl.model import State
from stepdeploy.review.facts import FunctionFacts
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject, function_name

MOST = 900
"""Lambda's limit, in seconds."""


@rule(
    "REV304",
    "A function's timeout does not fit its work",
    weights={"efficiency": 0.4, "cost": 1.0},
    section="3.3, 4.2 point 2",
    reason="A function that hangs is paid for until its timeout; 15 minutes is Lambda's limit, and nobody's choice.",
    fix="Set the function's timeout to a few times what it usually takes, and the Task's to a fifth more than that.",
    needs="its functions' timeouts",
)
def function_timeout(subject: Subject) -> list[Spot] | None:
    known = [
        (task, name, subject.facts.function(name))
        for task in subject.lambdas
        if (name := function_name(task)) and subject.facts.function(name).timeout_seconds is not None
    ]
    if subject.lambdas and not known:
        return None
    worst = {name: _message(task, name, facts) for task, name, facts in known}
    worst |= {name: message for task, name, facts in known if (message := _message(task, name, facts))}
    return [Spot(about=f"function:{name}", message=message) for name, message in worst.items()]


def _message(task: State, name: str, facts: FunctionFacts) -> str | None:
    seconds, limit = facts.timeout_seconds or 0, task.value.get("TimeoutSeconds")
    if seconds >= MOST:
        return f"{name} may run for {seconds} s, all that Lambda allows."
    if isinstance(limit, int) and limit < seconds:
        return f"'{task.name}' gives up after {limit} s; {name} runs on, and is paid for, until {seconds} s."
    return None
