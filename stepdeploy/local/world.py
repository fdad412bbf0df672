"""What the embedded AWS gives to its services: names, clock, ids, clients of the other services, log lines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from stepdeploy.arns import Place, partition_of
from stepdeploy.local import repeatable
from stepdeploy.local.journal import LogLines
from stepdeploy.local.wire import HttpRequest

if TYPE_CHECKING:
    from stepdeploy.local.dispatch import Dispatcher
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

    @property
    def replaying(self) -> bool:
        """True while the journal is replayed at start: nothing must run yet."""
        ...

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


class LocalWorld:
    """The World of a running server. `functions` and `states` are set when the services are there."""

    functions: FunctionsService
    states: StatesService

    def __init__(self, dispatcher: Dispatcher, endpoint: str, directory: Path) -> None:
        self.account = dispatcher.account
        self.endpoint = endpoint
        self.directory = directory
        self._dispatcher = dispatcher
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._session: Any = None

    @property
    def region(self) -> str:
        return self._dispatcher.region

    @property
    def replaying(self) -> bool:
        return self._dispatcher.replaying

    def place(self) -> Place:
        return Place(partition_of(self.region), self.region, self.account)

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self.region)
        with self._lock:  # sessions and the making of clients are not thread-safe; clients are
            if key not in self._clients:
                self._clients[key] = self._new_client(*key)
            return self._clients[key]

    def _new_client(self, service: str, region: str) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        if self._session is None:
            self._session = Session()
            self._session.set_credentials("embedded", "embedded")
        config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        client = self._session.create_client(service, region_name=region, endpoint_url=self.endpoint, config=config)
        client.meta.events.register("before-send", self._answer_in_process)
        return client

    def _answer_in_process(self, request: Any, **_: Any) -> Any:
        """botocore's "before-send" hook: what it returns is the answer, and nothing goes over the network.

        In the same thread, so that what a service does during a write belongs to that write.
        """
        from botocore.awsrequest import AWSResponse

        url = urlsplit(request.url)
        target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        headers = [
            (name, value.decode() if isinstance(value, bytes) else value) for name, value in request.headers.items()
        ]
        response = self._dispatcher.handle(HttpRequest(request.method, target, headers, _body_bytes(request.body)))
        answer: Any = AWSResponse
        return answer(request.url, response.status, response.headers, _Raw(response.body))

    def write_logs(self, group: str, stream: str, lines: list[tuple[int, str]], *, region: str | None = None) -> None:
        self._dispatcher.write_logs(LogLines(region or self.region, group, stream, lines))

    def new_id(self) -> str:
        return repeatable.new_id()

    def now(self) -> datetime:
        return repeatable.now()


def _body_bytes(body: Any) -> bytes:
    """A prepared request's body: nothing, bytes, text or a file."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    return bytes(body.read())


class _Raw(BytesIO):
    """A response body as botocore reads it: `stream` for modelled bodies, `read` for streamed ones."""

    def stream(self, amt: int = 1 << 16, decode_content: bool | None = None) -> Iterator[bytes]:
        while part := self.read(amt):
            yield part
