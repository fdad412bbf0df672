"""What Lambda's Python runtime brings along: boto3 and what it needs, from our own environment, and nothing else.

https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-dependencies. A function that needs
any other package must ship it, as on AWS.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import threading
import uuid
from functools import cache
from pathlib import Path

OFFERED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_lock = threading.Lock()


@cache
def _origins() -> dict[str, Path]:
    """Where the offered packages lie: a folder, or a single module file."""
    found = {}
    for name in OFFERED:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        found[name] = origin.parent if origin.name == "__init__.py" else origin
    return found


def managed_folder(directory: Path) -> Path:
    """A folder with nothing but the offered packages, as links into our environment. Made once an environment."""
    origins = _origins()
    name = hashlib.sha256("\n".join(map(str, origins.values())).encode()).hexdigest()[:16]
    target = directory / "runtime" / name
    with _lock:
        if not target.exists():
            temporary = target.with_name(f"{name}.{uuid.uuid4().hex}")
            temporary.mkdir(parents=True)
            for origin in origins.values():
                _offer(origin, temporary / origin.name)
            temporary.replace(target)
    return target


def _offer(origin: Path, link: Path) -> None:
    try:
        link.symlink_to(origin)
    except OSError:  # a file system without symbolic links
        if origin.is_dir():
            shutil.copytree(origin, link)
        else:
            shutil.copy2(origin, link)
