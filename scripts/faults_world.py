"""An embedded AWS with a proxy before it, and runs of the tool against it, each case in processes of its own.

The parent has loaded all that the tool and the server need, once, and runs no thread. A case is a fork of it; that forks the
runs of the tool, which wait to be told what to do, and then starts the server: what is forked has one thread, always. The
server comes up by replaying its journal, so that what was deployed once is there for each case within a moment.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from aws_proxy import Meddler, Proxy
from faults_runs import Ran, Tool
from faults_warm import client, use

from stepdeploy.local.app import EmbeddedAws, Options


class World:
    """A project in a folder, its embedded AWS behind a proxy, and runs of the tool.

    folder: holds `project` and, where there is a state to begin with, `aws`. tools: how many runs there may be. served:
    ARNs of machine versions that were there in the beginning.
    """

    def __init__(self, folder: Path, tools: int) -> None:
        self.folder = folder
        self.project = folder / "project"
        self._tools = [Tool(folder, f"run{number}") for number in range(1, tools + 1)]
        self.aws = EmbeddedAws(Options(folder / "aws", idle_minutes=0))
        self.aws.start()
        use(self.aws)
        self.served = set(_versions())
        self.proxy = Proxy(self.aws.answer)
        self.proxy.start()

    def start(self, *arguments: str) -> Tool:
        """Begin a run of the tool with the next process that waits."""
        tool = self._tools.pop(0)
        tool.start(self.proxy.endpoint, ["--project", str(self.project), *arguments])
        return tool

    @property
    def next(self) -> Tool:
        """The process of the next run."""
        return self._tools[0]

    def run(self, *arguments: str, meddle: Meddler | None = None) -> Ran:
        """A run of the tool, from its start to its end. meddle: stands before its calls."""
        self.proxy.forget()
        self.proxy.meddle = meddle
        ran = self.start(*arguments).wait()
        self.settle()
        self.proxy.meddle = None
        return ran

    def settle(self) -> None:
        """Wait until calls that a run left under way have been answered."""
        deadline = time.monotonic() + 30
        while any(not seen.end for seen in self.proxy.calls()) and time.monotonic() < deadline:
            time.sleep(0.002)

    def close(self) -> None:
        for tool in self._tools:
            tool.drop()
        self.proxy.stop()
        self.aws.close()


def _versions() -> Iterator[str]:
    api = client("stepfunctions")
    for machine in api.list_state_machines()["stateMachines"]:
        found = api.list_state_machine_versions(stateMachineArn=machine["stateMachineArn"])
        yield from (version["stateMachineVersionArn"] for version in found["stateMachineVersions"])


@contextlib.contextmanager
def world(
    folder: Path, *, project: Path, aws: Path | None = None, tools: int, keep: Path | None = None
) -> Iterator[World]:
    """A World in a new folder, with copies of a project and of a server's state (aws: None for an empty one). The folder
    is removed in the end; keep: where the server's state is put before that."""
    folder.mkdir(parents=True)
    try:
        shutil.copytree(project, folder / "project")
        if aws is not None:
            nothing = shutil.ignore_patterns("*.lock", "server.*", "tmp")
            shutil.copytree(aws, folder / "aws", symlinks=True, ignore=nothing)
        made = World(folder, tools)
        try:
            yield made
        finally:
            made.close()
        if keep is not None:
            shutil.move(folder / "aws", keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
