"""Safe fixes: what they write, where they write it, and that they break nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stepdeploy.asl import check
from stepdeploy.jsonsource import parse
from stepdeploy.review import Facts, FunctionFacts, review
from stepdeploy.review.fixes import fixed
from tests.conftest import ROOT, SHARED

CORPUS = SHARED / "asl-corpus"
LAMBDA = "arn:aws:states:::lambda:invoke"


def fix(text: str, facts: Facts | None = None) -> str:
    source = parse(text, "m.asl.json")
    return fixed(source, source.value, facts or Facts())[0]


def one_task(**fields: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": LAMBDA, "Parameters": {"FunctionName": "F"}, **fields, "End": True}
    return {"StartAt": "A", "States": {"A": state}}


def test_a_bare_lambda_task_gets_all_of_it() -> None:
    facts = Facts(functions={"F": FunctionFacts(timeout_seconds=300)})
    found = json.loads(fix(json.dumps(one_task(), indent=2), facts))
    state = found["States"]["A"]
    assert found["TimeoutSeconds"] == 86_400
    assert state["TimeoutSeconds"] == 360
    assert state["Retry"][0]["JitterStrategy"] == "FULL" and "States.TaskFailed" not in state["Retry"][0]["ErrorEquals"]
    assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "ExecutionFailed"}]
    assert found["States"]["ExecutionFailed"] == {
        "Type": "Fail",
        "ErrorPath": "$.failure.Error",
        "CausePath": "$.failure.Cause",
    }
    assert list(state)[-4:] == ["TimeoutSeconds", "Retry", "Catch", "End"]


def test_an_unknown_function_gets_more_than_lambda_allows() -> None:
    assert json.loads(fix(json.dumps(one_task())))["States"]["A"]["TimeoutSeconds"] == 1080


@pytest.mark.parametrize("resource", [f"{LAMBDA}.waitForTaskToken", "arn:aws:states:::glue:startJobRun.sync"])
def test_what_may_take_any_time_gets_no_limit(resource: str) -> None:
    parameters = (
        {"FunctionName": "F", "Payload": {"t.$": "$$.Task.Token"}} if "lambda" in resource else {"JobName": "J"}
    )
    found = json.loads(fix(json.dumps(one_task(Resource=resource, Parameters=parameters))))
    assert "TimeoutSeconds" not in found and "TimeoutSeconds" not in found["States"]["A"]


def test_a_fail_state_that_hands_the_error_on_is_used() -> None:
    definition = one_task()
    definition["States"]["Gone"] = {"Type": "Fail", "ErrorPath": "$.err.Error", "CausePath": "$.err.Cause"}
    definition["States"]["A"]["Catch"] = [{"ErrorEquals": ["X"], "ResultPath": "$.err", "Next": "Gone"}]
    definition["States"]["A"] |= {"Next": "B"}
    del definition["States"]["A"]["End"]
    definition["States"]["B"] = one_task()["States"]["A"]
    found = json.loads(fix(json.dumps(definition)))["States"]
    assert found["B"]["Catch"][0] == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.err", "Next": "Gone"}
    assert set(found) == {"A", "B", "Gone"}


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    definition = one_task()
    definition["States"]["A"] |= {"Next": "ExecutionFailed"}
    del definition["States"]["A"]["End"]
    definition["States"]["ExecutionFailed"] = {"Type": "Pass", "End": True}
    assert "ExecutionFailed2" in json.loads(fix(json.dumps(definition)))["States"]


def test_jsonata_keeps_the_error_in_a_variable() -> None:
    definition = {"QueryLanguage": "JSONata", **one_task()}
    definition["States"]["A"]["Arguments"] = definition["States"]["A"].pop("Parameters")
    text = fix(json.dumps(definition))
    states = json.loads(text)["States"]
    assert states["A"]["Catch"][0]["Assign"] == {"failure": "{% $states.errorOutput %}"}
    assert states["ExecutionFailed"]["Error"] == "{% $failure.Error %}"
    assert not [found for found in check(text) if found.severity == "error"]


def test_items_that_may_be_no_objects_are_not_written_into() -> None:
    item = one_task()
    definition = {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}},
    }
    inner = json.loads(fix(json.dumps(definition)))["States"]["M"]["ItemProcessor"]["States"]
    assert inner["A"]["Catch"][0]["ResultPath"] == "$" and inner["MFailed"]["ErrorPath"] == "$.Error"


def test_what_is_caught_or_tried_again_around_it_is_left_alone() -> None:
    definition = {
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [one_task()],
                "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
                "Next": "Done",
            },
            "Done": {"Type": "Succeed"},
        },
    }
    inner = json.loads(fix(json.dumps(definition)))["States"]["P"]["Branches"][0]["States"]["A"]
    assert "Catch" not in inner and "Retry" not in inner and inner["TimeoutSeconds"]


@pytest.mark.parametrize(
    ("indent", "separators"), [(2, None), (4, None), ("\t", None), (None, (",", ":")), (None, None)], ids=repr
)
def test_what_was_there_stands_as_it_stood(indent: Any, separators: Any) -> None:
    text = json.dumps(one_task(Comment="ä / \u2028"), indent=indent, separators=separators, ensure_ascii=False)
    new = fix(text)
    rest = iter(new)
    assert all(character in rest for character in text), "something is gone, or has changed its place"
    assert ("\n" in new) == (indent is not None)
    if separators:
        assert '": ' not in new and ", " not in new
    if indent == "\t":
        assert '\n\t\t\t"TimeoutSeconds": 1080,\n' in new


def test_windows_line_ends_stay() -> None:
    text = json.dumps(one_task(), indent=2).replace("\n", "\r\n")
    new = fix(text)
    assert new.count("\n") == new.count("\r\n") > text.count("\n")


def test_a_broken_definition_is_refused() -> None:
    with pytest.raises(ValueError, match="errors"):
        fix('{"StartAt": "A", "States": {}}')


def test_the_reviews_own_definition_gets_better_and_stays_valid() -> None:
    text = (ROOT / "tests" / "fixtures" / "before.asl.json").read_text()
    new = fix(text)
    assert {found.pointer for found in check(new)} <= {found.pointer for found in check(text)}
    before, after = (review(json.loads(one)) for one in (text, new))
    assert after.score("robustness") > before.score("robustness") + 1
    assert not {"REV101", "REV103", "REV105", "REV108"} & {item.rule for item in after.deductions}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not part of the project")
def test_on_the_corpus_fixing_adds_no_finding_and_ends_at_once() -> None:
    """Every valid definition: no error and no warning that was not there before, and nothing more to fix."""
    labels = [json.loads(line) for line in (CORPUS / "labels.jsonl").read_text().splitlines()]
    valid = [item for item in labels if item["file"].startswith("valid/")]
    wrong = [item["file"] for item in valid if _breaks(item["file"], item.get("machine_type") or "STANDARD")]
    assert len(valid) > 400 and wrong == []


def _breaks(file: str, type_: str) -> bool:
    text = (CORPUS / file).read_text()
    new = fix(text, Facts(type=type_))
    before, after = ({(found.rule, found.pointer) for found in check(one, machine_type=type_)} for one in (text, new))
    return bool(after - before) or fix(new, Facts(type=type_)) != new
