"""Does a policy document allow an action on a resource? The part of IAM's logic that a wrong iam/*.json fails on.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: an explicit Deny wins, then
an Allow is needed. Action, NotAction, Resource, NotResource and the wildcards `*` and `?` are read. **Conditions are
treated as satisfied**: the embedded AWS does not know the context keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

Document = dict[str, Any]


def allows(documents: Iterable[Document], action: str, resource: str) -> bool:
    """True where the documents together allow `action` ("lambda:InvokeFunction") on `resource` (an ARN, or "*")."""
    effects = {
        statement.get("Effect")
        for document in documents
        for statement in _listed(document.get("Statement"))
        if _applies(statement, action, resource)
    }
    return "Allow" in effects and "Deny" not in effects


def allows_somewhere(documents: Iterable[Document], action: str) -> bool:
    """True where some statement allows the action, whatever the resource, and none denies it on all resources."""
    statements = [item for document in documents for item in _listed(document.get("Statement"))]
    applying = [statement for statement in statements if _action_fits(statement, action)]
    denied = any(item.get("Effect") == "Deny" and "*" in _listed(item.get("Resource")) for item in applying)
    return not denied and any(item.get("Effect") == "Allow" for item in applying)


def trusts(document: Document, service: str) -> bool:
    """True where a trust policy lets the service principal ("states.amazonaws.com") assume the role."""
    effects = {
        statement.get("Effect")
        for statement in _listed(document.get("Statement"))
        if _names_service(statement.get("Principal"), service) and _matches(statement.get("Action"), "sts:AssumeRole")
    }
    return "Allow" in effects and "Deny" not in effects


def _names_service(principal: Any, service: str) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    return service in _listed(principal.get("Service")) or "*" in _listed(principal.get("Service"))


def _applies(statement: Document, action: str, resource: str) -> bool:
    if not _action_fits(statement, action):
        return False
    if "NotResource" in statement:
        return not _matches(statement["NotResource"], resource, case=True)
    return _matches(statement.get("Resource"), resource, case=True)


def _action_fits(statement: Document, action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action"), action)


def _matches(patterns: Any, text: str, *, case: bool = False) -> bool:
    """Actions match whatever their case, resources by the letter."""
    return any(_regex(pattern, case).fullmatch(text) for pattern in _listed(patterns))


@lru_cache(maxsize=1024)
def _regex(pattern: str, case: bool) -> re.Pattern[str]:
    translated = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(translated, 0 if case else re.IGNORECASE)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
