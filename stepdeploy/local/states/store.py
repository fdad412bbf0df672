"""Execution records and histories on disk (sqlite), so that they outlive the server.

A record is written when an execution starts and again, with its history, when it ends. Writes go through one thread in
batches; reads wait for the writes before them. An execution that was RUNNING when the server went away is found
ABORTED at the next start, without its history.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stepdeploy.local.states.background import Batches
from stepdeploy.local.states.history import Event
from stepdeploy.local.states.machines import Revision
from stepdeploy.local.states.records import RUNNING, Execution

#: How long an ended execution is kept, and its name taken
#: (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-state-machine-executions).
KEPT = timedelta(days=90)
SERVER_STOPPED = "The embedded AWS stopped while this execution was running."

_TABLES = """
CREATE TABLE IF NOT EXISTS revisions (key TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executions (
    arn TEXT PRIMARY KEY, machine TEXT NOT NULL, version_arn TEXT, alias_arn TEXT, map_run TEXT, status TEXT NOT NULL,
    started REAL NOT NULL, stopped REAL, record TEXT NOT NULL, history BLOB
);
CREATE INDEX IF NOT EXISTS by_machine ON executions (machine, started);
CREATE INDEX IF NOT EXISTS by_map_run ON executions (map_run, started) WHERE map_run IS NOT NULL;
CREATE TABLE IF NOT EXISTS map_runs (arn TEXT PRIMARY KEY, execution TEXT NOT NULL, content TEXT NOT NULL);
"""
_PLAIN = (
    "arn", "name", "machine", "type", "input", "status", "output", "error", "cause", "version_arn", "alias_arn",
    "map_run", "label", "trace_header", "item_count",
)  # fmt: skip


@dataclass(frozen=True)
class Query:
    """Which executions to list; None = any. machine leaves out the children of Map Runs."""

    machine: str | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    map_run: str | None = None
    status: str | None = None


class Store:
    """The executions of one workspace. May be called from many threads."""

    def __init__(self, directory: Path, now: datetime) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "executions.sqlite"
        self._write = self._connect()
        self._write.executescript(_TABLES)
        self._forget_old(now)
        self._abort_running(now)
        self._read = self._connect()
        self._read_lock = threading.Lock()
        self._known_revisions: set[str] = set()
        self._queue: Batches[tuple[str, tuple[Any, ...]]] = Batches("states-store", self._commit)

    def save(self, execution: Execution, events: list[Event] | None = None) -> None:
        """Write the record, and the history of one that ended."""
        key = self._save_revision(execution.revision)
        plain = {name: getattr(execution, name) for name in _PLAIN} | {"revision": key}
        row = (
            execution.arn, execution.machine, execution.version_arn, execution.alias_arn, execution.map_run,
            execution.status, execution.started.timestamp(),
            execution.stopped.timestamp() if execution.stopped is not None else None,
            json.dumps(plain), None if events is None else _pack(events),
        )  # fmt: skip
        self._queue.put(("INSERT OR REPLACE INTO executions VALUES (?,?,?,?,?,?,?,?,?,?)", row))

    def save_map_run(self, arn: str, execution: str, content: dict[str, Any]) -> None:
        self._queue.put(("INSERT OR REPLACE INTO map_runs VALUES (?,?,?)", (arn, execution, json.dumps(content))))

    def find(self, arn: str) -> Execution | None:
        rows = self._query("SELECT record, started, stopped FROM executions WHERE arn = ?", (arn,))
        return self._execution(*rows[0]) if rows else None

    def history(self, arn: str) -> list[Event] | None:
        """The events of an execution that ended; None where none were kept."""
        rows = self._query("SELECT history FROM executions WHERE arn = ?", (arn,))
        return _unpack(rows[0][0]) if rows and rows[0][0] is not None else None

    def listing(self, query: Query, start: int, count: int) -> list[Execution]:
        """Executions, the newest first."""
        wanted = {name: value for name, value in vars(query).items() if value is not None}
        clauses = [f"{name} = ?" for name in wanted]
        if query.map_run is None:
            clauses.append("map_run IS NULL")
        rows = self._query(
            f"SELECT record, started, stopped FROM executions WHERE {' AND '.join(clauses)} "
            "ORDER BY started DESC, rowid DESC LIMIT ? OFFSET ?",
            (*wanted.values(), count, start),
        )
        return [self._execution(*row) for row in rows]

    def map_run(self, arn: str) -> dict[str, Any] | None:
        rows = self._query("SELECT content FROM map_runs WHERE arn = ?", (arn,))
        return dict(json.loads(rows[0][0])) if rows else None

    def map_runs(self, execution: str) -> list[dict[str, Any]]:
        rows = self._query("SELECT content FROM map_runs WHERE execution = ? ORDER BY rowid DESC", (execution,))
        return [json.loads(row[0]) for row in rows]

    def close(self) -> None:
        self._queue.close()
        self._write.close()
        self._read.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        # A crash of the machine may lose the last records; a crash of the server does not.
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    def _forget_old(self, now: datetime) -> None:
        self._write.execute("DELETE FROM executions WHERE stopped < ?", ((now - KEPT).timestamp(),))
        self._write.commit()

    def _abort_running(self, now: datetime) -> None:
        """Executions that were RUNNING when the server died are over."""
        for arn, record in self._write.execute(
            "SELECT arn, record FROM executions WHERE status = ?", (RUNNING,)
        ).fetchall():
            plain = json.loads(record) | {"status": "ABORTED", "cause": SERVER_STOPPED}
            self._write.execute(
                "UPDATE executions SET status = 'ABORTED', stopped = ?, record = ? WHERE arn = ?",
                (now.timestamp(), json.dumps(plain), arn),
            )
        for arn, content in self._write.execute("SELECT arn, content FROM map_runs").fetchall():
            run = json.loads(content)
            if run["status"] == RUNNING:
                run |= {"status": "ABORTED", "stopDate": now.timestamp()}
                self._write.execute("UPDATE map_runs SET content = ? WHERE arn = ?", (json.dumps(run), arn))
        self._write.commit()

    def _commit(self, batch: list[tuple[str, tuple[Any, ...]]]) -> None:
        with self._write:
            for statement, row in batch:
                self._write.execute(statement, row)

    def _query(self, statement: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
        self._queue.flush()
        with self._read_lock:
            return self._read.execute(statement, tuple(values)).fetchall()

    def _save_revision(self, revision: Revision) -> str:
        """Definitions are kept once, not with each execution. Returns the key."""
        content = json.dumps(vars(revision) | {"updated": revision.updated.timestamp()}, sort_keys=True)
        key = hashlib.sha256(content.encode()).hexdigest()
        if key not in self._known_revisions:
            self._queue.put(("INSERT OR IGNORE INTO revisions VALUES (?,?)", (key, content)))
            self._known_revisions.add(key)
        return key

    def _execution(self, record: str, started: float, stopped: float | None) -> Execution:
        plain = json.loads(record)
        (content,) = self._query("SELECT content FROM revisions WHERE key = ?", (plain.pop("revision"),))[0]
        revision = json.loads(content)
        return Execution(
            **plain,
            revision=Revision(**revision | {"updated": _time(revision["updated"])}),
            started=_time(started),
            stopped=None if stopped is None else _time(stopped),
        )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _pack(events: list[Event]) -> bytes:
    plain = [event | {"timestamp": event["timestamp"].timestamp()} for event in events]
    return zlib.compress(json.dumps(plain).encode(), 1)


def _unpack(data: bytes) -> list[Event]:
    return [event | {"timestamp": _time(event["timestamp"])} for event in json.loads(zlib.decompress(data))]
