"""Resource ARNs of Task states: taken apart, and which of them the embedded AWS runs.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from stepdeploy.local.states.integrations import sdk_names

LAMBDA_FUNCTION = "lambda-function"
ACTIVITY = "activity"
WAIT = "waitForTaskToken"
_PATTERNS = ("sync:2", "sync", WAIT)

#: Optimised integrations that run here: service -> action -> patterns besides the plain request.
SUPPORTED: dict[str, dict[str, tuple[str, ...]]] = {
    "lambda": {"invoke": (WAIT,)},
    "sns": {"publish": (WAIT,)},
    "sqs": {"sendMessage": (WAIT,)},
    "dynamodb": {"getItem": (), "putItem": (), "updateItem": (), "deleteItem": ()},
    "events": {"putEvents": (WAIT,)},
    "states": {"startExecution": ("sync", "sync:2", WAIT)},
}
#: Optimised integrations of AWS that do not run here.
ELSEWHERE = frozenset(
    [
        "apigateway",
        "athena",
        "batch",
        "bedrock",
        "codebuild",
        "databrew",
        "ecs",
        "eks",
        "elasticmapreduce",
        "emr-containers",
        "emr-serverless",
        "glue",
        "http",
        "mediaconvert",
        "sagemaker",
    ]
)


@dataclass(frozen=True)
class Resource:
    """service: "lambda", "aws-sdk:s3", LAMBDA_FUNCTION, ACTIVITY. pattern: "", "sync", "sync:2", "waitForTaskToken".

    action: "invoke"; the whole ARN for a function or an activity.
    """

    service: str
    action: str
    pattern: str = ""


@cache
def parse(arn: str) -> Resource | None:
    """Take a Resource apart; None for what is none."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[0] != "arn":
        return None
    if parts[2] == "lambda" and parts[5] == "function":
        return Resource(LAMBDA_FUNCTION, arn)
    if parts[2] != "states":
        return None
    if parts[5] == "activity":
        return Resource(ACTIVITY, arn)
    sdk = parts[5] == "aws-sdk" and len(parts) > 7
    service = f"aws-sdk:{parts[6]}" if sdk else parts[5]
    action, _, pattern = ":".join(parts[7 if sdk else 6 :]).partition(".")
    return Resource(service, action, pattern) if pattern in ("", *_PATTERNS) else None


def problem(arn: str) -> str | None:
    """Why a Resource cannot be run, as a text in which {resource} stands for it; None where it can."""
    resource = parse(arn)
    if resource is None:
        return UNRECOGNIZED
    if resource.service in (LAMBDA_FUNCTION, ACTIVITY):
        return None
    if resource.service.startswith("aws-sdk:"):
        known = sdk_names.operation(resource.service.removeprefix("aws-sdk:"), resource.action) is not None
        return None if known and resource.pattern in ("", WAIT) else UNRECOGNIZED
    if resource.service in ELSEWHERE:
        return NOT_HERE
    patterns = SUPPORTED.get(resource.service, {}).get(resource.action)
    return None if patterns is not None and resource.pattern in ("", *patterns) else UNRECOGNIZED


UNRECOGNIZED = (
    "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is "
    "not available in this region."
)
NOT_HERE = "The embedded AWS of stepdeploy does not run {resource}; use a real AWS account for it."
