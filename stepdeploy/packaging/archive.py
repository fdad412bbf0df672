"""Files -> a reproducible zip, kept under a name that its content gives.

Limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import display_name
from stepdeploy.packaging.files import Entry, code_files

MAX_ZIPPED = 50 * 1024 * 1024
MAX_UNZIPPED = 250 * 1024 * 1024
_FORMAT = "zip 1: deflate 6"
"""Part of every digest; to be changed when the same files are to give other bytes."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
_UNIX = 3


@dataclass(frozen=True)
class Archive:
    """A zip. sha256: hex digest of its bytes. size: bytes zipped. files: the names inside, sorted."""

    path: Path
    sha256: str
    size: int
    files: tuple[str, ...]

    @property
    def code_sha256(self) -> str:
        """The digest as Lambda's CodeSha256 has it: base64."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode("ascii")


def function_archive(folder: Path, build_dir: Path) -> Archive:
    """The zip of a Lambda function's folder (see `files.code_files` for what stays out).

    Raises InvalidProject: nothing to pack, a file that cannot be read, a link out of the folder, over Lambda's limits.
    """
    return archive(code_files(folder), folder.name, build_dir, display_name(folder))


def archive(entries: Sequence[Entry], name: str, build_dir: Path, where: str) -> Archive:
    """The zip `<build_dir>/<name>-<digest>.zip`; taken as it is when it was built before and is still intact."""
    if not entries:
        raise InvalidProject("holds no file to package", where=where)
    unzipped = sum(entry.size for entry in entries)
    if unzipped >= MAX_UNZIPPED:
        raise _too_large("unzipped", unzipped, MAX_UNZIPPED, entries, where)
    hashes = [_sha256(entry.path) for entry in entries]
    path = build_dir / f"{name}-{_digest(entries, hashes)[:12]}.zip"
    names = tuple(entry.name for entry in entries)
    found = _intact(path) or _build(path, entries, hashes)
    size = path.stat().st_size
    if size >= MAX_ZIPPED:
        raise _too_large("zipped", size, MAX_ZIPPED, entries, where)
    return Archive(path, found, size, names)


def _digest(entries: Sequence[Entry], hashes: Sequence[str]) -> str:
    """Of names, modes and contents; what makes two trees equal."""
    listing = [[entry.name, entry.mode, digest] for entry, digest in zip(entries, hashes, strict=True)]
    return hashlib.sha256(json.dumps([_FORMAT, listing]).encode("ascii")).hexdigest()


def _intact(path: Path) -> str | None:
    """The SHA-256 of a zip that was built before; None where it is gone or not what was written then."""
    try:
        expected = _note(path).read_text(encoding="ascii").strip()
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, UnicodeDecodeError):
        return None
    return found if found == expected else None


def _note(path: Path) -> Path:
    """Holds the SHA-256 of the zip beside it."""
    return path.with_suffix(".sha256")


def _build(path: Path, entries: Sequence[Entry], hashes: Sequence[str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive_file:
                for entry, digest in zip(entries, hashes, strict=True):
                    _add(archive_file, entry, digest)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
    _write(_note(path), digest + "\n")
    return digest


def _add(archive_file: zipfile.ZipFile, entry: Entry, digest: str) -> None:
    data = _read(entry.path)
    if hashlib.sha256(data).hexdigest() != digest:
        raise InvalidProject("was changed while it was packaged", where=display_name(entry.path), hint="Try again.")
    info = zipfile.ZipInfo(entry.name, _EARLIEST)
    info.create_system = _UNIX
    info.external_attr = (0o100000 | entry.mode) << 16
    archive_file.writestr(info, data, zipfile.ZIP_DEFLATED, 6)


def _write(path: Path, text: str) -> None:
    """Write a file at once or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".tmp")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
    Path(temporary).replace(path)


def _sha256(path: Path) -> str:
    return hashlib.sha256(_read(path)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidProject(f"cannot be read: {error.strerror}", where=display_name(path)) from error


def _too_large(what: str, size: int, limit: int, entries: Sequence[Entry], where: str) -> InvalidProject:
    largest = sorted(entries, key=lambda entry: -entry.size)[:3]
    named = ", ".join(f"{entry.name} ({_megabytes(entry.size)})" for entry in largest)
    return InvalidProject(
        f"is {_megabytes(size)} {what}; Lambda takes less than {_megabytes(limit)}",
        where=where,
        hint=f"Largest files: {named}; leave files out with a .lambdaignore.",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"
