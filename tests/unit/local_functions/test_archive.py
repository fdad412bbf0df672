"""Zips: what is refused, and how they are unpacked."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from lambda_fakes import zipped

from stepdeploy.local.functions import archive as archive_module
from stepdeploy.local.functions.archive import CodeStore
from stepdeploy.local.functions.model import LayerUse
from stepdeploy.local.wire import ApiError


@pytest.fixture
def store(tmp_path: Path) -> CodeStore:
    return CodeStore(tmp_path / "store")


def with_link(name: str, target: str, **files: str) -> bytes:
    """A zip with a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        link = zipfile.ZipInfo(name)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, target)
        for path, text in files.items():
            made.writestr(path, text)
    return buffer.getvalue()


def test_unpacks(store: CodeStore) -> None:
    folder = store.unpacked(store.add(zipped({"a/b.py": "x = 1"}), direct=True))
    assert (folder / "a" / "b.py").read_text() == "x = 1"


def test_unpacks_once(store: CodeStore) -> None:
    code = store.add(zipped({"a.py": ""}), direct=True)
    assert store.unpacked(code) == store.unpacked(code)
    assert store.add(zipped({"a.py": ""}), direct=True).sha256 == code.sha256


@pytest.mark.parametrize("name", ["../a.py", "a/../../b.py", "/etc/a", "..\\a.py", "C:/a.py", "\\a.py"])
def test_a_name_that_leads_out_is_refused(store: CodeStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(ApiError, match="outside"):
        store.add(zipped({name: "evil"}), direct=True)


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "a/../../x"])
def test_a_link_that_leads_out_is_refused(store: CodeStore, target: str) -> None:
    with pytest.raises(ApiError, match="outside"):
        store.add(with_link("link", target), direct=True)


def test_a_link_within_is_kept(store: CodeStore) -> None:
    folder = store.unpacked(store.add(with_link("lib.so", "lib.so.1", **{"lib.so.1": "binary"}), direct=True))
    assert (folder / "lib.so").is_symlink()
    assert (folder / "lib.so").read_text() == "binary"


def test_nothing_is_written_through_a_link(store: CodeStore) -> None:
    folder = store.unpacked(store.add(with_link("a", "b", **{"a/x": "1", "b/y": "2"}), direct=True))
    assert [path.name for path in (folder / "b").iterdir()] == ["y"]


@pytest.mark.parametrize("content", [b"", b"PK", b"text", zipped({"a": "x" * 100})[:-30]])
def test_what_is_no_zip_is_refused(store: CodeStore, content: bytes) -> None:
    with pytest.raises(ApiError, match="Could not unzip uploaded file"):
        store.add(content, direct=True)


def test_a_broken_entry_is_refused(store: CodeStore) -> None:
    content = bytearray(zipped({"a": "x" * 100}))
    content[60] ^= 0xFF
    with pytest.raises(ApiError, match="Could not unzip uploaded file"):
        store.add(bytes(content), direct=True)


def test_an_empty_zip_is_refused(store: CodeStore) -> None:
    with pytest.raises(ApiError, match="non-empty zip"):
        store.add(zipped({}), direct=True)


def test_too_large_zipped(store: CodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_ZIPPED", 100)
    with pytest.raises(ApiError, match="Zipped size must be smaller than 100 bytes") as caught:
        store.add(zipped({"a": "x" * 200}), direct=True)
    assert caught.value.code == "RequestTooLargeException"
    assert store.add(zipped({"a": "x" * 200}), direct=False).unzipped == 200


def test_too_large_unzipped(store: CodeStore) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", b"\0" * archive_module.MAX_UNZIPPED)
    with pytest.raises(ApiError, match="Unzipped size must be smaller than 262144000 bytes"):
        store.add(buffer.getvalue(), direct=True)


def test_executable_files_stay_executable(store: CodeStore) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        tool = zipfile.ZipInfo("tool")
        tool.external_attr = 0o755 << 16
        made.writestr(tool, "#!/bin/sh\n")
        made.writestr("data", "")
    folder = store.unpacked(store.add(buffer.getvalue(), direct=True))
    assert os.access(folder / "tool", os.X_OK)
    assert not stat.S_IMODE((folder / "data").stat().st_mode) & 0o111


def test_layers_are_laid_over_one_another(store: CodeStore) -> None:
    uses = tuple(
        LayerUse(f"layer:{number}", store.add(zipped(files), direct=True))
        for number, files in enumerate([{"p/a": "1", "p/b": "1"}, {"p/b": "2", "p/c": "2"}])
    )
    folder = store.laid_over(uses)
    assert folder is not None
    assert {path.name: path.read_text() for path in (folder / "p").iterdir()} == {"a": "1", "b": "2", "c": "2"}
    assert (store.unpacked(uses[0].code) / "p" / "b").read_text() == "1"


def test_a_layer_does_not_write_through_the_link_of_another(store: CodeStore) -> None:
    uses = tuple(
        LayerUse(f"layer:{number}", store.add(content, direct=True))
        for number, content in enumerate([with_link("p", "q", **{"q/a": "1"}), zipped({"p/b": "2"})])
    )
    folder = store.laid_over(uses)
    assert folder is not None
    assert sorted(path.name for path in (folder / "q").iterdir()) == ["a"]
    assert (folder / "p" / "b").read_text() == "2"
