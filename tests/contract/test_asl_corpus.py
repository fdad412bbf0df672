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


def test_a_check_is_fast(verdicts: list[Verdict]) -> None:
    assert median_milliseconds(verdicts) < MOST_MILLISECONDS


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
