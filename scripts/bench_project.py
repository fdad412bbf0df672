"""What the benches and chaos share: a copy of the project to work on, the tool on it, clients of its embedded AWS."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("definitions", "lambdas", "iam", "samples")


class Project:
    """A copy of the project in a folder of its own, with the command line on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._status: dict[str, Any] = {}

    def tool(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command of the tool and return what it prints. One that ends with another code ends the script."""
        command = [sys.executable, str(ROOT / "deploy_stepfunction.py"), "--project", str(self.folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
        if done.returncode not in codes:
            raise SystemExit(f"{' '.join(arguments)} ended {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
        """What a command answers as JSON."""
        return json.loads(self.tool("--output", "json", *arguments, codes=codes))

    @property
    def server(self) -> int:
        """The process id of its embedded AWS."""
        return int(self._local()["pid"])

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of its embedded AWS. options: of botocore's Config."""
        return boto3.client(
            service,
            endpoint_url=self._local()["endpoint"],
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **options),
        )

    def _local(self) -> dict[str, Any]:
        if not self._status:
            self._status = self.json("local", "status")
        return self._status

    def processes(self) -> list[int]:
        """The process ids of the Lambdas that its embedded AWS runs now."""
        return children(self.server)


@contextmanager
def project_copy() -> Iterator[Project]:
    """A copy of the project; its embedded AWS is ended and its folder removed at the end."""
    with TemporaryDirectory(prefix="stepdeploy-bench-") as folder:
        for name in FOLDERS:
            shutil.copytree(ROOT / name, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
        project = Project(Path(folder))
        try:
            yield project
        finally:
            project.tool("local", "down")


def children(parent: int) -> list[int]:
    """The process ids of a process's children that live. `ps` is on Linux and on macOS."""
    command = ["ps", "-A", "-o", "pid=,ppid=,stat="]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [row.split() for row in rows if row.strip()]
    return [int(pid) for pid, ppid, state in found if int(ppid) == parent and not state.startswith("Z")]


def kill(pid: int) -> bool:
    """End a process at once; whether it was still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _environment() -> dict[str, str]:
    """Without the user's AWS account and settings of the tool."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STEPDEPLOY_"))}
