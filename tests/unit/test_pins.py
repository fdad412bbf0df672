"""Versions are written down once, or agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9_-]+)==(\S+)", text, re.MULTILINE))


def test_pyproject_and_requirements_pin_the_same() -> None:
    wanted = pins((ROOT / "requirements.txt").read_text())
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found = pins("\n".join(declared))
    assert found == {name: wanted[name] for name in found}
    assert len(found) == len(declared)


def test_the_layer_and_requirements_pin_the_same() -> None:
    wanted = pins((ROOT / "requirements.txt").read_text())
    layer = pins((ROOT / "lambdas" / "requirements.txt").read_text())
    assert layer and layer == {name: wanted[name] for name in layer}


def test_every_requirement_is_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    for file in ("requirements.txt", "requirements-dev.txt"):
        for name in pins((ROOT / file).read_text()):
            assert f"`{name}`" in text, f"docs/dependencies.md does not say what {name} is for"
