"""Whether a new version may have more weight. Pure: evidence in, verdict out.

The rules, and why, are in docs/releases.md, "How a step is judged".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stepdeploy.shift.policy import Policy

What = Literal["go", "wait", "back"]


@dataclass(frozen=True)
class Counts:
    """Executions of one version. started: since the shift began. ended, failed: since this step began; failed: those
    that FAILED, TIMED_OUT or were ABORTED. running: now, None where it cannot be told. cut: there are more."""

    started: int = 0
    ended: int = 0
    failed: int = 0
    running: int | None = None
    cut: bool = False


@dataclass(frozen=True)
class Alarm:
    """state: OK, ALARM, INSUFFICIENT_DATA, or MISSING where there is no such alarm. reason: as CloudWatch words it.
    treats: how it treats missing data."""

    name: str
    state: str
    reason: str = ""
    treats: str = "missing"


@dataclass(frozen=True)
class Evidence:
    """What is known of the new version. listed: by ListExecutions, None for an EXPRESS machine. metrics: by CloudWatch,
    None before the first whole minute. alarms: in the policy's order."""

    listed: Counts | None = None
    metrics: Counts | None = None
    alarms: tuple[Alarm, ...] = ()

    @property
    def ended(self) -> int:
        """Executions that ended in this step, by the source that knows of more."""
        return max((counts.ended for counts in (self.listed, self.metrics) if counts), default=0)


@dataclass(frozen=True)
class Verdict:
    """reasons: why it must wait or go back, a line each."""

    what: What
    reasons: tuple[str, ...] = ()


def judge(policy: Policy, evidence: Evidence) -> Verdict:
    """`back` on a breach, `wait` while there is too little to tell, else `go`."""
    if breaches := tuple(_breaches(policy, evidence)):
        return Verdict("back", breaches)
    if lacking := tuple(_lacking(policy, evidence)):
        return Verdict("wait", lacking)
    return Verdict("go")


def _breaches(policy: Policy, evidence: Evidence) -> Iterator[str]:
    """Each source is judged for itself: a metric may come late or twice, a list may be cut."""
    for counts, source in ((evidence.listed, ""), (evidence.metrics, " by its metrics")):
        if counts is None:
            continue
        # A breach does not wait for the minimum: these are too many even if all that are lacking succeed.
        allowed = policy.max_failure_percent / 100 * max(counts.ended, policy.min_executions)
        if counts.failed > allowed:
            percent = policy.max_failure_percent
            least = f", counted as at least {policy.min_executions}" if counts.ended < policy.min_executions else ""
            yield (
                f"{counts.failed} of {counts.ended} executions that ended failed{source}"
                f" (more than {percent:g} % may not{least})"
            )
            break
    for alarm in evidence.alarms:
        if alarm.state == "ALARM":
            yield f"the alarm {alarm.name} is in ALARM: {alarm.reason}".rstrip(": ")
        elif alarm.state == "MISSING":
            yield f"the alarm {alarm.name} does not exist any more"


def _lacking(policy: Policy, evidence: Evidence) -> Iterator[str]:
    if evidence.ended < policy.min_executions:
        yield f"{evidence.ended} of {policy.min_executions} executions have ended in this step"
    for alarm in evidence.alarms:
        if alarm.state not in ("OK", "ALARM", "MISSING"):
            yield f"the alarm {alarm.name} has no data yet ({alarm.state}; it treats missing data as {alarm.treats})"


def unfit(alarms: tuple[Alarm, ...]) -> tuple[str, ...]:
    """Why no shift may begin: alarms that do not exist, or that fire already."""
    missing = [f"there is no alarm {alarm.name}" for alarm in alarms if alarm.state == "MISSING"]
    firing = [f"the alarm {alarm.name} is in ALARM already" for alarm in alarms if alarm.state == "ALARM"]
    return (*missing, *firing)
