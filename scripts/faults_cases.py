"""Which cases there are: operations of the tool, and for each the calls that an undisturbed run makes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_proxy import Seen
from faults_meddle import FAULTS, Target

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tests" / "projects" / "orders"
ALIAS_WRITES = ("stepfunctions:CreateStateMachineAlias", "stepfunctions:UpdateStateMachineAlias")
#: Reads are disturbed once for each operation, and only by errors: killed during a read, a run has done nothing more than
#: killed before the next write.
READ_FAULTS = ("throttled", "throttled-on", "failure", "failure-on")


@dataclass(frozen=True)
class Scenario:
    """One operation of the tool. release: which source the project has then, BROKEN for one that fails its smoke test;
    deployed: how many releases were deployed before. arguments: of the command. repeatable: whether running it again
    after success changes nothing. ends: its exit code. reads: whether its reads are disturbed too."""

    key: str
    title: str
    release: int
    deployed: int
    arguments: tuple[str, ...]
    repeatable: bool = True
    ends: int = 0
    reads: bool = True


BROKEN = 0
SCENARIOS = {
    one.key: one
    for one in (
        Scenario("first", "first deploy", 1, 0, ("deploy", "--yes")),
        Scenario("redeploy", "redeploy", 2, 1, ("deploy", "--yes")),
        Scenario("refused", "redeploy, smoke test fails", BROKEN, 1, ("deploy", "--yes"), ends=5, reads=False),
        Scenario("rollback", "rollback", 3, 3, ("rollback", "--yes"), repeatable=False),
        Scenario("rollback-to", "rollback --to 1", 3, 3, ("rollback", "--to", "1", "--yes")),
        Scenario("destroy", "destroy", 2, 2, ("destroy", "--delete-data", "--confirm", "orders/local")),
    )
}
RELEASES = 3


@dataclass(frozen=True)
class Case:
    """One fault at one call of one operation. before_alias: whether the call comes before the alias moves, as an
    undisturbed run makes it."""

    scenario: str
    fault: str
    target: Target
    writes: bool
    before_alias: bool

    @property
    def id(self) -> str:
        """What `--only` takes: `first/iam:CreateRole WorkRole-local #1/lost`."""
        where = f"{self.target.resource} #{self.target.nth}" if self.target.resource is not None else "(first)"
        return f"{self.scenario}/{self.target.label} {where}/{self.fault}".replace("  ", " ")


def cases(scenario: Scenario, calls: Sequence[dict[str, Any]]) -> Iterator[Case]:
    """All cases of one operation. calls: of its undisturbed run, as `described` gives them."""
    moves = [number for number, call in enumerate(calls) if call["label"] in ALIAS_WRITES]
    first_move = moves[0] if moves else len(calls)
    read: set[str] = set()
    for number, call in enumerate(calls):
        if call["writes"]:
            target = Target(call["label"], call["resource"], call["nth"])
        elif scenario.reads and call["label"] not in read:
            read.add(call["label"])
            target = Target(call["label"], None)
        else:
            continue
        for fault in FAULTS if call["writes"] else READ_FAULTS:
            yield Case(scenario.key, fault, target, call["writes"], number < first_move)


def described(calls: Sequence[Seen]) -> list[dict[str, Any]]:
    """Calls as JSON, in the order in which they began."""
    return [
        {
            "label": seen.operation.label,
            "resource": seen.operation.resource,
            "nth": seen.nth,
            "writes": seen.operation.writes,
            "status": seen.status,
        }
        for seen in calls
    ]


def make_sources(folder: Path) -> Callable[[int], Path]:
    """The project as it is at each release, 1 to RELEASES: from one to the next a function and the definition change. And
    as BROKEN: the function does not answer what the smoke test expects."""
    for release in range(BROKEN, RELEASES + 1):
        target = folder / f"release-{release}"
        shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("__pycache__", ".build", ".stepdeploy"))
        _change(target / "lambdas" / "work" / "handler.py", '"release": 1', f'"release": {release}')
        definitions = target / "definitions"
        expected = 99 if release == BROKEN else release
        _change(definitions / "orders.smoke.json", '"release": 1', f'"release": {expected}')
        _change(definitions / "project.json", '"patience_seconds": 20', f'"patience_seconds": {19 + release}')
    return lambda release: folder / f"release-{release}"


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{path} does not hold {old!r} any more")
    path.write_text(text.replace(old, new), encoding="utf-8")
