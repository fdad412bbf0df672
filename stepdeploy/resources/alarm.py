"""CloudWatch metric alarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.resources.base import Base, Tagging, tag_list, tag_map

TAGGING = Tagging("cloudwatch", "ResourceARN")

FIELDS = (
    "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "EvaluationPeriods",
    "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "AlarmActions", "Unit",
)  # fmt: skip


class Alarm(Base):
    """desired: arn, settings (PutMetricAlarm's parameters apart from AlarmName and Tags), tags."""

    kind = "alarm"
    MANY = 100
    """Names that DescribeAlarms takes (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html)."""

    def read(self, aws: Aws) -> Actual | None:
        return self.read_many([self], aws)[self.address]

    @classmethod
    def read_many(cls, alarms: Sequence[Alarm], aws: Aws) -> dict[str, Actual | None]:
        """Address -> alarm, up to MANY of them with one call."""
        names = [alarm.name for alarm in alarms]
        found = aws.call("cloudwatch", "describe_alarms", AlarmNames=names, AlarmTypes=["MetricAlarm"])
        there = {alarm.get("AlarmName", names[0]): alarm for alarm in found.get("MetricAlarms", [])}
        return {alarm.address: alarm._actual(aws, there.get(alarm.name)) for alarm in alarms}

    def _actual(self, aws: Aws, alarm: Mapping[str, Any] | None) -> Actual | None:
        if alarm is None:
            return None
        arn = self.desired["arn"]

        def read() -> dict[str, str]:
            return tag_map(aws.call("cloudwatch", "list_tags_for_resource", ResourceARN=arn).get("Tags", []))

        view = {field: alarm[field] for field in FIELDS if alarm.get(field) not in (None, "")}
        return Actual(self.tags(aws, arn, read), view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        settings = dict(desired["settings"])
        put = {"AlarmName": self.name, **settings}
        if actual is None:
            return Decision((Call("cloudwatch", "put_metric_alarm", {**put, "Tags": tag_list(desired["tags"])}),))
        calls: list[Call] = []
        before, after = _comparable(actual.view), _comparable(settings)
        if before != after:
            calls.append(Call("cloudwatch", "put_metric_alarm", put))
        before_tags = actual.tags or {}
        calls += TAGGING.calls(desired["arn"], before_tags, desired["tags"])
        return Decision(tuple(calls), changes({**before, "tags": before_tags}, {**after, "tags": desired["tags"]}))

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("cloudwatch", "delete_alarms", {"AlarmNames": [self.name]}),)


def _comparable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Dimensions by name, the threshold as float: the order and the number type that AWS answers with do not count.
    Nor does whether a default is written out: datapoints to alarm are all evaluation periods
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html). An alarm that somebody
    made one of metric math has neither threshold nor dimensions of its own."""
    view = {key: value for key, value in settings.items() if value not in (None, "", [])}
    view["Dimensions"] = {item["Name"]: item["Value"] for item in settings.get("Dimensions", [])}
    if "Threshold" in view:
        view["Threshold"] = float(view["Threshold"])
    if view.get("DatapointsToAlarm") == view.get("EvaluationPeriods"):
        view.pop("DatapointsToAlarm", None)
    return view
