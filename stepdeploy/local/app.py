"""One running embedded AWS: builds the parts, replays the journal, serves, and ends when told or when idle."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import resource
import secrets
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stepdeploy import __version__
from stepdeploy.local import paths, samples, tagging
from stepdeploy.local.dispatch import Dispatcher
from stepdeploy.local.journal import Journal
from stepdeploy.local.moto_bridge import MotoBridge
from stepdeploy.local.server import Front
from stepdeploy.local.wire import HttpRequest, HttpResponse
from stepdeploy.local.world import ACCOUNT, LocalWorld

if TYPE_CHECKING:
    from stepdeploy.local.events.service import Events

log = logging.getLogger(__name__)

DEFAULT_REGION = "us-east-1"
HEALTH = "/_health"


@dataclass(frozen=True)
class Options:
    """directory: where state is kept. port: 0 for any. idle_minutes: 0 for never ending by itself."""

    directory: Path
    port: int = 0
    samples: Path | None = None
    idle_minutes: float = 30
    region: str = DEFAULT_REGION


class EmbeddedAws:
    """The whole of it. `start` returns when requests are answered; `wait` when it is time to end."""

    def __init__(self, options: Options) -> None:
        began = time.monotonic()
        self.options = options
        self.token = secrets.token_hex(16)
        self.started = time.time()
        options.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _only_one(options.directory)
        self.front = Front(options.port, self.answer)
        bridge = MotoBridge(self.front.endpoint)
        self.dispatcher = Dispatcher(bridge, Journal(paths.journal_file(options.directory)), ACCOUNT, options.region)
        self.world = LocalWorld(self.dispatcher, self.front.endpoint, options.directory)
        self.events = services(self.world, self.dispatcher, bridge)
        self.replayed = self.dispatcher.replay()
        self.stopping = threading.Event()
        self.start_seconds = round(time.monotonic() - began, 3)

    def start(self) -> None:
        """Listen, then say so in server.json."""
        self.front.start()
        self.events.start()
        directory = self.options.directory
        paths.write_private(paths.port_file(directory), f"{self.front.port}\n")
        found = {"pid": os.getpid(), "port": self.front.port, "token": self.token, "started": self.started}
        paths.write_private(paths.server_file(directory), json.dumps(found) + "\n")
        log.info("ready on %s: %s", self.front.endpoint, asdict(self.replayed))

    def wait(self) -> None:
        """Until `stopping` is set, or nothing was asked and nothing ran for `idle_minutes`."""
        limit = self.options.idle_minutes * 60
        while not self.stopping.wait(min(max(limit / 10, 0.2), 15) if limit else None):
            if self.dispatcher.running() or self.front.busy:
                self.front.last_request = time.monotonic()
            elif time.monotonic() - self.front.last_request > limit:
                log.info("ending: idle for %s minutes", self.options.idle_minutes)
                return

    def close(self) -> None:
        """Stop serving, stop the services, close the journal, and take server.json away."""
        self.front.stop()
        self.dispatcher.close()
        file = paths.server_file(self.options.directory)
        try:
            if json.loads(file.read_text(encoding="utf-8")).get("token") == self.token:
                file.unlink()
        except (OSError, ValueError):
            pass  # removed meanwhile, or another server's
        os.close(self._lock)
        log.info("ended")

    def answer(self, request: HttpRequest) -> HttpResponse:
        """A request that came over HTTP."""
        if request.target.partition("?")[0] == HEALTH:
            return HttpResponse(200, {"Content-Type": "application/json"}, json.dumps(self.health()).encode())
        if request.target.startswith(samples.PREFIX):
            return samples.answer(self.options.samples, request)
        return self.dispatcher.handle(request)

    def health(self) -> dict[str, object]:
        """What `/_health` answers. memory_mb: peak resident memory."""
        return {
            "pid": os.getpid(),
            "port": self.front.port,
            "token": self.token,
            "version": __version__,
            "started": self.started,
            "start_seconds": self.start_seconds,
            "requests": self.front.requests,
            "calls": dict(self.dispatcher.counts),
            "running": self.dispatcher.running(),
            "replayed": asdict(self.replayed),
            "memory_mb": _peak_memory_mb(),
            "samples": str(self.options.samples) if self.options.samples else None,
            "region": self.dispatcher.region,
        }


def services(world: LocalWorld, dispatcher: Dispatcher, bridge: MotoBridge) -> Events:
    """Build the services that are ours and give them to the dispatcher; and what works between all services."""
    from stepdeploy.local.events.service import Events
    from stepdeploy.local.functions.service import FunctionsService
    from stepdeploy.local.states.service import StatesService

    world.functions = FunctionsService(world)
    dispatcher.add(world.functions)
    world.states = StatesService(world)
    dispatcher.add(world.states)
    events = Events(world, bridge)
    listers = (world.functions.tagged, world.states.tagged, tagging.tables(bridge.backend, ACCOUNT))
    hooked = bridge.on_load

    def on_load(service: str) -> None:
        hooked(service)
        if service == "tagging":
            tagging.add(listers)

    bridge.on_load = on_load
    dispatcher.background.append(events)
    dispatcher.on_logs = events.logged
    world.functions.observe(events.invoked)
    world.states.engine.changed = events.execution_changed
    return events


def _only_one(directory: Path) -> int:
    """Hold the folder as long as this process lives; two servers would write one journal. Raises SystemExit."""
    descriptor = os.open(directory / "server.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise SystemExit(f"Another embedded AWS works in {directory}. `stepdeploy local down` ends it.") from None
    return descriptor


def _peak_memory_mb() -> int:
    """getrusage gives KiB on Linux, bytes on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20) if sys.platform == "darwin" else peak / 1024)
