"""A review -> lines and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stepdeploy.asl.findings import location_of
from stepdeploy.report.spans import Line
from stepdeploy.review import Deduction, Review
from stepdeploy.review.model import BEST, Spot

BAR = 20
"""Characters of a bar that stands for the best score."""
MOST_SPOTS = 3
"""Places of a deduction that are shown without --verbose."""

Where = Callable[[Spot], str]
"""A spot's file:line:column."""


def score_lines(review: Review, *, bars: bool, before: Review | None = None) -> Iterator[Line]:
    """A line for each axis and one for all. bars: for a terminal. before: the review to compare with."""
    for score in review.scores:
        old = before.score(score.axis) if before else None
        yield _score_line(score.axis, score.points, score.unknown, bars, old)
    unknown = len(review.unknown)
    yield _score_line("overall", review.overall, unknown, bars, before.overall if before else None)


def _score_line(name: str, points: float, unknown: int, bars: bool, old: float | None) -> Line:
    style = "green" if points >= 8 else "yellow" if points >= 5 else "red"
    full = round(points / BEST * BAR)
    line: Line = [(f"{name:<14}", "bold" if name == "overall" else "")]
    if bars:
        line += [("█" * full, style), ("░" * (BAR - full), "dim"), ("  ", "")]
    line.append((f"{points:>4.1f}", style))
    if old is not None and old != points:
        line.append((f"  ({points - old:+.1f})", "green" if points > old else "red"))
    if unknown:
        line.append((f"  at most: {unknown} rule{'s' if unknown > 1 else ''} not known", "dim"))
    return line


def deduction_lines(review: Review, where: Where, *, verbose: bool) -> Iterator[Line]:
    """What took the scores down, the heaviest first: points, places, reason, fix, section."""
    for item in review.deductions:
        points = ", ".join(
            f"{axis} -{taken:.1f}" if taken >= 0.05 else f"{axis} -{taken:.2f}" for axis, taken in item.points.items()
        )
        yield [(f"{item.rule} ", "dim"), (item.title, "bold"), (f"  {points}", "red")]
        shown = item.spots if verbose else item.spots[:MOST_SPOTS]
        for spot in shown:
            yield [("    ", ""), (f"{where(spot)}: ", "bold"), (spot.message or "", "")]
        if len(item.spots) > len(shown):
            yield [(f"    and {len(item.spots) - len(shown)} more (--verbose)", "dim")]
        yield [("    why  ", "dim"), (item.reason, "")]
        yield [("    fix  ", "dim"), (item.fix, ""), ("  (review --fix writes it)" if item.fixable else "", "green")]
        if item.section:
            yield [("    from ", "dim"), (f"review, {item.section}", "dim")]


def unknown_lines(review: Review) -> Iterator[Line]:
    """What was not scored, since it is not known."""
    if review.unknown:
        yield [("Not scored, since it is not known:", "bold")]
        for item in review.unknown:
            yield [(f"    {item.rule} ", "dim"), (f"{item.title}", ""), (f" (needs {item.needs})", "dim")]


def review_json(review: Review, where: Where) -> dict[str, Any]:
    """A review as data."""
    return {
        "scores": {score.axis: score.points for score in review.scores} | {"overall": review.overall},
        "complete": {score.axis: score.complete for score in review.scores} | {"overall": review.complete},
        "deductions": [_deduction_json(item, where) for item in review.deductions],
        "not_scored": [{"rule": item.rule, "title": item.title, "needs": item.needs} for item in review.unknown],
    }


def _deduction_json(item: Deduction, where: Where) -> dict[str, Any]:
    return {
        "rule": item.rule,
        "title": item.title,
        "section": item.section or None,
        "points": dict(item.points),
        "reason": item.reason,
        "fix": item.fix,
        "fixable": item.fixable,
        "places": item.places,
        "found": [_spot_json(spot, where) for spot in item.spots],
    }


def _spot_json(spot: Spot, where: Where) -> dict[str, Any]:
    file, line, column = where(spot).rsplit(":", 2)
    return {
        "message": spot.message,
        "where": where(spot),
        "file": file,
        "line": int(line),
        "column": int(column),
        "location": None if spot.about else location_of(spot.pointer),
        "about": spot.about,
    }


def diff_lines(diff: str) -> Iterator[Line]:
    """A unified diff in its usual colours."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        yield [(line, "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], ""))]
