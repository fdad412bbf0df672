"""The batch machine: its promises in the definition, and whole runs with everything outside it played by the test."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stepdeploy import jsonsource, references
from stepdeploy.interpreter import MapHooks, MapRun, Outcome, TaskCall, TaskError, VirtualClock, run

ROOT = Path(__file__).parents[3]
PROJECT = json.loads((ROOT / "definitions" / "project.json").read_text())
MACHINE = json.loads((ROOT / "definitions" / "company_batch.asl.json").read_text())
ARN = "arn:aws:states:us-east-1:123456789012:execution:CompanyBatch:b"
BODY = {
    "batch_id": "b",
    "total": 1,
    "counts": {"SUCCEEDED": 1},
    "failure": None,
    "s3": {"bucket": "m", "key": "batches/b/summary.json"},
    "subject": "Batch b: 1 of 1 succeeded",
    "message": "all well",
}


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


STATES = {name: state for scope in scopes(MACHINE) for name, state in scope["States"].items()}
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
RETRIERS = [(name, retrier) for name, state in STATES.items() for retrier in state.get("Retry", [])]


def value_of(reference: Any) -> Any:
    """What a `${parameter}` is by default."""
    return PROJECT["parameters"][reference[2:-1]] if isinstance(reference, str) else reference


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_bounded_retried_and_caught(name: str) -> None:
    task = TASKS[name]
    assert value_of(task["TimeoutSeconds"]) > 0
    assert task["Retry"] and task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert all(catcher["ResultPath"].startswith("$.") for catcher in task["Catch"])


@pytest.mark.parametrize(("name", "retrier"), RETRIERS)
def test_every_retrier_spreads_and_bounds_its_waits(name: str, retrier: dict[str, Any]) -> None:
    assert retrier["JitterStrategy"] == "FULL"
    assert value_of(retrier["MaxDelaySeconds"]) > value_of(retrier["IntervalSeconds"]) >= 1


def test_every_state_is_reached() -> None:
    for scope in scopes(MACHINE):
        targets = {scope["StartAt"]}
        for state in scope["States"].values():
            rules = state.get("Choices", []) + state.get("Catch", [])
            targets |= {state[key] for key in ("Next", "Default") if key in state} | {rule["Next"] for rule in rules}
        assert targets == set(scope["States"])


def test_limits_outlive_what_they_hold() -> None:
    main = json.loads((ROOT / "definitions" / "company_data_extraction.asl.json").read_text())
    company = value_of("${batch_company_timeout_seconds}")
    assert company > value_of(main["TimeoutSeconds"])
    assert value_of(MACHINE["TimeoutSeconds"]) > company
    function = json.loads((ROOT / "lambdas" / "summarize_batch" / "function.json").read_text())
    assert TASKS["SummarizeBatch"]["TimeoutSeconds"] > function["timeout_seconds"]


def test_the_input_schema_takes_what_the_tool_sends() -> None:
    schema = json.loads((ROOT / "definitions" / "company_batch.input.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema).is_valid
    assert check({"batch_id": "a-1", "total": 5, "source": "a.csv", "max_concurrency": 2, "retry_of": "b"})
    assert check({"batch_id": "a", "tolerated_failure_percentage": 12.5})
    for wrong in ({}, {"batch_id": "../x"}, {"batch_id": "a", "max_concurrency": 0}, {"batch_id": "a", "x": 1}):
        assert not check(wrong)


def definition() -> dict[str, Any]:
    """With the project's own parameters; a resource's name stands for the resource."""
    places = {"env": "test", "aws:partition": "aws", "aws:region": "us-east-1", "aws:account": "123456789012"}
    values = {**PROJECT["parameters"], **places}
    source = jsonsource.load(ROOT / "definitions" / "company_batch.asl.json")
    return references.substitute(source, lambda name: values.get(name, name))


def item(company: str) -> dict[str, Any]:
    request = {"company_name": company, "website_url": "https://a.example"}
    return {"line": 1, "company_id": company, "token": f"{company}-token", "request": request}


def described(status: str, **more: Any) -> dict[str, Any]:
    times = {"StartDate": "2026-11-23T12:00:00Z", "StopDate": "2026-11-23T12:00:05Z"}
    return {"Status": status, "ExecutionArn": "arn:found", **times, **more}


DONE = {"ExecutionArn": "arn:run", "StartDate": 1, "StopDate": 2, "Output": {"s3": {"key": "k"}}, "Status": "SUCCEEDED"}
FAILED = TaskError("States.TaskFailed", '{"Status":"FAILED"}')
EXISTS = TaskError("StepFunctions.ExecutionAlreadyExistsException", "Execution Already Exists")


class World(MapHooks):
    """Plays S3, the main machine, the function and the topic. runs, descriptions: company -> answer, error or several in
    turn."""

    def __init__(self, *companies: str, **answers: Any) -> None:
        self.clock = VirtualClock()
        self.body = b"".join(json.dumps(item(company)).encode() + b"\n" for company in companies)
        self.answers: dict[str, Any] = {"summary": {"statusCode": 200, "body": BODY}, "topic": {}, **answers}
        self.calls: Counter[str] = Counter()
        self.given: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.map_run: MapRun | None = None

    async def __call__(self, call: TaskCall) -> Any:
        parameters = call.parameters
        if "startExecution" in call.resource:
            name = f"run_{parameters['Name'].removesuffix('-token')}"
        elif "describeExecution" in call.resource:
            name = f"describe_{parameters['ExecutionArn'].rsplit(':', 1)[1].removesuffix('-token')}"
        else:
            name = "topic" if "TopicArn" in parameters else "summary"
        answer = self.answers.get(name, DONE)
        if isinstance(answer, list):
            answer = answer[min(self.calls[name], len(answer) - 1)]
        self.calls[name] += 1
        self.given[name] = parameters
        if isinstance(answer, Exception):
            raise answer
        return {"Payload": answer} if name == "summary" else answer

    async def read(self, resource: str, parameters: dict[str, Any]) -> bytes:
        self.given["read"] = parameters
        if not self.body:
            raise TaskError("S3.NoSuchKeyException", "no such key")
        return self.body

    async def write(self, resource: str, parameters: dict[str, Any], key: str, body: bytes) -> None:
        self.files[key] = body

    def map_run_started(self, run: MapRun) -> None:
        self.map_run = run

    def run(self, **more: Any) -> Outcome:
        data = {"batch_id": "b", **more}
        context = {"Execution": {"Id": ARN, "Input": data, "Name": "b"}, "StateMachine": {"Id": "m", "Name": "m"}}
        return asyncio.run(run(definition(), data, context=context, tasks=self, clock=self.clock, readers=self))

    def records(self, group: str) -> list[Any]:
        files = [body for key, body in self.files.items() if f"/{group}_" in key]
        return [json.loads(line) for body in files for line in body.split(b"\n")]

    @property
    def outputs(self) -> dict[str, Any]:
        """Company -> output of its child."""
        return {
            row["company_id"]: row for record in self.records("SUCCEEDED") for row in [json.loads(record["Output"])]
        }


def test_every_company_is_started_by_its_token_and_the_summary_is_the_output() -> None:
    world = World("alpha", "beta")
    outcome = world.run(total=2)
    assert (outcome.status, outcome.output) == (
        "SUCCEEDED",
        {"status": "success", "batch_id": "b", **{name: BODY[name] for name in ("total", "counts", "s3")}},
    )
    assert world.given["read"]["Key"] == "batches/b/companies.jsonl"
    assert world.given["run_beta"] == {
        "StateMachineArn": "state_machine:company_data_extraction",
        "Name": "beta-token",
        "Input": item("beta")["request"],
    }
    assert all(key.startswith("batches/b/results/") for key in world.files)
    assert world.outputs["alpha"]["existing"] is False
    assert world.given["summary"]["Payload"]["run"]["ResultWriterDetails"]["Key"].endswith("/manifest.json")
    assert world.given["topic"]["Subject"] == BODY["subject"]


@pytest.mark.parametrize("given", [{}, {"max_concurrency": 3, "tolerated_failure_percentage": 12.5}])
def test_the_input_goes_over_the_settings(given: dict[str, Any]) -> None:
    world = World("alpha")
    world.run(**given)
    assert world.map_run is not None
    assert world.map_run.max_concurrency == given.get("max_concurrency", 20)
    assert world.map_run.tolerated_percentage == given.get("tolerated_failure_percentage", 50)


def test_a_company_that_has_been_run_keeps_its_outcome() -> None:
    found = described("SUCCEEDED", Output='{"s3":{"key":"old"}}')
    world = World("alpha", run_alpha=EXISTS, describe_alpha=found)
    assert world.run().status == "SUCCEEDED"
    child = world.outputs["alpha"]
    assert child["existing"] is True and child["execution"]["output"] == {"s3": {"key": "old"}}
    wanted = "arn:aws:states:us-east-1:123456789012:execution:state_machine:company_data_extraction.name:alpha-token"
    assert world.given["describe_alpha"] == {"ExecutionArn": wanted}


def test_a_company_that_another_one_runs_is_waited_for() -> None:
    looks = [described("RUNNING"), described("RUNNING"), described("SUCCEEDED", Output="{}")]
    world = World("alpha", run_alpha=EXISTS, describe_alpha=looks)
    before = world.clock.now()
    assert world.run().status == "SUCCEEDED"
    assert world.calls["describe_alpha"] == 3
    assert (world.clock.now() - before).total_seconds() == 2 * PROJECT["parameters"]["batch_poll_seconds"]


@pytest.mark.parametrize(
    ("found", "error", "cause"),
    [
        (described("FAILED", Error="ExtractionFailed", Cause="why"), "ExtractionFailed", "why"),
        (described("TIMED_OUT"), "TIMED_OUT", "The execution ended without a cause of its own"),
        (described("ABORTED", Error="Stopped"), "ABORTED", "The execution ended without a cause of its own"),
        (TaskError("Sfn.ExecutionDoesNotExistException", "none"), "States.TaskFailed", '{"Status":"FAILED"}'),
    ],
)
def test_a_failed_company_fails_with_its_real_error(found: Any, error: str, cause: str) -> None:
    world = World("alpha", "beta", run_alpha=FAILED, describe_alpha=found)
    assert world.run().status == "SUCCEEDED"  # one of two: within the tolerance
    (record,) = world.records("FAILED")
    assert (record["Error"], record["Cause"]) == (error, cause)
    assert json.loads(record["Input"])["company_id"] == "alpha" and record["StopDate"] >= record["StartDate"]
    assert world.calls["run_alpha"] == 1  # what failed is not repeated


def test_a_throttled_start_is_tried_again() -> None:
    throttled = TaskError("StepFunctions.AWSStepFunctionsException", "Rate exceeded")
    world = World("alpha", run_alpha=[throttled, throttled, DONE])
    assert world.run().status == "SUCCEEDED" and world.calls["run_alpha"] == 3


def test_more_failures_than_tolerated_end_the_batch_with_a_summary_and_a_notification() -> None:
    failure = {"error": "States.ExceedToleratedFailureThreshold", "cause": "too many"}
    answers = {f"describe_c{n}": described("FAILED", Error="E", Cause="c") for n in range(4)}
    answers |= {f"run_c{n}": FAILED for n in range(4)}
    world = World(
        *(f"c{n}" for n in range(4)), **answers, summary={"statusCode": 200, "body": {**BODY, "failure": failure}}
    )
    outcome = world.run(tolerated_failure_percentage=25, max_concurrency=1)
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", failure["error"], "too many")
    assert world.given["summary"]["Payload"]["run"]["Error"] == "States.ExceedToleratedFailureThreshold"
    assert [len(world.records(group)) for group in ("FAILED", "PENDING", "SUCCEEDED")] == [2, 2, 0]
    assert world.calls["topic"] == 1


def test_a_list_that_cannot_be_read_ends_in_the_summary() -> None:
    world = World()
    world.run()
    assert world.given["summary"]["Payload"]["run"]["Error"] == "States.ItemReaderFailed"
    assert world.calls["topic"] == 1


@pytest.mark.parametrize(("error", "attempts"), [("StorageError", 4), ("InvalidInput", 1), ("States.Timeout", 1)])
def test_a_failed_summary_fails_the_batch_with_a_notification(error: str, attempts: int) -> None:
    world = World("alpha", summary=TaskError(error, "why"))
    outcome = world.run()
    assert (outcome.status, outcome.error) == ("FAILED", "SummaryError")
    assert str(outcome.cause).startswith(error)
    assert world.calls["summary"] == attempts and world.calls["topic"] == 1
    assert ARN in world.given["topic"]["Message"]


@pytest.mark.parametrize("error", [TaskError("SNS.AuthorizationErrorException", "no"), TaskError("States.Timeout", "")])
def test_a_notification_that_fails_changes_nothing(error: TaskError) -> None:
    world = World("alpha", topic=error)
    assert world.run().status == "SUCCEEDED"
    assert world.calls["topic"] == 4


@pytest.mark.parametrize("batch_id", [None, "", 5, [], {}])
def test_without_a_batch_nothing_is_started(batch_id: Any) -> None:
    world = World("alpha")
    outcome = world.run(batch_id=batch_id)
    assert (outcome.status, outcome.error) == ("FAILED", "InvalidInput")
    assert world.calls == Counter({"topic": 1})
