"""What somebody changed outside the tool."""

from __future__ import annotations

import copy

from stepdeploy.engine.model import Change
from stepdeploy.report.drift import drift_texts
from stepdeploy.resources.definition_diff import definition_changes
from tests.unit.resources.test_definition_diff import machine, rename


def test_facts_say_what_they_are_and_were() -> None:
    changes = (
        Change("memory_mb", 1024, 512),
        Change("environment/TOKEN", "t1ger", "x"),
        Change("tags/api_key", "t1ger", None),
        Change("tags/team", None, "a"),
    )
    one, two, three, four = drift_texts(changes)
    assert (one, two) == ("memory_mb is 1024, was 512", "environment/TOKEN")
    assert four == "tags/team is gone, was a"
    assert three.startswith("tags/api_key is *** (sha256:") and three.endswith(", was not there")


def test_of_a_definition_what_was_done_to_it() -> None:
    live = copy.deepcopy(machine())
    live["States"]["Get"]["TimeoutSeconds"] = 60
    live["States"]["Get"]["Catch"][0]["Next"] = "Broken"
    live["States"]["Extra"] = {"Type": "Pass", "Next": "Get"}
    del live["States"]["Nothing"]
    rename("Pause", "Rest")(live)
    assert drift_texts(definition_changes(live, machine())) == [
        "state Get: TimeoutSeconds 30 -> 60; Catch[0] NotFound: Nothing -> Broken",
        "state Pause renamed Rest",
        "- state Nothing (Pass), on errors of Get",
        "+ state Extra (Pass)",
    ]
