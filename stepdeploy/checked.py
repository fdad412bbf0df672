"""What was found without a fault once need not be checked again, as long as it and what checks it are the same.

Only good outcomes are kept, by digest, in the project's `.build/checked.json`; what is wrong is always looked at anew.
Loading jsonschema and all rules takes longer than everything else that a deploy with nothing to change does by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from stepdeploy import __version__

MOST = 500
"""Digests kept, the newest."""


class Checked:
    """The digests of a project. An unreadable file is an empty one; one that cannot be written changes nothing."""

    def __init__(self, build_dir: Path) -> None:
        self._path = build_dir / "checked.json"
        self._digests: list[str] | None = None

    def knows(self, digest: str) -> bool:
        """Whether this was found good before."""
        return digest in self._read()

    def add(self, digest: str) -> None:
        """Keep that this is good."""
        digests = self._read()
        if digest in digests:
            return
        digests.append(digest)
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_name("checked.json.partial")
            partial.write_text(json.dumps(digests[-MOST:]), encoding="utf-8")
            partial.replace(self._path)

    def _read(self) -> list[str]:
        if self._digests is None:
            self._digests = []
            with suppress(OSError, ValueError):
                found = json.loads(self._path.read_text(encoding="utf-8"))
                self._digests = (
                    [digest for digest in found if isinstance(digest, str)] if isinstance(found, list) else []
                )
        return self._digests


def digest(*parts: str, checker: Sequence[Path]) -> str:
    """Of what is checked (`parts`) and of the files and folders that check it, as they are on disk now."""
    text = json.dumps([__version__, *parts, [_state_of(path) for path in checker]])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _state_of(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of change, so that an edited rule is taken for another."""
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    found = [(str(file), file.stat()) for file in files]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
