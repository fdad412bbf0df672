"""Run the rules over a definition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stepdeploy.asl import model, registry
from stepdeploy.asl.findings import Finding
from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import Source, parse

MOST_BYTES = 1024 * 1024
"""Of a definition in UTF-8 (AWS "Service quotas": 1 MB a request, definition included)."""

_INVALID = "SCHEMA_VALIDATION_FAILED"


def check(text: str, *, machine_type: str = "STANDARD", name: str = "definition") -> list[Finding]:
    """All findings on a definition's JSON text, in the order of the file. Never raises: broken JSON is a finding too.

    machine_type: STANDARD or EXPRESS. name: the file as shown in messages about its JSON.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        message = f"The definition has {size:,} bytes in UTF-8; AWS takes at most {MOST_BYTES:,}"
        return [Finding("ASL002", "error", message, code="DEFINITION_TOO_LONG", line=1, column=1)]
    try:
        source = parse(text, name)
    except InvalidProject as error:
        return [_broken_json(text, error)]
    found = [_placed(finding, source) for finding in check_value(source.value, machine_type=machine_type)]
    return sorted(found, key=lambda finding: (finding.line or 0, finding.column or 0))


def check_value(definition: Any, *, machine_type: str = "STANDARD") -> list[Finding]:
    """All findings on a parsed definition. Never raises."""
    if not isinstance(definition, dict):
        return [Finding("ASL003", "error", "Definition must be a valid JSON object", code=_INVALID)]
    return list(registry.run(model.build(definition, machine_type)))


def _broken_json(text: str, error: InvalidProject) -> Finding:
    if not text.strip():
        return Finding("ASL003", "error", "Definition must be a valid JSON object", code=_INVALID, line=1, column=1)
    line, column = _place(error.where or "")
    return Finding(
        "ASL001", "error", error.message, code="INVALID_JSON_DESCRIPTION", hint=error.hint, line=line, column=column
    )


def _placed(finding: Finding, source: Source) -> Finding:
    line, column = _place(source.where(finding.pointer))
    return replace(finding, line=line, column=column)


def _place(where: str) -> tuple[int, int]:
    """`file:3:7` -> (3, 7)."""
    line, column = where.rsplit(":", 2)[-2:]
    return int(line), int(column)
