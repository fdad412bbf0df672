"""A running embedded AWS for the tests that talk to it as any AWS client would: over HTTP, with plain boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stepdeploy.local import manager
from stepdeploy.local.manager import Running

Clients = Callable[..., Any]


def boto_client(endpoint: str, service: str, region: str = "us-east-1", **options: Any) -> Any:
    """A boto3 client of the embedded AWS. Without retries, so that an error shows at once."""
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, **options)
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
    return session.client(service, endpoint_url=endpoint, config=config)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of the shared server, with made-up samples in its folder `samples`."""
    path = tmp_path_factory.mktemp("workspace")
    for name, text in {
        "data.sec.gov/submissions/CIK0000000001.json": '{"cik": "1"}',
        "www.sec.gov/Archives/edgar/data/1/report.htm": "<html>report</html>",
        "company.example/index.html": "<html>home</html>",
        "company.example/about/index.html": "<html>about</html>",
    }.items():
        file = path / "samples" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def embedded(workspace: Path) -> Iterator[Running]:
    """The shared server. Tests give their resources names of their own and do not restart it."""
    running = manager.ensure(workspace, samples=workspace / "samples", idle_minutes=10)
    yield running
    manager.down(workspace)


@pytest.fixture(scope="session")
def aws(embedded: Running) -> Iterator[Clients]:
    """`aws("s3")` is a boto3 client of the shared server; each is made once."""
    made: dict[tuple[Any, ...], Any] = {}

    def client(service: str, region: str = "us-east-1", **options: Any) -> Any:
        key = (service, region, *sorted(options.items()))
        if key not in made:
            made[key] = boto_client(embedded.endpoint, service, region, **options)
        return made[key]

    yield client
    for one in made.values():
        one.close()
