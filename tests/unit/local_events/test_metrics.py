"""The metric store, log lines that hold metrics, and what services put by themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from stepdeploy.arns import Place
from stepdeploy.local.events import series
from stepdeploy.local.events.emf import metrics_of
from stepdeploy.local.events.metrics_api import answer, periods
from stepdeploy.local.events.series import Metric, MetricStore, Point, epoch, statistic
from stepdeploy.local.events.sources import MetricQueue, dimension_sets, invocation_metrics, sample_queues
from stepdeploy.local.functions.invoker import Invoked
from stepdeploy.local.functions.names import Target
from stepdeploy.local.wire import ApiError

M = Metric("N", "m")


def store_of(*rows: tuple[float, float], metric: Metric = M) -> MetricStore:
    store = MetricStore()
    for at, value in rows:
        store.add(metric, Point.single(at, value))
    return store


def test_points_are_found_by_time_whatever_order_they_came_in() -> None:
    store = store_of((30, 3), (10, 1), (20, 2))
    assert [point.total for point in store.between(M, 10, 30)] == [1, 2]


def test_only_points_of_the_unit() -> None:
    store = MetricStore()
    store.add(M, Point.single(1, 1, "Count"))
    store.add(M, Point.single(1, 2, "Seconds"))
    assert [point.total for point in store.between(M, 0, 9, "Seconds")] == [2]
    assert len(store.between(M, 0, 9)) == 2


def test_the_store_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_POINTS", 100)
    monkeypatch.setattr(series, "MOST_METRICS", 1)
    store = store_of(*((float(at), 1.0) for at in range(1000)))
    assert len(store.series[M]) <= 100
    assert store.series[M][-1].at == 999
    store.add(Metric("N", "other"), Point.single(0, 1))
    assert list(store.series) == [M]


def test_statistics_of_values_and_of_sets() -> None:
    points = [Point.single(0, 4), Point(0, 1, 5, 9, 3)]
    found = {name: statistic(points, name) for name in ("Sum", "SampleCount", "Average", "Minimum", "Maximum")}
    assert found == {"Sum": 13, "SampleCount": 4, "Average": 3.25, "Minimum": 1, "Maximum": 5}


def test_percentiles() -> None:
    points = [Point.single(0, float(value)) for value in (5, 1, 3, 2, 4)]
    assert [statistic(points, name) for name in ("p0", "p50", "p90", "p100")] == [1, 3, 4.6, 5]
    with pytest.raises(ApiError, match="tm90"):
        statistic(points, "tm90")


def test_periods_begin_at_whole_minutes() -> None:
    store = store_of((125, 1), (179, 2), (400, 3))
    found = [(epoch(at), [point.total for point in points]) for at, points in periods(store, M, 121, 500, 60)]
    assert found == [(120, [1, 2]), (360, [3])]


def test_what_moto_collected_moves_into_the_store() -> None:
    at = datetime(2024, 1, 1)
    dimensions = [SimpleNamespace(name="b", value="2"), SimpleNamespace(name="a", value="1")]
    one = SimpleNamespace(namespace="N", name="m", dimensions=dimensions, timestamp=at, unit=None, value=7)
    data: list[Any] = [one]
    store = MetricStore()
    store.take(data)
    assert data == []
    metric = Metric("N", "m", (("a", "1"), ("b", "2")))  # in whatever order
    assert store.series == {metric: [Point.single(at.replace(tzinfo=UTC).timestamp(), 7, "None")]}


def test_list_metrics_in_pages() -> None:
    store = MetricStore()
    for number in range(501):
        store.add(Metric("N", f"m{number}"), Point.single(0, 1))
    first = answer("ListMetrics", store, {})
    second = answer("ListMetrics", store, {"NextToken": first["NextToken"]})
    assert (len(first["Metrics"]), len(second["Metrics"]), "NextToken" in second) == (500, 1, False)


class TestLogLines:
    def line(self, **changes: Any) -> str:
        directive = {"Namespace": "N", "Dimensions": [["Stage"]], "Metrics": [{"Name": "Took", "Unit": "Seconds"}]}
        about = {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [{**directive, **changes.pop("directive", {})}]}
        return json.dumps({"_aws": about, "Stage": "test", "Took": 3, **changes})

    def test_one_metric(self) -> None:
        ((namespace, datum),) = metrics_of(self.line())
        assert namespace == "N"
        assert datum == {
            "MetricName": "Took",
            "Timestamp": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
            "Values": [3.0],
            "Unit": "Seconds",
            "Dimensions": [{"Name": "Stage", "Value": "test"}],
        }

    def test_each_set_of_dimensions_and_none(self) -> None:
        sets = {"directive": {"Dimensions": [["Stage"], ["Stage", "Step"], []]}}
        assert len(metrics_of(self.line(Step="s", **sets))) == 3
        assert len(metrics_of(self.line(**sets))) == 2, "a set with a missing value is left out"
        ((_, datum),) = metrics_of(self.line(directive={"Dimensions": []}))
        assert datum["Dimensions"] == []

    @pytest.mark.parametrize(
        "text",
        [
            "plain text",
            '{"_aws": 1, "CloudWatchMetrics": 2}',
            '{"_aws": {"CloudWatchMetrics": []}}',
            '{"_aws": {"Timestamp": 1e99, "CloudWatchMetrics": []}}',
            '["_aws", "CloudWatchMetrics"]',
            'not json "_aws" "CloudWatchMetrics"',
        ],
    )
    def test_what_is_no_metric(self, text: str) -> None:
        assert metrics_of(text) == []

    @pytest.mark.parametrize("value", ["3", None, True, float("nan"), [1, "2"], [], [0] * 101])
    def test_values_that_are_no_numbers(self, value: Any) -> None:
        assert metrics_of(self.line(Took=value)) == []

    def test_a_dimension_that_is_no_text(self) -> None:
        assert metrics_of(self.line(Stage=1)) == []


class TestFunctions:
    def target(self, qualifier: str | None) -> Target:
        return Target(Place("aws", "us-east-1", "123456789012"), "f", qualifier)

    @pytest.mark.parametrize(
        ("qualifier", "expected"),
        [
            (None, [{}, {"FunctionName": "f"}, {"FunctionName": "f", "Resource": "f"}]),
            ("3", [{}, {"FunctionName": "f"}, {"FunctionName": "f", "Resource": "f:3"}]),
            (
                "live",
                [
                    {},
                    {"FunctionName": "f"},
                    {"FunctionName": "f", "Resource": "f:live"},
                    {"FunctionName": "f", "Resource": "f:live", "ExecutedVersion": "3"},
                ],
            ),
        ],
    )
    def test_dimensions(self, qualifier: str | None, expected: list[dict[str, str]]) -> None:
        found = dimension_sets(Invoked(self.target(qualifier), "3"))
        assert [{one["Name"]: one["Value"] for one in dimensions} for dimensions in found] == expected

    def test_values(self) -> None:
        def values(invoked: Invoked) -> dict[str, float]:
            return {datum["MetricName"]: datum["Value"] for _, datum in invocation_metrics(invoked)}

        failed = values(Invoked(self.target(None), "1", failed=True, milliseconds=12.5))
        assert failed == {"Invocations": 1, "Errors": 1, "Throttles": 0, "Duration": 12.5}
        assert values(Invoked(self.target(None))) == {"Throttles": 1}


def test_metrics_are_put_by_region_and_namespace() -> None:
    put: list[tuple[str, str, int]] = []
    queue = MetricQueue(lambda region, namespace, data: put.append((region, namespace, len(data))))
    queue.add("r1", [("A", {})] * 1500)
    queue.add("r2", [("A", {}), ("B", {})])
    queue.flush()
    queue.flush()
    assert put == [("r1", "A", 1000), ("r1", "A", 500), ("r2", "A", 1), ("r2", "B", 1)]


def test_queues_are_sampled() -> None:
    def message(sent: float, visible: bool) -> Any:
        return SimpleNamespace(sent_timestamp=sent * 1000, visible=visible, delayed=False)

    full = SimpleNamespace(name="q", _messages=[message(90, False), message(95, True)])
    store = MetricStore()
    sample_queues(store, [full, SimpleNamespace(name="empty", _messages=[])], 100.0)
    found = {
        (metric.dimensions[0][1], metric.name.removeprefix("Approximate")): points[0].total
        for metric, points in store.series.items()
    }
    assert found == {
        ("q", "NumberOfMessagesVisible"): 1,
        ("q", "NumberOfMessagesNotVisible"): 1,
        ("q", "AgeOfOldestMessage"): 10,
        ("empty", "NumberOfMessagesVisible"): 0,
        ("empty", "NumberOfMessagesNotVisible"): 0,
        ("empty", "AgeOfOldestMessage"): 0,
    }
