"""Secrets by name or ARN, from Secrets Manager or the SSM Parameter Store. A value never gets into a message.

An identifier that begins with `/`, or is an ARN of the service `ssm`, names a parameter; any other names a secret.
"""

from __future__ import annotations

import json
import os
import time

from common import aws
from common.errors import ConfigurationError

# A rotated key is picked up after this many seconds.
KEEP_SECONDS = 300

_kept: dict[str, tuple[float, str]] = {}


def configured(name_env: str) -> bool:
    """Whether the environment variable names a secret."""
    return bool(os.environ.get(name_env, "").strip())


def get(name_env: str) -> str:
    """The value of the secret whose name or ARN stands in the environment variable.

    A secret that is a JSON object must hold the value under `api_key`.
    Raises ConfigurationError when it is not set, cannot be read, or is empty.
    """
    identifier = os.environ.get(name_env, "").strip()
    if not identifier:
        raise ConfigurationError(f"{name_env} must hold the name or ARN of a secret")
    read_at, value = _kept.get(identifier, (float("-inf"), ""))
    if time.monotonic() - read_at > KEEP_SECONDS:
        value = _key_in(_read(identifier), identifier)
        _kept[identifier] = (time.monotonic(), value)
    return value


def forget() -> None:
    """Drop all kept values."""
    _kept.clear()


def _read(identifier: str) -> str:
    with aws.errors_as(ConfigurationError, f"reading the secret {identifier}"):
        if identifier.startswith("/") or identifier.split(":")[2:3] == ["ssm"]:
            answer = aws.client("ssm").get_parameter(Name=identifier, WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        return str(aws.client("secretsmanager").get_secret_value(SecretId=identifier).get("SecretString", ""))


def _key_in(text: str, identifier: str) -> str:
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    value = content.get("api_key") if isinstance(content, dict) else text
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"the secret {identifier} holds neither a plain value nor a JSON object with api_key")
    return value.strip()
