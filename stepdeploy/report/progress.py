"""The live view of an apply: running actions with a spinner, finished ones above; in a pipe one line each."""

from __future__ import annotations

import contextlib
import threading
import time
from types import TracebackType
from typing import Any, Self

from stepdeploy.engine.apply import Progress
from stepdeploy.engine.model import Plan
from stepdeploy.report.lines import SIGNS, Line
from stepdeploy.report.screen import Screen

MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("∅", "yellow")}


class ApplyView:
    """A context manager whose `watch` is given to engine.apply; it is called from several threads. A reader of our
    output that went away (`| head`) does not stop the apply."""

    def __init__(self, screen: Screen, plan: Plan) -> None:
        self.screen = screen
        self.total = sum(not action.quiet for action in plan.actions)
        self.finished = 0
        self._running: dict[str, float] = {}
        self._live: Any = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self.screen.tty and not self.screen.is_json:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._render, console=self.screen.console, refresh_per_second=12, transient=True
            )
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def watch(self, progress: Progress) -> None:
        if progress.action.quiet and progress.stage != "failed":
            return
        address = progress.action.address
        with self._lock:
            if progress.stage == "started":
                self._running[address] = time.monotonic()
                return
            self._running.pop(address, None)
            self.finished += 1
            with contextlib.suppress(BrokenPipeError):
                self.screen.line(self._line(progress))

    def say(self, line: Line) -> None:
        """A line in between, from whoever performs an action."""
        with self._lock, contextlib.suppress(BrokenPipeError):
            self.screen.line(line)

    def _line(self, progress: Progress) -> Line:
        mark, style = MARKS[progress.stage]
        sign, _ = SIGNS[progress.action.verb]
        line: Line = [(f"{mark} ", style), (f"{sign} {progress.action.address}", "")]
        if progress.stage == "skipped":
            return [*line, ("  not started: what it needs failed", "dim")]
        line.append((f"  {progress.seconds:.2f} s", "dim"))
        return [*line, (f"  {progress.error}", "red")] if progress.error else line

    def _render(self) -> Any:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        now = time.monotonic()
        with self._lock:
            rows = [
                Spinner("dots", Text.assemble(f"{address}  ", (f"{now - since:.1f} s", "dim")))
                for address, since in self._running.items()
            ]
            head = Text(f"{self.finished}/{self.total}", style="bold")
        return Group(*rows, head)
