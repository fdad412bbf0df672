"""Usage times prices. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Rates:
    """Prices. as_of: the day they were looked up. usd: name -> US dollars, as in schemas/prices.schema.json."""

    as_of: date
    usd: Mapping[str, float]


@dataclass(frozen=True)
class Usage:
    """What one execution, or several, used. gb_seconds: of Lambda. emails: deliveries by SNS. searches: by Serper.

    log_bytes: taken in by CloudWatch Logs. traces: recorded by X-Ray. The units of DynamoDB are those of on-demand
    tables; s3_writes: PUT, COPY, POST and LIST, which have one price; s3_reads: GET and all others that cost.
    """

    transitions: int = 0
    lambda_requests: int = 0
    gb_seconds: float = 0.0
    publishes: int = 0
    emails: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    searches: int = 0
    dynamodb_write_units: float = 0.0
    dynamodb_read_units: float = 0.0
    s3_writes: int = 0
    s3_reads: int = 0
    secret_reads: int = 0
    log_bytes: int = 0
    traces: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{item.name: getattr(self, item.name) + getattr(other, item.name) for item in fields(Usage)})


@dataclass(frozen=True)
class Item:
    """One line of a bill. quantity: in `unit`. usd: US dollars. estimate: the quantity is worked out from what is known
    of the run, not told by AWS."""

    what: str
    quantity: float
    unit: str
    usd: float
    estimate: bool = False


@dataclass(frozen=True)
class Bill:
    """One execution's cost. seconds: how long it ran, None while it runs. notes: what is not known. stored: when the bill
    was put on record (ISO 8601), "" for one that was made just now. pending: invocations whose log lines were not there
    (yet) when it was made."""

    name: str
    arn: str
    status: str
    version: str | None
    started: str
    seconds: float | None
    usage: Usage
    items: tuple[Item, ...]
    usd: float
    prices_of: str
    notes: tuple[str, ...] = ()
    stored: str = ""
    pending: int = 0

    def to_json(self) -> dict[str, Any]:
        """As data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bill:
        """The inverse of `to_json`. Raises TypeError or KeyError for data of another form."""
        rest = {
            "usage": Usage(**data["usage"]),
            "items": tuple(Item(**item) for item in data["items"]),
            "notes": tuple(data["notes"]),
        }
        return cls(**{**data, **rest})


# what, field of Usage, unit, price's name, how many of the unit the price is for, whether the quantity is an estimate.
_ROWS: tuple[tuple[str, str, str, str, int, bool], ...] = (
    ("Step Functions", "transitions", "state transitions", "state_transitions_per_1000", 1_000, False),
    ("Lambda requests", "lambda_requests", "requests", "lambda_requests_per_million", 1_000_000, False),
    ("Lambda duration", "gb_seconds", "GB-seconds", "lambda_gb_second_{architecture}", 1, False),
    ("SNS", "publishes", "messages", "sns_publishes_per_million", 1_000_000, False),
    ("SNS e-mail", "emails", "e-mails", "sns_emails_per_100000", 100_000, False),
    ("Nova Pro input", "input_tokens", "tokens", "nova_input_tokens_per_million", 1_000_000, False),
    ("Nova Pro output", "output_tokens", "tokens", "nova_output_tokens_per_million", 1_000_000, False),
    ("Serper", "searches", "searches", "serper_searches_per_1000", 1_000, False),
    ("DynamoDB writes", "dynamodb_write_units", "request units", "dynamodb_write_units_per_million", 1_000_000, True),
    ("DynamoDB reads", "dynamodb_read_units", "request units", "dynamodb_read_units_per_million", 1_000_000, True),
    ("S3 writes", "s3_writes", "requests", "s3_writes_per_1000", 1_000, False),
    ("S3 reads", "s3_reads", "requests", "s3_reads_per_1000", 1_000, False),
    ("Secrets Manager", "secret_reads", "requests", "secret_reads_per_10000", 10_000, False),
    ("CloudWatch Logs", "log_bytes", "bytes", "logs_per_gb", 1_000_000_000, True),
    ("X-Ray", "traces", "traces", "xray_traces_per_million", 1_000_000, False),
)


def items_of(usage: Usage, prices: Rates, architecture: str) -> tuple[Item, ...]:
    """The lines of a bill, one for each thing that has a price. architecture: "arm64" or "x86_64"."""
    made = []
    for what, name, unit, price, per, estimate in _ROWS:
        quantity = getattr(usage, name)
        each = prices.usd[price.format(architecture=architecture)] / per
        made.append(Item(what, round(quantity, 6), unit, round(quantity * each, 10), estimate))
    return tuple(made)


def total(items: Iterable[Item]) -> float:
    """US dollars of all lines."""
    return round(sum(item.usd for item in items), 10)


BY: Mapping[str, Callable[[Bill], str]] = {
    "version": lambda bill: bill.version or "none",
    "status": lambda bill: bill.status,
    "day": lambda bill: bill.started[:10],
}
"""Ways to group bills."""


def grouped(bills: Iterable[Bill], by: str) -> list[dict[str, Any]]:
    """One row a group, in the order of its name: group, executions, usage summed, usd, usd_per_execution."""
    groups: dict[str, list[Bill]] = {}
    for bill in bills:
        groups.setdefault(BY[by](bill), []).append(bill)
    return [{"group": name, **summed(members)} for name, members in sorted(groups.items(), key=_order)]


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    """Version 10 after version 9."""
    return (int(item[0]), "") if item[0].isdecimal() else (0, item[0])


def summed(bills: Iterable[Bill]) -> dict[str, Any]:
    """All bills as one: executions, usage, usd, usd_per_execution (None without any)."""
    bills = list(bills)
    usd = round(sum(bill.usd for bill in bills), 10)
    usage = sum((bill.usage for bill in bills), Usage())
    each = round(usd / len(bills), 10) if bills else None
    return {"executions": len(bills), "usage": asdict(usage), "usd": usd, "usd_per_execution": each}
