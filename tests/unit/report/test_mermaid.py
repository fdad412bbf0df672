"""A state machine as a diagram."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from stepdeploy.report.mermaid import MAX_EDGES, diagram
from stepdeploy.resources.definition_diff import definition_changes
from tests.unit.resources.test_definition_diff import branch, machine, rename


def drawn(before: Any, after: Any) -> str:
    return diagram(after, definition_changes(before, after))


def ids(text: str) -> dict[str, str]:
    """Label -> id of boxes and subgraphs."""
    return {label: box for box, label in re.findall(r'^\s*(?:subgraph )?(s\d+)[\[({]+"(.*?)"', text, re.M)}


def edges(text: str) -> set[tuple[str, str, str]]:
    names = {box: label for label, box in ids(text).items()}
    return {
        (names[start], label, names[end])
        for start, label, end in re.findall(
            r'^\s*(s\d+) -\.?-+?>?(?:\|"(.*)"\|)? (s\d+)$', text.replace("-.->", "-->"), re.M
        )
    }


def test_all_states_and_ways_of_a_machine() -> None:
    text = diagram(machine(), ())
    assert set(ids(text)) == {
        "Get",
        "Check",
        "Pause",
        "Both",
        "L1",
        "L2",
        "R1",
        "Each",
        "One",
        "Done",
        "Nothing",
        "Broken",
    }
    assert edges(text) == {
        ("Get", "", "Check"), ("Get", "NotFound", "Nothing"), ("Get", "States.Timeout", "Broken"), ("Get", "States.ALL", "Broken"),
        ("Check", "$.n #62; 5", "Both"), ("Check", "$.a = #34;x#34;", "Pause"), ("Check", "otherwise", "Each"),
        ("Pause", "", "Both"), ("Both", "", "Done"), ("Each", "", "Done"), ("Nothing", "", "Done"), ("L1", "", "L2"),
    }  # fmt: skip
    assert text.count("subgraph") == 4 and len(re.findall(r"^ *end$", text, re.M)) == 4
    assert ":::" not in text and "linkStyle" not in text
    get, nothing = ids(text)["Get"], ids(text)["Nothing"]
    assert f'  {get} -.->|"NotFound"| {nothing}' in text.splitlines()


def test_what_changed_is_coloured() -> None:
    after = copy.deepcopy(machine())
    after["States"]["Pause"]["Next"] = "New"
    after["States"]["New"] = {"Type": "Pass", "Next": "Both"}
    after["States"]["Get"]["Catch"][0]["Next"] = "Broken"
    after["States"]["Both"]["ResultPath"] = "$.r"
    branch(after, 1)["States"]["R1"]["TimeoutSeconds"] = 3
    branch(after, 0)["States"]["L1"] = {"Type": "Pass", "End": True}
    del branch(after, 0)["States"]["L2"]
    del after["States"]["Nothing"]
    text = drawn(machine(), after)
    marks = dict(re.findall(r'"([^"]*)"[\])}]+:::(\w+)', text))
    assert marks == {
        "Get": "changed", "Pause": "changed", "New": "added", "L1": "changed", "L2": "removed", "R1": "changed", "Nothing": "removed",
    }  # fmt: skip
    assert f"style {ids(text)['Both']} fill:#fff3bf" in text
    assert {("Get", "", "Nothing"), ("Pause", "", "New"), ("Pause", "", "Both"), ("L1", "", "L2")} <= edges(text)
    inside = text[text.index('"branch 0"') : text.index('"branch 1"')]
    assert "L2" in inside


def test_the_ways_that_are_gone_are_red() -> None:
    after = copy.deepcopy(machine())
    after["States"]["Pause"]["Next"] = "Done"
    text = drawn(machine(), after)
    links = [line for line in text.splitlines() if re.match(r"\s*s\d+ -", line)]
    (numbers,) = re.findall(r"linkStyle ([\d,]+) stroke:#c92a2a", text)
    red = [links[int(number)] for number in numbers.split(",")]
    assert red == [f"  {ids(text)['Pause']} -.-> {ids(text)['Both']}"]


def test_a_renamed_state_bears_its_new_name() -> None:
    after = copy.deepcopy(machine())
    rename("Pause", "Rest")(after)
    text = drawn(machine(), after)
    assert '("Rest"):::changed' in text and "Pause" not in text


def test_all_in_a_new_parallel_is_new() -> None:
    before = copy.deepcopy(machine())
    del before["States"]["Both"]
    text = drawn(before, machine())
    assert '"L1"]:::added' in text and f"style {ids(text)['Both']} fill:#d3f9d8" in text


@pytest.mark.parametrize(
    "name", ['a"b', "a`b", "<b>", "end", "graph", "%%{init}%%", "x\ny", "--> | x", "日本 🎉", "#1", "", "a" * 99]
)
def test_a_name_is_only_text(name: str) -> None:
    definition = {"StartAt": name, "States": {name: {"Type": "Choice", "Choices": [{"Condition": name, "Next": name}]}}}
    text = diagram(definition, ())
    (line,) = [line for line in text.splitlines() if line.startswith("  s1{{")]
    assert re.fullmatch(r'  s1\{\{"[^"<>`|%{}\\]+"\}\}', line) and len(line) < 200
    assert len(text.splitlines()) == 6


def chain(length: int) -> dict[str, Any]:
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(length)}
    return {"StartAt": "S0", "States": {**states, f"S{length}": {"Type": "Succeed"}}}


def test_of_a_large_machine_only_what_changed_and_what_is_next_to_it() -> None:
    after = chain(MAX_EDGES + 10)
    after["States"]["S7"]["Comment"] = "x"
    assert set(ids(drawn(chain(MAX_EDGES + 10), after))) == {"S6", "S7", "S8"}


def test_where_too_much_changed_nothing_is_drawn() -> None:
    after = chain(MAX_EDGES + 10)
    for state in after["States"].values():
        state["Comment"] = "x"
    assert drawn(chain(MAX_EDGES + 10), after) == ""
