"""Measures the cold start of each function. Run by scripts/bench_coldstart.

Init: the Init Duration of the REPORT line on the embedded AWS, wall time, the median of several starts, each forced by
ending the function's processes. Imports: CPU time of importing the handler, as the runtime starts Python, the least of
several at different call depths: what else the machine does only adds to it. This one has the target. boto3 alone: the
same of `import boto3`, which every function needs that calls AWS. The largest: packages by their own time in
`python -X importtime`, of one start.
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
# Called `depth` deep. CPython keeps frames in chunks of memory; imports whose depth happens to lie at the edge of one
# make and drop a chunk with each call, which costs tens of milliseconds and is gone a few frames further.
_TIMED = """
import time
def at(depth):
    if depth:
        return at(depth - 1)
    began = time.process_time()
    import {module}
    return time.process_time() - began
print(at({depth}))
"""


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
    folders = functions(ROOT / "lambdas")
    imports = imports_of(folders, 3 * arguments.runs)
    show([row_of(folder, imports[folder.name], inits, befores) for folder in folders])
    print(f"{'boto3 alone':26s} {'':6s} {imports['boto3']:8.0f}")
    missed = [folder.name for folder in folders if imports[folder.name] > target_of(folder)]
    print(f"{len(folders)} functions, {len(missed)} over their target{': ' if missed else ''}{', '.join(missed)}")
    return 1 if missed else 0


def functions(lambdas: Path) -> list[Path]:
    """The folders of the functions."""
    return sorted(path.parent for path in lambdas.glob("*/function.json") if path.with_name("handler.py").exists())


def target_of(folder: Path) -> int:
    """Milliseconds."""
    return TARGET_EXTRACTOR if folder.name in EXTRACTORS else TARGET_SMALL


def row_of(folder: Path, imports: float, inits: dict[str, float], befores: dict[str, float]) -> Row:
    name = folder.name
    largest = ", ".join(f"{package} {milliseconds:.0f}" for package, milliseconds in largest_imports(folder))
    return Row(name, target_of(folder), imports, inits.get(name), befores.get(name), largest)


def imports_of(folders: list[Path], runs: int) -> dict[str, float]:
    """Milliseconds (CPU) of importing each handler, and boto3 alone. In turns, so that a busy moment hits all alike.

    One turn more than `runs`, since the first fills the cache of compiled code.
    """
    modules = [*((folder.name, folder, "handler") for folder in folders), ("boto3", folders[0], "boto3")]
    found: dict[str, float] = {}
    for run in range(runs + 1):
        for name, folder, module in modules:
            milliseconds = float(_python(folder, _TIMED.format(module=module, depth=4 * (run % 12))).stdout) * 1000
            found[name] = min(milliseconds, found.get(name, milliseconds))
    return found


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
    prepare = f"import sys; sys.path[:0] = {path[:2]!r}; sys.path += {path[2:]!r}\n"
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
        return imports_of(functions(Path(folder) / "lambdas"), 3 * runs)


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
    tail = ""
    for _ in range(5):  # a process that was killed takes a moment to go, and may be called once more meanwhile
        for pid in project.processes():
            kill(pid)
        answer = client.invoke(FunctionName=function, Payload=json.dumps({"action": "warmup"}), LogType="Tail")
        tail = base64.b64decode(answer["LogResult"]).decode()
        found = _INIT.search(tail)
        if found and "FunctionError" not in answer:
            return float(found[1])
    raise SystemExit(f"{function} does not start cold:\n{tail}")


def show(rows: list[Row]) -> None:
    print(f"{'milliseconds':26s} {'target':>6s} {'imports':>8s} {'before':>8s} {'init':>8s}  largest imports")
    for row in rows:
        before, init = (f"{value:8.0f}" if value is not None else f"{'-':>8s}" for value in (row.before, row.init))
        missed = "  MISSED" if row.imports > row.target else ""
        print(f"{row.function:26s} {row.target:6d} {row.imports:8.0f} {before} {init}  {row.largest}{missed}")


if __name__ == "__main__":
    sys.exit(main())
