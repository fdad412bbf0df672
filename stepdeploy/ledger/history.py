"""What an alias served and when: pure questions to its release records (newest first, as `read_records` gives them)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stepdeploy.errors import NothingToRollBackTo, UsageError
from stepdeploy.resources.machine_alias import describe, main_version

Record = Mapping[str, Any]
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def intact(records: Sequence[Record]) -> list[Record]:
    """Those that can be read and name a version."""
    return [record for record in records if record.get("routes")]


def was_live(records: Sequence[Record], version: int) -> bool:
    """Whether the alias ever served a version, wholly or with a weight."""
    return any(arn.endswith(f":{version}") for record in intact(records) for arn in record["routes"])


def of_commit(records: Sequence[Record], sha: str) -> int:
    """The version served last of those that were made from a commit. Raises UsageError, NothingToRollBackTo."""
    if not re.fullmatch(r"[0-9a-f]{4,40}", sha.lower()):
        raise UsageError(f"{sha!r} is no commit: 4 to 40 hexadecimal digits are needed")
    found = [record for record in intact(records) if _same_commit(str(record.get("commit", "")), sha.lower())]
    if not found:
        raise NothingToRollBackTo(
            f"no release on record was made from commit {sha}", hint="`versions` lists releases with their commits."
        )
    if len({_digits(str(record["commit"])) for record in found}) > 1:
        raise UsageError(f"several releases were made from commits that begin with {sha}", hint="Give more digits.")
    return main_version(found[0]["routes"])


def before(records: Sequence[Record], time: datetime) -> int:
    """The version served at a time: that of the newest record before it. Raises NothingToRollBackTo."""
    for record in intact(records):
        if datetime.fromisoformat(record["time"]) < time:
            return main_version(record["routes"])
    oldest = f"; the oldest record is of {records[-1]['time']}" if records else ""
    raise NothingToRollBackTo(f"nothing on record was served before {time:%Y-%m-%d %H:%M:%S} UTC{oldest}")


def parse_time(text: str, now: datetime) -> datetime:
    """`2026-11-23`, `2026-11-23T14:00`, `2026-11-23T14:00:00+01:00`, or how long ago: `90m`, `2h`, `3d`. Without a zone it
    is UTC. Raises UsageError."""
    if ago := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no time", hint="Write 2026-11-23T14:00, or how long ago: 90m, 2h, 3d."
        ) from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _digits(commit: str) -> str:
    """`git 1a2b3c4d5e6f+changes` -> `1a2b3c4d5e6f`."""
    return commit.removeprefix("git ").partition("+")[0].lower()


def _same_commit(commit: str, sha: str) -> bool:
    """Git's description is shortened, so either may be the longer one."""
    digits = _digits(commit)
    return bool(re.fullmatch(r"[0-9a-f]+", digits)) and (digits.startswith(sha) or sha.startswith(digits))


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The records as a person reads them, each until the next one began; None = it holds now."""
    until: list[Any] = [None, *(record["time"] for record in records)]
    return [_row(record, end) for record, end in zip(records, until, strict=False)]


def _row(record: Record, until: str | None) -> dict[str, Any]:
    facts = ("by", "how", "commit", "content_hash", "functions", "outcome")
    routes = record.get("routes")
    served = describe(routes) if routes else "nothing"
    if "damaged" in record:
        served, record = "?", {**record, "outcome": f"the record cannot be read: {record['damaged']}"}
    return {"served": served, "from": record["time"], "until": until, **{name: record.get(name) for name in facts}}
