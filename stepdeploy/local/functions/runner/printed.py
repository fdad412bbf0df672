"""Turns what a function prints into log events."""

from __future__ import annotations

import json
import time

from stepdeploy.local.functions.runner.bootstrap import EVENT_MARK

#: Longest event; what is longer is cut into several (CloudWatch Logs takes events up to 1 MB).
MAX_EVENT = 256 * 1024


class Printed:
    """Bytes in, (epoch milliseconds, text) out: a line is an event, and an event of the logger may have several."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[tuple[int, str]] = []

    def feed(self, data: bytes) -> None:
        """Bytes as they were read."""
        now = int(time.time() * 1000)
        *whole, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) >= MAX_EVENT:
            whole.append(self._rest[:MAX_EVENT])
            self._rest = self._rest[MAX_EVENT:]
        self._lines += [(now, _event(line)) for line in whole if line]

    def take(self, *, everything: bool = False) -> list[tuple[int, str]]:
        """The events since the last call; with `everything` also a last line that has no end yet."""
        if everything and self._rest:
            self.feed(b"\n")
        lines, self._lines = self._lines, []
        return lines


def _event(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    if not text.startswith(EVENT_MARK):
        return text
    try:
        return str(json.loads(text[1:]))
    except ValueError:
        return text  # the handler itself printed the mark
