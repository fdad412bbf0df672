"""The figures of the statements, from tagged facts: first by period and dimensions, then by tag.

Works on facts of an inline document and on facts of companyfacts alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sec_extraction.balance import BalanceSheet
from sec_extraction.choosing import Label, Selection, Sourced, local, settle
from sec_extraction.labels import is_revenue, is_total
from sec_extraction.model import Fact, Field, missing
from sec_extraction.periods import Period

# Wider tags first: where both stand on the face of the statement, the wider is the total.
REVENUE_TAGS = (
    "Revenues",
    "RevenuesNetOfInterestExpense",
    "RevenueFromContractWithCustomerExcludingAssessedTax",
    "RevenueFromContractWithCustomerIncludingAssessedTax",
    "SalesRevenueNet",
    "RegulatedAndUnregulatedOperatingRevenue",
    "HealthCareOrganizationRevenue",
    "HealthCareOrganizationRevenueNetOfPatientServiceRevenueProvisions",
    "RealEstateRevenueNet",
    "OilAndGasRevenue",
    "SalesRevenueGoodsNet",
    "SalesRevenueServicesNet",
    "Revenue",
)
# These mean the whole company's revenue wherever they stand; the others only on the face of the statement.
_WHOLE_COMPANY = frozenset({"Revenues", "RevenuesNetOfInterestExpense", "SalesRevenueNet", "Revenue"})
_CONTRACTS = "RevenueFromContractWithCustomerExcludingAssessedTax"
# Lines of lenders' and lessors' statements: beside them, revenue from contracts is only a part.
_OTHER_INCOME_TAGS = frozenset(
    {
        "InterestAndDividendIncomeOperating",
        "NoninterestIncome",
        "PremiumsEarnedNet",
        "OperatingLeaseLeaseIncome",
        "OperatingLeasesIncomeStatementLeaseRevenue",
    }
)
_INCOME_STATEMENT_TAGS = frozenset(
    {
        *REVENUE_TAGS,
        *_OTHER_INCOME_TAGS,
        "CostOfRevenue",
        "CostOfGoodsAndServicesSold",
        "CostsAndExpenses",
        "GrossProfit",
        "OperatingExpenses",
        "OperatingIncomeLoss",
        "ResearchAndDevelopmentExpense",
        "SellingGeneralAndAdministrativeExpense",
        "GeneralAndAdministrativeExpense",
        "NonoperatingIncomeExpense",
        "InterestExpense",
        "IncomeTaxExpenseBenefit",
        "IncomeLossFromContinuingOperationsBeforeIncomeTaxesExtraordinaryItemsNoncontrollingInterest",
        "IncomeLossFromContinuingOperationsBeforeIncomeTaxesMinorityInterestAndIncomeLossFromEquityMethodInvestments",
        "NetIncomeLoss",
        "ProfitLoss",
        "EarningsPerShareBasic",
        "EarningsPerShareDiluted",
        "EarningsPerShareBasicAndDiluted",
        "WeightedAverageNumberOfSharesOutstandingBasic",
        "WeightedAverageNumberOfDilutedSharesOutstanding",
    }
)
_OPERATING_INCOME = ("OperatingIncomeLoss", "ProfitLossFromOperatingActivities")
_NET_INCOME = ("NetIncomeLoss", "ProfitLossAttributableToOwnersOfParent")
_NET_INCOME_WITH_NCI = ("ProfitLoss",)
_NCI_INCOME = ("NetIncomeLossAttributableToNoncontrollingInterest", "ProfitLossAttributableToNoncontrollingInterests")
_FACE_MINIMUM = 4


class Figures:
    """Chooses figures among a filing's facts.

    facts, label and source: as in `choosing.Selection`. rows: number of a table row to its first cell, for rows that
    hold no facts too; empty where no printed tables are known.
    """

    def __init__(
        self,
        facts: Iterable[Fact],
        period: Period,
        label: Label,
        source: Sourced,
        rows: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self._facts = Selection(facts, period, label, source)
        self._balance = BalanceSheet(self._facts, rows)
        self._face = _income_statement(self._facts.all, period)

    @property
    def empty(self) -> bool:
        """Whether there is not a single figure of the period."""
        return not self._facts.by_tag

    def fields(self) -> dict[str, Field]:
        """All figures of the statements."""
        net_income, net_income_with_nci = self._net_income()
        return {
            "revenue": self._revenue(),
            "operating_income": self._operating_income(),
            "net_income": net_income,
            "net_income_incl_nci": net_income_with_nci,
            **self._balance.fields(),
        }

    def _operating_income(self) -> Field:
        choice = self._facts.choose(_OPERATING_INCOME, self._face)
        if choice.fact is not None:
            return self._facts.field(choice.fact, 0.98)
        reason = choice.reason or "the income statement has no line of operating income"
        return missing(reason, applicable=bool(choice.reason))

    def _revenue(self) -> Field:
        on_face = {tag: facts for tag in REVENUE_TAGS if (facts := self._facts.within(self._face, tag))}
        labelled = self._labelled_revenue()
        for tag in on_face:
            choice = settle(on_face[tag])
            if choice.fact is None:
                return missing(choice.reason)
            if labelled is None and self._is_narrower(choice.fact):
                return missing("the income statement's lines of revenue do not tell which is the total")
            total = labelled if labelled and self._is_wider(labelled, choice.fact) else choice.fact
            return self._facts.field(total, 0.98 if is_revenue(self._facts.label(total)) else 0.92)
        if labelled is not None:
            return self._facts.field(labelled, 0.9)
        return self._revenue_off_face()

    def _revenue_off_face(self) -> Field:
        """Revenue when no table is known to be the income statement (companyfacts), or it tags none."""
        by_tag = self._facts.by_tag
        partial = any(tag in by_tag for tag in _OTHER_INCOME_TAGS)
        for tag in REVENUE_TAGS:
            if tag not in by_tag or (tag not in _WHOLE_COMPANY and (self._face or partial)):
                continue
            choice = settle(by_tag[tag])
            if choice.fact is None:
                return missing(choice.reason)
            if self._is_narrower(choice.fact):
                return missing("the tags of revenue contradict each other")
            return self._facts.field(choice.fact, 0.85)
        return missing("the income statement prints no total of revenue", applicable=False)

    def _is_wider(self, labelled: Fact, chosen: Fact) -> bool:
        """Whether a row of revenue by name is the total of which the fact chosen by its tag is a part."""
        if abs(labelled.number or 0) <= abs(chosen.number or 0):
            return False
        return is_total(self._facts.label(labelled)) or not is_revenue(self._facts.label(chosen))

    def _is_narrower(self, chosen: Fact) -> bool:
        """Whether a tag that should be the wider one holds less than revenue from contracts alone."""
        facts = self._facts.by_tag.get(_CONTRACTS, ())
        contracts = [fact.number or 0 for fact in facts if fact.context == chosen.context]
        return bool(contracts) and (chosen.number or 0) < max(contracts) and local(chosen.tag) in _WHOLE_COMPANY

    def _labelled_revenue(self) -> Fact | None:
        """The row of the income statement that calls itself total revenue, whatever its tag."""
        rows = (
            fact
            for facts in self._facts.by_tag.values()
            for fact in facts
            if fact.table in self._face and fact.context.start is not None and is_revenue(self._facts.label(fact))
        )
        return max(rows, key=lambda fact: abs(fact.number or 0), default=None)

    def _net_income(self) -> tuple[Field, Field]:
        parent = self._facts.choose(_NET_INCOME, self._face)
        whole = self._facts.choose(_NET_INCOME_WITH_NCI, self._face)
        with_nci = (
            self._facts.field(whole.fact, 0.98)
            if whole.fact
            else missing(whole.reason or "no non-controlling interests are shown", applicable=bool(whole.reason))
        )
        if parent.fact is not None:
            return self._facts.field(parent.fact, 0.98), with_nci
        if parent.reason:
            return missing(parent.reason), with_nci
        if whole.fact is not None and not self._facts.nonzero(_NCI_INCOME):
            return self._facts.field(whole.fact, 0.9), with_nci
        return missing("the parent's net income is not tagged"), with_nci


def _income_statement(facts: list[Fact], period: Period) -> frozenset[int]:
    """The table that is the income statement: the first of those with the most of its typical tags."""
    tags: dict[int, set[str]] = defaultdict(set)
    for fact in facts:
        tag = local(fact.tag)
        if fact.table and tag in _INCOME_STATEMENT_TAGS and not fact.context.dimensions and period.fits(fact.context):
            tags[fact.table].add(tag)
    if not tags:
        return frozenset()
    best = max(tags, key=lambda table: (len(tags[table]), -table))
    return frozenset({best}) if len(tags[best]) >= _FACE_MINIMUM else frozenset()
