"""Between the interpreter and the services: runs an execution, performs its tasks.

The interpreter waits on the event loop; integrations block and run in a bounded pool of threads (environment variable
STEPDEPLOY_LOCAL_THREADS). A task that is timed out or stopped is no longer waited for, but what it began goes on, as on
AWS: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stepdeploy.interpreter import Limits, Outcome, TaskCall, TaskError, run
from stepdeploy.interpreter.clocks import timestamp
from stepdeploy.interpreter.texts import to_text
from stepdeploy.local.states.activities import Activities, Work
from stepdeploy.local.states.engine import Run
from stepdeploy.local.states.injected import FILE, Injected
from stepdeploy.local.states.integrations import nested
from stepdeploy.local.states.integrations.registry import integration, parameter_problem
from stepdeploy.local.states.integrations.resources import ACTIVITY, WAIT, Resource, parse, problem
from stepdeploy.local.states.integrations.task import Task
from stepdeploy.local.states.maps import Maps
from stepdeploy.local.states.names import machine_arn
from stepdeploy.local.states.records import Execution
from stepdeploy.local.states.roles import Roles
from stepdeploy.local.states.tokens import CallbackFailed, Tokens, Waiting
from stepdeploy.local.world import World

DEFAULT_THREADS = 64
#: An EXPRESS execution may take five minutes (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
EXPRESS_SECONDS = 300.0


class Running:
    """Runs executions: `Engine` calls it as its `Interpret`."""

    def __init__(self, world: World, roles: Roles, tokens: Tokens, activities: Activities, maps: Maps) -> None:
        self.world = world
        self.roles = roles
        self.tokens = tokens
        self.activities = activities
        self.injected = Injected(world.directory / FILE)
        self._maps = maps
        threads = int(os.environ.get("STEPDEPLOY_LOCAL_THREADS", DEFAULT_THREADS))
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="states-task")

    async def __call__(self, started: Run) -> Outcome:
        execution = started.execution
        definition = json.loads(execution.revision.definition)
        limits = Limits()
        if execution.type == "EXPRESS":
            limits = Limits(events=None)
            definition["TimeoutSeconds"] = min(definition.get("TimeoutSeconds", EXPRESS_SECONDS), EXPRESS_SECONDS)
        return await run(
            definition,
            json.loads(execution.input),
            context=context_object(execution),
            tasks=Tasks(self, execution),
            history=started.recorder,
            limits=limits,
            readers=self._maps.hooks(execution, self.pool),
        )

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


def context_object(execution: Execution) -> dict[str, Any]:
    """$$ of an execution, without what the interpreter keeps in it (State, Map, Task)."""
    return {
        "Execution": {
            "Id": execution.arn,
            "Input": json.loads(execution.input),
            "StartTime": timestamp(execution.started),
            "Name": execution.name,
            "RoleArn": execution.revision.role,
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": execution.machine, "Name": machine_arn(execution.machine).name},
    }


class Tasks:
    """The task runner of one execution."""

    def __init__(self, running: Running, execution: Execution) -> None:
        self._running = running
        self._execution = execution

    def prepare(self, call: TaskCall) -> None:
        """Raises TaskError("States.Runtime", ...) where the parameters cannot be used."""
        resource = self._resource(call)
        wrong = None if resource.service == ACTIVITY else parameter_problem(resource, call.parameters)
        if wrong is not None:
            raise TaskError("States.Runtime", wrong)

    async def __call__(self, call: TaskCall) -> Any:
        self._running.injected.check(self._execution.name, call)
        resource = self._resource(call)
        if resource.service == ACTIVITY:
            return await self._activity(call, resource.action)
        if resource.pattern == WAIT:
            return await self._callback(call, resource)
        answer = await self._perform(call, resource)
        if resource.pattern.startswith("sync"):
            call.submitted(answer)
            return await self._child(str(answer["ExecutionArn"]), resource.pattern)
        return answer

    def _resource(self, call: TaskCall) -> Resource:
        """The resource of a call; a version made before a rule was added may still hold one that is refused now."""
        resource = parse(call.resource)
        wrong = problem(call.resource)
        if resource is None or wrong is not None:
            raise TaskError("States.Runtime", (wrong or "").format(resource=call.resource))
        return resource

    async def _perform(self, call: TaskCall, resource: Resource) -> Any:
        """The service's answer, waited for in a thread of the pool."""
        role = str((call.credentials or {}).get("RoleArn", self._execution.revision.role))
        running = self._running
        task = Task(running.world, running.roles, self._execution, resource, call.parameters, role)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(running.pool, integration(resource), task)

    async def _callback(self, call: TaskCall, resource: Resource) -> Any:
        """.waitForTaskToken: make the call, then wait for someone to send the token back."""
        tokens, token = self._running.tokens, str(call.context["Task"]["Token"])
        waiting = tokens.wait(token)
        try:
            call.submitted(await self._perform(call, resource))
            return await _answer(waiting, call.heartbeat)
        finally:
            tokens.forget(token)

    async def _activity(self, call: TaskCall, arn: str) -> Any:
        """Offer the work to the activity's workers and wait for one to send the token back."""
        if self._running.activities.get(arn) is None:
            raise TaskError("States.Runtime", f"Activity Does Not Exist: '{arn}'")
        tokens, token = self._running.tokens, str(call.context["Task"]["Token"])
        waiting = tokens.wait(token)

        def started(worker: str | None) -> bool:
            if not tokens.is_waiting(token):
                return False
            waiting.beat = time.monotonic()
            waiting.loop.call_soon_threadsafe(call.started, worker)
            return True

        try:
            self._running.activities.offer(arn, Work(token, to_text(call.parameters), started))
            return await _answer(waiting, call.heartbeat)
        finally:
            tokens.forget(token)

    async def _child(self, arn: str, pattern: str) -> Any:
        """.sync: wait for the child; it is stopped when this task is given up."""
        engine = self._running.world.states.engine
        ended = engine.ended(arn)
        try:
            if ended is None:
                child = await asyncio.get_running_loop().run_in_executor(self._running.pool, engine.find, arn)
            else:
                # Shielded: a cancelled waiter must not cancel what others wait for, too.
                child = await asyncio.shield(asyncio.wrap_future(ended))
        except asyncio.CancelledError:
            engine.ask_stop(arn)
            raise
        if child is None:
            raise TaskError("States.TaskFailed", f"Execution Does Not Exist: '{arn}'")
        return nested.result(child, pattern)


async def _answer(waiting: Waiting, heartbeat: float | None) -> Any:
    """What was sent back with the token. Raises TaskError; States.HeartbeatTimeout after `heartbeat` silent seconds."""
    while True:
        left = None if heartbeat is None else waiting.beat + heartbeat - time.monotonic()
        try:
            return await asyncio.wait_for(asyncio.shield(waiting.future), left)
        except CallbackFailed as failed:
            raise TaskError(failed.error, failed.cause) from failed
        except TimeoutError:
            if heartbeat is not None and waiting.beat + heartbeat <= time.monotonic():
                raise TaskError("States.HeartbeatTimeout") from None
