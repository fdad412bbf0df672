"""A project with one of everything, written to a folder: for tests of names and of project.resources()."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PROJECT: Mapping[str, Any] = {
    "project": "small",
    "owner": "tests",
    "tags": {"Team": "a"},
    "parameters": {"threshold": 95, "who": "Ada"},
    "layers": {"deps": {"name": "Deps", "include": ["lambdas/shared"]}},
    "state_machines": {
        "main": {"name": "Main", "alias": "live", "role": "machine"},
        "bare": {"name": "Bare", "alias": None, "role": "machine", "log_level": "OFF", "definition": "main.asl.json"},
    },
    "tables": {"orders": {"name": "Orders", "hash_key": "id"}},
    "buckets": {"files": {"name": "files", "expire_noncurrent_days": 30}},
    "topics": {"alerts": {"name": "Alerts", "subscriptions": [{"protocol": "email", "endpoint": "a@example.com"}]}},
    "queues": {
        "jobs": {"name": "Jobs", "fifo": True, "dead_letter": {"queue": "dead", "max_receives": 3}},
        "dead": {"name": "Dead", "fifo": True, "retention_days": 14},
    },
    "alarms": {
        "failed": {
            "name": "Failed", "namespace": "AWS/States", "metric": "ExecutionsFailed", "period_seconds": 60,
            "dimensions": {"StateMachineArn": "${state_machine:main.arn}"}, "evaluation_periods": 1,
            "threshold": "${threshold}", "comparison": "GreaterThanThreshold", "actions": ["${topic:alerts}"],
        }
    },
}  # fmt: skip
DEFINITION: Mapping[str, Any] = {
    "StartAt": "Greet",
    "States": {"Greet": {"Type": "Task", "Resource": "${function:greet}", "End": True}},
}
FUNCTION: Mapping[str, Any] = {
    "name": "Greet",
    "layers": ["deps"],
    "environment": {"WHO": "${who}", "QUEUE": "${queue:jobs.url}", "LIMIT": "${threshold}", "ON": True},
}
MACHINE_POLICY: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "${function:greet}"}],
}
FUNCTION_POLICY: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${queue:jobs}"}],
}

Edit = Callable[[dict[str, Any]], None]


def write_project(folder: Path, edit: Edit = lambda files: None) -> Path:
    """Write the project. edit: changes the content, path -> JSON data, before it is written."""
    files: dict[str, Any] = copy.deepcopy(
        {
            "definitions/project.json": dict(PROJECT),
            "definitions/environments/local.json": {"region": "eu-west-1", "local": {}},
            "definitions/main.asl.json": dict(DEFINITION),
            "lambdas/greet/function.json": dict(FUNCTION),
            "iam/machine.json": dict(MACHINE_POLICY),
            "iam/greet.json": dict(FUNCTION_POLICY),
        }
    )
    edit(files)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data), encoding="utf-8")
    for name in ("lambdas/greet/handler.py", "lambdas/shared/common.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("def lambda_handler(event, context):\n    return event\n", encoding="utf-8")
    return folder
