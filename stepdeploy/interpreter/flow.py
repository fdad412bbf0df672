"""The two ways data flows through a state: JSONPath and JSONata behind one protocol."""

from __future__ import annotations

from typing import Any, Protocol

from stepdeploy.interpreter.failures import Failure
from stepdeploy.interpreter.frames import Step, Visit


class Flow(Protocol):
    """How a state's fields are evaluated. All methods raise Failure."""

    def input(self, visit: Visit) -> Any:
        """The effective input (InputPath)."""
        ...

    def arguments(self, visit: Visit, data: Any) -> Any:
        """What Parameters or Arguments make of the effective input; without them the input itself."""
        ...

    def field(self, visit: Visit, name: str, data: Any) -> Any:
        """The value of a field that may be dynamic: `name`, `namePath` or '{% %}'. None when it is absent."""
        ...

    def template(self, visit: Visit, name: str, template: Any, data: Any) -> Any:
        """The value of a payload template; `name` is its field."""
        ...

    def condition(self, visit: Visit, rule: dict[str, Any], data: Any, index: int) -> bool:
        """Whether a choice rule holds."""
        ...

    def items(self, visit: Visit, data: Any) -> Any:
        """The array, or in JSONata the object, that a Map goes over."""
        ...

    def finish(self, visit: Visit, data: Any, result: Any, rule: int | None = None) -> Step:
        """The step after a result: output and assigned variables. rule: index of the choice rule that matched."""
        ...

    def caught(self, visit: Visit, catcher: dict[str, Any], failure: Failure) -> Step:
        """The step that a Catch entry takes."""
        ...


def flow_of(state: dict[str, Any], language: str) -> Flow:
    """The flow of a state: its own QueryLanguage, else the machine's."""
    if state.get("QueryLanguage", language) == "JSONata":
        # Imported only when met: jsonata-python takes 30 ms to load and most machines do without.
        from stepdeploy.interpreter.jsonata_flow import JSONATA

        return JSONATA
    from stepdeploy.interpreter.jsonpath_flow import JSONPATH

    return JSONPATH
