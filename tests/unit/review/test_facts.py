"""Settings files: read, or refused with their place."""

from __future__ import annotations

import pytest

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import parse
from stepdeploy.review.facts import Facts, from_source


def read(text: str) -> Facts:
    return from_source(parse(text, "m.settings.json"))


def test_all_of_it_is_read() -> None:
    found = read(
        '{"type": "EXPRESS", "log_level": "ALL", "tracing": true, "actions": ["Logs:*"], "dashboards": 2,\n'
        ' "alarms": [{"namespace": "AWS/States", "metric": "ExecutionsFailed"}],\n'
        ' "functions": {"F": {"timeout_seconds": 30}}}'
    )
    assert (found.type, found.log_level, found.tracing, found.dashboards) == ("EXPRESS", "ALL", True, 2)
    assert found.actions == {"logs:*"} and found.alarms and found.alarms[0].tells
    assert found.function("F").timeout_seconds == 30 and found.function("G").timeout_seconds is None
    assert found.places["function:F"] == "m.settings.json:3:21"


def test_what_is_not_said_is_not_known() -> None:
    assert read("{}").alarms is None and read('{"tracing": null}').tracing is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[]", "m.settings.json:1:1"),
        ('{"loglevel": "OFF"}', "m.settings.json:1:14"),
        ('{"tracing": "yes"}', "m.settings.json:1:13"),
        ('{"dashboards": true}', "m.settings.json:1:16"),
        ('{"functions": {"F": 3}}', "m.settings.json:1:21"),
        ('{"functions": {"F": {"memory_mb": "1"}}}', "m.settings.json:1:35"),
        ('{"alarms": [{"metric": "x"}]}', "m.settings.json:1:13"),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(InvalidProject) as error:
        read(text)
    assert error.value.where == where
