"""CleanupFailedRun removes what a failed execution left, and only that; partial results."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError
from common import aws, claims, partial, store
from common.errors import (
    ConfigurationError,
    DatabaseError,
    InvalidInput,
    PipelineError,
    StorageError,
    UnexpectedContent,
)

from .conftest import BUCKET, MACHINE, ROOT

SCHEMA = json.loads((ROOT / "lambdas" / "cleanup_failed_run" / "result.schema.json").read_text())
ONE, TWO = f"{MACHINE}:one", f"{MACHINE}:two"
REQUEST = {"company_name": "Apple Inc"}


@pytest.fixture
def clean(data: Any, function: Callable[[str], Any]) -> Callable[..., dict[str, Any]]:
    """Calls the function; gives its body, checked against its schema."""
    handler = function("cleanup_failed_run")

    def call(execution: str = ONE, **more: Any) -> dict[str, Any]:
        result = handler.lambda_handler({"request": REQUEST, "execution_id": execution, **more}, None)
        jsonschema.validate(result, SCHEMA)
        return dict(result["body"])

    return call


def extract(execution: str, company: str = "apple-inc") -> tuple[str, str]:
    """Save both extractions and partial documents of an execution; gives the timestamps."""
    for kind in ("sec", "cxo", "cxo-bios-1"):
        partial.save_partial(kind, company, execution, {"of": execution})
    times = [
        store.save_extraction(table, company, {"of": execution}, execution) for table in ("SEC_TABLE", "CXO_TABLE")
    ]
    return times[0], times[1]


def merge(bucket: Any, sec: str | None, cxo: str | None, suffix: str = "", body: bytes | None = None) -> str:
    parts = {
        "sec": {"extraction_timestamp": sec} if sec else None,
        "cxo": {"extraction_timestamp": cxo} if cxo else None,
    }
    name = max(filter(None, (sec, cxo))).replace("-", "").replace(":", "")
    key = f"companies/apple-inc/{name}{suffix}.json"
    document = json.dumps({"provenance": {"execution_id": ONE, **parts}}).encode()
    bucket.put_object(Bucket=BUCKET, Key=key, Body=document if body is None else body)
    return key


def everything(bucket: Any) -> dict[str, list[Any]]:
    """All that there is, for before and after."""
    tables = ("CompanySECData-test", "CompanyCXOData-test")
    found: dict[str, list[Any]] = {
        table: sorted(
            json.dumps(item, sort_keys=True) for item in aws.client("dynamodb").scan(TableName=table)["Items"]
        )
        for table in tables
    }
    objects = bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {**found, "objects": sorted(item["Key"] for item in objects)}


def test_what_a_failed_run_left_is_removed_and_only_that(clean: Callable[..., Any], data: Any) -> None:
    extract(TWO)
    extract(ONE, "tesla-inc")
    untouched = everything(data)
    claims.claim("apple-inc", ONE, 600)
    sec, cxo = extract(ONE)
    body = clean()
    folder = "companies/apple-inc/partial/one/"
    assert body == {
        "company_id": "apple-inc",
        "removed": {"sec": [sec], "cxo": [cxo], "objects": [f"{folder}{k}.json" for k in ("cxo-bios-1", "cxo", "sec")]},
        "kept": {"sec": [], "cxo": []},
        "claim_released": True,
    }
    assert everything(data) == untouched


def test_twice_is_harmless(clean: Callable[..., Any], data: Any) -> None:
    extract(ONE)
    clean()
    extract(TWO)
    before = everything(data)
    nothing = {"sec": [], "cxo": [], "objects": []}
    assert clean()["removed"] == nothing
    assert clean("arn:aws:states:us-east-1:123456789012:execution:m:never-ran")["removed"] == nothing
    assert everything(data) == before


@pytest.mark.parametrize("suffix", ["", ".partial"])
@pytest.mark.parametrize("parts", ["both", "sec", "cxo"])
def test_what_a_merged_document_is_made_of_stays(clean: Callable[..., Any], data: Any, parts: str, suffix: str) -> None:
    sec, cxo = extract(ONE)
    used = {"sec": sec if parts != "cxo" else None, "cxo": cxo if parts != "sec" else None}
    key = merge(data, used["sec"], used["cxo"], suffix)
    body = clean()
    assert body["kept"] == {kind: [time] if time else [] for kind, time in used.items()}
    assert {kind: body["removed"][kind] for kind in used} == {
        "sec": [] if used["sec"] else [sec],
        "cxo": [] if used["cxo"] else [cxo],
    }
    assert everything(data)["objects"] == [key]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"provenance": 5}', b'{"provenance": {"sec": []}}', b"\xff"])
def test_a_document_that_cannot_be_understood_keeps_its_extractions(
    clean: Callable[..., Any], data: Any, body: bytes
) -> None:
    sec, cxo = extract(ONE)
    merge(data, sec, cxo, body=body)
    assert clean()["kept"] == {"sec": [sec], "cxo": [cxo]}


def test_another_executions_claim_stays(clean: Callable[..., Any], data: Any) -> None:
    claims.claim("apple-inc", TWO, 600)
    assert clean()["claim_released"] is False
    assert isinstance(claims.claim("apple-inc", ONE, 600), claims.Busy)


def test_many_items_are_all_found(clean: Callable[..., Any], data: Any) -> None:
    for _ in range(3):
        store.save_extraction("SEC_TABLE", "apple-inc", {"text": "x" * 300_000}, TWO)
    times = [store.save_extraction("SEC_TABLE", "apple-inc", {"text": "x" * 300_000}, ONE) for _ in range(6)]
    assert clean()["removed"]["sec"] == times


@pytest.mark.parametrize(
    ("service", "operation", "error"),
    [
        ("s3", "list_objects_v2", StorageError),
        ("s3", "get_object", StorageError),
        ("s3", "delete_object", StorageError),
        ("dynamodb", "query", DatabaseError),
        ("dynamodb", "delete_item", DatabaseError),
        ("dynamodb", "update_item", DatabaseError),
    ],
)
def test_what_is_denied_is_an_error_that_loses_nothing_merged(
    clean: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch, service: str, operation: str, error: Any
) -> None:
    """The other parts are removed all the same, and a second try removes the rest."""
    claims.claim("apple-inc", ONE, 600)
    sec, _ = extract(ONE)
    merge(data, sec, None)
    client = aws.client(service)
    call = client._make_api_call
    denied = client.meta.method_to_api_mapping[operation]

    def refusing(name: str, parameters: Any) -> Any:
        if name == denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, name)
        return call(name, parameters)

    monkeypatch.setattr(client, "_make_api_call", refusing)
    with pytest.raises(error, match="AccessDenied"):
        clean()
    monkeypatch.setattr(client, "_make_api_call", call)
    assert store.load_extraction("SEC_TABLE", "apple-inc", sec)
    released = isinstance(claims.claim("apple-inc", TWO, 600), claims.Claimed)
    assert released == (operation != "update_item")
    clean()
    assert everything(data)["CompanyCXOData-test"] == []
    assert len(everything(data)["objects"]) == 1


@pytest.mark.parametrize(
    "event",
    [None, [], {}, {"execution_id": ONE}, {"request": REQUEST}, {"request": REQUEST, "execution_id": ""},
     {"request": REQUEST, "execution_id": f"{MACHINE}:"}, {"request": REQUEST, "execution_id": "a/b"},
     {"request": REQUEST, "execution_id": ".."}, {"request": REQUEST, "execution_id": 5},
     {"company_id": "", "execution_id": ONE, "request": REQUEST},
     {"company_id": "../x", "execution_id": ONE, "request": REQUEST},
     {"company_id": "apple-inc/", "execution_id": ONE, "request": REQUEST}, {"request": {}, "execution_id": ONE}],
    ids=str,
)  # fmt: skip
def test_an_event_that_could_mean_more_than_one_run_is_refused(
    function: Callable[[str], Any], data: Any, event: Any
) -> None:
    extract(ONE)
    extract(TWO)
    before = everything(data)
    with pytest.raises(InvalidInput):
        function("cleanup_failed_run").lambda_handler(event, None)
    assert everything(data) == before


def test_any_event_removes_nothing_of_others(function: Callable[[str], Any], data: Any) -> None:
    handler, chance = function("cleanup_failed_run"), random.Random(8)
    extract(TWO)
    before = everything(data)
    values = [None, True, 0, "", "apple-inc", "/", "*", "%", "one", "partial", [], {}, REQUEST, f"{MACHINE}:", "é", ONE]
    for _ in range(300):
        event = {key: chance.choice(values) for key in ("company_id", "request", "execution_id")}
        try:
            handler.lambda_handler(event, None)
        except PipelineError:
            pass
    assert everything(data) == before


def test_partial_documents_come_back(data: Any) -> None:
    assert partial.load_partial("sec", "apple-inc", ONE) is None
    key = partial.save_partial("sec", "apple-inc", ONE, {"name": "Société", "rows": [1, 2.5, None]})
    assert key == "companies/apple-inc/partial/one/sec.json"
    assert partial.load_partial("sec", "apple-inc", ONE) == {"name": "Société", "rows": [1, 2.5, None]}
    partial.save_partial("sec", "apple-inc", ONE, {"second": True})
    assert partial.load_partial("sec", "apple-inc", ONE) == {"second": True}
    assert partial.load_partial("cxo", "apple-inc", ONE) is None
    assert partial.delete_partials("apple-inc", ONE) == [key]
    assert partial.load_partial("sec", "apple-inc", ONE) is None


def test_more_partial_documents_than_one_listing_holds(data: Any) -> None:
    keys = [partial.save_partial(f"cxo-bios-{number}", "apple-inc", ONE, {}) for number in range(1005)]
    assert sorted(partial.delete_partials("apple-inc", ONE)) == sorted(keys)


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"{", b"\xff\xfe"])
def test_a_poisoned_partial_document_is_told(data: Any, body: bytes) -> None:
    data.put_object(Bucket=BUCKET, Key="companies/apple-inc/partial/one/sec.json", Body=body)
    with pytest.raises(UnexpectedContent, match=r"sec\.json"):
        partial.load_partial("sec", "apple-inc", ONE)


@pytest.mark.parametrize("value", [float("nan"), {1}, object(), float("inf")])
def test_what_json_cannot_hold_is_refused(data: Any, value: object) -> None:
    with pytest.raises(UnexpectedContent):
        partial.save_partial("sec", "apple-inc", ONE, {"value": value})


@pytest.mark.parametrize("kind", ["", "other", "../sec", "sec/x", "sec.json", "sec-", "SEC", None, 5])
def test_a_kind_is_a_plain_word(data: Any, kind: Any) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        partial.save_partial(kind, "apple-inc", ONE, {})


def test_no_bucket(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERGED_BUCKET", " ")
    with pytest.raises(ConfigurationError, match="MERGED_BUCKET"):
        partial.save_partial("sec", "apple-inc", ONE, {})
    monkeypatch.setenv("MERGED_BUCKET", "no-such-bucket")
    with pytest.raises(ConfigurationError, match="NoSuchBucket"):
        partial.save_partial("sec", "apple-inc", ONE, {})
