"""Runs state machines written in the Amazon States Language, on asyncio, without AWS.

`run(definition, input, context=..., tasks=...)` is the whole of it; tasks, clock, history and the stores of Distributed
Maps come from outside. Source of the rules: https://states-language.net, the AWS Step Functions developer guide, and
recorded executions (tests/contract/test_recorded_executions.py).
"""

from stepdeploy.interpreter.clocks import SystemClock, VirtualClock
from stepdeploy.interpreter.contract import (
    Clock,
    History,
    Limits,
    MapHooks,
    MapRun,
    Outcome,
    Stop,
    TaskCall,
    TaskError,
    TaskRunner,
)
from stepdeploy.interpreter.history import MemoryHistory
from stepdeploy.interpreter.run import Run, run

__all__ = [
    "Clock",
    "History",
    "Limits",
    "MapHooks",
    "MapRun",
    "MemoryHistory",
    "Outcome",
    "Run",
    "Stop",
    "SystemClock",
    "TaskCall",
    "TaskError",
    "TaskRunner",
    "VirtualClock",
    "run",
]
