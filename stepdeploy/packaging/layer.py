"""Lambda layers: installed requirements and own folders, below `python/`.

https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import display_name
from stepdeploy.packaging.archive import Archive, archive
from stepdeploy.packaging.files import Entry, code_files, walk
from stepdeploy.packaging.requirements import Target, installed

_ABOUT_THE_INSTALLATION = re.compile(r".*\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)")


def layer_archive(
    name: str, requirements: Path | None, include: Sequence[Path], target: Target, build_dir: Path
) -> Archive:
    """The zip of a layer. pip runs only when the requirements or the target are new.

    requirements: file of pinned requirements. include: folders that become `python/<folder name>`.
    Raises InvalidProject (unpinned requirements, two folders of one name, too large), StepdeployError (pip failed).
    """
    entries: list[Entry] = []
    if requirements is not None:
        entries += walk(installed(requirements, target, build_dir), "python/", _skip_installed)
    taken = {PurePosixPath(entry.name).parts[1] for entry in entries}
    for folder in include:
        if folder.name in taken:
            raise InvalidProject(f"layer '{name}' already holds another '{folder.name}'", where=display_name(folder))
        taken.add(folder.name)
        entries += code_files(folder, f"python/{folder.name}/")
    entries.sort(key=lambda entry: entry.name)
    return archive(entries, name, build_dir, f"layer '{name}'")


def _skip_installed(path: PurePosixPath, is_folder: bool) -> bool:
    """Scripts name this machine's Python; caches and notes of pip differ from one installation to the next."""
    if is_folder:
        return path.name == "__pycache__" or str(path) == "bin"
    return path.suffix in (".pyc", ".pyo") or bool(_ABOUT_THE_INSTALLATION.fullmatch(str(path)))
