"""Which Python runs a function: always ours, whatever its runtime says.

Its layer was built for this very Python, and boto3 is lent from our environment. Another Python found on the machine would
make runs differ from one machine to the next, and could not load the layer's compiled modules.
"""

from __future__ import annotations

import sys

OURS = f"python{sys.version_info.major}.{sys.version_info.minor}"


def shown_version(runtime: str) -> str:
    """The runtime version for the log; says so where another Python than the runtime's runs the function."""
    version = f"{runtime.replace('python', 'python:')}.embedded"
    return version if runtime == OURS else f"{version} (run by {OURS})"
