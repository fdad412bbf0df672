"""Executions that have ended, as the events of EventBridge tell of them.

Source: Step Functions developer guide, "Automating Step Functions event delivery with EventBridge".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from common.errors import InvalidInput, PipelineError
from common.ids import company_id

STATUSES = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
NOBODY = "_none"
"""Stands for the company of an execution whose input names none; no company_id begins so."""


@dataclass(frozen=True)
class Ended:
    """An execution. item: as costing.reading wants it. machine: its name."""

    item: Mapping[str, Any]
    machine: str
    company_id: str

    @property
    def arn(self) -> str:
        """Of the execution."""
        return str(self.item["executionArn"])


def ended_in(body: Mapping[str, Any]) -> Ended:
    """The execution that an event is about. Raises InvalidInput for any other event."""
    detail = body.get("detail")
    if body.get("source") != "aws.states" or not isinstance(detail, dict):
        raise InvalidInput(f"events {body.get('detail-type')!r} of {body.get('source')!r} are not ours")
    try:
        status, machine = str(detail["status"]), str(detail["stateMachineArn"])
        item = {
            "executionArn": str(detail["executionArn"]),
            "name": str(detail["name"]),
            "status": status,
            "startDate": _moment(detail["startDate"]),
            "stopDate": _moment(detail["stopDate"]),
            "stateMachineVersionArn": detail.get("stateMachineVersionArn"),
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"the event does not tell of an execution that has ended: {error!r}") from error
    if status not in STATUSES:
        raise InvalidInput(f"the execution is {status[:20]}")
    return Ended(item, machine.rsplit(":", 1)[-1], _company(detail.get("input")))


def _moment(milliseconds: Any) -> datetime:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        raise TypeError(f"{milliseconds!r} is no time")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _company(text: Any) -> str:
    """The company that an input asks for. AWS leaves a large input out, and an execution may have had a broken one."""
    try:
        request = json.loads(text)
        return company_id(request["company_name"])
    except (ValueError, TypeError, KeyError, PipelineError, RecursionError):
        return NOBODY
