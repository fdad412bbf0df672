"""Measures deploys through a loopback proxy that adds a delay to each AWS call and counts them. Run by
scripts/bench_deploy.

Each row: wall seconds, CPU seconds of the tool's process, calls, writes, and serial levels (the longest chain of calls
that waited for one another). Each run is a process of its own, interpreter start included; a figure is the median of
several in this one run. The machine's speed drifts: ratios say more than seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aws_proxy import Proxy, forward_to, proxying, summary
from reference_stack import write_project

from stepdeploy.local import manager

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figures:
    """Of one run. wall, cpu: seconds."""

    wall: float
    cpu: float
    calls: int
    writes: int
    levels: int


class Bench:
    """One stack, one tool. `commands`: what makes a command line from the proxy's address."""

    def __init__(self, folder: Path, delay: float) -> None:
        self.folder = folder
        self.delay = delay

    @contextmanager
    def aws(self) -> Iterator[Proxy]:
        """A new, empty embedded AWS with the proxy before it."""
        state = Path(tempfile.mkdtemp(prefix="stepdeploy-bench-aws-"))
        try:
            running = manager.ensure(state, samples=ROOT / "samples" if (ROOT / "samples").is_dir() else None)
            with proxying(forward_to(running.endpoint), delay=self.delay) as proxy:
                yield proxy
        finally:
            manager.down(state)
            shutil.rmtree(state, ignore_errors=True)

    def measure(self, proxy: Proxy, command: list[str]) -> Figures:
        proxy.forget()
        # Bytecode is kept, as Python does unless it is told not to.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"STEPDEPLOY_LOCAL_ENDPOINT": proxy.endpoint, "PYTHONPATH": str(ROOT / "scripts")}
        before, started = os.times(), time.monotonic()
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        wall, after = time.monotonic() - started, os.times()
        if ran.returncode != 0:
            sys.exit(f"{' '.join(command)} ended {ran.returncode}\n{ran.stdout}\n{ran.stderr}")
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        seen = summary(proxy.calls())
        return Figures(wall, cpu, seen["calls"], seen["writes"], seen["serial_levels"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--delay-ms", type=float, default=30)
    parser.add_argument("--skip-pipeline", action="store_true", help="only the reference stack")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stepdeploy-bench-") as temporary:
        folder = write_project(Path(temporary) / "reference")
        (folder / "comment").write_text("one")
        print(f"each AWS call takes {given.delay_ms:g} ms more; medians of {given.runs} runs\n")
        head("reference stack")
        script = scenarios(Bench(folder, given.delay_ms / 1000), sequential(folder), given.runs, ours=False)
        table("plain sequential boto3", script)
        ours = scenarios(Bench(folder, given.delay_ms / 1000), tool(folder), given.runs)
        table("stepdeploy", ours)
        verdict(script, ours)
        for peer in ("sam", "cdk"):
            print(f"{peer}: {'installed, not measured by this script' if shutil.which(peer) else 'not installed'}")
        if not given.skip_pipeline:
            pipeline(Path(temporary) / "pipeline", given.delay_ms / 1000, given.runs)


Tool = Callable[[Proxy, str], list[str]]


def tool(folder: Path) -> Tool:
    """Our command line; `what` is plan, deploy or rollback."""
    program = [sys.executable, str(ROOT / "deploy_stepfunction.py"), "--project", str(folder)]
    return lambda proxy, what: [*program, what, *([] if what == "plan" else ["--yes"])]


def sequential(folder: Path) -> Tool:
    script = [sys.executable, str(ROOT / "scripts" / "sequential_deploy.py"), str(folder)]
    return lambda proxy, what: [*script, "--endpoint", proxy.endpoint]


def scenarios(bench: Bench, command: Tool, runs: int, *, ours: bool = True) -> dict[str, Figures]:
    """Scenario -> the median run."""
    found: dict[str, list[Figures]] = {}
    for number in range(runs):
        with bench.aws() as proxy:
            if ours and not number:
                bench.measure(proxy, command(proxy, "plan"))  # zips and the layer are built once, and kept
            found.setdefault("first deploy", []).append(bench.measure(proxy, command(proxy, "deploy")))
            found.setdefault("nothing to change", []).append(bench.measure(proxy, command(proxy, "deploy")))
            change_definition(bench.folder, number)
            found.setdefault("definition changed", []).append(bench.measure(proxy, command(proxy, "deploy")))
            change_function(bench.folder, number)
            found.setdefault("one function changed", []).append(bench.measure(proxy, command(proxy, "deploy")))
            if ours:
                found.setdefault("rollback", []).append(bench.measure(proxy, command(proxy, "rollback")))
    return {name: median(figures) for name, figures in found.items()}


def change_definition(folder: Path, number: int) -> None:
    (folder / "comment").write_text(f"change {number}")
    path = next((folder / "definitions").glob("*.asl.json"))
    text = path.read_text()
    end = text.index("\n", text.index("{"))
    head_, rest = text[: end + 1], text[end + 1 :]
    if '"Comment"' in rest.split("\n", 1)[0]:
        rest = rest.split("\n", 1)[1]
    path.write_text(f'{head_}  "Comment": "change {number}",\n{rest}')


def change_function(folder: Path, number: int) -> None:
    path = sorted((folder / "lambdas").glob("*/handler.py"))[0]
    path.write_text(f"{path.read_text()}\n# change {number}\n")


def median(figures: list[Figures]) -> Figures:
    values = {name: statistics.median(getattr(figure, name) for figure in figures) for name in vars(figures[0])}
    return Figures(values["wall"], values["cpu"], int(values["calls"]), int(values["writes"]), int(values["levels"]))


def head(title: str) -> None:
    print(f"{title:<24}{'':<22}{'wall s':>8}{'cpu s':>8}{'calls':>7}{'writes':>8}{'levels':>8}")


def table(name: str, rows: dict[str, Figures]) -> None:
    for scenario, row in rows.items():
        cells = f"{row.wall:>8.2f}{row.cpu:>8.2f}{row.calls:>7}{row.writes:>8}{row.levels:>8}"
        print(f"{name:<24}{scenario:<22}{cells}", flush=True)
    print()


def verdict(script: dict[str, Figures], ours: dict[str, Figures]) -> None:
    """The targets, and how far we are."""
    first = ours["first deploy"].wall
    ratio = first / script["first deploy"].wall
    nothing = ours["nothing to change"]
    rows = [
        ("first deploy", f"{ratio:.2f} x the script, {first:.2f} s", "<= 0.5 x, <= 1.0 s", ratio <= 0.5 and first <= 1),
        (
            "nothing to change",
            f"{nothing.calls} calls, {nothing.writes} writes, {nothing.wall:.2f} s",
            "<= 15 calls, 0 writes, <= 0.5 s",
            nothing.calls <= 15 and not nothing.writes and nothing.wall <= 0.5,
        ),
        (
            "one function changed",
            f"{ours['one function changed'].wall:.2f} s",
            "<= 0.7 s",
            ours["one function changed"].wall <= 0.7,
        ),
        ("rollback", f"{ours['rollback'].wall:.2f} s", "<= 0.4 s", ours["rollback"].wall <= 0.4),
    ]
    for name, found, wanted, reached in rows:
        print(f"{name:<22}{found:<34}wanted {wanted:<34}{'reached' if reached else 'NOT reached'}")
    print()


def pipeline(folder: Path, delay: float, runs: int) -> None:
    """The project that comes along."""
    for name in ("definitions", "lambdas", "iam", "samples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    head("the pipeline")
    table("stepdeploy", scenarios(Bench(folder, delay), tool(folder), runs))


if __name__ == "__main__":
    main()
