"""What this workspace began and did not see the end of: a process that died after its last call left nothing on AWS that
says so, and the same command run again must not do the same thing twice (a second `rollback` would go further back)."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

OWN_STEPS = 2
"""By how much the lock's serial grows with one deploy: taken, and freed."""


class Unfinished:
    """A file in the workspace. One that cannot be read or written is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, purpose: str, serial: int) -> None:
        """purpose: Plan.purpose. serial: of the lock when the plan was made."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({"purpose": purpose, "serial": serial}), encoding="utf-8")

    def end(self) -> None:
        """All was done."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def of(self, serial: int) -> str:
        """The purpose of what was begun last, "" where it was seen to its end, or where another deploy went through
        since. serial: of the lock now."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return str(found["purpose"]) if 0 <= serial - int(found["serial"]) <= OWN_STEPS else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""
