"""The quality score: documents in the extractors' own form, one thing wrong at a time."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from common import quality, quality_weights
from common.quality import score
from common.quality_names import same_company, same_person
from common.quality_people import leads_company
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs" / "quality.md"
# Made up; the figures fit one another.
VALUES: dict[str, Any] = {
    "registrant_name": "Example Widgets, Inc.",
    "cik": "0001234567",
    "ticker": "EXW",
    "exchange": "NYSE",
    "form": "10-K",
    "accession": "0001234567-26-000012",
    "period_end": "2025-12-31",
    "fiscal_year": 2025,
    "state_of_incorporation": "DE",
    "ein": "12-3456789",
    "revenue": 1_000_000_000,
    "operating_income": 150_000_000,
    "net_income": 100_000_000,
    "total_assets": 2_000_000_000,
    "total_equity": 800_000_000,
    "shares_outstanding": 50_000_000,
    "public_float": 1_500_000_000,
    "employees": 4200,
    "auditor": "Audit LLP",
    "auditor_location": "Boston, MA",
    "pcaob_id": "34",
    "hq_address": "1 Main Street, Boston, MA",
    "phone": "617-555-0100",
}


def sec(**changes: Any) -> dict[str, Any]:
    """A sound SEC document; changes: field -> other value, None for missing."""
    source = {"url": "https://www.sec.gov/a.htm", "method": "ixbrl"}
    fields = {
        name: {"value": value, "source": source, "confidence": 0.97}
        if value is not None
        else {"value": None, "reason": "the document does not state it", "applicable": True}
        for name, value in {**VALUES, **changes}.items()
    }
    return {"kind": "sec", "fields": fields, "completeness": 100.0, "missing": [], "notes": [], "sources": []}


def person(name: str, title: str, **changes: Any) -> dict[str, Any]:
    source = {"url": "https://example.com/team", "method": "card", "quote": f"{name} {title}"}
    return {"name": name, "title": title, "group": "executive", "source": source, "confidence": 0.9, **changes}


def cxo(**changes: Any) -> dict[str, Any]:
    """A sound CXO document."""
    sound = {
        "company_name": "Example Widgets",
        "website_url": "https://example.com",
        "executives": [person("Jane Q. Doe", "Chief Executive Officer"), person("Max Roe", "CFO")],
        "board": [],
        "others": [],
        "roles": {"CEO": ["Jane Q. Doe"], "CFO": ["Max Roe"], "CTO": [], "COO": []},
        "pages": ["https://example.com/team"],
        "missing": ["role:CTO", "role:COO"],
        "completeness": 100.0,
    }
    return {**sound, **changes}


def judged(sec_document: Any, cxo_document: Any) -> dict[str, float]:
    """Field to the points it costs."""
    return {doubt["field"]: doubt["weight"] for doubt in score(sec_document, cxo_document, now=NOW).doubts}


def test_sound_documents_have_no_doubt() -> None:
    found = score(sec(), cxo(), now=NOW)
    assert (found.score, found.doubts) == (100.0, [])


def test_confidence_and_source_of_each_field_are_told() -> None:
    found = score(sec(employees=None), cxo(), now=NOW).confidence
    assert found["sec.revenue"] == {"confidence": 0.97, "source": "https://www.sec.gov/a.htm", "method": "ixbrl"}
    assert found["cxo.Max Roe"] == {"confidence": 0.9, "source": "https://example.com/team", "method": "card"}
    assert "sec.employees" not in found


@pytest.mark.parametrize("name", quality.FIELD_WEIGHTS)
def test_a_missing_field_costs_its_weight(name: str) -> None:
    found = score(sec(**{name: None}), cxo(), now=NOW)
    missing = [doubt for doubt in found.doubts if doubt["field"] == f"sec.{name}"]
    assert [doubt["weight"] for doubt in missing] == [quality.FIELD_WEIGHTS[name]]
    assert missing[0]["doubt"] == "missing: the document does not state it"
    assert found.score == 100 - quality.FIELD_WEIGHTS[name]


def test_a_field_that_the_company_cannot_have_costs_nothing() -> None:
    document = sec(ticker=None)
    document["fields"]["ticker"]["applicable"] = False
    assert judged(document, cxo()) == {}


def test_a_field_read_without_certainty_costs_what_its_confidence_lacks() -> None:
    document = sec()
    document["fields"]["revenue"] |= {"confidence": 0.5, "source": {"url": "u", "method": "model"}}
    (doubt,) = score(document, cxo(), now=NOW).doubts
    assert doubt == {"field": "sec.revenue", "doubt": "read with confidence 0.5 by method model", "weight": 4.0}


def test_a_value_without_a_source_and_the_extractors_own_notes() -> None:
    document = sec()
    document["fields"]["revenue"]["source"] = {}
    document["notes"] = [f"note {number}" for number in range(5)]
    found = score(document, cxo(), now=NOW)
    assert found.score == 100 - quality.NO_SOURCE - 3 * quality.NOTE


@pytest.mark.parametrize(
    ("changes", "field", "weight"),
    [
        ({"total_liabilities": 1_200_000_000}, None, 0),
        ({"total_liabilities": 1_203_000_000}, None, 0),  # rounding
        ({"total_liabilities": 1_300_000_000}, "sec.total_assets", quality_weights.BALANCE),
        ({"total_liabilities": 1_100_000_000, "total_equity_incl_nci": 900_000_000}, None, 0),
        ({"total_equity": 2_100_000_000}, "sec.total_equity", quality_weights.EQUITY_OVER_ASSETS),
        ({"total_equity": -500_000_000}, None, 0),  # real companies have it
        ({"total_assets": -1, "total_equity": -2}, "sec.total_assets", quality_weights.NEGATIVE_ASSETS),
        ({"revenue": 1_000, "net_income": 1_100_000}, "sec.net_income", quality_weights.INCOME_SCALE),
        ({"revenue": 1_000, "net_income": -1_100_000}, "sec.net_income", quality_weights.INCOME_SCALE),
        ({"revenue": 1_000, "net_income": 1_100}, "sec.net_income", quality_weights.INCOME_OVER_REVENUE),
        ({"revenue": 1_000, "net_income": -900_000}, None, 0),  # a young drug maker
        ({"revenue": 0}, None, 0),
        ({"employees": -3}, "sec.employees", quality_weights.NEGATIVE_COUNT),
        ({"period_end": "2026-12-31", "fiscal_year": 2026}, "sec.period_end", quality_weights.FUTURE_PERIOD),
        ({"accession": "0001234567-24-000012"}, "sec.period_end", quality_weights.LATE_FILING),
        ({"accession": "not one"}, None, 0),
        ({"period_end": "2025-06-30", "accession": "0001234567-26-000001"}, "sec.period_end", 5),
        ({"filing_date": "2026-02-20"}, None, 0),
        ({"filing_date": "2026-04-30"}, None, 0),
        ({"filing_date": "2026-05-01"}, "sec.period_end", quality_weights.LATE_FILING),
        ({"filing_date": "2025-12-30"}, "sec.period_end", quality_weights.LATE_FILING),
        ({"filing_date": "2026-02-28", "form": "10-K/A", "period_end": "2024-12-31", "fiscal_year": 2024}, None, 0),
        ({"filing_date": "2026-05-20", "form": "20-F"}, None, 0),
        ({"filing_date": "2026-06-30", "form": "20-F"}, "sec.period_end", quality_weights.LATE_FILING),
        ({"fiscal_year": 2024}, None, 0),
        ({"fiscal_year": "2025"}, None, 0),
        ({"fiscal_year": 2026}, "sec.fiscal_year", quality_weights.FISCAL_YEAR),
        ({"fiscal_year": 2020}, "sec.fiscal_year", quality_weights.FISCAL_YEAR),
        ({"shares_outstanding": 5, "public_float": 1e12}, "sec.public_float", quality_weights.SHARE_PRICE),
        ({"shares_outstanding": 1_400_000, "public_float": 9e11}, None, 0),  # as dear as they get
        ({"registrant_name": "Other Corp"}, "sec.registrant_name", quality_weights.OTHER_NAME),
    ],
)
def test_cross_checks_of_the_annual_report(changes: dict[str, Any], field: str | None, weight: float) -> None:
    assert judged(sec(**changes), cxo()) == ({field: weight} if field else {})


NONE = {"value": None, "reason": "the balance sheet shows nothing", "applicable": False}
UNKNOWN = {"value": None, "reason": "only seen on the sheet", "applicable": True}


def outcome(document: Any, website: Any, check: str) -> tuple[str, str]:
    """(outcome, why) of one check."""
    found = {entry["check"]: entry for entry in score(document, website, now=NOW).checks}
    return found[check]["outcome"], found[check]["why"]


@pytest.mark.parametrize(
    ("figures", "between", "others", "expected"),
    [
        # assets 2,000,000,000; equity 800,000,000
        ({"total_liabilities": 1_200_000_000}, NONE, NONE, "passed"),
        ({"total_liabilities": 1_200_000_000}, UNKNOWN, UNKNOWN, "passed"),
        ({"total_liabilities": 1_100_000_000}, NONE, NONE, "doubt"),
        ({"total_liabilities": 1_100_000_000}, UNKNOWN, NONE, "skipped"),
        ({"total_liabilities": 1_100_000_000}, NONE, UNKNOWN, "skipped"),
        ({"total_liabilities": 1_300_000_000}, UNKNOWN, UNKNOWN, "doubt"),  # nothing that is hidden makes up for it
        ({"total_liabilities": 1_100_000_000, "temporary_equity": 100_000_000}, None, NONE, "passed"),
        ({"total_liabilities": 1_200_000_000, "temporary_equity": 100_000_000}, None, NONE, "doubt"),
        ({"total_liabilities": 1_100_000_000, "noncontrolling_interests": 100_000_000}, NONE, None, "passed"),
        ({"total_liabilities": 1_200_000_000, "noncontrolling_interests": 100_000_000}, NONE, None, "passed"),
        (
            {"total_liabilities": 1_100_000_000, "total_equity_incl_nci": 900_000_000, "noncontrolling_interests": 1e8},
            NONE, None, "passed",
        ),
        (
            {"total_liabilities": 1_100_000_000, "total_equity_incl_nci": 900_000_000, "noncontrolling_interests": 3e8},
            NONE, None, "doubt",
        ),
    ],
)  # fmt: skip
def test_the_balance_counts_what_stands_between_and_other_owners(
    figures: dict[str, Any], between: Any, others: Any, expected: str
) -> None:
    document = sec(**figures)
    for name, field in (("temporary_equity", between), ("noncontrolling_interests", others)):
        if field is not None:
            document["fields"][name] = field
    assert outcome(document, cxo(), "balance")[0] == expected
    assert (judged(document, cxo()) == {}) is (expected != "doubt")


def test_a_check_that_lacks_a_value_says_which_and_why() -> None:
    document = sec()
    document["fields"]["total_liabilities"] = {
        "value": None,
        "reason": "the sheet prints no total",
        "applicable": False,
    }
    state, why = outcome(document, cxo(), "balance")
    assert (state, why) == ("skipped", "total_liabilities is missing: the sheet prints no total")
    assert outcome(sec(revenue=None), cxo(), "income")[0] == "skipped"
    assert outcome(sec(accession="", filing_date=None), cxo(), "period")[0] == "skipped"
    assert outcome(sec(), cxo(), "ceo") == ("skipped", "officers is missing")
    assert outcome(sec(), cxo(), "company") == ("passed", "")
    assert outcome(None, None, "balance")[0] == "skipped"


def test_relief_of_the_spring_of_2020() -> None:
    document = sec(period_end="2019-12-31", fiscal_year=2019, filing_date="2020-05-14")
    assert "filed" not in outcome(document, cxo(), "period")[1]
    document = sec(period_end="2018-12-31", fiscal_year=2018, filing_date="2019-05-14")
    assert "filed on 2019-05-14" in outcome(document, cxo(), "period")[1]


def test_an_old_report_is_a_doubt() -> None:
    document = sec(period_end="2024-09-30", fiscal_year=2024, accession="0001234567-24-000012")
    (doubt,) = score(document, cxo(), now=NOW).doubts
    assert doubt["weight"] == quality_weights.STALE_PERIOD and "a newer report is due" in doubt["doubt"]


@pytest.mark.parametrize(
    ("changes", "field", "weight"),
    [
        ({"pages": []}, "cxo.pages", quality.NO_PAGE),
        ({"missing": ["head_of_company"], "roles": {}}, "cxo.head_of_company", quality.NO_HEAD),
        ({"roles": {"CEO": ["A B", "C D"]}}, "cxo.roles.CEO", quality_weights.TWO_HEADS),
        ({"roles": {"CEO": ["Max Roe"], "CFO": ["Max Roe"]}}, "cxo.roles", quality_weights.MANY_ROLES),
        ({"executives": [person("A B", "CEO"), person("A B", "CEO")]}, "cxo.executives", quality_weights.NAMED_TWICE),
        ({"executives": [person("A B", "CEO"), person("C D", "")]}, "cxo.executives", quality.NO_TITLE / 2),
        ({"executives": [person("A B", "CEO", source={"url": "u"})]}, "cxo.executives", quality.NO_ORIGIN),
        ({"executives": [person("A B", "CEO", confidence=0.6)]}, "cxo.executives", 2.0),
        ({"company_name": "Contoso"}, "sec.registrant_name", quality_weights.OTHER_NAME),
        ({"company_name": "EXW"}, None, 0),  # asked for by its symbol
    ],
)
def test_doubts_about_the_website(changes: dict[str, Any], field: str | None, weight: float) -> None:
    assert judged(sec(), cxo(**changes)) == ({field: weight} if field else {})


def test_two_chief_executives_who_say_so_are_no_doubt() -> None:
    people = [person("A B", "Co-Chief Executive Officer"), person("C D", "Co-CEO")]
    assert judged(sec(), cxo(executives=people, roles={"CEO": ["A B", "C D"]})) == {}


@pytest.mark.parametrize(
    ("title", "leads"),
    [
        ("Chief Executive Officer", True),
        ("President, Chief Executive Officer and Director (Principal Executive Officer)", True),
        ("Chairman & CEO", True),
        ("Chief Executive Officer of the Company", True),
        ("Chief Executive Officer of Example Widgets", True),
        ("CEO, President", True),
        ("Co-Chief Executive Officer", True),
        ("Technoking and Principal Executive Officer", True),
        ("Senior Vice President and CEO of Commercial Banking", False),
        ("Chief Executive Officer, Europe", False),
        ("Former Chief Executive Officer", False),
        ("Deputy Chief Executive Officer", False),
        ("Senior Advisor to the Chief Executive Officer", False),
        ("Chief Executive Officer Emeritus", False),
        ("Chief Executive Officer (CEO)", True),
        ("Chief Operating Officer", False),
        ("Executive Vice President", False),
    ],
)
def test_who_leads_the_company_and_not_a_part_of_it(title: str, leads: bool) -> None:
    assert leads_company(title, "Example Widgets, Inc.") is leads


def test_officers_may_be_a_field_of_the_report() -> None:
    document = sec()
    people = [{"name": "Jonathan Smith", "title": "CEO of Widgets Europe"}, {"name": "J. Q. Doe", "title": "CEO"}]
    document["fields"]["officers"] = {"value": people, "source": {"url": "u"}, "confidence": 0.9}
    assert outcome(document, cxo(), "ceo") == ("passed", "")
    people.pop()
    assert outcome(document, cxo(), "ceo") == ("skipped", "the report names no chief executive")
    assert outcome(document, cxo(roles={}), "ceo")[0] == "skipped"


@pytest.mark.parametrize(
    ("signed", "weight"),
    [("Jane Doe", None), ("JANE Q. DOE", None), ("John Smith", quality_weights.OTHER_CEO), ("", None)],
)
def test_the_websites_chief_is_who_signed_the_report(signed: str, weight: float | None) -> None:
    document = sec() | {
        "officers": [{"name": signed, "title": "Chief Executive Officer"}, {"name": "X Y", "title": "CFO"}]
    }
    assert judged(document, cxo()).get("cxo.roles.CEO") == weight


def test_without_one_of_the_documents() -> None:
    assert score(None, cxo(), now=NOW).score == 100 - quality.NO_SEC
    assert score(sec(), None, now=NOW).score == 100 - quality.NO_CXO
    assert score(None, None, now=NOW).score == 0
    nobody = cxo(executives=[], roles={}, pages=[], missing=["leadership_page", "executives", "head_of_company"])
    assert score(sec(), nobody, now=NOW).score == 100 - quality.NO_PAGE - quality.NO_EXECUTIVES - quality.NO_HEAD


def test_doubts_come_heaviest_first_and_make_up_the_score() -> None:
    found = score(sec(revenue=None, phone=None, total_equity=3_000_000_000), cxo(), now=NOW)
    weights = [doubt["weight"] for doubt in found.doubts]
    assert weights == sorted(weights, reverse=True) == [15.0, 8, 1]
    assert found.score == 100 - sum(weights)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Tesla, Inc.", "Tesla", True),
        ("NVIDIA CORPORATION", "Nvidia", True),
        ("WELLS FARGO & COMPANY/MN", "Wells Fargo", True),
        ("International Business Machines Corp", "IBM", True),
        ("Société Générale S.A.", "societe generale", True),
        ("AT&T Inc.", "AT&T", True),
        ("Mc Donalds Corp", "McDonald's", True),
        ("The Home Depot, Inc.", "Home Depot", True),
        ("Alphabet Inc.", "Google", False),
        ("Apple Inc.", "Apple Hospitality REIT, Inc.", True),  # the words of one stand in the other: no contradiction
        ("General Motors", "General Electric", False),
    ],
)
def test_names_of_companies(one: str, other: str, same: bool) -> None:
    assert same_company(one, other) is same
    assert same_company(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Timothy D. Cook", "Tim Cook", True),
        ("Jensen Huang", "Jen-Hsun Huang", True),
        ("Elon Musk", "Kimbal Musk", False),
        ("José Álvarez", "Jose Alvarez", True),
        ("J. Duato", "Joaquin Duato", True),
        ("Robert A. Iger", "Bob Iger", True),
        ("M. Li", "Ming Li", True),
        ("W. Craig Jelinek", "Craig Jelinek", True),
        ("J. Michael Evans", "Mike Evans", True),
        ("Huang Jen-Hsun", "Jensen Huang", True),
        ("Albert Bourla, DVM, Ph.D.", "Dr. Albert Bourla", True),
        ("H.E. Lentz, Jr.", "Henry Lentz", True),
        ("Tim", "Timothy D. Cook", True),
        ("John Smith III", "James Jones III", False),
        ("William Smith", "Robert Smith", False),
        ("Tim", "Luca Maestri", False),
        ("", "A B", False),
    ],
)
def test_names_of_people(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


def test_every_weight_is_published() -> None:
    rows = re.findall(r"^\|.*?`(\w+)` \| (\d+) \|$", DOCS.read_text(), re.M)
    published = {name: float(weight) for name, weight in rows}
    ours = {
        name: value
        for module in (quality, quality_weights)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, float) and not name.startswith("_")
    }
    for name in ("SURE", "ROUNDING", "SCALE", "LOWEST_PRICE", "HIGHEST_PRICE"):
        del ours[name]
    assert published == {**quality.FIELD_WEIGHTS, **ours}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("9999-12-31"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BESIDE = (
    "total_liabilities",
    "filing_date",
    "total_equity_incl_nci",
    "officers",
    "temporary_equity",
    "noncontrolling_interests",
)
NAMES = st.sampled_from([*VALUES, *BESIDE])
KEYS = st.sampled_from(["value", "source", "confidence", "reason", "applicable"])
FIELDS = st.dictionaries(NAMES, JSON | st.dictionaries(KEYS, JSON, max_size=3), max_size=8)
SEC_KEYS = ("fields", "notes", "officers")
CXO_KEYS = ("executives", "roles", "pages", "missing", "company_name")


@settings(max_examples=400, deadline=None)
@given(
    odd_fields=FIELDS,
    odd_sec=st.dictionaries(st.sampled_from(SEC_KEYS), JSON, max_size=2),
    odd_cxo=st.dictionaries(st.sampled_from(CXO_KEYS), JSON | st.lists(st.dictionaries(KEYS, JSON)), max_size=3),
    bare=st.booleans(),
)
def test_no_document_is_too_odd(odd_fields: Any, odd_sec: Any, odd_cxo: Any, bare: bool) -> None:
    first = sec()
    first["fields"] = odd_fields if bare else {**first["fields"], **odd_fields}
    documents = ({**first, **odd_sec}, {**({} if bare else cxo()), **odd_cxo})
    kept = copy.deepcopy(documents)
    found = score(*documents, now=NOW)
    assert 0 <= found.score <= 100
    assert found == score(*kept, now=NOW), "the same documents, the same quality"
    json.dumps([found.doubts, found.confidence], allow_nan=False)
    assert all(len(doubt["doubt"]) < 1000 and doubt["weight"] > 0 for doubt in found.doubts)
    assert all(entry["outcome"] in ("passed", "doubt", "skipped") for entry in found.checks)
    assert all(
        bool(entry["why"]) is (entry["outcome"] != "passed") and len(entry["why"]) <= 400 for entry in found.checks
    )


@settings(max_examples=200, deadline=None)
@given(one=JSON, other=JSON)
def test_nothing_is_too_odd(one: Any, other: Any) -> None:
    assert 0 <= score(one, other, now=NOW).score <= 100
