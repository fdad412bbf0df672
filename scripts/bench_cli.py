"""Measures what a user waits for. Run by scripts/bench_cli.

Each figure is the median of several runs in this one run; the machine's speed drifts, so ratios say more than seconds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    help_, click = paired([tool(None, "--help"), [sys.executable, "-c", "import click"]], runs)
    row(
        "--help",
        help_,
        f"{help_ / click:.2f} x `python -c 'import click'` ({click * 1000:.0f} ms); wanted: at most 1.5 x",
    )
    with tempfile.TemporaryDirectory(prefix="stepdeploy-bench-") as folder:
        project = Path(folder)
        for name in ("definitions", "lambdas", "iam", "samples"):
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        try:
            deploys(project, runs)
            invokes(project)
        finally:
            run(tool(project, "local", "down"))


def deploys(project: Path, runs: int) -> None:
    run(tool(project, "render"))  # packages nothing; warms the disk cache
    first = timed(lambda: run(tool(project, "deploy", "--yes")))
    row("first deploy, embedded AWS started, layer installed by pip", first, "wanted: under 5 s")
    nothing = statistics.median(timed(lambda: run(tool(project, "deploy", "--yes"))) for _ in range(runs))
    row("deploy, nothing to change", nothing, "wanted: under 1 s")
    handler = project / "lambdas" / "dynamodb_to_s3_merger" / "handler.py"
    changed = []
    for number in range(runs):
        handler.write_text(handler.read_text() + f"\n# change {number}\n")
        changed.append(timed(lambda: run(tool(project, "deploy", "--yes"))))
    row("deploy, one function changed", statistics.median(changed))
    row("rollback", timed(lambda: run(tool(project, "rollback", "--yes"))))


def invokes(project: Path) -> None:
    """A warm invoke through boto3, against a request that does nothing."""
    import boto3

    endpoint = json.loads(run(tool(project, "--output", "json", "local", "status")))["endpoint"]
    client = boto3.client(
        "lambda", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    name = next(
        item["FunctionName"] for item in client.list_functions()["Functions"] if "Merger" in item["FunctionName"]
    )
    event = json.dumps({"action": "warmup"})
    cold = timed(lambda: client.invoke(FunctionName=name, Payload=event)["Payload"].read())
    warm = [timed(lambda: client.invoke(FunctionName=name, Payload=event)["Payload"].read()) for _ in range(50)]
    calls = [timed(lambda: client.get_account_settings()) for _ in range(50)]
    row("invoke, cold", cold)
    bare = statistics.median(calls)
    warm_median = statistics.median(warm)
    row("invoke, warm", warm_median, f"{warm_median / bare:.1f} x a call that does nothing; wanted: under 20 ms")


def tool(project: Path | None, *arguments: str) -> list[str]:
    where = ["--project", str(project)] if project else []
    return [sys.executable, str(ROOT / "deploy_stepfunction.py"), *where, *arguments]


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def paired(commands: list[list[str]], runs: int) -> list[float]:
    """Medians of several commands, run in turn so that drift hits all alike."""
    times: list[list[float]] = [[] for _ in commands]
    for number in range(runs + 1):
        for index, command in enumerate(commands):
            seconds = timed(lambda command=command: run(command))
            if number:
                times[index].append(seconds)
    return [statistics.median(found) for found in times]


def row(name: str, seconds: float, note: str = "") -> None:
    print(f"{name:60s} {seconds * 1000:8.0f} ms  {note}", flush=True)


if __name__ == "__main__":
    main()
