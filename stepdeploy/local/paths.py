"""Where the embedded AWS of a workspace keeps its files. Shared by the server and the manager; imports nothing heavy."""

from __future__ import annotations

import os
from pathlib import Path

DIRECTORY_VARIABLE = "STEPDEPLOY_LOCAL_DIR"


def state_directory(workspace: Path) -> Path:
    """<workspace>/.stepdeploy/local, or what STEPDEPLOY_LOCAL_DIR says."""
    override = os.environ.get(DIRECTORY_VARIABLE)
    return Path(override).expanduser().resolve() if override else workspace.resolve() / ".stepdeploy" / "local"


def server_file(directory: Path) -> Path:
    """JSON of the running server: pid, port, token, started (epoch seconds)."""
    return directory / "server.json"


def log_file(directory: Path) -> Path:
    return directory / "server.log"


def journal_file(directory: Path) -> Path:
    return directory / "state.sqlite"


def port_file(directory: Path) -> Path:
    """The port used last, so that queue URLs and clients survive a restart."""
    return directory / "port"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
