"""Each rule lets its good examples pass and finds its bad ones: tests/cases/asl/<rule>.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.asl import Finding, check, check_value
from stepdeploy.asl.registry import Rule, rule, rules

CASES = Path(__file__).resolve().parents[2] / "cases" / "asl"
GENERATED = {"ASL002"}
"""Rules whose examples are too large for a file; they have a test of their own below."""


def examples(kind: str) -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        machine_type = content.get("machine_type", "STANDARD")
        found += [
            pytest.param(path.stem, machine_type, example, id=f"{path.stem}-{number}")
            for number, example in enumerate(content[kind])
        ]
    return found


def definition_of(example: dict[str, Any]) -> Any:
    """The definition of an example: under its own key where the example says more, and text where it is no JSON."""
    return json.loads(example["text"]) if "text" in example else example.get("definition", example)


def findings(example: dict[str, Any], machine_type: str) -> list[Finding]:
    text = example["text"] if "text" in example else json.dumps(definition_of(example), ensure_ascii=False)
    return check(text, machine_type=machine_type, **example.get("options", {}))


@pytest.mark.parametrize(("rule_id", "machine_type", "example"), examples("good"))
def test_good_examples_pass_all_rules(rule_id: str, machine_type: str, example: dict[str, Any]) -> None:
    assert findings(example, machine_type) == []


@pytest.mark.parametrize(("rule_id", "machine_type", "example"), examples("bad"))
def test_bad_examples_are_found_where_they_are(rule_id: str, machine_type: str, example: dict[str, Any]) -> None:
    found = findings(example, machine_type)
    assert [finding.location for finding in found if finding.rule == rule_id] == example["at"]


@pytest.mark.parametrize("item", rules(), ids=lambda item: item.id)
def test_every_rule_has_examples(item: Rule) -> None:
    assert item.id in GENERATED or (CASES / f"{item.id}.json").is_file()


def test_every_example_has_a_rule() -> None:
    assert {path.stem for path in CASES.glob("*.json")} <= {item.id for item in rules()}


@pytest.mark.parametrize("item", rules(), ids=lambda item: item.id)
def test_metadata_is_whole(item: Rule) -> None:
    assert item.id[:3] == "ASL" and item.id[3:].isdigit() and len(item.id) == 6
    assert item.source.startswith(("https://docs.aws.amazon.com/", "https://states-language.net/"))
    assert item.title[0].isupper() or item.title[0] == "$"
    assert not item.title.endswith(".")
    assert item.severity == "warning" or item.code or item.layer != "language"


def test_an_id_cannot_be_taken_twice() -> None:
    with pytest.raises(ValueError, match="two rules are called ASL001"):
        rule("ASL001", "error", "Another", source="https://states-language.net/")(lambda part: iter(()))


def test_definitions_of_one_megabyte_and_no_more() -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Comment": "%s"}'
    room = 1024 * 1024 - len(text) + 2
    assert check(text % ("c" * room)) == []
    (finding,) = check(text % ("c" * (room + 1)))
    assert (finding.rule, finding.code) == ("ASL002", "DEFINITION_TOO_LONG")
    (finding,) = check(text % ("ü" * (room // 2 + 1)))
    assert finding.rule == "ASL002"


def test_a_finding_says_where_and_what_next() -> None:
    text = '{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass", "Next": "Bb"},\n    "B": {"Type": "Succeed"}\n  }\n}'
    first, second = check(text)
    assert first == Finding(
        rule="ASL030",
        severity="error",
        message="Missing 'Next' target: Bb",
        pointer=("States", "A", "Next"),
        code="MISSING_TRANSITION_TARGET",
        hint="Did you mean 'B'?",
        layer="language",
        location="/States/A/Next",
        line=4,
        column=35,
    )
    assert (second.message, second.line) == ('State "B" is not reachable.', 5)


def test_broken_json_has_its_place() -> None:
    (finding,) = check('{\n  "StartAt": "A",\n}')
    assert (finding.rule, finding.line, finding.column) == ("ASL001", 2, 17)


def test_values_have_no_lines() -> None:
    (finding,) = check_value({"StartAt": "A", "States": {"A": {"Type": "Pass"}, "B": {"Type": "Succeed"}}})[:1]
    assert (finding.line, finding.column) == (None, None)
    assert check_value([])[0].message == "Definition must be a valid JSON object"
