"""docs/rules.md and the JSON Schema are generated, and fresh."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from stepdeploy.asl import reference
from tests.unit.asl.test_rules import definition_of, examples

AGAIN = "run: python -m stepdeploy.asl.reference"


def test_the_page_of_rules_is_fresh() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.rules_page(), AGAIN


def test_the_schema_is_fresh() -> None:
    assert json.loads(reference.SCHEMA.read_text(encoding="utf-8")) == reference.json_schema(), AGAIN


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(reference.json_schema())
    return jsonschema.Draft202012Validator(reference.json_schema())


@pytest.mark.parametrize(("rule_id", "machine_type", "example"), examples("good"))
def test_the_schema_takes_what_the_rules_take(
    rule_id: str, machine_type: str, example: dict[str, Any], validator: Any
) -> None:
    definition = definition_of(example)
    assert [error.message for error in validator.iter_errors(definition)] == []


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pas"},
        {"Type": "Pass", "TimeoutSeconds": 1},
        {"Type": "Wait", "Seconds": -1},
        {"Type": "Wait", "Seconds": "10"},
        {"Type": "Task", "End": True},
        {"Type": "Task", "Resource": "r", "Retry": [{"ErrorEquals": []}]},
        {"Type": "Choice", "Choices": [{"Not": {"Or": [{"Colour": "red"}]}, "Next": "A"}]},
        {"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {}}]},
    ],
)
def test_the_schema_refuses(state: dict[str, Any], validator: Any) -> None:
    assert not validator.is_valid({"StartAt": "A", "States": {"A": state}})
