"""IAM policy documents, as far as it takes to tell whether one allows an action. Conditions are taken as met.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement. name: its Sid, or which one it is. others: the lists say what it is not about."""

    name: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    other_actions: bool = False
    other_resources: bool = False
    conditional: bool = False

    def covers(self, action: str, resource: str) -> bool:
        """Whether the statement is about an action on a resource, as far as both are known."""
        acts = any(overlap(pattern.lower(), action.lower()) for pattern in self.actions)
        there = any(overlap(pattern, resource) for pattern in self.resources)
        return acts != self.other_actions and there != self.other_resources


def statements(policy: Any) -> Iterator[Statement]:
    """The statements of a policy document, or of a list of them. What is no statement is passed over."""
    for document in policy if isinstance(policy, list) else [policy]:
        found = document.get("Statement") if isinstance(document, dict) else None
        for number, item in enumerate(found if isinstance(found, list) else [found], 1):
            if isinstance(item, dict):
                yield _statement(item, number)


def _statement(item: dict[str, Any], number: int) -> Statement:
    return Statement(
        str(item.get("Sid") or f"statement {number}"),
        item.get("Effect") != "Deny",
        _texts(item.get("Action", item.get("NotAction"))),
        _texts(item.get("Resource", item.get("NotResource"))),
        "Action" not in item,
        "Resource" not in item,
        bool(item.get("Condition")),
    )


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(text for text in values if isinstance(text, str))


def allowed(policy: list[Statement], action: str, resource: str) -> bool:
    """Whether statements allow an action and none that holds always denies it."""
    if any(
        one.covers(action, resource) for one in policy if not one.allows and not one.conditional and resource != "*"
    ):
        return False
    return any(one.covers(action, resource) for one in policy if one.allows)


@lru_cache(maxsize=4096)
def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns of `*` and `?`; `${}` may stand for anything."""
    if one == other or "*" in (one, other):
        return True
    left, right = (_REFERENCE.sub("*", text)[:_LONGEST] for text in (one, other))
    # row[j]: whether the rest of `left` from here and `right[j:]` can be the same text
    row = [right[at:].strip("*") == "" for at in range(len(right) + 1)]
    for character in reversed(left):
        following, row = row, [False] * (len(right) + 1)
        row[-1] = character == "*" and following[-1]
        for at in range(len(right) - 1, -1, -1):
            row[at] = _step(character, right[at], row[at + 1], following[at], following[at + 1])
    return row[0]


def _step(left: str, right: str, skip_right: bool, skip_left: bool, both: bool) -> bool:
    if left == "*":
        return skip_left or skip_right
    if right == "*":
        return skip_right or skip_left
    return both and (left == right or "?" in (left, right))
