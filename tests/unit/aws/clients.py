"""A Session whose clients are scripts instead of boto3's, on a clock that only `sleep` moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.aws.session import Session, Target

Step = Mapping[str, Any] | Exception


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Client:
    """Plays what a script says for an operation, one step a call; the last step stays."""

    def __init__(self, script: Mapping[str, Sequence[Step]]) -> None:
        self.script = {name: list(steps) for name, steps in script.items()}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def play(**params: Any) -> Any:
            self.calls.append((operation, params))
            steps = self.script[operation]
            step = steps.pop(0) if len(steps) > 1 else steps[0]
            if isinstance(step, Exception):
                raise step
            return step

        return play


class Time:
    """Seconds that pass only in `sleep`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.naps.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


class Scripted(Session):
    """The session with every service played by one client."""

    def __init__(self, script: Mapping[str, Sequence[Step]], *, read_only: bool = False) -> None:
        self.time = Time()
        self.played = Client(script)
        super().__init__(
            Target("eu-west-1"), read_only=read_only, sleep=self.time.sleep, clock=self.time.clock
        )  # fmt: skip

    def _client(self, service: str) -> Any:
        return self.played

    def names(self) -> list[str]:
        return [name for name, _ in self.played.calls]
