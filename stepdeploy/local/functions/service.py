"""The Lambda service of the embedded AWS: operations by name, and invocation in process."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.local.functions import (
    aliases,
    concurrency,
    crud,
    eventconfig,
    layers,
    mappings,
    policies,
    tags,
    versions,
)
from stepdeploy.local.functions.archive import CodeStore
from stepdeploy.local.functions.control import Control, Operation
from stepdeploy.local.functions.destinations import Destinations
from stepdeploy.local.functions.errors import constraint
from stepdeploy.local.functions.events import EventQueue
from stepdeploy.local.functions.invoker import MAX_EVENT, MAX_REQUEST, Invocation, Invoked, Invoker, Request
from stepdeploy.local.functions.model import Store
from stepdeploy.local.functions.names import LATEST, parse_target
from stepdeploy.local.functions.polling import Pollers
from stepdeploy.local.functions.runner.pool import Pool, cap
from stepdeploy.local.functions.runner.recipe import key_of
from stepdeploy.local.wire import ApiCall, not_implemented
from stepdeploy.local.world import World

_GROUPS = (crud, versions, aliases, policies, concurrency, eventconfig, layers, tags, mappings)
WRITES: dict[str, Operation] = {name: done for group in _GROUPS for name, done in group.WRITES.items()}
READS: dict[str, Operation] = {name: done for group in _GROUPS for name, done in group.READS.items()}
_KINDS = ("RequestResponse", "Event", "DryRun")

__all__ = ["READS", "WRITES", "FunctionsService", "Invocation"]


class FunctionsService:
    """Lambda (implements stepdeploy.local.wire.Service)."""

    name = "lambda"

    def __init__(self, world: World) -> None:
        directory = world.directory / "functions"
        scratch = directory / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)  # left by a server that was killed
        self._world = world
        self._store = Store()
        code = CodeStore(directory)
        self._pool = Pool(scratch, cap())
        self._invoker = Invoker(world, self._store, code, self._pool, directory)
        self._events = EventQueue(self._invoker, self._store, Destinations(world), cap())
        self._pollers = Pollers(world, self._store, self._invoker)
        self._control = Control(world, self._store, code, self._changed)

    def handle(self, call: ApiCall) -> dict[str, Any]:
        """Do an operation; returns its output members. Raises ApiError."""
        if call.operation == "Invoke":
            return self._invoke_operation(call)
        operation = WRITES.get(call.operation) or READS.get(call.operation)
        if operation is None:
            raise not_implemented(self.name, call.operation)
        output = operation(self._control, call)
        if call.operation in ("CreateEventSourceMapping", "UpdateEventSourceMapping"):
            self._pollers.watch(call.region, output["UUID"])
        return output

    def mutates(self, operation: str) -> bool:
        """True for what the journal keeps: all writes, but no invocation."""
        return operation in WRITES

    def tagged(self, region: str) -> Iterator[tuple[str, str, dict[str, str]]]:
        """ARN, type and tags of each function, for GetResources."""
        with self._store.lock:
            functions = list(self._store.region(region).functions.values())
        for function in functions:
            target = parse_target(function.name, None, region=region, account=self._world.account)
            yield target.arn, "lambda:function", dict(function.tags)

    def running(self) -> int:
        """Invocations under way and events that are queued."""
        return self._invoker.running() + self._events.waiting()

    def observe(self, told: Callable[[Invoked], None]) -> None:
        """Tell of each invocation that has ended, and of each that was throttled."""
        self._invoker.on_invoked = told

    def close(self) -> None:
        """Stop everything; no process outlives the server."""
        self._pollers.close()
        self._events.close()
        self._pool.close()

    def invoke(
        self,
        function: str,
        qualifier: str | None,
        payload: bytes,
        *,
        kind: str = "RequestResponse",
        tail: bool = False,
        client_context: str | None = None,
        request_id: str | None = None,
        region: str | None = None,
    ) -> Invocation:
        """Invoke in process; blocks until the function has answered.

        function: name, partial or full ARN, qualified or not. kind: RequestResponse, Event or DryRun. client_context:
        base64 of JSON. Raises ApiError where the function was not run (ResourceNotFoundException,
        TooManyRequestsException, RequestTooLargeException, ResourceConflictException, ...).
        """
        if kind not in _KINDS:
            raise constraint(kind, "invocationType", f"Member must satisfy enum value set: [{', '.join(_KINDS)}]")
        place = self._world.place()
        target = parse_target(
            function, qualifier, region=region or place.region, account=place.account, anywhere=region is None
        )
        request = Request(target, payload, request_id or str(uuid.uuid4()), client_context, tail)
        if kind == "RequestResponse":
            return self._invoker.invoke(request)
        self._invoker.check(request, MAX_EVENT if kind == "Event" else MAX_REQUEST)
        if kind == "DryRun":
            return Invocation(204)
        self._events.put(request)
        return Invocation(202)

    def _invoke_operation(self, call: ApiCall) -> dict[str, Any]:
        params = call.params
        result = self.invoke(
            params["FunctionName"],
            params.get("Qualifier"),
            params.get("Payload") or b"",
            kind=params.get("InvocationType") or "RequestResponse",
            tail=params.get("LogType") == "Tail",
            client_context=params.get("ClientContext"),
            request_id=call.request_id,
            region=call.region,
        )
        return {
            "StatusCode": result.status,
            "Payload": result.payload,
            "FunctionError": result.function_error,
            "ExecutedVersion": result.executed_version or None,
            "LogResult": result.log_tail or None,
        }

    def _changed(self, region: str, name: str) -> None:
        """End the processes of what a function was before. Called under the store's lock."""
        if self._pool.counts() == (0, 0):
            return
        function = self._store.region(region).functions.get(name)
        wanted = set()
        if function is not None:
            versions_now = [function.latest, function.serving(LATEST, self._world.now()), *function.versions.values()]
            wanted = {key_of(region, name, version) for version in versions_now if version is not None}
        self._pool.retire(lambda key: (key.region, key.function) == (region, name) and key not in wanted)
