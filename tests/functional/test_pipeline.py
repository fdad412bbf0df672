"""CompanyDataExtractionPipeline end to end on the embedded AWS: samples, and the real documents where they are at hand."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from bs4 import BeautifulSoup

from tests.conftest import ROOT, SHARED, Tool

TESLA = ["Tesla", "--website", "https://www.tesla.com", "--symbol", "TSLA"]


@pytest.fixture(scope="module")
def pipeline(make_tool: Callable[[Path], Tool]) -> Tool:
    """The project that comes along, deployed."""
    tool = make_tool(ROOT)
    tool.ok("deploy", "--yes")
    return tool


def s3(tool: Tool) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=tool.json("local", "status")["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(s3={"addressing_style": "path"}),
    )


def page_text(url: str) -> str:
    """The text of a sample page, as BeautifulSoup reads it: another reader than the extractor's own."""
    path = ROOT / "samples" / url.split("://")[1]
    html = (path / "index.html" if path.is_dir() else path).read_text()
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def document(tool: Tool, place: dict[str, Any]) -> Any:
    return json.loads(s3(tool).get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read())


@pytest.mark.parametrize(
    ("company", "host", "symbol", "revenue", "chief"),
    [
        ("Apple Inc", "www.apple.com", "AAPL", 391_035_000_000, "Tim Cook"),
        ("NVIDIA", "www.nvidia.com", "NVDA", 130_497_000_000, "Jensen Huang"),
        ("Tesla", "www.tesla.com", "TSLA", 97_690_000_000, "Elon Musk"),
    ],
)
def test_a_company_ends_in_a_merged_document(
    pipeline: Tool, company: str, host: str, symbol: str, revenue: int, chief: str
) -> None:
    result = pipeline.json("start-execution", company, "--website", f"https://{host}", "--symbol", symbol, "--wait")
    assert result["status"] == "SUCCEEDED"
    merged = document(pipeline, result["output"]["s3"])
    assert merged["sec"]["fields"]["revenue"]["value"] == revenue
    assert merged["sec"]["fields"]["revenue"]["source"]["url"].startswith("https://www.sec.gov/Archives/")
    assert merged["cxo"]["roles"]["CEO"] == [chief]
    assert merged["cxo"]["executives"]
    for person in merged["cxo"]["executives"]:
        text = page_text(person["source"]["url"])
        assert person["name"] in text and person["title"] in text
    latest = {**result["output"]["s3"], "key": result["output"]["s3"]["latest"]["key"]}
    assert document(pipeline, latest) == merged


def test_the_same_company_on_the_same_day_is_the_first_execution(pipeline: Tool) -> None:
    first = pipeline.json("start-execution", *TESLA)
    again = pipeline.json("start-execution", *TESLA)
    assert again["existing"] and again["executionArn"] == first["executionArn"]
    forced = pipeline.json("start-execution", *TESLA, "--force")
    assert not forced["existing"] and forced["executionArn"] != first["executionArn"]


def test_a_fresh_result_is_given_back_and_no_page_is_read(pipeline: Tool) -> None:
    """The name alone would make it a new execution; the cache makes it a cheap one."""
    first = pipeline.json("start-execution", *TESLA, "--force", "--wait")["output"]
    again = pipeline.json("start-execution", *TESLA, "--name", "tesla-again", "--wait")["output"]
    assert (first["cached"], again["cached"]) == (False, True)
    assert again["s3"]["key"] == first["s3"]["key"] and again["age_hours"] < 1
    steps = pipeline.json("executions", "show", "tesla-again")["steps"]
    assert {step["state"] for step in steps} == {"CheckExtractionCache", "CacheDecision", "ReturnCachedData"}


def test_two_executions_of_a_company_extract_it_once(pipeline: Tool) -> None:
    """The second waits for the first and takes its result."""
    nvidia = ["NVIDIA", "--website", "https://www.nvidia.com", "--symbol", "NVDA"]
    for name in ("first", "second"):
        pipeline.ok("start-execution", *nvidia, "--name", f"nvidia-{name}", "--input", '{"cache_ttl_hours": 0.02}')
    outputs = [
        pipeline.json(
            "start-execution", *nvidia, "--name", f"nvidia-{name}", "--input", '{"cache_ttl_hours": 0.02}', "--wait"
        )["output"]
        for name in ("first", "second")
    ]
    assert outputs[0]["s3"]["key"] == outputs[1]["s3"]["key"]


def test_states_are_shown_as_they_pass(pipeline: Tool) -> None:
    out = pipeline.ok("start-execution", *TESLA, "--force", "--wait").out
    passed = [line.split("→")[1].split()[0] for line in out.splitlines() if "→" in line]
    assert passed[0] == "CheckExtractionCache" and passed[-1] == "PipelineSuccess"
    assert {"ExtractSECData", "ExtractCXOData", "CheckExtractionResults", "MergeAndSaveToS3"} <= set(passed)


def test_a_company_that_edgar_does_not_know_fails_with_a_notification(pipeline: Tool) -> None:
    ran = pipeline("start-execution", "Nobody Knows Ltd", "--website", "https://www.tesla.com", "--wait")
    assert ran.code == 10
    assert "CompanyNotFound" in ran.err
    assert "CleanupFailedRun" in ran.out and "NotifyFailure" in ran.out
    shown = pipeline.json("executions", "show", "nobody-knows-ltd-" + _today())
    assert shown["error"] == "ExtractionFailed"


@pytest.mark.parametrize(
    ("website", "error"),
    [
        ("http://169.254.169.254/latest/meta-data/", "UnsafeUrl"),
        ("http://127.0.0.1/", "UnsafeUrl"),
        ("http://[::1]/", "UnsafeUrl"),
        ("http://2130706433/", "UnsafeUrl"),
    ],
)
def test_a_website_that_leads_inside_is_refused(pipeline: Tool, website: str, error: str) -> None:
    ran = pipeline("start-execution", "Tesla", "--symbol", "TSLA", "--website", website, "--force", "--wait")
    assert ran.code == 10 and error in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["", "--website", "https://www.tesla.com"],
        ["x" * 201, "--website", "https://www.tesla.com"],
        ["Tesla", "--website", "ftp://www.tesla.com"],
        ["Tesla"],
        ["Tesla", "--website", "https://www.tesla.com", "--input", '{"unknown": 1}'],
        ["Tesla", "--website", "https://www.tesla.com", "--input", "{"],
    ],
)
def test_input_that_does_not_fit_starts_nothing(pipeline: Tool, arguments: list[str]) -> None:
    before = len(pipeline.json("executions", "list"))
    assert pipeline("start-execution", *arguments).code == 2
    assert len(pipeline.json("executions", "list")) == before


def test_a_change_in_the_merger_and_its_rollback_show_in_the_documents(pipeline: Tool) -> None:
    path = pipeline.project / "lambdas" / "dynamodb_to_s3_merger" / "merged_document.py"
    source = path.read_text()
    changed = source.replace('SCHEMA_VERSION = "1.0"', 'SCHEMA_VERSION = "1.1"')
    assert changed != source
    path.write_text(changed)
    try:
        assert "DynamoDBToS3Merger-local:2" in pipeline.ok("deploy", "--yes").out
        assert _schema_version(pipeline) == "1.1"
        pipeline.ok("rollback", "--yes")
        assert _schema_version(pipeline) == "1.0"
    finally:
        path.write_text(source)


def test_the_deployed_parts_are_as_the_review_wants_them(pipeline: Tool) -> None:
    resources = pipeline.json("status")["resources"]
    assert resources["table:sec_data"] == "CompanySECData-local"
    assert resources["bucket:merged"] == "company-sec-cxo-data-diligent-local-123456789012"
    assert resources["function:nova_sec_extractor"] == "NovaSECExtractor-local"
    bucket = resources["bucket:merged"]
    client = s3(pipeline)
    assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


def test_data_survives_destroy_unless_told(pipeline: Tool) -> None:
    pipeline.ok("destroy", "--confirm", "company-data-extraction/local")
    left = pipeline.json("status")["resources"]
    tables = {f"table:{key}" for key in ("sec_data", "cxo_data", "pipeline_state", "releases")}
    assert set(left) == {*tables, "bucket:merged"}
    bucket = left["bucket:merged"]
    assert s3(pipeline).list_objects_v2(Bucket=bucket)["KeyCount"] > 0
    pipeline.ok("deploy", "--yes")
    assert s3(pipeline).list_objects_v2(Bucket=bucket)["KeyCount"] > 0
    pipeline.ok("destroy", "--delete-data", "--confirm", "company-data-extraction/local")
    assert pipeline.json("status")["resources"] == {}
    assert s3(pipeline).list_buckets()["Buckets"] == []


def _schema_version(tool: Tool) -> str:
    result = tool.json("start-execution", *TESLA, "--force", "--wait")
    return str(document(tool, result["output"]["s3"])["schema_version"])


def _today() -> str:
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y%m%d}"


@pytest.fixture(scope="module")
def real_sites() -> Iterator[str]:
    """The recorded documents, served as the real hosts would. Gives host:port."""
    script = SHARED / "data" / "serve.py"
    if not script.is_file():
        pytest.skip("the recorded documents (../shared/data) are not here")
    spec = importlib.util.spec_from_file_location("serve_recorded", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = ThreadingHTTPServer(("127.0.0.1", 0), module.Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_real_documents_end_in_success_too(make_tool: Callable[[Path], Tool], real_sites: str) -> None:
    tool = make_tool(ROOT)
    base = f"http://{real_sites}"
    parameters = {"allowed_private_hosts": real_sites, "edgar_data_url": base, "edgar_www_url": base}
    arguments = [item for name, value in parameters.items() for item in ("--param", f"{name}={value}")]
    tool.ok("deploy", "--yes", *arguments)
    website = f"{base}/leadership/ameritas/page.html"
    result = tool.json("start-execution", "Tesla", "--symbol", "TSLA", "--website", website, "--wait")
    merged = document(tool, result["output"]["s3"])
    fields = {name: field["value"] for name, field in merged["sec"]["fields"].items()}
    assert (fields["revenue"], fields["net_income"], fields["employees"]) == (97_690_000_000, 7_091_000_000, 125_665)
    assert len(merged["cxo"]["executives"]) > 3
