"""Gradual releases for people: the lines of `release status`, its live view, and what a driver tells as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stepdeploy.report.lines import Line
from stepdeploy.report.screen import Screen
from stepdeploy.shift.driver import Look

BAR = 24
"""Characters of a bar that stands for 100 %."""
QUIET_SECONDS = 30.0
"""In a pipe: how often a driver that only waits says so."""
STATE_STYLES = {"OK": "green", "ALARM": "red", "MISSING": "red"}


def standing_lines(standing: Mapping[str, Any], now: float) -> Iterator[Line]:
    """How one alias stands (stepdeploy.shift.standing.standing). now: seconds since 1970."""
    shift = standing["shift"]
    yield from _head(standing, shift)
    for row in reversed(standing["versions"]):
        yield _version_line(row, None if shift is None or shift["outcome"] else shift["to"])
    if shift is None:
        return
    if shift["outcome"]:
        yield [("  last: ", "dim"), (f"{shift['strategy'] or shift['kind']} to version {shift['to']}, ", "dim"),
               (shift["outcome"], "green" if shift["outcome"] == "served" else "yellow")]  # fmt: skip
        return
    if shift["kind"] != "split":
        yield _step_line(shift, now)
        for reason in shift.get("reasons", ()):
            yield [("  waits: " if shift["verdict"] == "wait" else "  goes back: ", "yellow"), (reason, "")]
        yield _driver_line(shift)
    for alarm in standing["alarms"]:
        yield [
            ("  alarm ", "dim"),
            (f"{alarm['name']} ", ""),
            (alarm["state"], STATE_STYLES.get(alarm["state"], "yellow")),
        ]


def _head(standing: Mapping[str, Any], shift: Mapping[str, Any] | None) -> Iterator[Line]:
    line: Line = [(f"{standing['machine']}:{standing['alias']}", "bold")]
    if not standing["versions"]:
        line.append(("  does not exist; run deploy", "yellow"))
    elif shift is None or shift["outcome"]:
        line.append(("  nothing under way", "dim"))
    elif shift["kind"] == "split":
        line.append((f"  split; before it served {shift['from']}", "cyan"))
    else:
        line.append((f"  {shift['strategy']}, version {shift['from']} → {shift['to']}", "cyan"))
    yield line


def _version_line(row: Mapping[str, Any], target: int | None) -> Line:
    full = round(row["weight"] * BAR / 100)
    style = "green" if row["version"] == target else "blue"
    line: Line = [(f"  {row['version']:>5}  ", "bold"), ("█" * full, style), ("░" * (BAR - full), "dim"),
                  (f" {row['weight']:>3} %", "")]  # fmt: skip
    if "started" not in row:
        return line
    more = "+" if row["cut"] else ""
    line.append((f"  {row['started']}{more} started, {row['ended']} ended", "dim"))
    line.append((f", {row['failed']} failed", "red" if row["failed"] else "dim"))
    if row["running"]:
        line.append((f", {row['running']} running", "cyan"))
    return line


def _step_line(shift: Mapping[str, Any], now: float) -> Line:
    weights = " → ".join(f"{weight} %" for weight in shift["weights"])
    line: Line = [(f"  step {shift['step']} of {shift['steps']}", "bold"), (f"  {weights}", "dim")]
    if shift["next_at"] is not None:
        line.append((f"  {due_text(shift['next_at'] - now)}", "cyan"))
    if "ended_in_step" in shift:
        line.append((f"  {shift['ended_in_step']} ended in this step, {shift['min_executions']} needed", "dim"))
    return line


def _driver_line(shift: Mapping[str, Any]) -> Line:
    if shift["driver"] is None:
        return [("  nobody drives it: ", "yellow"), ("release resume, or release abort", "")]
    if not shift["driver_alive"]:
        gone = f"  {shift['driver']} is gone or silent ({shift['heartbeat_age']:.0f} s): "
        return [(gone, "yellow"), ("release resume, or release abort", "")]
    return [(f"  driven by {shift['driver']}, sign of life {shift['heartbeat_age']:.0f} s ago", "dim")]


def due_text(seconds: float) -> str:
    """`next step in 3m 20s`, `step is over since 12s`."""
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    words = " ".join(
        part for part in (f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest}s") if part
    )
    return f"next step in {words}" if seconds > 0 else f"step is over since {words}"


class StatusView:
    """Shows standings once, or in a terminal again and again while something is under way."""

    def __init__(self, screen: Screen, read: Callable[[], Sequence[Mapping[str, Any]]], *, every: float = 2.0) -> None:
        self.screen = screen
        self._read = read
        self._every = every

    def show(self, *, live: bool) -> None:
        """live: stay until nothing is under way any more, or Ctrl-C."""
        standings = self._read()
        if live and self.screen.tty and any(map(moving, standings)):
            standings = self._follow(standings)
        for standing in standings:
            self.screen.lines(standing_lines(standing, time.time()))

    def _follow(self, standings: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        from rich.live import Live

        with Live(console=self.screen.console, auto_refresh=False, transient=True) as view:
            try:
                while any(map(moving, standings)):
                    view.update(_renderable(standings), refresh=True)
                    time.sleep(self._every)
                    standings = self._read()
            except KeyboardInterrupt:
                pass
        return standings


def moving(standing: Mapping[str, Any]) -> bool:
    """Whether a gradual release is under way; a split does not move."""
    shift = standing["shift"]
    return bool(shift and shift["outcome"] is None and shift["kind"] != "split")


def _renderable(standings: Sequence[Mapping[str, Any]]) -> Any:
    from rich.console import Group
    from rich.text import Text

    lines = [line for standing in standings for line in standing_lines(standing, time.time())]
    return Group(
        *(Text.assemble(*line) for line in lines), Text("Ctrl-C ends this view, not the release.", style="dim")
    )


class Teller:
    """Tells what drivers see: a line for each step, each change of verdict, and now and then while one waits."""

    def __init__(self, say: Callable[[Line], None], *, clock: Callable[[], float] = time.time) -> None:
        self._say = say
        self._clock = clock
        self._told: dict[str, tuple[Any, float]] = {}

    def look(self, look: Look) -> None:
        """Take in a look."""
        verdict = look.verdict.what if look.verdict else "unseen"
        key, now = (look.shift.step, verdict), self._clock()
        told, at = self._told.get(look.shift.machine, (None, 0.0))
        if told == key and now - at < QUIET_SECONDS:
            return
        self._told[look.shift.machine] = (key, now)
        self._say(look_line(look, now))


def look_line(look: Look, now: float) -> Line:
    """`greeting: version 2 has 10 % (step 1 of 2), next step in 5m; waits: 1 of 5 executions have ended in this step`."""
    shift = look.shift
    weight = shift.routes.get(shift.target, 0)
    line: Line = [(f"{shift.machine}: ", "bold"), (f"version {shift.target} has {weight} %", ""),
                  (f" (step {shift.step + 1} of {len(shift.stages)})", "dim"), (f", {due_text(look.due - now)}", "cyan")]  # fmt: skip
    if look.evidence and look.evidence.listed:
        counts = look.evidence.listed
        line.append((f"; {counts.ended} ended", "dim"))
        line.append((f", {counts.failed} failed", "red" if counts.failed else "dim"))
    if look.verdict and look.verdict.what == "wait":
        line.append((f"; waits: {look.verdict.reasons[0]}", "yellow"))
    return line
