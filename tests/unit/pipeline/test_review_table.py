"""docs/pipeline.md answers every item of the architecture review, and what it says shows them is really there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: The gaps, opportunities, bottlenecks and limitations of sections 2 to 5 in the order of their lists (§2.3(1) is the first
#: of section 2.3), the options of section 6, the phases of section 7.
ITEMS = {
    *(f"§2.1({number})" for number in range(1, 5)),
    *(f"§{section}({number})" for section in ("2.2", "2.3", "5.1") for number in range(1, 4)),
    *(f"§{section}({number})" for section in ("3.1", "3.2", "5.2", "5.3") for number in range(1, 3)),
    *(f"§4.2({number})" for number in range(1, 5)),
    "§3.3",
    "§4.1",
    *(f"option {tier}.{number}" for tier in range(1, 4) for number in range(1, 5)),
    *(f"phase {number}" for number in range(1, 5)),
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the rows of the table under a heading."""
    text = (ROOT / "docs" / "pipeline.md").read_text()
    table = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


REVIEW = rows("The architecture review, item by item")
BAD = rows("Bad input and bad conditions")


def test_every_item_of_the_review_has_a_row() -> None:
    found = {item for row in REVIEW for item in re.findall(r"§[\d.]+(?:\(\d\))?|option \d\.\d|phase \d", row[0])}
    assert found == ITEMS


def test_the_tables_have_their_rows() -> None:
    assert {len(row) for row in REVIEW} == {4} and {len(row) for row in BAD} == {3}
    assert len(BAD) >= 9


@pytest.mark.parametrize("row", REVIEW + BAD, ids=lambda row: row[0].partition(":")[0])
def test_what_a_row_says_shows_it_is_there(row: list[str]) -> None:
    assert row[0] and row[1]
    places = re.findall(r"`([^`]+)`", row[-1])
    assert places and re.sub(r"`[^`]+`|[, ]", "", row[-1]) == "", "paths, and tests in them, and nothing else"
    for place in places:
        path, _, test = place.partition("::")
        assert path.startswith(("tests/", "scripts/")) and (ROOT / path).is_file(), place
        assert not test or test in names_in(path), place


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
