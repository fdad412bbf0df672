"""Deployment packages on disk: checked when they arrive, unpacked when first run, kept by their hash.

Quotas: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import posixpath
import shutil
import stat
import threading
import uuid
import zipfile
import zlib
from pathlib import Path

from stepdeploy.local.functions.errors import invalid, too_large
from stepdeploy.local.functions.model import Code, LayerUse
from stepdeploy.local.wire import ApiError

MAX_ZIPPED = 50 * 1024 * 1024
MAX_UNZIPPED = 250 * 1024 * 1024


class CodeStore:
    """Zips and their unpacked folders under one directory.

    zips/<sha>.zip as uploaded, code/<sha>/ unpacked, layers/<sha>/ several layers laid over one another.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()

    def add(self, content: bytes, *, direct: bool) -> Code:
        """Check a zip and keep it. direct: it came in the request, where a lower limit holds than from S3.

        Raises ApiError: RequestTooLargeException, InvalidParameterValueException (unreadable, too large, unsafe).
        """
        if direct and len(content) > MAX_ZIPPED:
            raise too_large(f"Zipped size must be smaller than {MAX_ZIPPED} bytes")
        code = Code(base64.b64encode(hashlib.sha256(content).digest()).decode(), len(content), _check(content))
        path = self.zip_path(code)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
            temporary.write_bytes(content)
            temporary.replace(path)
        return code

    def zip_path(self, code: Code) -> Path:
        """Where the zip lies."""
        return self._directory / "zips" / f"{_hex(code)}.zip"

    def unpacked(self, code: Code) -> Path:
        """The folder with the package's files; unpacked at the first call."""
        target = self._directory / "code" / _hex(code)
        with self._lock:
            if not target.exists():
                temporary = _temporary(target)
                with zipfile.ZipFile(self.zip_path(code)) as archive:
                    _extract(archive, temporary)
                temporary.replace(target)
        return target

    def laid_over(self, layers: tuple[LayerUse, ...]) -> Path | None:
        """The layers merged into one folder as Lambda merges them under /opt, later ones winning; None without any.

        https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html.
        """
        if len(layers) < 2:
            return self.unpacked(layers[0].code) if layers else None
        folders = [self.unpacked(layer.code) for layer in layers]
        name = hashlib.sha256("\n".join(folder.name for folder in folders).encode()).hexdigest()
        target = self._directory / "layers" / name
        with self._lock:
            if not target.exists():
                temporary = _temporary(target)
                for folder in folders:
                    _lay_over(folder, temporary)
                temporary.replace(target)
        return target


def _hex(code: Code) -> str:
    return base64.b64decode(code.sha256).hex()


def _temporary(target: Path) -> Path:
    """A fresh folder beside `target`, renamed to it when complete, so that no half-made folder is ever used."""
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
    temporary.mkdir(parents=True)
    return temporary


def _lay_over(folder: Path, target: Path) -> None:
    """Put the files of a folder into `target`, replacing what is there; never writes through a symbolic link."""
    for source in sorted(folder.rglob("*")):
        destination = target / source.relative_to(folder)
        if source.is_dir() and not source.is_symlink():
            if destination.is_symlink() or destination.is_file():
                destination.unlink()
            destination.mkdir(exist_ok=True)
        else:
            _replace(source, destination)


def _replace(source: Path, destination: Path) -> None:
    """Hard link instead of copy; layers can be large."""
    if destination.is_dir() and not destination.is_symlink():
        shutil.rmtree(destination)
    destination.unlink(missing_ok=True)
    if source.is_symlink():
        destination.symlink_to(source.readlink())
        return
    try:
        os.link(source, destination)
    except OSError:  # a file system without hard links
        shutil.copy2(source, destination)


def _check(content: bytes) -> int:
    """The unzipped size in bytes. Raises ApiError for a zip that Lambda would refuse."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            size = sum(entry.file_size for entry in entries)
            check_unzipped(size)
            unsafe = next((entry.filename for entry in entries if not _is_safe(archive, entry)), None)
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, OSError):
        raise _unreadable() from None
    if broken is not None:
        raise _unreadable()
    if not entries:
        raise invalid("Uploaded file must be a non-empty zip")
    if unsafe is not None:
        raise invalid(f"Could not unzip uploaded file: {unsafe!r} would be written outside of the function's folder.")
    return size


def _unreadable() -> ApiError:
    return invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")


def check_unzipped(size: int) -> None:
    """size: bytes of the function and its layers. Raises ApiError above AWS's limit."""
    if size >= MAX_UNZIPPED:
        raise invalid(f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes")


def _mode(entry: zipfile.ZipInfo) -> int:
    """Unix file type and permissions; 0 where the zip was made on a system without them."""
    return entry.external_attr >> 16


def _is_safe(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """False for a name, or a symbolic link, that leads out of the folder it is unpacked to."""
    name = entry.filename.replace("\\", "/")
    if _leads_out(name):
        return False
    if not stat.S_ISLNK(_mode(entry)):
        return True
    link = archive.read(entry).decode("utf-8", "replace")
    return not link.startswith("/") and not _leads_out(posixpath.join(posixpath.dirname(name), link))


def _leads_out(path: str) -> bool:
    parts = posixpath.normpath(path).split("/")
    return path.startswith("/") or parts[0] == ".." or ":" in parts[0] or "\0" in path


def _extract(archive: zipfile.ZipFile, target: Path) -> None:
    """Unpack everything, with the executable bits of the zip. The archive has been checked by `_check`."""
    links: list[tuple[Path, str]] = []
    for entry in archive.infolist():
        path = target / entry.filename
        if entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(_mode(entry)):
            links.append((path, archive.read(entry).decode()))
            continue
        with archive.open(entry) as source, path.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        path.chmod(0o755 if _mode(entry) & 0o111 else 0o644)
    for path, link in links:  # last, so that nothing is ever written through one
        if not path.exists() and not path.is_symlink():
            path.symlink_to(link)
