"""Files served as if they were the web."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from stepdeploy.local import samples
from stepdeploy.local.wire import HttpRequest, HttpResponse


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory = tmp_path / "samples"
    for name in ("host.example/a.json", "host.example/page", "host.example/deep/index.html", "host.example/data"):
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"a": 1}' if name.endswith(("json", "data")) else "<p>x</p>", encoding="utf-8")
    (directory / "host.example/big.json.gz").write_bytes(gzip.compress(b'{"big": 1}', mtime=0))
    (tmp_path / "secret").write_text("hidden", encoding="utf-8")
    (directory / "host.example/link").symlink_to(tmp_path / "secret")
    return directory


def get(folder: Path | None, path: str, method: str = "GET") -> HttpResponse:
    return samples.answer(folder, HttpRequest(method, f"/_samples/{path}"))


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("host.example/a.json?x=y", "application/json", b'{"a": 1}'),
        ("host.example/page", "text/html", b"<p>x</p>"),
        ("host.example/data", "application/json", b'{"a": 1}'),
        ("host.example/deep/", "text/html", b"<p>x</p>"),
        ("host.example//deep", "text/html", b"<p>x</p>"),
        ("host.example/big.json", "application/json", b'{"big": 1}'),
        ("host.example/%61.json", "application/json", b'{"a": 1}'),
    ],
)
def test_files(folder: Path, path: str, kind: str, body: bytes) -> None:
    found = get(folder, path)
    assert (found.status, found.headers["Content-Type"], found.body) == (200, kind, body)


@pytest.mark.parametrize(
    "path",
    [
        "host.example/none",
        "host.example/../../secret",
        "host.example/%2e%2e/%2e%2e/secret",
        "host.example/..%2f..%2fsecret",
        "host.example/link",
        "host.example/a%00.json",
        "../samples/host.example/none",
        "..%2f",
        "/etc/passwd",
        "",
    ],
)
def test_nothing_outside_is_served(folder: Path, path: str) -> None:
    found = get(folder, path)
    assert found.status == 404
    assert b"hidden" not in found.body


def test_host_without_samples_says_so(folder: Path) -> None:
    assert b"There is no sample for the host" in get(folder, "other.example/x").body
    assert get(None, "host.example/a.json").status == 404


def test_post_is_answered_and_delete_is_not(folder: Path) -> None:
    assert get(folder, "host.example/a.json", "POST").status == 200
    assert get(folder, "host.example/a.json", "DELETE").status == 405
