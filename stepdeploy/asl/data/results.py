"""What Tasks return, as far as that is known, and what the context object holds.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html and its neighbours for optimised
integrations, botocore's models (stepdeploy.asl.services) for members of SDK outputs, and results recorded on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stepdeploy.asl import resources, services
from stepdeploy.asl.data.schemas import from_schema
from stepdeploy.asl.data.values import (
    ANY,
    BOOLEAN,
    LIST,
    MAYBE,
    NO,
    NUMBER,
    OBJECT,
    OPEN,
    STRING,
    YES,
    Obj,
    Value,
)
from stepdeploy.asl.model import State

_KINDS = {"s": STRING, "i": NUMBER, "f": NUMBER, "b": BOOLEAN, "o": OBJECT, "[": LIST}
_METADATA = {"SdkHttpMetadata": (OBJECT, OPEN), "SdkResponseMetadata": (OBJECT, OPEN)}
_NOT_FOUND = {("dynamodb", "GetItem"): "Item"}
"""Members that are there only when something was found."""

ERROR_OUTPUT = Obj({"Error": (STRING, YES), "Cause": (ANY, YES)})
"""What Catch hands on; a Cause that was not given is null (recorded)."""


def result(state: State, schemas: Mapping[str, Any]) -> Value:
    """What a Task returns. schemas: JSON Schema of a result, by state, function or resource."""
    called = resources.called(state)
    declared = _declared(state, schemas)
    if called.kind == "optimized" and called.service == "lambda" and not called.pattern:
        return _invoked(state, declared or ANY)
    if declared is not None:
        return declared
    if called.pattern or called.kind not in ("sdk", "optimized"):
        return ANY
    return _output(called.service, called.action)


def _declared(state: State, schemas: Mapping[str, Any]) -> Value | None:
    if not schemas:
        return None
    given = state.value.get("Parameters", state.value.get("Arguments"))
    function = given.get("FunctionName") if isinstance(given, dict) else None
    for key in (state.name, function, state.value.get("Resource")):
        if isinstance(key, str) and key in schemas:
            return from_schema(schemas[key])
    return None


def _invoked(state: State, payload: Value) -> Value:
    given = state.value.get("Parameters", state.value.get("Arguments"))
    at_once = isinstance(given, dict) and not ({"InvocationType", "InvocationType.$"} & given.keys())
    return Obj(
        {
            "Payload": (payload, YES if at_once else OPEN),
            "ExecutedVersion": (STRING, OPEN),
            "FunctionError": (STRING, OPEN),
            "LogResult": (STRING, OPEN),
            "StatusCode": (NUMBER, YES),
            **_METADATA,
        },
        NO,
    )


@lru_cache(maxsize=512)
def _output(service: str, action: str) -> Value:
    """The output of an operation. What the models do not name may still come: AWS adds members."""
    found = services.called(service, action)
    if found is None:
        return ANY
    owner, operation = found
    if not operation.output or (owner.name, operation.name) == ("bedrockruntime", "InvokeModel"):
        return ANY
    members = {name[0].upper() + name[1:]: (_KINDS.get(kind, ANY), OPEN) for name, kind in operation.output.items()}
    searched = _NOT_FOUND.get((owner.name, operation.name))
    if searched:
        members[searched] = OBJECT, MAYBE
    # SDKs write DB or Db: where that may be, nothing is said of names that the model does not have.
    plain = not any(name[:2].isupper() for name in members)
    return Obj({**members, **_METADATA}, MAYBE if plain else OPEN)


def context(state_input: Value, *, in_map: bool, item: Value = ANY) -> Value:
    """The context object. state_input: the execution's input. in_map: whether a Map's item is at hand."""
    execution = dict.fromkeys(("Id", "Name", "RoleArn", "StartTime"), (STRING, YES))
    execution["Input"] = state_input, YES  # type: ignore[assignment]
    members: dict[str, tuple[Value, int]] = {
        "Execution": (Obj(execution, OPEN), YES),
        "State": (Obj({"Name": (STRING, YES), "EnteredTime": (STRING, YES)}, OPEN), YES),
        "StateMachine": (Obj({"Id": (STRING, YES), "Name": (STRING, YES)}, OPEN), YES),
    }
    if in_map:
        held = Obj({"Index": (NUMBER, YES), "Value": (item, YES)}, OPEN)
        members["Map"] = Obj({"Item": (held, YES)}, OPEN), YES
    return Obj(members, OPEN)
