"""Fixtures for the pipeline's functions: an AWS inside the process, and each function's folder on the import path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from common import aws, secrets
from moto import mock_aws

ROOT = Path(__file__).parents[3]
MERGER = ROOT / "lambdas" / "dynamodb_to_s3_merger"
SEC_TABLE = "CompanySECData-test"
CXO_TABLE = "CompanyCXOData-test"
BUCKET = "company-sec-cxo-data-diligent-test"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account in this process; clients are made anew, so that none outlives it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "RETENTION_DAYS", "SERPER_SECRET_ID", "NOVA_MODEL_ID"):
        monkeypatch.delenv(name, raising=False)
    clients = aws.client  # a test may put its own in this place
    clients.cache_clear()
    secrets.forget()
    with mock_aws():
        yield
    clients.cache_clear()
    secrets.forget()


@pytest.fixture
def tables(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both tables; gives the boto3 client of DynamoDB."""
    client = boto3.client("dynamodb")
    for variable, table in (("SEC_TABLE", SEC_TABLE), ("CXO_TABLE", CXO_TABLE)):
        monkeypatch.setenv(variable, table)
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "company_id", "AttributeType": "S"},
                {"AttributeName": "extraction_timestamp", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "company_id", "KeyType": "HASH"},
                {"AttributeName": "extraction_timestamp", "KeyType": "RANGE"},
            ],
        )
    return client


@pytest.fixture
def bucket(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bucket of merged documents, with versions; gives the boto3 client of S3."""
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    monkeypatch.setenv("MERGED_BUCKET", BUCKET)
    return client


@pytest.fixture
def merger(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The merger's handler module, imported as Lambda does: its own folder first on the path."""
    monkeypatch.syspath_prepend(str(MERGER))
    ours = {path.stem for path in MERGER.glob("*.py")}
    for name in ours:
        sys.modules.pop(name, None)
    import handler

    yield handler
    for name in ours:
        sys.modules.pop(name, None)


@pytest.fixture
def state_table(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pipeline's own state; gives the boto3 client of DynamoDB."""
    client = boto3.client("dynamodb")
    monkeypatch.setenv("STATE_TABLE", "CompanyPipelineState-test")
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    client.create_table(
        TableName="CompanyPipelineState-test",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
    return client
