"""A plan for a pull request."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from stepdeploy.engine.model import Action, Call, Change, JsonText, Plan
from stepdeploy.references import Ref
from stepdeploy.report.markdown import LIMIT, plan_markdown
from stepdeploy.resources.definition_diff import definition_changes
from tests.unit.resources.test_definition_diff import machine

CREATE = Action("role:a", "A-role", "create", (Call("iam", "create_role", {}),))


def plan(*actions: Action, notes: tuple[str, ...] = ()) -> Plan:
    return Plan("orders", "prod", "111122223333", "eu-west-1", actions, ("topic:t",), notes)


def update(before: Any, after: Any, *more: Change) -> Action:
    call = Call("stepfunctions", "update_state_machine", {"definition": JsonText(after)})
    return Action("state_machine:m", "M-prod", "update", (call,), (*definition_changes(before, after), *more))


def changed() -> Action:
    after = copy.deepcopy(machine())
    after["States"]["New"] = {"Type": "Pass", "Next": "Get"}
    after["States"]["Pause"]["Next"] = "New"
    after["States"]["Get"]["TimeoutSeconds"] = 60
    after["States"]["Get"]["Resource"] = Ref("function:get", "version_arn")
    after["States"]["Get"]["Catch"][0]["Next"] = "Broken"
    del after["States"]["Nothing"]
    return update(machine(), after, Change("tags/Team", None, "x"))


def test_the_whole_of_it() -> None:
    function = Action(
        "function:f", "F", "update", (), (Change("environment/A", "1", "2"), Change("environment/B", None, "x"), Change("memory_mb", 128, 256))
    )  # fmt: skip
    text = plan_markdown(plan(CREATE, function, changed(), notes=("x|y is <kept>",)))
    before, _, rest = text.partition("```mermaid\n")
    assert before.splitlines() == [
        "### Plan: `orders / prod`",
        "",
        "Account 111122223333, eu-west-1",
        "",
        "**1 to create, 2 to update, 0 to delete, 1 unchanged.**",
        "",
        r"> x\|y is \<kept\>",
        "",
        "| | Resource | Name | Changes |",
        "|---|---|---|---|",
        "| + | `role:a` | `A-role` | new |",
        "| ~ | `function:f` | `F` | `environment`, `memory_mb` |",
        "| ~ | `state_machine:m` | `M-prod` | states: 1 added, 2 changed, 1 removed; `tags` |",
        "",
        "<details><summary><code>~ function:f</code> environment, memory_mb</summary>",
        "",
        "```diff",
        "! environment/A: 1 -> 2",
        "+ environment/B: x",
        "! memory_mb: 128 -> 256",
        "```",
        "",
        "</details>",
        "",
        "<details><summary><code>~ state_machine:m</code> states: 1 added, 2 changed, 1 removed; tags</summary>",
        "",
        "```diff",
        "! state Get",
        "!     Lambda get:3 -> new version of get",
        "!     TimeoutSeconds 30 -> 60",
        "!     Catch[0] NotFound: Nothing -> Broken",
        "! state Pause",
        "!     Next Both -> New",
        "+ state New (Pass), after Pause",
        "- state Nothing (Pass)",
        "+ tags/Team: x",
        "```",
        "",
    ]
    graph, _, end = rest.partition("```\n")
    assert graph.startswith("flowchart TD\n") and '"New"]:::added' in graph and '"Nothing"]:::removed' in graph
    assert end.splitlines()[-2:] == ["", "</details>"] and "Green is new" in end


def test_an_empty_plan_says_so() -> None:
    assert plan_markdown(plan()).splitlines()[-1] == "**Nothing to change: 1 resources are as they should be.**"


def test_a_new_machine_is_drawn_without_colours() -> None:
    call = Call("stepfunctions", "create_state_machine", {"definition": JsonText(machine())})
    action = Action("state_machine:m", "M", "create", (call,), (Change("states", None, ["Get"]),))
    text = plan_markdown(plan(action))
    assert "```mermaid" in text and "```diff" not in text and ":::" not in text


def test_a_machine_whose_definition_stays_is_not_drawn() -> None:
    assert "mermaid" not in plan_markdown(plan(update(machine(), machine(), Change("tracing", False, True))))


@pytest.mark.parametrize("name", ["a|b", "a`b", "<i>x</i>", "``` x", "# x\n\n# y", "a*b*", "</details>"])
def test_whatever_stands_in_names_and_values_it_stays_in_its_place(name: str) -> None:
    before: dict[str, Any] = {"StartAt": name, "States": {name: {"Type": "Pass", "Comment": "x"}}}
    after = json.loads(json.dumps(before))
    after["States"][name]["Comment"] = f"``` {name}"
    action = Action(f"state_machine:{name}", name, "update", update(before, after).calls, (
        *update(before, after).changes, Change(f"tags/{name}", name, f"{name}2"),
    ))  # fmt: skip
    text = plan_markdown(plan(action, notes=(name,)))
    rows = [line for line in text.splitlines() if line.startswith("| ~")]
    assert len(rows) == 1 and len(re.findall(r"(?<!\\)\|", rows[0])) == 5
    assert text.count("<details>") == 1 and text.splitlines().count("</details>") == 1
    fences = [line for line in text.splitlines() if re.fullmatch(r"`{3,}(diff|mermaid)?", line)]
    assert [re.sub("`", "", fence) for fence in fences] == ["diff", "", "mermaid", ""]
    assert all(one.count("`") == len(other) for one, other in zip(fences[::2], fences[1::2], strict=True))
    assert not [line for line in text.splitlines() if line.startswith("# ") or line.startswith("<i>")]


def test_secrets_show_nowhere() -> None:
    after = copy.deepcopy(machine())
    after["States"]["Get"]["Parameters"] = {"api_key": "t1ger"}
    after["States"]["Check"]["Choices"][1]["And"][1] = {"Variable": "$.password", "StringEquals": "t1ger"}
    action = update(machine(), after, Change("environment/TOKEN", "t1ger", "t1ger2"))
    text = plan_markdown(plan(action, notes=("see https://a:t1ger@example.org/",)))
    assert "t1ger" not in text and text.count("sha256:") >= 5


class TestTooLong:
    def test_diagrams_go_first(self) -> None:
        big = {"StartAt": "S0", "States": {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(300)}}
        actions = []
        for number in range(10):
            after = json.loads(json.dumps(big))
            after["States"]["S1"]["Comment"] = "x"
            actions.append(
                Action(
                    f"state_machine:m{number}",
                    "M",
                    "update",
                    *(getattr(update(big, after), name) for name in ("calls", "changes")),
                )
            )
        text = plan_markdown(plan(*actions))
        assert "mermaid" not in text and "diagrams are left out" in text
        assert text.count("<details>") == 10 and len(text) <= LIMIT

    def test_then_what_comes_last(self) -> None:
        actions = [
            Action(f"function:f{i}", "F", "update", (), (Change("description", "x" * 90, "y" * 90),))
            for i in range(500)
        ]
        text = plan_markdown(plan(*actions))
        assert len(text) <= LIMIT
        assert re.search(r"> \d+ more are left out", text.splitlines()[-1])
        assert "`function:f499`" in text and text.count("<details>") == text.count("</details>")
