#!/usr/bin/env python3
"""Writes stepdeploy/asl/services.zip: what each AWS operation takes and gives, from the installed botocore's models.

The validator reads the table (stepdeploy.asl.services) and so needs no botocore. A test compares table and models.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.loaders

TARGET = Path(__file__).resolve().parents[1] / "stepdeploy" / "asl" / "services.zip"
_TYPES = {
    "string": "s",
    "character": "s",
    "integer": "i",
    "long": "i",
    "float": "f",
    "double": "f",
    "boolean": "b",
    "timestamp": "t",
    "blob": "x",
}
_NEVER = (1980, 1, 1, 0, 0, 0)


def service_name(service_id: str) -> str:
    """The name in `arn:aws:states:::aws-sdk:NAME:action`: that of the AWS SDK for Java v2."""
    words = re.sub(r"[^A-Za-z0-9]", "", service_id).lower()
    return words.removesuffix("service") or words


class Shapes:
    """The structures of a service that its inputs use, each once: a list of `[!]name:type` (`!`: required).

    Types: s text, i whole number, f number, b boolean, t timestamp, x bytes, ? anything, [T list of T, {T map to T,
    N the N-th structure. A union (one member only) has `|` first in its list.
    """

    def __init__(self, model: dict[str, Any]) -> None:
        self.shapes = model["shapes"]
        self.table: list[list[str]] = []
        self._places: dict[str, int] = {}

    def type_of(self, name: str) -> str:
        shape = self.shapes[name]
        kind = shape["type"]
        if shape.get("document"):
            return "?"
        if kind == "list":
            return "[" + self.type_of(shape["member"]["shape"])
        if kind == "map":
            return "{" + self.type_of(shape["value"]["shape"])
        if kind != "structure":
            return _TYPES.get(kind, "?")
        if name not in self._places:
            self._places[name] = place = len(self.table)
            self.table.append([])
            self.table[place] = self._members(shape)
        return str(self._places[name])

    def _members(self, shape: dict[str, Any]) -> list[str]:
        required = set(shape.get("required", ()))
        found = ["|"] if shape.get("union") else []
        for name, member in shape.get("members", {}).items():
            filled_in = member.get("idempotencyToken") or self.shapes[member["shape"]].get("idempotencyToken")
            mark = "!" if name in required and not filled_in else ""
            found.append(f"{mark}{name}:{self.type_of(member['shape'])}")
        return found

    def output(self, name: str | None) -> list[str]:
        """The members of an output, structures and their like only told by kind."""
        members = self.shapes[name].get("members", {}) if name else {}
        return [f"{member}:{self._kind(found['shape'])}" for member, found in members.items()]

    def _kind(self, name: str) -> str:
        kind = self.shapes[name]["type"]
        return {"structure": "o", "map": "o", "list": "["}.get(kind) or _TYPES.get(kind, "?")


def entry(model: dict[str, Any]) -> dict[str, Any]:
    """What the table says of a service. operations: name -> [type of the input or "", members of the output]."""
    metadata, shapes = model["metadata"], Shapes(model)
    operations = {}
    for name, operation in model["operations"].items():
        taken = shapes.type_of(operation["input"]["shape"]) if "input" in operation else ""
        given = shapes.output(operation.get("output", {}).get("shape"))
        operations[name] = [taken, given]
    prefix = metadata.get("signingName") or metadata["endpointPrefix"]
    return {"iam": prefix, "operations": operations, "shapes": shapes.table}


def entries() -> Iterator[tuple[str, str]]:
    """(name, JSON text) of all services."""
    loader = botocore.loaders.Loader(include_default_search_paths=True)
    found: dict[str, dict[str, Any]] = {}
    for service in loader.list_available_services("service-2"):
        model = loader.load_service_model(service, "service-2")
        found[service_name(model["metadata"].get("serviceId", service))] = entry(model)
    for name, value in sorted(found.items()):
        yield name, json.dumps(value, separators=(",", ":"))


def main() -> int:
    """Write the table."""
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in entries():
            archive.writestr(zipfile.ZipInfo(name, _NEVER), text, zipfile.ZIP_DEFLATED, 9)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
