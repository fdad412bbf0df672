"""Activities: workers that poll for work (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html)."""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stepdeploy.arns import Place, partition_of
from stepdeploy.local.states import faults, pages
from stepdeploy.local.states.names import activity_name, check_name
from stepdeploy.local.wire import ApiCall
from stepdeploy.local.world import World

#: How long GetActivityTask waits for work before it answers without any, seconds (AWS: 60).
POLL_SECONDS = 60.0


@dataclass
class Activity:
    arn: str
    name: str
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A task for a worker. started: to be called with the worker's name; False where the task is over already."""

    token: str
    input: str
    started: Callable[[str | None], bool]


class Activities:
    """The activities, and the work that waits for them."""

    def __init__(self, world: World, poll_seconds: float = POLL_SECONDS) -> None:
        self._world = world
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._by_arn: dict[str, Activity] = {}
        self._waiting: dict[str, queue.SimpleQueue[Work]] = defaultdict(queue.SimpleQueue)

    def get(self, arn: str) -> Activity | None:
        return self._by_arn.get(arn)

    def offer(self, arn: str, work: Work) -> None:
        """Put work down for the next worker of an activity."""
        with self._lock:
            self._waiting[arn].put(work)

    def create(self, call: ApiCall) -> dict[str, Any]:
        name = call.params["name"]
        check_name(name)
        arn = Place(partition_of(call.region), call.region, call.account).arn("states", f"activity:{name}")
        with self._lock:
            activity = self._by_arn.get(arn)
            if activity is None:
                tags = {tag["key"]: tag["value"] for tag in call.params.get("tags", [])}
                activity = self._by_arn[arn] = Activity(arn, name, self._world.now(), tags)
        return {"activityArn": arn, "creationDate": activity.created}

    def describe(self, call: ApiCall) -> dict[str, Any]:
        activity = self._existing(call.params["activityArn"])
        return {"activityArn": activity.arn, "name": activity.name, "creationDate": activity.created}

    def delete(self, call: ApiCall) -> dict[str, Any]:
        """Answers 200 also for an activity that does not exist."""
        activity_name(call.params["activityArn"])
        with self._lock:
            self._by_arn.pop(call.params["activityArn"], None)
        return {}

    def listing(self, call: ApiCall) -> dict[str, Any]:
        prefix = Place(partition_of(call.region), call.region, call.account).arn("states", "activity:")
        items = [
            {"activityArn": item.arn, "name": item.name, "creationDate": item.created}
            for item in list(self._by_arn.values())
            if item.arn.startswith(prefix)
        ]
        return pages.page(items, call.params, "activities")

    def take(self, call: ApiCall) -> dict[str, Any]:
        """GetActivityTask: waits for work; answers without a token where none came."""
        arn = self._existing(call.params["activityArn"]).arn
        deadline = time.monotonic() + self._poll_seconds
        while True:
            try:
                work = self._waiting[arn].get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return {}
            if work.started(call.params.get("workerName")):
                return {"taskToken": work.token, "input": work.input}

    def _existing(self, arn: str) -> Activity:
        activity_name(arn)
        activity = self._by_arn.get(arn)
        if activity is None:
            raise faults.no_activity(arn)
        return activity
