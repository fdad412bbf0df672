"""Metric points, by the exact metric: namespace, name and the whole set of dimensions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension: a metric with fewer
dimensions is another metric. moto would count the points of both.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from stepdeploy.local.wire import NOT_IMPLEMENTED, ApiError

#: Points kept for each metric; the oldest go first.
MOST_POINTS = 20_000
#: Metrics kept in a region; what comes on top is dropped.
MOST_METRICS = 20_000
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True)
class Metric:
    """What names a metric. dimensions: (name, value) pairs, in any order: `key` is what counts."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    key: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", frozenset(self.dimensions))

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] = ()) -> Metric:
        """dimensions: as the API has them, [{"Name", "Value"}]."""
        return cls(namespace, name, tuple((one["Name"], one["Value"]) for one in dimensions))

    def shown(self) -> dict[str, Any]:
        """As ListMetrics answers."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


@dataclass(frozen=True)
class Point:
    """One value, or a set of which only these statistics are known. at: seconds since 1970. unit: "None" without one."""

    at: float
    minimum: float
    maximum: float
    total: float
    count: float
    unit: str = "None"

    @classmethod
    def single(cls, at: float, value: float, unit: str = "None") -> Point:
        return cls(at, value, value, value, 1.0, unit)


@dataclass
class MetricStore:
    """The points of one region. Not thread-safe: used under the lock that guards moto."""

    series: dict[Metric, list[Point]] = field(default_factory=dict)

    def add(self, metric: Metric, point: Point) -> None:
        points = self.series.get(metric)
        if points is None:
            if len(self.series) >= MOST_METRICS:
                return
            points = self.series[metric] = []
        insort(points, point, key=attrgetter("at"))
        if len(points) > MOST_POINTS:
            del points[: MOST_POINTS // 10]

    def between(self, metric: Metric, start: float, end: float, unit: str | None = None) -> list[Point]:
        """Points with start <= at < end, oldest first; only those of `unit` where one is given."""
        points = self.series.get(metric, [])
        first = bisect_left(points, start, key=attrgetter("at"))
        last = bisect_left(points, end, key=attrgetter("at"))
        return [point for point in points[first:last] if unit in (None, point.unit)]

    def take(self, data: list[Any]) -> None:
        """Move what moto has collected from PutMetricData (its data objects) into the store."""
        for one in data:
            pairs = tuple((str(dimension.name), str(dimension.value)) for dimension in one.dimensions)
            at, unit = epoch(one.timestamp), one.unit or "None"
            if hasattr(one, "value"):
                point = Point.single(at, float(one.value), unit)
            else:
                point = Point(at, one.min, one.max, one.sum, one.sample_count, unit)
            self.add(Metric(one.namespace, one.name, pairs), point)
        data.clear()


def epoch(at: datetime) -> float:
    """Seconds since 1970. moto's times are UTC without saying so."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def statistic(points: list[Point], name: str) -> float:
    """A statistic of at least one point. Raises ApiError for one that is not computed here.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
    """
    if name == "Sum":
        return math.fsum(point.total for point in points)
    if name == "SampleCount":
        return math.fsum(point.count for point in points)
    if name == "Average":
        return statistic(points, "Sum") / (statistic(points, "SampleCount") or 1.0)
    if name == "Minimum":
        return min(point.minimum for point in points)
    if name == "Maximum":
        return max(point.maximum for point in points)
    found = _PERCENTILE.fullmatch(name)
    if found is None:
        raise ApiError(NOT_IMPLEMENTED, f"The embedded AWS of stepdeploy does not compute the statistic {name}.")
    return _percentile(sorted(point.maximum for point in points), float(found[1]))


def _percentile(values: list[float], percent: float) -> float:
    """Between the two nearest values, in proportion."""
    place = (len(values) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)
