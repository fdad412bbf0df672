"""A result is judged by what it holds."""

from __future__ import annotations

import json
import re

from stepdeploy.asl.model import State
from stepdeploy.review.model import Spot
from stepdeploy.review.registry import rule
from stepdeploy.review.subject import Subject

_STATUS = re.compile(r"\.status_?code\b", re.IGNORECASE)
_PATH = re.compile(r"\$[A-Za-z_$]*(?:\.[\w-]+|\[\d+\])+")


@rule(
    "REV109",
    "Results are not checked for what they hold",
    weights={"robustness": 0.8},
    section="2.2 gap 1, option 1.4",
    reason="A function that answers 200 may have found half of what it looked for; what follows works on with that.",
    fix="Let the function answer how complete its result is, and compare that in the same Choice rule.",
)
def quality(subject: Subject) -> list[Spot]:
    """Choices that look at a status code look at something else of the results, too."""
    spots = []
    for choice in subject.of("Choice"):
        paths = _paths(choice)
        if any(_STATUS.search(path) for path in paths):
            sound = any(not _STATUS.search(path) for path in paths)
            message = f"'{choice.name}' asks for a status code only, not for what was found."
            spots.append(Spot((*choice.pointer, "Choices"), None if sound else message))
    return spots


def _paths(choice: State) -> set[str]:
    return set(_PATH.findall(json.dumps(choice.value.get("Choices"))))
