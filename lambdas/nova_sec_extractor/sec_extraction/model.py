"""The data that travels between the modules: facts, their periods, fields of the result, the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

# The fields of a SecDocument, in the order they are shown.
FIELDS = (
    "registrant_name",
    "cik",
    "ticker",
    "exchange",
    "form",
    "accession",
    "period_end",
    "filing_date",
    "fiscal_year",
    "state_of_incorporation",
    "ein",
    "revenue",
    "operating_income",
    "net_income",
    "net_income_incl_nci",
    "total_assets",
    "total_liabilities",
    "temporary_equity",
    "noncontrolling_interests",
    "total_equity",
    "total_equity_incl_nci",
    "shares_outstanding",
    "public_float",
    "employees",
    "auditor",
    "auditor_location",
    "pcaob_id",
    "hq_address",
    "phone",
    "officers",
    "business_summary",
    "risk_factors",
)
# For cross-checks and for readers: a sound report may lack them, so they do not count for its completeness.
BESIDE = frozenset(
    {
        "total_liabilities",
        "temporary_equity",
        "noncontrolling_interests",
        "filing_date",
        "officers",
        "business_summary",
        "risk_factors",
    }
)


class Context(NamedTuple):
    """Period and dimensions of a fact. An instant has no start. dimensions: sorted (axis, member) pairs."""

    start: date | None
    end: date
    dimensions: tuple[tuple[str, str], ...] = ()

    @property
    def days(self) -> int:
        """Length of the period, both ends counted; 0 for an instant."""
        return (self.end - self.start).days + 1 if self.start else 0


class Fact(NamedTuple):
    """One tagged value.

    tag: "us-gaap:Assets". number: the value with scale and sign applied, None for text and nil. text: as printed.
    unit: "USD", "shares", "USD/shares" or "". decimals: the stated precision ("-6", "INF" or "").
    table, row: running numbers of the HTML table and row it stands in (0: in none). context_id: as in the document.
    """

    tag: str
    context: Context
    text: str
    number: int | float | None = None
    unit: str = ""
    decimals: str = ""
    table: int = 0
    row: int = 0
    context_id: str = ""
    accession: str = ""
    format: str = ""


@dataclass(frozen=True)
class Field:
    """One field of the result: a value with its source, or None with a reason.

    source: {"url", "method", "tag"?, "context"?, "quote"?}. confidence: 0 to 1.
    applicable: False when the company or the filing cannot have such a value.
    """

    value: Any = None
    source: dict[str, Any] = field(default_factory=dict)
    confidence: float = 0.0
    reason: str = ""
    applicable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        if self.value is None:
            return {"value": None, "reason": self.reason, "applicable": self.applicable}
        return {"value": self.value, "source": self.source, "confidence": round(self.confidence, 2)}


def missing(reason: str, *, applicable: bool = True) -> Field:
    """A field without a value."""
    return Field(reason=reason, applicable=applicable)


@dataclass
class SecDocument:
    """What was read about one annual report.

    fields: name to Field, every name of FIELDS. notes: doubts worth telling. sources: addresses that were read.
    """

    fields: dict[str, Field]
    notes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    @property
    def completeness(self) -> float:
        """The share of applicable fields that have a value, 0 to 100; those of BESIDE do not count."""
        applicable = [found for name, found in self.fields.items() if found.applicable and name not in BESIDE]
        return (
            round(100 * sum(found.value is not None for found in applicable) / len(applicable), 1)
            if applicable
            else 0.0
        )

    @property
    def missing(self) -> list[str]:
        """Names of the applicable fields without a value, as they count for completeness."""
        fields = self.fields.items()
        return [name for name, found in fields if found.value is None and found.applicable and name not in BESIDE]

    def value(self, name: str) -> Any:
        """The value of a field, or None."""
        return self.fields[name].value

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as it is stored."""
        return {
            "kind": "sec",
            "fields": {name: self.fields[name].to_dict() for name in self.fields},
            "completeness": self.completeness,
            "missing": self.missing,
            "notes": list(self.notes),
            "sources": list(self.sources),
        }
