"""What Step Functions tells EventBridge when the status of a standard execution changes.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html: to the default bus, best effort; input
and output stand as text and are left out above 248 KiB.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stepdeploy.local.events.eventbridge import Event, event_of
from stepdeploy.local.states.names import region_of
from stepdeploy.local.states.records import Execution

SOURCE, DETAIL_TYPE = "aws.states", "Step Functions Execution Status Change"
_MOST_BYTES = 248 * 1024


def status_event(execution: Execution, account: str) -> Event:
    """The event about the status that an execution has now."""
    described = execution.description(data=False)
    detail: dict[str, Any] = {
        **described,
        "startDate": _milliseconds(execution.started),
        "stopDate": _milliseconds(execution.stopped),
        "redriveDate": None,
    }
    del detail["traceHeader"]
    for name, text in (("input", execution.input), ("output", execution.output)):
        fits = len((text or "").encode()) <= _MOST_BYTES
        detail[name] = text if fits else None
        detail[f"{name}Details"] = {"included": fits} if text is not None else None
    place = {"account": account, "region": region_of(execution.arn)}
    return event_of(SOURCE, DETAIL_TYPE, detail, **place, resources=[execution.arn])


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
