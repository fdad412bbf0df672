"""What the embedded AWS gives to its services: names, clock, ids, clients of the other services, log lines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stepdeploy.arns import Place

if TYPE_CHECKING:
    from stepdeploy.local.functions.service import FunctionsService
    from stepdeploy.local.states.service import StatesService

ACCOUNT = "123456789012"


class World(Protocol):
    """What a service may ask of the server it runs in.

    region: the region that requests to our services were last signed for; a service that has an `ApiCall` takes
    `call.region`. directory: <workspace>/.stepdeploy/local, for what a service wants to keep.
    """

    account: str
    endpoint: str
    directory: Path
    functions: FunctionsService
    states: StatesService

    @property
    def region(self) -> str: ...

    def place(self) -> Place:
        """Partition, region and account, for building ARNs."""
        ...

    def client(self, service: str, region: str | None = None) -> Any:
        """A cached botocore client of our own endpoint; thread-safe; no retries."""
        ...

    def write_logs(self, group: str, stream: str, lines: list[tuple[int, str]], *, region: str | None = None) -> None:
        """Put lines (epoch milliseconds, text) into CloudWatch Logs; makes group and stream where missing."""
        ...

    def new_id(self) -> str:
        """A uuid4 as text. Comes out the same again when the journal is replayed."""
        ...

    def now(self) -> datetime:
        """The time, UTC. While the journal is replayed: the time at which the request was first made."""
        ...
