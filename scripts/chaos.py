"""Runs many made-up companies at once through the pipeline on the embedded AWS, and checks every outcome.

Sites fail in seeded ways (chaos_web.py), and Lambdas are killed while they run: random child processes of the embedded
AWS. Every execution is started twice. Exits 1 when an outcome is not the one that its site deserves, an execution is lost or
runs twice, a document holds another company's data, a notification is missing, or a failed run left something behind.
Run by scripts/chaos.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench_project import Project, kill, project_copy
from chaos_checks import Findings, look, wrong
from chaos_web import KINDS, Company, Web, made_up, serving

MACHINE = "company_data_extraction"
#: Seconds that the run may take before what still runs counts as lost: for starting, and for each company.
START_SECONDS, COMPANY_SECONDS = 120, 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, help="Lambdas to kill (default: a tenth of the companies)")
    arguments = parser.parse_args()
    kills = arguments.companies // 10 if arguments.kills is None else arguments.kills
    companies = made_up(arguments.companies, arguments.seed)
    began = time.monotonic()
    with serving(Web(companies)) as port, project_copy() as project:
        route(project, port)
        project.tool("deploy", "--yes")
        resources = project.json("status")["resources"]
        queue = subscribe(project, resources["topic:failures"])
        print(
            f"deployed after {time.monotonic() - began:.0f} s; {len(companies)} companies, {arguments.at_once} at once"
        )
        with killing(project, kills, arguments.seed) as killed:
            arns = run(project, resources, companies, port, arguments.at_once)
        print(f"all ended after {time.monotonic() - began:.0f} s; {len(killed)} Lambdas killed")
        found = look(project, resources, companies, arns, queue)
        return report(companies, found, cleans_up="function:cleanup_failed_run" in resources)


def route(project: Project, port: int) -> None:
    """Let the copy of the project read from our web instead of from its samples."""
    path = project.folder / "definitions" / "environments" / "local.json"
    settings = json.loads(path.read_text())
    settings["parameters"] |= {
        "fetch_route": "",
        "allowed_private_hosts": f"127.0.0.1:{port}",
        "edgar_data_url": f"http://127.0.0.1:{port}/edgar",
        "edgar_www_url": f"http://127.0.0.1:{port}/edgar",
    }
    path.write_text(json.dumps(settings))


def subscribe(project: Project, topic: str) -> str:
    """A queue that gets every notification; its URL. topic: its name."""
    sqs = project.client("sqs")
    queue = sqs.create_queue(QueueName="chaos-notifications")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic_arn = arn.replace(":sqs:", ":sns:").rpartition(":")[0] + f":{topic}"
    project.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return str(queue)


@contextmanager
def killing(project: Project, count: int, seed: int) -> Iterator[list[int]]:
    """Kill so many Lambdas at random moments while the block runs; gives their process ids."""
    killed: list[int] = []
    rng, over = random.Random(seed), threading.Event()

    def work() -> None:
        while len(killed) < count and not over.wait(rng.uniform(0.5, 2.5)):
            processes = project.processes()
            if processes:
                pid = rng.choice(processes)
                killed.extend([pid] if kill(pid) else [])

    thread = threading.Thread(target=work, daemon=True)
    project.processes()
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def run(
    project: Project, resources: Mapping[str, str], companies: list[Company], port: int, at_once: int
) -> dict[str, str]:
    """Start them all, each twice, so many side by side; wait for their end. company_id -> ARN of the execution."""
    client = project.client("stepfunctions")
    machine = _machine(client, resources)
    limit = time.monotonic() + START_SECONDS + COMPANY_SECONDS * len(companies)
    waiting, arns = list(companies), dict[str, str]()
    while time.monotonic() < limit:
        running = _running(client, machine)
        for company in waiting[: max(0, at_once - running)]:
            arns[company.company_id] = start_twice(client, machine, company, port)
        waiting = waiting[max(0, at_once - running) :]
        if not waiting and not running and not _running(client, machine):
            break
        time.sleep(0.5)
    for company in waiting:
        print(f"  {company.name} was not started in time", file=sys.stderr)
    return arns


def start_twice(client: Any, machine: str, company: Company, port: int) -> str:
    """Start an execution, and again: AWS answers the second one with the first, or refuses it once that has ended."""
    request = {"company_name": company.name, "website_url": f"http://127.0.0.1:{port}/{company.folder}/"}
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


def report(companies: list[Company], found: Mapping[str, Findings], *, cleans_up: bool) -> int:
    """The table, what is wrong, and the exit code."""
    problems = {company.name: wrong(company, found[company.company_id], cleans_up=cleans_up) for company in companies}
    print(f"\n{'site':20s} {'companies':>9s} {'succeeded':>9s} {'failed':>7s} {'hit':>4s} {'wrong':>6s}  deserves")
    for kind in KINDS:
        those = [company for company in companies if company.kind == kind]
        ended = Counter(found[company.company_id].status for company in those)
        hit = sum(bool(found[company.company_id].killed) for company in those)
        bad = sum(bool(problems[company.name]) for company in those)
        print(
            f"{kind.name:20s} {len(those):9d} {ended['SUCCEEDED']:9d} {ended['FAILED']:7d} {hit:4d} {bad:6d}"
            f"  {kind.error or 'success'}"
        )
    for name, why in problems.items():
        for problem in why:
            print(f"  wrong: {name}: {problem}")
    bad = sum(map(bool, problems.values()))
    print(f"\n{len(companies)} companies, {len(companies) - bad} as expected, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
