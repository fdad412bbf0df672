"""The two extractors' handlers as they are deployed, run in this process: their folders, the layer's `common`, an AWS by moto.

Nothing but the address that requests go to is other than in an environment. Nova Pro and Serper are configured, so that
an answer says whether they are wanted, and never called: `extract` calls neither.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

LAMBDAS = Path(__file__).resolve().parents[1] / "lambdas"
FUNCTIONS = {"sec": "nova_sec_extractor", "cxo": "cxo_website_extractor"}
TABLES = {
    "sec": ("company_id", "extraction_timestamp"),
    "cxo": ("company_id", "extraction_timestamp"),
    "state": ("pk", "sk"),
}
BUCKET, REGION = "merged", "us-east-1"
ARN = "arn:aws:states:us-east-1:123456789012:execution:CompanyDataExtractionPipeline:score"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "score",
    "AWS_SECRET_ACCESS_KEY": "score",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "SEC_TABLE": "sec",
    "CXO_TABLE": "cxo",
    "STATE_TABLE": "state",
    "MERGED_BUCKET": BUCKET,
    "USER_AGENT": "Extraction Score score@example.com",
    "FETCH_ROUTE": "samples",
    "NOVA_MODEL_ID": "amazon.nova-pro-v1:0",
    "SERPER_SECRET_ID": "serper",
    # One slow record must not make the breaker refuse the others.
    "BREAKER_FAILURES": "1000000",
    # Requests for pages go to AWS_ENDPOINT_URL; those for tables and objects to moto.
    "AWS_ENDPOINT_URL_DYNAMODB": f"https://dynamodb.{REGION}.amazonaws.com",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
}


class Outcome(NamedTuple):
    """What a handler gave. document: as stored; None when it failed, with error "Name: cause".

    edgar, website: requests sent. nova: calls of the model that the gaps would take. serper: searches that finding the
    page would take.
    """

    document: dict[str, Any] | None
    error: str = ""
    edgar: int = 0
    website: int = 0
    nova: int = 0
    serper: int = 0
    seconds: float = 0.0


class Functions:
    """The handlers, ready to be called. Use `running`."""

    def __init__(self, handlers: Mapping[str, ModuleType]) -> None:
        self._handlers = handlers

    def extract(self, kind: str, request: Mapping[str, Any]) -> Outcome:
        """Run the extractor of a kind ("sec", "cxo") for a request. Never raises: what went wrong is in the outcome."""
        from common.errors import SearchNeeded
        from common.store import load_extraction

        started = time.monotonic()
        event = {"request": dict(request), "execution_id": f"{ARN}-{kind}"}
        log = io.StringIO()
        try:
            with contextlib.redirect_stdout(log):
                body = self._handlers[kind].lambda_handler(event, None)["body"]
                table = f"{kind.upper()}_TABLE"
                document = load_extraction(table, body["company_id"], body["extraction_timestamp"]).document
        except Exception as error:
            told = f"{type(error).__name__}: {error}"[:300]
            return Outcome(None, told, serper=isinstance(error, SearchNeeded), seconds=time.monotonic() - started)
        calls = body["api_calls"]
        return Outcome(
            dict(document),
            edgar=calls.get("edgar", 0),
            website=calls.get("website", 0),
            nova=calls.get("nova", 0) + body["gap_calls"],
            serper=calls.get("serper", 0),
            seconds=time.monotonic() - started,
        )


@contextlib.contextmanager
def running(address: str) -> Iterator[Functions]:
    """Handlers whose requests go to `address`; the environment and the clients are put back afterwards."""
    before = dict(os.environ)
    os.environ.update(_ENVIRONMENT, AWS_ENDPOINT_URL=address)
    for name in ("AWS_PROFILE", "PROGRESS_SECONDS", "EDGAR_DATA_URL", "EDGAR_WWW_URL", "ALLOWED_PRIVATE_HOSTS"):
        os.environ.pop(name, None)
    for folder in (LAMBDAS, *(LAMBDAS / name for name in FUNCTIONS.values())):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    from common import aws
    from moto import mock_aws

    aws.client.cache_clear()
    try:
        with mock_aws():
            _make_tables()
            yield Functions({kind: _handler(name) for kind, name in FUNCTIONS.items()})
    finally:
        aws.client.cache_clear()
        os.environ.clear()
        os.environ.update(before)


def _make_tables() -> None:
    from common import aws

    for table, keys in TABLES.items():
        aws.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
            ],
        )
    aws.client("s3").create_bucket(Bucket=BUCKET)


def _handler(function: str) -> ModuleType:
    """A function's handler module, under a name of its own: both are called `handler`."""
    specification = importlib.util.spec_from_file_location(f"{function}_to_score", LAMBDAS / function / "handler.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
