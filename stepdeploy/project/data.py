"""Tables and buckets."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.project.context import Context
from stepdeploy.resources.base import Base
from stepdeploy.resources.bucket import Bucket
from stepdeploy.resources.table import Table


def tables(project: Context) -> Iterator[Base]:
    for key, raw in project.section("tables").items():
        desired = {
            "arn": project.arn("table", key),
            "hash_key": raw["hash_key"],
            "range_key": raw.get("range_key"),
            "ttl_attribute": raw.get("ttl_attribute"),
            "point_in_time_recovery": raw.get("point_in_time_recovery", True),
            "tags": project.tags,
        }
        yield Table(key, project.name("table", key), desired)


def buckets(project: Context) -> Iterator[Base]:
    for key, raw in project.section("buckets").items():
        desired = {
            "region": project.place.region,
            "versioned": raw.get("versioned", True),
            "expire_noncurrent_days": raw.get("expire_noncurrent_days"),
            "expire": raw.get("expire", []),
            "event_bridge": raw.get("event_bridge", False),
            "tags": project.tags,
        }
        yield Bucket(key, project.name("bucket", key), desired)
