"""The fields of a request: those of the machine's input schema, and how a CSV cell becomes one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stepdeploy import schema
from stepdeploy.errors import StepdeployError
from stepdeploy.jsonsource import Source

COLUMNS = ("company_name", "website_url", "stock_symbol")
REQUIRED = COLUMNS[:2]
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Check:
    """fields: name -> its JSON types, in order. required: fields that each request has. input_schema: what a request
    must fit."""

    fields: Mapping[str, frozenset[str]]
    required: tuple[str, ...]
    input_schema: Mapping[str, Any] = field(repr=False)

    def problems(self, request: Mapping[str, Any]) -> list[StepdeployError]:
        """What is wrong with a request."""
        return schema.problems(Source(request, "the line", json.dumps(request)), self.input_schema)

    def value(self, name: str, cell: str) -> Any:
        """What a cell of CSV means: text where the field may be text; else `true` or `false` as spreadsheets write them,
        or a number. A cell that is neither stays text, which `problems` then refuses."""
        types = self.fields[name]
        if "boolean" in types and cell.lower() in ("true", "false"):
            return cell.lower() == "true"
        if "string" not in types and types & {"number", "integer"} and len(cell) < 30 and _NUMBER.fullmatch(cell):
            number = json.loads(cell)
            return number if math.isfinite(number) else cell
        return cell


def request_check(input_schema: Mapping[str, Any] | None) -> Check:
    """The check of requests by a machine's input schema; without one, only that what is required is there."""
    wanted: Mapping[str, Any] = input_schema or {"type": "object", "required": list(REQUIRED)}
    properties = wanted.get("properties") or {name: {"type": "string"} for name in COLUMNS}
    fields = {name: _types(item) for name, item in properties.items()}
    required = tuple(name for name in wanted.get("required", ()) if name in fields)
    return Check(fields, required, wanted)


def _types(item: Any) -> frozenset[str]:
    given = item.get("type", "string") if isinstance(item, Mapping) else "string"
    return frozenset([given] if isinstance(given, str) else given)
