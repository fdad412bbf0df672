"""The input of an execution: made from the command line, checked against the machine's JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stepdeploy import jsonsource, schema
from stepdeploy.errors import InvalidProject, UsageError


def build_input(
    company: str | None,
    website: str | None,
    symbol: str | None,
    payload: str | None,
    *,
    live: bool,
    read_stdin: Callable[[], str],
) -> dict[str, Any]:
    """The input: `payload` (JSON, @FILE or -) with the named fields on top. Raises UsageError."""
    data = _parse(payload, read_stdin) if payload is not None else {}
    fields = {"company_name": company, "website_url": website, "stock_symbol": symbol, "live": live or None}
    return {**data, **{name: value for name, value in fields.items() if value is not None}}


def _parse(payload: str, read_stdin: Callable[[], str]) -> dict[str, Any]:
    try:
        if payload == "-":
            value = jsonsource.parse(read_stdin(), "standard input").value
        elif payload.startswith("@"):
            value = jsonsource.load(Path(payload[1:])).value
        else:
            value = jsonsource.parse(payload, "--input").value
    except InvalidProject as error:
        raise UsageError(error.message, where=error.where, hint=error.hint) from error
    if not isinstance(value, dict):
        raise UsageError("the input must be a JSON object")
    return value


def check_input(data: Mapping[str, Any], input_schema: Mapping[str, Any] | None) -> None:
    """Raise UsageError where the input does not fit the machine's schema."""
    if input_schema is None:
        return
    source = jsonsource.parse(json.dumps(data, ensure_ascii=False), "input")
    found = schema.problems(source, input_schema)
    if found:
        raise UsageError(
            "the input is not what the pipeline takes: " + "; ".join(problem.message for problem in found),
            hint=next((problem.hint for problem in found if problem.hint), None),
        )


def takes(input_schema: Mapping[str, Any] | None, field: str) -> bool:
    """Whether a machine's input schema declares a field."""
    return field in (input_schema or {}).get("properties", {})
