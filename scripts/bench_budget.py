"""Shows what the shared API budget and the breaker are worth, beside the review's way. Run by scripts/bench_budget.

Time is virtual: a simulated hour takes seconds. What is real and what is played stands in budget_world.py.

The model. An API's slots are `interval = (per_seconds + late_seconds) / limit` apart, so N companies of c calls each
keep it busy for N * c * interval. The busiest API binds, unless the companies themselves take longer, `at_once` of them
side by side. One company takes `lead` before it first asks the binding API, and `tail` after its last call:

    seconds(N) = max(over APIs: N * c * interval, N * alone / at_once) + lead + tail
    usd(N)     = N * (transitions * p1 + functions * p2 + GB-seconds * p3 + searches * p4 + tokens * p5)

with the prices of definitions/prices.json. `transitions` are the states of an execution that waits at each gate.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from budget_world import (
    EDGAR_CALLS,
    LATE,
    ROOT,
    SECONDS,
    TOKENS,
    Pipeline,
    StandIn,
    interval_of,
    memories,
    parameters,
    pipeline_state,
    review,
    seconds_of,
    stand_ins,
)
from virtual_time import elapsed, simulate

from stepdeploy.cost import bill, prices

REVIEW_CALLS = 15
"""Serper calls of a company in the review."""
SHARE = 0.95
MODEL_ERROR = 0.05
HOUR = 3600.0
QUEUED = 100
ARRIVALS = [number * (HOUR - 120) / QUEUED for number in range(QUEUED)]
"""When executions arrive while an API is down for an hour: all are over within it, the review's too."""


class Run(NamedTuple):
    """What a scenario came to. failed: companies. seconds: simulated, until the last one ended."""

    companies: int
    failed: int
    seconds: float
    apis: Mapping[str, StandIn]
    usage: bill.Usage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=50, help="executions side by side (default: 50)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--definitions", type=Path, default=ROOT / "definitions", help="another version's definitions")
    arguments = parser.parse_args()
    began = time.perf_counter()
    missed = budgets(arguments) + breakers(arguments)
    print(f"\n{time.perf_counter() - began:.0f} s for all of it. {len(missed)} targets missed{''.join(missed)}")
    return 1 if missed else 0


# -- the budget -----------------------------------------------------------------------------------------------------


def budgets(arguments: argparse.Namespace) -> list[str]:
    """The three ways, then the model; the targets that were missed."""
    count, at_once = arguments.companies, arguments.at_once
    print(f"{count} companies, {at_once} at once; time is simulated")
    print(f"  {'':44s} {'calls':>7s} {'429':>6s} {'failed':>6s} {'busiest API':>12s} {'used':>6s} {'minutes':>8s}")
    theirs = simulate(reviewed(count, at_once, arguments.seed))
    show(f"the review: {REVIEW_CALLS} Serper calls each, retry 2 s, 4 s", theirs)
    same = simulated(arguments, REVIEW_CALLS)
    show(f"ours, with as many: {REVIEW_CALLS} Serper calls each", same)
    ours = simulated(arguments, 1)
    show("ours, as it is: 1 search, 2 questions to Nova", ours)
    missed = []
    for label, run in (("as many calls", same), ("as it is", ours)):
        refused = sum(api.refused for api in run.apis.values())
        share = run.apis[busiest(run)].share
        missed += [f"\n  {label}: {refused} answers 429"] if refused else []
        missed += [f"\n  {label}: {run.failed} companies failed"] if run.failed else []
        missed += [f"\n  {label}: only {share:.1%} of the limit used"] if share < SHARE else []
    return missed + modelled(arguments, {REVIEW_CALLS: same, 1: ours})


async def reviewed(count: int, at_once: int, seed: int) -> Run:
    """The companies the review's way."""
    apis, rng, places = stand_ins(), random.Random(seed), asyncio.Semaphore(at_once)
    apis["serper"].asked_at = 0.0

    async def one() -> bool:
        async with places:
            return await review(apis["serper"], REVIEW_CALLS, rng)

    done = await asyncio.gather(*(one() for _ in range(count)))
    return Run(count, done.count(False), elapsed(), apis, bill.Usage())


def simulated(arguments: argparse.Namespace, searches: int) -> Run:
    """The companies through the real definition."""
    with pipeline_state(arguments.definitions):
        pipeline = Pipeline(arguments.definitions, stand_ins(), searches=searches, seed=arguments.seed)
        ended = pipeline.execute_all([0.0] * arguments.companies, arguments.at_once)
    failed = [one for one in ended if one.outcome.status != "SUCCEEDED"]
    if failed:
        print(f"  the first failure: {failed[0].outcome.error}: {str(failed[0].outcome.cause)[:300]}", file=sys.stderr)
    usage = bill.Usage(
        transitions=sum(one.transitions for one in ended),
        lambda_requests=pipeline.used["requests"],
        gb_seconds=pipeline.gb_seconds,
        publishes=pipeline.used["publishes"],
        input_tokens=pipeline.used["input_tokens"],
        output_tokens=pipeline.used["output_tokens"],
        searches=pipeline.used["searches"],
    )
    return Run(len(ended), len(failed), max(one.at for one in ended), pipeline.apis, usage)


def busiest(run: Run) -> str:
    """The API whose limit the run used most."""
    return max(run.apis, key=lambda api: run.apis[api].calls * run.apis[api].window / run.apis[api].limit)


def show(label: str, run: Run) -> None:
    calls, refused = (sum(getattr(api, name) for api in run.apis.values()) for name in ("calls", "refused"))
    name = busiest(run)
    print(
        f"  {label:44s} {calls:7,d} {refused:6,d} {run.failed:6d} {name:>12s}"
        f" {run.apis[name].share:6.1%} {run.seconds / 60:8.1f}",
        flush=True,
    )


# -- the model ------------------------------------------------------------------------------------------------------

#: The states of an execution that finds nothing in the cache and waits at each gate (see the definition).
STATES = [
    "CheckExtractionCache",
    "CacheDecision",
    "AnalyzeWorkload",
    "WorkloadKnown",
    "ParallelExtraction",
    "ReadEdgar",
    "ReserveEdgarBudget",
    "EdgarGate",
    "WaitForEdgar",
    "ExtractSECData",
    "SECGaps",
    "AskSECGaps",
    "ReserveSECGaps",
    "SECGapGate",
    "WaitForSECGaps",
    "FillSECGaps",
    "SECExtracted",
    "ExtractCXOData",
    "Search",
    "ReserveSearch",
    "SearchGate",
    "WaitForSearch",
    "SearchLeadershipPage",
    "CXOBios",
    "CXOGaps",
    "AskCXOGaps",
    "ReserveCXOGaps",
    "CXOGapGate",
    "WaitForCXOGaps",
    "FillCXOGaps",
    "CXOExtracted",
    "CheckExtractionResults",
    "MergeAndSaveToS3",
    "PipelineSuccess",
]


def expected_seconds(companies: int, at_once: int, searches: int) -> float:
    """How long so many companies take."""
    demand = {"edgar": EDGAR_CALLS, "serper": searches, "nova": 2}
    late, step = sum(LATE) / 2, SECONDS["reserve_api_budget"]
    busy = {api: companies * calls * interval_of(api) for api, calls in demand.items()}
    searching = SECONDS["cxo_website_extractor"] * 2 + seconds_of("serper", searches)
    opening = SECONDS["check_extraction_cache"] + SECONDS["analyze_workload"] + 2 * late
    asking = seconds_of("nova", 1) + step + 2 * late
    closing = SECONDS["dynamodb_to_s3_merger"] + late
    alone = opening + searching + step + 3 * late + asking + closing
    to_serper = opening + SECONDS["cxo_website_extractor"] + step + 2 * late
    to_nova = opening + seconds_of("edgar", EDGAR_CALLS) + SECONDS["nova_sec_extractor"] + 2 * step + 3 * late
    after_serper = SECONDS["cxo_website_extractor"] + asking + closing
    around = {"edgar": alone, "serper": to_serper + after_serper, "nova": to_nova + seconds_of("nova", 1) + closing}
    api = max(busy, key=lambda name: busy[name])
    return max(busy[api] + around[api], companies * alone / at_once + alone)


def expected_usage(companies: int, searches: int) -> bill.Usage:
    """What so many companies use."""
    seconds = {name: SECONDS[name] for name in SECONDS if name != "cleanup_failed_run"}
    seconds["reserve_api_budget"] *= 4
    seconds["nova_sec_extractor"] += seconds_of("edgar", EDGAR_CALLS) + seconds_of("nova", 1)
    seconds["cxo_website_extractor"] += (
        SECONDS["cxo_website_extractor"] + seconds_of("serper", searches) + seconds_of("nova", 1)
    )
    memory = memories()
    return bill.Usage(
        transitions=companies * len(STATES),
        lambda_requests=companies * 12,
        gb_seconds=companies * sum(memory[name] / 1024 * spent for name, spent in seconds.items()),
        input_tokens=companies * 2 * TOKENS[0],
        output_tokens=companies * 2 * TOKENS[1],
        searches=companies * searches,
    )


def modelled(arguments: argparse.Namespace, runs: Mapping[int, Run]) -> list[str]:
    """The model beside the runs, then for 10,000 companies; where it is further off than MODEL_ERROR."""
    missed = []
    print(f"\nThe model, at the prices of {prices.load(ROOT).as_of}")
    print(f"  {'companies':>9s} {'searches':>8s} {'minutes':>9s} {'of the run':>10s} {'USD':>9s} {'of the run':>10s}")
    with pipeline_state(arguments.definitions):
        for searches, run in runs.items():
            seconds, usd = (
                expected_seconds(run.companies, arguments.at_once, searches),
                cost(expected_usage(run.companies, searches)),
            )
            measured = cost(run.usage)
            row(run.companies, searches, seconds, usd, run.seconds, measured)
            for what, model, real in (("time", seconds, run.seconds), ("cost", usd, measured)):
                if not math.isclose(model, real, rel_tol=MODEL_ERROR):
                    missed.append(f"\n  the model's {what} is {model / real - 1:+.1%} off with {searches} searches")
        for searches in runs:
            many = 10_000
            row(
                many,
                searches,
                expected_seconds(many, arguments.at_once, searches),
                cost(expected_usage(many, searches)),
            )
    reference = prices.load(ROOT).reference
    if reference:
        print(f"  The review expects {10_000 * reference['usd_per_execution']:,.0f} USD for 10,000.")
    return missed


def row(companies: int, searches: int, seconds: float, usd: float, *measured: float) -> None:
    ratios = [f"{model / real:10.3f}" for model, real in zip((seconds, usd), measured, strict=False)]
    first, second = ratios or ["         -", "         -"]
    print(f"  {companies:9,d} {searches:8d} {seconds / 60:9.1f} {first} {usd:9.2f} {second}")


def cost(usage: bill.Usage) -> float:
    """US dollars."""
    return bill.total(bill.items_of(usage, prices.load(ROOT), "arm64"))


# -- the breaker ----------------------------------------------------------------------------------------------------


def breakers(arguments: argparse.Namespace) -> list[str]:
    """An API that is down for an hour, while executions arrive; the targets that were missed."""
    settings = parameters(arguments.definitions)
    allowed = settings["breaker_failures"] + math.ceil(HOUR / settings["breaker_open_seconds"])
    theirs = simulate(_review_of_an_outage(arguments.seed))
    with pipeline_state(arguments.definitions):
        pipeline = Pipeline(arguments.definitions, stand_ins(edgar=(0, HOUR)), searches=1, seed=arguments.seed)
        after_it = [HOUR + settings["breaker_open_seconds"] + 60 * number for number in range(1, 6)]
        ended = pipeline.execute_all([*ARRIVALS, *after_it])
    failed, after = pipeline.apis["edgar"].unanswered, [one.outcome.status for one in ended[QUEUED:]]
    told = [one.outcome.error for one in ended[:QUEUED]].count("ServiceUnavailable")
    print(f"\nAn API down for an hour (simulated), {QUEUED} executions arriving in it")
    print(f"  the review: {theirs} failed calls")
    print(
        f"  ours: {failed} failed calls, at most {allowed} wanted ({settings['breaker_failures']} until it opens, then"
    )
    print(f"  one probe each {settings['breaker_open_seconds']} s); {told} executions ended as ServiceUnavailable")
    print(f"  after the hour: {after.count('SUCCEEDED')} of {len(after)} executions succeed")
    missed = [f"\n  the breaker: {failed} failed calls, at most {allowed} wanted"] if failed > allowed else []
    return missed + (["\n  the breaker does not close again"] if after.count("SUCCEEDED") != len(after) else [])


async def _review_of_an_outage(seed: int) -> int:
    """Failed calls the review's way."""
    api, rng = StandIn(60, 60, (0, HOUR)), random.Random(seed)

    async def one(start: float) -> None:
        await asyncio.sleep(start)
        await review(api, REVIEW_CALLS, rng)

    await asyncio.gather(*(one(start) for start in ARRIVALS))
    return api.unanswered


if __name__ == "__main__":
    sys.exit(main())
