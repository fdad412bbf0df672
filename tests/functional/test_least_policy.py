"""The least policy that `doctor --policy` prints allows every call that a deploy, a change, a rollback, a prune and (with
--with-destroy) a destroy make, on the resources that they name. The embedded AWS asks nobody, so each call is noted and
judged here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.app import App
from stepdeploy.aws.session import Target
from stepdeploy.errors import NothingToRollBackTo
from tests.conftest import ROOT, Tool
from tests.functional.needed_permissions import NotingSession, refused


def noting(tool: Tool, **parameters: str) -> tuple[App, NotingSession]:
    """The application on a session that notes its calls."""
    app = App(project=tool.project, parameters=parameters)
    session = NotingSession(Target(app.settings.region, endpoint=str(app.local_up()["endpoint"])))
    app.__dict__["aws"] = session
    return app, session


@pytest.mark.parametrize("name", ["greeter", "events"])
def test_it_is_enough(make_tool: Callable[[Path], Tool], name: str) -> None:
    tool = make_tool(ROOT / "tests" / "projects" / name)
    policy = tool.json("doctor", "--policy")["Statement"]
    app, session = noting(tool)
    app.releases.apply(app.releases.plan(), lambda progress: None)
    with_a_change(tool)
    again = App(project=tool.project)
    again.__dict__["aws"] = session
    again.releases.apply(again.releases.plan(), lambda progress: None)
    for machine in again.settings.state_machines.values():
        # A machine that calls no function of ours is still at its first version.
        with suppress(NothingToRollBackTo):
            again.releases.apply(again.releases.plan_rollback(machine.key), lambda progress: None)
    again.upkeep.plan_prune(None, keep=1, redrive=True)
    again.status()
    again.upkeep.doctor()
    assert len({operation for _, operation, _ in session.noted}) > 30
    assert refused(session.noted, policy, app.place) == []

    session.noted.clear()
    destroyed = App(project=tool.project)
    destroyed.__dict__["aws"] = session
    destroyed.releases.apply(destroyed.releases.plan_destroy(delete_data=True), lambda progress: None)
    assert any("DeleteFunction" in line for line in refused(session.noted, without_prune(policy), app.place))
    assert any("DeleteRole" in line for line in refused(session.noted, policy, app.place))
    assert refused(session.noted, tool.json("doctor", "--policy", "--with-destroy")["Statement"], app.place) == []


def without_prune(policy: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**one, "Action": [action for action in one["Action"] if action != "lambda:DeleteFunction"]} for one in policy
    ]


def with_a_change(tool: Tool) -> None:
    """Other code in every function."""
    for path in sorted((tool.project / "lambdas").glob("*/handler.py")):
        path.write_text(path.read_text() + "\n# changed\n")
