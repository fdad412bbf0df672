"""The journal: every request that changed something, in order, in sqlite. Replaying it is how state survives a restart.

WAL with synchronous=NORMAL: a committed entry outlives the death of the process at any moment (kill -9); only a power
cut may lose the newest ones (https://www.sqlite.org/wal.html, "Performance Considerations").
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stepdeploy.local.wire import HttpRequest

FORMAT = 1
#: Log lines are the bulk of what is written; the oldest entries beyond this number are forgotten at the next start.
KEPT_LOG_ENTRIES = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DROPPED_HEADERS = frozenset(
    [
        "x-amz-security-token",
        "user-agent",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "connection",
        "accept-encoding",
        "expect",
        "accept",
        "traceparent",
        "x-amzn-trace-id",
    ]
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,           -- microseconds since 1970, UTC
    seed TEXT NOT NULL,
    kind TEXT NOT NULL,            -- 'request' or 'logs'
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    headers TEXT NOT NULL,         -- JSON [[name, value], ...]
    body BLOB NOT NULL,
    problem TEXT                   -- why it could not be replayed; such entries are not tried again
);
"""


@dataclass(frozen=True)
class LogLines:
    """Lines that a service of ours wrote: (epoch milliseconds, text) each."""

    region: str
    group: str
    stream: str
    lines: list[tuple[int, str]]


@dataclass(frozen=True)
class Entry:
    """One thing that was done. number is 0 until it is in the journal."""

    at: datetime
    seed: str
    what: HttpRequest | LogLines
    number: int = 0


class Journal:
    """Append-only store of entries. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # sqlite gives -wal and -shm the same permissions
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version={FORMAT}")

    def append(self, entry: Entry) -> None:
        """Write an entry; it is kept once this returns."""
        row = (_microseconds(entry.at), entry.seed, *_row(entry.what))
        with self._lock:
            self._db.execute(
                "INSERT INTO entries (at, seed, kind, method, target, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )

    def entries(self) -> Iterator[Entry]:
        """All entries that can be replayed, oldest first."""
        with self._lock:
            numbers = [row[0] for row in self._db.execute("SELECT id FROM entries WHERE problem IS NULL ORDER BY id")]
        for number in numbers:
            with self._lock:
                row = self._db.execute(
                    "SELECT at, seed, kind, method, target, headers, body FROM entries WHERE id = ?", (number,)
                ).fetchone()
            at = _EPOCH + timedelta(microseconds=row[0])
            yield Entry(at, row[1], _what(*row[2:]), number)

    def set_aside(self, entry: Entry, problem: str) -> None:
        """Keep the entry, but do not replay it again."""
        with self._lock:
            self._db.execute("UPDATE entries SET problem = ? WHERE id = ?", (problem, entry.number))

    def aside(self) -> int:
        """How many entries were set aside."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM entries WHERE problem IS NOT NULL").fetchone()[0])

    def forget_old_logs(self, keep: int = KEPT_LOG_ENTRIES) -> int:
        """Drop all but the newest `keep` entries of log lines; returns how many went."""
        with self._lock:
            return self._db.execute(
                "DELETE FROM entries WHERE kind = 'logs' AND id <= "
                "(SELECT id FROM entries WHERE kind = 'logs' ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (keep,),
            ).rowcount

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        with self._lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _row(what: HttpRequest | LogLines) -> tuple[str, str, str, str, bytes]:
    if isinstance(what, LogLines):
        body = json.dumps([what.region, what.group, what.stream, what.lines]).encode()
        return "logs", "", "", "[]", body
    headers = [[name, value] for name, value in what.headers if name.lower() not in _DROPPED_HEADERS]
    return "request", what.method, what.target, json.dumps(headers), what.body


def _what(kind: str, method: str, target: str, headers: str, body: bytes) -> HttpRequest | LogLines:
    if kind == "logs":
        region, group, stream, lines = json.loads(body)
        return LogLines(region, group, stream, [(time, text) for time, text in lines])
    return HttpRequest(method, target, [(name, value) for name, value in json.loads(headers)], body)
