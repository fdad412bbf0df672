"""The definition that the architecture review was about: every gap that it lists is found, and the scores are its own."""

from __future__ import annotations

import pytest

from stepdeploy.asl import check
from stepdeploy.jsonsource import load
from stepdeploy.review import Deduction, Review, review
from stepdeploy.review.facts import from_source
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures"
GAPS = {
    "2.1 gap 1: no error handling for the merge": "REV101",
    "2.1 gap 1: no error details passed on": "REV205",
    "2.1 gap 2: generic error types": "REV102",
    "2.1 gap 2: transient and permanent failures alike": "REV501",
    "2.1 gap 3: no timeouts": "REV103",
    "2.1 gap 3: the whole execution has no limit": "REV105",
    "2.1 gap 4: limited retry strategy": "REV107",
    "2.1 gap 4: no jitter": "REV108",
    "2.2 gap 1: no validation of extraction quality": "REV109",
    "2.2 gap 2: no protection from duplicates": "REV110",
    "2.2 gap 3: no rollback mechanism": "REV111",
    "2.3 gap 1: no logging": "REV201",
    "2.3 gap 2: no alerting": "REV202",
    "2.3 gap 3: no metrics": "REV203",
    "3.1 gap 1: unbalanced loads": "REV301",
    "3.1 gap 2: no batches": "REV401",
    "3.2 gap 1: the same delay for every error": "REV302",
    "3.2 gap 2: no adaptive throttling": "REV303",
    "3.3: timeout too high": "REV304",
    "3.3: memory over-provisioned": "REV305",
    "4.2 point 3: no caching": "REV306",
    "5.1 gap 1: sequential merge": "REV307",
    "5.1 gap 2: DynamoDB in between": "REV308",
    "5.1 gap 3: cold starts": "REV309",
    "5.2 gap 1: no rate limiting": "REV402",
    "5.2 gap 2: no queue": "REV403",
    "5.3 gap 1: no versions": "REV113",
    "5.3 gap 2: no circuit breaker": "REV114",
    "7 phase 2: no dashboard": "REV207",
    "a Choice on data that a failed branch never wrote": "REV112",
}


@pytest.fixture(scope="module")
def before() -> Review:
    source = load(FIXTURES / "before.asl.json")
    facts = from_source(load(FIXTURES / "before.settings.json"))
    return review(source.value, facts, tuple(check(source.text)))


@pytest.mark.parametrize("gap", GAPS)
def test_every_gap_is_found(before: Review, gap: str) -> None:
    assert deduction(before, GAPS[gap]).spots


def test_the_scores_are_near_the_reviews_own(before: Review) -> None:
    assert before.score("robustness") == pytest.approx(4, abs=0.5)
    assert before.score("efficiency") == pytest.approx(6, abs=0.5)
    assert before.score("observability") == pytest.approx(2, abs=0.5)
    assert before.score("scalability") == pytest.approx(5, abs=0.5)
    assert before.overall == pytest.approx(4.25, abs=0.5)


def test_the_merge_is_the_task_that_nothing_catches(before: Review) -> None:
    (spot,) = deduction(before, "REV101").spots
    assert spot.pointer == ("States", "MergeAndSaveToS3")


def test_functions_are_named_where_the_settings_are_wrong(before: Review) -> None:
    """The merger's 300 s and 512 MB are fine, as the review says."""
    too_long = {spot.about for spot in deduction(before, "REV304").spots}
    assert too_long == {"function:NovaSECExtractor", "function:CXOWebsiteExtractor"}
    assert {spot.about for spot in deduction(before, "REV305").spots} == too_long


def test_without_its_settings_the_scores_are_upper_bounds() -> None:
    source = load(FIXTURES / "before.asl.json")
    found = review(source.value)
    unknown = {item.rule for item in found.unknown}
    assert {"REV201", "REV113", "REV304", "REV403"} <= unknown
    assert not found.complete and not any(item.rule in unknown for item in found.deductions)


def test_the_choice_is_found_without_the_validators_help() -> None:
    found = review(load(FIXTURES / "before.asl.json").value)
    messages = [spot.message or "" for spot in deduction(found, "REV112").spots]
    assert len(messages) == 2 and "when branch 0 ends in 'SECExtractionFailed'" in messages[0]


def deduction(review: Review, rule: str) -> Deduction:
    return next(item for item in review.deductions if item.rule == rule)
