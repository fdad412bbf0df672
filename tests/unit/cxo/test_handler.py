"""The Lambda's entry: warm-up, refusal of broken events, and what is saved and returned."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from common import aws
from common.errors import InvalidInput, LeadershipPageNotFound
from common.store import load_extraction
from moto import mock_aws

HANDLER = Path(__file__).parents[3] / "lambdas" / "cxo_website_extractor" / "handler.py"
HOME = "https://www.acme.example/"
PAGE = """<h1>Leadership</h1><div class=c><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>
<div class=c><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p></div>"""


@pytest.fixture
def handler() -> Any:
    specification = importlib.util.spec_from_file_location("cxo_handler", HANDLER)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "CXO_TABLE": "cxo"}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "SERPER_SECRET_ID", "NOVA_MODEL_ID"):
        monkeypatch.delenv(name, raising=False)
    aws.client.cache_clear()
    keys = ["company_id", "extraction_timestamp"]
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="cxo",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
            ],
        )
        yield
    aws.client.cache_clear()


def event(**request: object) -> dict[str, Any]:
    return {"request": {"company_name": "Acme, Inc.", "website_url": HOME, **request}, "execution_id": "arn:run-1"}


def test_warm_up_reads_nothing(handler: Any) -> None:
    assert handler.lambda_handler({"action": "warmup"}, None) == {"statusCode": 200, "body": {"warm": True}}


@pytest.mark.parametrize("broken", [{}, {"request": None}, {"request": {}}, {"request": {"company_name": ""}}])
def test_a_broken_event_is_refused(broken: dict[str, Any], handler: Any) -> None:
    with pytest.raises(InvalidInput):
        handler.lambda_handler(broken, None)


def test_what_is_saved_and_returned(
    handler: Any, table: None, site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetcher = site({HOME: PAGE})
    monkeypatch.setattr(handler.Fetcher, "from_environment", lambda request: fetcher)
    result = handler.lambda_handler(event(), None)
    body = result["body"]
    assert result["statusCode"] == 200
    assert (body["company_id"], body["completeness"], body["sources"]) == ("acme-inc", 100.0, [HOME])
    assert body["missing"] == ["role:CTO", "role:COO"]
    assert body["api_calls"]["website"] == len(fetcher.asked)
    saved = load_extraction("CXO_TABLE", "acme-inc", body["extraction_timestamp"])
    assert saved.execution_id == "arn:run-1"
    assert saved.document["roles"]["CEO"] == ["Dana Whitfield"]
    assert saved.document["executives"][1]["source"] == {
        "url": HOME,
        "method": "card",
        "quote": "Piotr Zielinski | Chief Financial Officer",
    }


def test_without_a_head_the_missing_services_are_named(
    handler: Any, table: None, site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.replace("Chief Executive Officer", "Chief People Officer")
    monkeypatch.setattr(handler.Fetcher, "from_environment", lambda request: site({HOME: page}))
    body = handler.lambda_handler(event(), None)["body"]
    assert body["missing"][0] == "head_of_company"
    assert body["completeness"] < 95
    assert any("not configured" in reason for reason in body["skipped"])


def test_no_page_no_item(handler: Any, table: None, site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler.Fetcher, "from_environment", lambda request: site({HOME: "<p>Under construction</p>"}))
    with pytest.raises(LeadershipPageNotFound):
        handler.lambda_handler(event(), None)
    assert boto3.client("dynamodb").scan(TableName="cxo")["Count"] == 0
