"""The Step Functions service of the embedded AWS: `StatesService` answers the calls of the API.

Role permissions are checked as `policies` describes; **condition keys are treated as satisfied**. EXPRESS executions
are kept nowhere but in their log group, as on AWS. Not done here, and refused: RedriveExecution, TestState, UpdateMapRun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.local.states import constraints, definitions
from stepdeploy.local.states.activities import Activities
from stepdeploy.local.states.aliases import Aliases
from stepdeploy.local.states.control import ControlPlane
from stepdeploy.local.states.engine import Engine
from stepdeploy.local.states.eventlog import EventLog
from stepdeploy.local.states.executions import Executions
from stepdeploy.local.states.machines import Machines
from stepdeploy.local.states.maps import Maps
from stepdeploy.local.states.metrics import Metrics
from stepdeploy.local.states.names import region_of
from stepdeploy.local.states.roles import Roles
from stepdeploy.local.states.running import Running
from stepdeploy.local.states.store import Store
from stepdeploy.local.states.tags import Tags
from stepdeploy.local.states.tokens import Tokens
from stepdeploy.local.states.versions import Versions
from stepdeploy.local.wire import ApiCall, not_implemented
from stepdeploy.local.world import World

Operation = Callable[[ApiCall], dict[str, Any]]

MUTATING = frozenset(
    {
        "CreateStateMachine",
        "UpdateStateMachine",
        "DeleteStateMachine",
        "PublishStateMachineVersion",
        "DeleteStateMachineVersion",
        "CreateStateMachineAlias",
        "UpdateStateMachineAlias",
        "DeleteStateMachineAlias",
        "TagResource",
        "UntagResource",
        "CreateActivity",
        "DeleteActivity",
    }
)


class StatesService:
    """Step Functions. engine, executions: for integrations that start or watch other executions."""

    name = "states"

    def __init__(self, world: World) -> None:
        self._machines = Machines()
        self._roles = Roles(world)
        self._tokens = Tokens()
        self._activities = Activities(world)
        self._store = Store(world.directory, world.now())
        self._eventlog = EventLog(world)
        self._metrics = Metrics(world)
        self._maps = Maps(world, self._roles, self._store)
        self._running = Running(world, self._roles, self._tokens, self._activities, self._maps)
        self.engine = Engine(world, self._store, self._eventlog, self._metrics, self._running)
        self.executions = Executions(world, self._machines, self._store, self.engine)
        self._operations: dict[str, Operation] = {
            **self._machine_operations(world),
            **self._execution_operations(),
            "ValidateStateMachineDefinition": definitions.validate,
        }

    def tagged(self, region: str) -> Iterator[tuple[str, str, dict[str, str]]]:
        """ARN, type and tags of each state machine, for GetResources."""
        with self._machines.lock:
            machines = [(machine.arn, dict(machine.tags)) for machine in self._machines]
        return ((arn, "states:stateMachine", tags) for arn, tags in machines if region_of(arn) == region)

    def handle(self, call: ApiCall) -> dict[str, Any]:
        """Do the operation. Raises ApiError with AWS's code and text."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise not_implemented("states", call.operation)
        constraints.check(call)
        return operation(call)

    def mutates(self, operation: str) -> bool:
        return operation in MUTATING

    def running(self) -> int:
        """How many executions are under way."""
        return self.engine.running()

    def flush(self) -> None:
        """Wait until log lines and metrics of what has happened are written."""
        self._eventlog.flush()
        self._metrics.flush()

    def close(self) -> None:
        self.engine.close()
        self._running.close()
        self._eventlog.close()
        self._metrics.close()
        self._store.close()

    def _machine_operations(self, world: World) -> dict[str, Operation]:
        machines = self._machines
        control = ControlPlane(world, machines, self._roles, self.engine.stop_all)
        versions, aliases, tags = Versions(world, machines), Aliases(world, machines), Tags(machines, self._activities)
        return {
            "CreateStateMachine": control.create,
            "DescribeStateMachine": control.describe,
            "UpdateStateMachine": control.update,
            "DeleteStateMachine": control.delete,
            "ListStateMachines": control.listing,
            "PublishStateMachineVersion": versions.publish,
            "ListStateMachineVersions": versions.listing,
            "DeleteStateMachineVersion": versions.delete,
            "CreateStateMachineAlias": aliases.create,
            "DescribeStateMachineAlias": aliases.describe,
            "UpdateStateMachineAlias": aliases.update,
            "ListStateMachineAliases": aliases.listing,
            "DeleteStateMachineAlias": aliases.delete,
            "TagResource": tags.add,
            "UntagResource": tags.remove,
            "ListTagsForResource": tags.listing,
        }

    def _execution_operations(self) -> dict[str, Operation]:
        return {
            "StartExecution": self.executions.start,
            "StartSyncExecution": self.executions.start_sync,
            "DescribeExecution": self.executions.describe,
            "ListExecutions": self.executions.listing,
            "GetExecutionHistory": self.executions.get_history,
            "StopExecution": self.executions.stop,
            "RedriveExecution": self.executions.redrive,
            "DescribeStateMachineForExecution": self.executions.describe_machine,
            "DescribeMapRun": self._maps.describe,
            "ListMapRuns": self._maps.listing,
            "SendTaskSuccess": self._tokens.success,
            "SendTaskFailure": self._tokens.failure,
            "SendTaskHeartbeat": self._tokens.heartbeat,
            "CreateActivity": self._activities.create,
            "DescribeActivity": self._activities.describe,
            "DeleteActivity": self._activities.delete,
            "ListActivities": self._activities.listing,
            "GetActivityTask": self._activities.take,
        }
