"""Laws of the comparison of definitions, on made-up ones and on a corpus of real ones where there is one."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stepdeploy.resources.base import same
from stepdeploy.resources.definition_diff import definition_changes
from tests.conftest import SHARED
from tests.unit.resources.test_definition_diff import machine

CORPUS = SHARED / "asl-corpus" / "valid"
with_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real definitions is not here")
Step = str | int

NAMES = ("StartAt", "States", "A", "B", "Type", "Next", "End", "Default", "Choices", "Catch", "Retry", "Branches",
         "ItemProcessor", "Iterator", "ErrorEquals", "Condition", "Result")  # fmt: skip
LEAVES = st.sampled_from(["A", "B", "Pass", "Choice", "Parallel", "Map", "E", True, False, None, 0, 1, 1.0, ""])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with its keys in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def places(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Paths of all leaves."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield from (found for key, item in inner for found in places(item, (*path, key)))
    if not isinstance(value, dict | list):
        yield path


def put(value: Any, path: tuple[Step, ...], new: Any) -> Any:
    """A copy with another leaf at `path`."""
    if not path:
        return new
    result = copy.copy(value)
    result[path[0]] = put(value[path[0]], path[1:], new)
    return result


def at(value: Any, path: tuple[Step, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def written(path: tuple[Step, ...]) -> str:
    return "definition" + "".join(f"[{step}]" if isinstance(step, int) else f"/{step}" for step in path)


def rewired(definition: Any, path: tuple[Step, ...]) -> bool:
    """Whether the leaf at `path` tells states apart, so that changing it may rename one or replace it."""
    return path[-1] in ("Next", "Default", "StartAt", "End", "Type")


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_there_are_changes_exactly_where_the_json_differs(before: Any, after: Any) -> None:
    assert (definition_changes(before, after) == ()) is same(before, after)


SCOPES = st.fixed_dictionaries(
    {"StartAt": st.sampled_from("AB"), "States": st.dictionaries(st.sampled_from("ABCD"), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4), max_size=4)}
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(SCOPES, SCOPES)
def test_the_same_holds_of_what_looks_like_a_definition(before: Any, after: Any) -> None:
    assert (definition_changes(before, after) == ()) is same(before, after)
    assert definition_changes(before, before) == ()


@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_is_no_change(chance: random.Random) -> None:
    assert definition_changes(machine(), shuffled(machine(), chance)) == ()


@given(st.data())
def test_a_changed_leaf_is_found_where_it_is(data: st.DataObject) -> None:
    check_one_leaf(machine(), data.draw(st.sampled_from(list(places(machine())))))


def check_one_leaf(definition: Any, path: tuple[Step, ...]) -> None:
    """A leaf that got another value gives one change, at it or around it, that holds both values."""
    after = put(definition, path, "other")
    found = definition_changes(definition, after)
    assert found, written(path)
    if rewired(definition, path) or "ErrorEquals" in path:
        return
    (change,) = found
    place = written(path)
    assert place == change.path or place.startswith((f"{change.path}/", f"{change.path}[")), (place, change.path)
    assert "other" in json.dumps(change.after)
    assert json.dumps(at(definition, path)) in json.dumps(change.before)


@with_corpus
def test_a_changed_leaf_is_found_in_real_definitions() -> None:
    chance = random.Random(7)
    for path in sorted(CORPUS.iterdir()):
        definition = json.loads(path.read_text(encoding="utf-8"))
        assert definition_changes(definition, definition) == ()
        assert definition_changes(definition, shuffled(definition, chance)) == (), path.name
        leaves = list(places(definition))
        for leaf in chance.sample(leaves, min(6, len(leaves))):
            try:
                check_one_leaf(definition, leaf)
            except (AssertionError, ValueError) as error:
                raise AssertionError(f"{path.name}: {written(leaf)}: {error}") from error


@with_corpus
def test_a_state_taken_out_of_or_put_into_real_definitions_is_named() -> None:
    for path in sorted(CORPUS.iterdir()):
        definition = json.loads(path.read_text(encoding="utf-8"))
        for name in list(definition["States"])[:4]:
            after = copy.deepcopy(definition)
            del after["States"][name]
            (removed,) = definition_changes(definition, after)
            assert (removed.kind, removed.state, removed.before) == ("removed", name, definition["States"][name])
            (added,) = definition_changes(after, definition)
            assert (added.kind, added.state, added.after) == ("added", name, definition["States"][name])


@with_corpus
def test_a_state_renamed_in_real_definitions_is_named() -> None:
    """Every state that is reached; one that nothing leads to cannot be told from a new one."""
    for path in sorted(CORPUS.iterdir()):
        definition = json.loads(path.read_text(encoding="utf-8"))
        for name in list(definition["States"])[:4]:
            after, reached = renamed(definition, name, "Some new name")
            if not reached:
                continue
            found = definition_changes(definition, after)
            assert [(item.kind, item.before, item.after) for item in found] == [("renamed", name, "Some new name")], (
                f"{path.name}: {name}: {found}"
            )


def renamed(definition: Any, old: str, new: str) -> tuple[Any, bool]:
    """The definition with a state of the top level renamed, and whether another leads to it."""
    after = copy.deepcopy(definition)
    after["States"] = {new if name == old else name: state for name, state in after["States"].items()}
    reached = after["StartAt"] == old
    if reached:
        after["StartAt"] = new
    for name, state in after["States"].items():
        for holder in (state, *state.get("Choices", []), *state.get("Catch", [])):
            for field in ("Next", "Default"):
                if holder.get(field) == old:
                    holder[field] = new
                    reached = reached or name != new
    return after, reached
