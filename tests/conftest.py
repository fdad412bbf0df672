"""What all tests share: no real AWS, no user configuration, and a way to run the command line."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / ".." / "shared"


@pytest.fixture(autouse=True, scope="session")
def no_real_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the user's credentials, profiles or settings of the tool."""
    nowhere = tmp_path_factory.mktemp("no-aws")
    kept = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "STEPDEPLOY_")):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = str(nowhere / "config")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(nowhere / "credentials")
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(autouse=True, scope="session")
def service_models_are_read_once() -> Iterator[None]:
    """Each account that moto plays gets a new session, which would read botocore's JSON models anew: half of a test's
    time. The models are read-only, so all sessions of this process share them."""
    from botocore.loaders import JSONFileLoader

    read = JSONFileLoader.load_file
    models: dict[str, Any] = {}

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        if file_path not in models:
            models[file_path] = read(self, file_path)
        return models[file_path]

    JSONFileLoader.load_file = load_file
    yield
    JSONFileLoader.load_file = read


@pytest.fixture(autouse=True)
def no_credentials_left_over() -> None:
    """What a test that played AWS in this process left in the environment is not the next one's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        os.environ.pop(name, None)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Tool:
    """The command line on one project, in this process."""

    def __init__(self, project: Path) -> None:
        self.project = project

    def __call__(self, *arguments: str) -> Ran:
        from stepdeploy.commands import cli
        from stepdeploy.commands.context import run

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(cli, ["--project", str(self.project), *arguments])
        return Ran(int(code), out.getvalue(), err.getvalue())

    def ok(self, *arguments: str) -> Ran:
        """Run, and insist on success."""
        ran = self(*arguments)
        assert ran.code == 0, f"{arguments} ended {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def json(self, *arguments: str) -> Any:
        """Run with --output json, insist on success, return the data."""
        return self.ok("--output", "json", *arguments).json


def copy_project(source: Path, target: Path) -> Path:
    """A project's own files, without what runs leave behind."""
    for folder in ("definitions", "lambdas", "iam", "samples"):
        if (source / folder).is_dir():
            shutil.copytree(source / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture(scope="module")
def make_tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Tool]]:
    """Copies a project and gives the command line on it; the embedded AWS it starts is ended."""
    tools: list[Tool] = []

    def make(source: Path) -> Tool:
        tool = Tool(copy_project(source, tmp_path_factory.mktemp("project")))
        tools.append(tool)
        return tool

    yield make
    for tool in tools:
        tool("local", "down")


@pytest.fixture(scope="module")
def greeter(make_tool: Callable[[Path], Tool]) -> Tool:
    """The tiny second project."""
    return make_tool(ROOT / "tests" / "projects" / "greeter")
