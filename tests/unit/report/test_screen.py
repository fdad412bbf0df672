"""Where output goes: terminal, pipe, JSON; and that nothing from outside drives the terminal."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from stepdeploy.report.screen import Screen, aligned, clean, json_text

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31mred\r\x08\u202eevil\x00\ud800"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def piped(output: str = "text") -> tuple[Screen, io.StringIO]:
    stream = io.StringIO()
    return Screen(output, stream=stream), stream


def terminal(monkeypatch: pytest.MonkeyPatch, color: bool | None = None, **environment: str) -> tuple[Screen, Terminal]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    return Screen(color=color, stream=stream), stream


def is_harmless(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)


def test_control_characters_are_replaced() -> None:
    assert clean("plain é 名 😀") == "plain é 名 😀"
    assert clean("a\nb\tc") == "a\nb\tc"
    assert clean("a\u00a0b\u3000c") == "a b c"
    assert is_harmless(clean(HOSTILE)) and "evil" in clean(HOSTILE)


def test_nothing_from_outside_drives_a_pipe() -> None:
    screen, stream = piped()
    screen.line(HOSTILE)
    screen.line([(HOSTILE, "red")])
    screen.table(["a"], [[HOSTILE]])
    assert is_harmless(stream.getvalue())


def test_nothing_from_outside_drives_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, stream = terminal(monkeypatch, NO_COLOR="1")
    screen.line([(HOSTILE, "")])
    screen.line("[bold]no markup[/bold] [link=x]y[/link]")
    screen.table(["a"], [[HOSTILE], ["[red]x[/red]"]])
    written = stream.getvalue()
    assert "[bold]no markup[/bold] [link=x]y[/link]" in written and "[red]x[/red]" in written
    assert is_harmless(re.sub(r"\x1b\[[01]m", "", written)), "only rich's own bold may be left"


def test_nothing_from_outside_drives_a_terminal_through_json() -> None:
    screen, stream = piped("json")
    data = {"name": HOSTILE, "é": "名"}
    screen.data(data)
    assert is_harmless(stream.getvalue()) and '"é": "名"' in stream.getvalue()
    assert json.loads(stream.getvalue()) == data


@pytest.mark.parametrize("text", ["", "\x7f\x85", "\U000e0001 \U0001f600", "\\n \\x1b", "\u2028"])
def test_json_reads_back_as_it_was(text: str) -> None:
    assert json.loads(json_text({"a": text})) == {"a": text}


def test_times_and_other_values_in_json() -> None:
    screen, stream = piped("json")
    screen.data({"at": datetime(2025, 1, 2, 3, tzinfo=UTC), "day": date(2025, 1, 2), "path": object})
    assert json.loads(stream.getvalue()) == {
        "at": "2025-01-02T03:00:00+00:00", "day": "2025-01-02", "path": "<class 'object'>",
    }  # fmt: skip


def test_json_mode_writes_nothing_but_data() -> None:
    screen, stream = piped("json")
    screen.line("words")
    screen.lines([[("words", "")]])
    screen.table(["a"], [["b"]])
    screen.table(["a"], [], empty="none")
    with screen.status("busy"):
        pass
    assert stream.getvalue() == ""
    assert screen.is_json


def test_a_table_in_a_pipe_is_plain_columns() -> None:
    screen, stream = piped()
    moment = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    screen.table(["name", "n", "at"], [["a", 1, None], ["longer", None, moment], ["", "x", ""]])
    local = moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert stream.getvalue() == f"name    n  at\na       1  -\nlonger  -  {local}\n        x\n"


def test_a_cell_is_one_line_whatever_it_holds() -> None:
    screen, stream = piped()
    screen.table(["name", "status"], [["a\nforged  SUCCEEDED", "FAILED"], ["b\tc", "x"]])
    assert stream.getvalue().splitlines()[1:] == ["a forged SUCCEEDED  FAILED", "b c                 x"]


def test_an_empty_table_says_what_is_missing() -> None:
    screen, stream = piped()
    screen.table(["a"], [], empty="Nothing here.")
    screen.table(["a"], [])
    assert stream.getvalue() == "Nothing here.\n"


def test_a_stream_that_lacks_a_character_gets_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    screen = Screen(stream=stream)
    screen.line("✓ done")
    screen.table(["é"], [["名"]])
    Screen("json", stream=stream).data({"a": "é"})
    stream.flush()
    assert raw.getvalue() == b'? done\n?\n?\n{\n  "a": "?"\n}\n'


@pytest.mark.parametrize(
    ("environment", "color", "expected"),
    [({}, None, True), ({"NO_COLOR": ""}, None, False), ({"NO_COLOR": "1"}, True, True), ({}, False, False)],
)
def test_when_there_is_colour(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], color: bool | None, expected: bool
) -> None:
    screen, stream = terminal(monkeypatch, color, **environment)
    assert screen.color is expected
    screen.line([("words", "red")])
    assert ("\x1b[31m" in stream.getvalue()) is expected


def test_a_dumb_terminal_is_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, stream = terminal(monkeypatch, TERM="dumb")
    screen.line([("words", "red")])
    assert stream.getvalue() == "words\n"
    assert not screen.tty and not screen.color


def test_there_is_no_colour_in_a_pipe_even_if_wished() -> None:
    assert Screen(color=True, stream=io.StringIO()).color is False


def test_a_table_on_a_terminal_colours_how_executions_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, stream = terminal(monkeypatch)
    screen.table(["name", "status"], [["a", "SUCCEEDED"], ["b", "FAILED"]])
    assert "\x1b[32mSUCCEEDED" in stream.getvalue() and "\x1b[31mFAILED" in stream.getvalue()


def test_a_spinner_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, stream = terminal(monkeypatch)
    with screen.status("busy"):
        pass
    assert "busy" in stream.getvalue()
    plain, written = piped()
    with plain.status("busy"):
        pass
    assert written.getvalue() == ""


@pytest.mark.parametrize(
    ("columns", "rows", "lines"),
    [
        (["a", "b"], [["1", "2"]], ["a  b", "1  2"]),
        (["a", "b"], [["long", ""]], ["a     b", "long"]),
        (["a"], [], ["a"]),
    ],
)
def test_columns(columns: Any, rows: Any, lines: list[str]) -> None:
    assert aligned(columns, rows) == lines
