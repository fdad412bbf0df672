"""The logging configuration of a state machine: its defaults and AWS's checks.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html
"""

from __future__ import annotations

from typing import Any

from stepdeploy.local.states import faults
from stepdeploy.local.states.roles import Roles
from stepdeploy.local.world import World

OFF: dict[str, Any] = {"level": "OFF", "includeExecutionData": False}


def complete(given: dict[str, Any] | None) -> dict[str, Any]:
    """The configuration with AWS's defaults filled in."""
    return {**OFF, **(given or {})}


def group_name(configuration: dict[str, Any]) -> str | None:
    """The log group that events go to, None where the level is OFF."""
    if configuration["level"] == "OFF" or not configuration.get("destinations"):
        return None
    return _group(configuration["destinations"][0])


def check(configuration: dict[str, Any], role: str, region: str, world: World, roles: Roles) -> None:
    """Raises InvalidLoggingConfiguration, or AccessDeniedException where the role may not deliver logs."""
    destinations = configuration.get("destinations", [])
    if len(destinations) > 1 or (configuration["level"] != "OFF" and len(destinations) != 1):
        raise faults.invalid_logging("Must specify exactly one Log Destination.")
    if not destinations:
        return
    name = _group(destinations[0])
    if name is None:
        raise faults.invalid_logging("Must specify exactly one Log Destination.")
    found = world.client("logs", region).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if not any(group["logGroupName"] == name for group in found):
        raise faults.invalid_logging("Log Destination not found.")
    if configuration["level"] != "OFF":
        roles.check_log_delivery(role)


def _group(destination: dict[str, Any]) -> str | None:
    """`/aws/vendedlogs/x` of `arn:aws:logs:R:A:log-group:/aws/vendedlogs/x:*`; None where no ARN is given.

    Raises InvalidLoggingConfiguration for an ARN without the `:*` that Step Functions wants.
    """
    arn: str | None = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn")
    if arn is None:
        return None
    parts = arn.split(":")
    if len(parts) != 8 or parts[2] != "logs" or parts[5] != "log-group" or parts[7] != "*":
        raise faults.invalid_logging("Log Destination ARN must be the ARN of a log group and end with ':*'.")
    return parts[6]
