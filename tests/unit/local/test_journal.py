"""The journal keeps entries, in order, across closing and opening."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stepdeploy.local.journal import Entry, Journal, LogLines
from stepdeploy.local.wire import HttpRequest

AT = datetime(2026, 5, 4, 3, 2, 1, 123457, UTC)


def request(body: bytes) -> HttpRequest:
    return HttpRequest("PUT", "/b/k?x", [("Host", "h"), ("X-Amz-Meta-A", "1")], body)


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    lines = LogLines("us-east-1", "/g", "s", [(1, "one"), (2, "zwölf")])
    entries = [Entry(AT, "seed1", request(bytes(range(256)))), Entry(AT + timedelta(microseconds=1), "seed2", lines)]
    journal = Journal(path)
    for entry in entries:
        journal.append(entry)
    journal.close()
    journal = Journal(path)
    found = list(journal.entries())
    journal.close()
    assert [(entry.at, entry.seed, entry.what) for entry in found] == [(e.at, e.seed, e.what) for e in entries]
    assert [entry.number for entry in found] == [1, 2]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.sqlite")
    journal.append(Entry(AT, "s", request(b"")))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    journal.close()
    assert modes == {"state.sqlite": 0o600, "state.sqlite-wal": 0o600, "state.sqlite-shm": 0o600}


def test_session_tokens_and_other_passing_headers_are_not_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.sqlite")
    headers = [("X-Amz-Security-Token", "secret"), ("User-Agent", "boto"), ("Authorization", "AWS4 ...")]
    journal.append(Entry(AT, "s", HttpRequest("POST", "/", headers, b"")))
    (found,) = journal.entries()
    journal.close()
    assert isinstance(found.what, HttpRequest)
    assert found.what.headers == [("Authorization", "AWS4 ...")]


def test_entries_set_aside_are_kept_but_not_given_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.sqlite")
    for body in (b"1", b"2"):
        journal.append(Entry(AT, "s", request(body)))
    first, _ = journal.entries()
    journal.set_aside(first, "moto has changed")
    assert [entry.number for entry in journal.entries()] == [2]
    assert journal.aside() == 1
    journal.close()


def test_oldest_log_lines_are_forgotten_and_requests_are_not(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.sqlite")
    for number in range(10):
        journal.append(Entry(AT, "s", LogLines("r", "g", "s", [(number, "x")])))
        journal.append(Entry(AT, "s", request(b"")))
    assert journal.forget_old_logs(keep=3) == 7
    kept = [entry.what for entry in journal.entries()]
    journal.close()
    assert [what.lines[0][0] for what in kept if isinstance(what, LogLines)] == [7, 8, 9]
    assert sum(isinstance(what, HttpRequest) for what in kept) == 10
