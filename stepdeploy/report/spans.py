"""A line is spans of text, each with its style (rich's names)."""

from __future__ import annotations

Span = tuple[str, str]
Line = list[Span]


def width(line: Line) -> int:
    """Characters of a line."""
    return sum(len(text) for text, _ in line)


def text_of(line: Line) -> str:
    """The line without styles."""
    return "".join(text for text, _ in line)
