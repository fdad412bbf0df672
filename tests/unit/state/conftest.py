"""Fixtures: the pipeline's own table, tables and bucket of its data, and its functions imported as Lambda does."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from common import aws, state
from moto import mock_aws

ROOT = Path(__file__).parents[3]
STATE_TABLE = "CompanyPipelineState-test"
BUCKET = "company-sec-cxo-data-diligent-test"
MACHINE = "arn:aws:states:us-east-1:123456789012:execution:CompanyDataExtractionPipeline-test"
API_RATES = (
    '{"serper": {"calls": 60, "per_seconds": 60, "burst": 5}, "nova": {"calls": 100, "per_seconds": 60, "burst": 10},'
    ' "edgar": {"calls": 10, "per_seconds": 1, "burst": 5, "late_seconds": 0.25}}'
)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account in this process, with clients of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ENDPOINT_URL", "RETENTION_DAYS", "FETCH_ROUTE", "ALLOWED_PRIVATE_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(state, "_offset", 0.0)
    clients = aws.client
    clients.cache_clear()
    with mock_aws():
        yield
    clients.cache_clear()


@pytest.fixture
def table(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pipeline's own table; gives boto3's client."""
    monkeypatch.setenv("STATE_TABLE", STATE_TABLE)
    return make_table(STATE_TABLE, "pk", "sk")


@pytest.fixture
def data(table: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both tables of extractions and the bucket besides; gives boto3's client of S3."""
    for variable, name in (("SEC_TABLE", "CompanySECData-test"), ("CXO_TABLE", "CompanyCXOData-test")):
        monkeypatch.setenv(variable, name)
        make_table(name, "company_id", "extraction_timestamp")
    monkeypatch.setenv("MERGED_BUCKET", BUCKET)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def one_at_a_time(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of DynamoDB is atomic, as the real one's are; moto's dictionaries know no threads."""
    client, lock = aws.client("dynamodb"), threading.Lock()
    call = client._make_api_call

    def guarded(operation: str, parameters: dict[str, Any]) -> Any:
        with lock:
            return call(operation, parameters)

    monkeypatch.setattr(client, "_make_api_call", guarded)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Gives a function's handler module by its folder, that folder first on the path."""
    loaded: set[str] = set()

    def load(folder: str) -> Any:
        path = ROOT / "lambdas" / folder
        monkeypatch.syspath_prepend(str(path))
        for name in {file.stem for file in path.glob("*.py")}:
            sys.modules.pop(name, None)
            loaded.add(name)
        return importlib.import_module("handler")

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


def make_table(name: str, hash_key: str, range_key: str) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in (hash_key, range_key)],
        KeySchema=[
            {"AttributeName": hash_key, "KeyType": "HASH"},
            {"AttributeName": range_key, "KeyType": "RANGE"},
        ],
    )
    return client


def put(table: Any, pk: str, sk: str, **attributes: Any) -> None:
    """Put an item of the state table as it stands: attributes in DynamoDB's own form."""
    table.put_item(TableName=STATE_TABLE, Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes})
