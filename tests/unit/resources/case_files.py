"""Reads tests/cases: one file a case of one kind of resource; see tests/unit/resources/test_cases.py for what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepdeploy.engine.model import Actual, Call, FileBytes, JsonText
from stepdeploy.references import Ref
from stepdeploy.resources.alarm import Alarm
from stepdeploy.resources.base import Base
from stepdeploy.resources.bucket import Bucket
from stepdeploy.resources.function import Function
from stepdeploy.resources.inventory import Inventory
from stepdeploy.resources.layer import Layer
from stepdeploy.resources.log_group import LogGroup
from stepdeploy.resources.machine_alias import MachineAlias
from stepdeploy.resources.queue import Queue
from stepdeploy.resources.role import Role
from stepdeploy.resources.state_machine import StateMachine
from stepdeploy.resources.table import Table
from stepdeploy.resources.topic import Topic

FOLDER = Path(__file__).resolve().parents[2] / "cases"
KINDS: Mapping[str, type[Base]] = {
    "role": Role, "log_group": LogGroup, "table": Table, "bucket": Bucket, "topic": Topic, "queue": Queue,
    "alarm": Alarm, "layer": Layer, "function": Function, "state_machine": StateMachine,
    "machine_alias": MachineAlias, "inventory": Inventory,
}  # fmt: skip
FILES = sorted(path for kind in KINDS for path in (FOLDER / kind).glob("*.json"))


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def resource(path: Path, case: Mapping[str, Any]) -> Base:
    return KINDS[path.parent.name]("thing", "Thing-test", decode(case["desired"]))


def actual(case: Mapping[str, Any]) -> Actual | None:
    found = case["actual"]
    return None if found is None else Actual(found["tags"], found["view"])


def decode(value: Any) -> Any:
    """`{"$ref": "function:f.version_arn"}` is a Ref, `{"$file": "x.zip"}` FileBytes."""
    if isinstance(value, dict) and "$ref" in value:
        return Ref(*value["$ref"].rsplit(".", 1))
    if isinstance(value, dict) and "$file" in value:
        return FileBytes(Path(value["$file"]), "0" * 64)
    if isinstance(value, dict):
        return {key: decode(item) for key, item in value.items()}
    return [decode(item) for item in value] if isinstance(value, list) else value


def encode(value: Any) -> Any:
    """The reverse; JsonText is `{"$json": ...}`, text that is a JSON object `{"$text": ...}`."""
    if isinstance(value, Ref):
        return {"$ref": f"{value.address}.{value.attribute}"}
    if isinstance(value, FileBytes):
        return {"$file": value.path.name}
    if isinstance(value, JsonText):
        return {"$json": encode(value.value)}
    if isinstance(value, str) and value.startswith("{"):
        return {"$text": json.loads(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    return [encode(item) for item in value] if isinstance(value, list | tuple) else value


def made_plain(value: Any) -> Any:
    """Parameters as botocore would get them, with something plausible for what is not known yet."""
    if isinstance(value, Ref):
        return f"known-later-{value.attribute}"
    if isinstance(value, FileBytes):
        return b"PK"
    if isinstance(value, JsonText):
        return json.dumps(made_plain(value.value))
    if isinstance(value, Mapping):
        return {key: made_plain(item) for key, item in value.items()}
    return [made_plain(item) for item in value] if isinstance(value, list | tuple) else value


def calls_of(calls: tuple[Call, ...]) -> list[list[Any]]:
    return [[f"{call.service}:{call.operation}", encode(call.params)] for call in calls]
