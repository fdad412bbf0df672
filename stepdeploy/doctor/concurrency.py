"""Whether the account has the concurrency that the functions reserve. https://docs.aws.amazon.com/lambda/latest/dg/
configuration-concurrency.html"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from stepdeploy.doctor.model import Check
from stepdeploy.engine.model import Aws
from stepdeploy.errors import NotFound

NAME = "concurrency"
FLOOR = 100
"""What must stay unreserved."""
USUAL = 1000
"""Concurrent executions of an account in a region; new accounts begin with less."""
RAISE = "Ask for more: Service Quotas, Lambda, Concurrent executions."


def check(aws: Aws, settings: Mapping[str, Any], wanted: Mapping[str, int | None]) -> Check:
    """settings: the answer of GetAccountSettings. wanted: function name -> what the project reserves, None = nothing."""
    limit = settings["AccountLimit"]
    return judge(limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"], wanted, reserved(aws, wanted))


def reserved(aws: Aws, functions: Collection[str]) -> dict[str, int]:
    """What these functions reserve now."""
    found = {}
    for name in functions:
        try:
            answer = aws.call("lambda", "get_function", FunctionName=name)
        except NotFound:
            continue
        found[name] = answer.get("Concurrency", {}).get("ReservedConcurrentExecutions", 0)
    return found


def judge(limit: int, unreserved: int, wanted: Mapping[str, int | None], now: Mapping[str, int]) -> Check:
    """Pure. unreserved: what no function of the account reserves now."""
    asked = sum(count or 0 for count in wanted.values())
    left = unreserved + sum(now.values()) - asked
    if asked and left < FLOOR:
        room = max(left + asked - FLOOR, 0)
        found = f"the functions reserve {asked} of the account's {limit} concurrent executions, which leaves {left}"
        return Check(
            NAME, "problem", f"{found}; {FLOOR} must stay unreserved",
            f"Reserve {room} at most in all (reserved_concurrency in function.json). {RAISE}",
        )  # fmt: skip
    if limit < USUAL:
        return Check(NAME, "warning", f"the account has {limit} concurrent executions; {USUAL} are usual", RAISE)
    return Check(NAME, "ok", f"{limit} concurrent executions, {left} unreserved after a deploy")
