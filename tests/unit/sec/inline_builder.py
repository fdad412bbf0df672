"""Builds small inline XBRL documents for tests."""

from __future__ import annotations

from dataclasses import dataclass, field

YEAR = ("2024-01-01", "2024-12-31")
LAST_YEAR = ("2023-01-01", "2023-12-31")
QUARTER = ("2024-10-01", "2024-12-31")
CLASS_AXIS = "us-gaap:StatementClassOfStockAxis"


@dataclass
class Report:
    """Collects facts; `html()` is the document. The cover's period is the calendar year 2024."""

    period_text: str = "December 31, 2024"
    contexts: dict[str, str] = field(default_factory=dict)
    cover: list[str] = field(default_factory=list)
    income: list[str] = field(default_factory=list)
    balance: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def context(self, period: tuple[str, str] | str, **dimensions: str) -> str:
        """The id of a context: a period or an instant, with axis=member pairs ("__" stands for ":")."""
        key = "c" + "-".join([*([period] if isinstance(period, str) else period), *dimensions.values()])
        key = key.replace(":", "_")
        dates = (
            f"<xbrli:instant>{period}</xbrli:instant>"
            if isinstance(period, str)
            else f"<xbrli:startDate>{period[0]}</xbrli:startDate><xbrli:endDate>{period[1]}</xbrli:endDate>"
        )
        members = "".join(
            f'<xbrldi:explicitMember dimension="{axis.replace("__", ":")}">{member}</xbrldi:explicitMember>'
            for axis, member in dimensions.items()
        )
        self.contexts[key] = (
            f'<xbrli:context id="{key}"><xbrli:entity><xbrli:identifier>1</xbrli:identifier>'
            f"<xbrli:segment>{members}</xbrli:segment></xbrli:entity><xbrli:period>{dates}</xbrli:period></xbrli:context>"
        )
        return key

    def text(self, name: str, value: str, **dimensions: str) -> Report:
        """A dei text fact on the cover."""
        context = self.context(YEAR, **dimensions)
        self.cover.append(f'<p><ix:nonNumeric name="dei:{name}" contextRef="{context}">{value}</ix:nonNumeric></p>')
        return self

    def number(
        self,
        tag: str,
        value: str,
        period: tuple[str, str] | str = YEAR,
        *,
        where: str = "income",
        label: str = "",
        attributes: str = 'scale="6" decimals="-6"',
        unit: str = "usd",
        **dimensions: str,
    ) -> Report:
        """A number in a row of its own, in the part `where`."""
        tag = tag if ":" in tag else f"us-gaap:{tag}"
        context = self.context(period, **dimensions)
        fact = f'<ix:nonFraction name="{tag}" contextRef="{context}" unitRef="{unit}" {attributes}>{value}</ix:nonFraction>'
        getattr(self, where).append(f"<tr><td>{label or tag}</td><td>{fact}</td></tr>")
        return self

    def face(self) -> Report:
        """The lines that make a table the income statement."""
        self.number("IncomeTaxExpenseBenefit", "5")
        self.number("EarningsPerShareBasic", "1.10", attributes='decimals="2"', unit="perShare")
        self.number("OperatingExpenses", "20")
        return self.number("NonoperatingIncomeExpense", "1")

    def html(self) -> str:
        """The document, well-formed."""
        period = self.context(YEAR)
        return (
            '<html xmlns="http://www.w3.org/1999/xhtml"><body><div style="display:none"><ix:header><ix:resources>'
            + "".join(self.contexts.values())
            + '<xbrli:unit id="usd"><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>'
            '<xbrli:unit id="shares"><xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unit>'
            '<xbrli:unit id="perShare"><xbrli:divide><xbrli:unitNumerator><xbrli:measure>iso4217:USD</xbrli:measure>'
            "</xbrli:unitNumerator><xbrli:unitDenominator><xbrli:measure>xbrli:shares</xbrli:measure>"
            "</xbrli:unitDenominator></xbrli:divide></xbrli:unit></ix:resources></ix:header></div>"
            f'<p>For the fiscal year ended <ix:nonNumeric name="dei:DocumentPeriodEndDate" contextRef="{period}">'
            f"{self.period_text}</ix:nonNumeric></p>"
            + "".join(self.cover)
            + f"<table>{''.join(self.income)}</table><table>{''.join(self.balance)}</table>"
            + f"<table>{''.join(self.notes)}</table></body></html>"
        )
