"""A slice of scripts/faults, one case of each kind of fault and operation, and its checks on runs and states that are wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.local.wire import HttpRequest, HttpResponse
from tests.conftest import ROOT

SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))
from aws_operations import Operation  # noqa: E402
from aws_proxy import Lost, Seen  # noqa: E402
from faults import SLICE  # noqa: E402
from faults_cases import SCENARIOS, Case, cases  # noqa: E402
from faults_checks import CRASH, first_run  # noqa: E402
from faults_meddle import FAULTS, Fault, Target  # noqa: E402
from faults_results import Results, Row, table  # noqa: E402
from faults_runs import Ran  # noqa: E402
from faults_special import _one_won  # noqa: E402
from faults_state import clean, differences  # noqa: E402


def test_a_slice_of_faults() -> None:
    command = [sys.executable, str(SCRIPTS / "faults.py"), "--slice"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    count = len(SLICE)
    assert ran.stdout.splitlines()[-1] == f"{count} cases, {count} passed, 0 failed", ran.stdout + ran.stderr
    assert ran.returncode == 0


# What counts as wrong -------------------------------------------------------------------------------------------------


def seen(label: str, resource: str, *, status: int = 200) -> Seen:
    service, _, name = label.partition(":")
    return Seen(Operation(service, name, resource, {}), 1, HttpRequest("POST", "/"), 0.0, 1.0, status)


def told(fault: str, code: int, err: str = "", *, moves: tuple[str, ...] = (), before_alias: bool = True) -> str:
    """What is said of a first deploy whose CreateRole was disturbed, after another call had been made."""
    case = Case("first", fault, Target("iam:CreateRole", "R"), True, before_alias)
    calls = [seen("sns:CreateTopic", "T"), seen("iam:CreateRole", "R", status=500)]
    return " ".join(first_run(case, Ran(code, "", err, 1.0), calls, list(moves)))


def test_runs_that_end_as_they_should_are_not_wrong() -> None:
    assert told("throttled", 0) == ""
    assert told("failure-on", 5, "iam:CreateRole: InternalFailure") == ""
    assert told("killed-after", -9) == ""
    assert told("lost", 0, moves=("v1",)) == ""
    assert told("lost", 5) == ""
    assert told("failure-on", 5, "iam:CreateRole", moves=("v1",), before_alias=False) == ""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (told("throttled", 5, "iam:CreateRole"), "one error was not tried again"),
        (told("failure-on", 0), "ended with exit 0 instead of 5"),
        (told("failure-on", 1, "iam:CreateRole"), "ended with exit 1 instead of 5"),
        (told("throttled-on", 5, "something failed"), "does not name iam:CreateRole"),
        (told("killed-before", 1), "ended with exit 1"),
        (told("lost", 3), "ended with exit 3"),
        (told("lost", 5, CRASH), "crashed"),
        (told("throttled-on", 5, "iam:CreateRole", moves=("v1",)), "the alias was moved"),
    ],
)
def test_runs_that_end_otherwise_are_wrong(found: str, expected: str) -> None:
    assert expected in found


def test_of_two_runs_exactly_one_goes_through_and_the_other_names_it() -> None:
    won = (7, Ran(0, "", "", 1.0))
    refused = (8, Ran(1, "", "error: me@host (process 7) is deploying since", 1.0))
    assert _one_won([won, refused]) == []
    assert "0 of two" in _one_won([refused, refused])[0]
    assert "2 of two" in _one_won([won, won])[0]
    assert "does not name the holder" in _one_won([won, (8, Ran(1, "", "somebody is deploying", 1.0))])[0]


# What AWS holds -------------------------------------------------------------------------------------------------------


def test_what_is_missing_left_over_or_changed_is_told() -> None:
    wanted = {"role": {"R": {"policy": ["a", "b"]}, "S": {}}, "queue": {"q": {"delay": 0}}}
    assert differences(wanted, {"role": {"R": {"policy": ["a", "b"]}, "S": {}}, "queue": {"q": {"delay": 0}}}) == []
    found: Any = {"role": {"R": {"policy": ["a", "c"]}, "R:2": {}}, "queue": {}}
    assert differences(wanted, found) == [
        "queue q is missing",
        "role S is missing",
        "role R:2 is left over, or was made twice",
        'role R: /policy/1: "c" instead of "b"',
    ]


def test_times_random_ids_and_the_order_of_answers_are_not_compared() -> None:
    one = {"CreateDate": 1, "Tags": [{"Key": "a"}, {"Key": "b"}], "Arn": "x:3f2c1a9e-0b1c-4d2e-8f3a-5b6c7d8e9f00"}
    other = {"CreateDate": 2, "Tags": [{"Key": "b"}, {"Key": "a"}], "Arn": "x:00000000-0b1c-4d2e-8f3a-5b6c7d8e9f00"}
    assert clean(one) == clean(other)
    assert clean({"order": ["a", "b"]}) != clean({"order": ["b", "a"]})


# Faults and cases -----------------------------------------------------------------------------------------------------


def outcomes(kind: str, nth: int, calls: int) -> tuple[list[str], int, int]:
    """What becomes of so many calls of one operation on one resource: "asked", a status, or "lost"; calls that AWS saw;
    kills."""
    asked: list[int] = []
    killed: list[int] = []

    def ask() -> HttpResponse:
        asked.append(1)
        return HttpResponse(200)

    fault = Fault(kind, Target("iam:CreateRole", "R", nth), lambda: killed.append(1))
    scope = "AWS4-HMAC-SHA256 Credential=x/20270101/eu-west-1/iam/aws4_request"
    found = []
    for _ in range(calls):
        one = seen("iam:CreateRole", "R")
        one.request = HttpRequest("POST", "/", [("Authorization", scope)])
        try:
            found.append(str(fault(one, ask).status))
        except Lost:
            found.append("lost")
    fault(seen("iam:CreateRole", "another"), lambda: HttpResponse(200))
    return found, len(asked), len(killed)


def test_a_fault_strikes_at_its_call_and_there_alone_unless_it_lasts() -> None:
    assert outcomes("throttled", 2, 3) == (["200", "400", "200"], 2, 0)
    assert outcomes("failure", 1, 2) == (["500", "200"], 1, 0)
    assert outcomes("failure-on", 2, 4) == (["200", "500", "500", "500"], 1, 0)
    assert outcomes("killed-before", 1, 1) == (["lost"], 0, 1)
    assert outcomes("killed-after", 1, 1) == (["lost"], 1, 1)
    assert outcomes("lost", 1, 2) == (["lost", "200"], 2, 0)


def test_each_write_is_disturbed_in_every_way_and_each_kind_of_read_by_errors() -> None:
    calls = [
        {"label": "iam:GetRole", "resource": "R", "nth": 1, "writes": False},
        {"label": "iam:CreateRole", "resource": "R", "nth": 1, "writes": True},
        {"label": "stepfunctions:CreateStateMachineAlias", "resource": "A", "nth": 1, "writes": True},
        {"label": "iam:GetRole", "resource": "S", "nth": 1, "writes": False},
        {"label": "events:PutRule", "resource": "E", "nth": 1, "writes": True},
    ]
    found = list(cases(SCENARIOS["first"], calls))
    ids = [case.id for case in found]
    assert len(ids) == len(set(ids)) == 3 * len(FAULTS) + 4
    assert "first/iam:GetRole (first)/throttled-on" in ids and "first/iam:CreateRole R #1/lost" in ids
    assert {case.target.label for case in found if not case.before_alias} == {
        "stepfunctions:CreateStateMachineAlias", "events:PutRule",
    }  # fmt: skip


# Results --------------------------------------------------------------------------------------------------------------


def test_what_has_passed_is_not_done_again_and_what_failed_is(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    results = Results(file=file)
    results.add("a", {"problems": []})
    results.add("b", {"problems": ["wrong"]})
    results.add("c", {"crash": "died"})
    with file.open("a") as half:
        half.write('{"id": "d", "prob')  # the run was stopped here
    again = Results(file=file)
    assert [again.passed(case) for case in "abcd"] == [True, False, False, False]
    assert not Results(file=file, fresh=True).passed("a")
    rows = [Row(case, "first deploy", "its answer was lost") for case in "abc"]
    assert table(rows, results.found, ["first deploy"])[-1] == "3 cases, 1 passed, 2 failed"


def test_results_of_another_source_are_void(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results.jsonl"
    Results(file=file).add("a", {"problems": []})
    monkeypatch.setattr("faults_results.fingerprint", lambda: "another")
    assert not Results(file=file).passed("a")


def test_jobs_run_side_by_side_and_one_that_dies_is_told() -> None:
    """In a process without threads, since each job is forked."""
    code = """
import sys; sys.path.insert(0, sys.argv[1])
from faults_workers import side_by_side
import json, os
def dies(): raise ValueError("here")
jobs = [("a", lambda: [1]), ("b", dies), ("c", lambda: os._exit(1)), ("d", lambda: {"x": 2})]
print(json.dumps(dict(side_by_side(jobs, at_once=2))))
"""
    ran = subprocess.run([sys.executable, "-c", code, str(SCRIPTS)], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    assert found["a"] == [1] and found["d"] == {"x": 2}
    assert "ValueError: here" in found["b"]["crash"] and found["c"] == {"crash": "its process died"}
