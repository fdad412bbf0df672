"""Whether this machine's clock agrees with AWS's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from stepdeploy.doctor.model import Check, not_checked

NAME = "clock"
SIGNATURES_SECONDS = 300
"""AWS refuses a request whose time is off by more
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html)."""
LOCK_SECONDS = 30
"""The deploy lock expires by the clocks of those who want it (ledger/lock.py: 120 s)."""
TODO = "Let the machine set its clock by NTP."
SKEWED = ("Signature expired", "Signature not yet current", "RequestTimeTooSkewed", "RequestExpired")


def check(answer: Mapping[str, Any], now: datetime) -> Check:
    """answer: of any AWS call, with its HTTP headers. now: the local time at which it came."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if not date:
        return not_checked(NAME, "the answer of AWS bore no date")
    return judge((now - parsedate_to_datetime(date)).total_seconds())


def judge(ahead: float) -> Check:
    """ahead: seconds that the local clock is ahead of AWS's; the header has whole seconds. Pure."""
    off = abs(ahead)
    found = f"the local clock is {off:.0f} s {'ahead of' if ahead > 0 else 'behind'} AWS's"
    if off >= SIGNATURES_SECONDS:
        return Check(NAME, "problem", f"{found}: AWS refuses signatures that are {SIGNATURES_SECONDS} s off", TODO)
    if off >= LOCK_SECONDS:
        return Check(NAME, "warning", f"{found}: a deploy lock may seem over before it is", TODO)
    return Check(NAME, "ok", "the local clock agrees with AWS's" if off < 2 else found)


def from_refusal(message: str) -> Check | None:
    """A problem where AWS refused a call because of its time; None where it was another reason."""
    if any(text in message for text in SKEWED):
        return Check(NAME, "problem", f"AWS refuses the signature because of its time: {message}", TODO)
    return None
