"""What the tests of both extractors need: an AWS in this process, a played Nova Pro, result schemas, metrics."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from botocore.stub import ANY, Stubber
from common import aws, nova, secrets
from moto import mock_aws

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"
BUCKET, STATE = "merged", "state"
ARN = "arn:aws:states:us-east-1:123456789012:execution:CompanyDataExtractionPipeline:run-1"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "SEC_TABLE": "sec",
    "CXO_TABLE": "cxo",
    "STATE_TABLE": STATE,
    "MERGED_BUCKET": BUCKET,
    "BREAKER_FAILURES": "2",
    "USER_AGENT": "Unit Test test@example.com",
}
ABSENT = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "SERPER_SECRET_ID", "NOVA_MODEL_ID", "FETCH_ROUTE", "PROGRESS_SECONDS")


@contextmanager
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with the pipeline's tables and bucket."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for name in ABSENT:
        monkeypatch.delenv(name, raising=False)
    clients = aws.client  # a test may put its own in this place
    clients.cache_clear()
    secrets.forget()
    with mock_aws():
        for table, keys in {
            "sec": ("company_id", "extraction_timestamp"),
            "cxo": ("company_id", "extraction_timestamp"),
            STATE: ("pk", "sk"),
        }.items():
            aws.client("dynamodb").create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
                ],
            )
        aws.client("s3").create_bucket(Bucket=BUCKET)
        yield
    clients.cache_clear()
    secrets.forget()


def handler_of(function: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A function's handler module, under a name of its own."""
    name = f"{function}_handler_under_test"
    spec = importlib.util.spec_from_file_location(name, LAMBDAS / function / "handler.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def fits(function: str, result: object, *, schema: str = "result") -> None:
    """Insist that a value fits a function's schema."""
    text = (LAMBDAS / function / f"{schema}.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(text)).validate(result)


def objects(company: str) -> dict[str, Any]:
    """The execution's partial documents by kind."""
    client, prefix = aws.client("s3"), f"companies/{company}/partial/run-1/"
    rows = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {
        row["Key"].removeprefix(prefix).removesuffix(".json"): json.loads(
            client.get_object(Bucket=BUCKET, Key=row["Key"])["Body"].read()
        )
        for row in rows
    }


def count(table: str) -> int:
    """How many items a table holds."""
    return int(aws.client("dynamodb").scan(TableName=table)["Count"])


@contextmanager
def model(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | str) -> Iterator[None]:
    """A Nova Pro that answers once, for 900 tokens read and 40 written; a text is an error code."""
    monkeypatch.setenv("NOVA_MODEL_ID", "amazon.nova-pro-v1:0")
    with Stubber(aws.client("bedrock-runtime")) as stub:
        if isinstance(answer, str):
            stub.add_client_error("converse", answer, "said no")
        else:
            block = {"toolUse": {"toolUseId": "t", "name": "record_answer", "input": answer}}
            response = {
                "output": {"message": {"role": "assistant", "content": [block]}},
                "stopReason": "tool_use",
                "usage": {"inputTokens": 900, "outputTokens": 40, "totalTokens": 940},
                "metrics": {"latencyMs": 1},
            }
            call = {
                "modelId": "amazon.nova-pro-v1:0",
                "system": ANY,
                "messages": ANY,
                "inferenceConfig": {"maxTokens": nova.MAX_ANSWER_TOKENS, "temperature": 0},
                "toolConfig": ANY,
            }
            stub.add_response("converse", response, call)
        yield
        stub.assert_no_pending_responses()


def metrics(capsys: pytest.CaptureFixture[str]) -> list[tuple[tuple[tuple[str, object], ...], str, object]]:
    """((dimension, value) ..., metric, value) of every metric that was logged since."""
    found = []
    for text in capsys.readouterr().out.splitlines():
        line = json.loads(text)
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = tuple((name, line[name]) for name in names)
                found += [(dimensions, metric["Name"], line[metric["Name"]]) for metric in directive["Metrics"]]
    return found
