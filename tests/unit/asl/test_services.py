"""The table of AWS operations: fresh, small, and read as it is meant."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.asl import services

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def generator() -> Any:
    spec = importlib.util.spec_from_file_location("service_table", ROOT / "scripts" / "service_table.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_says_what_the_installed_botocore_says() -> None:
    with zipfile.ZipFile(services.TABLE) as archive:
        table = {name: archive.read(name).decode() for name in archive.namelist()}
    # In a process of its own: what played AWS in this one before has changed the models that it read.
    program = "import json, runpy; print(json.dumps(dict(runpy.run_path('scripts/service_table.py')['entries']())))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    models = json.loads(ran.stdout)
    assert sorted(table) == sorted(models)
    differing = [name for name, text in models.items() if table[name] != text]
    assert differing == [], "run: python scripts/service_table.py"


def test_the_table_is_small() -> None:
    assert services.TABLE.stat().st_size < MOST_BYTES


@pytest.mark.parametrize(
    ("service_id", "name"),
    [
        ("SFN", "sfn"),
        ("CloudWatch Logs", "cloudwatchlogs"),
        ("Config Service", "config"),
        ("Database Migration Service", "databasemigration"),
        ("Elastic Load Balancing v2", "elasticloadbalancingv2"),
    ],
)
def test_names_are_those_of_step_functions(generator: Any, service_id: str, name: str) -> None:
    assert generator.service_name(service_id) == name
    assert services.service(name) is not None


@pytest.mark.parametrize(
    ("kind", "action", "operation"),
    [
        ("dynamodb", "getItem", "GetItem"),
        ("states", "startExecution", "StartExecution"),
        ("events", "putEvents", "PutEvents"),
        ("bedrock", "invokeModel", "InvokeModel"),
        ("rds", "describeDbInstances", "DescribeDBInstances"),
    ],
)
def test_integrations_find_their_operation(kind: str, action: str, operation: str) -> None:
    found = services.called(kind, action)
    assert found is not None and found[1].name == operation


def test_what_the_table_does_not_have_is_nothing() -> None:
    assert services.service("nosuchservice") is None
    assert services.called("dynamodb", "noSuchAction") is None
    assert services.called("eks", "call") is None


def test_members_know_their_type_and_whether_they_must_be_there() -> None:
    found = services.called("sqs", "sendMessage")
    assert found is not None and found[1].input is not None
    members = found[1].input.members
    assert members["queueurl"] == services.Member("QueueUrl", "s", True)
    assert members["delayseconds"] == services.Member("DelaySeconds", "i", False)
    assert found[1].output["MessageId"] == "s"
