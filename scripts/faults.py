"""Disturbs every AWS call of a first deploy, a redeploy, a rollback and a destroy, and checks that the next run heals it.

Each call is throttled, fails with a 500, is made by a process that is killed just before it or just after it took effect, and
loses its answer. One error must be tried again within the run. One that stays must end the run cleanly; after it, as after a
killed process or a lost answer, the same command is run again, and AWS must then hold what it holds after an undisturbed
run: all resources are compared, nothing may be missing, left over or made twice. At no time may the alias point to a version
whose smoke test has not passed. Also: two runs at once, and eventual consistency.

Runs on the embedded AWS, cases side by side. Finished cases are kept in .stepdeploy/faults.jsonl, so that a run that was
stopped goes on from there; failed ones are done again, and all of them when the source has changed. Exits 1 when a case
failed. Run by scripts/faults.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from faults_cases import SCENARIOS, Scenario, cases
from faults_checks import Ground, perform
from faults_ground import prepare
from faults_meddle import FAULTS
from faults_results import FILE, Results, Row, table
from faults_special import SPECIALS, perform_special
from faults_warm import load_everything, quiet_environment
from faults_workers import side_by_side

Job = tuple[Row, Callable[[], Any]]
TITLES = [scenario.title for scenario in SCENARIOS.values()]
SLICE = (
    "first/iam:CreateRole WorkRole-local #1/throttled",
    "first/lambda:CreateFunction Work-local #1/failure-on",
    "first/dynamodb:PutItem * inventory intended #1/killed-before",
    "first/stepfunctions:CreateStateMachineAlias * #1/killed-after",
    "first/lambda:PublishLayerVersion * #1/lost",
    "redeploy/stepfunctions:UpdateStateMachine * #1/throttled",
    "redeploy/lambda:PublishVersion * #1/failure-on",
    "redeploy/stepfunctions:PublishStateMachineVersion * #1/killed-before",
    "redeploy/lambda:UpdateFunctionCode * #1/killed-after",
    "redeploy/stepfunctions:UpdateStateMachineAlias * #1/lost",
    "refused/stepfunctions:StartExecution * #1/killed-after",
    "rollback/stepfunctions:UpdateStateMachineAlias * #1/throttled",
    "rollback/stepfunctions:UpdateStateMachineAlias * #1/failure-on",
    "rollback/stepfunctions:UpdateStateMachineAlias * #1/killed-before",
    "rollback/dynamodb:UpdateItem * inventory lock #1/killed-after",
    "rollback/stepfunctions:UpdateStateMachineAlias * #1/lost",
    "destroy/iam:DeleteRole WorkRole-local #1/throttled",
    "destroy/s3:DeleteBucket * #1/failure-on",
    "destroy/stepfunctions:DeleteStateMachine * #1/killed-before",
    "destroy/lambda:DeleteFunction * #1/killed-after",
    "destroy/dynamodb:DeleteTable stepdeploy-orders-local #1/lost",
    "redeploy/at-once/1",
)
"""One case of each kind of fault and operation, for scripts/test."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="CASE", help="cases whose id holds this text, or matches it with * and ?")
    parser.add_argument("--operations", default=",".join(SCENARIOS), help=f"some of {','.join(SCENARIOS)}")
    parser.add_argument("--slice", action="store_true", help="one case of each kind and operation; nothing is kept")
    parser.add_argument("--fresh", action="store_true", help="forget the results of earlier runs")
    parser.add_argument("--list", action="store_true", help="show the ids of the cases, and end")
    parser.add_argument("--at-once", type=int, default=3 * (os.cpu_count() or 1), help="cases side by side")
    arguments = parser.parse_args()
    began = time.monotonic()
    quiet_environment()
    load_everything()
    folder = Path(tempfile.mkdtemp(prefix="stepdeploy-faults-"))
    try:
        return run(arguments, folder, began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(arguments: argparse.Namespace, folder: Path, began: float) -> int:
    named = (
        sorted({pattern.partition("/")[0] for pattern in SLICE}) if arguments.slice else arguments.operations.split(",")
    )
    if unknown := set(named) - set(SCENARIOS):
        raise SystemExit(f"There is no operation {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}.")
    scenarios = [SCENARIOS[key] for key in named]
    ground, calls, broken = prepare(folder, scenarios, arguments.at_once)
    if broken:
        print("Already wrong without any fault:", *broken, sep="\n  ")
        return 1
    work = chosen(list(jobs(ground, scenarios, calls)), arguments)
    if arguments.list:
        print(*(row.id for row, _ in work), sep="\n")
        return 0
    print(f"{len(work)} cases; undisturbed runs were recorded after {time.monotonic() - began:.0f} s", flush=True)
    results = Results(fresh=arguments.fresh, file=folder / "results.jsonl" if arguments.slice else FILE)
    perform_all(work, results, arguments.at_once)
    rows = [row for row, _ in work]
    cpu = sum(results.found[row.id].get("cpu", 0) for row in rows)
    print(f"\n{time.monotonic() - began:.0f} s, {cpu:.0f} s of processor time in cases\n")
    print(*table(rows, results.found, TITLES), sep="\n")
    return 1 if any(results.found[row.id]["problems"] for row in rows) else 0


def jobs(ground: Ground, scenarios: Sequence[Scenario], calls: dict[str, list[dict[str, Any]]]) -> list[Job]:
    """All cases with what performs them; those that mostly wait stand first."""
    found: list[Job] = []
    for special in SPECIALS:
        if special.scenario in calls:
            row = Row(special.id, SCENARIOS[special.scenario].title, special.title)
            found.append((row, lambda special=special: perform_special(ground, special)))
    for scenario in scenarios:
        for case in cases(scenario, calls[scenario.key]):
            row = Row(case.id, scenario.title, FAULTS[case.fault])
            found.append((row, lambda case=case: perform(ground, case)))
    return found


def chosen(work: list[Job], arguments: argparse.Namespace) -> list[Job]:
    """Those that the arguments ask for. Raises SystemExit where there are none."""
    if arguments.only:
        work = [job for job in work if arguments.only in job[0].id or fnmatch.fnmatchcase(job[0].id, arguments.only)]
    if arguments.slice:
        work = [job for pattern in SLICE for job in matching(work, pattern)]
    if not work:
        raise SystemExit("No case matches; --list shows them all.")
    return work


def matching(work: Sequence[Job], pattern: str) -> list[Job]:
    """The one job of the slice that a pattern names. Raises SystemExit where calls are others by now."""
    found = [job for job in work if fnmatch.fnmatchcase(job[0].id, pattern)]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} cases match {pattern!r} of the slice (SLICE in scripts/faults.py)")
    return found


def perform_all(work: Sequence[Job], results: Results, at_once: int) -> None:
    """Perform what has not passed yet, and say of each failure what is wrong and how to see it again."""
    todo = [(row.id, perform) for row, perform in work if not results.passed(row.id)]
    if len(todo) < len(work):
        print(f"{len(work) - len(todo)} passed in an earlier run (--fresh does them again)", flush=True)
    for number, (case, answer) in enumerate(side_by_side(todo, at_once), 1):
        result = results.add(case, answer)
        if result["problems"]:
            print(f"failed: {case}", *(f"  {line}" for line in result["problems"]), sep="\n")
            print(f"  again: scripts/faults --only '{case}'", flush=True)
        if number % 100 == 0:
            print(f"{number} of {len(todo)} done", flush=True)


if __name__ == "__main__":
    sys.exit(main())
