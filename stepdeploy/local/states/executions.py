"""StartExecution, StartSyncExecution, DescribeExecution, ListExecutions, GetExecutionHistory, StopExecution.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html and its sisters.
"""

from __future__ import annotations

import json
import re
from typing import Any

from stepdeploy.local.states import faults, history, pages
from stepdeploy.local.states.aliases import choose
from stepdeploy.local.states.control import revision_members
from stepdeploy.local.states.engine import Engine
from stepdeploy.local.states.machines import Machine, Machines
from stepdeploy.local.states.names import check_name, machine_arn, standard_execution_arn
from stepdeploy.local.states.records import RUNNING, Execution
from stepdeploy.local.states.store import KEPT, Query, Store
from stepdeploy.local.wire import ApiCall, ApiError
from stepdeploy.local.world import World

MOST_INPUT_BYTES = 256 * 1024


class Executions:
    """The operations on executions."""

    def __init__(self, world: World, machines: Machines, store: Store, engine: Engine) -> None:
        self._world = world
        self._machines = machines
        self._store = store
        self._engine = engine

    def start(self, call: ApiCall) -> dict[str, Any]:
        execution = self.begin(call.params)
        return {"executionArn": execution.arn, "startDate": execution.started}

    def start_sync(self, call: ApiCall) -> dict[str, Any]:
        execution = self._new(call.params)
        if execution.type != "EXPRESS":
            raise faults.type_not_supported()
        ended = self._engine.start(execution).result()
        description = ended.description(data=call.params.get("includedData") != "METADATA_ONLY")
        shared = (
            "executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "error", "cause", "input",
            "inputDetails", "output", "outputDetails", "traceHeader",
        )  # fmt: skip
        return {name: description.get(name) for name in shared} | {"billingDetails": _billing(ended)}

    def begin(self, params: dict[str, Any]) -> Execution:
        """Start an execution with the parameters of StartExecution; for tasks of other executions, too."""
        execution = self._new(params)
        if execution.type == "EXPRESS" or params.get("name") is None:
            self._engine.start(execution)
            return execution
        with self._engine.starting:
            known = self._engine.find(execution.arn)
            if known is None or self._name_is_free(known):
                self._engine.start(execution)
                return execution
        if known.status == RUNNING and known.input == execution.input:
            return known
        raise faults.execution_exists(execution.arn)

    def describe(self, call: ApiCall) -> dict[str, Any]:
        return self._existing(call.params["executionArn"]).description(
            data=call.params.get("includedData") != "METADATA_ONLY"
        )

    def listing(self, call: ApiCall) -> dict[str, Any]:
        params = call.params
        query = self._query(params)
        start, count = pages.offset(params), pages.limit(params)
        found = self._store.listing(query, start, count + 1)
        output: dict[str, Any] = {"executions": [execution.summary() for execution in found[:count]]}
        if len(found) > count:
            output["nextToken"] = pages.token(params, start + count)
        return output

    def get_history(self, call: ApiCall) -> dict[str, Any]:
        execution = self._existing(call.params["executionArn"])
        return history.page(self._engine.history(execution.arn), call.params)

    def stop(self, call: ApiCall) -> dict[str, Any]:
        """Stopping what has ended already answers 200 and changes nothing."""
        execution = self._existing(call.params["executionArn"])
        ended = self._engine.stop(execution.arn, call.params.get("error"), call.params.get("cause")) or execution
        return {"stopDate": ended.stopped}

    def describe_machine(self, call: ApiCall) -> dict[str, Any]:
        """DescribeStateMachineForExecution: what was executed, whatever the machine is by now."""
        execution = self._existing(call.params["executionArn"])
        return {
            "stateMachineArn": execution.machine,
            "name": machine_arn(execution.machine).name,
            "mapRunArn": execution.map_run,
            "label": execution.label,
            "updateDate": execution.revision.updated,
            **revision_members(execution.revision),
        }

    def redrive(self, call: ApiCall) -> dict[str, Any]:
        """Refused: the embedded AWS keeps no state from which an execution could go on."""
        execution = self._existing(call.params["executionArn"])
        reason = execution.description(data=False)["redriveStatusReason"]
        raise ApiError("ExecutionNotRedrivable", f"Execution Not Redrivable: '{reason}'")

    def _new(self, params: dict[str, Any]) -> Execution:
        """An execution that is not running yet. Raises what StartExecution raises, but for names in use."""
        arn = params["stateMachineArn"]
        name = params.get("name") or self._world.new_id()
        check_name(name)
        text = params.get("input", "{}")
        check_input(text)
        with self._machines.lock:
            machine, parsed = self._machines.qualified(arn)
            alias = machine.aliases.get(parsed.qualifier or "")
            number = choose(alias) if alias is not None else parsed.version
            revision = machine.revision if number is None else machine.versions[number].revision
            return Execution(
                arn=_execution_arn(machine, name, self._world.new_id()),
                name=name,
                machine=machine.arn,
                type=machine.type,
                revision=revision,
                input=text,
                started=self._world.now(),
                version_arn=machine.version_arn(number) if number is not None else None,
                alias_arn=machine.alias_arn(alias.name) if alias is not None else None,
                trace_header=params.get("traceHeader"),
            )

    def _existing(self, arn: str) -> Execution:
        standard_execution_arn(arn)
        execution = self._engine.find(arn)
        if execution is None:
            raise faults.no_execution(arn)
        return execution

    def _name_is_free(self, known: Execution) -> bool:
        return known.stopped is not None and self._world.now() - known.stopped > KEPT

    def _query(self, params: dict[str, Any]) -> Query:
        """Which executions are asked for. Raises ValidationException, StateMachineDoesNotExist, ..."""
        status = params.get("statusFilter")
        if ("stateMachineArn" in params) == ("mapRunArn" in params):
            raise faults.validation("Must provide a StateMachine ARN or MapRun ARN")
        if "mapRunArn" in params:
            return Query(map_run=params["mapRunArn"], status=status)
        arn = params["stateMachineArn"]
        with self._machines.lock:
            machine, parsed = self._machines.qualified(arn)
        if machine.type == "EXPRESS":
            raise faults.type_not_supported()
        return Query(
            machine=machine.arn,
            version_arn=arn if parsed.version is not None else None,
            alias_arn=arn if parsed.qualifier in machine.aliases else None,
            status=status,
        )


def check_input(text: str) -> None:
    """Raise InvalidExecutionInput for what is no JSON text, or larger than 256 KiB in UTF-8."""
    if not text.strip():
        raise faults.invalid_input("Invalid execution input.")
    if len(text.encode()) > MOST_INPUT_BYTES:
        raise faults.invalid_input(f"The input exceeds the maximum of {MOST_INPUT_BYTES} bytes")
    word = re.match(r"\s*([A-Za-z_]\w*)", text)
    if word is not None and word[1] not in ("true", "false", "null"):
        raise faults.invalid_input(
            f"Unrecognized token '{word[1]}': was expecting (JSON String, Number, Array, Object or token 'null', "
            "'true' or 'false')"
        )
    try:
        json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise faults.invalid_input(str(error)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"Unrecognized token '{name}'")


def _execution_arn(machine: Machine, name: str, unique: str) -> str:
    kind = "express" if machine.type == "EXPRESS" else "execution"
    arn = machine.arn.replace(":stateMachine:", f":{kind}:") + f":{name}"
    return f"{arn}:{unique}" if kind == "express" else arn


def _billing(execution: Execution) -> dict[str, int]:
    """Express executions are billed in steps of 100 ms and 64 MB."""
    assert execution.stopped is not None
    milliseconds = int((execution.stopped - execution.started).total_seconds() * 1000)
    return {"billedDurationInMilliseconds": (milliseconds // 100 + 1) * 100, "billedMemoryUsedInMB": 64}
