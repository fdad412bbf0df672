"""One counting: the function that records bills has the tool's, not one of its own."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from stepdeploy.cost import SHARED

ROOT = Path(__file__).parents[3]


def copier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("copy_costing", ROOT / "scripts" / "copy_costing.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_functions_copies_are_the_originals() -> None:
    wanted = copier().copies()
    different = [path.name for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    assert different == [], "run scripts/copy_costing"
    there = {path for path in (ROOT / "lambdas/record_cost/costing").glob("*") if path.suffix == ".py"}
    assert there == {path for path in wanted if path.suffix == ".py"}


def test_the_shared_modules_import_the_standard_library_and_each_other() -> None:
    allowed = {"stepdeploy.cost", *(f"stepdeploy.cost.{name}" for name in SHARED)}
    for name in SHARED:
        for node in ast.walk(ast.parse((ROOT / "stepdeploy" / "cost" / f"{name}.py").read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
                if node.module == "stepdeploy.cost":
                    assert {alias.name for alias in node.names} <= set(SHARED), name
            for found in names:
                assert found in allowed or found.split(".")[0] in sys.stdlib_module_names, f"{name}: {found}"
