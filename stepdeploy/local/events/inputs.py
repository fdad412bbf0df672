"""What a rule's target gets: the event, a part of it, a constant, or a template filled from it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]")
_VARIABLE = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_MISSING = object()


class Missing(Exception):
    """A path leads nowhere."""


def value_at(event: Any, path: str) -> Any:
    """What a path such as `$.detail.items[0].id` leads to. Raises Missing."""
    if not path.startswith("$"):
        raise Missing(f"{path} is no path")
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise Missing(f"{path} is not understood at character {position + 1}")
        position = step.end()
        try:
            event = event[int(step[2])] if step[2] else event[step[1] or step[3]]
        except (KeyError, IndexError, TypeError):
            raise Missing(f"{path} leads nowhere") from None
    return event


def input_for(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """The text that a target of a rule gets. Raises Missing for an InputPath that leads nowhere."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(value_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if transformer:
        return filled(transformer["InputTemplate"], variables(transformer.get("InputPathsMap") or {}, event, rule_arn))
    return json.dumps(event)


def variables(paths: Mapping[str, str], event: Mapping[str, Any], rule_arn: str) -> dict[str, Any]:
    """Values by name. A path that leads nowhere makes no variable."""
    made: dict[str, Any] = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1],
        "aws.events.event.ingestion-time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    for name, path in paths.items():
        try:
            made[name] = value_at(event, path)
        except Missing:
            continue
    return made


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its `<variables>` replaced.

    Outside of quotes a text gets quotes of its own, inside it does not; objects and lists inside of quotes lose theirs.
    Variables that do not exist leave nothing behind.
    """
    parts = []
    position, quoted = 0, False
    for found in _VARIABLE.finditer(template):
        before = template[position : found.start()]
        quoted ^= _quotes(before) % 2 == 1
        parts += [before, _written(values.get(found[1], _MISSING), quoted)]
        position = found.end()
    return "".join(parts) + template[position:]


def _quotes(text: str) -> int:
    """How many quotes begin or end a string."""
    return len(re.sub(r"\\.", "", text).split('"')) - 1


def _written(value: Any, quoted: bool) -> str:
    if value is _MISSING:
        return ""
    if not quoted:
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(value)[1:-1]
    return json.dumps(value).replace('"', "")
