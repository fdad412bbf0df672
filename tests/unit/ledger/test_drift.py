"""What counts as somebody else's change, and what as our own that was interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.drift import drift
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.engine.packed import pack, unpack
from stepdeploy.errors import InvalidProject
from stepdeploy.references import Pending, Ref


@dataclass(frozen=True)
class Thing:
    """A resource that is its facts."""

    address: str = "thing:a"
    name: str = "A"
    desired: Mapping[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    compared: bool = True
    remembered: tuple[str, ...] = ()

    def read(self, aws: Aws) -> Actual | None:
        return None

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        assert actual is not None
        if desired.get("refused"):
            raise InvalidProject("it cannot become that")
        found = changes(dict(actual.view), dict(desired))
        return Decision((Call("x", "y", {}),) if found else (), found)


def found(live: Mapping[str, Any] | None, applied: Any, intended: Any, wanted: Mapping[str, Any]) -> Any:
    actual = None if live is None else Actual({}, live)
    planned = changes(dict(live or {}), dict(wanted))
    facts = [{} if one is None else {"thing:a": one} for one in (applied, intended)]
    seen = drift(Thing(), actual, facts[0], facts[1], planned)
    return seen and ([change.path for change in seen.changes], list(seen.overwritten), seen.gone)


def test_nothing_on_record_is_no_drift() -> None:
    assert found({"a": 1}, None, None, {"a": 2}) is None


def test_what_is_as_it_was_applied_is_no_drift() -> None:
    assert found({"a": 1}, {"a": 1}, None, {"a": 2}) is None


def test_a_foreign_change_that_the_plan_would_undo_is_overwritten() -> None:
    assert found({"a": 3, "b": 1}, {"a": 1, "b": 1}, None, {"a": 1, "b": 1}) == (["a"], ["a"], False)


def test_a_foreign_change_that_the_project_has_taken_over_is_not_overwritten() -> None:
    assert found({"a": 3}, {"a": 1}, None, {"a": 3}) == (["a"], [], False)


def test_what_an_interrupted_deploy_meant_is_our_own() -> None:
    assert found({"a": 2, "b": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 2, "b": 2}) is None


def test_a_foreign_change_is_seen_beside_an_interrupted_deploy() -> None:
    assert found({"a": 2, "b": 9}, {"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 2, "b": 2}) == (["b"], ["b"], False)


def test_what_an_interrupted_deploy_could_not_know_yet_is_not_compared() -> None:
    assert found({"a": "arn:9"}, {"a": "arn:8"}, {"a": Ref("f:x", "version")}, {"a": "arn:9"}) is None


def test_what_is_gone_is_told() -> None:
    assert found(None, {"a": 1}, None, {"a": 1}) == ([], [], True)


def test_what_cannot_become_what_it_was_is_told_too() -> None:
    seen = found({"a": 1}, {"a": 1, "refused": True}, None, {"a": 1})
    assert seen is not None and seen[0] == [""]


def test_packed_facts_come_back_with_what_is_not_known_yet() -> None:
    facts = {"a": [1, None, "ü"], "r": Ref("function:f", "version"), "p": Pending(("F:", Ref("function:f", "version")))}
    assert unpack(pack(facts)) == facts
    assert pack(facts) == pack(dict(reversed(facts.items())))
