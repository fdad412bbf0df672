"""CheckExtractionCache: hits, misses, waits; nothing that is in the cache can fail a run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError
from common import aws, claims, state, store
from common.errors import ConfigurationError, DatabaseError, InvalidInput

from .conftest import BUCKET, MACHINE, ROOT

SCHEMA = json.loads((ROOT / "lambdas" / "check_extraction_cache" / "result.schema.json").read_text())
ONE, TWO = f"{MACHINE}:one", f"{MACHINE}:two"
REQUEST = {"company_name": "Apple Inc", "website_url": "https://www.apple.com"}
LATEST = "companies/apple-inc/apple-inc_latest.json"


@pytest.fixture
def check(data: Any, function: Callable[[str], Any]) -> Callable[..., dict[str, Any]]:
    """Calls the function; gives its body, checked against its schema."""
    handler = function("check_extraction_cache")

    def call(execution: str = ONE, **request: Any) -> dict[str, Any]:
        result = handler.lambda_handler({"request": {**REQUEST, **request}, "execution_id": execution}, None)
        jsonschema.validate(result, SCHEMA)
        return dict(result["body"])

    return call


def stamp(hours_ago: float) -> str:
    moment = datetime.now(UTC) - timedelta(hours=hours_ago)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def extraction(kind: str, timestamp: str, completeness: Any = 98.5, execution: str = ONE) -> str:
    document = store.storable({"kind": kind, "completeness": completeness})
    item = {"company_id": "apple-inc", "extraction_timestamp": timestamp, "execution_id": execution}
    aws.client("dynamodb").put_item(
        TableName=f"Company{kind.upper()}Data-test", Item=store._attributes({**item, "document": document})
    )
    return timestamp


def merged(bucket: Any, data_time: str, *, digest: str = "abc", kept: bool = True, **metadata: str) -> str:
    facts = {"sha256": digest, "data-time": data_time, **metadata}
    key = f"companies/apple-inc/{data_time.replace('-', '').replace(':', '')}.json"
    for name in (LATEST, key) if kept else (LATEST,):
        bucket.put_object(Bucket=BUCKET, Key=name, Body=b"{}", Metadata=facts)
    return key


def run(bucket: Any, hours_ago: float = 1.0, **completeness: Any) -> str:
    """A whole successful run so many hours ago; gives the key of its document."""
    extraction("sec", stamp(hours_ago + 0.1), completeness.get("sec", 98.5))
    return merged(bucket, extraction("cxo", stamp(hours_ago), completeness.get("cxo", 100)))


def test_a_company_never_seen_is_extracted(check: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    body = check()
    assert (body["decision"], body["claimed"], body["company_id"]) == ("extract", True, "apple-inc")
    assert "WARNING" not in capsys.readouterr().out


def test_a_young_complete_run_is_returned_with_place_and_age(check: Callable[..., Any], data: Any) -> None:
    key = run(data, 2.0)
    body = check()
    assert (body["decision"], body["claimed"]) == ("cached", False)
    found = body["cached"]
    assert found["completeness"] == {"sec": 98.5, "cxo": 100}
    assert found["age_hours"] == pytest.approx(2.1, abs=0.02)
    assert (found["s3"]["bucket"], found["s3"]["key"], found["s3"]["latest"]["key"]) == (BUCKET, key, LATEST)
    for place in (found["s3"], found["s3"]["latest"]):
        assert data.head_object(Bucket=BUCKET, Key=place["key"], VersionId=place["version_id"])
    assert state.read("claim#apple-inc", "claim") is None


@pytest.mark.parametrize(
    ("request_", "decision"),
    [
        ({}, "extract"),
        ({"cache_ttl_hours": 48}, "cached"),
        ({"cache_ttl_hours": 30.5}, "cached"),
        ({"cache_ttl_hours": 48, "force": True}, "extract"),
        ({"cache_ttl_hours": 48, "force": False}, "cached"),
        ({"cache_ttl_hours": 30}, "extract"),
        ({"cache_ttl_hours": 0}, "extract"),
        ({"cache_ttl_hours": -1}, "extract"),
        ({"cache_ttl_hours": "48"}, "extract"),
        ({"cache_ttl_hours": True}, "extract"),
        ({"cache_ttl_hours": float("nan")}, "extract"),
        ({"cache_ttl_hours": float("inf")}, "extract"),
        ({"cache_ttl_hours": 1e300}, "extract"),
        ({"cache_ttl_hours": []}, "extract"),
    ],
    ids=str,
)
def test_the_request_decides_how_old_it_may_be(
    check: Callable[..., Any], data: Any, request_: dict[str, Any], decision: str
) -> None:
    """The older extraction is 30.2 hours old; the default is a day."""
    run(data, 30.1)
    assert check(**request_)["decision"] == decision


@pytest.mark.parametrize("side", ["sec", "cxo"])
@pytest.mark.parametrize("value", [94.9, 0, -3, 101, "98", None, True, [], {}])
def test_too_incomplete_or_no_number_is_a_miss(check: Callable[..., Any], data: Any, side: str, value: Any) -> None:
    run(data, **{side: value})
    assert check()["decision"] == "extract"


def test_between_good_runs_there_may_be_bad_ones(check: Callable[..., Any], data: Any) -> None:
    key = run(data, 3.0)
    extraction("sec", stamp(0.5), 40)
    extraction("cxo", stamp(0.4), 99)  # its merge failed
    assert check()["cached"]["s3"]["key"] == key


@pytest.mark.parametrize("lost", ["sec", "cxo", "latest", "kept"])
def test_a_missing_part_is_a_miss(
    check: Callable[..., Any], data: Any, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = run(data)
    if lost in ("sec", "cxo"):
        table = f"Company{lost.upper()}Data-test"
        item = aws.client("dynamodb").scan(TableName=table)["Items"][0]
        names = ("company_id", "extraction_timestamp")
        aws.client("dynamodb").delete_item(TableName=table, Key={name: item[name] for name in names})
    else:
        data.delete_object(Bucket=BUCKET, Key=LATEST if lost == "latest" else key)
    assert check()["decision"] == "extract"
    if lost in ("latest", "kept"):
        assert "merged document not readable" in capsys.readouterr().out


@pytest.mark.parametrize(
    "poison",
    [
        {"data_time": "yesterday"},
        {"data_time": ""},
        {"data_time": "9999-01-01T00:00:00.000000Z"},
        {"partial": "true"},
        {"digest": ""},
    ],
    ids=str,
)
def test_a_document_that_does_not_fit_is_a_miss_with_a_warning(
    check: Callable[..., Any], data: Any, poison: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    extraction("sec", stamp(2))
    told = extraction("cxo", stamp(1))
    merged(data, poison.pop("data_time", told), **poison)
    assert check()["decision"] == "extract"
    assert "WARNING" in capsys.readouterr().out


def test_the_latest_and_the_kept_document_must_be_the_same(check: Callable[..., Any], data: Any) -> None:
    extraction("sec", stamp(2))
    told = extraction("cxo", stamp(1))
    merged(data, told)
    merged(data, told, digest="other", kept=False)
    assert check()["decision"] == "extract"


@pytest.mark.parametrize(
    "timestamp",
    [stamp(-3), "9999-12-31T00:00:00.000000Z", "soon", "9", "2999-01-01", "é"],
    ids=["in three hours", "the last day", "a word", "a digit", "a day", "no ASCII"],
)
def test_extractions_of_the_future_are_passed_over(
    check: Callable[..., Any], data: Any, timestamp: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = run(data)
    extraction("sec", timestamp)
    assert check()["cached"]["s3"]["key"] == key
    assert "extraction passed over" in capsys.readouterr().out
    extraction("cxo", timestamp)
    merged(data, timestamp.encode("ascii", "ignore").decode() or "x")
    assert check()["decision"] == "extract"


def test_poisoned_items_never_fail_a_run(check: Callable[..., Any], data: Any) -> None:
    chance = random.Random(11)
    values = [{"S": "x"}, {"N": "1"}, {"N": "1e120"}, {"NULL": True}, {"L": [{"M": {}}]}, {"M": {}}, {"B": b"\xff"},
              {"M": {"completeness": {"S": "99"}}}, {"M": {"completeness": {"N": "99"}}}, {"BOOL": False}]  # fmt: skip
    for number in range(120):
        table = chance.choice(["CompanySECData-test", "CompanyCXOData-test"])
        key = {"company_id": {"S": "apple-inc"}, "extraction_timestamp": {"S": stamp(chance.uniform(-1, 30))}}
        aws.client("dynamodb").put_item(TableName=table, Item={**key, "document": chance.choice(values)})
        assert check(f"{MACHINE}:one")["decision"] == "extract", number


@pytest.mark.parametrize("broken", ["dynamodb", "s3"])
def test_a_cache_that_cannot_be_read_is_a_miss(
    check: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    run(data)
    client = aws.client(broken)
    operation = "query" if broken == "dynamodb" else "head_object"

    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

    monkeypatch.setattr(client, operation, denied)
    assert check()["decision"] == "extract"


@pytest.mark.parametrize("setting", ["SEC_TABLE", "MERGED_BUCKET", "COMPLETENESS_THRESHOLD"])
def test_a_broken_setting_of_the_cache_is_a_miss(
    check: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    run(data)
    monkeypatch.setenv(setting, "much" if setting == "COMPLETENESS_THRESHOLD" else "")
    assert check()["decision"] == "extract"


def test_a_second_execution_waits_then_gets_the_firsts_result(check: Callable[..., Any], data: Any) -> None:
    assert check(ONE)["decision"] == "extract"
    assert check(ONE)["decision"] == "extract", "retries and redrives keep the claim"
    body = check(TWO)
    assert (body["decision"], body["claimed"], body["holder"]) == ("wait", False, ONE)
    wait = datetime.fromisoformat(body["wait_until"]) - datetime.now(UTC)
    assert timedelta(seconds=2) < wait < timedelta(seconds=8)
    key = run(data, 0.0)
    claims.release("apple-inc", ONE)
    assert check(TWO)["cached"]["s3"]["key"] == key


def test_a_result_that_comes_between_look_and_claim_is_used(
    check: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(ONE)["decision"] == "extract"
    claim = claims.claim

    def finished_meanwhile(*arguments: Any, **more: Any) -> Any:
        run(data, 0.0)
        claims.release("apple-inc", ONE)
        return claim(*arguments, **more)

    monkeypatch.setattr(claims, "claim", finished_meanwhile)
    assert check(TWO)["decision"] == "cached"
    monkeypatch.undo()


def test_after_a_failed_first_the_second_extracts(check: Callable[..., Any], data: Any) -> None:
    check(ONE)
    claims.release("apple-inc", ONE)
    assert check(TWO)["decision"] == "extract"


def test_force_does_not_pass_by_the_claim(check: Callable[..., Any], data: Any) -> None:
    check(ONE)
    assert check(TWO, force=True)["decision"] == "wait"


def test_waits_grow_are_jittered_and_bounded(
    check: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(minutes: float) -> list[float]:
        started = datetime.now(UTC) - timedelta(minutes=minutes)
        claims.claim("apple-inc", ONE, 7200, started)
        answers = [check(TWO)["wait_until"] for _ in range(12)]
        claims.release("apple-inc", ONE)
        return [(datetime.fromisoformat(answer) - datetime.now(UTC)).total_seconds() for answer in answers]

    early, middle, late = waits(0), waits(2), waits(60)
    assert min(early) > 3 and max(early) < 7
    assert min(middle) > 20 and max(middle) < 39
    assert min(late) > 40 and max(late) < 76
    assert all(len({round(wait, 1) for wait in found}) > 3 for found in (early, middle, late))


def test_nobody_waits_much_longer_than_the_claim_lasts(check: Callable[..., Any], data: Any) -> None:
    claims.claim("apple-inc", ONE, 1201, datetime.now(UTC) - timedelta(seconds=1200))
    wait = datetime.fromisoformat(check(TWO)["wait_until"]) - datetime.now(UTC)
    assert wait < timedelta(seconds=7)


@pytest.mark.parametrize(
    ("status", "decision"),
    [
        ("RUNNING", "wait"),
        ("PENDING_REDRIVE", "wait"),
        ("ABORTED", "extract"),
        ("TIMED_OUT", "extract"),
        (None, "wait"),
    ],
)
def test_a_claim_whose_holder_has_ended_is_taken_over(
    check: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch, status: str | None, decision: str
) -> None:
    claims.claim("apple-inc", ONE, 7200, datetime.now(UTC) - timedelta(minutes=1))
    client = aws.client

    class States:
        def describe_execution(self, executionArn: str) -> dict[str, Any]:
            assert executionArn == ONE
            if status is None:
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "DescribeExecution")
            return {"status": status}

    monkeypatch.setattr(aws, "client", lambda name: States() if name == "stepfunctions" else client(name))
    assert check(TWO)["decision"] == decision
    monkeypatch.setattr(aws, "client", client)


@pytest.mark.parametrize(
    "event",
    [None, [], {}, {"request": REQUEST}, {"request": [], "execution_id": ONE}, {"request": {}, "execution_id": ONE},
     {"request": REQUEST, "execution_id": 5}, {"request": {"company_name": "!!!"}, "execution_id": ONE}],
    ids=str,
)  # fmt: skip
def test_bad_events_are_refused(function: Callable[[str], Any], data: Any, event: Any) -> None:
    with pytest.raises(InvalidInput):
        function("check_extraction_cache").lambda_handler(event, None)


def test_a_claim_that_cannot_be_written_is_an_error(
    check: Callable[..., Any], data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "UpdateItem")

    monkeypatch.setattr(aws.client("dynamodb"), "update_item", throttled)
    with pytest.raises(DatabaseError, match="ThrottlingException"):
        check()
    monkeypatch.setenv("CLAIM_SECONDS", "-5")
    with pytest.raises(ConfigurationError, match="CLAIM_SECONDS"):
        check()


def test_hits_are_a_metric(check: Callable[..., Any], data: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check()
    run(data)
    check(cache_ttl_hours=5)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["CacheHit"] for line in lines if line["message"] == "cache"] == [0, 1]
