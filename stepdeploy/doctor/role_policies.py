"""Whether the policies of the project's roles fit into a role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stepdeploy.doctor.model import Check
from stepdeploy.doctor.policy import INLINE_LIMIT
from stepdeploy.engine.model import plain

NAME = "role policies"


def judge(policies: Mapping[str, Any]) -> Check:
    """policies: role name -> document. Pure."""
    sizes = {role: len(json.dumps(plain(policy), separators=(",", ":"))) for role, policy in policies.items()}
    if not sizes:
        return Check(NAME, "ok", "the project has no role")
    largest = max(sizes, key=lambda role: sizes[role])
    found = f"the largest, of {largest}, has {sizes[largest]} of {INLINE_LIMIT} characters"
    todo = f"Shorten iam/ of {largest}: name several resources by one pattern."
    if sizes[largest] > 0.9 * INLINE_LIMIT:
        return Check(NAME, "problem" if sizes[largest] > INLINE_LIMIT else "warning", found, todo)
    return Check(NAME, "ok", found)
