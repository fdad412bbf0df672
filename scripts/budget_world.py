"""The world of scripts/bench_budget: stand-ins of the APIs, and the pipeline's functions as a simulation plays them.

Real: the definition with its parameters, the interpreter, ReserveApiBudget (its handler, budget and breaker) and the
breaker's `guarded`, all on moto's DynamoDB and on the simulation's time. Played: what the other functions do and how
long that takes (SECONDS), and the APIs themselves, which enforce their limits as sliding windows.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import json
import os
import random
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from moto import mock_aws
from virtual_time import LoopClock, elapsed, epoch, simulate

from stepdeploy import jsonsource, references
from stepdeploy.cost import history as histories
from stepdeploy.interpreter import MemoryHistory, Outcome, TaskCall, TaskError, run

ROOT = Path(__file__).resolve().parents[1]

#: How long a played function works, API calls apart, in seconds; each invocation takes 0.8 to 1.2 times as much.
SECONDS = {
    "check_extraction_cache": 0.1,
    "analyze_workload": 0.1,
    "reserve_api_budget": 0.05,
    "nova_sec_extractor": 1.0,
    "cxo_website_extractor": 6.0,
    "dynamodb_to_s3_merger": 0.4,
    "cleanup_failed_run": 0.3,
}
#: From the end of a Wait state to a function's first call, seconds: the invocation, now and then a cold start.
LATE = (0.02, 0.2)
#: Seconds until an API answers, from and to. A function makes its calls one after the other.
ANSWER = {"serper": (0.4, 0.6), "nova": (2.0, 4.0), "edgar": (0.05, 0.5)}
#: Seconds between two of a company's calls that the functions keep by themselves (sec_extraction/edgar.py).
LEAST = {"serper": 0.0, "nova": 0.0, "edgar": 0.15}
#: An API that is down is given up after this many seconds.
NO_ANSWER = 10.0
EDGAR_CALLS = 6
TOKENS = (6_000, 300)


class StandIn:
    """An API that answers 429 to each call over its limit, `limit` in any `window` seconds. down: from, to (seconds)."""

    def __init__(self, limit: int, window: float, down: tuple[float, float] = (0, 0)) -> None:
        self.limit, self.window, self.down = limit, window, down
        self.calls = self.refused = self.unanswered = 0
        self.asked_at: float | None = None
        self.last = 0.0
        self._served: deque[float] = deque()

    def call(self) -> bool:
        """One call now; False for an answer 429."""
        now = elapsed()
        self.calls += 1
        while self._served and self._served[0] <= now - self.window:
            self._served.popleft()
        if len(self._served) >= self.limit:
            self.refused += 1
            return False
        self._served.append(now)
        self.last = now
        return True

    @property
    def is_down(self) -> bool:
        """Whether a call now gets no answer."""
        return self.down[0] <= elapsed() < self.down[1]

    @property
    def share(self) -> float:
        """Served calls as a share of what the limit allows, from the first time someone asked to the last call."""
        seconds = self.last - (self.asked_at or 0.0)
        return (self.calls - self.refused) / (seconds * self.limit / self.window) if seconds else 0.0


def stand_ins(**down: tuple[float, float]) -> dict[str, StandIn]:
    """The three APIs with the limits that the project is set to keep."""
    limits = json.loads(parameters(ROOT / "definitions")["api_rates"])
    return {api: StandIn(rate["calls"], rate["per_seconds"], down.get(api, (0, 0))) for api, rate in limits.items()}


class Ended(NamedTuple):
    """One execution: how and when (simulated seconds) it ended, and its state transitions."""

    outcome: Outcome
    at: float
    transitions: int


class Pipeline:
    """Runs executions of the definition in simulated time; plays their tasks."""

    def __init__(self, definitions: Path, apis: Mapping[str, StandIn], *, searches: int, seed: int) -> None:
        """searches: calls of Serper for each company; the definition's own is 1."""
        self.apis = apis
        self.searches = searches
        self.definition = load(definitions, searches)
        self.used: Counter[str] = Counter()
        self.gb_seconds = 0.0
        self._random = random.Random(seed)
        self._memory = memories()
        self._reserve = importlib.import_module("handler").lambda_handler
        self._guarded = importlib.import_module("common.api_use").guarded
        self._errors = importlib.import_module("common.errors")

    def execute_all(self, starts: Iterable[float], at_once: int = 1_000_000) -> list[Ended]:
        """Run an execution for each start (simulated seconds), so many at once at most; in the order of `starts`."""
        with contextlib.redirect_stdout(io.StringIO()):  # the real functions write log lines
            return simulate(self._execute_all(list(starts), asyncio.Semaphore(at_once)))

    async def _execute_all(self, starts: list[float], places: asyncio.Semaphore) -> list[Ended]:
        async def one(number: int, start: float) -> Ended:
            await asyncio.sleep(start)
            async with places:
                return await self.execute(number)

        return await asyncio.gather(*(one(number, start) for number, start in enumerate(starts)))

    async def execute(self, number: int) -> Ended:
        """Run one execution to its end."""
        name = f"company-{number:05d}"
        data = {"company_name": name, "website_url": f"https://{name}.example"}
        identity = {
            "Id": f"arn:aws:states:us-east-1:123456789012:execution:Pipeline:{name}",
            "Name": name,
            "Input": data,
        }
        context = {"Execution": identity, "StateMachine": {"Id": "Pipeline"}}
        history = MemoryHistory()
        outcome = await run(self.definition, data, context=context, tasks=self, clock=LoopClock(), history=history)
        return Ended(outcome, elapsed(), histories.count(history.events).transitions)

    async def __call__(self, call: TaskCall) -> Any:
        """A task: SNS, or a function, whose GB-seconds are counted."""
        if "TopicArn" in call.parameters:
            self.used["publishes"] += 1
            return {"MessageId": "m"}
        name = call.parameters["FunctionName"].removeprefix("function:")
        payload = call.parameters["Payload"]
        await asyncio.sleep(self._random.uniform(*LATE))
        began = elapsed()
        self.used["requests"] += 1
        try:
            answer = await self._invoke(name, payload)
        except self._errors.PipelineError as error:
            cause = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
            raise TaskError(type(error).__name__, cause) from error
        finally:
            self.gb_seconds += (elapsed() - began) * self._memory[name] / 1024
        return {"StatusCode": 200, "Payload": {"statusCode": 200, "body": answer}}

    async def _invoke(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The body of a function's result."""
        if name == "reserve_api_budget":
            return await self._reserved(payload)
        mode = payload.get("mode", "extract")
        played: dict[tuple[str, str], Callable[[str], Awaitable[dict[str, Any]]]] = {
            ("nova_sec_extractor", "extract"): self._sec,
            ("nova_sec_extractor", "fill_gaps"): self._gaps,
            ("cxo_website_extractor", "extract"): self._cxo,
            ("cxo_website_extractor", "search"): self._search,
            ("cxo_website_extractor", "fill_gaps"): self._gaps,
        }
        if (name, mode) in played:
            return await played[name, mode](payload["execution_id"])
        await self._work(name)
        if name == "check_extraction_cache":
            return {"decision": "extract", "company_id": "c", "claimed": True, "wait_until": None, "cached": None}
        if name == "analyze_workload":
            sec = {"timeout_seconds": 360, "api_calls": EDGAR_CALLS}
            return {"workload_type": "unknown", "sec": sec, "cxo": {"timeout_seconds": 360, "bio_workers": 1}}
        return {"company_id": "c", "quality_score": 90, "s3": {}}

    async def _reserved(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The real function."""
        await self._work("reserve_api_budget")
        api = self.apis[payload["api"]]
        api.asked_at = elapsed() if api.asked_at is None else api.asked_at
        body: dict[str, Any] = self._reserve(payload, None)["body"]
        return body

    async def _sec(self, execution: str) -> dict[str, Any]:
        await self._calls("edgar", EDGAR_CALLS, execution)
        await self._work("nova_sec_extractor")
        return _extraction()

    async def _cxo(self, _execution: str) -> dict[str, Any]:
        await self._work("cxo_website_extractor")
        raise self._errors.SearchNeeded("no link leads to a leadership page")

    async def _search(self, execution: str) -> dict[str, Any]:
        await self._calls("serper", self.searches, execution)
        self.used["searches"] += self.searches
        await self._work("cxo_website_extractor")
        return _extraction()

    async def _gaps(self, execution: str) -> dict[str, Any]:
        await self._calls("nova", 1, execution)
        self.used["input_tokens"] += TOKENS[0]
        self.used["output_tokens"] += TOKENS[1]
        return _extraction(gap_calls=0)

    async def _calls(self, api: str, count: int, execution: str) -> None:
        """Calls of an API, one after the other. The breaker is asked before and told after.

        None is made before its reserved time; EDGAR's calls keep their own distance instead, as the extractor does.
        """
        least = LEAST[api] or interval_of(api)
        with self._guarded(api, execution):
            for number in range(count):
                if self.apis[api].is_down:
                    self.apis[api].unanswered += 1
                    await asyncio.sleep(NO_ANSWER)
                    raise self._errors.UpstreamUnavailable(f"{api}: no answer")
                if not self.apis[api].call():
                    raise self._errors.UpstreamThrottled(f"{api} answered 429")
                answered = self._random.uniform(*ANSWER[api])
                await asyncio.sleep(answered if number == count - 1 else max(least, answered))

    async def _work(self, name: str) -> None:
        await asyncio.sleep(SECONDS[name] * self._random.uniform(0.8, 1.2))


def _extraction(gap_calls: int = 1) -> dict[str, Any]:
    body = {"company_id": "c", "extraction_timestamp": "2027-01-04T00:00:00Z", "completeness": 98, "missing": []}
    return body | {"gap_calls": gap_calls}


async def review(serper: StandIn, calls: int, rng: random.Random) -> bool:
    """A company the review's way; whether it succeeded. Retry: 2 attempts more, after 2 and 4 seconds.

    Its Serper calls are spread over 60 seconds; a refused or unanswered one fails the extraction, and the retry
    begins anew, as a Step Functions Retry does (section "Shared API rate limits" of the review: 15 calls, 60 seconds).
    """
    for pause in (2, 4, None):
        if await _attempt(serper, calls, rng):
            return True
        if pause is not None:
            await asyncio.sleep(pause)
    return False


async def _attempt(serper: StandIn, calls: int, rng: random.Random) -> bool:
    for _ in range(calls):
        await asyncio.sleep(60 / calls * rng.uniform(0.5, 1.5))
        if serper.is_down:
            serper.unanswered += 1
            await asyncio.sleep(NO_ANSWER)
            return False
        if not serper.call():
            return False
    return True


# -- the project's own files ----------------------------------------------------------------------------------------


def parameters(definitions: Path) -> dict[str, Any]:
    """The project's parameters, those of no environment."""
    found: dict[str, Any] = json.loads((definitions / "project.json").read_text())["parameters"]
    return found


def load(definitions: Path, searches: int = 1) -> dict[str, Any]:
    """The definition with the project's parameters; it reserves so many Serper calls for a search."""
    values = {**parameters(definitions), "env": "bench", "aws:partition": "aws"}

    def lookup(name: str) -> Any:
        return name if name.startswith(("function:", "topic:")) else values[name]

    source = jsonsource.load(definitions / "company_data_extraction.asl.json")
    definition: dict[str, Any] = references.substitute(source, lookup)
    for branch in definition["States"]["ParallelExtraction"]["Branches"]:
        if "Search" in branch["States"]:
            (attempt,) = branch["States"]["Search"]["Branches"]
            attempt["States"]["ReserveSearch"]["Parameters"]["Payload"]["calls"] = searches
    return definition


def memories() -> dict[str, int]:
    """Megabytes of each function."""
    settings = {path.parent.name: json.loads(path.read_text()) for path in ROOT.glob("lambdas/*/function.json")}
    return {name: function["memory_mb"] for name, function in settings.items()}


def seconds_of(api: str, calls: int) -> float:
    """How long so many calls of one function take on average."""
    low, high = ANSWER[api]
    least = LEAST[api] or interval_of(api)
    middle = min(max(least, low), high)
    # The mean of max(least, answer), for answers that are spread evenly from low to high.
    spacing = max(least, (least * (middle - low) + (high**2 - middle**2) / 2) / (high - low))
    return (calls - 1) * spacing + (low + high) / 2


def interval_of(api: str) -> float:
    """Seconds from one of an API's slots to the next."""
    return float(importlib.import_module("common.budget").rates()[api].interval) / 1_000_000


@contextlib.contextmanager
def pipeline_state(definitions: Path) -> Iterator[None]:
    """The pipeline's state table on moto, ReserveApiBudget's settings, and its code on the simulation's time."""
    values = parameters(definitions)
    function = json.loads((ROOT / "lambdas" / "reserve_api_budget" / "function.json").read_text())
    settings = {name: str(values.get(text.strip("${}"), text)) for name, text in function["environment"].items()}
    keys = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    os.environ |= settings | keys | {"STATE_TABLE": "state"}
    for folder in (ROOT / "lambdas", ROOT / "lambdas" / "reserve_api_budget"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    with mock_aws():
        importlib.import_module("common.aws").client.cache_clear()
        boto3.client("dynamodb").create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        importlib.import_module("common.state").now = epoch  # type: ignore[attr-defined]
        yield
