"""Lambda folders and dependency layers -> byte-reproducible zips.

Equal sources give equal bytes on any machine and at any time: entries are sorted, dates are 1980-01-01, modes are fixed. So
the zip's sha256, which Lambda reports as CodeSha256, is all the state that "nothing changed" needs.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stepdeploy.errors import InvalidProject, StepdeployError

ZIPPED_LIMIT = 50 * 1024 * 1024
"""Bytes of a zip uploaded directly (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
UNZIPPED_LIMIT = 250 * 1024 * 1024
SKIPPED = ("__pycache__", "*.pyc", ".*", "tests", "function.json")
STRIPPED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""Files of *.dist-info that differ from machine to machine."""
EPOCH = (1980, 1, 1, 0, 0, 0)
LEVEL = 6


@dataclass(frozen=True)
class Archive:
    """A zip on disk. sha256: hex digest of its bytes. size: bytes zipped."""

    path: Path
    sha256: str
    size: int

    @property
    def code_sha256(self) -> str:
        """The digest as Lambda writes it: base64."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


@dataclass(frozen=True)
class Target:
    """What a layer is built for. python: "3.13". platform: pip's tag, or None for the machine we are on."""

    python: str
    platform: str | None

    @classmethod
    def of(cls, runtime: str, architecture: str, *, local: bool) -> Target:
        """The target of a Lambda runtime; the embedded AWS runs functions with our own Python."""
        if local:
            return cls(f"{sys.version_info.major}.{sys.version_info.minor}", None)
        machine = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
        return cls(runtime.removeprefix("python"), f"manylinux2014_{machine}")


def function_archive(folder: Path, build_dir: Path) -> Archive:
    """The zip of a Lambda's folder, without caches, dot files, tests, function.json and what `.lambdaignore` names."""
    return _archive(folder.name, list(_entries(folder, "", _ignored(folder))), build_dir, folder)


def layer_archive(
    name: str, requirements: Path | None, include: Sequence[Path], target: Target, build_dir: Path
) -> Archive:
    """The zip of a layer: `python/` with the requirements and the included folders."""
    entries: list[tuple[str, Path]] = []
    if requirements is not None:
        entries += _entries(_installed(requirements, target, build_dir), "python/", ())
    for folder in include:
        entries += _entries(folder, f"python/{folder.name}/", _ignored(folder))
    return _archive(name, entries, build_dir, requirements or include[0])


def _ignored(folder: Path) -> tuple[str, ...]:
    path = folder / ".lambdaignore"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return tuple(line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#"))


def _entries(folder: Path, prefix: str, ignored: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """(name in the zip, file) of everything that is shipped."""
    root = folder.resolve()
    for directory, folders, files in os.walk(folder, followlinks=True):
        here = Path(directory)
        relative = here.relative_to(folder)
        folders[:] = sorted(name for name in folders if not _skips(relative / name, ignored))
        for name in sorted(files):
            path = here / name
            if _skips(relative / name, ignored):
                continue
            if not path.resolve().is_relative_to(root):
                raise InvalidProject("a link leads out of the folder", where=str(path), hint="Copy the file instead.")
            yield prefix + (relative / name).as_posix(), path


def _skips(relative: Path, ignored: Sequence[str]) -> bool:
    name = relative.name
    return any(fnmatch.fnmatch(name, pattern) for pattern in SKIPPED) or any(
        fnmatch.fnmatch(relative.as_posix(), pattern) or fnmatch.fnmatch(name, pattern) for pattern in ignored
    )


def _archive(name: str, entries: list[tuple[str, Path]], build_dir: Path, where: Path) -> Archive:
    """Write the zip, or take the one of equal content from the build folder."""
    if not entries:
        raise InvalidProject("there is nothing to zip", where=str(where))
    contents = sorted((entry, _bytes(path), _mode(path)) for entry, path in entries)
    unzipped = sum(len(data) for _, data, _ in contents)
    if unzipped > UNZIPPED_LIMIT:
        raise InvalidProject(f"{unzipped} bytes unzipped; Lambda takes {UNZIPPED_LIMIT}", where=str(where))
    digest = _digest(contents)
    path = build_dir / f"{name}-{digest[:16]}.zip"
    if not path.is_file() or not _is_sound(path):
        _write(path, contents)
    sha256, size = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
    if size > ZIPPED_LIMIT:
        raise InvalidProject(f"{size} bytes zipped; Lambda takes {ZIPPED_LIMIT} in one call", where=str(where))
    return Archive(path, sha256, size)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidProject(f"cannot be read: {error.strerror}", where=str(path)) from error


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o111 else 0o644


def _digest(contents: Sequence[tuple[str, bytes, int]]) -> str:
    """Of names, modes and contents, and of how we zip."""
    total = hashlib.sha256(f"{LEVEL} {zipfile.ZIP_DEFLATED} ".encode())
    for name, data, mode in contents:
        total.update(f"{len(name)} {name} {mode} {len(data)} ".encode())
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()


def _is_sound(path: Path) -> bool:
    """Whether a zip in the build folder is what was written: its own digest stands beside it."""
    seal = path.with_suffix(".sha256")
    return seal.is_file() and seal.read_text().strip() == hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, contents: Sequence[tuple[str, bytes, int]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
            for name, data, mode in contents:
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3  # Unix: the mode counts
                info.external_attr = (0o100000 | mode) << 16
                archive.writestr(info, data)
        temporary = Path(file.name)
    digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
    temporary.replace(path)
    path.with_suffix(".sha256").write_text(digest)


_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?==[^\s;*]+(\s*;.*)?(\s+--hash=\S+)*")


def _installed(requirements: Path, target: Target, build_dir: Path) -> Path:
    """A folder with the requirements installed for `target`, made once for equal requirements."""
    text = _bytes(requirements).decode()
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#") and not _PINNED.fullmatch(line):
            raise InvalidProject(
                f"{line!r} is not pinned", where=f"{requirements}:{number}", hint="Write name==version on every line."
            )
    key = hashlib.sha256(f"{target}\n{text}".encode()).hexdigest()[:16]
    folder = build_dir / f"requirements-{key}"
    if folder.is_dir():
        return folder
    build_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build_dir) as temporary:
        _pip_install(requirements, target, Path(temporary) / "site")
        _strip(Path(temporary) / "site")
        try:
            (Path(temporary) / "site").rename(folder)
        except OSError:
            # Another process made it meanwhile.
            if not folder.is_dir():
                raise
    return folder


def _pip_install(requirements: Path, target: Target, folder: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-input",
        "--only-binary=:all:", "--target", str(folder), "-r", str(requirements),
    ]  # fmt: skip
    if target.platform:
        command += ["--platform", target.platform, "--python-version", target.python, "--implementation", "cp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise StepdeployError(
            f"pip could not install the layer's requirements: {last}",
            where=str(requirements),
            hint="Every requirement needs a wheel for the layer's platform, and a package index that can be reached.",
        )


def _strip(folder: Path) -> None:
    """Remove what differs between machines and is not needed to run."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for info in folder.glob("*.dist-info"):
        for name in STRIPPED:
            (info / name).unlink(missing_ok=True)
