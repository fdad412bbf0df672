"""The labelled definitions: what AWS refuses we refuse, what AWS takes we take. `scripts/bench_validator` has details."""

from __future__ import annotations

import json

import jsonschema
import pytest

from stepdeploy.asl import reference
from tests.contract.corpus import CORPUS, Verdict, judged, median_milliseconds

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no labelled definitions at {CORPUS}")

INVALID_CAUGHT = 126
MOST_MILLISECONDS = 3


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
