"""What a prune removes and what it leaves, from prepared answers of AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from stepdeploy import prune
from stepdeploy.engine.model import Plan
from tests.unit.prune.world import World, definition, scope

# Version n of the machine calls F-test:n, and G-test:1 always.
VERSIONS = {0: definition("F-test:6", "G-test:1"), **{n: definition(f"F-test:{n}", "G-test:1") for n in range(1, 7)}}
FUNCTIONS = {
    "F-test": {**{str(n): [n] for n in range(1, 7)}, "$LATEST": [6]},
    "G-test": {"1": [6], "2": [6], "$LATEST": [6]},
}
LIVE = {"live": ({6: 100}, "stepdeploy before 5<4<3<2<1")}


def world(**more: Any) -> World:
    return World(
        **{"versions": VERSIONS, "functions": FUNCTIONS, "aliases": LIVE, "layer_versions": range(1, 7), **more}
    )


def removed(plan: Plan) -> dict[str, list[str]]:
    """Address -> the versions that its calls delete."""
    return {
        action.address: [
            str(call.params.get("Qualifier") or call.params.get("VersionNumber")
                or call.params["stateMachineVersionArn"].rsplit(":", 1)[-1])
            for call in action.calls
        ]
        for action in plan.actions
    }  # fmt: skip


def pruned(made: World, **more: Any) -> dict[str, list[str]]:
    return removed(prune.plan(made.aws(), scope(**more)))


def test_the_newest_what_the_alias_serves_and_the_last_of_its_history_stay() -> None:
    assert pruned(world()) == {
        "machine_versions:main": ["1", "2", "3"],
        "function_versions:f": ["1", "2", "3"],
        "layer_versions:deps": ["1", "2", "3"],
    }


def test_functions_go_after_machines_and_layers_after_functions() -> None:
    plan = prune.plan(world().aws(), scope())
    assert [sorted(action.needs) for action in plan.actions] == [
        [],
        ["machine_versions:main"],
        ["function_versions:f", "machine_versions:main"],
    ]
    assert plan.unchanged == ("function_versions:g",)
    assert [call.label for action in plan.actions for call in action.calls[:1]] == [
        "stepfunctions:DeleteStateMachineVersion",
        "lambda:DeleteFunction",
        "lambda:DeleteLayerVersion",
    ]
    assert all(call.params.get("Qualifier") for call in plan.actions[1].calls)


def test_pruning_what_is_pruned_finds_nothing() -> None:
    left = {number: text for number, text in VERSIONS.items() if number in (0, 4, 5, 6)}
    functions = {**FUNCTIONS, "F-test": {**{str(n): [n] for n in (4, 5, 6)}, "$LATEST": [6]}}
    plan = prune.plan(world(versions=left, functions=functions, layer_versions=[4, 5, 6]).aws(), scope())
    assert not plan
    assert len(plan.unchanged) == 4


@pytest.mark.parametrize(
    ("more", "kept", "why"),
    [
        ({"aliases": {**LIVE, "other": ({1: 100}, "")}}, 1, "the alias other serves it"),
        ({"aliases": {"live": ({6: 90, 2: 10}, "")}}, 2, "the alias live serves it"),
        ({"aliases": {"live": ({6: 100}, "stepdeploy before 2<1")}}, 2, "the alias live served it, and may be rolled back"),
        ({"aliases": {"live": ({6: 100}, "stepdeploy before 99<5<98<2<1")}}, 2, "the alias live served it"),
        ({"executions": [("run", "RUNNING", 2, 0, "")]}, 2, "the execution run is RUNNING"),
        ({"executions": [("run", "PENDING_REDRIVE", 2, 0, "")]}, 2, "the execution run is PENDING_REDRIVE"),
        ({"executions": [("run", "FAILED", 2, 24, "")]}, 2, "the execution run (FAILED) may be redriven until 2026-12-06"),
        ({"executions": [("run", "TIMED_OUT", 2, 24, "")]}, 2, "may be redriven"),
        ({"executions": [("run", "ABORTED", 2, 13 * 24, "")]}, 2, "may be redriven"),
    ],
    ids=["another alias", "weighted", "history", "history that names what is gone", "running", "pending redrive", "failed", "timed out", "aborted"],
)  # fmt: skip
def test_a_needed_version_stays_with_its_functions_and_says_why(more: dict[str, Any], kept: int, why: str) -> None:
    plan = prune.plan(world(**more).aws(), scope())
    found = removed(plan)
    for address in ("machine_versions:main", "function_versions:f", "layer_versions:deps"):
        assert str(kept) not in found[address]
        assert "3" in found[address]
    assert any(f"M-test:{kept} is kept: " in note and why in note for note in plan.notes)


@pytest.mark.parametrize(
    ("more", "given"),
    [
        ({"executions": [("run", "SUCCEEDED", 1, 1, "")]}, {}),
        ({"executions": [("run", "FAILED", 1, 15 * 24, "")]}, {}),
        ({"executions": [("run", "FAILED", 1, 1, "")]}, {"redrive": False}),
        ({"executions": [("smoke-nobody-0a1b2c3d", "FAILED", 1, 1, "")]}, {}),
        ({"executions": [("run", "RUNNING", 1, 1, "")], "type": "EXPRESS"}, {}),
    ],
    ids=["succeeded", "too old to be redriven", "told not to", "a smoke case", "express executions cannot be listed"],
)
def test_executions_that_need_nothing(more: dict[str, Any], given: dict[str, Any]) -> None:
    assert pruned(world(**more), **given)["machine_versions:main"] == ["1", "2", "3"]


def test_the_history_of_releases_counts_as_the_alias_own() -> None:
    assert "2" not in pruned(world(), served={"main": [6, 2, 1]})["machine_versions:main"]
    assert "1" in pruned(world(), served={"main": [6, 2, 1]})["machine_versions:main"]


def test_an_execution_started_without_a_version_keeps_the_functions_that_it_calls() -> None:
    ran = [("run", "RUNNING", None, 0, definition("F-test:2"))]
    found = pruned(world(executions=ran))
    assert found["machine_versions:main"] == ["1", "2", "3"]
    assert found["function_versions:f"] == ["1", "3"]


def test_an_execution_of_a_version_that_is_gone_keeps_the_functions_that_it_calls() -> None:
    ran = [("run", "RUNNING", 99, 0, definition("F-test:1"))]
    assert pruned(world(executions=ran))["function_versions:f"] == ["2", "3"]


def test_thousands_of_executions_without_a_version_are_asked_for_once_a_revision() -> None:
    ran = [(f"run{n}", "FAILED", None, 300 - n / 10, definition(f"F-test:{1 + n // 1000}")) for n in range(3000)]
    fake = world(executions=ran).aws()
    assert "function_versions:f" not in removed(prune.plan(fake, scope()))
    assert fake.labels().count("stepfunctions:describe_state_machine_for_execution") < 40


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"lambda_aliases": {"F-test": ["5+2"]}}, "the Lambda alias hand names it"),
        ({"provisioned": {"F-test": ["2"]}}, "it has provisioned concurrency"),
        ({"mapped": ["G-test:1", "F-test:2"]}, "an event source mapping calls it"),
        ({"rules": {"F-test:2": ["F-test-warm-up"]}}, "the rule F-test-warm-up calls it"),
        ({"policies": {"F-test:2": ["stepdeploy-warm-up", "bucket"]}}, "its policy lets somebody call it (statement bucket)"),
    ],
    ids=["Lambda alias", "provisioned", "mapping", "rule", "policy"],
)  # fmt: skip
def test_what_calls_a_function_version_past_the_machines_keeps_it(more: Mapping[str, Any], why: str) -> None:
    plan = prune.plan(world(**more).aws(), scope())
    assert removed(plan)["function_versions:f"] == ["1", "3"]
    assert f"F-test:2 is kept: {why}" in plan.notes
    assert removed(plan)["layer_versions:deps"] == ["1", "3"]


def test_a_warm_up_statement_left_behind_keeps_nothing() -> None:
    assert pruned(world(policies={"F-test:2": ["stepdeploy-warm-up"]}))["function_versions:f"] == ["1", "2", "3"]


def test_the_newest_version_of_a_function_stays_though_no_machine_calls_it() -> None:
    unused = {"F-test": FUNCTIONS["F-test"], "G-test": {str(n): [] for n in range(1, 5)}}
    assert pruned(world(functions=unused))["function_versions:g"] == ["2", "3"]


def test_a_machine_that_is_left_out_keeps_what_it_calls() -> None:
    assert pruned(world(), machines=()) == {}


def test_what_does_not_bear_our_tags_is_left_alone_and_still_counts() -> None:
    assert pruned(world(tags={})) == {}


def test_a_definition_that_chooses_its_function_at_run_time_keeps_all_functions() -> None:
    path = definition("F-test").replace('"FunctionName": ', '"FunctionName.$": ')
    plan = prune.plan(world(versions={**VERSIONS, 5: path}).aws(), scope())
    assert list(removed(plan)) == ["machine_versions:main"]
    assert "M-test:5 takes the name or version of a function from its input" in plan.notes[-1]


def test_what_is_not_there_is_passed_over() -> None:
    nothing = World(versions={})
    aws = nothing.aws()
    assert not prune.plan(aws, scope())
    assert not [label for label in aws.labels() if "delete" in label]


def test_many_pages_of_versions_are_read() -> None:
    many = {0: VERSIONS[0], **dict.fromkeys(range(1, 12), VERSIONS[6])}
    found: Sequence[str] = pruned(world(versions=many, aliases={}))["machine_versions:main"]
    assert found == [str(n) for n in range(1, 10)]
