"""Map states: modes and the fields that belong to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule

_DISTRIBUTED = "https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html"
_ONLY_DISTRIBUTED = (
    *("ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath"),
    *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
)


def config(state: State) -> tuple[str, dict[str, Any]]:
    """The field with a Map's inner machine, and the ProcessorConfig in it ({} when there is none)."""
    field = "ItemProcessor" if "ItemProcessor" in state.value else "Iterator"
    inner = state.value.get(field)
    found = inner.get("ProcessorConfig") if isinstance(inner, dict) else None
    return field, found if isinstance(found, dict) else {}


def is_distributed(state: State) -> bool:
    """Whether a Map state runs its items as executions of their own."""
    return config(state)[1].get("Mode") == "DISTRIBUTED"


@rule("ASL070", "error", "A distributed Map says its ExecutionType", source=_DISTRIBUTED, types=("Map",))
def execution_type(state: State) -> Iterator[Hit]:
    field, found = config(state)
    if found.get("Mode") == "DISTRIBUTED" and "ExecutionType" not in found:
        pointer = (*state.pointer, field, "ProcessorConfig")
        yield Hit(pointer, "The field 'ExecutionType' is required but was missing", "STANDARD or EXPRESS.")


@rule("ASL071", "warning", "A field that only a distributed Map uses", source=_DISTRIBUTED, types=("Map",), code="")
def distributed_only(state: State) -> Iterator[Hit]:
    if is_distributed(state):
        return
    for name in _ONLY_DISTRIBUTED:
        if name in state.value:
            yield Hit((*state.pointer, name), f"'{name}' has no effect on an inline Map", "Set Mode to DISTRIBUTED.")
