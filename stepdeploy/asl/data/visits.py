"""One visit to a state: what it reads, and what becomes of a read that finds nothing."""

from __future__ import annotations

from typing import Any, Protocol

from stepdeploy.asl import intrinsics, jsonpath, syntax
from stepdeploy.asl.data import functions, lookup
from stepdeploy.asl.data.lookup import Found
from stepdeploy.asl.data.values import ANY, MAYBE, NO, NOTHING, NULL, OPEN, YES, Obj, Value, array, known
from stepdeploy.asl.data.worlds import Kind, Miss, Misses, Way, World
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import State


class Fails(Exception):
    """The state fails on this way, for sure."""


class Walk(Protocol):
    """What a visit is part of (analysis.Analysis)."""

    misses: Misses

    def reported_elsewhere(self, name: str) -> bool:
        """Whether a variable that is not set is the news of another rule."""


class Visit:
    """A state on its way, in a world that grows more exact as reads succeed. context: the context object."""

    def __init__(self, state: State, world: World, context: Value, walk: Walk) -> None:
        self.state, self.world, self.context = state, world, context
        self._walk = walk
        self.way = Way(state.name, "", world.way)

    def unset(self, name: str) -> Found:
        """What a variable that no state on the way has set is found to be."""
        return Found(NOTHING, NO) if not self._walk.reported_elsewhere(name) else Found(ANY, OPEN)

    def learn(self, input: Value) -> None:
        """The input, more exactly."""
        world = self.world
        self.world = World(input, world.variables, world.way, world.facts)

    def miss(self, kind: Kind, pointer: Pointer, text: str, detail: str, *, certain: bool = True) -> None:
        """Note what is missing. Raises Fails when that is certain."""
        caught = certain and self.catches_queries()
        self._walk.misses.add(Miss(kind, pointer, text, detail, certain, self.way, caught))
        if certain:
            raise Fails

    def catches_queries(self) -> bool:
        """Whether a Catch takes a failed JSONata expression; failed paths (States.Runtime) no Catch takes."""
        entries = self.state.value.get("Catch")
        if self.state.language != "JSONata" or not isinstance(entries, list):
            return False
        names = [name for entry in entries if isinstance(entry, dict) for name in _list(entry.get("ErrorEquals"))]
        return any(name in ("States.ALL", "States.QueryEvaluationError", "States.TaskFailed") for name in names)

    # -- JSONPath ----------------------------------------------------------------------------------------------------

    def path(self, text: Any, data: Value, pointer: Pointer, *, raw: bool = False) -> Value:
        """What a path field finds in `data`. raw: data is the state's input, which a find makes more exact."""
        path = syntax.path(text)
        if isinstance(path, str) or syntax.is_reference(text):
            return ANY
        found = self.find(path, data)
        return self._taken(found, path, data, pointer, raw=raw)

    def find(self, path: jsonpath.Path, data: Value) -> Found:
        """What a path finds, wherever it starts."""
        if path.root == "$":
            return lookup.find(path, data)
        if path.root == "$$":
            return lookup.find(path, self.context)
        value, presence = self.world.variable(path.root)
        if presence == NO:
            return self.unset(path.root)
        found = lookup.find(path, value)
        return Found(found.value, min(found.presence, presence), found.past)

    def _taken(self, found: Found, path: jsonpath.Path, data: Value, pointer: Pointer, *, raw: bool) -> Value:
        if found.presence == YES or found.presence == OPEN:
            return found.value
        kind, detail = self.lack(path, found.presence)
        self.miss(kind, pointer, path.text, detail, certain=found.presence == NO)
        if raw and path.root == "$" and path.is_reference:
            self.learn(lookup.given(path.steps, self.world.input, None))
        return found.value

    def lack(self, path: jsonpath.Path, presence: int) -> tuple[Kind, str]:
        is_variable = path.root not in ("$", "$$") and self.world.variable(path.root)[1] in (NO, MAYBE)
        verb = "is" if presence == NO else "may be"
        return ("variable", f"{verb} not assigned") if is_variable else ("path", f"{verb} absent")

    def dynamic(self, text: Any, data: Value, pointer: Pointer, *, raw: bool = False) -> Value:
        """The value of a path or call, as under a key that ends in `.$`."""
        if not isinstance(text, str) or syntax.is_reference(text):
            return ANY
        if not text.startswith("$"):
            call = syntax.call(text)
            return self.call(call, data, pointer) if isinstance(call, intrinsics.Call) else ANY
        path = syntax.path(text)
        if isinstance(path, str):
            return ANY
        found = self.find(path, data)
        if found.presence == NO and found.past:
            return NULL  # an index past the end of an array is null here, and only here
        return self._taken(found, path, data, pointer, raw=raw)

    def call(self, call: intrinsics.Call, data: Value, pointer: Pointer) -> Value:
        """The value of an intrinsic function."""
        given: list[Value] = []
        for argument in call.arguments:
            if isinstance(argument, intrinsics.Call):
                given.append(self.call(argument, data, pointer))
            elif isinstance(argument, intrinsics.Literal):
                given.append(functions.literal(argument.value))
            else:
                given.append(self._taken(self.find(argument, data), argument, data, pointer, raw=False))
        problem = functions.problem(call.name, given)
        if problem:
            self.miss("type", pointer, call.text, problem)
        return functions.result(call.name, given)

    def template(self, template: Any, data: Value, pointer: Pointer) -> Value:
        """A payload template with its `.$` members filled in."""
        return self._filled(template, data, pointer, 0, raw=data is self.world.input and data is not ANY)

    def _filled(self, template: Any, data: Value, pointer: Pointer, depth: int, *, raw: bool) -> Value:
        if depth > 40:
            return ANY
        if isinstance(template, list):
            items = [self._filled(item, data, (*pointer, at), depth + 1, raw=raw) for at, item in enumerate(template)]
            return array(items)
        if not isinstance(template, dict):
            return known(template)
        members: dict[str, tuple[Value, int]] = {}
        for name, value in template.items():
            if name.endswith(".$"):
                data = self.world.input if raw else data  # which the read before may have made more exact
                members[name[:-2]] = self.dynamic(value, data, (*pointer, name), raw=raw), YES
            else:
                members[name] = self._filled(value, data, (*pointer, name), depth + 1, raw=raw), YES
        return Obj(members)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
