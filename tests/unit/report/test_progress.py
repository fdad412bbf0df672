"""The view of an apply: one line a finished action, from any thread, and never a reason to stop."""

from __future__ import annotations

import io
import re
import threading
from typing import Any

import pytest

from stepdeploy.engine.apply import Progress
from stepdeploy.engine.model import Action, Plan
from stepdeploy.report.progress import ApplyView
from stepdeploy.report.screen import Screen


def action(key: str, verb: Any = "create") -> Action:
    return Action(f"role:{key}", key, verb, ())


PLAN = Plan("p", "e", "1", "r", (action("a"), action("b"), action("c")))


def test_one_line_for_each_end_of_an_action() -> None:
    stream = io.StringIO()
    with ApplyView(Screen(stream=stream), PLAN) as view:
        view.watch(Progress(action("a"), "started"))
        view.watch(Progress(action("a"), "done", 1.234))
        view.watch(Progress(action("b", "update"), "started"))
        view.watch(Progress(action("b", "update"), "failed", 0.5, "it broke"))
        view.watch(Progress(action("c", "delete"), "skipped"))
    assert stream.getvalue().splitlines() == [
        "✓ + role:a  1.23 s",
        "✗ ~ role:b  0.50 s  it broke",
        "∅ - role:c  not started: what it needs failed",
    ]
    assert view.finished == view.total == 3


def test_lines_of_many_threads_do_not_mix() -> None:
    stream = io.StringIO()
    view = ApplyView(Screen(stream=stream), PLAN)
    ready = threading.Barrier(8)

    def watch(number: int) -> None:
        ready.wait()
        for step in range(20):
            view.watch(Progress(action(f"{number}-{step}"), "done", 1))

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = stream.getvalue().splitlines()
    assert view.finished == 160
    assert sorted(lines) == sorted(f"✓ + role:{number}-{step}  1.00 s" for number in range(8) for step in range(20))


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_went_away_does_not_fail_the_action() -> None:
    view = ApplyView(Screen(stream=Gone()), PLAN)
    view.watch(Progress(action("a"), "done", 1))
    assert view.finished == 1


def test_nothing_is_written_in_json_mode() -> None:
    stream = io.StringIO()
    with ApplyView(Screen("json", stream=stream), PLAN) as view:
        view.watch(Progress(action("a"), "done", 1))
    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_runs_and_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    with ApplyView(Screen(stream=stream), PLAN) as view:
        view.watch(Progress(action("[bold]a"), "started"))
        view.watch(Progress(action("b"), "done", 1))
        view._live.refresh()
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "role:[bold]a" in written
    assert "✓ + role:b  1.00 s" in written
    assert "1/3" in written
