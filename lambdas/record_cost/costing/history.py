"""What an execution's history tells of its cost. Pure: events in, counts out.

Events: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]

_SCHEDULED = {"TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"}
_SUCCEEDED = {"TaskSucceeded": "taskSucceeded", "LambdaFunctionSucceeded": "lambdaFunctionSucceeded"}
_FAILED = {
    "TaskFailed": "taskFailed",
    "TaskTimedOut": "taskTimedOut",
    "LambdaFunctionFailed": "lambdaFunctionFailed",
    "LambdaFunctionTimedOut": "lambdaFunctionTimedOut",
}
# Refused before a function ran: not billed, and in no log.
_NOT_RUN = {"Lambda.TooManyRequestsException", "Lambda.ResourceNotFoundException"}
# Lambda's own words about an error: {"requestId": "..."} of a runtime, "RequestId: ... Error: ..." of Lambda itself.
_REQUEST_ID = re.compile(r"request_?id\W{1,6}([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.I)


@dataclass
class Counts:
    """What one history tells.

    transitions: as AWS bills them, `retries` of them included. functions: names of those that were invoked.
    invocations: attempts to invoke one, but for those that Lambda refused. request_ids: of the invocations, as far as the history knows them. failed:
    invocations that ended in an error. publishes: SNS topic ARN -> messages. api_calls: API -> calls, as the functions
    report them in `body.api_calls`. input, output: function -> tokens, as it reports them in `body.usage`: an answer
    holds those of the steps before it, so that the largest is the whole. children: executions and Map Runs that have a
    history of their own.
    """

    transitions: int = 0
    retries: int = 0
    functions: set[str] = field(default_factory=set)
    invocations: int = 0
    request_ids: set[str] = field(default_factory=set)
    failed: int = 0
    publishes: Counter[str] = field(default_factory=Counter)
    api_calls: Counter[str] = field(default_factory=Counter)
    input: dict[str, int] = field(default_factory=dict)
    output: dict[str, int] = field(default_factory=dict)
    children: int = 0

    @property
    def input_tokens(self) -> int:
        """Of all functions."""
        return sum(self.input.values())

    @property
    def output_tokens(self) -> int:
        """Of all functions."""
        return sum(self.output.values())


def count(events: Iterable[Event]) -> Counts:
    """Count a whole history."""
    events = list(events)
    by_id = {event["id"]: event for event in events}
    counts = Counts()
    counts.retries = _retries(events, by_id)
    counts.transitions = sum(event["type"].endswith("StateEntered") for event in events) + counts.retries
    for event in events:
        kind = event["type"]
        if kind in _SCHEDULED:
            _count_scheduled(event, counts)
        elif kind in _SUCCEEDED or kind in _FAILED:
            _count_ended(event, _back_to(event, by_id, _SCHEDULED), counts)
        elif kind == "MapRunStarted":
            counts.children += 1
    return counts


def _retries(events: list[Event], by_id: Mapping[int, Event]) -> int:
    """Attempts after the first one. "If you include retry error handling in any steps of your workflow, each retry will be
    charged as an additional state transition" (https://aws.amazon.com/step-functions/pricing/); a retry enters no state,
    so that it shows as another scheduled event of a state that was entered once."""
    attempts: Counter[int] = Counter()
    for event in events:
        if event["type"] in _SCHEDULED:
            entered = _back_to(event, by_id, {"TaskStateEntered"})
            if entered is not None:
                attempts[entered["id"]] += 1
    retries = sum(number - 1 for number in attempts.values())
    for kind in ("Parallel", "Map"):
        started = sum(event["type"] == f"{kind}StateStarted" for event in events)
        retries += max(0, started - sum(event["type"] == f"{kind}StateEntered" for event in events))
    return retries


def _back_to(event: Event, by_id: Mapping[int, Event], kinds: Iterable[str]) -> Event | None:
    """The nearest event of one of the kinds, going back from (and with) this one."""
    current: Event | None = event
    while current is not None and current["type"] not in kinds:
        current = by_id.get(current.get("previousEventId", 0))
    return current


def _count_scheduled(event: Event, counts: Counts) -> None:
    function = function_of(event)
    if function:
        counts.functions.add(function)
        counts.invocations += 1
    elif event.get("taskScheduledEventDetails", {}).get("resourceType") == "states":
        counts.children += 1


def _count_ended(event: Event, scheduled: Event | None, counts: Counts) -> None:
    if scheduled is None:
        return
    kind = event["type"]
    details = event.get(f"{(_SUCCEEDED.get(kind) or _FAILED[kind])}EventDetails", {})
    function = function_of(scheduled)
    if function:
        if details.get("error") in _NOT_RUN:
            counts.invocations -= 1
        elif kind in _FAILED:
            counts.failed += 1
            counts.request_ids.update(_REQUEST_ID.findall(str(details.get("cause") or "")))
        else:
            _count_answer(function, kind, parsed(details.get("output")), counts)
    elif kind == "TaskSucceeded" and scheduled.get("taskScheduledEventDetails", {}).get("resourceType") == "sns":
        parameters = parsed(scheduled["taskScheduledEventDetails"].get("parameters"))
        counts.publishes[str(parameters.get("TopicArn") or "")] += 1


def function_of(event: Event) -> str:
    """The name of the function that a scheduled event invokes; "" where it invokes none."""
    if event["type"] == "LambdaFunctionScheduled":
        return name_of(str(event["lambdaFunctionScheduledEventDetails"].get("resource", "")))
    details = event.get("taskScheduledEventDetails", {})
    if details.get("resourceType", "").removeprefix("aws-sdk:") != "lambda":
        return ""
    return name_of(str(parsed(details.get("parameters")).get("FunctionName") or ""))


def name_of(function: str) -> str:
    """`Merger` of `arn:aws:lambda:us-east-1:123456789012:function:Merger:7`, `Merger:7` and `Merger`."""
    return function.rpartition("function:")[2].split(":")[0]


def _count_answer(function: str, kind: str, output: Mapping[str, Any], counts: Counts) -> None:
    """What a function answered: the optimised integration wraps its payload and names the request."""
    payload: Any = output
    if kind == "TaskSucceeded":
        request_id = parsed(output.get("SdkResponseMetadata")).get("RequestId")
        if request_id:
            counts.request_ids.add(str(request_id))
        payload = output.get("Payload")
    body = parsed(parsed(payload).get("body"))
    for name, calls in parsed(body.get("api_calls")).items():
        counts.api_calls[name] += _whole(calls)
    used = Counter[str]()
    for name, tokens in _numbers(parsed(body.get("usage"))):
        used[name.lower().replace("_", "")] += tokens
    for tokens_of, name in ((counts.input, "inputtokens"), (counts.output, "outputtokens")):
        tokens_of[function] = max(tokens_of.get(function, 0), used[name])


def _numbers(value: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(name, number) at any depth: usage may be told by service."""
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _numbers(inner)
        else:
            yield name, _whole(inner)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def parsed(value: Any) -> Mapping[str, Any]:
    """An object, also where it stands as JSON text; {} for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}
