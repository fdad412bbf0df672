"""Start, find and stop the embedded AWS of a workspace. Used by the command line; loads nothing of the server.

A running server is known by `server.json` (pid, port, token) and believed only when `/_health` on that port answers
with that token: a dead pid, a pid that now belongs to another program, or another program on the port are all seen.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stepdeploy import __version__
from stepdeploy.errors import LocalAwsError
from stepdeploy.local import paths

START_SECONDS = 20.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
MAX_LOG_BYTES = 5 * 1024 * 1024
_MARKER = ".stepdeploy-local"
#: What would lead the server, or the Lambdas it runs, to real credentials or to another endpoint.
_DROPPED_VARIABLES = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
]


@dataclass(frozen=True)
class Running:
    """A server that answers. started_by_us: this call started it."""

    endpoint: str
    pid: int
    port: int
    started_by_us: bool


@dataclass(frozen=True)
class Status:
    """What a running server says of itself.

    running: executions and invocations under way. replayed, replay_seconds, set_aside: journal entries done again at
    start, how long that took, and how many could not be. memory_mb: peak resident memory.
    """

    endpoint: str
    pid: int
    port: int
    started: datetime
    requests: int
    running: int
    replayed: int
    replay_seconds: float
    set_aside: int
    memory_mb: int
    region: str
    samples: str | None


def ensure(workspace: Path, *, samples: Path | None = None, idle_minutes: float = 30) -> Running:
    """The workspace's server, started when there is none. Raises LocalAwsError when it does not come up.

    samples: folder served under /_samples; a server that serves another one, or is of another version of
    stepdeploy, is started again, unless it is at work.
    """
    directory = paths.state_directory(workspace)
    health = _health(directory)
    if health is None or _is_stale(health, samples):
        _prepare(directory)
        with _lock(directory):
            health = _health(directory)
            if health is not None and _is_stale(health, samples):
                _stop(directory)
                health = None
            if health is None:
                health = _start(directory, samples, idle_minutes)
                return _running(health, started_by_us=True)
    return _running(health, started_by_us=False)


def status(workspace: Path) -> Status | None:
    """What the workspace's server says of itself; None when none is running."""
    health = _health(paths.state_directory(workspace))
    if health is None:
        return None
    replayed = health["replayed"]
    return Status(
        endpoint=_endpoint(health["port"]),
        pid=health["pid"],
        port=health["port"],
        started=datetime.fromtimestamp(health["started"], UTC),
        requests=health["requests"],
        running=health["running"],
        replayed=replayed["entries"],
        replay_seconds=replayed["seconds"],
        set_aside=replayed["aside"],
        memory_mb=health["memory_mb"],
        region=health["region"],
        samples=health["samples"],
    )


def down(workspace: Path) -> bool:
    """Stop the workspace's server; its state stays. False when none was running. Raises LocalAwsError."""
    directory = paths.state_directory(workspace)
    if not directory.is_dir():
        return False
    with _lock(directory):
        return _stop(directory)


def reset(workspace: Path) -> None:
    """Stop the workspace's server and delete all of its state. Raises LocalAwsError for a folder that is not its own."""
    directory = paths.state_directory(workspace)
    if not directory.is_dir():
        return
    _prepare(directory)
    with _lock(directory):
        _stop(directory)
        for path in directory.iterdir():
            if path.name == "lock":
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def log_tail(workspace: Path, lines: int = 20) -> list[str]:
    """The last lines of the server's log."""
    return _tail(paths.state_directory(workspace), lines)


# Finding --------------------------------------------------------------------------------------------------------------


def _endpoint(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _running(health: dict[str, Any], *, started_by_us: bool) -> Running:
    return Running(_endpoint(health["port"]), health["pid"], health["port"], started_by_us)


def _is_stale(health: dict[str, Any], samples: Path | None) -> bool:
    """Is it of another version of this package, or does it serve other samples? One that is at work is left alone."""
    if health["running"]:
        return False
    return health["version"] != __version__ or (samples is not None and health["samples"] != str(samples.resolve()))


def _server_json(directory: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(paths.server_file(directory).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"pid", "port", "token"} <= set(found) else None


def _health(directory: Path) -> dict[str, Any] | None:
    """What the server named in server.json says; None when it is not that server that answers."""
    found = _server_json(directory)
    if found is None:
        return None
    answer = ask_health(found["port"])
    return answer if answer is not None and answer.get("token") == found["token"] else None


def ask_health(port: int, timeout: float = 5.0) -> dict[str, Any] | None:
    """GET /_health over a bare socket: http.client would cost every command 15 ms of imports."""
    request = f"GET /_health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.sendall(request.encode())
            data = b"".join(iter(lambda: connection.recv(65536), b""))
        answer = json.loads(data.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


# Starting -------------------------------------------------------------------------------------------------------------


def _prepare(directory: Path) -> None:
    """Make the folder and mark it as ours; a folder with other things in it is never taken over."""
    marker = directory / _MARKER
    if directory.is_dir() and not marker.exists() and any(path.name != "lock" for path in directory.iterdir()):
        raise LocalAwsError(
            "The folder for the embedded AWS holds other files.",
            where=str(directory),
            hint=f"Give {paths.DIRECTORY_VARIABLE} an empty or new folder.",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        marker.touch(mode=0o600)
    except OSError as error:
        raise LocalAwsError(f"The folder for the embedded AWS cannot be made: {error}", where=str(directory)) from None


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a folder. The lock goes with the process that holds it."""
    descriptor = os.open(directory / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start(directory: Path, samples: Path | None, idle_minutes: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "stepdeploy.local", "--directory", str(directory)]
    command += ["--port", str(_last_port(directory)), "--idle-minutes", str(idle_minutes)]
    if samples is not None:
        command += ["--samples", str(samples.resolve())]
    log = paths.log_file(directory)
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.unlink()
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        child = subprocess.Popen(
            command,
            cwd=directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    health = _await_ready(child, directory)
    child.returncode = 0  # it outlives us; Popen would warn that it still runs
    return health


def _last_port(directory: Path) -> int:
    try:
        return int(paths.port_file(directory).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def _environment() -> dict[str, str]:
    """Ours, without ways to a real account, and with this package on the path."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _DROPPED_VARIABLES and not name.startswith("AWS_ENDPOINT_URL")
    }
    root = str(Path(__file__).resolve().parents[2])
    python_path = os.pathsep.join(part for part in (root, kept.get("PYTHONPATH", "")) if part)
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | nothing | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": python_path}


def _await_ready(child: subprocess.Popen[bytes], directory: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        health = _health(directory)
        if health is not None:
            return health
        if child.poll() is not None:
            raise _did_not_start(f"The embedded AWS ended at start with exit code {child.returncode}", directory)
        time.sleep(POLL_SECONDS)
    child.kill()
    child.wait()
    raise _did_not_start(f"The embedded AWS did not answer within {START_SECONDS:.0f} s", directory)


def _did_not_start(what: str, directory: Path) -> LocalAwsError:
    last = "\n".join(_tail(directory, 15))
    return LocalAwsError(f"{what}. Its log ends with:\n{last}", where=str(paths.log_file(directory)))


def _tail(directory: Path, lines: int) -> list[str]:
    try:
        with paths.log_file(directory).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 64 * 1024))
            return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []


# Stopping -------------------------------------------------------------------------------------------------------------


def _stop(directory: Path) -> bool:
    """End the server named in server.json, if it is ours and alive."""
    found = _server_json(directory)
    if found is None:
        return False
    pid = int(found["pid"])
    alive = _health(directory) is not None or _is_our_process(pid, directory)
    if alive:
        _end(pid, directory)
    paths.server_file(directory).unlink(missing_ok=True)
    return alive


def _is_our_process(pid: int, directory: Path) -> bool:
    """Is the process with this id a server of this folder? Asked only of one that does not answer."""
    listing = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "stepdeploy.local" in listing.stdout and str(directory) in listing.stdout


def _end(pid: int, directory: Path) -> None:
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 2.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _alive(pid):
                return
            time.sleep(POLL_SECONDS)
    raise LocalAwsError(f"The embedded AWS (process {pid}) does not end", where=str(directory))


def _alive(pid: int) -> bool:
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False  # our own child: without this it would stay as a zombie
    except ChildProcessError:
        pass  # another process started it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
