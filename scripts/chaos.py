"""Runs many made-up companies at once through the pipeline on the embedded AWS, and checks every outcome.

They run in two ways, each with companies of its own: directly, every execution started twice, so many at once; and as one
batch, started twice, with as much concurrency. Sites fail in seeded ways (chaos_web.py), and Lambdas are killed while they
run: random child processes of the embedded AWS. Exits 1 when an outcome is not the one that its site deserves, an execution
is lost or runs twice, a document holds another company's data, a notification is missing, a batch's summary says something
else than the execution, or a failed run left something behind. Run by scripts/chaos.
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

from bench_project import Project, kill, project_copy
from chaos_checks import Findings, look, wrong
from chaos_runs import run_batch, run_directly
from chaos_web import KINDS, Company, Web, made_up, serving

WAYS = {"direct": run_directly, "batch": run_batch}


def main() -> int:
    arguments = parsed()
    ways = list(WAYS) if arguments.by == "both" else [arguments.by]
    kills = arguments.companies // 10 if arguments.kills is None else arguments.kills
    count, began, bad = arguments.companies, time.monotonic(), 0
    companies = {way: made_up(count, arguments.seed, number * count) for number, way in enumerate(ways)}
    with serving(Web([one for those in companies.values() for one in those])) as port, project_copy() as project:
        route(project, port)
        project.tool("deploy", "--yes", "--no-smoke")
        queue = subscribe(project, project.json("status")["resources"]["topic:failures"])
        print(f"seed {arguments.seed}; deployed after {time.monotonic() - began:.0f} s", flush=True)
        for way, those in companies.items():
            bad += one_way(project, way, those, port, arguments.at_once, kills, arguments.seed, queue)
    count *= len(ways)
    print(f"\n{count} companies, {count - bad} as expected, {bad} wrong")
    return 1 if bad else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=100, help="of each way (default: 100)")
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--by", choices=[*WAYS, "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, help="Lambdas to kill in each way (default: a tenth of the companies)")
    return parser.parse_args()


def one_way(
    project: Project, way: str, companies: list[Company], port: int, at_once: int, kills: int, seed: int, queue: str
) -> int:
    """Run the companies in one way and print what came of them; how many are wrong."""
    resources, began = project.json("status")["resources"], time.monotonic()
    with killing(project, kills, seed) as killed:
        ran = WAYS[way](project, resources, companies, port, at_once)
    print(
        f"\n{way}: {len(companies)} companies, {at_once} at once, {time.monotonic() - began:.0f} s;"
        f" {len(killed)} Lambdas killed"
    )
    found, others = look(project, resources, companies, ran, queue)
    if ran.batch and others != 1:
        print(f"  wrong: {others} notifications of the batch")
    return report(companies, found) + (1 if ran.batch and others != 1 else 0)


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


def report(companies: list[Company], found: Mapping[str, Findings]) -> int:
    """The table and what is wrong; how many companies are."""
    problems = {company.name: wrong(company, found[company.company_id]) for company in companies}
    print(f"{'site':20s} {'companies':>9s} {'succeeded':>9s} {'failed':>7s} {'hit':>4s} {'wrong':>6s}  deserves")
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
    return sum(map(bool, problems.values()))


if __name__ == "__main__":
    sys.exit(main())
