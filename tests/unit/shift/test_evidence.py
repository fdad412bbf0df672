"""What counts, of what AWS lists and measures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from stepdeploy.shift.evidence import MOST_LISTED, count, count_metrics, first_whole_minute, gather, read_alarms
from stepdeploy.shift.judge import Alarm, Counts
from tests.unit.fake_aws import FakeAws
from tests.unit.shift.shift_world import ALIAS, MACHINE, World

BEGAN, SINCE = 1000.0, 2000.0


def item(
    start: float, stop: float | None = None, status: str = "SUCCEEDED", alias: str | None = ALIAS
) -> dict[str, Any]:
    found: dict[str, Any] = {"startDate": datetime.fromtimestamp(start, UTC), "status": status}
    if stop is not None:
        found["stopDate"] = datetime.fromtimestamp(stop, UTC)
    return found | ({"stateMachineAliasArn": alias} if alias else {})


def counted(items: Sequence[dict[str, Any]], most: int = MOST_LISTED) -> Counts:
    return count(sorted(items, key=lambda one: one["startDate"], reverse=True), ALIAS, BEGAN, SINCE, most)


def test_only_what_came_through_the_alias_counts() -> None:
    smoke, other = item(2100, 2101, "FAILED", None), item(2100, 2101, "FAILED", f"{MACHINE}:test")
    assert counted([smoke, other, item(2100, 2101)]) == Counts(1, 1, 0, 0)


def test_what_ended_before_the_step_is_not_judged_again() -> None:
    earlier, across = item(1500, 1900, "FAILED"), item(1500, 2100, "TIMED_OUT")
    assert counted([earlier, across, item(2100, None, "RUNNING")]) == Counts(3, 1, 1, 1)


def test_an_earlier_shift_of_the_same_version_does_not_count() -> None:
    assert counted([item(900, 2500, "FAILED"), item(2100, 2101)]) == Counts(1, 1, 0, 0)


def test_aborted_and_timed_out_are_failures() -> None:
    found = counted([item(2100, 2101, status) for status in ("FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED")])
    assert found == Counts(4, 4, 3, 0)


def test_a_list_that_was_cut_says_so() -> None:
    assert counted([item(2100, 2101)] * 3, most=3).cut and not counted([item(2100, 2101)] * 2, most=3).cut


def test_metrics_begin_with_the_first_whole_minute() -> None:
    assert [first_whole_minute(second) for second in (0, 60, 60.5, 119.9)] == [0, 60, 120, 120]
    assert count_metrics(FakeAws({}), MACHINE, 8, 120, 119) is None


def test_metrics_are_asked_for_by_version_and_summed() -> None:
    asked: list[dict[str, Any]] = []

    def answer(**params: Any) -> dict[str, Any]:
        asked.append(params)
        values = {"m0": [4.0, 5.0], "m1": [3.0, 2.0], "m2": [1.0], "m3": [1.0, 0.0], "m4": []}
        return {"MetricDataResults": [{"Id": key, "Values": found} for key, found in values.items()]}

    found = count_metrics(FakeAws({"cloudwatch:get_metric_data": answer}), MACHINE, 8, 120, 200)
    assert found == Counts(9, 7, 2)
    metric = asked[0]["MetricDataQueries"][0]["MetricStat"]
    assert metric["Stat"] == "Sum" and metric["Period"] == 60
    assert metric["Metric"]["Dimensions"] == [
        {"Name": "StateMachineArn", "Value": MACHINE}, {"Name": "Version", "Value": "8"},
    ]  # fmt: skip


def test_alarms_of_both_kinds_in_the_order_asked_and_missing_ones_told() -> None:
    def answer(**params: Any) -> dict[str, Any]:
        assert params["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm"], "AWS leaves composite ones out otherwise"
        metric = {"AlarmName": "Slow", "StateValue": "OK", "StateReason": "fine", "TreatMissingData": "notBreaching"}
        return {"MetricAlarms": [metric], "CompositeAlarms": [{"AlarmName": "Both", "StateValue": "ALARM"}]}

    found = read_alarms(FakeAws({"cloudwatch:describe_alarms": answer}), ["Both", "Gone", "Slow"])
    assert found == (Alarm("Both", "ALARM"), Alarm("Gone", "MISSING"), Alarm("Slow", "OK", "fine", "notBreaching"))
    assert read_alarms(FakeAws({}), []) == ()


def test_more_than_a_hundred_alarms_take_two_calls() -> None:
    aws = FakeAws({"cloudwatch:describe_alarms": {"MetricAlarms": []}})
    assert len(read_alarms(aws, [f"a{number}" for number in range(150)])) == 150
    assert [len(params["AlarmNames"]) for _, params in aws.made] == [100, 50]


def test_an_express_machine_is_not_listed() -> None:
    from dataclasses import replace

    world = World()
    shift = replace(world.shift(), express=True, since=world.now - 120)
    assert gather(world.aws, shift, world.now).listed is None
    assert world.aws.labels() == ["cloudwatch:get_metric_data"]
