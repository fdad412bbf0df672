"""Differences between two JSON values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepdeploy.engine.changes import ABSENT, change, changes, overlapping
from stepdeploy.engine.model import Change


def shown(before: Any, after: Any) -> list[tuple[str, str, Any, Any]]:
    return [(item.path, item.kind, item.before, item.after) for item in changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"a": None}, [("a", "added", None, None)]),
        ({"a": None}, {}, [("a", "removed", None, None)]),
        ({"a": None}, {"a": 1}, [("a", "changed", None, 1)]),
        ({"a": 1}, {"a": None}, [("a", "changed", 1, None)]),
        ({"a": 1}, {"a": True}, [("a", "changed", 1, True)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({}, {"a": {"b": None}}, [("a", "added", None, {"b": None})]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": None}]}, [("a[1]/b", "changed", 2, None)]),
        ({"a": [1]}, {"a": [1, 2]}, [("a", "changed", [1], [1, 2])]),
        ({"x": 1, "y": 2}, {"z": 3, "y": 2}, [("z", "added", None, 3), ("x", "removed", 1, None)]),
        ({"a": {}}, {"a": []}, [("a", "changed", {}, [])]),
    ],
)
def test_what_differs(before: Any, after: Any, expected: list[tuple[str, str, Any, Any]]) -> None:
    assert shown(before, after) == expected


def test_a_change_that_says_no_kind_tells_it_from_its_values() -> None:
    assert Change("a", None, 1).kind == "added"
    assert Change("a", 1, None).kind == "removed"
    assert Change("a", 1, 2).kind == "changed"
    assert change("a", ABSENT, None) == Change("a", None, None, "added")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_there_are_changes_exactly_where_the_json_differs(before: Any, after: Any) -> None:
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (changes(before, after) == ()) is same


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("definition/States/A/Next", "definition/States/A/Next", True),
        ("definition/States/A/Next", "definition/States/A", True),
        ("definition/States/A", "definition/States/A/Next", True),
        ("definition/States/A/Catch[1]/Next", "definition/States/A/Catch[2]/Next", True),
        ("definition/States/A/Catch[1]", "definition/States/A/Catch[2]/Next", True),
        ("definition/States/A/Next", "definition/States/AB/Next", False),
        ("definition/States/A/Next", "definition/States/A/NextState", False),
        ("role", "tracing", False),
    ],
)
def test_changes_at_in_or_around_the_same_place_overlap(one: str, other: str, overlap: bool) -> None:
    found = (Change(one, 1, 2), Change("tags/x", None, "1"))
    assert overlapping(found, [Change(other, 1, 3)]) == (found[:1] if overlap else ())
