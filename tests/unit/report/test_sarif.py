"""SARIF 2.1.0: the parts that the standard and code hosts require."""

from __future__ import annotations

import json
import re
from typing import Any

from stepdeploy.asl import check
from stepdeploy.asl.findings import Finding
from stepdeploy.report.findings import Located
from stepdeploy.report.sarif import sarif

TEXT = '{\n "StartAt": "A",\n "States": {"A": {"Type": "Pass", "Next": "Nowhere", "Result": {"x": "$.y"}}}\n}\n'


def log(name: str = "my machines/m.asl.json") -> dict[str, Any]:
    lines = TEXT.split("\n")
    found = [Located(one, f"{name}:{one.line}:{one.column}", lines[(one.line or 1) - 1]) for one in check(TEXT)]
    remote = Finding("AWS", "warning", "says AWS", code="NO_DOLLAR", location="/States/A")
    made: dict[str, Any] = json.loads(json.dumps(sarif([*found, Located(remote, f"{name}:3:10", by="AWS")])))
    return made


def test_one_run_of_version_2_1_0_with_its_driver() -> None:
    made = log()
    (run,) = made["runs"]
    assert made["version"] == "2.1.0" and made["$schema"].endswith("sarif-2.1.0.json")
    assert run["tool"]["driver"]["name"] == "stepdeploy"
    assert re.fullmatch(r"\d+\.\d+\.\d+", run["tool"]["driver"]["semanticVersion"])


def test_every_result_names_its_rule_by_id_and_index() -> None:
    (run,) = log()["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning") and result["message"]["text"]


def test_rules_have_texts_help_and_a_level() -> None:
    (run,) = log()["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
        assert rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
        assert rule.get("helpUri", "https://").startswith("https://")


def test_places_are_file_line_and_column() -> None:
    (run,) = log()["runs"]
    result = next(one for one in run["results"] if one["ruleId"] == "ASL030")
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20machines/m.asl.json"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (3, 43)
    assert "Nowhere" in place["region"]["snippet"]["text"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": "/States/A/Next"}]


def test_a_file_elsewhere_is_a_file_uri() -> None:
    (run,) = log("/tmp/x.json")["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file:///tmp/x.json"


def test_fingerprints_tell_findings_apart_and_survive_moved_lines() -> None:
    (run,) = log()["runs"]
    prints = [result["partialFingerprints"]["stepdeploy/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    finding = Finding("ASL030", "error", "m", location="/x")
    (first, second) = sarif([Located(finding, "f:1:1"), Located(finding, "f:9:9")])["runs"][0]["results"]
    assert first["partialFingerprints"] == second["partialFingerprints"]


def test_what_aws_says_is_marked() -> None:
    (run,) = log()["runs"]
    assert run["results"][-1]["ruleId"] == "AWS:NO_DOLLAR"


def test_nothing_found_is_a_run_without_results() -> None:
    assert sarif([])["runs"][0]["results"] == []
