"""The statements' figures of one document: tags and print weighed against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sec_extraction.choosing import Sourced
from sec_extraction.figures import Figures
from sec_extraction.lines import Line
from sec_extraction.model import Fact, Field, missing
from sec_extraction.periods import Period
from sec_extraction.statements import Printed, read_statements

FIGURES = (
    "revenue",
    "operating_income",
    "net_income",
    "net_income_incl_nci",
    "total_assets",
    "total_equity",
    "total_equity_incl_nci",
)
# What else the cross-check of the balance sheet reads. Many sheets do not show it.
WITNESSES = ("total_liabilities", "temporary_equity", "noncontrolling_interests")
_ELSEWHERE = re.compile(r"annual report to (?:share|stock|security ?)holders|exhibit 13\b", re.I)


class Statements:
    """Reads them. rows: number of a table row to its first cell. tagged: builds the source entry of a tagged fact."""

    def __init__(self, text: str, url: str, lines: Sequence[Line], rows: Mapping[int, str], tagged: Sourced) -> None:
        self._text = text
        self._url = url
        self._lines = lines
        self._rows = rows
        self._tagged = tagged
        self.notes: list[str] = []
        # Whether the document says that its statements are in another one.
        self.elsewhere = False

    def fields(self, facts: Sequence[Fact], period: Period) -> dict[str, Field]:
        """All figures: from tags where there are any, else from print."""
        printed = read_statements(self._lines, period.end)
        figures = Figures(facts, period, self._label, self._tagged, self._rows) if facts else None
        if figures is None or figures.empty:
            return self._from_print(printed)
        return self._compared(figures.fields(), printed)

    def _label(self, fact: Fact) -> str:
        return self._rows.get(fact.row, "") if fact.row else ""

    def _from_print(self, printed: Printed) -> dict[str, Field]:
        reason = "the document holds no financial statements that can be read"
        if printed.figures:
            reason = "the printed statements do not show it in a row that can be told"
        elif _ELSEWHERE.search(self._text):
            reason = "the statements are in another document (annual report to shareholders, Exhibit 13)"
            self.elsewhere = True
        fields: dict[str, Field] = {}
        for name in (*FIGURES, *WITNESSES):
            if name in printed.figures:
                value, label = printed.figures[name]
                fields[name] = Field(value, {"url": self._url, "method": "html", "quote": label}, 0.85)
            elif name in printed.absent:
                fields[name] = missing(printed.absent[name], applicable=False)
            else:
                fields[name] = missing(reason, applicable=not name.endswith("nci"))
        if printed.figures and "operating_income" not in printed.figures:
            fields["operating_income"] = missing("the income statement has no such line", applicable=False)
        return fields

    def _compared(self, fields: dict[str, Field], printed: Printed) -> dict[str, Field]:
        """Weigh tagged figures against printed ones: agreement is a second witness, a clash a doubt. Print fills gaps."""
        for name, (value, label) in printed.figures.items():
            field = fields[name]
            if field.value is None:
                source = {"url": self._url, "method": "html", "quote": label}
                fields[name] = Field(value, source, 0.8)
            elif field.value == value:
                fields[name] = replace(field, confidence=min(1.0, field.confidence + 0.01))
            else:
                fields[name] = replace(field, confidence=min(field.confidence, 0.7))
                self.notes.append(f"{name}: the tag says {field.value:,}, the printed row {label!r} says {value:,}")
        return fields
