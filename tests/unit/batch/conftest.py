"""An AWS in the process, and a function's folder on the import path, as Lambda has it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from common import aws
from moto import mock_aws

ROOT = Path(__file__).parents[3]
BUCKET = "merged-test"
REGION = "us-east-1"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account; clients are made anew, so that none outlives it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "MERGED_BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    aws.client.cache_clear()
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield
    aws.client.cache_clear()


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], ModuleType]]:
    """Gives a module of a function's folder: function("summarize_batch", "handler")."""
    ours: set[str] = set()

    def load(folder: str, module: str) -> ModuleType:
        path = ROOT / "lambdas" / folder
        names = {file.stem for file in path.glob("*.py")}
        if not names <= ours:
            ours.update(names)
            monkeypatch.syspath_prepend(str(path))
            for name in names:
                sys.modules.pop(name, None)
        return importlib.import_module(module)

    yield load
    for name in ours:
        sys.modules.pop(name, None)
