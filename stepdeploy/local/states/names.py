"""Names and ARNs of Step Functions: what is allowed, and how they are taken apart.

Rules: https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html (name),
.../API_CreateStateMachineAlias.html (alias name), .../API_StartExecution.html (qualified ARNs).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stepdeploy.local.states import faults

#: White space, brackets, wildcards, special and control characters may not be in a name.
_FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
ALIAS_PATTERN = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"


@dataclass(frozen=True)
class MachineArn:
    """A state machine ARN. machine: without qualifier. qualifier: version number or alias name, None without one."""

    machine: str
    name: str
    qualifier: str | None = None

    @property
    def version(self) -> int | None:
        """The version number, where the qualifier is one."""
        return int(self.qualifier) if self.qualifier is not None and self.qualifier.isdigit() else None


@dataclass(frozen=True)
class ExecutionArn:
    """An execution ARN. machine: name of the machine, `NAME/LABEL` for the children of a Map Run."""

    machine: str
    name: str
    express: bool = False


def check_name(name: str) -> None:
    """Refuse a name of a machine, execution or activity that AWS refuses (InvalidName)."""
    if not 1 <= len(name) <= 80 or _FORBIDDEN.search(name):
        raise faults.invalid_name(name)


def check_alias_name(name: str) -> None:
    """Refuse a name of an alias that AWS refuses (ValidationException); one of digits only would be a version."""
    if not re.fullmatch(ALIAS_PATTERN, name):
        shown = ALIAS_PATTERN.replace("\\", "\\\\")
        raise faults.validation(
            f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {shown}"
        )


def machine_arn(text: str) -> MachineArn:
    """Take a state machine ARN apart. Raises InvalidArn; ValidationException for a Distributed Map's `NAME/LABEL`."""
    parts = _parts(text)
    if parts[5] != "stateMachine":
        raise faults.invalid_arn(f"Resource type not valid in this context: {parts[5]}")
    if len(parts) not in (7, 8) or not all(parts[6:]):
        raise faults.invalid_arn(f"Invalid ARN: {text}")
    if "/" in parts[6]:
        raise faults.validation(f"A Distributed Map state's ARN is not valid in this context: {text}")
    qualifier = parts[7] if len(parts) == 8 else None
    return MachineArn(":".join(parts[:7]), parts[6], qualifier)


def execution_arn(text: str) -> ExecutionArn:
    """Take an execution ARN apart (`execution:NAME:EXECUTION`, `express:NAME:EXECUTION:ID`). Raises InvalidArn."""
    parts = _parts(text)
    if parts[5] == "express" and len(parts) == 9:
        return ExecutionArn(parts[6], parts[7], express=True)
    if parts[5] != "execution":
        raise faults.invalid_arn(f"Resource type not valid in this context: {parts[5]}")
    if len(parts) != 8:
        raise faults.invalid_arn(f"Invalid ARN: {text}")
    return ExecutionArn(parts[6], parts[7])


def standard_execution_arn(text: str) -> ExecutionArn:
    """As `execution_arn`, and refuses the ARN of an EXPRESS execution, as all calls about executions do."""
    arn = execution_arn(text)
    if arn.express:
        raise faults.invalid_arn("Resource type not valid in this context: express")
    return arn


def activity_name(text: str) -> str:
    """The name in an activity ARN. Raises InvalidArn."""
    parts = _parts(text)
    if parts[5] != "activity" or len(parts) != 7:
        raise faults.invalid_arn(f"Resource type not valid in this context: {parts[5]}")
    return parts[6]


def region_of(arn: str) -> str:
    """The region in an ARN that was checked before."""
    return arn.split(":")[3]


def _parts(text: str) -> list[str]:
    parts = text.split(":")
    if not text.startswith("arn:") or len(parts) < 7 or parts[2] != "states":
        raise faults.invalid_arn(f"Invalid ARN prefix: {text}")
    return parts
