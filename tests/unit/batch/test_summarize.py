"""SummarizeBatch: result files in, an outcome a company out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import jsonschema
import pytest
from common.errors import InvalidInput, StorageError

from .conftest import BUCKET

FOLDER = Path(__file__).parents[3] / "lambdas" / "summarize_batch"
BATCH = "companies-20261123-aaaaaaaa"
EXECUTION = f"arn:aws:states:us-east-1:123456789012:execution:CompanyBatch:{BATCH}"
S3 = {"bucket": BUCKET, "key": "companies/alpha/1.json"}
CAUSE = (
    'SEC 10-K: {"statusCode":404,"body":{"completeness":0,"error":"CompanyNotFound",'
    '"cause":"{\\"errorMessage\\":\\"no such company\\",\\"errorType\\":\\"CompanyNotFound\\"}"}} '
    'Leadership: {"statusCode":200,"body":{"completeness":97.5}}'
)


def item(line: int, company: str) -> dict[str, Any]:
    request = {"company_name": company.title(), "website_url": "https://a.example"}
    return {"line": line, "company_id": company, "token": f"{company}-1", "request": request}


def record(status: str, company: dict[str, Any], **more: Any) -> dict[str, Any]:
    times = {"StartDate": "2026-11-23T12:00:00.000Z", "StopDate": "2026-11-23T12:00:02.500Z"}
    return {"Status": status, "Input": json.dumps(company), **times, **more}


def succeeded(company: dict[str, Any], *, existing: bool = False, started: Any = None, stopped: Any = None) -> Any:
    output = {"status": "success", "s3": S3, "completeness": {"sec": 99, "cxo": 98}}
    execution = {"execution_arn": "arn:x", "started": started, "stopped": stopped, "output": output}
    child = {**company, "existing": existing, "execution": execution}
    return record("SUCCEEDED", company, Output=json.dumps(child))


class Results:
    """A batch's folder in S3, and the function."""

    def __init__(self, handler: ModuleType) -> None:
        self._handler = handler
        self._s3 = boto3.client("s3")

    def put(self, key: str, rows: list[Any]) -> None:
        body = "\n".join(json.dumps(row) for row in rows)
        self._s3.put_object(Bucket=BUCKET, Key=f"batches/{BATCH}/{key}", Body=body.encode())

    def write(self, items: list[Any], run: str = "run", **files: list[Any]) -> dict[str, Any]:
        """The list and a Map Run's files; gives the Map's result."""
        self.put("companies.jsonl", items)
        folder = f"results/{run}"
        listed: dict[str, list[Any]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
        for name, rows in files.items():
            self.put(f"{folder}/{name}.jsonl", rows)
            listed[name.split("_")[0]].append({"Key": f"batches/{BATCH}/{folder}/{name}.jsonl", "Size": 1})
        self.put(f"{folder}/manifest.json", [{"DestinationBucket": BUCKET, "ResultFiles": listed}])
        key = f"batches/{BATCH}/{folder}/manifest.json"
        return {"MapRunArn": "arn:run", "ResultWriterDetails": {"Bucket": BUCKET, "Key": key}}

    def summarize(self, run: dict[str, Any], **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The result's body and the summary."""
        event = {"batch_id": BATCH, "execution_id": EXECUTION, "started": "2026-11-23T12:00:00Z", "run": run, **changes}
        jsonschema.validate(event, json.loads((FOLDER / "event.schema.json").read_text()))
        result = self._handler.lambda_handler(event, None)
        jsonschema.validate(result, json.loads((FOLDER / "result.schema.json").read_text()))
        place = result["body"]["s3"]
        return result["body"], json.loads(self._s3.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read())


@pytest.fixture
def results(cloud: None, function: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> Results:
    monkeypatch.setenv("ENVIRONMENT", "test")
    return Results(function("summarize_batch", "handler"))


def test_each_company_has_its_outcome_in_the_lists_order(results: Results) -> None:
    alpha, beta, gamma, delta = item(2, "alpha"), item(3, "beta"), item(5, "gamma"), item(6, "delta")
    run = results.write(
        [delta, alpha, beta, gamma],
        SUCCEEDED_0=[succeeded(alpha, started=1_763_899_200_000, stopped=1_763_899_201_500)],
        SUCCEEDED_1=[succeeded(beta, existing=True, started="2026-11-23T10:00:00Z", stopped="2026-11-23T10:00:09Z")],
        FAILED_0=[
            record("FAILED", gamma, Error="ExtractionFailed", Cause=CAUSE),
            record("FAILED", delta, Error="TIMED_OUT", Cause="The execution ended without a cause of its own"),
        ],
    )
    body, summary = results.summarize(run)
    found = {outcome["company_id"]: outcome for outcome in summary["companies"]}
    assert list(found) == ["delta", "alpha", "beta", "gamma"]
    assert body["counts"] == {"SUCCEEDED": 2, "FAILED": 1, "TIMED_OUT": 1, "ABORTED": 0, "NOT_RUN": 0}
    assert body["failure"] is None and summary["total"] == body["total"] == 4
    assert (found["alpha"]["seconds"], found["alpha"]["existing"]) == (1.5, False)
    assert (found["beta"]["seconds"], found["beta"]["existing"]) == (9.0, True)
    assert found["alpha"]["s3"] == S3 and found["alpha"]["completeness"] == {"sec": 99, "cxo": 98}
    assert (found["gamma"]["error"], found["gamma"]["seconds"]) == ("ExtractionFailed", 2.5)
    assert found["gamma"]["cause"] == "SEC 10-K: CompanyNotFound: no such company Leadership: 97.5 % complete."
    assert (found["delta"]["status"], found["delta"]["error"]) == ("TIMED_OUT", None)
    assert found["delta"]["line"] == 6 and found["delta"]["company_name"] == "Delta"


def test_a_batch_that_was_given_up_tells_who_was_not_run(results: Results) -> None:
    companies = [item(n, name) for n, name in enumerate(("alpha", "beta", "gamma", "delta"))]
    results.write(
        companies,
        FAILED_0=[record("FAILED", companies[0], Error="E", Cause="c"), record("ABORTED", companies[1])],
        PENDING_0=[record("PENDING", companies[2])],
    )
    body, summary = results.summarize({"Error": "States.ExceedToleratedFailureThreshold", "Cause": "too many"})
    assert [outcome["status"] for outcome in summary["companies"]] == ["FAILED", "ABORTED", "NOT_RUN", "NOT_RUN"]
    assert body["failure"] == {"error": "States.ExceedToleratedFailureThreshold", "cause": "too many"}
    assert "given up" in body["message"]


def test_without_result_files_nobody_was_run(results: Results) -> None:
    results.put("companies.jsonl", [item(2, "alpha")])
    body, _ = results.summarize({"Error": "States.ItemReaderFailed", "Cause": "x"})
    assert body["counts"]["NOT_RUN"] == body["total"] == 1


def test_after_a_repeated_map_a_success_counts_most(results: Results) -> None:
    alpha = item(2, "alpha")
    run = results.write([alpha], SUCCEEDED_0=[succeeded(alpha)], FAILED_0=[record("FAILED", alpha, Error="E")])
    assert results.summarize(run)[0]["counts"]["SUCCEEDED"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"Status": "SUCCEEDED", "Input": json.dumps(item(2, "alpha"))},
        {"Status": "SUCCEEDED", "Input": json.dumps(item(2, "alpha")), "Output": "cut o"},
        {"Status": "SUCCEEDED", "Input": json.dumps(item(2, "alpha")), "Output": '{"execution": {"output": "text"}}'},
    ],
)
def test_a_success_without_a_readable_output_is_a_success(results: Results, broken: Any) -> None:
    run = results.write([item(2, "alpha")], SUCCEEDED_0=[broken])
    (outcome,) = results.summarize(run)[1]["companies"]
    assert (outcome["status"], outcome["s3"], outcome["seconds"]) == ("SUCCEEDED", None, None)


def test_the_notice_can_be_sent_whatever_the_names(results: Results) -> None:
    companies = [item(n, f"c{n}") for n in range(30)]
    for company in companies:
        company["request"]["company_name"] = "Ünïcode\u202e\n" + "x" * 190
    run = results.write(companies, FAILED_0=[record("FAILED", c, Error="E", Cause="x" * 40_000) for c in companies])
    body, summary = results.summarize(run)
    assert len(body["subject"]) <= 100 and body["subject"].isascii()
    assert body["subject"].endswith("0 of 30 succeeded")
    assert "... and 10 more." in body["message"]
    assert all(len(outcome["cause"]) <= 300 for outcome in summary["companies"])
    assert len(json.dumps(body).encode()) < 32_768


@pytest.mark.parametrize("batch", ["", "../x", "a/b", "x" * 81, "-x", "a\n"])
def test_an_identifier_that_leads_elsewhere_is_refused(function: Any, batch: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("MERGED_BUCKET", BUCKET)
    with pytest.raises(InvalidInput):
        function("summarize_batch", "handler").lambda_handler({"batch_id": batch, "run": {}}, None)


def test_a_missing_list_is_a_storage_error(results: Results) -> None:
    with pytest.raises(StorageError):
        results.summarize({"Error": "States.ItemReaderFailed", "Cause": "x"})


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ("", ""),
        ("plain  text\n", "plain text"),
        ('{"errorMessage": "why", "errorType": "E"}', "why"),
        ('before {"errorMessage": "why"} after', "before why after"),
        ('{"cut": "of', '{"cut": "of'),
        ("{}", "{}"),
        ("{" * 5000, "{" * 299 + "…"),
    ],
)
def test_causes_in_short(function: Any, cause: str, expected: str) -> None:
    assert function("summarize_batch", "causes").short(cause) == expected
