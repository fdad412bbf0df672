"""The figures of the statements, from tagged facts: first by period and dimensions, then by tag.

Works on facts of an inline document and on facts of companyfacts alike.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sec_extraction.labels import is_revenue, is_total
from sec_extraction.model import Fact, Field, missing
from sec_extraction.periods import Period

Label = Callable[[Fact], str]
Sourced = Callable[[Fact], dict[str, object]]

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
_ASSETS = ("Assets",)
_EQUITY = ("StockholdersEquity", "PartnersCapital", "MembersEquity", "EquityAttributableToOwnersOfParent")
_EQUITY_WITH_NCI = (
    "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
    "PartnersCapitalIncludingPortionAttributableToNoncontrollingInterest",
    "Equity",
)
_NCI_EQUITY = ("MinorityInterest", "NoncontrollingInterests")
_NCI_INCOME = ("NetIncomeLossAttributableToNoncontrollingInterest", "ProfitLossAttributableToNoncontrollingInterests")
_PARENT_MEMBERS = ("us-gaap:ParentMember", "ifrs-full:EquityAttributableToOwnersOfParentMember")
_FACE_MINIMUM = 4


class Choice(NamedTuple):
    """A chosen fact, or None with the reason."""

    fact: Fact | None
    reason: str = ""


class Figures:
    """Chooses figures among a filing's facts.

    facts: numbers of us-gaap, ifrs-full and the filer's own tags. label: the printed row of a fact ("" when unknown).
    source: builds the source entry of a field.
    """

    def __init__(self, facts: Iterable[Fact], period: Period, label: Label, source: Sourced) -> None:
        numbers = [fact for fact in facts if fact.number is not None and not fact.tag.startswith("dei:")]
        self._all = numbers
        self._period = period
        self._label = label
        self._source = source
        self._currency = _main_currency(numbers)
        self._by_tag: dict[str, list[Fact]] = defaultdict(list)
        for fact in numbers:
            if not fact.context.dimensions and fact.unit == self._currency and period.fits(fact.context):
                self._by_tag[_local(fact.tag)].append(fact)
        self._face = _income_statement(numbers, period)

    @property
    def empty(self) -> bool:
        """Whether there is not a single figure of the period."""
        return not self._by_tag

    def fields(self) -> dict[str, Field]:
        """All figures of the statements."""
        net_income, net_income_with_nci = self._net_income()
        equity, equity_with_nci = self._equity()
        return {
            "revenue": self._revenue(),
            "operating_income": self._plain(_OPERATING_INCOME, "the income statement has no line of operating income"),
            "net_income": net_income,
            "net_income_incl_nci": net_income_with_nci,
            "total_assets": self._plain(_ASSETS, "the balance sheet has no tagged total of assets", applicable=True),
            "total_equity": equity,
            "total_equity_incl_nci": equity_with_nci,
        }

    def _plain(self, tags: tuple[str, ...], otherwise: str, *, applicable: bool = False) -> Field:
        choice = self._choose(tags)
        if choice.fact is not None:
            return self._field(choice.fact, 0.98)
        return missing(choice.reason or otherwise, applicable=applicable or bool(choice.reason))

    def _revenue(self) -> Field:
        on_face = {tag: facts for tag in REVENUE_TAGS if (facts := self._on_face(tag))}
        labelled = self._labelled_revenue()
        for tag in on_face:
            choice = self._settle(on_face[tag])
            if choice.fact is None:
                return missing(choice.reason)
            if labelled is None and self._is_narrower(choice.fact):
                return missing("the income statement's lines of revenue do not tell which is the total")
            total = labelled if labelled and self._is_wider(labelled, choice.fact) else choice.fact
            return self._field(total, 0.98 if is_revenue(self._label(total)) else 0.92)
        if labelled is not None:
            return self._field(labelled, 0.9)
        return self._revenue_off_face()

    def _revenue_off_face(self) -> Field:
        """Revenue when no table is known to be the income statement (companyfacts), or it tags none."""
        partial = any(tag in self._by_tag for tag in _OTHER_INCOME_TAGS)
        for tag in REVENUE_TAGS:
            if tag not in self._by_tag or (tag not in _WHOLE_COMPANY and (self._face or partial)):
                continue
            choice = self._settle(self._by_tag[tag])
            if choice.fact is None:
                return missing(choice.reason)
            if self._is_narrower(choice.fact):
                return missing("the tags of revenue contradict each other")
            return self._field(choice.fact, 0.85)
        return missing("the income statement prints no total of revenue", applicable=False)

    def _is_wider(self, labelled: Fact, chosen: Fact) -> bool:
        """Whether a row of revenue by name is the total of which the fact chosen by its tag is a part."""
        if abs(labelled.number or 0) <= abs(chosen.number or 0):
            return False
        return is_total(self._label(labelled)) or not is_revenue(self._label(chosen))

    def _is_narrower(self, chosen: Fact) -> bool:
        """Whether a tag that should be the wider one holds less than revenue from contracts alone."""
        contracts = [fact.number or 0 for fact in self._by_tag.get(_CONTRACTS, ()) if fact.context == chosen.context]
        return bool(contracts) and (chosen.number or 0) < max(contracts) and _local(chosen.tag) in _WHOLE_COMPANY

    def _labelled_revenue(self) -> Fact | None:
        """The row of the income statement that calls itself total revenue, whatever its tag."""
        rows = (
            fact
            for facts in self._by_tag.values()
            for fact in facts
            if fact.table in self._face and fact.context.start is not None and is_revenue(self._label(fact))
        )
        return max(rows, key=lambda fact: abs(fact.number or 0), default=None)

    def _net_income(self) -> tuple[Field, Field]:
        parent, whole = self._choose(_NET_INCOME), self._choose(_NET_INCOME_WITH_NCI)
        has_nci = self._nonzero(_NCI_INCOME)
        with_nci = (
            self._field(whole.fact, 0.98)
            if whole.fact
            else missing(whole.reason or "no non-controlling interests are shown", applicable=bool(whole.reason))
        )
        if parent.fact is not None:
            return self._field(parent.fact, 0.98), with_nci
        if parent.reason:
            return missing(parent.reason), with_nci
        if whole.fact is not None and not has_nci:
            return self._field(whole.fact, 0.9), with_nci
        return missing("the parent's net income is not tagged"), with_nci

    def _equity(self) -> tuple[Field, Field]:
        parent, whole = self._choose(_EQUITY), self._choose(_EQUITY_WITH_NCI)
        with_nci = (
            self._field(whole.fact, 0.98)
            if whole.fact
            else missing(whole.reason or "no non-controlling interests are shown", applicable=bool(whole.reason))
        )
        if parent.fact is not None:
            return self._field(parent.fact, 0.98), with_nci
        if parent.reason:
            return missing(parent.reason), with_nci
        by_member = self._parent_member()
        if by_member is not None:
            return self._field(by_member, 0.92), with_nci
        if whole.fact is not None and not self._nonzero(_NCI_EQUITY):
            return self._field(whole.fact, 0.95), with_nci
        return missing("the parent's equity is not tagged apart from non-controlling interests"), with_nci

    def _parent_member(self) -> Fact | None:
        """The parent's column in the statement of equity, where the total has no tag of its own."""
        return next(
            (
                fact
                for fact in self._all
                if _local(fact.tag) in _EQUITY_WITH_NCI
                and fact.context.start is None
                and fact.context.end == self._period.end
                and len(fact.context.dimensions) == 1
                and fact.context.dimensions[0][1] in _PARENT_MEMBERS
            ),
            None,
        )

    def _nonzero(self, tags: tuple[str, ...]) -> bool:
        return any(fact.number for tag in tags for fact in self._by_tag.get(tag, ()))

    def _on_face(self, tag: str) -> list[Fact]:
        return [fact for fact in self._by_tag.get(tag, ()) if fact.table in self._face]

    def _choose(self, tags: tuple[str, ...]) -> Choice:
        for tag in tags:
            facts = self._on_face(tag) or self._by_tag.get(tag)
            if facts:
                return self._settle(facts)
        return Choice(None)

    def _settle(self, facts: list[Fact]) -> Choice:
        """One fact of several with the same tag and period: they must agree; the most precise is taken."""
        best = max(facts, key=_precision)
        clashing = [fact for fact in facts if not _agree(best, fact)]
        if not clashing:
            return Choice(best)
        counted = Counter(fact.number for fact in facts).most_common(2)
        if counted[0][1] < 2 * counted[1][1]:
            return Choice(None, f"{best.tag} is stated with different values: {counted[0][0]} and {counted[1][0]}")
        return Choice(next(fact for fact in facts if fact.number == counted[0][0]))

    def _field(self, fact: Fact, confidence: float) -> Field:
        return Field(fact.number, self._source(fact), confidence)


def _income_statement(facts: list[Fact], period: Period) -> frozenset[int]:
    """The table that is the income statement: the first of those with the most of its typical tags."""
    tags: dict[int, set[str]] = defaultdict(set)
    for fact in facts:
        local = _local(fact.tag)
        if fact.table and local in _INCOME_STATEMENT_TAGS and not fact.context.dimensions and period.fits(fact.context):
            tags[fact.table].add(local)
    if not tags:
        return frozenset()
    best = max(tags, key=lambda table: (len(tags[table]), -table))
    return frozenset({best}) if len(tags[best]) >= _FACE_MINIMUM else frozenset()


def _main_currency(facts: list[Fact]) -> str:
    """The unit of most figures that are neither shares nor ratios."""
    units = Counter(fact.unit for fact in facts if len(fact.unit) == 3 and fact.unit.isupper())
    return units.most_common(1)[0][0] if units else "USD"


def _precision(fact: Fact) -> tuple[int, int]:
    """Sort key: stated decimals first, then the number of significant digits."""
    return _decimals(fact), len(str(fact.number).rstrip("0"))


def _decimals(fact: Fact) -> int:
    """The stated precision: -6 for millions, 99 for an exact value, -99 for an unknown one."""
    if fact.decimals == "INF":
        return 99
    return int(fact.decimals) if re.fullmatch(r"-?[0-9]{1,2}", fact.decimals) else -99


def _agree(precise: Fact, other: Fact) -> bool:
    """Whether two statements of one figure differ by no more than the coarser one's rounding."""
    if precise.number is None or other.number is None:
        return False
    decimals = _decimals(other)
    room = 0.5 * 10.0**-decimals if abs(decimals) < 99 else 0.0
    return abs(precise.number - other.number) <= room


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]
