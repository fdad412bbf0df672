"""The reference stack of scripts/bench_deploy: three Lambdas with requests and beautifulsoup4 in their zips, one state
machine, two roles with inline policies, a log group with retention, a topic, two alarms, two tables, a bucket.

`write_project` makes it a project of this tool, `write_sequential` a plain boto3 script without any cleverness.
"""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

PACKAGES = ("requests", "bs4", "urllib3", "charset_normalizer", "idna", "certifi", "soupsieve")
FUNCTIONS = ("fetch", "parse", "store")
HANDLER = "import json\n\n\ndef lambda_handler(event, context):\n    return {{'step': '{name}', 'event': event}}\n"


def write_project(folder: Path) -> Path:
    """The project, packages vendored into each function's folder as `pip install -t` would."""
    for name in FUNCTIONS:
        target = folder / "lambdas" / name
        target.mkdir(parents=True)
        (target / "handler.py").write_text(HANDLER.format(name=name))
        _write(
            target / "function.json",
            {"name": name.capitalize(), "role": "work", "memory_mb": 256, "timeout_seconds": 30},
        )
        vendor(target)
    definitions = folder / "definitions"
    _write(definitions / "project.json", _settings())
    _write(definitions / "flow.asl.json", definition({name: f"${{function:{name}}}" for name in FUNCTIONS}))
    _write(definitions / "environments" / "local.json", {"region": "eu-west-1", "local": {}})
    _write(folder / "iam" / "work.json", _work_policy("${table:orders}", "${table:states}", "${bucket:files}"))
    _write(folder / "iam" / "flow.json", flow_policy([f"${{function:{name}.arn}}" for name in FUNCTIONS]))
    return folder


def vendor(target: Path) -> None:
    """The packages as they are installed here, without bytecode."""
    site = Path(sysconfig.get_paths()["purelib"])
    for package in PACKAGES:
        shutil.copytree(site / package, target / package, ignore=shutil.ignore_patterns("__pycache__", "*.so", "tests"))


def write_zip(source: Path, path: Path) -> None:
    """A function's folder as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(source.rglob("*")):
            if file.is_file() and file.name != "function.json":
                archive.write(file, file.relative_to(source))


def definition(functions: dict[str, str]) -> dict[str, Any]:
    """One Task after another."""
    names = list(functions)
    states: dict[str, Any] = {}
    for position, (name, resource) in enumerate(functions.items()):
        states[name.capitalize()] = {
            "Type": "Task",
            "Resource": resource,
            "TimeoutSeconds": 60,
            "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 3, "JitterStrategy": "FULL"}],
            **({"Next": names[position + 1].capitalize()} if position + 1 < len(names) else {"End": True}),
        }
    return {"StartAt": names[0].capitalize(), "TimeoutSeconds": 600, "States": states}


def flow_policy(functions: list[str]) -> dict[str, Any]:
    """What the machine may do."""
    logs = [
        "CreateLogDelivery", "CreateLogStream", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery",
        "ListLogDeliveries", "PutLogEvents", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups",
    ]  # fmt: skip
    invoke = [*functions, *(f"{function}:*" for function in functions)]
    return _policy(("lambda:InvokeFunction", invoke), ([f"logs:{name}" for name in logs], "*"))


def _work_policy(*resources: str) -> dict[str, Any]:
    arns = [resource.replace("}", ".arn}") for resource in resources]
    return _policy(
        (["dynamodb:PutItem", "dynamodb:GetItem"], arns[:2]), (["s3:PutObject", "s3:GetObject"], f"{arns[2]}/*")
    )


def _policy(*statements: tuple[Any, Any]) -> dict[str, Any]:
    allowed = [{"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in statements]
    return {"Version": "2012-10-17", "Statement": allowed}


def _settings() -> dict[str, Any]:
    alarm = {
        "namespace": "AWS/States", "statistic": "Sum", "period_seconds": 60, "evaluation_periods": 1, "threshold": 1,
        "comparison": "GreaterThanOrEqualToThreshold", "actions": ["${topic:alerts}"],
        "dimensions": {"StateMachineArn": "${state_machine:flow.arn}"},
    }  # fmt: skip
    return {
        "project": "reference",
        "owner": "bench",
        "lambda": {"runtime": f"python{sys.version_info.major}.{sys.version_info.minor}"},
        "state_machines": {"flow": {"name": "Flow", "alias": "live", "log_level": "ALL", "log_retention_days": 30}},
        "tables": {
            "orders": {"name": "Orders", "hash_key": "id"},
            "states": {"name": "States", "hash_key": "pk", "range_key": "sk"},
        },
        "buckets": {"files": {"name": "reference-files"}},
        "topics": {"alerts": {"name": "Alerts"}},
        "alarms": {
            "failed": {"name": "Failed", "metric": "ExecutionsFailed", **alarm},
            "timed_out": {"name": "TimedOut", "metric": "ExecutionsTimedOut", **alarm},
        },
    }


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")
