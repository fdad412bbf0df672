"""The SEC extractor's package is imported as in Lambda, where the function's folder is on the path."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = str(Path(__file__).resolve().parents[3] / "lambdas/nova_sec_extractor")
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)
