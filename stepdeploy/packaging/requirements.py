"""Pinned requirements, installed by pip into a folder that is kept.

Requirement lines: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import display_name

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*==\s*(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)"
    r"\s*(?:;[^#]*?)?(?:\s+--hash=\S+)*"
)
_DIST_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")
_GLIBC_OF_AL2023 = ("manylinux_2_34", "manylinux_2_28")
PIP_LIMIT_SECONDS = 600


@dataclass(frozen=True)
class Target:
    """What a layer is for. python: "3.13". platform: pip's tag ("manylinux2014_aarch64"), or None for this machine."""

    python: str
    platform: str | None

    @classmethod
    def of(cls, runtime: str, architecture: str, *, local: bool) -> Target:
        """The target of a Lambda runtime ("python3.13", "arm64"); the embedded AWS runs functions with our own Python."""
        if local:
            return cls(f"{sys.version_info.major}.{sys.version_info.minor}", None)
        machine = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
        return cls(runtime.removeprefix("python"), f"manylinux2014_{machine}")

    def pip_options(self) -> list[str]:
        """What makes pip choose wheels for the target instead of for this machine."""
        if self.platform is None:
            return []
        names = [self.platform]
        older, _, machine = self.platform.partition("_")
        if older == "manylinux2014" and _number(self.python) >= (3, 12):
            # From Python 3.12 on, Lambda runs on Amazon Linux 2023, whose glibc is 2.34:
            # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
            names += [f"{newer}_{machine}" for newer in _GLIBC_OF_AL2023]
        options = [option for name in names for option in ("--platform", name)]
        return [*options, "--python-version", self.python, "--implementation", "cp"]

    def identity(self) -> list[str]:
        """What two machines must share to share an installed folder."""
        if self.platform is None:
            return ["host", sys.platform, platform.machine(), sys.implementation.cache_tag or ""]
        return [self.platform, self.python]


def installed(requirements: Path, target: Target, build_dir: Path) -> Path:
    """The folder into which pip has installed the requirements; pip runs only the first time.

    Raises InvalidProject (a line that is not pinned, a package that nothing pins), StepdeployError (pip failed).
    """
    text = _read(requirements)
    pinned = pinned_versions(text, display_name(requirements))
    arguments = [
        *(
            "--no-compile",
            "--only-binary=:all:",
            "--no-input",
            "--disable-pip-version-check",
            "--no-warn-script-location",
        ),
        *target.pip_options(),
    ]
    key = hashlib.sha256(json.dumps([sorted(pinned.items()), text, target.identity(), arguments]).encode()).hexdigest()
    folder = build_dir / "pip" / key[:16]
    if not folder.is_dir():
        _install(requirements, arguments, pinned, folder)
    return folder


def pinned_versions(text: str, where: str) -> dict[str, str]:
    """Normalised package name -> version. Raises InvalidProject with every line that does not pin one."""
    found: dict[str, str] = {}
    problems: list[StepdeployError] = []
    for number, line in _logical_lines(text):
        match = _PINNED.fullmatch(line)
        if match:
            found[_normal(match["name"])] = match["version"]
        else:
            hint = "Write name==version, so that the same file always gives the same layer."
            problems.append(InvalidProject(f"'{line}' is not pinned", where=f"{where}:{number}:1", hint=hint))
    if problems:
        first = problems[0]
        raise InvalidProject(first.message, where=first.where, hint=first.hint, problems=tuple(problems))
    return found


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """(line number, requirement) without comments and empty lines; a `\\` at the end joins lines."""
    lines: list[tuple[int, str]] = []
    start, joined = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start if joined else number
        joined += re.sub(r"(^|\s)#.*$", "", line)
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        if joined.strip():
            lines.append((start, joined.strip()))
        joined = ""
    if joined.strip():
        lines.append((start, joined.strip()))
    return lines


def _install(requirements: Path, arguments: list[str], pinned: Mapping[str, str], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        made = Path(temporary) / "site"
        _run_pip(["install", "--target", str(made), *arguments, "-r", str(requirements)], requirements)
        _check_all_pinned(made, pinned, requirements)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, and what it made is equal
                raise


def _run_pip(arguments: list[str], requirements: Path) -> None:
    command = [sys.executable, "-m", "pip", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PIP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise StepdeployError(
            f"pip did not end within {PIP_LIMIT_SECONDS} s", where=display_name(requirements)
        ) from error
    if done.returncode:
        last = "\n".join(line for line in done.stderr.strip().splitlines()[-5:])
        raise StepdeployError(
            f"pip could not install the requirements:\n{last}",
            where=display_name(requirements),
            hint="Check the network, pip's index settings, and that wheels exist for the target platform.",
        )


def _check_all_pinned(folder: Path, pinned: Mapping[str, str], requirements: Path) -> None:
    """A package that came along unpinned could be another version tomorrow, and the layer would change by itself."""
    matches = [_DIST_INFO.fullmatch(path.name) for path in sorted(folder.glob("*.dist-info"))]
    extra = [f"{_normal(found['name'])}=={found['version']}" for found in matches if found]
    extra = [line for line in extra if line.partition("==")[0] not in pinned]
    if extra:
        raise InvalidProject(
            f"{len(extra)} packages that these need are not pinned",
            where=display_name(requirements),
            hint=f"Add the lines: {', '.join(extra)}.",
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidProject(f"cannot be read: {error.strerror}", where=display_name(path)) from error
    except UnicodeDecodeError as error:
        raise InvalidProject("is not UTF-8", where=display_name(path)) from error


def _normal(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
