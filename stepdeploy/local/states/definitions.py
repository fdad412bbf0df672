"""Is a definition one that Step Functions takes? Create and update refuse it, ValidateStateMachineDefinition reports.

The language is checked by `stepdeploy.asl`; here are the limits of the API (1 MB), what an EXPRESS machine may not do,
and whether each Task's Resource is one that the embedded AWS can run. A resource that AWS has and the embedded AWS has
not is refused at create, too, with a message that says so: better now than in the middle of an execution.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stepdeploy import asl as language
from stepdeploy.local.states import faults
from stepdeploy.local.states.integrations.resources import UNRECOGNIZED, problem
from stepdeploy.local.wire import ApiCall

MOST_BYTES = 1024 * 1024
#: What a Distributed Map may read its items from, and write its results to.
MAP_ACTIONS = {"ItemReader": ("s3:getObject", "s3:listObjectsV2"), "ResultWriter": ("s3:putObject",)}


def check(text: str, machine_type: str) -> None:
    """Raise InvalidDefinition for a definition that AWS would not take, or that the embedded AWS cannot run."""
    if len(text.encode()) > MOST_BYTES:
        raise faults.invalid_definition(f"DEFINITION_TOO_LONG: The definition exceeds {MOST_BYTES} bytes")
    errors = [item for item in diagnostics(text, machine_type) if item["severity"] == "ERROR"]
    found = [f"{item['code']}: {item['message']}{_at(item)}" for item in errors]
    if not found:
        found = [f"SCHEMA_VALIDATION_FAILED: {message}" for message in _resource_problems(text, machine_type)]
    if found:
        raise faults.invalid_definition(", ".join(found))


def diagnostics(text: str, machine_type: str) -> list[dict[str, Any]]:
    """The findings as members of ValidateStateMachineDefinition: severity, code, message, location.

    A finding without a code of AWS is advice of ours: AWS takes such a definition.
    """
    return [
        {
            "severity": finding.severity.upper(),
            "code": finding.code,
            "message": finding.message,
            "location": finding.location,
        }
        for finding in language.check(text, machine_type=machine_type)
        if finding.code
    ]


def states(definition: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All states with their places, also those inside Parallel and Map."""
    for name, state in definition.get("States", {}).items():
        place = f"{path}/States/{name}"
        yield place, state
        for index, branch in enumerate(state.get("Branches", [])):
            yield from states(branch, f"{place}/Branches[{index}]")
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from states(state[key], f"{place}/{key}")


def _resource_problems(text: str, machine_type: str) -> Iterator[str]:
    """Resources of tasks, readers and writers that cannot be run, each with its place."""
    for place, state in states(json.loads(text)):
        if state.get("Type") == "Task":
            resource = str(state.get("Resource"))
            reason = _express_problem(resource) if machine_type == "EXPRESS" else None
            reason = reason or problem(resource)
            if reason is not None:
                yield f"{reason.format(resource=resource)} at {place}/Resource"
        for field, actions in MAP_ACTIONS.items():
            resource = state.get(field, {}).get("Resource")
            if resource is not None and resource.split(":", 5)[-1] not in actions:
                yield f"{UNRECOGNIZED.format(resource=resource)} at {place}/{field}/Resource"


def _express_problem(resource: str) -> str | None:
    for pattern in (".sync:2", ".sync", ".waitForTaskToken"):
        if resource.endswith(pattern):
            return f"Express state machine does not support '{pattern.removesuffix(':2')}' service integration"
    return "Express state machine does not support Activity ARN" if ":activity:" in resource else None


def _at(item: dict[str, Any]) -> str:
    return f" at {item['location']}" if item.get("location") else ""


def validate(call: ApiCall) -> dict[str, Any]:
    """ValidateStateMachineDefinition: a bad definition is an answer (result FAIL), not an error."""
    found = diagnostics(call.params["definition"], call.params.get("type", "STANDARD"))
    errors = any(item["severity"] == "ERROR" for item in found)
    if call.params.get("severity", "ERROR") == "ERROR":
        found = [item for item in found if item["severity"] == "ERROR"]
    most = call.params.get("maxResults") or 100
    return {"result": "FAIL" if errors else "OK", "diagnostics": found[:most], "truncated": len(found) > most}
