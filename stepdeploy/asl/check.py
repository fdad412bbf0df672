"""Run the rules over a definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stepdeploy.asl import model, registry
from stepdeploy.asl.findings import Finding
from stepdeploy.asl.options import Options
from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import Source, parse


def check(
    text: str,
    *,
    machine_type: str = "STANDARD",
    name: str = "definition",
    input_schema: Any = None,
    task_results: Mapping[str, Any] | None = None,
    role_policy: Any = None,
    function_timeouts: Mapping[str, float] | None = None,
) -> list[Finding]:
    """All findings on a definition's JSON text, in the order of the file. Never raises: broken JSON is a finding too.

    machine_type: STANDARD or EXPRESS. name: the file as shown in messages about its JSON. The others say what is known
    of the machine's surroundings; `stepdeploy.asl.options.Options` describes each. Without them nothing is assumed.
    """
    options = Options(input_schema, task_results or {}, role_policy, function_timeouts or {})
    source, error = _parsed(text, name)
    size = len(text.encode("utf-8", "surrogatepass"))
    found = list(registry.run_text(registry.Text(size, error, source.value)))
    if found:
        line, column = _place(error.where if error and error.where else ":1:1")
        return [replace(finding, line=line, column=column) for finding in found]
    found = [_placed(finding, source) for finding in registry.run(model.build(source.value, machine_type, options))]
    return sorted(found, key=lambda finding: (finding.line or 0, finding.column or 0))


def check_value(
    definition: Any,
    *,
    machine_type: str = "STANDARD",
    input_schema: Any = None,
    task_results: Mapping[str, Any] | None = None,
    role_policy: Any = None,
    function_timeouts: Mapping[str, float] | None = None,
) -> list[Finding]:
    """All findings on a parsed definition, without line and column; see `check`. Never raises."""
    options = Options(input_schema, task_results or {}, role_policy, function_timeouts or {})
    found = list(registry.run_text(registry.Text(0, None, definition)))
    return found or list(registry.run(model.build(definition, machine_type, options)))


def _parsed(text: str, name: str) -> tuple[Source, InvalidProject | None]:
    if not text.strip():
        return Source(None, name, text), None  # as AWS: an empty text is no object, rather than no JSON
    try:
        return parse(text, name), None
    except InvalidProject as error:
        return Source(None, name, text), error


def _placed(finding: Finding, source: Source) -> Finding:
    line, column = _place(source.where(finding.pointer))
    return replace(finding, line=line, column=column)


def _place(where: str) -> tuple[int, int]:
    """`file:3:7` -> (3, 7)."""
    line, column = where.rsplit(":", 2)[-2:]
    return int(line), int(column)
