"""Which files of a folder go into a zip."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import display_name

IGNORE_FILE = ".lambdaignore"
_NEVER = ("__pycache__", "*.pyc", "*.pyo", ".*")
_NOT_AT_TOP = ("tests/", "function.json")


@dataclass(frozen=True)
class Entry:
    """A file for a zip. name: its path there, with `/`. mode: 0o644 or 0o755. size: bytes."""

    name: str
    path: Path
    mode: int
    size: int


Skip = Callable[[PurePosixPath, bool], bool]
"""(path inside the folder, whether it is a folder) -> whether it stays out."""


def code_files(folder: Path, prefix: str = "") -> list[Entry]:
    """The files of a folder of code, sorted by name. Left out: caches, dot files, `tests/` and `function.json` at the top,
    and what the folder's .lambdaignore names. prefix: put before each name (`python/common/`)."""
    patterns = _read_ignore_file(folder / IGNORE_FILE)

    def skip(path: PurePosixPath, is_folder: bool) -> bool:
        if any(fnmatchcase(path.name, pattern) for pattern in _NEVER):
            return True
        if len(path.parts) == 1 and path.name + ("/" if is_folder else "") in _NOT_AT_TOP:
            return True
        return any(_matches(path, is_folder, pattern) for pattern in patterns)

    return walk(folder, prefix, skip)


def walk(folder: Path, prefix: str, skip: Skip) -> list[Entry]:
    """The files below a folder that `skip` lets pass, sorted by name. Raises InvalidProject for links out of the folder
    and for files that cannot be read."""
    if not folder.is_dir():
        raise InvalidProject("is no folder", where=display_name(folder))
    root = folder.resolve()
    return sorted(_entries(root, root, PurePosixPath(), prefix, skip, (root,)), key=lambda entry: entry.name)


def _entries(
    root: Path, folder: Path, inside: PurePosixPath, prefix: str, skip: Skip, above: tuple[Path, ...]
) -> Iterator[Entry]:
    """above: the real folders that were entered to come here, to notice a link that leads back into one of them."""
    try:
        children = list(os.scandir(folder))
    except OSError as error:
        raise InvalidProject(f"cannot be read: {error.strerror}", where=display_name(folder)) from error
    for child in children:
        path, name = Path(child.path), inside / child.name
        is_folder = child.is_dir()
        if skip(name, is_folder):
            continue
        if child.is_symlink():
            _check_link(path, root, above)
        if is_folder:
            yield from _entries(root, path, name, prefix, skip, (*above, path.resolve()))
        else:
            yield _entry(path, prefix + _portable(name, path))


def _check_link(link: Path, root: Path, above: tuple[Path, ...]) -> None:
    target = link.resolve()
    if not target.is_relative_to(root):
        raise InvalidProject(
            f"is a link out of its folder, to {target}", where=display_name(link), hint="Copy the file, or use a layer."
        )
    if target in above:
        raise InvalidProject("is a link to a folder that holds it", where=display_name(link))


def _entry(path: Path, name: str) -> Entry:
    try:
        status = path.stat()
    except OSError as error:
        raise InvalidProject(f"cannot be read: {error.strerror}", where=display_name(path)) from error
    if not stat.S_ISREG(status.st_mode):
        raise InvalidProject("is neither a file nor a folder", where=display_name(path))
    return Entry(name, path, 0o755 if status.st_mode & stat.S_IXUSR else 0o644, status.st_size)


def _portable(name: PurePosixPath, path: Path) -> str:
    text = str(name)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidProject("the file name is not UTF-8", where=ascii(display_name(path))) from error
    return text


def _read_ignore_file(path: Path) -> list[str]:
    """The patterns of a .lambdaignore file: one a line, `#` starts a comment."""
    if not path.is_file():
        return []
    patterns: list[str] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidProject(f"cannot be read: {error}", where=display_name(path)) from error
    for number, line in enumerate(lines, 1):
        pattern = line.strip()
        if pattern.startswith("!"):
            raise InvalidProject(
                "a pattern cannot take files back in with '!'", where=f"{display_name(path)}:{number}:1"
            )
        if pattern and not pattern.startswith("#"):
            patterns.append(pattern)
    return patterns


def _matches(path: PurePosixPath, is_folder: bool, pattern: str) -> bool:
    """`name` matches at any depth, `folder/name` from the top; a `/` at the end restricts it to folders."""
    if pattern.endswith("/"):
        if not is_folder:
            return False
        pattern = pattern.rstrip("/")
    if "/" in pattern:
        return fnmatchcase(str(path), pattern.lstrip("/"))
    return fnmatchcase(path.name, pattern)
