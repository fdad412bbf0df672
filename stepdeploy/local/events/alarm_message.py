"""What an alarm sends to a topic.

AWS does not document the message; its own aws-lambda-go has an example
(events/testdata/cloudwatch-alarm-sns-payload-single-metric.json). The name of the region comes from botocore's data.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any


def subject_of(alarm: Any) -> str:
    """The subject, cut to the hundred characters that SNS allows."""
    subject = f'{alarm.state_value}: "{alarm.name}" in {region_name(alarm.region_name)}'
    return subject if len(subject) <= 100 else f"{subject[:97]}..."


def message_of(alarm: Any, before: str, account: str) -> dict[str, Any]:
    """The message, from moto's alarm and the state it was in before."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description or None,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _time(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _time(alarm.state_updated_timestamp),
        "Region": region_name(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": list(alarm.ok_actions or []),
        "AlarmActions": list(alarm.alarm_actions or []),
        "InsufficientDataActions": list(alarm.insufficient_data_actions or []),
        "Trigger": _trigger(alarm),
    }


def _trigger(alarm: Any) -> dict[str, Any]:
    """Dimensions are spelt in lower case there, the statistic in capitals."""
    if alarm.statistic:
        about = {"StatisticType": "Statistic", "Statistic": _capitals(alarm.statistic)}
    else:
        about = {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
    made: dict[str, Any] = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **about,
        "Unit": alarm.unit or None,
        "Dimensions": [{"value": one.value, "name": one.name} for one in alarm.dimensions],
        "Period": int(alarm.period or 0),
        "EvaluationPeriods": int(alarm.evaluation_periods or 0),
    }
    if alarm.datapoints_to_alarm:
        made["DatapointsToAlarm"] = int(alarm.datapoints_to_alarm)
    return made | {
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": float(alarm.threshold or 0),
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }


def _capitals(statistic: str) -> str:
    return {"SampleCount": "SAMPLE_COUNT"}.get(statistic, statistic.upper())


def _time(at: datetime) -> str:
    moment = at.astimezone(UTC) if at.tzinfo else at
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


@cache
def region_name(region: str) -> str:
    """E.g. "US East (N. Virginia)"; the code itself where botocore knows no name."""
    from botocore.loaders import Loader

    for partition in Loader().load_data("partitions")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region].get("description", region))
    return region
