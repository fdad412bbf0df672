"""Alarms and dashboards."""

from __future__ import annotations

from collections.abc import Iterator

from stepdeploy.project.context import Context
from stepdeploy.resources.alarm import Alarm
from stepdeploy.resources.base import Base
from stepdeploy.resources.dashboard import Dashboard


def alarms(project: Context) -> Iterator[Base]:
    for key, raw in project.section("alarms").items():
        threshold = raw["threshold"]
        if isinstance(threshold, str):
            raise project.problem(f"the threshold is {threshold!r} and must be a number", "alarms", key, "threshold")
        percentile = raw.get("extended_statistic")
        settings = {
            "AlarmDescription": raw.get("description", ""),
            "Namespace": raw["namespace"],
            "MetricName": raw["metric"],
            "Dimensions": [{"Name": name, "Value": project.text(it)} for name, it in raw.get("dimensions", {}).items()],
            "Statistic": None if percentile else raw.get("statistic", "Sum"),
            "ExtendedStatistic": percentile,
            "Period": raw["period_seconds"],
            "EvaluationPeriods": raw["evaluation_periods"],
            "DatapointsToAlarm": raw.get("datapoints_to_alarm"),
            "Threshold": float(threshold),
            "ComparisonOperator": raw["comparison"],
            "TreatMissingData": raw.get("treat_missing_data", "notBreaching"),
            "AlarmActions": raw.get("actions", []),
            "Unit": raw.get("unit"),
        }
        settings = {name: value for name, value in settings.items() if value not in (None, "")}
        desired = {"arn": project.arn("alarm", key), "settings": settings, "tags": project.tags}
        yield Alarm(key, project.name("alarm", key), desired)


def dashboards(project: Context) -> Iterator[Base]:
    for key in project.settings.dashboards:
        body = project.templates[f"dashboard:{key}"].value
        desired = {"arn": project.arn("dashboard", key), "body": body, "tags": project.tags}
        yield Dashboard(key, project.name("dashboard", key), desired)
