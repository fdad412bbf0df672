"""Measures the cold start of each function. Run by scripts/bench_coldstart.

CPU milliseconds, the median of several starts of Python as the runtime starts it, in turns, so that a busy moment hits
all alike: `import` of the handler (this one has the target), `client`: making the clients that the handler prepares
(aws.prepare), the SDK's import included, `call`: the first call of each, to a server on this machine that answers at
once, without TLS. `boto3`: the same three in the same run, with `import boto3` and `boto3.client` as they would be
without common/aws.py; `ratio`: our sum by that one's. `init`: the Init Duration of the REPORT line on the embedded AWS,
wall time, import and clients; each start forced by ending the function's processes.
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
from typing import Any, NamedTuple

from bench_project import ROOT, Project, kill, project_copy
from empty_aws import empty_aws

#: Milliseconds of imports (CPU) that a function may cost; all others are small.
EXTRACTORS = {"nova_sec_extractor", "cxo_website_extractor"}
TARGET_EXTRACTOR, TARGET_SMALL = 350, 120
#: The first call of each service. Its answer is {} or empty XML.
CALLS = {
    "dynamodb": ("get_item", {"TableName": "table", "Key": {"pk": {"S": "a"}}}),
    "logs": ("describe_log_groups", {}),
    "s3": ("list_objects_v2", {"Bucket": "bucket", "Prefix": "a"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "a"}),
    "sqs": ("send_message", {"QueueUrl": "https://queue/a", "MessageBody": "a"}),
    "stepfunctions": ("start_execution", {"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:a"}),
}
_INIT = re.compile(r"Init Duration: ([\d.]+) ms")
_IMPORTTIME = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")
# Called `depth` deep. CPython keeps frames in chunks of memory; imports whose depth happens to lie at the edge of one
# make and drop a chunk with each call, which costs tens of milliseconds and is gone a few frames further.
_START = """
import json, os, time
os.environ.update({environment!r})
def at(depth):
    if depth:
        return at(depth - 1)
    clock, prepared = time.process_time, []
    times = [clock()]
    if {boto3}:
        import boto3, boto3.dynamodb.types
    from common import aws
    aws.prepare = lambda *services: prepared.extend(services)
    import handler
    times.append(clock())
    if {boto3}:
        from botocore.config import Config
        config = Config(connect_timeout=5, read_timeout=15, retries=dict(mode="standard", total_max_attempts=3))
        clients = [boto3.client(service, config=config) for service in prepared]
    else:
        clients = [aws.client(service) for service in prepared]
    times.append(clock())
    for service, client in zip(prepared, clients):
        operation, parameters = {calls!r}[service]
        getattr(client, operation)(**parameters)
    times.append(clock())
    return [1000 * (end - start) for start, end in zip(times, times[1:])]
print(json.dumps(at({depth})))
"""
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "y",
    "AWS_DEFAULT_REGION": "us-east-1",
    "WEBHOOK_SECRET_ID": "webhooks",
}


class Stages(NamedTuple):
    """CPU milliseconds, medians."""

    imports: float
    client: float
    call: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="a third of the starts of each function (default: 5)")
    parser.add_argument("--imports-only", action="store_true", help="deploy nothing, leave out `init`")
    parser.add_argument("--largest", action="store_true", help="also list what takes longest to import")
    arguments = parser.parse_args()
    folders = functions(ROOT / "lambdas")
    inits = {} if arguments.imports_only else measured_inits(arguments.runs)
    with empty_aws() as endpoint:
        ours, theirs = stages_of(folders, 3 * arguments.runs, endpoint)
    show(folders, ours, theirs, inits)
    if arguments.largest:
        show_largest(folders)
    missed = [folder.name for folder in folders if ours[folder.name].imports > target_of(folder)]
    print(f"{len(folders)} functions, {len(missed)} over their target{': ' if missed else ''}{', '.join(missed)}")
    return 1 if missed else 0


def functions(lambdas: Path) -> list[Path]:
    """The folders of the functions."""
    return sorted(path.parent for path in lambdas.glob("*/function.json") if path.with_name("handler.py").exists())


def target_of(folder: Path) -> int:
    """Milliseconds."""
    return TARGET_EXTRACTOR if folder.name in EXTRACTORS else TARGET_SMALL


def stages_of(folders: list[Path], runs: int, endpoint: str) -> tuple[dict[str, Stages], dict[str, Stages]]:
    """The stages of each function, ours and boto3's. One turn more than `runs`: it fills the cache of compiled code."""
    found: dict[tuple[str, bool], list[list[float]]] = {}
    for run in range(runs + 1):
        for folder in folders:
            for boto3 in (False, True):
                measured = _start(folder, endpoint, boto3=boto3, depth=4 * (run % 12))
                if run:
                    found.setdefault((folder.name, boto3), []).append(measured)
    ours, theirs = (
        {
            name: Stages(*map(statistics.median, zip(*rows, strict=True)))
            for (name, by), rows in found.items()
            if by is way
        }
        for way in (False, True)
    )
    return ours, theirs


def _start(folder: Path, endpoint: str, *, boto3: bool, depth: int) -> list[float]:
    """Milliseconds of the three stages of one start."""
    environment = {**_ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}
    code = _START.format(environment=environment, boto3=boto3, calls=CALLS, depth=depth)
    measured: list[float] = json.loads(_python(folder, code).stdout)
    return measured


def _python(folder: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run code as the runtime starts Python: nothing on the path but the function, the layer and boto3."""
    path = [str(folder), str(folder.parent), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    prepare = f"import sys; sys.path[:0] = {path[:2]!r}; sys.path += {path[2:]!r}\n"
    command = [sys.executable, "-I", "-S", *options, "-c", prepare + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{folder.name} does not start:\n{done.stderr[-2000:]}")
    return done


def measured_inits(runs: int) -> dict[str, float]:
    """Init Duration of each function on the embedded AWS, the median."""
    with project_copy() as project:
        project.tool("deploy", "--yes", "--no-smoke")
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


def show(folders: list[Path], ours: dict[str, Stages], theirs: dict[str, Stages], inits: dict[str, float]) -> None:
    columns = ("import", "client", "call", "sum")
    head = " ".join(f"{name:>6s}" for name in columns)
    print(f"{'CPU ms, medians':24s} {'target':>6s} {head} | boto3: {head} | {'ratio':>5s} {'init':>6s}")
    for folder in folders:
        name = folder.name
        mine, other = (" ".join(f"{value:6.0f}" for value in (*way[name], sum(way[name]))) for way in (ours, theirs))
        ratio = sum(ours[name]) / sum(theirs[name])
        init = f"{inits[name]:6.0f}" if name in inits else f"{'-':>6s}"
        missed = "  MISSED" if ours[name].imports > target_of(folder) else ""
        print(f"{name:24s} {target_of(folder):6d} {mine} |        {other} | {ratio:5.2f} {init}{missed}")


def show_largest(folders: list[Path], count: int = 6) -> None:
    """The packages that take most of one import, with their own milliseconds by `python -X importtime`."""
    for folder in folders:
        spent: Counter[str] = Counter()
        for found in map(_IMPORTTIME.match, _python(folder, "import handler", "-X", "importtime").stderr.splitlines()):
            if found:
                spent[found[2].split(".")[0]] += int(found[1])
        print(
            f"{folder.name:24s} "
            + ", ".join(f"{name} {micros / 1000:.1f}" for name, micros in spent.most_common(count))
        )


if __name__ == "__main__":
    sys.exit(main())
