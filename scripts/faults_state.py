"""Everything that an embedded AWS holds, read through its APIs, without what differs from one run to the next.

`read(client)` gives {kind: {name: facts}}; two of them are compared with `differences`. Left out: creation and
modification times, random ids (revisions, ids of roles and tables, subscription and mapping ids), the lock's serial
number and the time of a release record. Executions, log lines and metrics are data of runs, not of a release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from faults_kinds import KINDS, Client

State = dict[str, dict[str, Any]]

#: Members of answers that tell when, or are drawn at random, or count what runs.
_PASSING = frozenset((
    "ResponseMetadata", "CreateDate", "CreationDate", "creationDate", "updateDate", "CreatedDate", "LastModified",
    "CreationTime", "creationTime", "CreationDateTime", "LastUpdated", "RoleLastUsed", "RoleId", "RevisionId",
    "revisionId", "TableId", "LatestStreamLabel", "LastIncreaseDateTime", "LastModifiedTimestamp", "CreatedTimestamp",
    "Location", "UUID", "SubscriptionArn", "EventSourceMappingArn", "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible", "StateUpdatedTimestamp",
    "StateTransitionedTimestamp", "StateReason", "StateReasonData", "StateValue",
    "AlarmConfigurationUpdatedTimestamp", "storedBytes", "ItemCount", "TableSizeBytes", "EarliestRestorableDateTime",
    "LatestRestorableDateTime", "SubscriptionsPending", "LastPolicyUpdateDateTime", "StateTransitionTime",
    "EndpointId",
))  # fmt: skip
_ENDPOINT = re.compile(r"http://127\.0\.0\.1:\d+")
_RANDOM = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def read(client: Client) -> State:
    """client: service -> a boto3 client of the embedded AWS."""
    return {kind: {name: clean(facts) for name, facts in found(client)} for kind, found in KINDS.items()}


def differences(wanted: State, found: State) -> list[str]:
    """What is missing, too much or other than wanted, a line each."""
    lines: list[str] = []
    for kind in sorted(wanted.keys() | found.keys()):
        before, after = wanted.get(kind, {}), found.get(kind, {})
        lines += [f"{kind} {name} is missing" for name in sorted(before.keys() - after.keys())]
        lines += [f"{kind} {name} is left over, or was made twice" for name in sorted(after.keys() - before.keys())]
        for name in sorted(before.keys() & after.keys()):
            lines += [f"{kind} {name}: {line}" for line in _compared(before[name], after[name], "")]
    return lines


def _compared(wanted: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted(wanted.keys() | found.keys()):
            yield from _compared(wanted.get(key), found.get(key), f"{path}/{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, pair in enumerate(zip(wanted, found, strict=True)):
            yield from _compared(*pair, f"{path}/{number}")
    elif wanted != found:
        yield f"{path}: {_short(found)} instead of {_short(wanted)}"


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 160 else f"{text[:150]}... ({len(text)} characters)"


def clean(value: Any) -> Any:
    """Plain JSON without what passes. Lists of mappings are put in order: AWS promises none."""
    if isinstance(value, Mapping):
        return {str(key): clean(item) for key, item in value.items() if key not in _PASSING}
    if isinstance(value, (list, tuple)):
        items = [clean(item) for item in value]
        return sorted(items, key=_text) if all(isinstance(item, dict) for item in items) else items
    if isinstance(value, str):
        return _RANDOM.sub("*", _ENDPOINT.sub("", value))
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
