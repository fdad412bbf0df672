"""Where an asynchronous call's event goes when the function has failed for the last time (on_failure).

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html. Topics and rules call a function without a
version, so the configuration is that of $LATEST.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base


class InvokeConfig(Base):
    """desired: on_failure (ARN of a queue, topic or function). `name` is the function's."""

    kind = "invoke_config"

    def read(self, aws: Aws) -> Actual | None:
        try:
            found = aws.call("lambda", "get_function_event_invoke_config", FunctionName=self.name)
        except NotFound:
            return None
        destinations = found.get("DestinationConfig", {})
        return Actual(None, {"on_failure": destinations.get("OnFailure", {}).get("Destination")})

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        """Update keeps what it does not name, such as a number of retries that somebody has set."""
        wanted = {"on_failure": desired["on_failure"]}
        operation = "put_function_event_invoke_config" if actual is None else "update_function_event_invoke_config"
        destination = {"OnFailure": {"Destination": desired["on_failure"]}}
        call = Call("lambda", operation, {"FunctionName": self.name, "DestinationConfig": destination})
        if actual is None:
            return Decision((call,))
        found = changes(actual.view, wanted)
        return Decision((call,) if found else (), found)

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        return (Call("lambda", "delete_function_event_invoke_config", {"FunctionName": self.name}),)
