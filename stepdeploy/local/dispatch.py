"""Sends each AWS request to its service, keeps the journal, and replays it at start."""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from stepdeploy.local import moto_bridge, moto_services, repeatable, wire
from stepdeploy.local.journal import Entry, Journal, LogLines
from stepdeploy.local.moto_bridge import MotoBridge
from stepdeploy.local.wire import ApiError, HttpRequest, HttpResponse, Service

log = logging.getLogger(__name__)

_CREDENTIAL = re.compile(r"Credential=[^/\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_WRONG_SCOPE = "The request names no service: it has no SigV4 credential scope. Sign it, with any credentials."


@dataclass(frozen=True)
class Scope:
    """What a request is signed for."""

    region: str
    service: str


@dataclass
class Replayed:
    """How the replay at start went. entries: replayed. seconds: how long it took. aside: could not be replayed."""

    entries: int = 0
    seconds: float = 0.0
    aside: int = 0


def scope_of(request: HttpRequest) -> Scope:
    """Region and service from the Authorization header, or from a presigned URL. Raises ApiError without either."""
    text = request.header("Authorization")
    if not text:
        query = parse_qs(urlsplit(request.target).query)
        if "AWSAccessKeyId" in query:  # presigned in the old way (Signature Version 2), which only S3 knows
            return Scope("us-east-1", "s3")
        text = "Credential=" + query.get("X-Amz-Credential", [""])[0]
    found = _CREDENTIAL.search(text)
    if found is None:
        raise ApiError("MissingAuthenticationToken", _WRONG_SCOPE, 403)
    return Scope(found[1], found[2])


class Background(Protocol):
    """What works beside the services."""

    def running(self) -> int:
        """How much of its work is under way."""
        ...

    def close(self) -> None:
        """Stop it."""
        ...


class Dispatcher:
    """The one entrance to all services, from HTTP, from inside the process, and from the journal.

    A write is done under the lock of its service, with its own random seed and a clock that stands still, and is
    journalled when it succeeded. A write that a service makes while it is doing a write is part of that one.
    """

    def __init__(self, bridge: MotoBridge, journal: Journal, account: str, region: str) -> None:
        self.bridge = bridge
        self.journal = journal
        self.account = account
        #: The region that requests to our services were last signed for.
        self.region = region
        self.services: dict[str, Service] = {}
        #: What works beside the services.
        self.background: list[Background] = []
        #: Told of log lines that were written, but not when the journal is replayed.
        self.on_logs: Callable[[LogLines], None] = lambda lines: None
        self.counts: Counter[str] = Counter()
        self.replaying = False
        self._locks: dict[str, threading.RLock] = {}

    def add(self, service: Service) -> None:
        self.services[service.name] = service
        self._locks[service.name] = threading.RLock()

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request, errors included. Never raises."""
        request_id = str(uuid.uuid4())
        name = ""
        try:
            scope = scope_of(request)
            name = scope.service
            self.counts[name] += 1
            if name == "s3":
                request = moto_bridge.path_style(request)
            if not repeatable.is_repeating() and self._writes(name, request):
                return self._write(scope, request, request_id)
            return self._perform(scope, request, request_id)
        except ApiError as error:
            if name in self.services:
                return wire.render_error(name, error, request_id)
            return moto_bridge.render_error(name, error, request, request_id)
        except Exception as error:
            log.exception("%s failed", name or "the server")
            failure = ApiError("InternalFailure", f"{name}: {type(error).__name__}: {error}", moto_bridge.CRASHED)
            return moto_bridge.render_error(name, failure, request, request_id)

    def _writes(self, name: str, request: HttpRequest) -> bool:
        service = self.services.get(name)
        if service is not None:
            return service.mutates(wire.operation_name(name, request))
        return name in moto_services.SERVICES and moto_services.writes(name, request)

    def _write(self, scope: Scope, request: HttpRequest, request_id: str) -> HttpResponse:
        with self._locks.get(scope.service, self.bridge.lock):
            entry = Entry(repeatable.now(), secrets.token_hex(8), request)
            with repeatable.repeating(entry.seed, entry.at):
                response = self._perform(scope, request, request_id)
            if 200 <= response.status < 300:
                self.journal.append(entry)
            return response

    def _perform(self, scope: Scope, request: HttpRequest, request_id: str) -> HttpResponse:
        service = self.services.get(scope.service)
        if service is None:
            return self.bridge.handle(scope.service, scope.region, request)
        self.region = scope.region
        call = wire.parse(scope.service, request, region=scope.region, account=self.account, request_id=request_id)
        return wire.render(call, service.handle(call))

    def write_logs(self, lines: LogLines) -> None:
        """Put lines into CloudWatch Logs without a request; makes group and stream where missing."""
        if not lines.lines:
            return
        with self.bridge.lock:
            if repeatable.is_repeating():
                self._put_logs(lines)
                return
            entry = Entry(repeatable.now(), secrets.token_hex(8), lines)
            with repeatable.repeating(entry.seed, entry.at):
                self._put_logs(lines)
            self.journal.append(entry)
        self.on_logs(lines)

    def _put_logs(self, lines: LogLines) -> None:
        backend = self.bridge.backend("logs", lines.region, self.account)
        if lines.group not in backend.groups:
            backend.create_log_group(lines.group, {})
        backend.ensure_log_stream(lines.group, lines.stream)
        events = [
            {"timestamp": time_ms, "message": text} for time_ms, text in sorted(lines.lines, key=lambda at: at[0])
        ]
        backend.put_log_events(lines.group, lines.stream, events)

    def replay(self) -> Replayed:
        """Do everything in the journal again, each entry at its recorded time and with its recorded seed."""
        self.journal.forget_old_logs()
        report = Replayed()
        began = time.monotonic()
        self.replaying = True
        try:
            self._replay_all(report)
        finally:
            self.replaying = False
            self.counts.clear()
        report.seconds = round(time.monotonic() - began, 3)
        report.aside = self.journal.aside()
        return report

    def _replay_all(self, report: Replayed) -> None:
        traveller = None
        try:
            for entry in self.journal.entries():
                if traveller is None:
                    import time_machine  # only needed when there is something to replay

                    travel = time_machine.travel(entry.at, tick=False)
                    traveller = travel.start()
                traveller.move_to(entry.at)
                problem = self._replay_one(entry)
                if problem is not None:
                    log.warning("Journal entry %d was set aside: %s", entry.number, problem)
                    self.journal.set_aside(entry, problem)
                report.entries += problem is None
        finally:
            if traveller is not None:
                travel.stop()

    def _replay_one(self, entry: Entry) -> str | None:
        """What went wrong, if anything."""
        with repeatable.repeating(entry.seed, entry.at):
            if isinstance(entry.what, LogLines):
                try:
                    self._put_logs(entry.what)
                except Exception as error:
                    return f"log lines: {type(error).__name__}: {error}"
                return None
            response = self.handle(entry.what)
        if 200 <= response.status < 300:
            return None
        operation = moto_services.operation_of(entry.what)
        return f"{operation}: {response.status} {response.body[:300].decode('utf-8', 'replace')}"

    def running(self) -> int:
        """How many executions, invocations and deliveries are under way."""
        counts = (getattr(service, "running", None) for service in [*self.services.values(), *self.background])
        return sum(int(count()) for count in counts if count is not None)

    def close(self) -> None:
        """Stop the services, then the journal. A service that fails to stop does not keep the others from it."""
        parts: list[Background | Service] = [*self.background, *reversed(self.services.values())]
        for part in parts:
            try:
                part.close()
            except Exception:
                log.exception("%s did not stop cleanly", type(part).__name__)
        self.journal.close()
