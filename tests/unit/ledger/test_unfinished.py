"""What was begun is known until its end, or until somebody else deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepdeploy.ledger.unfinished import Unfinished


@pytest.mark.parametrize(
    ("serial", "expected"), [(7, "rollback m 2"), (8, "rollback m 2"), (9, "rollback m 2"), (10, ""), (6, "")]
)
def test_what_was_begun_counts_until_another_deploy(tmp_path: Path, serial: int, expected: str) -> None:
    Unfinished(tmp_path / "a" / "u.json").begin("rollback m 2", 7)
    assert Unfinished(tmp_path / "a" / "u.json").of(serial) == expected


def test_what_came_to_its_end_is_forgotten(tmp_path: Path) -> None:
    unfinished = Unfinished(tmp_path / "u.json")
    unfinished.begin("rollback m 2", 7)
    unfinished.end()
    unfinished.end()
    assert unfinished.of(7) == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"purpose": "x", "serial": "y"}'])
def test_a_damaged_file_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "u.json").write_text(content)
    assert Unfinished(tmp_path / "u.json").of(7) == ""
