"""All that is needed to start a process for a version: code, folders, environment variables."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from stepdeploy.local.functions.archive import CodeStore
from stepdeploy.local.functions.model import Version
from stepdeploy.local.functions.runner.managed import managed_folder


@dataclass(frozen=True)
class Key:
    """Processes of one key are interchangeable. content: fingerprint of code, layers and settings."""

    region: str
    function: str
    version: str
    content: str


@dataclass(frozen=True)
class Recipe:
    """How to start a process. before, after: folders of sys.path before and after the standard library."""

    key: Key
    command: str
    code: Path
    before: tuple[str, ...]
    after: tuple[str, ...]
    environment: dict[str, str]
    memory_mb: int
    log_group: str


def key_of(region: str, function: str, version: Version) -> Key:
    """The key of a version's processes."""
    return Key(region, function, version.number, version.snapshot.fingerprint())


def recipe_of(key: Key, version: Version, code: CodeStore, directory: Path, endpoint: str) -> Recipe:
    """The recipe for a version; unpacks its code where that has not been done. directory: for the managed packages."""
    snapshot = version.snapshot
    settings = snapshot.settings
    root = code.unpacked(snapshot.code)
    layers = code.laid_over(snapshot.layers)
    variables = dict(settings.get("Environment", {}).get("Variables", {}))
    reserved = _reserved(key, settings, root)
    return Recipe(
        key=key,
        command=sys.executable,
        code=root,
        before=(str(root), *_layer_folders(layers, settings["Runtime"])),
        after=(str(managed_folder(directory)),),
        environment={**_base(root, layers), "AWS_ENDPOINT_URL": endpoint, **variables, **reserved},
        memory_mb=settings["MemorySize"],
        log_group=settings["LoggingConfig"]["LogGroup"],
    )


def _layer_folders(layers: Path | None, runtime: str) -> tuple[str, ...]:
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths."""
    if layers is None:
        return ()
    folders = (layers / "python" / "lib" / runtime / "site-packages", layers / "python")
    return tuple(str(folder) for folder in folders if folder.is_dir())


def _base(root: Path, layers: Path | None) -> dict[str, str]:
    """What a process on this machine needs, besides what Lambda sets."""
    tools = [str(layers / "bin")] if layers is not None else []
    libraries = [str(root), str(root / "lib"), *([str(layers / "lib")] if layers is not None else [])]
    ours = os.environ.get("LD_LIBRARY_PATH")  # some builds of Python find their own library by it
    return {
        "PATH": os.pathsep.join([*tools, "/usr/local/bin", "/usr/bin", "/bin"]),
        "LD_LIBRARY_PATH": os.pathsep.join([*libraries, *([ours] if ours else [])]),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _reserved(key: Key, settings: dict[str, object], root: Path) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime."""
    logging = settings["LoggingConfig"]
    assert isinstance(logging, dict)
    levels = {"AWS_LAMBDA_LOG_LEVEL": logging["ApplicationLogLevel"]} if "ApplicationLogLevel" in logging else {}
    return {
        "_HANDLER": str(settings["Handler"]),
        "AWS_REGION": key.region,
        "AWS_DEFAULT_REGION": key.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": key.function,
        "AWS_LAMBDA_FUNCTION_VERSION": key.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["MemorySize"]),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": logging["LogGroup"],
        "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"],
        **levels,
        "AWS_ACCESS_KEY_ID": "ASIAEMBEDDEDFUNCTION",
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_SESSION_TOKEN": "embedded",
        "LAMBDA_TASK_ROOT": str(root),
        "LAMBDA_RUNTIME_DIR": str(Path(sys.prefix)),
    }
