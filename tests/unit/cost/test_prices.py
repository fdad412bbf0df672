"""Prices: the file of a project, those that ship, their age; and what they make of usage."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stepdeploy import schema
from stepdeploy.cost.bill import Usage, items_of, total
from stepdeploy.cost.prices import load
from stepdeploy.errors import InvalidProject

ROOT = Path(__file__).parents[3]
SHIPPED = json.loads((schema.SCHEMAS / "prices.default.json").read_text())


def project(folder: Path, value: Any) -> Path:
    (folder / "definitions").mkdir()
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    (folder / "definitions" / "prices.json").write_text(text)
    return folder


def test_the_schema_is_sound_and_takes_no_unknown_key() -> None:
    shipped = schema.shipped("prices")
    jsonschema.Draft202012Validator.check_schema(shipped)
    jsonschema.validate(SHIPPED, shipped)
    assert shipped["additionalProperties"] is shipped["properties"]["prices"]["additionalProperties"] is False


def test_without_a_file_the_shipped_prices_serve_and_that_is_said(tmp_path: Path) -> None:
    prices = load(tmp_path)
    assert prices.usd == SHIPPED["prices"] and prices.reference is None
    (warning,) = prices.warnings("us-east-1", prices.as_of)
    assert "definitions/prices.json" in warning


def test_the_project_that_comes_along_has_prices_and_the_reviews_figure() -> None:
    prices = load(ROOT)
    assert not prices.shipped and prices.reference is not None
    assert prices.reference["usd_per_execution"] == 0.0546
    assert prices.warnings("us-east-1", prices.as_of) == []


@pytest.mark.parametrize(("day", "old"), [("2026-07-01", False), ("2026-06-30", True), ("2027-01-01", False)])
def test_prices_of_more_than_180_days_ago_are_called_old(tmp_path: Path, day: str, old: bool) -> None:
    prices = load(project(tmp_path, {**SHIPPED, "as_of": day}))
    found = prices.warnings("us-east-1", date(2026, 12, 28))
    assert [("days old" in text) for text in found] == ([True] if old else [])


def test_a_functions_copy_of_other_prices_is_told(tmp_path: Path) -> None:
    folder = project(tmp_path, SHIPPED)
    copy = folder / "lambdas" / "record" / "prices.json"
    copy.parent.mkdir(parents=True)
    copy.write_text(json.dumps(SHIPPED))
    assert load(folder).warnings("us-east-1", date(2026, 11, 23)) == []
    for text in (json.dumps({**SHIPPED, "as_of": "2025-01-01"}), "{"):
        copy.write_text(text)
        (warning,) = load(folder).warnings("us-east-1", date(2026, 11, 23))
        assert warning.startswith("lambdas/record/prices.json differs from definitions/prices.json")


def test_prices_of_another_region_are_called_so(tmp_path: Path) -> None:
    (warning,) = load(project(tmp_path, SHIPPED)).warnings("eu-west-1", date(2026, 11, 23))
    assert "us-east-1" in warning and "eu-west-1" in warning


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("{", "definitions/prices.json:1:1"),
        ({**SHIPPED, "as_of": "yesterday"}, "definitions/prices.json:2:12"),
        ({**SHIPPED, "as_of": "2026-13-40"}, "definitions/prices.json:2:12"),
        ({**SHIPPED, "prices": {**SHIPPED["prices"], "serper_searches_per_1000": -1}}, "prices.json:"),
        ({**SHIPPED, "prices": {**SHIPPED["prices"], "typo": 1}}, "typo"),
        ({**SHIPPED, "prices": {}}, "lacks 'state_transitions_per_1000'"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path: Path, value: Any, where: str) -> None:
    with pytest.raises(InvalidProject) as caught:
        load(project(tmp_path, value))
    assert where in str(caught.value)


def test_a_bill_by_hand() -> None:
    """Worked out with pencil: 1,000 transitions 0.025; 1 M requests 0.20; 1,000 GB-s arm64 0.0133334; 1 M messages 0.50;
    100,000 e-mails 2.00; 1 M tokens in 0.80, 1 M out 3.20; 1,000 searches 1.00; 1 M DynamoDB write units 0.625, 1 M read
    units 0.125; 1,000 S3 PUTs 0.005, 1,000 GETs 0.0004; 10,000 secrets 0.05; 10^9 bytes of logs 0.50; 1 M traces 5.00."""
    usage = Usage(
        *(1_000, 1_000_000, 1_000.0, 1_000_000, 100_000, 1_000_000, 1_000_000, 1_000),
        *(1e6, 1e6, 1_000, 1_000, 10_000, 10**9, 1_000_000),
    )
    items = items_of(usage, load(ROOT), "arm64")
    by_hand = [0.025, 0.2, 0.0133334, 0.5, 2.0, 0.8, 3.2, 1.0, 0.625, 0.125, 0.005, 0.0004, 0.05, 0.5, 5.0]
    assert [item.usd for item in items] == pytest.approx(by_hand)
    assert total(items) == pytest.approx(14.0437334)
    estimates = {"DynamoDB writes", "DynamoDB reads", "CloudWatch Logs"}
    assert {item.what for item in items if item.estimate} == estimates
    x86 = {item.what: item.usd for item in items_of(usage, load(ROOT), "x86_64")}
    assert x86["Lambda duration"] == pytest.approx(0.0166667)
