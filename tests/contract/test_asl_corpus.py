"""The labelled definitions: what AWS refuses we refuse, what AWS takes we take. `scripts/bench_validator` has details."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from stepdeploy.asl import check_value, reference
from tests.contract.corpus import CORPUS, Verdict, judged, median_milliseconds
from tests.contract.replay import RECORDINGS, recordings

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no labelled definitions at {CORPUS}")

INVALID_CAUGHT = 126
MOST_MILLISECONDS = 3
MOST_SECONDS = 4
FAIL_WHEN_RUN = {
    # MaxConcurrency is given $states, which is an object.
    "valid/ls-asl--src-tests-json-strings-validationStrings-ts-documentMapJSONata.json",
    # ResultSelector reads $.template from the output of lambda:invoke, which has Payload and four others.
    "valid/ls-asl--ings-validationStrings-ts-documentValidResultSelectorIntrinsicFunction.json",
    # Where $.trigger is not present, Default leads to a state that reads $.trigger.
    "valid/wf--uml-statemachine-statemachine-BlogOpenRequestSM-asl-json.json",
    # Items is an object in an inline Map: the recorded executions of both failed.
    "valid/ls--arios-test-map-state-items-eval-jsonata-variable-sampling-fail-object.json",
    "valid/ls--os-py-TestBaseScenarios-test-map-state-items-eval-jsonata-fail-object.json",
}
"""Valid definitions with an error about their data that was looked at and is true."""
DATA_ERRORS = ("States.Runtime", "States.QueryEvaluationError", "States.ResultPathMatchFailure")
CODES = re.compile(r"\b([A-Z]+(?:_[A-Z]+)+): ")


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return judged()


def test_what_aws_refuses_is_refused(verdicts: list[Verdict]) -> None:
    missed = [verdict.file for verdict in verdicts if verdict.label == "invalid" and not verdict.flagged]
    assert sum(verdict.label == "invalid" for verdict in verdicts) - len(missed) >= INVALID_CAUGHT, missed


def test_what_aws_takes_is_taken(verdicts: list[Verdict]) -> None:
    rejected = {
        verdict.file: [finding for finding in verdict.findings if finding.severity == "error"]
        for verdict in verdicts
        if verdict.label == "valid" and verdict.flagged
    }
    assert rejected == {}


def test_what_fails_whatever_the_input_is_seen(verdicts: list[Verdict]) -> None:
    missed = [verdict.file for verdict in verdicts if verdict.label == "dataflow" and not verdict.flagged]
    assert missed == []


def test_errors_about_data_of_valid_definitions_are_known_ones(verdicts: list[Verdict]) -> None:
    found = {verdict.file for verdict in verdicts if verdict.label == "valid" and verdict.data_errors}
    assert found == FAIL_WHEN_RUN


def test_a_check_is_fast(verdicts: list[Verdict]) -> None:
    assert median_milliseconds(verdicts) < MOST_MILLISECONDS
    assert sum(verdict.seconds for verdict in verdicts) < MOST_SECONDS


def test_the_schema_takes_what_aws_takes(verdicts: list[Verdict]) -> None:
    validator = jsonschema.Draft202012Validator(reference.json_schema())
    refused = [
        verdict.file
        for verdict in verdicts
        if verdict.label == "valid" and not validator.is_valid(json.loads((CORPUS / verdict.file).read_text("utf-8")))
    ]
    assert refused == []


def test_codes_are_those_of_aws(verdicts: list[Verdict]) -> None:
    """Where AWS's answer is on record or quoted, one of its codes is ours."""
    quoted = [verdict for verdict in verdicts if verdict.label == "invalid" and CODES.search(verdict.why)]
    missed = {
        verdict.file: verdict.why
        for verdict in quoted
        if not any(finding.code in CODES.findall(verdict.why) for finding in verdict.findings)
    }
    assert quoted and missed == {}


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings at {RECORDINGS}")
@pytest.mark.parametrize("folder", ["executions", "final_only"])
def test_what_aws_ran_is_taken(folder: str) -> None:
    """Each recorded definition was created on AWS; only a recorded failure may carry an error, and one about its data."""
    rows = recordings(folder)
    refused = {}
    for row in rows:
        errors = [finding for finding in check_value(row["definition"]) if finding.severity == "error"]
        foreseen = row["expected"]["status"] != "SUCCEEDED" and all(not finding.code for finding in errors)
        if errors and not foreseen:
            refused[row["id"]] = errors
    assert rows and refused == {}


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings at {RECORDINGS}")
@pytest.mark.parametrize(("folder", "foreseen"), [("executions", 34), ("final_only", 0)])
def test_the_data_of_what_aws_ran(folder: str, foreseen: int) -> None:
    """Told the recorded input, the data layer finds no fault in what succeeded, and most failures of data."""
    seen, wrong = 0, {}
    for row in recordings(folder):
        findings = check_value(row["definition"], input_schema={"const": row.get("input")})
        errors = [finding for finding in findings if finding.layer == "data" and finding.severity == "error"]
        if row["expected"]["status"] == "SUCCEEDED" and errors:
            wrong[row["id"]] = errors
        seen += bool(errors) and row["expected"].get("error") in DATA_ERRORS
    assert wrong == {}
    assert seen >= foreseen
