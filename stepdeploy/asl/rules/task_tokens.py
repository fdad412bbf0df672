"""Tasks that wait for a token which nobody is given."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stepdeploy.asl import resources
from stepdeploy.asl.arguments import given
from stepdeploy.asl.model import State
from stepdeploy.asl.registry import Hit, rule
from stepdeploy.asl.shapes import JSONPATH


@rule(
    "ASL088",
    "warning",
    "A Task that waits for its token passes it on",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html",
    code="",
    layer="integration",
    types=("Task",),
)
def task_token(state: State) -> Iterator[Hit]:
    field, value = given(state)
    if not resources.called(state).waits_for_token or not isinstance(value, dict):
        return
    text = json.dumps(value)
    # The whole context object, or a variable or path that may hold the token, is as good.
    names = ("Task", "$$", "context") if state.language == JSONPATH else ("Task", "context", "${")
    if not any(name in text for name in names) and "${" not in text:
        token = "$$.Task.Token" if state.language == JSONPATH else "$states.context.Task.Token"
        yield Hit((*state.pointer, field), "The task token is not passed on: nobody can send it back", f"Pass {token}.")
