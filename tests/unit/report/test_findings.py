"""Findings of `validate` as lines and as data."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from stepdeploy.asl import Finding
from stepdeploy.report.findings import Located, finding_json, finding_lines


def located(severity: Any, hint: str | None, where: str = "m.asl.json:3:5") -> Located:
    given = {"rule": "ASL001", "severity": severity, "pointer": "/States/A", "message": "is wrong", "hint": hint}
    given["location"] = "States.A"
    return Located(
        Finding(**{field.name: given[field.name] for field in fields(Finding) if field.name in given}), where
    )


def texts(*found: Located) -> list[str]:
    return ["".join(part for part, _ in line) for line in finding_lines(found)]


def test_one_finding_a_line_its_hint_below() -> None:
    assert texts(located("error", "Mend it."), located("warning", None)) == [
        "m.asl.json:3:5: error ASL001 is wrong",
        "    Mend it.",
        "m.asl.json:3:5: warning ASL001 is wrong",
        "1 error, 1 warning",
    ]


def test_errors_are_red_and_warnings_yellow() -> None:
    first, second, _ = finding_lines([located("error", None), located("warning", None)])
    assert (first[1][1], second[1][1]) == ("red", "yellow")


def test_no_finding_is_good_news() -> None:
    assert texts() == ["Everything checks out."]


def test_a_finding_as_data() -> None:
    data = finding_json(located("error", "Mend it."))
    assert data["rule"] == "ASL001" and data["where"] == "m.asl.json:3:5" and data["severity"] == "error"
    assert data["message"] == "is wrong" and data["hint"] == "Mend it."
