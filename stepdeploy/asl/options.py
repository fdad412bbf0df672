"""What a check can be told besides the definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """What is known of a state machine's surroundings; what is left out is taken as unknown.

    input_schema: JSON Schema of the execution's input. task_results: JSON Schema of what a Task returns (of a Lambda
    function, without `lambda:invoke`'s wrapper), by the state's name, the FunctionName or the Resource as written.
    role_policy: IAM policy document of the machine's role, or a list of them. function_timeouts: seconds, by
    FunctionName as written.
    """

    input_schema: Any = None
    task_results: Mapping[str, Any] = field(default_factory=dict)
    role_policy: Any = None
    function_timeouts: Mapping[str, float] = field(default_factory=dict)
