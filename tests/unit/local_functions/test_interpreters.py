"""Which Python runs a function."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepdeploy.local.functions.runner.interpreters import interpreter, shown_version

OURS = f"python{sys.version_info.major}.{sys.version_info.minor}"
OTHER = "python3.14" if OURS != "python3.14" else "python3.13"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    interpreter.cache_clear()
    yield
    interpreter.cache_clear()


def launcher(folder: Path, text: str) -> None:
    path = folder / OTHER
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_our_own_for_its_runtime() -> None:
    assert interpreter(OURS) == sys.executable
    assert "run by" not in shown_version(OURS)


def test_our_own_where_the_machine_has_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter(OTHER) == sys.executable
    assert f"run by {OURS}" in shown_version(OTHER)


def test_the_runtimes_own_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    launcher(tmp_path, f"echo /real/{OTHER}; echo {OTHER}")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert interpreter(OTHER) == f"/real/{OTHER}"
    assert "run by" not in shown_version(OTHER)


@pytest.mark.parametrize("text", ["exit 1", f"echo /real/python; echo {OURS}", "echo nonsense"])
def test_a_launcher_that_does_not_work_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    launcher(tmp_path, text)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which(OTHER) is not None
    assert interpreter(OTHER) == sys.executable
