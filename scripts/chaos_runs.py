"""The two ways in which scripts/chaos runs companies: as executions of their own, each started twice, and as a batch."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from bench_project import Project
from chaos_web import Company

MACHINE = "company_data_extraction"
#: Seconds that a run may take before what still runs counts as lost: for starting, and for each company.
START_SECONDS, COMPANY_SECONDS = 120, 10
#: Exit code of start-batch --wait when companies failed, which many here must.
SOME_FAILED = 10


class Ran(NamedTuple):
    """arns: company_id -> its execution. summary: company_id -> what the batch says of it. batch: its id, "" for none."""

    arns: dict[str, str]
    summary: dict[str, dict[str, Any]]
    batch: str


def site_of(company: Company, port: int) -> str:
    return f"http://127.0.0.1:{port}/{company.folder}/"


def run_directly(
    project: Project, resources: Mapping[str, str], companies: list[Company], port: int, at_once: int
) -> Ran:
    """Start them all, each twice, so many side by side; wait for their end."""
    client = project.client("stepfunctions")
    machine = _machine(client, resources)
    limit = time.monotonic() + START_SECONDS + COMPANY_SECONDS * len(companies)
    waiting, arns = list(companies), dict[str, str]()
    while time.monotonic() < limit:
        running = _running(client, machine)
        for company in waiting[: max(0, at_once - running)]:
            arns[company.company_id] = _start_twice(client, machine, company, port)
        waiting = waiting[max(0, at_once - running) :]
        if not waiting and not running and not _running(client, machine):
            break
        time.sleep(0.5)
    return Ran(arns, {}, "")


def run_batch(project: Project, resources: Mapping[str, str], companies: list[Company], port: int, at_once: int) -> Ran:
    """Start them as one batch, twice; wait for its end."""
    path = project.folder / "chaos.csv"
    rows = "".join(f"{company.name},{site_of(company, port)},\n" for company in companies)
    path.write_text(f"company_name,website_url,stock_symbol\n{rows}")
    options = ["start-batch", str(path), "--max", str(at_once)]
    first, second = project.json(*options), project.json(*options)
    if not second["existing"] or second["executionArn"] != first["executionArn"]:
        raise SystemExit(f"the batch was started twice: {first}, {second}")
    limit = ["--wait", "--wait-limit", str(START_SECONDS + COMPANY_SECONDS * len(companies))]
    ended = project.json(*options, *limit, codes=(0, SOME_FAILED))
    client = project.client("stepfunctions")
    executions = _machine(client, resources).replace(":stateMachine:", ":execution:")
    bucket, key = resources["bucket:merged"], f"batches/{first['batch_id']}/companies.jsonl"
    listed = project.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
    items = [json.loads(line) for line in listed]
    arns = {item["company_id"]: f"{executions}:{item['token']}" for item in items}
    summary = {outcome["company_id"]: outcome for outcome in ended["summary"]["companies"]}
    return Ran(arns, summary, first["batch_id"])


def _start_twice(client: Any, machine: str, company: Company, port: int) -> str:
    """Start an execution, and again: AWS answers the second one with the first, or refuses it once that has ended."""
    request = {"company_name": company.name, "website_url": site_of(company, port)}
    call = {"stateMachineArn": f"{machine}:production", "name": f"{company.company_id}-1", "input": json.dumps(request)}
    arn = client.start_execution(**call)["executionArn"]
    try:
        again = client.start_execution(**call)["executionArn"]
    except client.exceptions.ExecutionAlreadyExists:
        again = arn
    if again != arn:
        raise SystemExit(f"{company.name} was started twice: {arn}, {again}")
    return str(arn)


def _machine(client: Any, resources: Mapping[str, str]) -> str:
    """The machine's ARN."""
    wanted = resources[f"state_machine:{MACHINE}"]
    machines = client.list_state_machines()["stateMachines"]
    return str(next(one["stateMachineArn"] for one in machines if wanted in (one["name"], one["stateMachineArn"])))


def _running(client: Any, machine: str) -> int:
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING")
    return sum(len(page["executions"]) for page in pages)
