"""Whether the tool's own table can be read, and whether a deploy was left half-way."""

from __future__ import annotations

from stepdeploy.doctor.model import Check
from stepdeploy.engine.model import Aws
from stepdeploy.errors import AccessDenied
from stepdeploy.ledger.lock import since_text
from stepdeploy.ledger.reading import Ledger, read

NAME = "releases table"


def check(aws: Aws, table: str, now: float) -> Check:
    """now: seconds since 1970."""
    try:
        return judge(read(aws, table), table, now)
    except AccessDenied as error:
        return Check(NAME, "problem", f"{table} cannot be read: {error.message}", "Allow it: `doctor --policy`.")


def judge(ledger: Ledger, table: str, now: float) -> Check:
    """Pure."""
    if ledger.notes:
        todo = "Deploy again: it is written anew. What somebody changed meanwhile is not found by it."
        return Check(NAME, "warning", f"{table}: {'; '.join(ledger.notes)}", todo)
    held = ledger.lock
    if held.token and held.expires < now:
        found = f"{held.holder} left the deploy lock of {since_text(held)} behind"
        return Check(NAME, "warning", found, "The next deploy takes it over; see whether that one came to its end.")
    if held.token:
        return Check(NAME, "ok", f"{held.holder} is deploying since {since_text(held)}")
    if ledger.intended is not None:
        return Check(NAME, "warning", "a deploy was interrupted", "Run deploy again: it goes on from there.")
    if not ledger.resources:
        return Check(NAME, "ok", f"nothing is deployed; the first deploy makes {table}")
    return Check(NAME, "ok", f"{table} lists {len(ledger.resources)} resources")
