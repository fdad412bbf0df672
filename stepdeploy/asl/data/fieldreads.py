"""The fields of a state that read data, in both query languages."""

from __future__ import annotations

from typing import Any

from stepdeploy.asl.data import functions, jsonata, limits
from stepdeploy.asl.data.lookup import Found
from stepdeploy.asl.data.results import ERROR_OUTPUT
from stepdeploy.asl.data.values import ANY, MAYBE, NO, OPEN, YES, Obj, Value, array, known
from stepdeploy.asl.data.values import constant as constant_of
from stepdeploy.asl.data.visits import Visit
from stepdeploy.asl.data.worlds import Kind, World
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.shapes import JSONATA, JSONPATH

_NUMBERS = ("number", "string")
_TYPES = {
    "Error": ("string",),
    "Cause": ("string",),
    "Timestamp": ("string",),
    "Seconds": _NUMBERS,
    "MaxConcurrency": _NUMBERS,
    "ToleratedFailureCount": _NUMBERS,
    "ToleratedFailurePercentage": _NUMBERS,
}
"""Field -> types of values that its path or expression may find. A text of digits is a number to AWS."""
_MAY_BE_ABSENT = ("Error", "Cause")
_DEEPEST = 40


class FieldReads:
    """Reads of a visit's state. world: instead of the visit's own."""

    def __init__(self, visit: Visit, world: World | None = None) -> None:
        self.visit = visit
        self._world = world

    @property
    def value(self) -> dict[str, Any]:
        """The state as written."""
        return self.visit.state.value

    def _at(self, *names: str | int) -> Pointer:
        return (*self.visit.state.pointer, *names)

    # -- JSONPath ----------------------------------------------------------------------------------------------------

    def input(self) -> Value:
        """The input, after InputPath."""
        if self.visit.state.language != JSONPATH or "InputPath" not in self.value:
            return self.visit.world.input
        return self.path_or_empty("InputPath", self.visit.world.input)

    def path_or_empty(self, field: str, data: Value) -> Value:
        """What InputPath or OutputPath leaves of data; null leaves {}."""
        text = self.value.get(field, "$")
        if text is None:
            return Obj({})
        return data if text == "$" else self.visit.path(text, data, self._at(field), raw=data is self.visit.world.input)

    def arguments(self, data: Value) -> Value:
        """What Parameters or Arguments make of the input."""
        if self.visit.state.language == JSONPATH:
            if "Parameters" not in self.value:
                return data
            return self.visit.template(self.value["Parameters"], data, self._at("Parameters"))
        if "Arguments" not in self.value:
            return data
        return self.filled(self.value["Arguments"], self._at("Arguments"), self.names())

    def selected(self, came: Value) -> Value:
        """What ResultSelector makes of a result."""
        if "ResultSelector" not in self.value:
            return came
        return self.visit.template(self.value["ResultSelector"], came, self._at("ResultSelector"))

    def field(self, name: str, data: Value | None = None) -> Value | None:
        """The value of a field that may be given as a path or expression; None when it is not there."""
        path, state = f"{name}Path", self.visit.state
        if state.language == JSONPATH and isinstance(self.value.get(path), str):
            data = self.visit.world.input if data is None else data
            text, pointer = self.value[path], self._at(path)
            raw = data is self.visit.world.input
            if name in ("Error", "Cause"):
                found = self.visit.dynamic(text, data, pointer, raw=raw)
            else:
                found = self.visit.path(text, data, pointer, raw=raw)
        elif state.language == JSONATA and name in self.value:
            text, pointer = self.value[name], self._at(name)
            found = self.filled(text, pointer, self.names())
        else:
            return None
        self._typed(name, found, pointer, str(text))
        return found

    def _typed(self, name: str, found: Value, pointer: Pointer, text: str) -> None:
        allowed, kinds = _TYPES.get(name, _NUMBERS), found.kinds
        if kinds and not kinds & set(allowed):
            wanted = "a text" if "number" not in allowed else "a number"
            self.visit.miss("type", pointer, text, f"must be {wanted}, and is {functions.shown(kinds)}")
        for constant in constant_of(found):
            problem = limits.problem(name, constant)
            if problem:
                self.visit.miss("type", pointer, text, problem)

    # -- both --------------------------------------------------------------------------------------------------------

    def assigned(
        self,
        fields: dict[str, Any],
        pointer: Pointer,
        came: Value,
        result: Value | None = None,
        error: Value | None = None,
    ) -> dict[str, tuple[Value, int]]:
        """What Assign sets. came: `$` of JSONPath. result, error: members of $states."""
        given = fields.get("Assign")
        if not isinstance(given, dict) or not given:
            return {}
        at = (*pointer, "Assign")
        if self.visit.state.language == JSONPATH:
            found = self.visit.template(given, came, at)
        else:
            found = self.filled(given, at, self.names(result, error))
        return dict(found.members) if isinstance(found, Obj) else {}

    def output(
        self,
        fields: dict[str, Any],
        pointer: Pointer,
        came: Value,
        result: Value | None = None,
        error: Value | None = None,
    ) -> Value:
        """What Output makes of a state's result; without Output, the result."""
        if "Output" not in fields:
            return came
        return self.filled(fields["Output"], (*pointer, "Output"), self.names(result, error))

    # -- JSONata -----------------------------------------------------------------------------------------------------

    def names(self, result: Value | None = None, error: Value | None = None) -> jsonata.Names:
        """What expressions can read: $states and the variables."""
        world = self._world or self.visit.world
        states: dict[str, tuple[Value, int]] = {
            "input": (world.input, YES),
            "context": (self.visit.context, YES),
            "result": (ANY if result is None else result, OPEN if result is None else YES),
            "errorOutput": (ERROR_OUTPUT if error is None else error, OPEN if error is None else YES),
        }
        variables = {name: Found(*held) for name, held in world.variables.items()}
        return _Names({**variables, "states": Found(Obj(states, OPEN), YES)}, self.visit)

    def expression(self, text: str, pointer: Pointer, kind: Kind = "expression", names: Any = None) -> Value:
        """What `{% expression %}` yields."""
        if not text.startswith("{%"):
            return known(text)
        found = jsonata.evaluate(text, names or self.names())
        if found.presence in (NO, MAYBE):
            verb = "is" if found.presence == NO else "may be"
            self.visit.miss(kind, pointer, text, f"{verb} undefined", certain=found.presence == NO)
        if kind == "condition" and found.value.kinds and "boolean" not in found.value.kinds:
            wrong = f"must be a boolean, and is {functions.shown(found.value.kinds)}"
            self.visit.miss("type", pointer, text, wrong)
        return found.value

    def filled(self, template: Any, pointer: Pointer, names: Any, depth: int = 0) -> Value:
        """A template with its expressions evaluated."""
        if isinstance(template, str):
            return self.expression(template, pointer, "expression", names)
        if depth > _DEEPEST:
            return ANY
        if isinstance(template, list):
            return array([self.filled(item, (*pointer, at), names, depth + 1) for at, item in enumerate(template)])
        if not isinstance(template, dict):
            return known(template)
        items = template.items()
        return Obj({name: (self.filled(item, (*pointer, name), names, depth + 1), YES) for name, item in items})


class _Names(dict[str, Found]):
    """Variables by name; one that no way here sets finds nothing, unless another rule reports it."""

    def __init__(self, known: dict[str, Found], visit: Visit) -> None:
        super().__init__(known)
        self._visit = visit

    def get(self, name: str, default: Any = None) -> Any:
        found = super().get(name)
        if found is not None:
            return found
        return self._visit.unset(name) if isinstance(name, str) and name else default
