"""A slice of scripts/chaos, one company of each kind that ends soon, and its checks on findings that are wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ROOT

SCRIPTS = ROOT / "scripts"
sys.path.insert(0, str(SCRIPTS))
from chaos_checks import Findings, wrong  # noqa: E402
from chaos_web import KINDS, Company, Web, made_up  # noqa: E402

ARN_NAME = "amber-foods-inc"
FINE = Company("Amber Foods Inc", "c0000", "2000000", "Alice Keller", KINDS[0])
UNKNOWN = FINE._replace(kind=next(kind for kind in KINDS if kind.name == "unknown to EDGAR"))


def test_a_slice_of_chaos() -> None:
    """Both ways, and a Lambda killed in each."""
    command = [sys.executable, str(SCRIPTS / "chaos.py"), "--companies", "8", "--at-once", "8", "--kills", "1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert ran.stdout.splitlines()[-1] == "16 companies, 16 as expected, 0 wrong", ran.stdout + ran.stderr
    assert ran.returncode == 0


def succeeded() -> Findings:
    """What a company leaves that went well."""
    document = {
        "sec": {"fields": {"registrant_name": {"value": FINE.name}, "cik": {"value": FINE.cik.zfill(10)}}},
        "cxo": {"roles": {"CEO": [FINE.chief]}},
    }
    documents = {"20270104T000000.000000Z.json": document, f"{ARN_NAME}_latest.json": document}
    return Findings(executions=1, status="SUCCEEDED", documents=documents, keys=set(documents))


def failed() -> Findings:
    """What a company leaves that EDGAR does not know."""
    return Findings(executions=1, status="FAILED", error="ExtractionFailed", cause="CompanyNotFound", notified=1)


def test_what_is_right_is_not_wrong() -> None:
    assert wrong(FINE, succeeded()) == []
    assert wrong(UNKNOWN, failed()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: vars(found).update(executions=0), "0 executions"),
        (lambda found: vars(found).update(executions=2), "2 executions"),
        (lambda found: vars(found).update(status="RUNNING"), "RUNNING"),
        (lambda found: vars(found).update(status="FAILED", error="MergeError", notified=1), "MergeError"),
        (lambda found: vars(found).update(notified=1), "1 notifications"),
        (lambda found: vars(found).update(claimed=True), "still claimed"),
        (lambda found: found.keys.add("partial/x/sec.json"), "left in S3"),
        (lambda found: found.documents.update({"20270105.json": {}}), "documents:"),
        (lambda found: found.documents.pop(f"{ARN_NAME}_latest.json"), "documents:"),
    ],
)
def test_a_success_that_is_none_is_told(change: Callable[[Findings], Any], told: str) -> None:
    found = succeeded()
    change(found)
    assert told in " ".join(wrong(FINE, found))


def test_a_document_of_another_company_is_told() -> None:
    other = FINE._replace(name="Onyx Glass Inc", cik="2000001")
    assert "the report is that of Amber Foods Inc" in " ".join(wrong(other, _renamed(succeeded(), other)))
    mixed = FINE._replace(chief="Brian Porter")
    assert "the CEO is ['Alice Keller']" in " ".join(wrong(mixed, succeeded()))


def _renamed(found: Findings, company: Company) -> Findings:
    found.documents = {
        name.replace(ARN_NAME, company.company_id): document for name, document in found.documents.items()
    }
    found.keys = set(found.documents)
    return found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: vars(found).update(notified=0), "0 notifications"),
        (lambda found: vars(found).update(notified=2), "2 notifications"),
        (lambda found: vars(found).update(cause="DatabaseError"), "DatabaseError"),
        (lambda found: vars(found).update(status="SUCCEEDED", notified=0), "SUCCEEDED"),
        (lambda found: found.items.add(("table:sec_data", "2027")), "left in DynamoDB"),
        (lambda found: found.keys.add("partial/x/cxo.json"), "left in S3"),
        (lambda found: found.documents.update({"2027.json": {"provenance": {}}}), "documents of a failed run"),
        (lambda found: vars(found).update(claimed=True), "still claimed"),
    ],
)
def test_a_failure_that_is_not_as_it_should_be_is_told(change: Callable[[Findings], Any], told: str) -> None:
    found = failed()
    change(found)
    assert told in " ".join(wrong(UNKNOWN, found))


def test_a_killed_function_excuses_the_failure_that_it_causes_and_no_other() -> None:
    found = Findings(
        executions=1, status="FAILED", error="ExtractionFailed", cause='{"error":"Runtime.ExitError"}', notified=1
    )
    assert any("ExtractionFailed" in problem for problem in wrong(FINE, found))
    found.killed.update({"ExtractCXOData": 3, "AnalyzeWorkload": 4})
    assert wrong(FINE, found) != [], "another attempt was left"
    found.killed.update({"ExtractCXOData": 1})
    assert wrong(FINE, found) == []


def test_a_batch_that_says_something_else_than_the_execution_is_told() -> None:
    found = failed()
    found.told = {"status": "FAILED", "error": "ExtractionFailed"}
    assert wrong(UNKNOWN, found) == []
    found.told = {"status": "NOT_RUN", "error": None}
    assert "the batch says NOT_RUN" in " ".join(wrong(UNKNOWN, found))


def test_what_a_partial_document_is_made_of_may_stay() -> None:
    found = failed()
    found.items = {("table:cxo_data", "2027")}
    name, source = "2027.partial.json", {"cxo": {"extraction_timestamp": "2027"}, "sec": None}
    found.documents, found.keys = {name: {"provenance": source}}, {name}
    assert wrong(UNKNOWN, found) == []


def test_companies_are_made_up_by_their_shares_and_the_same_for_the_same_seed() -> None:
    companies = made_up(100, seed=7)
    assert [company.kind.name for company in companies].count("unknown to EDGAR") == 10
    assert len({company.company_id for company in companies}) == 100
    assert companies == made_up(100, seed=7) and companies != made_up(100, seed=8)
    others = made_up(100, seed=7, first=100)
    assert [company.kind for company in others] == [company.kind for company in companies]
    assert not {company.folder for company in companies} & {company.folder for company in others}


def test_a_site_that_is_asked_too_often_recovers_or_not() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    soon, never = FINE._replace(kind=kinds["429, then fine"]), FINE._replace(kind=kinds["429 for good"])
    for company, last in ((soon, 200), (never, 429)):
        web = Web([company])
        assert [web.answer("/c0000/")[0] for _ in range(3)] == [429, 429, last]
