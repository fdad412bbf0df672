"""Results of finished cases: kept in a file, and shown as a table."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / ".stepdeploy" / "faults.jsonl"
_SOURCES = (
    "stepdeploy/**/*.py",
    "stepdeploy/**/*.json",
    "scripts/faults*.py",
    "scripts/aws_*.py",
    "tests/projects/orders/**/*",
)


@dataclass(frozen=True)
class Row:
    """A case as the table counts it. operation, fault: row and column in words."""

    id: str
    operation: str
    fault: str


class Results:
    """Case id -> what `perform` gave. The file's first line says for which source they are; for another one they are void."""

    def __init__(self, *, fresh: bool = False, file: Path = FILE) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._file = file
        self._source = fingerprint()
        lines = [] if fresh or not file.exists() else file.read_text(encoding="utf-8").splitlines()
        if lines and _parsed(lines[0]).get("source") == self._source:
            for line in lines[1:]:
                result = _parsed(line)
                if "id" in result:
                    self.found[result["id"]] = result
        self._begin()

    def passed(self, case: str) -> bool:
        return case in self.found and not self.found[case]["problems"]

    def add(self, case: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep what a job gave; a job that died is a case that failed."""
        problems = [answer["crash"]] if "crash" in answer else answer["problems"]
        result = {**answer, "id": case, "problems": problems}
        self.found[case] = result
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        return result

    def _begin(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("w", encoding="utf-8") as file:
            for line in ({"source": self._source}, *self.found.values()):
                file.write(json.dumps(line) + "\n")


def _parsed(line: str) -> dict[str, Any]:
    """A line of the file; {} for one that was being written when the run was stopped."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def fingerprint() -> str:
    """A digest of all source that a result depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _SOURCES for path in ROOT.glob(pattern) if path.is_file()):
        if not {"__pycache__", ".build", ".stepdeploy"} & set(path.parts):
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def table(rows: Sequence[Row], found: dict[str, dict[str, Any]], titles: Iterable[str]) -> list[str]:
    """Cases, passed, failed for each operation and fault; the last line sums up. titles: of the operations, in order."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        counts[row.operation, row.fault][bool(found[row.id]["problems"])] += 1
    lines = [f"{'operation':26s} {'fault':32s} {'cases':>6s} {'passed':>7s} {'failed':>7s}"]
    order = list(titles)
    for operation, fault in sorted(counts, key=lambda key: order.index(key[0])):
        passed, failed = counts[operation, fault]
        lines.append(f"{operation:26s} {fault:32s} {passed + failed:6d} {passed:7d} {failed:7d}")
    failed = sum(count[1] for count in counts.values())
    return [*lines, "", f"{len(rows)} cases, {len(rows) - failed} passed, {failed} failed"]
