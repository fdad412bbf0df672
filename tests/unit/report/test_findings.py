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


def test_the_line_is_shown_with_a_caret_below_the_column() -> None:
    finding = Finding("ASL030", "error", "is wrong", code="CODE", location="/States/A")
    shown = texts(Located(finding, "m.asl.json:12:9", '  "Next": "Nowhere"'))
    assert shown[1:4] == ['   12 |   "Next": "Nowhere"', "      |         ^", "    CODE at /States/A"]


def test_of_a_long_line_what_is_around_the_column_is_shown() -> None:
    text = "x" * 500 + "\tHERE" + "y" * 500
    shown = texts(Located(Finding("ASL030", "error", "is wrong"), "m.asl.json:1:502", text))
    line, caret = shown[1], shown[2]
    assert len(line) < 120 and line[caret.index("^") :].startswith("HERE") and "\t" not in line


def test_a_place_without_a_line_is_the_first() -> None:
    assert Located(Finding("PROJECT", "error", "m"), "definitions/project.json").place == (
        "definitions/project.json",
        1,
        1,
    )


def test_aws_is_named_where_it_says_so() -> None:
    item = Located(Finding("AWS", "error", "is wrong"), "m.asl.json:1:1", by="AWS")
    assert texts(item)[0] == "m.asl.json:1:1: error AWS is wrong" and finding_json(item)["by"] == "AWS"
