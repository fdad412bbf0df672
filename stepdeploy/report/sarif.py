"""Validation findings as SARIF 2.1.0, in the form that code hosts read.

Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and, for what GitHub makes of it,
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stepdeploy import __version__
from stepdeploy.asl import Finding, registry
from stepdeploy.report.findings import Located

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PAGE = "https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html"
_NAME = {"AWS": "What AWS says of the definition", "PROJECT": "The project's files are sound"}


def sarif(found: Sequence[Located]) -> dict[str, Any]:
    """A SARIF log with one run. File names are relative to the working directory, as they are shown."""
    ids = sorted({_rule_id(item) for item in found})
    driver = {
        "name": "stepdeploy",
        "semanticVersion": __version__,
        "rules": [_rule(id_, found) for id_ in ids],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "stepdeploy/validate/"},
        "results": [_result(item, ids.index(_rule_id(item))) for item in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule_id(item: Located) -> str:
    return f"{item.by}:{item.finding.code or 'DIAGNOSTIC'}" if item.by else item.finding.rule


def _rule(id_: str, found: Sequence[Located]) -> dict[str, Any]:
    known = next((rule for rule in registry.rules() if rule.id == id_), None)
    if known is None:
        title = _NAME.get(id_.partition(":")[0], id_)
        level = next(item.finding.severity for item in found if _rule_id(item) == id_)
        page, tags, code = _PAGE if ":" in id_ else "", ["remote" if ":" in id_ else "project"], ""
    else:
        title, level, page, code = known.title, known.severity, known.source, known.code
        tags = [known.layer]
    text = f"{title}." + (f" AWS refuses such a definition with {code}." if code else "")
    rule = {
        "id": id_,
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": f"{text} {page}".strip(), "markdown": f"{text} [Documentation]({page})" if page else text},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": [*tags, "step-functions"], "precision": "high"},
    }
    return rule | ({"helpUri": page} if page else {})


def _result(item: Located, index: int) -> dict[str, Any]:
    finding = item.finding
    file, line, column = item.place
    region: dict[str, Any] = {"startLine": line, "startColumn": column}
    if item.text is not None:
        region["snippet"] = {"text": item.text}
    physical = {"artifactLocation": {"uri": _uri(file)}, "region": region}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.location:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.location}]
    return {
        "ruleId": _rule_id(item),
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message}\n{finding.hint}" if finding.hint else finding.message},
        "locations": [location],
        "partialFingerprints": {"stepdeploy/v1": _fingerprint(item, finding)},
    }


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _fingerprint(item: Located, finding: Finding) -> str:
    """The same for the same finding when lines move."""
    text = "\n".join((_rule_id(item), item.place[0], finding.location, finding.message))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
