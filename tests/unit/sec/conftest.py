"""The SEC extractor's package is imported as in Lambda, where the function's folder is on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
FOLDERS = (str(HERE.parents[3] / "lambdas/nova_sec_extractor"), str(HERE.parent))
sys.path[:0] = [folder for folder in FOLDERS if folder not in sys.path]

from edgar_server import FakeEdgar  # noqa: E402


@pytest.fixture
def edgar() -> Iterator[FakeEdgar]:
    found = FakeEdgar()
    yield found
    found.server.shutdown()
    found.server.server_close()
