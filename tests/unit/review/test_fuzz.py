"""Mutated definitions: a review never raises; a fix is refused or leaves a definition that AWS takes."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.asl import check, check_value
from stepdeploy.jsonsource import parse
from stepdeploy.review import Facts, review
from stepdeploy.review.fixes import fixed
from tests.conftest import ROOT

FILES = (
    ROOT / "tests" / "fixtures" / "before.asl.json",
    ROOT / "definitions" / "company_batch.asl.json",
    ROOT / "tests" / "projects" / "greeter" / "definitions" / "greeting.asl.json",
)
JUNK = [None, 7, -1.5, "x", [], {}, ["a"], {"a": 1}, True, "$.x", "${y}", "{% $x %}", [[]], [None], {"Next": 3}]


def mutated(value: Any, chance: random.Random) -> Any:
    """The value with up to four places replaced by something else."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 4)):
        node = value
        while keys := list(node) if isinstance(node, dict) else list(range(len(node))):
            key = chance.choice(keys)
            if isinstance(node[key], dict | list) and chance.random() < 0.85:
                node = node[key]
                continue
            node[key] = copy.deepcopy(chance.choice(JUNK))
            break
    return value


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_mutated_definitions(file: Path) -> None:
    chance = random.Random(7)
    original = json.loads(file.read_text())
    sound = 0
    for _ in range(150):
        value = mutated(original, chance)
        found = review(value, Facts(), tuple(check_value(value)))
        assert all(0 <= score.points <= 10 for score in found.scores)
        text = json.dumps(value, indent=chance.choice([None, 2, 4]))
        source = parse(text, file.name)
        try:
            new, _ = fixed(source, source.value, Facts())
        except ValueError:
            continue
        sound += 1
        assert not [one for one in check(new) if one.severity == "error" and one.layer == "language"], new
    assert sound > 5
