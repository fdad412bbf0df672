"""GetMetricStatistics, GetMetricData and ListMetrics, answered from the store.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html, .../API_GetMetricData.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from stepdeploy.local.events.series import Metric, MetricStore, Point, epoch, statistic
from stepdeploy.local.wire import NOT_IMPLEMENTED, ApiError

_PAGE = 500


def answer(operation: str, store: MetricStore, params: dict[str, Any]) -> dict[str, Any]:
    """The output of one of the three operations. Raises ApiError."""
    return _OPERATIONS[operation](store, params)


def _statistics(store: MetricStore, params: dict[str, Any]) -> dict[str, Any]:
    simple = params.get("Statistics") or []
    extended = params.get("ExtendedStatistics") or []
    if not simple and not extended:
        raise ApiError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    start, end = epoch(params["StartTime"]), epoch(params["EndTime"])
    if start >= end:
        message = "The parameter StartTime must be less than the parameter EndTime."
        raise ApiError("InvalidParameterValue", message)
    metric = Metric.of(params["Namespace"], params["MetricName"], params.get("Dimensions") or [])
    found = []
    for at, points in periods(store, metric, start, end, int(params["Period"]), params.get("Unit")):
        made: dict[str, Any] = {"Timestamp": at, "Unit": points[0].unit}
        made |= {name: statistic(points, name) for name in simple}
        if extended:
            made["ExtendedStatistics"] = {name: statistic(points, name) for name in extended}
        found.append(made)
    return {"Label": params["MetricName"], "Datapoints": found}


def _data(store: MetricStore, params: dict[str, Any]) -> dict[str, Any]:
    start, end = epoch(params["StartTime"]), epoch(params["EndTime"])
    if start == end:
        raise ApiError("ValidationError", "The parameter StartTime must not equal parameter EndTime.")
    if start > end:
        raise ApiError("ValidationError", "The parameter EndTime must be greater than StartTime.")
    results = []
    for query in params.get("MetricDataQueries") or []:
        made = _one_query(store, query, start, end)
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            made["Timestamps"].reverse()
            made["Values"].reverse()
        if query.get("ReturnData") is not False:
            results.append(made)
    return {"MetricDataResults": results, "Messages": []}


def _one_query(store: MetricStore, query: dict[str, Any], start: float, end: float) -> dict[str, Any]:
    wanted = query.get("MetricStat")
    if wanted is None:
        if query.get("Expression"):
            what = "metric math and Metrics Insights"
            raise ApiError(NOT_IMPLEMENTED, f"The embedded AWS of stepdeploy has no {what}: {query['Expression']}")
        message = "The parameter MetricDataQueries.member.1.MetricStat is required.\n"
        raise ApiError("ValidationError", message)
    about = wanted["Metric"]
    metric = Metric.of(about["Namespace"], about["MetricName"], about.get("Dimensions") or [])
    rows = [
        (at, statistic(points, wanted["Stat"]))
        for at, points in periods(store, metric, start, end, int(wanted["Period"]), wanted.get("Unit"))
    ]
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or about["MetricName"],
        "Timestamps": [at for at, _ in rows],
        "Values": [value for _, value in rows],
        "StatusCode": "Complete",
    }


def periods(
    store: MetricStore, metric: Metric, start: float, end: float, period: int, unit: str | None = None
) -> Iterator[tuple[datetime, list[Point]]]:
    """Begin and points of each period that has any, oldest first.

    As in AWS the start is rounded down: to a whole minute, or to a multiple of a period below a minute.
    """
    start -= start % min(period, 60)
    points = store.between(metric, start, end, unit)
    while points:
        number = math.floor((points[0].at - start) / period)
        inside = [point for point in points if point.at < start + (number + 1) * period]
        yield datetime.fromtimestamp(start + number * period, UTC).replace(tzinfo=None), inside
        points = points[len(inside) :]


def _list(store: MetricStore, params: dict[str, Any]) -> dict[str, Any]:
    wanted = [(one["Name"], one.get("Value")) for one in params.get("Dimensions") or []]
    found = [
        metric
        for metric in store.series
        if params.get("Namespace") in (None, metric.namespace)
        and params.get("MetricName") in (None, metric.name)
        and all(_has(metric, name, value) for name, value in wanted)
    ]
    token = params.get("NextToken") or "0"
    if not token.isdecimal():
        raise ApiError("InvalidParameterValue", "Request parameter NextToken is invalid")
    first = int(token)
    made: dict[str, Any] = {"Metrics": [metric.shown() for metric in found[first : first + _PAGE]]}
    if first + _PAGE < len(found):
        made["NextToken"] = str(first + _PAGE)
    return made


def _has(metric: Metric, name: str, value: str | None) -> bool:
    return any(one == name and value in (None, other) for one, other in metric.dimensions)


_OPERATIONS = {"GetMetricStatistics": _statistics, "GetMetricData": _data, "ListMetrics": _list}
