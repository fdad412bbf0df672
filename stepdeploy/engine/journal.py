"""An append-only record of an apply: one line before and one after each call, written to disk at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from stepdeploy.engine.model import Call, plain


class Journal:
    """JSON Lines in `path`: {"time" (seconds since 1970), "event", "address", "operation", ...}. No parameters are
    written, so no environment variable of a function ends in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def before(self, address: str, call: Call) -> None:
        self._write("before", address, call)

    def after(self, address: str, call: Call, outputs: Mapping[str, Any]) -> None:
        self._write("after", address, call, outputs=plain(outputs))

    def failed(self, address: str, call: Call, error: Exception) -> None:
        self._write("failed", address, call, error=str(error))

    def _write(self, event: str, address: str, call: Call, **more: Any) -> None:
        line = {"time": round(time.time(), 3), "event": event, "address": address, "operation": call.label, **more}
        with self._lock:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("a", encoding="utf-8")
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
