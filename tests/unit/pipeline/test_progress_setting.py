"""The limit on standing still is a setting, which an environment and the command line may override."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.app import App
from tests.conftest import ROOT, copy_project

EXTRACTORS = ("nova_sec_extractor", "cxo_website_extractor")


def limits(project: Path, env: str, parameters: dict[str, str] | None = None) -> set[Any]:
    templates = App(project=project, env=env, parameters=parameters).project.templates
    return {templates[f"function:{name}"].value["environment"]["PROGRESS_SECONDS"] for name in EXTRACTORS}


@pytest.mark.parametrize("env", ["local", "dev", "prod"])
def test_sixty_seconds_by_default(env: str) -> None:
    assert limits(ROOT, env) == {60}


def test_the_local_environment_may_have_another(tmp_path: Path) -> None:
    project = copy_project(ROOT, tmp_path / "project")
    path = project / "definitions" / "environments" / "local.json"
    environment = json.loads(path.read_text())
    environment["parameters"]["progress_seconds"] = 2
    path.write_text(json.dumps(environment))
    assert (limits(project, "local"), limits(project, "dev")) == ({2}, {60})
    assert limits(project, "local", {"progress_seconds": "7"}) == {7}
