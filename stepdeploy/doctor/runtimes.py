"""When Lambda stops supporting the project's runtime. Dates as of 2026-11
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html); AWS moves them now and then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from stepdeploy.doctor.model import Check, not_checked

NAME = "runtime"
SOON = timedelta(days=180)
"""AWS itself tells of a deprecation 180 days before."""
TODO = "Set lambda.runtime in definitions/project.json to a newer one, and deploy."

Dates = tuple[date, date, date]
RUNTIMES: Mapping[str, Dates] = {
    "python3.14": (date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    "python3.13": (date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    "python3.12": (date(2028, 10, 31), date(2028, 11, 30), date(2029, 1, 10)),
    "python3.11": (date(2027, 6, 30), date(2027, 7, 31), date(2027, 8, 31)),
    "python3.10": (date(2026, 10, 31), date(2026, 11, 30), date(2027, 1, 15)),
}
"""Runtime -> deprecated, no new functions, no updates from these days on."""
LONG_GONE = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9")


def judge(runtime: str, today: date) -> Check:
    """Pure."""
    if runtime in LONG_GONE:
        return Check(NAME, "problem", f"Lambda does not support {runtime} any more", TODO)
    if runtime not in RUNTIMES:
        return not_checked(NAME, f"when {runtime} ends is not in this version's table", "See the AWS page of runtimes.")
    deprecated, no_create, no_update = RUNTIMES[runtime]
    if today >= no_create:
        what = "takes no update" if today >= no_update else "makes no new function"
        return Check(NAME, "problem", f"Lambda {what} of {runtime}, which ended on {deprecated}", TODO)
    if today >= deprecated:
        found = f"{runtime} ended on {deprecated}; Lambda makes no new function from {no_create} on"
        return Check(NAME, "warning", f"{found}, and takes no update from {no_update} on", TODO)
    if deprecated - today <= SOON:
        return Check(NAME, "warning", f"{runtime} ends on {deprecated}", TODO)
    return Check(NAME, "ok", f"{runtime} is supported until {deprecated}")
