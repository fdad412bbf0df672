"""The Amazon States Language: check definitions, offline. `check(text)` and `check_value(definition)`."""

from stepdeploy.asl.check import check, check_value
from stepdeploy.asl.findings import Finding

__all__ = ["Finding", "check", "check_value"]
