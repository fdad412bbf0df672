"""Questions to the release records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stepdeploy.errors import NothingToRollBackTo, UsageError
from stepdeploy.ledger.history import before, of_commit, parse_time, rows, was_live
from stepdeploy.resources.release_record import put_record, read_record

ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:M"


def record(day: int, version: int, commit: str, **more: Any) -> dict[str, Any]:
    return {"time": f"2026-11-{day:02}T10:00:00Z", "routes": {f"{ARN}:{version}": 100}, "commit": commit, **more}


RECORDS = [
    record(5, 2, "git bbbb22223333+changes", how="rollback"),
    {"time": "2026-11-04T10:00:00Z", "damaged": "KeyError: 'routes'"},
    record(3, 3, "git cccc33334444"),
    record(2, 2, "git bbbb22223333+changes"),
    record(1, 1, "no git"),
]


@pytest.mark.parametrize("sha", ["bbbb", "bbbb22223333", "BBBB2222", "bbbb222233334444555566667777888899990000"])
def test_of_commit(sha: str) -> None:
    assert of_commit(RECORDS, sha) == 2


@pytest.mark.parametrize(
    ("sha", "kind"), [("dddd", NothingToRollBackTo), ("main", UsageError), ("bbb", UsageError), ("", UsageError)]
)
def test_of_a_commit_that_was_never_released_or_is_none(sha: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        of_commit(RECORDS, sha)


def test_of_commit_that_several_begin_with() -> None:
    with pytest.raises(UsageError, match="several"):
        of_commit([record(2, 2, "git aaaa1111bbbb"), record(1, 1, "git aaaa2222bbbb")], "aaaa")


@pytest.mark.parametrize(("day", "version"), [(6, 2), (5, 3), (4, 3), (3, 2), (2, 1)])
def test_before(day: int, version: int) -> None:
    assert before(RECORDS, datetime(2026, 11, day, 10, tzinfo=UTC)) == version


def test_before_all() -> None:
    with pytest.raises(NothingToRollBackTo, match="the oldest record is of 2026-11-01"):
        before(RECORDS, datetime(2026, 11, 1, tzinfo=UTC))


def test_was_live() -> None:
    assert was_live(RECORDS, 3) and not was_live(RECORDS, 33) and not was_live(RECORDS, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T14:00+01:00", datetime(2026, 11, 23, 13, tzinfo=UTC)),
        ("90m", datetime(2026, 11, 23, 22, 30, tzinfo=UTC)),
        ("3d", datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    assert parse_time(text, datetime(2026, 11, 24, tzinfo=UTC)) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "5 weeks", "2026-13-01"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError):
        parse_time(text, datetime(2026, 11, 24, tzinfo=UTC))


def test_rows_end_where_the_next_begins() -> None:
    found = rows(RECORDS)
    assert [row["until"] for row in found] == [None, *(one["time"] for one in RECORDS[:-1])]
    assert found[0]["served"] == "2" and found[1]["served"] == "?" and "KeyError" in found[1]["outcome"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"routes": 5}', '{"routes": [[1]]}', '{"routes": [["a", "b"]]}', "null"]
)
def test_a_record_that_cannot_be_read_says_so(text: str) -> None:
    found = read_record({"sk": {"S": "2026-11-23T10:00:00Z"}, "record": {"S": text}})
    assert found["time"] == "2026-11-23T10:00:00Z" and found["damaged"]


def test_a_record_and_its_copy_are_one_transaction() -> None:
    call = put_record("T", "m", {"version_arn": f"{ARN}:4", "how": "deploy"})
    items = [one["Put"]["Item"] for one in call.params["TransactItems"]]
    assert [item["pk"]["S"] for item in items] == ["machine:m", "inventory"]
    assert items[0]["record"] == items[1]["record"] and items[1]["sk"]["S"] == "served:m"
