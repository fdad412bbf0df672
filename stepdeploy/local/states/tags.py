"""Tags of machines and activities. A version or an alias has none."""

from __future__ import annotations

from typing import Any

from stepdeploy.local.states import faults
from stepdeploy.local.states.activities import Activities
from stepdeploy.local.states.machines import Machines
from stepdeploy.local.wire import ApiCall, ApiError

MOST_TAGS = 50


class Tags:
    """TagResource, UntagResource, ListTagsForResource."""

    def __init__(self, machines: Machines, activities: Activities) -> None:
        self._machines = machines
        self._activities = activities

    def add(self, call: ApiCall) -> dict[str, Any]:
        arn = call.params["resourceArn"]
        with self._machines.lock:
            tags = self._tags(arn)
            wanted = {**tags, **{tag["key"]: tag.get("value", "") for tag in call.params["tags"]}}
            if len(wanted) > MOST_TAGS:
                raise ApiError("TooManyTags", f"Too many tags: '{arn}'", resourceName=arn)
            tags.update(wanted)
        return {}

    def remove(self, call: ApiCall) -> dict[str, Any]:
        with self._machines.lock:
            tags = self._tags(call.params["resourceArn"])
            for key in call.params["tagKeys"]:
                tags.pop(key, None)
        return {}

    def listing(self, call: ApiCall) -> dict[str, Any]:
        with self._machines.lock:
            tags = self._tags(call.params["resourceArn"])
            return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def _tags(self, arn: str) -> dict[str, str]:
        """The live tags of a resource. Raises ResourceNotFound, also for the ARN of a version."""
        machine = self._machines.get(arn)
        if machine is not None:
            return machine.tags
        activity = self._activities.get(arn)
        if activity is not None:
            return activity.tags
        if not arn.startswith("arn:"):
            raise faults.invalid_arn(f"Invalid ARN prefix: {arn}")
        raise faults.no_tagged_resource(arn)
