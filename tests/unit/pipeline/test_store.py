"""Extractions in DynamoDB."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from common import aws, store
from common.errors import (
    ConfigurationError,
    DatabaseError,
    DocumentTooLarge,
    InvalidInput,
    UnexpectedContent,
)

from .conftest import SEC_TABLE

DOCUMENT = {
    "name": "Example Inc",
    "revenue": 391_035_000_000,
    "margin": 46.2,
    "loss": -0.05,
    "none": None,
    "empty": "",
    "flags": [True, False],
    "nested": {"rows": [{"a": 1}, {"a": 2.5}]},
}


def save(document: dict[str, Any]) -> str:
    return store.save_extraction("SEC_TABLE", "example-inc", document, "arn:execution")


def stored_item(tables: Any, timestamp: str) -> dict[str, Any]:
    key = {"company_id": {"S": "example-inc"}, "extraction_timestamp": {"S": timestamp}}
    return tables.get_item(TableName=SEC_TABLE, Key=key)["Item"]


def test_what_is_saved_comes_back(tables: Any) -> None:
    timestamp = save(DOCUMENT)
    loaded = store.load_extraction("SEC_TABLE", "example-inc", timestamp)
    assert loaded.document == DOCUMENT
    assert (loaded.company_id, loaded.extraction_timestamp) == ("example-inc", timestamp)
    assert loaded.execution_id == "arn:execution"


def test_reading_is_consistent(tables: Any) -> None:
    """The merge reads right after the extractors wrote."""
    asked: list[dict[str, Any]] = []
    events = aws.client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb.GetItem", lambda params, **_: asked.append(params))
    store.load_extraction("SEC_TABLE", "example-inc", save(DOCUMENT))
    assert [params["ConsistentRead"] for params in asked] == [True]


def test_the_timestamp_is_utc_with_microseconds(tables: Any) -> None:
    timestamp = save(DOCUMENT)
    assert len(timestamp) == len("2026-11-23T12:00:00.123456Z")
    assert abs(datetime.fromisoformat(timestamp).timestamp() - time.time()) < 60


def test_each_extraction_is_a_new_item(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 23, 12, 0, 0, 0, tz)

    monkeypatch.setattr(store, "datetime", Stopped)
    timestamps = [save({"run": run}) for run in range(store._KEY_ATTEMPTS)]
    assert timestamps[:2] == ["2026-11-23T12:00:00.000000Z", "2026-11-23T12:00:00.000001Z"]
    assert store.load_extraction("SEC_TABLE", "example-inc", timestamps[0]).document == {"run": 0}
    with pytest.raises(DatabaseError, match="timestamps on end"):
        save({"run": "one too many"})


def test_items_expire_as_the_environment_says(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "expires_at" not in stored_item(tables, save(DOCUMENT))
    monkeypatch.setenv("RETENTION_DAYS", "30")
    expires_at = int(stored_item(tables, save(DOCUMENT))["expires_at"]["N"])
    assert abs(expires_at - (time.time() + 30 * 86_400)) < 60


@pytest.mark.parametrize("days", ["0", "-1", "a year", "1.5"])
def test_a_bad_retention_is_refused(tables: Any, monkeypatch: pytest.MonkeyPatch, days: str) -> None:
    monkeypatch.setenv("RETENTION_DAYS", days)
    with pytest.raises(ConfigurationError, match="RETENTION_DAYS"):
        save(DOCUMENT)


def test_biographies_are_cut_only_when_the_item_is_too_large(tables: Any) -> None:
    people = [{"name": f"Person {number}", "bio": "word " * 400} for number in range(3)]
    assert store.load_extraction("SEC_TABLE", "example-inc", save({"executives": people})).document == {
        "executives": people
    }
    crowd = [{"name": f"Person {number}", "bio": "word " * 4000} for number in range(30)]
    loaded = store.load_extraction("SEC_TABLE", "example-inc", save({"executives": crowd})).document
    assert loaded["bios_trimmed"] is True
    assert {len(person["bio"]) for person in loaded["executives"]} <= set(range(990, store.TRIMMED_LENGTH + 1))
    assert [person["name"] for person in loaded["executives"]] == [person["name"] for person in crowd]


def test_a_document_too_large_without_biographies_is_refused(tables: Any) -> None:
    with pytest.raises(DocumentTooLarge, match="bytes in DynamoDB"):
        save({"text": "x" * 500_000})


@pytest.mark.parametrize("value", ["é" * 100_000, list(range(50_000)), [{"name": "x"}] * 5_000, ["x"] * 20_000])
def test_whatever_passes_our_limit_passes_dynamodbs(tables: Any, value: Any) -> None:
    document = {"value": value}
    if store.stored_size(document) > store.MAX_ITEM_BYTES:
        with pytest.raises(DocumentTooLarge):
            save(document)
    else:
        assert store.load_extraction("SEC_TABLE", "example-inc", save(document)).document == document


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, "a"}, object(), 10**40])
def test_what_dynamodb_cannot_hold_is_refused(tables: Any, value: object) -> None:
    with pytest.raises(UnexpectedContent):
        save({"value": value})


def test_a_missing_extraction_is_a_clear_error(tables: Any) -> None:
    with pytest.raises(InvalidInput, match=r"CompanySECData-test holds no extraction of example-inc at 2026"):
        store.load_extraction("SEC_TABLE", "example-inc", "2026-01-01T00:00:00.000000Z")


def test_a_missing_table_is_permanent(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEC_TABLE", "NoSuchTable")
    with pytest.raises(ConfigurationError, match="saving example-inc in NoSuchTable: ResourceNotFoundException"):
        save(DOCUMENT)
    monkeypatch.delenv("SEC_TABLE")
    with pytest.raises(ConfigurationError, match="SEC_TABLE"):
        save(DOCUMENT)


def test_throttling_is_a_database_error(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Throttled:
        def put_item(self, **_: object) -> None:
            code = "ProvisionedThroughputExceededException"
            raise ClientError({"Error": {"Code": code, "Message": "slow"}}, "PutItem")

    monkeypatch.setattr(aws, "client", lambda _: Throttled())
    with pytest.raises(DatabaseError, match="ProvisionedThroughputExceededException: slow"):
        save(DOCUMENT)


def test_a_client_is_made_once(cloud: None) -> None:
    assert aws.client("dynamodb") is aws.client("dynamodb")
    assert aws.client("dynamodb").meta.config.read_timeout < 60
