"""How near to AWS's quotas versions, aliases and stored code are.

1,000 versions and 100 aliases a state machine (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html);
AWS removes none by itself. What code an account may store, GetAccountSettings says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.doctor.model import Check

MOST_VERSIONS = 1000
MOST_ALIASES = 100
NEAR = 0.8
STORAGE = "code storage"
PRUNE = "Run `versions prune`."


def versions(machine: str, count: int) -> Check:
    """count: published versions of a machine. Pure."""
    found = f"{machine} has {count} of {MOST_VERSIONS} versions"
    name = f"versions of {machine}"
    if count >= MOST_VERSIONS:
        return Check(name, "problem", f"{found}: no other one can be published", PRUNE)
    return Check(name, "warning", found, PRUNE) if near(count, MOST_VERSIONS) else Check(name, "ok", found)


def aliases(machine: str, count: int) -> Check:
    """count: aliases of a machine. Pure."""
    found = f"{machine} has {count} of {MOST_ALIASES} aliases"
    name, todo = f"aliases of {machine}", "Delete those that nobody starts executions through."
    if near(count, MOST_ALIASES):
        return Check(name, "problem" if count >= MOST_ALIASES else "warning", found, todo)
    return Check(name, "ok", found)


def storage(settings: Mapping[str, Any]) -> Check:
    """settings: the answer of GetAccountSettings. Pure."""
    used, limit = settings["AccountUsage"]["TotalCodeSize"], settings["AccountLimit"]["TotalCodeSize"]
    found = f"functions and layers of the region store {_gigabytes(used)} of {_gigabytes(limit)}"
    todo = f"{PRUNE} Versions of other projects count, too; the quota can be raised."
    if near(used, limit):
        return Check(STORAGE, "problem" if used >= 0.98 * limit else "warning", found, todo)
    return Check(STORAGE, "ok", found)


def near(count: float, limit: float) -> bool:
    """Whether a count comes near its limit."""
    return count >= NEAR * limit


def _gigabytes(count: float) -> str:
    return f"{count / 1024**3:.1f} GB"
