"""What the pipeline's definition promises, read from the file itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
DEFINITIONS = ROOT / "definitions"
PARAMETERS: dict[str, Any] = json.loads((DEFINITIONS / "project.json").read_text())["parameters"]
MACHINE: dict[str, Any] = json.loads((DEFINITIONS / "company_data_extraction.asl.json").read_text())
RESULTS = ("sec_result", "cxo_result")


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and each branch inside it: everything that has States."""
    yield machine
    for state in machine["States"].values():
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            yield from scopes(inner)


STATES = {name: state for scope in scopes(MACHINE) for name, state in scope["States"].items()}
#: A task -> the Parallel of one branch that it is an attempt of, which retries and catches for it.
ATTEMPT_OF = {
    name: state
    for state in STATES.values()
    if state["Type"] == "Parallel" and len(state["Branches"]) == 1
    for name in state["Branches"][0]["States"]
}
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
LAMBDA_TASKS = {name: state for name, state in TASKS.items() if state["Resource"].endswith(":lambda:invoke")}
CATCHERS = [(name, catcher) for name, state in STATES.items() for catcher in state.get("Catch", [])]
RETRIERS = [(name, retrier) for name, state in STATES.items() for retrier in state.get("Retry", [])]


def number(value: object) -> float:
    """A number of the definition, looked up in the project's parameters if it is a reference."""
    if isinstance(value, str):
        value = PARAMETERS[value.removeprefix("${").removesuffix("}")]
    assert isinstance(value, (int, float)) and not isinstance(value, bool)
    return value


def function_settings(task: dict[str, Any]) -> dict[str, Any]:
    folder = task["Parameters"]["FunctionName"].removeprefix("${function:").removesuffix("}")
    return json.loads((ROOT / "lambdas" / folder / "function.json").read_text())


def test_the_flow_is_the_one_documented() -> None:
    assert MACHINE["StartAt"] == "CheckExtractionCache"
    branches = STATES["ParallelExtraction"]["Branches"]
    assert [branch["StartAt"] for branch in branches] == ["ReadEdgar", "ExtractCXOData"]
    choice = STATES["CheckExtractionResults"]
    assert [rule["Next"] for rule in choice["Choices"]] == [
        "MergeAndSaveToS3",
        "InsufficientCompleteness",
        "ServiceUnavailable",
        "SavePartialSEC",
        "SavePartialCXO",
    ]
    assert choice["Default"] == "ExtractionFailed"


def limit(task: dict[str, Any]) -> float:
    """The greatest time limit of a task, in seconds; that of a path is what DefaultWorkload gives."""
    if "TimeoutSecondsPath" in task:
        kind = task["TimeoutSecondsPath"].split(".")[-2]
        return number(STATES["DefaultWorkload"]["Result"]["body"][kind]["timeout_seconds"])
    return number(task["TimeoutSeconds"])


def test_every_transition_stays_in_its_scope_and_every_state_is_reached() -> None:
    for scope in scopes(MACHINE):
        targets = {scope["StartAt"]}
        for state in scope["States"].values():
            rules = state.get("Choices", []) + state.get("Catch", [])
            targets |= {target for target in (state.get("Next"), state.get("Default")) if target}
            targets |= {rule["Next"] for rule in rules}
        assert targets == set(scope["States"])


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_bounded_retried_and_caught(name: str) -> None:
    task = TASKS[name]
    assert limit(task) > 0
    assert "HeartbeatSeconds" not in task  # a synchronous invoke sends no heartbeats
    keeper = task if "Catch" in task else ATTEMPT_OF[name]
    assert keeper["Retry"]
    assert keeper["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


def test_a_call_of_a_shared_api_goes_back_for_a_place_when_it_is_retried() -> None:
    """The reservation, the wait and the call are one attempt: the call has no Retry of its own."""
    for name, call in {
        "ReserveEdgarBudget": "ExtractSECData",
        "ReserveSearch": "SearchLeadershipPage",
        "ReserveSECGaps": "FillSECGaps",
        "ReserveCXOGaps": "FillCXOGaps",
    }.items():
        attempt = ATTEMPT_OF[name]
        assert attempt["Branches"][0]["StartAt"] == name
        assert "Retry" not in TASKS[call] and ATTEMPT_OF[call] is attempt
    assert {name for name, task in LAMBDA_TASKS.items() if "reserve_api_budget" in str(task)} == {
        name for name in ATTEMPT_OF if name.startswith("Reserve")
    }


@pytest.mark.parametrize("name", LAMBDA_TASKS)
def test_a_task_outlives_its_function(name: str) -> None:
    task = LAMBDA_TASKS[name]
    assert limit(task) > function_settings(task)["timeout_seconds"]


@pytest.mark.parametrize(("name", "catcher"), CATCHERS)
def test_no_catcher_replaces_the_input(name: str, catcher: dict[str, Any]) -> None:
    assert catcher["ResultPath"].startswith("$.")


@pytest.mark.parametrize(("name", "retrier"), RETRIERS)
def test_every_retrier_spreads_and_bounds_its_waits(name: str, retrier: dict[str, Any]) -> None:
    assert retrier["JitterStrategy"] == "FULL"
    assert number(retrier["MaxDelaySeconds"]) > number(retrier["IntervalSeconds"]) >= 1


@pytest.mark.parametrize("environment", sorted((DEFINITIONS / "environments").glob("*.json")), ids=lambda p: p.stem)
def test_every_environment_keeps_the_waits_bounded(environment: Path) -> None:
    values = {**PARAMETERS, **json.loads(environment.read_text()).get("parameters", {})}
    for kind in ("throttling", "transient", "database"):
        assert values[f"{kind}_retry_max_seconds"] > values[f"{kind}_retry_seconds"] >= 1


def test_throttling_waits_longest() -> None:
    for name, retrier in RETRIERS:
        throttling = "Lambda.TooManyRequestsException" in retrier["ErrorEquals"]
        assert throttling == (retrier["IntervalSeconds"] == "${throttling_retry_seconds}"), name
    assert PARAMETERS["throttling_retry_seconds"] > PARAMETERS["database_retry_seconds"]
    assert PARAMETERS["database_retry_seconds"] > PARAMETERS["transient_retry_seconds"]


def test_the_states_own_errors_are_the_functions_errors() -> None:
    from common import errors

    predefined = ("States.", "Lambda.", "Sandbox.", "Runtime.")
    named = {error for _, rule in CATCHERS + RETRIERS for error in rule["ErrorEquals"]}
    ours = {error for error in named if not error.startswith(predefined)}
    assert ours
    assert {error for error in ours if not hasattr(errors, error)} == set()


def test_no_error_is_both_retried_and_called_permanent() -> None:
    for name, state in STATES.items():
        retried = {error for retrier in state.get("Retry", []) for error in retrier["ErrorEquals"]}
        permanent = [
            catcher["ErrorEquals"] for catcher in state.get("Catch", []) if catcher["Next"].endswith("DataNotAvailable")
        ]
        assert not retried & {error for errors in permanent for error in errors}, name


def test_a_killed_function_is_tried_again() -> None:
    """Runtime.ExitError is what Lambda says of a process that ended; Lambda.Unknown is its old name."""
    for name, retrier in RETRIERS:
        if "Lambda.ServiceException" in retrier["ErrorEquals"]:
            assert {"Runtime.ExitError", "Lambda.Unknown"} <= set(retrier["ErrorEquals"]), name


def worst_seconds(state: dict[str, Any]) -> float:
    """The longest a state can take: every retrier used up, each attempt as long as it may be. Waits count as nothing."""
    inner = [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]
    once = limit(state) if state["Type"] == "Task" else max((worst_path(scope) for scope in inner), default=0)
    total = once
    for retrier in state.get("Retry", []):
        wait = number(retrier["IntervalSeconds"])
        for _ in range(retrier["MaxAttempts"]):
            total += once + min(wait, number(retrier["MaxDelaySeconds"]))
            wait *= retrier["BackoffRate"]
    return total


def worst_path(scope: dict[str, Any]) -> float:
    """The longest way through a scope's states."""

    def onward(name: str, passed: tuple[str, ...]) -> float:
        state = scope["States"][name]
        rules = state.get("Choices", []) + state.get("Catch", [])
        targets = {rule["Next"] for rule in rules} | {state[key] for key in ("Next", "Default") if key in state}
        ways = (onward(target, (*passed, name)) for target in targets if target not in (*passed, name))
        return worst_seconds(state) + max(ways, default=0)

    return onward(scope["StartAt"], ())


def test_the_machine_outlives_its_tasks() -> None:
    """Else TIMED_OUT would end an execution before it could notify anyone. Waits for an API's budget are bounded by the
    function that hands out places, and those for another execution by its claim."""
    assert MACHINE["TimeoutSeconds"] >= worst_path(MACHINE) > 3600


def value_at(template: Any, steps: list[str]) -> Any:
    """What a payload template holds at a path; a `.$` key holds whatever its path gives. KeyError if nothing."""
    for step in steps:
        if f"{step}.$" in template:
            return template[f"{step}.$"]
        template = template[step]
    return template


def leaf_rules(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for inner in rule.get("And", []):
        yield from leaf_rules(inner)
    if "Variable" in rule:
        yield rule


@pytest.mark.parametrize("index", [0, 1])
def test_every_failed_ending_of_a_branch_has_what_the_choice_reads(index: int) -> None:
    prefix = f"$.extraction_results[{index}].{RESULTS[index]}."
    branch = STATES["ParallelExtraction"]["Branches"][index]["States"]
    endings = {name: state for name, state in branch.items() if state.get("End")}
    whole = {"SECExtracted", "CXOExtracted"} & set(endings)
    assert len(whole) == 1 and len(endings) >= 7
    for name, state in endings.items():
        if name in whole:
            assert list(state["Parameters"]) == [f"{RESULTS[index]}.$"]
            continue
        result = state["Parameters"][RESULTS[index]]
        for path in ("statusCode", "body.completeness"):
            assert isinstance(value_at(result, path.split(".")), int), (name, prefix + path)
        assert result["statusCode"] >= 400
        assert result["body"]["completeness"] == 0
        assert value_at(result, ["body", "error"]) in ("$.error.Error", "ServiceUnavailable")
        assert value_at(result, ["body", "cause"])


def test_the_choice_looks_before_it_compares() -> None:
    """A comparison with a missing path is States.Runtime, which nothing catches."""
    rules = [rule for state in STATES.values() if state["Type"] == "Choice" for rule in state["Choices"]]
    for rule in rules:
        seen: set[str] = set()
        for leaf in leaf_rules(rule):
            if leaf.get("IsPresent") is True:
                seen.add(leaf["Variable"])
            else:
                assert leaf["Variable"] in seen


def test_every_failing_way_fills_what_the_last_states_read() -> None:
    ways = [name for name, state in STATES.items() if state.get("Next") == "CleanupFailedRun"]
    assert set(ways) == {
        "ExtractionFailed",
        "ExtractionAborted",
        "ServiceUnavailable",
        "InsufficientCompleteness",
        "InsufficientDataQuality",
        "MergeFailed",
    }
    for name in ways:
        state = STATES[name]
        assert (state["Type"], state["ResultPath"]) == ("Pass", "$.failure")
        assert set(state["Parameters"]) == {"error", "cause.$"}
    assert STATES["PipelineFailed"]["ErrorPath"] == "$.failure.error"
    assert STATES["PipelineFailed"]["CausePath"] == "$.failure.cause"


def test_a_failed_notification_does_not_hide_the_failure() -> None:
    notify = STATES["NotifyFailure"]
    assert notify["Next"] == "PipelineFailed"
    assert [catcher["Next"] for catcher in notify["Catch"]] == ["PipelineFailed"]
    assert notify["ResultPath"] not in (None, "$", "$.failure")


def test_the_subject_fits_sns_for_every_error() -> None:
    """SNS takes subjects of at most 100 characters, ASCII, without line breaks."""
    template = STATES["NotifyFailure"]["Parameters"]["Subject.$"].split("'")[1]
    errors = {state["Parameters"]["error"] for state in STATES.values() if state.get("Next") == "CleanupFailedRun"}
    for error in errors:
        subject = template.replace("${env}", "production-eu").replace("{}", error)
        assert len(subject) <= 100
        assert subject.isascii() and subject.isprintable()


def test_the_schema_takes_what_the_pipeline_takes() -> None:
    schema = json.loads((DEFINITIONS / "company_data_extraction.input.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema).is_valid
    apple = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "stock_symbol": "AAPL"}
    assert check(apple)
    assert check({**apple, "stock_symbol": "BRK-B"})
    assert check({"company_name": "Apple Inc", "website_url": "http://apple.com"})
    assert not check({"company_name": "Apple Inc"})
    assert not check({**apple, "company_name": "  "})
    assert not check({**apple, "website_url": "ftp://apple.com"})
    assert not check({**apple, "website_url": "apple.com"})
    assert not check({**apple, "stock_symbl": "AAPL"})
