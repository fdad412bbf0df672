"""The live view of a batch: in a terminal counts, rate and the last outcomes; in a pipe a line when counts change."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from stepdeploy.batch import Ended, Progress
from stepdeploy.report.screen import Screen
from stepdeploy.report.spans import Line

LAST = 8
"""Outcomes that the view shows."""
QUIET_SECONDS = 5.0
"""In a pipe: the least time between two lines."""


class BatchView:
    """A context manager whose `watch` is called at each look at the batch."""

    def __init__(self, screen: Screen, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.screen = screen
        self._clock = clock
        self._started = clock()
        self._said_at: float | None = None
        self._said: tuple[int, int, int] | None = None
        self._progress: Progress | None = None
        self._last: deque[Ended] = deque(maxlen=LAST)
        self._live: Any = None

    def __enter__(self) -> Self:
        if self.screen.tty and not self.screen.is_json:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._render, console=self.screen.console, refresh_per_second=8, transient=True
            )
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def watch(self, progress: Progress, ended: Sequence[Ended]) -> None:
        """Take in what has changed."""
        self._progress = progress
        self._last.extend(ended)
        if self._live is None:
            self._say(progress, ended)

    def _say(self, progress: Progress, ended: Sequence[Ended]) -> None:
        for item in ended:
            if item.status != "SUCCEEDED":
                self.screen.line(outcome_line(item))
        now = self._clock()
        over = progress.status != "RUNNING"
        quiet = self._said_at is not None and now - self._said_at < QUIET_SECONDS
        counts = progress.done, progress.failed, progress.running
        if counts == self._said or (quiet and not over):
            return
        self._said, self._said_at = counts, now
        self.screen.line(progress_line(progress, now - self._started))

    def _render(self) -> Any:
        from rich.console import Group
        from rich.padding import Padding
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        progress = self._progress or Progress("RUNNING", 0)
        lines = [progress_line(progress, self._clock() - self._started), *map(outcome_line, self._last)]
        texts = [Text.assemble(*line) for line in lines]
        bar = ProgressBar(total=max(progress.total, 1), completed=progress.done, width=60)
        # A bar alone does not end its line.
        return Group(Padding(bar, 0), *texts)


def progress_line(progress: Progress, seconds: float) -> Line:
    """`12/100 done, 2 failed, 20 running, 0.8/s, about 110 s to go`."""
    line: Line = [(f"{progress.done}/{progress.total} done", "bold")]
    if progress.failed:
        line.append((f", {progress.failed} failed", "red"))
    line.append((f", {progress.running} running", "cyan"))
    if progress.done and seconds > 0:
        rate = progress.done / seconds
        line.append((f", {rate:.1f}/s", "dim"))
        if progress.done < progress.total:
            line.append((f", about {(progress.total - progress.done) / rate:.0f} s to go", "dim"))
    return line


def outcome_line(ended: Ended) -> Line:
    """A company that has just ended."""
    mark, style = ("✓", "green") if ended.status == "SUCCEEDED" else ("✗", "red")
    words = "" if ended.status == "SUCCEEDED" else f"  {ended.status}"
    return [(f"{mark} ", style), (ended.company_id, ""), (words, style), (f"  {ended.seconds:.1f} s", "dim")]


def summary_lines(summary: dict[str, Any]) -> list[Line]:
    """The counts of a summary, and why the batch was given up if it was."""
    counts = {status: count for status, count in summary["counts"].items() if count}
    words = ", ".join(f"{count} {status.lower().replace('_', ' ')}" for status, count in counts.items())
    style = "green" if set(counts) <= {"SUCCEEDED"} else "red"
    lines: list[Line] = [[(summary["batch_id"], "bold"), (f"  {words}", style)]]
    if summary.get("failure"):
        lines.append([("given up: ", "red"), (f"{summary['failure']['error']}: {summary['failure']['cause']}", "")])
    return lines


def outcome_rows(summary: dict[str, Any], *, failed: bool) -> list[list[Any]]:
    """Line, company, status, completeness, seconds, what happened. failed: only those that did not succeed."""
    return [
        [
            outcome["line"],
            outcome["company_id"],
            outcome["status"],
            _completeness(outcome["completeness"]),
            outcome["seconds"],
            _told(outcome),
        ]
        for outcome in summary["companies"]
        if not (failed and outcome["status"] == "SUCCEEDED")
    ]


def _completeness(value: Any) -> Any:
    if isinstance(value, dict):
        return " ".join(f"{name} {number}" for name, number in value.items())
    return value


def _told(outcome: dict[str, Any]) -> str:
    if outcome["status"] == "SUCCEEDED":
        place = (outcome.get("s3") or {}).get("key") or ""
        return f"{place} (had been run)" if outcome["existing"] else str(place)
    return ": ".join(part for part in (outcome["error"], outcome["cause"]) if part)
