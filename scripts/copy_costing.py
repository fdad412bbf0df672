"""Copies what the tool and the function RecordCost share into the function's folder. Run by scripts/copy_costing.

The counting of stepdeploy/cost (its SHARED modules) becomes lambdas/record_cost/costing, the same but for the package's
name; definitions/prices.json becomes lambdas/record_cost/prices.json. Edit the originals only.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUNCTION = ROOT / "lambdas" / "record_cost"
HEAD = '"""A copy of the SHARED modules of stepdeploy/cost, made by scripts/copy_costing: edit them there."""\n'


def copies() -> dict[Path, str]:
    """Each copy's path and the text that it must have."""
    sys.path.insert(0, str(ROOT))
    from stepdeploy.cost import SHARED

    made = {FUNCTION / "costing" / "__init__.py": HEAD}
    for name in SHARED:
        text = (ROOT / "stepdeploy" / "cost" / f"{name}.py").read_text(encoding="utf-8")
        made[FUNCTION / "costing" / f"{name}.py"] = text.replace("stepdeploy.cost", "costing")
    made[FUNCTION / "prices.json"] = (ROOT / "definitions" / "prices.json").read_text(encoding="utf-8")
    return made


def main() -> None:
    for path, text in copies().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
