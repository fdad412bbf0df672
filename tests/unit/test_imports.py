"""The house rules of docs/architecture.md: imports run one way, and each library has its one room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "stepdeploy"
BASE = {"errors", "arns", "jsonsource", "__init__"}
MAY_IMPORT = {
    "errors": set(),
    "arns": set(),
    "conditions": set(),
    "masking": set(),
    "jsonsource": {"errors"},
    "schema": BASE | {"references"},
    "schemas": BASE,
    "checked": BASE,
    "naming": BASE,
    "references": BASE,
    "settings": BASE | {"checked", "schema", "naming", "references"},
    "packaging": BASE,
    "asl": BASE,
    "review": BASE | {"asl"},
    "interpreter": BASE | {"asl"},
    "aws": BASE,
    "engine": BASE | {"masking", "references"},
    "resources": BASE | {"conditions", "engine", "references"},
    "ledger": BASE | {"engine", "resources"},
    "names": BASE | {"references", "settings"},
    "project": BASE | {"engine", "names", "packaging", "references", "resources", "settings"},
    "executions": BASE | {"engine"},
    "logs": BASE | {"engine", "executions"},
    "rollback": BASE | {"engine", "resources", "ledger"},
    "versions": BASE | {"engine", "resources", "rollback"},
    "destroy": BASE | {"engine", "resources", "ledger"},
    "planfile": BASE | {"engine", "references", "resources"},
    "releases": None,
    "smoke": BASE | {"engine", "executions", "schema"},
    "shift": BASE | {"engine", "references", "resources"},
    "conducting": BASE | {"app", "engine", "settings", "shift", "smoke"},
    "shifts": None,
    "cost": BASE | {"engine", "executions", "logs", "schema", "settings"},
    "inputs": BASE | {"schema"},
    "company_list": BASE | {"schema", "references"},
    "batch": BASE | {"engine", "executions", "company_list"},
    "intake": BASE | {"engine", "company_list"},
    "batches": BASE | {"app", "batch", "company_list", "executions", "intake"},
    "prune": BASE | {"engine", "resources"},
    "doctor": BASE | {"engine", "ledger", "project", "prune", "resources"},
    "upkeep": BASE | {"app", "doctor", "engine", "prune"},
    "reviews": BASE | {"app", "asl", "report", "review", "settings"},
    "validation": BASE | {"app", "asl", "aws", "references", "report", "settings"},
    "report": BASE | {"conditions", "masking", "engine", "asl", "batch", "references", "review", "shift"},
    "app": None,
    "commands": BASE
    | {"app", "doctor", "report", "executions", "logs", "engine", "releases", "shift", "reviews", "validation"},
    "local": BASE | {"asl", "interpreter"},
    "__init__": set(),
    "__main__": {"commands"},
}
"""Part of the package -> parts it may import; None = all. A part may always import itself."""
ONLY_IN = {
    "click": {"commands"},
    "boto3": {"aws"},
    "botocore": {"aws", "local"},
    "rich": {"report"},
    "moto": {"local"},
    "time_machine": {"local"},
    "jsonata": {"interpreter", "asl"},
    "jsonschema": {"schema"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node.lineno, name) for name in (names if node.module == "stepdeploy" else [node.module or ""]))


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("part", sorted({part_of(path) for path in FILES}))
def test_a_part_imports_only_what_it_may(part: str) -> None:
    allowed = MAY_IMPORT[part]
    wrong = []
    for path in FILES:
        if part_of(path) != part:
            continue
        for line, name in imports(path):
            head, _, rest = name.partition(".")
            target = (rest.split(".")[0] or "__init__").replace("__version__", "__init__")
            if head == "stepdeploy" and allowed is not None and target not in allowed | {part}:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {name}")
            if head in ONLY_IN and part not in ONLY_IN[head]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {name}")
    assert wrong == []


def test_the_local_manager_loads_nothing_of_the_server() -> None:
    """The command line imports it at every start."""
    allowed = {"stepdeploy.__version__", "stepdeploy.errors", "stepdeploy.local", "stepdeploy.local.paths"}
    found = {name for _, name in imports(PACKAGE / "local" / "manager.py") if name.startswith("stepdeploy")}
    assert found <= allowed


def test_lambdas_import_nothing_of_the_tool() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / "lambdas").rglob("*.py"))
        for line, name in imports_of_lambda(path)
        if name.split(".")[0] in {"stepdeploy", "click", "rich", "moto"}
    ]
    assert wrong == []


def imports_of_lambda(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def test_help_loads_no_library_but_click() -> None:
    """Start-up counts: `--help` must not pay for boto3, rich or jsonschema."""
    import subprocess
    import sys

    code = (
        "import sys, stepdeploy.commands; "
        "print([name for name in ('boto3', 'botocore', 'rich', 'jsonschema', 'moto') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
