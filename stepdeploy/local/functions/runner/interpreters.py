"""Which Python runs a function: that of its runtime where this machine has it, ours otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache


@cache
def interpreter(runtime: str) -> str:
    """The executable for "python3.12" and the like."""
    if runtime == f"python{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = shutil.which(runtime)
    return _real(found, runtime) if found else sys.executable


def _real(path: str, runtime: str) -> str:
    """The executable behind `path`, which may be a launcher that is slow or does not work; ours where it fails."""
    code = "import sys; print(sys.executable); print('python%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([path, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return sys.executable
    lines = answer.stdout.splitlines()
    return lines[0] if len(lines) == 2 and lines[1] == runtime else sys.executable


def shown_version(runtime: str) -> str:
    """The runtime version for the log; says so where another Python than the runtime's runs the function."""
    version = f"{runtime.replace('python', 'python:')}.embedded"
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime == ours or interpreter(runtime) != sys.executable:
        return version
    return f"{version} (run by {ours}: this machine has no {runtime})"
