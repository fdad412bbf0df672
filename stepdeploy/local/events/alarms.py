"""Evaluates metric alarms, and tells topics and functions of a change of state.

A change is made through SetAlarmState, so that it is journalled and survives a restart, and is told to the alarm's
actions wherever it came from. Alarms on metric math and composite alarms are kept, not evaluated.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stepdeploy.local.events.alarm_message import message_of, subject_of
from stepdeploy.local.events.alarm_states import EXTRA_PERIODS, Datapoint, Rule, Verdict, judge
from stepdeploy.local.events.deliveries import Deliveries
from stepdeploy.local.events.series import Metric, MetricStore, statistic
from stepdeploy.local.events.targets import Targets
from stepdeploy.local.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """An alarm that is to change its state."""

    region: str
    name: str
    verdict: Verdict
    data: str


class Alarms:
    """evaluate: of one region, under the lock that guards moto. apply, told: without it."""

    def __init__(self, world: World, targets: Targets, deliveries: Deliveries) -> None:
        self._world = world
        self._targets = targets
        self._deliveries = deliveries
        self._silent: set[str] = set()

    def evaluate(self, region: str, alarms: list[Any], store: MetricStore, now: float) -> Iterator[Change]:
        """The changes that are due. alarms: moto's. now: seconds since 1970."""
        for alarm in alarms:
            why_not = _why_not(alarm)
            if why_not:
                self._say_once(alarm, why_not)
                continue
            verdict = verdict_of(alarm, store, now)
            if verdict.state != alarm.state_value:
                yield Change(region, alarm.name, verdict, _reason_data(alarm, verdict, now))

    def apply(self, change: Change) -> None:
        """Change the state; `told` is called from within."""
        self._world.client("cloudwatch", change.region).set_alarm_state(
            AlarmName=change.name,
            StateValue=change.verdict.state,
            StateReason=change.verdict.reason,
            StateReasonData=change.data,
        )

    def told(self, alarm: Any, before: str) -> None:
        """An alarm went from state `before` to its present one: queue its actions."""
        if not alarm.actions_enabled:
            return
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }[alarm.state_value]
        subject, text = subject_of(alarm), json.dumps(message_of(alarm, before, self._world.account))
        for arn in actions or []:
            self._deliveries.put(f"alarm {alarm.name} to {arn}", self._action(arn, subject, text))

    def _action(self, arn: str, subject: str, text: str) -> Callable[[], None]:
        service, region = [*arn.split(":"), "", "", "", ""][2:4]

        def deliver() -> None:
            if service != "sns":
                raise ValueError("the embedded AWS does only SNS actions of alarms")
            self._world.client("sns", region).publish(TopicArn=arn, Subject=subject, Message=text)

        return deliver

    def _say_once(self, alarm: Any, why_not: str) -> None:
        if alarm.alarm_arn not in self._silent:
            self._silent.add(alarm.alarm_arn)
            log.info("The embedded AWS does not evaluate the alarm %s: %s", alarm.name, why_not)


def _why_not(alarm: Any) -> str:
    if alarm.rule is not None:
        return "it is a composite alarm"
    if alarm.metric_data_queries or not alarm.metric_name:
        return "it is on metric math"
    return "" if rule_of(alarm).known else f"{alarm.comparison_operator} is not known here"


def rule_of(alarm: Any) -> Rule:
    """From moto's alarm; numbers may have come as text."""
    periods = int(alarm.evaluation_periods)
    return Rule(
        alarm.comparison_operator,
        float(alarm.threshold or 0),
        periods,
        int(alarm.datapoints_to_alarm or periods),
        alarm.treat_missing_data or "missing",
    )


def verdict_of(alarm: Any, store: MetricStore, now: float) -> Verdict:
    """What the alarm's state should be."""
    rule = rule_of(alarm)
    period, name = int(alarm.period), alarm.statistic or alarm.extended_statistic
    dimensions = tuple((one.name, one.value) for one in alarm.dimensions)
    metric = Metric(alarm.namespace, alarm.metric_name, dimensions)
    window: list[Datapoint | None] = []
    for age in range(rule.periods + EXTRA_PERIODS, 0, -1):
        start = now - age * period
        points = store.between(metric, start, start + period, alarm.unit or None)
        window.append(Datapoint(start, statistic(points, name)) if points else None)
    return judge(rule, window, alarm.state_value)


def _reason_data(alarm: Any, verdict: Verdict, now: float) -> str:
    """StateReasonData (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html)."""
    made: dict[str, Any] = {"version": "1.0", "queryDate": _precise_time(now)}
    if verdict.points:
        made["startDate"] = _precise_time(verdict.points[-1].start)
    made |= {
        "statistic": alarm.statistic or alarm.extended_statistic,
        "period": int(alarm.period),
        "recentDatapoints": [point.value for point in reversed(verdict.points)],
        "threshold": float(alarm.threshold or 0),
        "evaluatedDatapoints": [
            {"timestamp": _precise_time(point.start), "value": point.value} for point in verdict.points
        ],
    }
    return json.dumps(made)


def _precise_time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
