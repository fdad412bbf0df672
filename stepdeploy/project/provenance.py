"""Who releases, and from which commit."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
from pathlib import Path


def who() -> str:
    """`user@host` of whoever runs the tool."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def git_commit(directory: Path) -> str:
    """`git <12 digits>`, with `+changes` where files differ; "no git" outside a repository."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+changes", "--exclude=*", "--abbrev=12"],
            cwd=directory, capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "no git"
    return f"git {found.stdout.strip()}" if found.returncode == 0 else "no git"
