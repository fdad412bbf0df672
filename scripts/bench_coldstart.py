"""Measures the cold start of each function. Run by scripts/bench_coldstart.

Init: the Init Duration of the REPORT line on the embedded AWS, wall time, the median of several starts, each forced by
ending the function's processes. Imports: CPU time of importing the handler, as the runtime starts Python, the least of
several: what else the machine does only adds to it. This one has the target. boto3: the same of `import boto3` alone, which
every function needs that calls AWS. The largest: packages by their own time in `python -X importtime`, of one start.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import statistics
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bench_project import ROOT, Project, kill, project_copy

#: Milliseconds of imports (CPU) that a function may cost; all others are small.
EXTRACTORS = {"nova_sec_extractor", "cxo_website_extractor"}
TARGET_EXTRACTOR, TARGET_SMALL = 350, 120
_INIT = re.compile(r"Init Duration: ([\d.]+) ms")
_IMPORTTIME = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")
_TIMED = "import time; began = time.process_time(); import {}; print(time.process_time() - began)"


class Row(NamedTuple):
    """One function's figures, milliseconds. before: of another revision, None where it had no such function."""

    function: str
    target: int
    imports: float
    init: float | None
    before: float | None
    largest: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="cold starts of each function (default: 5)")
    parser.add_argument("--imports-only", action="store_true", help="deploy nothing")
    parser.add_argument("--before", metavar="REVISION", help="a git revision to measure the imports of, too")
    arguments = parser.parse_args()
    inits = {} if arguments.imports_only else measured_inits(arguments.runs)
    befores = imports_at(arguments.before, arguments.runs) if arguments.before else {}
    rows = [row_of(folder, arguments.runs, inits, befores) for folder in functions(ROOT / "lambdas")]
    show(rows)
    print(f"{'boto3':26s} {'':6s} {imports(ROOT / 'lambdas' / rows[0].function, arguments.runs, 'boto3'):8.0f}")
    missed = [row.function for row in rows if row.imports > row.target]
    print(f"{len(rows)} functions, {len(missed)} over their target{': ' if missed else ''}{', '.join(missed)}")
    return 1 if missed else 0


def functions(lambdas: Path) -> list[Path]:
    """The folders of the functions."""
    return sorted(path.parent for path in lambdas.glob("*/function.json") if path.with_name("handler.py").exists())


def row_of(folder: Path, runs: int, inits: dict[str, float], befores: dict[str, float]) -> Row:
    target = TARGET_EXTRACTOR if folder.name in EXTRACTORS else TARGET_SMALL
    largest = ", ".join(f"{name} {milliseconds:.0f}" for name, milliseconds in largest_imports(folder))
    name = folder.name
    return Row(name, target, imports(folder, runs), inits.get(name), befores.get(name), largest)


def imports(folder: Path, runs: int, module: str = "handler") -> float:
    """CPU milliseconds of importing a handler; one start more than `runs` fills the cache of compiled code."""
    return min(float(_python(folder, _TIMED.format(module)).stdout) for _ in range(runs + 1)) * 1000


def largest_imports(folder: Path, count: int = 4) -> list[tuple[str, float]]:
    """The packages that take most of one start, with milliseconds."""
    lines = _python(folder, "import handler", "-X", "importtime").stderr.splitlines()
    spent: Counter[str] = Counter()
    for found in map(_IMPORTTIME.match, lines):
        if found:
            spent[found[2].split(".")[0]] += int(found[1])
    return [(name, micros / 1000) for name, micros in spent.most_common(count)]


def _python(folder: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run code as the runtime starts Python: nothing on the path but the function, the layer and boto3."""
    path = [str(folder), str(folder.parent), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    prepare = f"import sys; sys.path[:0] = {path[:2]!r}; sys.path += {path[2:]!r}; "
    command = [sys.executable, "-I", "-S", *options, "-c", prepare + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{folder.name} cannot be imported:\n{done.stderr[-2000:]}")
    return done


def imports_at(revision: str, runs: int) -> dict[str, float]:
    """Imports of the functions as they were at a git revision."""
    with TemporaryDirectory(prefix="stepdeploy-before-") as folder:
        archive = subprocess.run(
            ["git", "archive", revision, "lambdas"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        return {path.name: imports(path, runs) for path in functions(Path(folder) / "lambdas")}


def measured_inits(runs: int) -> dict[str, float]:
    """Init Duration of each function on the embedded AWS."""
    with project_copy() as project:
        project.tool("deploy", "--yes")
        names = {
            key.removeprefix("function:"): name
            for key, name in project.json("status")["resources"].items()
            if key.startswith("function:")
        }
        client = project.client("lambda", read_timeout=120)
        return {
            key: statistics.median(cold_start(project, client, name) for _ in range(runs))
            for key, name in sorted(names.items())
        }


def cold_start(project: Project, client: Any, function: str) -> float:
    """Milliseconds of Init Duration of one start."""
    while processes := project.processes():  # one that was killed takes a moment to go
        for pid in processes:
            kill(pid)
    answer = client.invoke(FunctionName=function, Payload=json.dumps({"action": "warmup"}), LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    found = _INIT.search(tail)
    if "FunctionError" in answer or found is None:
        raise SystemExit(f"{function} did not start cold:\n{answer['Payload'].read().decode()}\n{tail}")
    return float(found[1])


def show(rows: list[Row]) -> None:
    print(f"{'milliseconds':26s} {'target':>6s} {'imports':>8s} {'before':>8s} {'init':>8s}  largest imports")
    for row in rows:
        before, init = (f"{value:8.0f}" if value is not None else f"{'-':>8s}" for value in (row.before, row.init))
        missed = "  MISSED" if row.imports > row.target else ""
        print(f"{row.function:26s} {row.target:6d} {row.imports:8.0f} {before} {init}  {row.largest}{missed}")


if __name__ == "__main__":
    sys.exit(main())
