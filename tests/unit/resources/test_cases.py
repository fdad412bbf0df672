"""Case files: what is wanted and what there is go in, the exact AWS calls come out.

tests/cases/<kind>/<name>.json holds {"desired", "actual" (null or {"tags", "view"}), "calls" ([operation, params] in
order), "changes" (paths), "outputs", "notes"} or {"desired", "actual", "error" (a part of the message)}.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stepdeploy.errors import InvalidProject
from tests.unit.resources.case_files import FILES, FOLDER, KINDS, actual, calls_of, load, made_plain, resource
from tests.unit.resources.shapes import answer_problems, parameter_problems


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_case(path: Path) -> None:
    case = load(path)
    made = resource(path, case)
    if "error" in case:
        with pytest.raises(InvalidProject, match=case["error"]) as caught:
            made.diff(actual(case), made.desired)
        assert caught.value.hint and caught.value.where == made.address
        return
    decision = made.diff(actual(case), made.desired)
    assert calls_of(decision.calls) == case["calls"]
    assert [change.path for change in decision.changes] == case["changes"]
    assert dict(decision.outputs) == case["outputs"]
    assert list(decision.notes) == case.get("notes", [])


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_calls_are_what_aws_takes(path: Path) -> None:
    case = load(path)
    if "error" in case:
        return
    made = resource(path, case)
    for call in made.diff(actual(case), made.desired).calls:
        assert parameter_problems(call.service, call.operation, made_plain(call.params)) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_case_for_creation_and_for_nothing_to_do(kind: str) -> None:
    assert (FOLDER / kind / "create.json").is_file() or list((FOLDER / kind).glob("create_*.json"))
    assert load(FOLDER / kind / "no_change.json")["calls"] == []


def test_the_check_of_parameters_finds_wrong_names_and_types() -> None:
    assert "Nmae" in parameter_problems(
        "iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Nmae": 1}
    )
    assert "AssumeRolePolicyDocument" in parameter_problems("iam", "create_role", {"RoleName": "r"})
    assert parameter_problems("lambda", "publish_version", {"FunctionName": 7})


def test_the_check_of_answers_finds_wrong_names_and_types() -> None:
    assert answer_problems("iam", "get_role", {"Role": {"Nmae": "r"}}) == ["get_role.Role.Nmae is not in the model"]
    assert answer_problems("lambda", "get_function", {"Tags": {"a": 1}}) == ["get_function.Tags.a is 1, not string"]
