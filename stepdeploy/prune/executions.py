"""What executions need: those under way, and those that AWS would still let be redriven.

A redrive runs the definition that the execution began with, whatever was published since, and so the function versions
that it names (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html). AWS allows it for 14 days
after the end. Express executions cannot be listed and last five minutes at most.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.model import Aws
from stepdeploy.prune.definitions import calls_of
from stepdeploy.prune.facts import Use

REDRIVABLE = timedelta(days=14)
UNDER_WAY = ("RUNNING", "PENDING_REDRIVE")
ENDED_BADLY = ("FAILED", "TIMED_OUT", "ABORTED")
SMOKE = re.compile(r"smoke-.*-[0-9a-f]{8}")
"""Names of smoke cases' executions (stepdeploy.smoke.run): one that was expected to fail, or has failed, is not redriven."""


def uses(
    aws: Aws, machine_arn: str, versions: Collection[int], functions: Collection[str], now: datetime, *, redrive: bool
) -> tuple[Use, ...]:
    """What the executions of a STANDARD machine need. versions: those that the machine has. functions: names that
    definitions are searched for. redrive: whether ended executions count."""
    statuses = (*UNDER_WAY, *(ENDED_BADLY if redrive else ()))
    with ThreadPoolExecutor(max_workers=len(statuses), thread_name_prefix="executions") as pool:
        pages = list(pool.map(lambda status: _listed(aws, machine_arn, status, now), statuses))
    found = [item for page in pages for item in page]
    return tuple(_uses(aws, found, versions, functions))


def _listed(aws: Aws, machine_arn: str, status: str, now: datetime) -> list[Mapping[str, Any]]:
    items = aws.pages(
        "stepfunctions", "list_executions", "executions", stateMachineArn=machine_arn, statusFilter=status
    )
    if status in UNDER_WAY:
        return list(items)
    recent = (item for item in items if item.get("stopDate", now) > now - REDRIVABLE)
    return [item for item in recent if not SMOKE.fullmatch(item["name"])]


def _uses(
    aws: Aws, found: Sequence[Mapping[str, Any]], versions: Collection[int], functions: Collection[str]
) -> Iterator[Use]:
    """One for each version, and one for each definition that no version has."""
    first: dict[int | None, Mapping[str, Any]] = {}
    loose: list[Mapping[str, Any]] = []
    for item in found:
        number = version_number(item.get("stateMachineVersionArn", ""))
        if number is None:
            loose.append(item)
        else:
            first.setdefault(number, item)
    for number, item in first.items():
        if number in versions:
            yield Use(_why(item), number)
        else:
            yield Use(_why(item), None, calls_of(_executed(aws, item)[1], functions))
    loose.sort(key=lambda item: item["startDate"])
    for item, definition in _revisions(aws, loose):
        yield Use(_why(item), None, calls_of(definition, functions))


def _revisions(aws: Aws, items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """An execution and its definition for each revision that executions without a version ran. items: by start. A machine
    never comes back to a revision, so where the first and the last ran the same one, all between did; that saves asking
    for each of thousands."""
    known: dict[int, tuple[Any, str]] = {}

    def at(index: int) -> tuple[Any, str]:
        if index not in known:
            known[index] = _executed(aws, items[index])
        return known[index]

    seen: set[tuple[Any, str]] = set()
    spans = [(0, len(items) - 1)] if items else []
    while spans:
        low, high = spans.pop()
        for index in (low, high):
            if at(index) not in seen:
                seen.add(at(index))
                yield items[index], at(index)[1]
        if at(low) != at(high) and high - low > 1:
            middle = (low + high) // 2
            spans += [(low, middle), (middle, high)]


def _executed(aws: Aws, item: Mapping[str, Any]) -> tuple[Any, str]:
    """Revision and definition of what an execution runs, or ran."""
    found = aws.call("stepfunctions", "describe_state_machine_for_execution", executionArn=item["executionArn"])
    return found.get("revisionId"), str(found["definition"])


def _why(item: Mapping[str, Any]) -> str:
    name, status = item["name"], item["status"]
    if status in UNDER_WAY:
        return f"the execution {name} is {status}"
    until = item["stopDate"] + REDRIVABLE
    return f"the execution {name} ({status}) may be redriven until {until:%Y-%m-%d}"
