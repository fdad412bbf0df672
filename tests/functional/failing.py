"""The ways in which the tasks of both machines can fail, read from the definitions, and what each is meant to come to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MAIN, BATCH = "company_data_extraction", "company_batch"
UNNAMED = "SomethingNobodyNamed"
#: Predefined names that stand for many errors; the unnamed one is one of these.
WILDCARDS = {"States.ALL", "States.TaskFailed"}
#: What an extraction's error ends in; every other one in ...ExtractionFailed. Permanent errors: ...DataNotAvailable.
ENDINGS = {
    "States.Timeout": "ExtractionTimedOut",
    "Sandbox.Timedout": "ExtractionTimedOut",
    "ProgressStalled": "ProgressStalled",
    "DatabaseError": "DatabaseFailed",
    "StorageError": "DatabaseFailed",
    "ApiBudgetExhausted": "BudgetExhausted",
    "InvalidInput": "DataNotAvailable",
    "UnsafeUrl": "DataNotAvailable",
    "CompanyNotFound": "DataNotAvailable",
    "AmbiguousCompany": "DataNotAvailable",
    "NoAnnualReport": "DataNotAvailable",
    "LeadershipPageNotFound": "DataNotAvailable",
    "PageNotFound": "DataNotAvailable",
    "DocumentTooLarge": "DataNotAvailable",
    "UnexpectedContent": "DataNotAvailable",
}


class Case(NamedTuple):
    """One task failed in one way, always the same, however often it is tried."""

    machine: str
    task: str
    error: str

    @property
    def name(self) -> str:
        """Of the execution: the played functions read it."""
        return f"{self.task}--{self.error}"


class Meant(NamedTuple):
    """state: which the run passes because of the failure. error: with which it ends, "" for success. told: whether a
    notification goes out."""

    state: str
    error: str
    told: bool


def meant(case: Case) -> Meant:
    """What a case is to end in: the promise, written down apart from the definitions."""
    succeeds = {
        "CheckExtractionCache": "AnalyzeWorkload",
        "AnalyzeWorkload": "DefaultWorkload",
        "ReserveSECGaps": "SECExtracted",
        "FillSECGaps": "SECExtracted",
        "ReserveCXOGaps": "CXOExtracted",
        "FillCXOGaps": "CXOExtracted",
        "ReadBioPages": "BiosNotRead",
    }
    batches = {"RunCompany": "DescribeRun", "DescribeRun": "CompanyNotStarted", "NotifyBatch": "HowItEnded"}
    if case.task in succeeds:
        return Meant(succeeds[case.task], "", told=False)
    if case.task in batches:
        return Meant(batches[case.task], "", told=case.task != "NotifyBatch")
    if case.task == "SummarizeBatch":
        return Meant("SummaryFailed", "SummaryError", told=True)
    if case.task in ("CleanupFailedRun", "NotifyFailure"):
        state = {"CleanupFailedRun": "NotifyFailure", "NotifyFailure": "PipelineFailed"}[case.task]
        return Meant(state, "MergeError", told=case.task != "NotifyFailure")
    if case.task == "MergeAndSaveToS3":
        low = case.error == "InsufficientDataQuality"
        return Meant(case.error if low else "MergeFailed", case.error if low else "MergeError", told=True)
    return _of_an_extraction(case)


def _of_an_extraction(case: Case) -> Meant:
    if case.task == "ReserveEdgarBudget" and case.error != "ApiBudgetExhausted":
        return Meant("ExtractSECData", "", told=False)  # the extractor keeps EDGAR's limit by itself
    if case.task.startswith("SavePartial"):
        return Meant("ExtractionFailed", "ExtractionFailed", told=True)
    if case.error == "SearchNeeded":
        search = case.task == "ExtractCXOData"  # a search that needs a search has found nothing
        return (
            Meant("Search", "", told=False) if search else Meant("CXODataNotAvailable", "ExtractionFailed", told=True)
        )
    if (case.task, case.error) == ("ExtractSECData", "ServiceUnavailable"):
        return Meant("SECServiceUnavailable", "ServiceUnavailable", told=True)
    side = "SEC" if case.task in ("ReserveEdgarBudget", "ExtractSECData") else "CXO"
    return Meant(f"{side}{ENDINGS.get(case.error, 'ExtractionFailed')}", "ExtractionFailed", told=True)


def scopes(machine: dict[str, Any], keeper: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(states, the Parallel of one branch around them or nothing) of a machine and all that is inside."""
    yield machine["States"], keeper
    for state in machine["States"].values():
        branches = state.get("Branches", [])
        for inner in [*branches, *filter(None, [state.get("ItemProcessor")])]:
            yield from scopes(inner, state if len(branches) == 1 else {})


def rules_of(machine: str) -> dict[str, dict[str, Any]]:
    """Task -> the state whose Retry and Catch are about it: itself, or the attempt that it is a part of."""
    definition = json.loads((ROOT / "definitions" / f"{machine}.asl.json").read_text())
    found = {}
    for states, keeper in scopes(definition, {}):
        tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
        found |= {name: state if "Catch" in state else keeper for name, state in tasks.items()}
    return found


RULES = {machine: rules_of(machine) for machine in (MAIN, BATCH)}


def named(state: dict[str, Any]) -> list[str]:
    """The errors that a state's Retry and Catch name, each once."""
    rules = state.get("Retry", []) + state.get("Catch", [])
    return list(dict.fromkeys(error for rule in rules for error in rule["ErrorEquals"]))


def cases() -> list[Case]:
    """Every task in every way that its Retry and Catch name, and in one that they do not."""
    return [
        Case(machine, task, error)
        for machine, tasks in RULES.items()
        for task, state in tasks.items()
        for error in [*(error for error in named(state) if error not in WILDCARDS), UNNAMED]
    ]


def attempts(case: Case) -> int:
    """How often the task is tried: once, and as often as the first retrier for the error says."""
    for retrier in RULES[case.machine][case.task]["Retry"]:
        names = set(retrier["ErrorEquals"])
        if case.error in names or ("States.TaskFailed" in names and case.error != "States.Timeout"):
            return 1 + int(retrier["MaxAttempts"])
    return 1
