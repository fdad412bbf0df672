"""CloudWatch metric alarm."""

from __future__ import annotations

from collections.abc import Mapping
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

    def read(self, aws: Aws) -> Actual | None:
        found = aws.call("cloudwatch", "describe_alarms", AlarmNames=[self.name], AlarmTypes=["MetricAlarm"])
        if not found.get("MetricAlarms"):
            return None
        alarm = found["MetricAlarms"][0]
        tags = aws.call("cloudwatch", "list_tags_for_resource", ResourceARN=self.desired["arn"]).get("Tags", [])
        return Actual(tag_map(tags), {field: alarm[field] for field in FIELDS if alarm.get(field) not in (None, "")})

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
