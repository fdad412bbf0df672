"""DynamoDBToS3Merger."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from common import aws, claims, partial, store
from common.errors import ConfigurationError, InsufficientDataQuality, InvalidInput, StorageError

from .conftest import BUCKET

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:CompanyDataExtractionPipeline:apple-inc-2026-11-23"
LATEST = "companies/apple-inc/apple-inc_latest.json"


def extracted(run: str = "one", company: str = "apple-inc") -> dict[str, Any]:
    """Save both extractions and give the event that the state machine would send."""
    parts = {}
    for name, table in (("sec", "SEC_TABLE"), ("cxo", "CXO_TABLE")):
        timestamp = store.save_extraction(table, company, {"from": name, "run": run}, EXECUTION)
        parts[name] = {"company_id": company, "extraction_timestamp": timestamp, "completeness": 97.5}
    request = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "stock_symbol": "AAPL"}
    return {"request": request, "execution_id": EXECUTION, **parts}


def content(bucket: Any, key: str) -> dict[str, Any]:
    return json.loads(bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_both_objects_hold_the_merged_document(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    result = merger.lambda_handler(event, None)
    body = result["body"]
    assert (result["statusCode"], body["company_id"]) == (200, "apple-inc")
    assert body["s3"]["bucket"] == BUCKET
    document = content(bucket, body["s3"]["key"])
    assert document == content(bucket, LATEST)
    assert document["company"] == {
        "company_id": "apple-inc",
        "name": "Apple Inc",
        "website_url": "https://www.apple.com",
        "stock_symbol": "AAPL",
    }
    assert document["sec"] == {"from": "sec", "run": "one"}
    assert document["cxo"] == {"from": "cxo", "run": "one"}
    quality = document["quality"]
    assert (quality["sec_completeness"], quality["cxo_completeness"]) == (97.5, 97.5)
    assert (body["quality_score"], body["doubts"]) == (quality["score"], quality["doubts"][:10])
    assert [doubt["field"] for doubt in quality["doubts"]][:1] == ["sec"], "these documents hold no field at all"
    assert document["provenance"]["execution_id"] == EXECUTION
    assert document["provenance"]["sec"]["extraction_timestamp"] == event["sec"]["extraction_timestamp"]


def test_the_key_is_the_time_of_the_later_extraction(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    key = merger.lambda_handler(event, None)["body"]["s3"]["key"]
    later = event["cxo"]["extraction_timestamp"].replace("-", "").replace(":", "")
    assert key == f"companies/apple-inc/{later}.json"


def test_objects_say_what_they_are(tables: Any, bucket: Any, merger: Any) -> None:
    saved = merger.lambda_handler(extracted(), None)["body"]["s3"]
    for key, version in ((saved["key"], saved["version_id"]), (LATEST, saved["latest"]["version_id"])):
        there = bucket.get_object(Bucket=BUCKET, Key=key, VersionId=version)
        assert there["ContentType"] == "application/json"
        assert there["Metadata"]["sha256"] == hashlib.sha256(there["Body"].read()).hexdigest()


def test_the_same_event_again_writes_nothing(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    first = merger.lambda_handler(event, None)["body"]["s3"]
    second = merger.lambda_handler(event, None)["body"]["s3"]
    assert (second["key"], second["version_id"]) == (first["key"], first["version_id"])
    assert second["latest"] == {**first["latest"], "written": False}
    assert len(bucket.list_object_versions(Bucket=BUCKET)["Versions"]) == 2


def test_a_later_extraction_becomes_the_latest(tables: Any, bucket: Any, merger: Any) -> None:
    merger.lambda_handler(extracted("one"), None)
    merger.lambda_handler(extracted("two"), None)
    assert content(bucket, LATEST)["sec"]["run"] == "two"
    assert len(bucket.list_objects_v2(Bucket=BUCKET)["Contents"]) == 3


def test_an_earlier_extraction_does_not_become_the_latest(tables: Any, bucket: Any, merger: Any) -> None:
    early = extracted("early")
    merger.lambda_handler(extracted("late"), None)
    result = merger.lambda_handler(early, None)["body"]["s3"]
    assert content(bucket, LATEST)["sec"]["run"] == "late"
    assert content(bucket, result["key"])["sec"]["run"] == "early"
    assert result["latest"]["written"] is False


def test_another_document_under_the_key_is_not_replaced(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    key = f"companies/apple-inc/{event['cxo']['extraction_timestamp'].replace('-', '').replace(':', '')}.json"
    bucket.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    with pytest.raises(StorageError, match="holds another document"):
        merger.lambda_handler(event, None)
    assert content(bucket, key) == {}
    assert bucket.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_a_latest_that_others_keep_replacing_is_given_up(
    tables: Any, bucket: Any, merger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Contended:
        """Every conditional write to the latest object loses."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bucket, name)

        def put_object(self, **call: Any) -> Any:
            if call["Key"] != LATEST:
                return bucket.put_object(**call)
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "lost"}}, "PutObject")

        def head_object(self, **call: Any) -> Any:
            return {"Metadata": {"data-time": "2000"}, "ETag": '"other"'}

    event, real = extracted(), aws.client
    monkeypatch.setattr(aws, "client", lambda service: Contended() if service == "s3" else real(service))
    with pytest.raises(StorageError, match="replaced by others"):
        merger.lambda_handler(event, None)


def test_a_later_latest_that_comes_in_between_stays(
    tables: Any, bucket: Any, merger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overtaken:
        """Another execution writes the latest object just after we looked at it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bucket, name)

        def put_object(self, **call: Any) -> Any:
            return bucket.put_object(**call)

        def head_object(self, **call: Any) -> Any:
            seen = bucket.head_object(**call)
            if call["Key"] == LATEST:
                newer = {"data-time": "9999", "sha256": "other"}
                bucket.put_object(Bucket=BUCKET, Key=LATEST, Body=b'{"sec": "newer"}', Metadata=newer)
            return seen

    merger.lambda_handler(extracted("one"), None)
    event, real = extracted("two"), aws.client
    monkeypatch.setattr(aws, "client", lambda service: Overtaken() if service == "s3" else real(service))
    assert merger.lambda_handler(event, None)["body"]["s3"]["latest"]["written"] is False
    assert content(bucket, LATEST) == {"sec": "newer"}


def test_a_missing_extraction_is_a_clear_error(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    event["cxo"]["extraction_timestamp"] = "2020-01-01T00:00:00.000000Z"
    with pytest.raises(InvalidInput, match="CompanyCXOData-test holds no extraction of apple-inc"):
        merger.lambda_handler(event, None)
    assert "Contents" not in bucket.list_objects_v2(Bucket=BUCKET)


def test_two_companies_are_never_joined(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    event["cxo"] = {**event["cxo"], "company_id": "other-inc"}
    with pytest.raises(InvalidInput, match="different companies: apple-inc, other-inc"):
        merger.lambda_handler(event, None)
    with pytest.raises(InvalidInput, match="different companies"):
        merger.lambda_handler({**extracted(), "company_id": "other-inc"}, None)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (None, "no sec result"),
        ({}, "no company_id"),
        ({"company_id": "apple-inc", "extraction_timestamp": "2026", "completeness": None}, "no completeness"),
        ({"company_id": "apple-inc", "extraction_timestamp": "2026", "completeness": True}, "no completeness"),
    ],
)
def test_a_broken_event_is_refused(tables: Any, bucket: Any, merger: Any, part: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        merger.lambda_handler({**extracted(), "sec": part}, None)


def test_a_missing_bucket_is_permanent(tables: Any, bucket: Any, merger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERGED_BUCKET", "no-such-bucket-anywhere")
    with pytest.raises(ConfigurationError, match="NoSuchBucket"):
        merger.lambda_handler(extracted(), None)
    monkeypatch.delenv("MERGED_BUCKET")
    with pytest.raises(ConfigurationError, match="MERGED_BUCKET"):
        merger.lambda_handler(extracted(), None)


def test_the_result_stays_small(tables: Any, bucket: Any, merger: Any) -> None:
    assert len(json.dumps(merger.lambda_handler(extracted(), None))) < 1000


def people(*names: str) -> dict[str, Any]:
    return {"executives": [{"name": name, "title": "Chief Executive Officer"} for name in names]}


def saved_cxo(document: dict[str, Any]) -> dict[str, Any]:
    """An event whose CXO side holds `document`."""
    event = extracted()
    timestamp = store.save_extraction("CXO_TABLE", "apple-inc", document, EXECUTION)
    return {**event, "cxo": {**event["cxo"], "extraction_timestamp": timestamp}}


@pytest.mark.parametrize("kept", ["sec", "cxo"])
def test_one_side_alone_is_kept_marked_partial(tables: Any, bucket: Any, merger: Any, kept: str) -> None:
    event = extracted()
    event.pop({"sec": "cxo", "cxo": "sec"}[kept])
    body = merger.lambda_handler({**event, "partial": True}, None)["body"]
    assert body["partial"] is True and body["s3"]["key"].endswith(".partial.json") and "latest" not in body["s3"]
    document = content(bucket, body["s3"]["key"])
    assert document["partial"] is True
    assert [document["sec"] is None, document["cxo"] is None] == [kept == "cxo", kept == "sec"]
    assert [item["Key"] for item in bucket.list_objects_v2(Bucket=BUCKET)["Contents"]] == [body["s3"]["key"]]


def test_one_side_alone_is_refused_where_nobody_said_partial(tables: Any, bucket: Any, merger: Any) -> None:
    event = extracted()
    event.pop("cxo")
    with pytest.raises(InvalidInput, match="no cxo result"):
        merger.lambda_handler(event, None)
    with pytest.raises(InvalidInput, match="neither"):
        merger.lambda_handler({"request": {}, "execution_id": EXECUTION, "partial": True}, None)


def test_biographies_of_the_workers_are_joined(tables: Any, bucket: Any, merger: Any) -> None:
    event = saved_cxo({**people("Ann Example", "Bob Example"), "board": [{"name": "Cyd Example", "bio": "Own."}]})
    bios = [
        {"name": "Ann Example", "bio": "Ann leads.", "url": "https://a/1"},
        {"name": "Cyd Example", "bio": "Other."},
    ]
    partial.save_partial("cxo-bios-0", "apple-inc", EXECUTION, {"bios": bios})
    partial.save_partial("cxo-bios-1", "apple-inc", EXECUTION, {"bios": [{"name": "Nobody", "bio": "x"}]})
    document = content(bucket, merger.lambda_handler(event, None)["body"]["s3"]["key"])
    ann, bob = document["cxo"]["executives"]
    assert (ann["bio"], ann["bio_url"], "bio" in bob) == ("Ann leads.", "https://a/1", False)
    assert document["cxo"]["board"][0]["bio"] == "Own.", "what the extraction found itself is kept"
    assert partial.list_keys("companies/apple-inc/partial/") == [], "the document is safe: its parts are not needed"


def test_doubtful_data_is_not_saved(tables: Any, bucket: Any, merger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUALITY_THRESHOLD", "60")
    with pytest.raises(InsufficientDataQuality, match=r"of 100, at least 60 is asked for: sec: ") as caught:
        merger.lambda_handler(extracted(), None)
    assert "\n" not in str(caught.value)
    assert bucket.list_objects_v2(Bucket=BUCKET).get("Contents", []) == []
    monkeypatch.setenv("QUALITY_THRESHOLD", "much")
    with pytest.raises(ConfigurationError, match="QUALITY_THRESHOLD"):
        merger.lambda_handler(extracted(), None)


def test_a_merge_lets_the_next_execution_begin(tables: Any, bucket: Any, merger: Any, state_table: Any) -> None:
    assert isinstance(claims.claim("apple-inc", EXECUTION, 600), claims.Claimed)
    assert isinstance(claims.claim("apple-inc", "another", 600), claims.Busy)
    merger.lambda_handler(extracted(), None)
    assert isinstance(claims.claim("apple-inc", "another", 600), claims.Claimed)
