"""How weight moves to a new version: `all-at-once`, `canary:10%/5m`, `linear:20%/2m`.

The words are those of AWS CodeDeploy's configurations
(https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from stepdeploy.errors import UsageError
from stepdeploy.references import nearest

Kind = Literal["all-at-once", "canary", "linear"]
KINDS: tuple[Kind, ...] = ("all-at-once", "canary", "linear")

UNITS = {"s": 1, "m": 60, "h": 3600}
EXAMPLES = (
    "Write all-at-once, canary:10%/5m (10 % for 5 minutes, then all) or linear:20%/2m (20 % more every 2 minutes)."
)
LONGEST = 7 * 24 * 3600
"""Seconds that a step may last. Beyond a week it is a split, not a release."""


@dataclass(frozen=True)
class Strategy:
    """percent: the canary's share, or the share of each linear step. seconds: how long a step lasts."""

    kind: Kind
    percent: int = 100
    seconds: float = 0.0

    @property
    def weights(self) -> tuple[int, ...]:
        """The new version's weight at each step, in percent; the last is 100."""
        if self.kind == "all-at-once":
            return (100,)
        if self.kind == "canary":
            return (self.percent, 100)
        return (*range(self.percent, 100, self.percent), 100)

    def __str__(self) -> str:
        if self.kind == "all-at-once":
            return self.kind
        return f"{self.kind}:{self.percent}%/{duration_text(self.seconds)}"


ALL_AT_ONCE = Strategy("all-at-once")


def parse(text: str) -> Strategy:
    """A strategy as the command line and project.json write it. Raises UsageError that says which part is off."""
    word, colon, rest = text.strip().partition(":")
    kind = next((kind for kind in KINDS if kind == word), None)
    if kind is None:
        hint = nearest(word, KINDS)
        raise _off(text, f"there is no strategy '{word}'", f"{hint} {EXAMPLES}" if hint else EXAMPLES)
    if kind == "all-at-once":
        if colon:
            raise _off(text, "all-at-once has no steps, so nothing stands behind it")
        return ALL_AT_ONCE
    share, slash, interval = rest.partition("/")
    if not slash:
        raise _off(text, f"{kind} needs a share and a time, such as {kind}:10%/5m")
    return Strategy(kind, _percent(text, share), _interval(text, interval))


def _percent(text: str, share: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}%", share):
        raise _off(text, f"'{share}' is no share: a whole number and '%'")
    percent = int(share[:-1])
    if not 1 <= percent <= 99:
        raise _off(text, f"the share must be from 1% to 99%, not {share}")
    return percent


def _interval(text: str, interval: str) -> float:
    try:
        seconds = duration(interval)
    except UsageError as error:
        raise _off(text, error.message) from error
    if not 0 < seconds <= LONGEST:
        raise _off(text, f"a step must last more than nothing and at most {duration_text(LONGEST)}, not {interval}")
    return seconds


def _off(text: str, message: str, hint: str = EXAMPLES) -> UsageError:
    return UsageError(f"strategy '{text}': {message}", hint=hint)


def duration(text: str) -> float:
    """Seconds of `90s`, `5m`, `1h`. Raises UsageError."""
    found = re.fullmatch(r"([0-9]{1,9})([a-z]*)", text.strip())
    if not found:
        raise UsageError(f"'{text}' is no time: a whole number and s, m or h")
    if found[2] not in UNITS:
        what = f"has the unit '{found[2]}'" if found[2] else "has no unit"
        raise UsageError(f"the time '{text}' {what}: s (seconds), m (minutes) or h (hours)")
    return float(int(found[1]) * UNITS[found[2]])


def duration_text(seconds: float) -> str:
    """`5m`, `90s`, `1h`: the largest unit that leaves no rest; parts of a second are dropped."""
    whole = int(seconds)
    for unit, size in (("h", 3600), ("m", 60)):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def parse_weights(routes: tuple[str, ...]) -> dict[int, int]:
    """`8:50 7:50` -> {8: 50, 7: 50}: one or two versions of which the weights make 100. Raises UsageError.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html
    """
    hint = "Write VERSION:WEIGHT once or twice, such as 8:50 7:50; the weights make 100."
    found: dict[int, int] = {}
    for route in routes:
        parts = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,3})%?", route)
        if not parts or int(parts[1]) < 1:
            raise UsageError(f"'{route}' is not VERSION:WEIGHT", hint=hint)
        if int(parts[1]) in found:
            raise UsageError(f"version {parts[1]} is named twice", hint=hint)
        found[int(parts[1])] = int(parts[2])
    if not 1 <= len(found) <= 2:
        raise UsageError(f"an alias serves one version or two, not {len(found)}", hint=hint)
    if any(weight == 0 for weight in found.values()):
        raise UsageError("a version with weight 0 is not served; leave it out", hint=hint)
    if sum(found.values()) != 100:
        raise UsageError(f"the weights make {sum(found.values())}, not 100", hint=hint)
    return found
