"""Asks AWS how a version fares. Two sources, since neither is whole.

ListExecutions by the version's ARN knows every execution of a STANDARD machine by itself, and which alias it came
through; it cannot tell of EXPRESS ones, and of very many only the newest are read. CloudWatch's metrics of
{StateMachineArn, Version} count them all, but are "delivered on a best-effort basis": late, twice, or never
(https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from stepdeploy.engine.model import Aws
from stepdeploy.shift.judge import Alarm, Counts, Evidence
from stepdeploy.shift.state import Shift

MOST_LISTED = 10_000
"""Executions of a version that a look reads, newest first: ten pages. ListExecutions allows some five calls a second
(https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html)."""
ALARMS_A_CALL = 100
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html"""
MINUTE = 60
"""Seconds; the period of Step Functions' metrics."""
FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
ENDS = {"ExecutionsSucceeded": False, "ExecutionsFailed": True, "ExecutionsTimedOut": True, "ExecutionsAborted": True}
"""Metric -> whether it counts failures."""


def gather(aws: Aws, shift: Shift, now: float) -> Evidence:
    """How the new version fares in the step in force. now: seconds since 1970."""
    arn = f"{shift.machine_arn}:{shift.target}"
    listed = None if shift.express else count_listed(aws, shift, arn, MOST_LISTED)
    metrics = count_metrics(aws, shift.machine_arn, shift.target, first_whole_minute(shift.since), now)
    return Evidence(listed, metrics, read_alarms(aws, shift.policy.alarms))


def count_listed(aws: Aws, shift: Shift, version_arn: str, most: int) -> Counts:
    """Executions of a version that came through the alias since the shift began. Those that were started by the
    version's own ARN, as smoke cases are, do not count."""
    params = {"stateMachineArn": version_arn, "maxResults": min(most, 1000)}
    found = islice(aws.pages("stepfunctions", "list_executions", "executions", **params), most)
    return count(found, shift.alias_arn, shift.began, shift.since, most)


def count(
    executions: Iterable[Mapping[str, Any]], alias_arn: str, began: float, since: float, most: int = MOST_LISTED
) -> Counts:
    """Counts of ListExecutions' items, which come newest first. began, since: seconds since 1970."""
    started = ended = failed = running = seen = 0
    for item in executions:
        seen += 1
        if item["startDate"].timestamp() < began:
            break
        if item.get("stateMachineAliasArn") != alias_arn:
            continue
        started += 1
        if "stopDate" not in item:
            running += 1
        elif item["stopDate"].timestamp() >= since:
            ended += 1
            failed += item["status"] in FAILED
    return Counts(started, ended, failed, running, cut=seen >= most)


def first_whole_minute(second: float) -> float:
    """Step Functions' metrics come by the minute. One that had begun before also holds what happened before, smoke cases
    among it, so counting starts with the next."""
    return math.ceil(second / MINUTE) * float(MINUTE)


def count_metrics(aws: Aws, machine_arn: str, version: int, start: float, now: float) -> Counts | None:
    """What CloudWatch counted for a version from `start` on; None where that is yet to come."""
    if now <= start:
        return None
    names = ["ExecutionsStarted", *ENDS]
    answer = aws.call(
        "cloudwatch", "get_metric_data",
        MetricDataQueries=[_query(f"m{index}", name, machine_arn, version) for index, name in enumerate(names)],
        StartTime=datetime.fromtimestamp(start, UTC), EndTime=datetime.fromtimestamp(now + MINUTE, UTC),
    )  # fmt: skip
    sums = {result["Id"]: round(math.fsum(result["Values"])) for result in answer["MetricDataResults"]}
    totals = {name: sums.get(f"m{index}", 0) for index, name in enumerate(names)}
    failed = sum(totals[name] for name, failure in ENDS.items() if failure)
    return Counts(totals["ExecutionsStarted"], sum(totals[name] for name in ENDS), failed)


def _query(query: str, metric: str, machine_arn: str, version: int) -> dict[str, Any]:
    """Sum, since two values are sent for each execution that starts, 1 and 0."""
    dimensions = [{"Name": "StateMachineArn", "Value": machine_arn}, {"Name": "Version", "Value": str(version)}]
    named = {"Namespace": "AWS/States", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": query, "MetricStat": {"Metric": named, "Period": MINUTE, "Stat": "Sum"}}


def read_alarms(aws: Aws, names: Sequence[str]) -> tuple[Alarm, ...]:
    """The alarms of these names, in their order; state MISSING for one that does not exist. Composite ones, too: AWS
    leaves those out unless they are asked for."""
    found: dict[str, Alarm] = {}
    for start in range(0, len(names), ALARMS_A_CALL):
        answer = aws.call(
            "cloudwatch", "describe_alarms", AlarmNames=list(names[start : start + ALARMS_A_CALL]),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=ALARMS_A_CALL,
        )  # fmt: skip
        for item in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
            treats = item.get("TreatMissingData", "missing")
            found[item["AlarmName"]] = Alarm(item["AlarmName"], item["StateValue"], item.get("StateReason", ""), treats)
    return tuple(found.get(name, Alarm(name, "MISSING")) for name in names)
