"""The checks that Lambda makes on a function's settings.

Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, patterns and ranges: CreateFunction's
API page, runtimes: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html.
"""

from __future__ import annotations

import json
import re
from typing import Any

from stepdeploy.local.functions.errors import constraint, invalid

#: Runtimes that the embedded AWS runs.
RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")
#: Deprecated, and no longer accepted for new functions.
BLOCKED = ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.10")
MAX_ENVIRONMENT = 4096
MAX_LAYERS = 5
RESERVED_VARIABLES = frozenset(
    [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ]
)
_ROLE = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_RANGES = {"Timeout": ("timeout", 1, 900), "MemorySize": ("memorySize", 128, 10240)}
_ENUMERATIONS = {
    "TracingConfig": ("Mode", "tracingConfig.mode", ("Active", "PassThrough")),
    "SnapStart": ("ApplyOn", "snapStart.applyOn", ("PublishedVersions", "None")),
    "LoggingConfig": ("LogFormat", "loggingConfig.logFormat", ("JSON", "Text")),
}


def check_settings(params: dict[str, Any]) -> None:
    """Check the members of a CreateFunction or UpdateFunctionConfiguration that are there. Raises ApiError."""
    _check_numbers(params)
    _check_texts(params)
    _check_enumerations(params)
    if "Environment" in params:
        check_environment(params["Environment"].get("Variables") or {})
    if "Architectures" in params:
        _check_architectures(params["Architectures"])
    if "Runtime" in params:
        check_runtime(params["Runtime"])
    _refuse_what_does_not_run(params)


def _check_numbers(params: dict[str, Any]) -> None:
    for name, (member, least, most) in _RANGES.items():
        value = params.get(name)
        if value is None:
            continue
        if value < least:
            raise constraint(value, member, f"Member must have value greater than or equal to {least}")
        if value > most:
            raise constraint(value, member, f"Member must have value less than or equal to {most}")
    size = params.get("EphemeralStorage", {}).get("Size", 512)
    if not 512 <= size <= 10240:
        bound = "greater than or equal to 512" if size < 512 else "less than or equal to 10240"
        raise constraint(size, "ephemeralStorage.size", f"Member must have value {bound}")


def _check_texts(params: dict[str, Any]) -> None:
    handler = params.get("Handler")
    if handler is not None and not re.fullmatch(r"\S{1,128}", handler):
        if len(handler) > 128:
            raise constraint(handler, "handler", "Member must have length less than or equal to 128")
        raise constraint(handler, "handler", r"Member must satisfy regular expression pattern: [^\s]+")
    description = params.get("Description", "")
    if len(description) > 256:
        raise constraint(description, "description", "Member must have length less than or equal to 256")
    role = params.get("Role")
    if role is not None and not re.fullmatch(_ROLE, role):
        raise constraint(role, "role", f"Member must satisfy regular expression pattern: {_ROLE}")


def _check_enumerations(params: dict[str, Any]) -> None:
    for name, (key, member, allowed) in _ENUMERATIONS.items():
        value = (params.get(name) or {}).get(key)
        if value is not None and value not in allowed:
            raise constraint(value, member, f"Member must satisfy enum value set: [{', '.join(allowed)}]")


def _check_architectures(values: list[str]) -> None:
    shown = f"[{', '.join(values)}]"
    if len(values) != 1:
        raise constraint(shown, "architectures", "Member must have length less than or equal to 1")
    if values[0] not in ("x86_64", "arm64"):
        raise constraint(
            shown,
            "architectures",
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], "
            "Member must not be null]",
        )


def check_runtime(runtime: str | None) -> None:
    """Raises ApiError for a runtime that AWS blocks or that is none, or that the embedded AWS cannot run."""
    if runtime in RUNTIMES:
        return
    if runtime in BLOCKED:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            f"functions. We recommend you use the new runtime ({RUNTIMES[-1]}) while creating or updating functions."
        )
    raise invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(RUNTIMES)}] or be a valid ARN (the embedded AWS runs these only)"
    )


def check_environment(variables: dict[str, str]) -> None:
    """Names, reserved names, and the 4 KB that all variables may take together."""
    for name in variables:
        if not re.fullmatch(r"[a-zA-Z]([a-zA-Z0-9_])+", name):
            raise constraint(
                variables,
                "environment.variables",
                "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "
                "[a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]",
            )
    reserved = [name for name in variables if name in RESERVED_VARIABLES]
    if reserved:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > MAX_ENVIRONMENT:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {measured}"
        )


def _refuse_what_does_not_run(params: dict[str, Any]) -> None:
    """What would be stored here and then behave otherwise than on AWS is refused in plain words."""
    if params.get("PackageType", "Zip") != "Zip" or "ImageConfig" in params or "ImageUri" in params.get("Code", {}):
        raise invalid("The embedded AWS of stepdeploy runs zip packages only, no container images.")
    if params.get("FileSystemConfigs"):
        raise invalid("The embedded AWS of stepdeploy has no file systems for functions.")
