"""Each rule on a definition that breaks it and on one that does not; those of the review's own gaps stand in test_before."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.asl import Finding
from stepdeploy.review import AXES, Alarm, Facts, FunctionFacts, review
from stepdeploy.review.registry import rules

LAMBDA = "arn:aws:states:::lambda:invoke"


def task(resource: str = LAMBDA, function: str = "F", **fields: Any) -> dict[str, Any]:
    parameters = {"FunctionName": function} if "lambda" in resource else {}
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def branch(**states: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [machine(**{name: state}) for name, state in states.items()], "End": True}


def retry(*names: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(names), **fields}]


def over(item: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": machine(Item=item), "End": True, **fields}


def catch(target: str, *names: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(names or ("States.ALL",)), "Next": target, **fields}]


FAIL = {"Type": "Fail", "ErrorPath": "$.e.Error", "CausePath": "$.e.Cause"}
TOKEN = f"{LAMBDA}.waitForTaskToken"
CALLS = retry("States.TaskFailed")
GATE = {"Type": "Choice", "Choices": [{"Variable": "$.open", "BooleanEquals": True, "Next": "Out"}], "Default": "Work"}
COMPARE = {"Variable": "$.statusCode", "NumericEquals": 200}

CASES: dict[str, tuple[Any, Any]] = {
    # rule: (definition, or (definition, facts), that breaks it; one that does not)
    "REV101": (machine(A=task()), machine(A=task(Catch=catch("B")), B=FAIL)),
    "REV102": (
        machine(A=task(Catch=catch("F"), Next="B"), B=task(), F=FAIL),
        machine(A=task(Catch=[*catch("F", "States.Timeout"), *catch("F")], Next="B"), B=task(), F=FAIL),
    ),
    "REV103": (machine(A=task()), machine(A=task(TimeoutSecondsPath="$.limit"))),
    "REV104": (machine(A=task(TOKEN)), machine(A=task(TOKEN, HeartbeatSeconds=60))),
    "REV105": (machine(A=task()), ({**machine(A=task())}, Facts(type="EXPRESS"))),
    "REV106": (machine(A=task()), machine(P={**branch(A=task()), "Retry": CALLS})),
    "REV107": (machine(A=task(Retry=retry("X", MaxAttempts=1))), machine(A=task(Retry=retry("X")))),
    "REV108": (machine(A=task(Retry=retry("X"))), machine(A=task(Retry=retry("X", JitterStrategy="FULL")))),
    "REV109": (
        machine(C={"Type": "Choice", "Choices": [{**COMPARE, "Next": "A"}]}, A=task()),
        machine(
            C={
                "Type": "Choice",
                "Choices": [{"And": [COMPARE, {"Variable": "$.body.share", "NumericGreaterThan": 95}], "Next": "A"}],
            },
            A=task(),
        ),
    ),
    "REV110": ((machine(A=task()), Facts(named=False)), (machine(A=task()), Facts(named=True))),
    "REV111": (
        machine(A=task(Catch=catch("F"), Next="B"), B=task(), F=FAIL),
        machine(A=task(Catch=catch("Tidy"), Next="B"), B=task(), Tidy=task(Next="F"), F=FAIL),
    ),
    "REV113": ((machine(A=task()), Facts(aliased=False)), (machine(A=task()), Facts(aliased=True))),
    "REV114": (
        machine(Work=task(Retry=CALLS)),
        machine(Ask=task(Next="Gate"), Gate=GATE, Out=FAIL, Work=task(Retry=CALLS)),
    ),
    "REV116": (
        machine(C={"Type": "Choice", "Choices": [{**COMPARE, "Next": "A"}]}, A=task()),
        machine(C={"Type": "Choice", "Choices": [{**COMPARE, "Next": "A"}], "Default": "A"}, A=task()),
    ),
    "REV117": (machine(M=over(task())), machine(M=over(task(), ToleratedFailurePercentage=5))),
    "REV201": ((machine(A=task()), Facts(log_level="OFF")), (machine(A=task()), Facts(log_level="ALL"))),
    "REV202": (
        (machine(A=task()), Facts(alarms=(Alarm("AWS/States", "ExecutionsFailed", tells=False),))),
        (machine(A=task()), Facts(alarms=(Alarm("AWS/States", "ExecutionsFailed"),))),
    ),
    "REV203": (
        (machine(A=task()), Facts(alarms=(Alarm("AWS/States", "ExecutionTime"),))),
        (machine(A=task()), Facts(alarms=(Alarm("Shop", "Completeness"),))),
    ),
    "REV204": ((machine(A=task()), Facts(tracing=False)), (machine(A=task()), Facts(tracing=True))),
    "REV205": (
        machine(A=task(Catch=catch("F", ResultPath=None)), F=FAIL),
        machine(A=task(Catch=catch("F", ResultPath="$.e")), F=FAIL),
    ),
    "REV206": (
        (machine(A=task()), Facts(tracing=True, actions=frozenset({"lambda:invokefunction"}))),
        (machine(A=task()), Facts(tracing=True, actions=frozenset({"xray:put*"}))),
    ),
    "REV207": ((machine(A=task()), Facts(dashboards=0)), (machine(A=task()), Facts(dashboards=1))),
    "REV301": (machine(P=branch(A=task(), B=task())), machine(W=task(Next="P"), P=branch(A=task(), B=task()))),
    "REV302": (
        machine(A=task(Retry=retry("States.ALL"))),
        machine(A=task(Retry=[*retry("X", IntervalSeconds=1), *retry("Y", IntervalSeconds=20)])),
    ),
    "REV303": (
        machine(A=task(Retry=retry("Lambda.TooManyRequestsException", IntervalSeconds=1))),
        machine(A=task(Retry=retry("Lambda.TooManyRequestsException", IntervalSeconds=15))),
    ),
    "REV304": (
        (machine(A=task(TimeoutSeconds=60)), Facts(functions={"F": FunctionFacts(timeout_seconds=300)})),
        (machine(A=task(TimeoutSeconds=360)), Facts(functions={"F": FunctionFacts(timeout_seconds=300)})),
    ),
    "REV305": (
        (machine(A=task()), Facts(functions={"F": FunctionFacts(memory_mb=2048)})),
        (machine(A=task()), Facts(functions={"F": FunctionFacts(memory_mb=256)})),
    ),
    "REV306": (
        machine(A=task(Next="B"), B=task()),
        machine(Ask=task(Next="Gate"), Gate=GATE, Out={"Type": "Succeed"}, Work=task()),
    ),
    "REV309": (
        (machine(A=task()), Facts(functions={"F": FunctionFacts(dependencies="bundled")})),
        (machine(A=task()), Facts(functions={"F": FunctionFacts(dependencies="bundled", kept_warm=True)})),
    ),
    "REV401": ((machine(A=task()), Facts(batched=False)), machine(M=over(task()))),
    "REV402": (machine(M=over(task())), machine(M=over(task(), MaxConcurrency=5))),
    "REV403": ((machine(A=task()), Facts(queued=False)), (machine(A=task()), Facts(queued=True))),
    "REV404": (machine(A=task()), machine(A=task(OutputPath="$.Payload"))),
    "REV501": (machine(A=task(Retry=CALLS)), machine(A=task(Retry=retry("Lambda.ServiceException")))),
    "REV502": (
        (machine(A=task()), Facts(functions={"F": FunctionFacts(architecture="x86_64")})),
        (machine(A=task()), Facts(functions={"F": FunctionFacts(architecture="arm64")})),
    ),
}
ELSEWHERE = {"REV112", "REV115", "REV307", "REV308"}
"""Those that need the validator's findings (below), or more than a few states (test_before, test_projects)."""


def broken(case: Any) -> set[str]:
    definition, facts = case if isinstance(case, tuple) else (case, Facts())
    return {item.rule for item in review(definition, facts).deductions}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_breaks_it(rule: str) -> None:
    assert rule in broken(CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_takes_nothing_off_where_it_is_kept(rule: str) -> None:
    assert rule not in broken(CASES[rule][1])


def test_every_rule_has_its_cases() -> None:
    assert {rule.id for rule in rules()} == set(CASES) | ELSEWHERE


def test_what_the_validator_finds_counts() -> None:
    error = Finding("ASL030", "error", "Missing 'Next' target", ("States", "A", "Next"))
    absent = Finding("ASL113", "warning", "`$.x` may be absent", ("States", "A"), layer="data")
    found = {item.rule: item for item in review(machine(A=task()), findings=(error, absent)).deductions}
    assert found["REV115"].spots[0].pointer == ("States", "A", "Next")
    assert found["REV112"].points["robustness"] < found["REV115"].points["robustness"]


def test_metadata_is_complete() -> None:
    for rule in rules():
        assert rule.weights and set(rule.weights) <= set(AXES) and all(weight > 0 for weight in rule.weights.values())
        assert rule.reason.endswith(".") and rule.fix.endswith(".") and not rule.title.endswith(".")


def test_rules_that_may_not_know_say_what_they_need() -> None:
    """A Parallel and Lambda Tasks, and nothing else known: what cannot be judged names its needs."""
    unknown = review(machine(P=branch(A=task(), B=task()))).unknown
    assert len(unknown) >= 12 and all(item.needs for item in unknown)


def test_one_place_of_many_costs_less_and_more_than_its_share() -> None:
    states = {f"T{number}": task(TimeoutSeconds=5) for number in range(8)} | {"Open": task()}
    points = next(item for item in review(machine(**states)).deductions if item.rule == "REV103").points
    assert points["robustness"] == pytest.approx(0.8 / 3, abs=0.01)


def test_no_score_is_below_zero_and_rubbish_is_no_crash() -> None:
    for value in (
        {},
        {"States": []},
        machine(A={"Type": "Task", "Retry": 7, "Catch": "x"}),
        machine(A=[]),
        machine(A={}),
    ):
        assert all(0 <= score.points <= 10 for score in review(value).scores)
