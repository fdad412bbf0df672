"""What was good once is good as long as it and its checker stay the same; nothing else is taken for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepdeploy import checked
from stepdeploy.app import App
from stepdeploy.checked import Checked, digest
from stepdeploy.errors import InvalidProject
from tests.conftest import ROOT, copy_project


def test_what_was_added_is_known_to_the_next_run(tmp_path: Path) -> None:
    Checked(tmp_path).add("one")
    assert Checked(tmp_path).knows("one") and not Checked(tmp_path).knows("two")


@pytest.mark.parametrize("content", ["", "{", '{"one": 1}', "[1, null]"])
def test_a_damaged_file_knows_nothing_and_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "checked.json").write_text(content)
    assert not Checked(tmp_path).knows("one")
    Checked(tmp_path).add("one")
    assert Checked(tmp_path).knows("one")


def test_another_text_or_another_checker_is_another_digest(tmp_path: Path) -> None:
    rule = tmp_path / "rule.py"
    rule.write_text("a")
    first = digest("text", checker=(rule,))
    assert digest("text", checker=(rule,)) == first != digest("other", checker=(rule,))
    rule.write_text("longer")
    checked._state_of.cache_clear()
    assert digest("text", checker=(rule,)) != first


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    for number in range(checked.MOST + 1):
        Checked(tmp_path).add(str(number))
    assert not Checked(tmp_path).knows("0") and Checked(tmp_path).knows("1")


def test_a_definition_that_breaks_after_it_was_good_is_refused(tmp_path: Path) -> None:
    project = copy_project(ROOT / "tests" / "projects" / "greeter", tmp_path / "p")
    App(project=project).refuse_broken_definitions()
    path = project / "definitions" / "greeting.asl.json"
    path.write_text(path.read_text().replace('"StartAt"', '"StratAt"'))
    with pytest.raises(InvalidProject):
        App(project=project).refuse_broken_definitions()
