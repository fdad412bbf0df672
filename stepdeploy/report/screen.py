"""Where output goes: a terminal (colour, tables, live progress by rich), a pipe (plain text), or JSON.

rich is imported only when there is a terminal to write to.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from typing import Any, TextIO

from stepdeploy.report.spans import Line


class Screen:
    """output: "text" or "json". color: None = if the stream is a terminal and NO_COLOR is not set."""

    def __init__(self, output: str = "text", *, color: bool | None = None, stream: TextIO | None = None) -> None:
        self.output = output
        self.stream = stream or sys.stdout
        self.tty = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.color = self.tty and "NO_COLOR" not in os.environ if color is None else color and self.tty
        self._console: Any = None

    @property
    def is_json(self) -> bool:
        return self.output == "json"

    def data(self, data: Any) -> None:
        """One JSON document."""
        self._print(json_text(data, indent=2))

    def lines(self, lines: Iterable[Line]) -> None:
        """Styled lines. Nothing in JSON mode."""
        for line in lines:
            self.line(line)

    def line(self, line: Line | str = "") -> None:
        """One line of text or of spans. Nothing in JSON mode."""
        if self.is_json:
            return
        spans: Line = [(line, "")] if isinstance(line, str) else line
        if not self.tty:
            self._print(clean("".join(text for text, _ in spans)))
            return
        from rich.text import Text

        text = Text()
        for part, style in spans:
            text.append(clean(part), style=style)
        self.console.print(text, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str = "") -> None:
        """A table; `empty` is said where there is no row. Nothing in JSON mode."""
        if self.is_json:
            return
        if not rows:
            if empty:
                self.line(empty)
            return
        texts = [[clean(" ".join(_cell(value).split())) for value in row] for row in rows]
        if not self.tty:
            for line in aligned(columns, texts):
                self._print(line)
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in texts:
            table.add_row(*(Text(value, style=STATUS_STYLES.get(value, "")) for value in row))
        self.console.print(table)

    def _print(self, text: str) -> None:
        """A line of plain text; where the stream's encoding lacks a character, `?` stands for it."""
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), file=self.stream)

    def status(self, message: str) -> AbstractContextManager[Any]:
        """A spinner while something runs; in a pipe nothing."""
        if self.is_json or not self.tty:
            return nullcontext()
        spinner: AbstractContextManager[Any] = self.console.status(message)
        return spinner

    @property
    def console(self) -> Any:
        """The rich console of the stream."""
        if self._console is None:
            from rich.console import Console

            self._console = Console(file=self.stream, no_color=not self.color, highlight=False)
        return self._console


STATUS_STYLES = {
    "SUCCEEDED": "green",
    "RUNNING": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "yellow",
    "PENDING_REDRIVE": "cyan",
    "ACTIVE": "green",
    "ok": "green",
    "warning": "yellow",
    "problem": "red",
    "not checked": "dim",
}


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Plain columns, two spaces apart."""
    table = [list(columns), *[list(row) for row in rows]]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    return ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in table]


def clean(text: str) -> str:
    """Without control characters: names and causes come from outside and must not drive the terminal."""
    return text if text.isprintable() else "".join(map(_clean, text))


def _clean(char: str) -> str:
    if char in "\n\t" or char.isprintable():
        return char
    return " " if unicodedata.category(char) == "Zs" else "\ufffd"


def json_text(data: Any, indent: int | None = None) -> str:
    """JSON in readable characters. Those that could drive a terminal or be no Unicode are written as escapes."""
    text = json.dumps(data, indent=indent, ensure_ascii=False, default=_encode)
    return "".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _encode(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
