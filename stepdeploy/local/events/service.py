"""Ties it together: what moto and the log tell, goes to the parts; what is done by the clock, is done here."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from stepdeploy.local.events import hooks, metrics_api
from stepdeploy.local.events.alarms import Alarms, Change
from stepdeploy.local.events.deliveries import Deliveries
from stepdeploy.local.events.emf import metrics_of
from stepdeploy.local.events.eventbridge import Buses, Event
from stepdeploy.local.events.s3 import Buckets
from stepdeploy.local.events.schedules import Schedules
from stepdeploy.local.events.series import MetricStore
from stepdeploy.local.events.sns import Message, Topics
from stepdeploy.local.events.sources import MetricQueue, invocation_metrics, sample_queues
from stepdeploy.local.events.status import status_event
from stepdeploy.local.events.targets import Targets
from stepdeploy.local.events.ticker import Ticker
from stepdeploy.local.functions.invoker import Invoked
from stepdeploy.local.journal import LogLines
from stepdeploy.local.moto_bridge import MotoBridge
from stepdeploy.local.states.names import region_of
from stepdeploy.local.states.records import Execution
from stepdeploy.local.world import World

log = logging.getLogger(__name__)

#: Seconds between two evaluations of all alarms; 0: never. Periods are as each alarm has them.
ALARM_VARIABLE = "STEPDEPLOY_LOCAL_ALARM_SECONDS"
ALARM_SECONDS = 1.0
METRIC_SECONDS = 0.5
SAMPLE_SECONDS = 5.0
SCHEDULE_SECONDS = 1.0


class Events:
    """Deliveries, metrics, alarms and schedules of one embedded AWS."""

    def __init__(self, world: World, bridge: MotoBridge) -> None:
        self._world = world
        self._bridge = bridge
        self._deliveries = Deliveries()
        self._ticker = Ticker()
        targets = Targets(world)
        self._topics = Topics(targets, self._deliveries)
        self._buses = Buses(targets, self._deliveries, self._rules)
        self._buckets = Buckets(targets, self._deliveries, self._buses)
        self._schedules = Schedules(self._buses, world.account)
        self._alarms = Alarms(world, targets, self._deliveries)
        self._stores: dict[str, MetricStore] = {}
        self._metrics = MetricQueue(self._put_metrics)
        bridge.on_load = lambda service: hooks.install(service, self)

    def start(self) -> None:
        """Begin what is done by the clock; call when the journal has been replayed."""
        self._ticker.every("metrics", METRIC_SECONDS, self._metrics.flush)
        self._ticker.every("queue metrics", SAMPLE_SECONDS, self._sample)
        self._ticker.every("schedules", SCHEDULE_SECONDS, self._fire_schedules)
        seconds = alarm_seconds(os.environ.get(ALARM_VARIABLE))
        if seconds:
            self._ticker.every("alarms", seconds, self.evaluate_alarms)
        self._ticker.start()

    def running(self) -> int:
        """Deliveries that are queued or under way."""
        return self._deliveries.running()

    def close(self) -> None:
        self._ticker.close()
        self._deliveries.close()

    # What others tell -------------------------------------------------------------------------------------------------

    @property
    def replaying(self) -> bool:
        return self._world.replaying

    def published(self, subscription: Any, message: Message, group: str | None, deduplication: str | None) -> None:
        self._topics.published(subscription, message, group, deduplication)

    def offered(self, rule: Any, event: Event) -> None:
        self._buses.offer(rule, event)

    def object_changed(self, account: str, name: str, bucket: Any, key: Any) -> None:
        self._buckets.changed(account, name, bucket, key)

    def bucket_configured(self, bucket: Any) -> None:
        self._buckets.configured(bucket)

    def alarm_changed(self, alarm: Any, before: str) -> None:
        self._alarms.told(alarm, before)

    def answer(self, operation: str, backend: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Answer about metrics, with what has come until now."""
        store = self._store(backend)
        self._sample_region(backend.region_name, store)
        return metrics_api.answer(operation, store, params)

    def invoked(self, invoked: Invoked) -> None:
        """A function was invoked, or the call was throttled."""
        self._metrics.add(invoked.target.place.region, invocation_metrics(invoked))

    def execution_changed(self, execution: Execution) -> None:
        """A standard execution began or ended. Without a rule in its region nobody wants to know."""
        if region_of(execution.arn) in self._bridge.regions("events"):
            self._buses.publish(status_event(execution, self._world.account))

    def logged(self, lines: LogLines) -> None:
        """Lines were written to a log."""
        self._metrics.add(lines.region, [datum for _, text in lines.lines for datum in metrics_of(text)])

    # What is done by the clock ----------------------------------------------------------------------------------------

    def _put_metrics(self, region: str, namespace: str, data: list[dict[str, Any]]) -> None:
        self._world.client("cloudwatch", region).put_metric_data(Namespace=namespace, MetricData=data)

    def _store(self, backend: Any) -> MetricStore:
        """The region's store, with what moto has taken in since it was last asked for."""
        store = self._stores.setdefault(backend.region_name, MetricStore())
        store.take(backend.metric_data)
        return store

    def _sample(self) -> None:
        with self._bridge.lock:
            for region in self._bridge.regions("sqs"):
                self._sample_region(region, self._stores.setdefault(region, MetricStore()))

    def _sample_region(self, region: str, store: MetricStore) -> None:
        if region in self._bridge.regions("sqs"):
            backend = self._bridge.backend("sqs", region, self._world.account)
            sample_queues(store, list(backend.queues.values()), time.time())

    def evaluate_alarms(self) -> None:
        """Evaluate all alarms now, and change the states that are to change."""
        changes: list[Change] = []
        with self._bridge.lock:
            for region in self._bridge.regions("monitoring"):
                backend = self._bridge.backend("monitoring", region, self._world.account)
                alarms, store = list(backend.alarms.values()), self._store(backend)
                changes += self._alarms.evaluate(region, alarms, store, time.time())
        for change in changes:
            self._alarms.apply(change)

    def _fire_schedules(self) -> None:
        rules = [
            rule
            for region in self._bridge.regions("events")
            for rule in self._rules(region, "default")
            if rule.scheduled_expression
        ]
        self._schedules.tick(rules, time.monotonic())

    def _rules(self, region: str, bus: str) -> list[Any]:
        with self._bridge.lock:
            found = self._bridge.backend("events", region, self._world.account).event_buses.get(bus)
            return list(found.rules.values()) if found is not None else []


def alarm_seconds(text: str | None) -> float:
    """The interval from the environment; the default where it is no number that makes sense."""
    try:
        seconds = float(text) if text else ALARM_SECONDS
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        log.warning("%s=%s is ignored: it must be seconds, 0 or more", ALARM_VARIABLE, text)
        return ALARM_SECONDS
    return seconds
