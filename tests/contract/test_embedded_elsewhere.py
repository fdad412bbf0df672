"""STEPDEPLOY_LOCAL_ENDPOINT: an embedded AWS that runs elsewhere on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stepdeploy.errors import LocalAwsError, UsageError
from stepdeploy.local import elsewhere, manager, paths
from tests.conftest import ROOT, Tool

GREETER = ROOT / "tests" / "projects" / "greeter"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[str]:
    """The address of an embedded AWS that belongs to another folder."""
    yield manager.ensure(tmp_path).endpoint
    manager.down(tmp_path)


def test_a_project_is_deployed_there_and_starts_none_of_its_own(
    other: str, make_tool: Callable[[Path], Tool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(elsewhere.VARIABLE, other.replace("127.0.0.1", "localhost"))
    tool = make_tool(GREETER)
    assert tool.json("local", "status")["endpoint"] == other
    tool.ok("deploy", "--yes")
    assert [row["version"] for row in tool.json("versions")] == [1]
    assert not paths.state_directory(tool.project).exists()
    for command in (("local", "down"), ("local", "reset", "--yes")):
        ran = tool(*command)
        assert ran.code == 2 and "was not started for this project" in ran.err
    monkeypatch.delenv(elsewhere.VARIABLE)
    assert tool.json("local", "status") == {"running": False}


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1:80", "https://127.0.0.1:4566", "http://127.0.0.1", "http://127.0.0.1:0", "127.0.0.1:4566",
        "http://127.0.0.1.example.com:80", "http://127.0.0.1:99999", "http://localhost:4566/path",
        "http://me@localhost:4566", "http://evil.example#@127.0.0.1:80", "http://[::1:80",
    ],
)  # fmt: skip
def test_only_this_machines_loopback_is_taken(
    address: str, make_tool: Callable[[Path], Tool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(elsewhere.VARIABLE, address)
    with pytest.raises(UsageError, match="is not the address of an embedded AWS on this machine"):
        elsewhere.endpoint()
    if address.startswith("http://10."):
        assert make_tool(GREETER)("plan").code == 2


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv(elsewhere.VARIABLE, f"http://127.0.0.1:{free.getsockname()[1]}")
        address = elsewhere.endpoint()
        assert address
        with pytest.raises(LocalAwsError, match="no embedded AWS answers"):
            elsewhere.health(address)


def test_without_the_variable_nothing_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(elsewhere.VARIABLE, raising=False)
    assert elsewhere.endpoint() is None
    elsewhere.refuse("stopped")
