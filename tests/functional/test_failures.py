"""Every task of both machines failed in every way that its Retry and Catch name and in one that they do not, on the embedded
AWS: the project's own definitions and settings, its functions played (tests/projects/failing), all runs at once."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import ROOT, Tool

from .failing import BATCH, MAIN, RULES, UNNAMED, WILDCARDS, Case, attempts, cases, meant, named

CASES = cases()
MACHINES = {MAIN: "CompanyDataExtractionPipeline-local", BATCH: "CompanyBatch-local"}
PLACE = "us-east-1:123456789012"
#: What the machines call: the rest of the project would only take time.
KEPT = {"project", "owner", "parameters", "lambda", "state_machines", "default_machine", "tables", "buckets", "topics"}
FAILED = ("TaskFailed", "TaskTimedOut")


@dataclass
class Ended:
    """How a run ended. passed: the states, those of a batch's child included. failed: attempts that failed, by task."""

    status: str
    error: str
    cause: str
    passed: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    errors: set[str] = field(default_factory=set)


def play(project: Path) -> None:
    """Replace the functions by played ones that take two seconds at most, and drop what no machine calls."""
    definitions = project / "definitions"
    text = "".join((definitions / f"{machine}.asl.json").read_text() for machine in MACHINES)
    path = definitions / "project.json"
    settings = {name: value for name, value in json.loads(path.read_text()).items() if name in KEPT}
    settings["topics"]["failures"].pop("subscriptions")
    settings["state_machines"]["company_data_extraction"].pop("release")  # it names alarms
    (definitions / "company_data_extraction.smoke.json").unlink()
    for file in (path, definitions / "environments" / "local.json"):
        found = settings if file == path else json.loads(file.read_text())
        found["parameters"] = {name: value for name, value in found["parameters"].items() if f"${{{name}}}" in text}
        file.write_text(json.dumps(found))
    shutil.rmtree(project / "lambdas" / "common")
    for folder in [path.parent for path in (project / "lambdas").glob("*/function.json")]:
        name = json.loads((folder / "function.json").read_text())["name"]
        shutil.rmtree(folder)
        if f"${{function:{folder.name}}}" not in text:
            (project / "iam" / f"{folder.name}.json").unlink(missing_ok=True)
            continue
        folder.mkdir()
        shutil.copy(ROOT / "tests" / "projects" / "failing" / "handler.py", folder)
        (folder / "function.json").write_text(json.dumps({"name": name, "timeout_seconds": 2}))
        logs = {
            "Effect": "Allow",
            "Action": "logs:PutLogEvents",
            "Resource": f"${{function:{folder.name}.log_group_arn}}:*",
        }
        policy = {"Version": "2012-10-17", "Statement": [logs]}
        (project / "iam" / f"{folder.name}.json").write_text(json.dumps(policy))


def injected() -> list[dict[str, str]]:
    """What services do: errors of Lambda, SNS and Step Functions themselves."""
    rules = []
    for case in CASES:
        about = {"state": case.task, "parameters": f"*{case.name}*"}
        service = case.error.startswith("Lambda.") or "Payload" not in TASKS[case.task]["Parameters"]
        # Where the workload sets the limit, it is reached in a second. Others are too long to wait for.
        late = case.error == "States.Timeout" and case.task not in ("ExtractSECData", "ExtractCXOData")
        if service or late:
            rules.append({**about, "error": case.error})
        if case.task == "DescribeRun":  # which is only reached when the company could not be started
            rules.append({**about, "state": "RunCompany", "error": UNNAMED})
    return rules


def tasks_of(scope: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in scope["States"].items():
        if state["Type"] == "Task":
            yield name, state
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            yield from tasks_of(inner)


TASKS = {
    name: state
    for machine in MACHINES
    for name, state in tasks_of(json.loads((ROOT / "definitions" / f"{machine}.asl.json").read_text()))
}


class Cloud:
    """The embedded AWS of the played project."""

    def __init__(self, tool: Tool) -> None:
        self.endpoint = tool.json("local", "status")["endpoint"]
        self.bucket = tool.json("status")["resources"]["bucket:merged"]
        self.states, self.sqs, self.s3 = (self.client(name) for name in ("stepfunctions", "sqs", "s3"))

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
            config=Config(s3={"addressing_style": "path"}, inject_host_prefix=False),
        )

    def start(self, case: Case) -> str:
        """Start a run; its ARN. A batch has one company."""
        data: dict[str, Any] = {"company_name": "Acme", "website_url": "https://acme.example"}
        if case.machine == BATCH:
            row = {"line": 1, "company_id": "acme", "token": f"{case.name}.company", "request": data}
            key = f"batches/{case.name}/companies.jsonl"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=json.dumps(row).encode() + b"\n")
            data = {"batch_id": case.name}
        machine = f"arn:aws:states:{PLACE}:stateMachine:{MACHINES[case.machine]}:production"
        started = self.states.start_execution(stateMachineArn=machine, name=case.name, input=json.dumps(data))
        return str(started["executionArn"])

    def running(self) -> bool:
        arns = [f"arn:aws:states:{PLACE}:stateMachine:{name}" for name in MACHINES.values()]
        pages = (self.states.list_executions(stateMachineArn=arn, statusFilter="RUNNING", maxResults=1) for arn in arns)
        return any(page["executions"] for page in pages)

    def ended(self, arn: str) -> Ended:
        told = self.states.describe_execution(executionArn=arn)
        found = Ended(told["status"], told.get("error", ""), told.get("cause", ""))
        self._follow(arn, found)
        if MACHINES[BATCH] in arn:
            for run in self.states.list_map_runs(executionArn=arn)["mapRuns"]:
                for child in self.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]:
                    self._follow(child["executionArn"], found)
        return found

    def _follow(self, arn: str, found: Ended) -> None:
        """Add what an execution passed."""
        states: dict[int, str] = {}
        for page in self.states.get_paginator("get_execution_history").paginate(executionArn=arn):
            for event in page["events"]:
                entered = event.get("stateEnteredEventDetails")
                states[event["id"]] = entered["name"] if entered else states.get(event["previousEventId"], "")
                if entered:
                    found.passed.append(entered["name"])
                if event["type"] in FAILED:
                    found.failed[states[event["id"]]] += 1
                    details = event.get("taskFailedEventDetails") or event["taskTimedOutEventDetails"]
                    found.errors.add(details.get("error", ""))


@pytest.fixture(scope="module")
def runs(make_tool: Callable[[Path], Tool]) -> tuple[dict[Case, Ended], Counter[str]]:
    """Every case, at its end; and how often each run was notified of, by its ARN's last part."""
    tool = make_tool(ROOT)
    play(tool.project)
    with pytest.MonkeyPatch.context() as patch:
        # So few at a time that each function keeps its processes: to start them anew would be most of the work.
        patch.setenv("STEPDEPLOY_LOCAL_THREADS", "8")
        patch.setenv("STEPDEPLOY_LOCAL_CONCURRENCY", "80")
        tool.ok("deploy", "--yes")
    (tool.project / ".stepdeploy" / "local" / "failures.json").write_text(json.dumps(injected()))
    cloud = Cloud(tool)
    queue = cloud.sqs.create_queue(QueueName="told")["QueueUrl"]
    topic = f"arn:aws:sns:{PLACE}:CompanyExtractionFailures-local"
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{PLACE}:told")
    arns = {case: cloud.start(case) for case in CASES}
    deadline = time.monotonic() + 120
    while cloud.running():
        assert time.monotonic() < deadline, "not all have ended"
        time.sleep(0.2)
    return {case: cloud.ended(arn) for case, arn in arns.items()}, notified(cloud.sqs, queue)


def notified(sqs: Any, queue: str) -> Counter[str]:
    """How many messages there are about each execution or batch."""
    found: Counter[str] = Counter()
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            text = str(json.loads(message["Body"])["Message"])
            found[text.rpartition("Execution: ")[2].rpartition(":")[2]] += 1
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_failure_ends_in_the_state_meant_for_it(runs: tuple[dict[Case, Ended], Counter[str]], case: Case) -> None:
    ended, wanted = runs[0][case], meant(case)
    assert (ended.status, ended.error) == ("FAILED" if wanted.error else "SUCCEEDED", wanted.error), ended.cause
    assert wanted.state in ended.passed
    assert ended.failed[case.task] == attempts(case)
    assert case.error in ended.errors
    assert runs[1][case.name] == wanted.told
    if wanted.error and case.machine == MAIN:
        assert ended.passed[-3:] == ["CleanupFailedRun", "NotifyFailure", "PipelineFailed"]


def test_no_task_and_no_error_is_left_out() -> None:
    """The cases are those of the definitions: all tasks, and for each all errors that are named for it."""
    assert {case.task for case in CASES} == set(TASKS)
    for machine, tasks in RULES.items():
        for task, state in tasks.items():
            assert {case.error for case in CASES if case.task == task} >= set(named(state)) - WILDCARDS | {UNNAMED}, (
                machine
            )
    assert len(CASES) > 200
