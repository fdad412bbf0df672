"""The balance sheet's figures, from tagged facts: both sides, what stands between them, and equity of whom.

Total liabilities is only what the sheet itself totals. It is never worked out from the other figures, since the
cross-check assets = liabilities + equity would then prove nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from sec_extraction.choosing import Choice, Selection, local, settle
from sec_extraction.labels import is_between_label, is_equity_header
from sec_extraction.model import Fact, Field, missing

_ASSETS = ("Assets",)
_BOTH = ("LiabilitiesAndStockholdersEquity", "EquityAndLiabilities")
_LIABILITIES = ("Liabilities",)
# Parts of the total: where they say more than it does, the tag was used for something else.
_LIABILITY_PARTS = (
    ("LiabilitiesCurrent", "LiabilitiesNoncurrent"),
    ("CurrentLiabilities", "NoncurrentLiabilities"),
)
_EQUITY = ("StockholdersEquity", "PartnersCapital", "MembersEquity", "EquityAttributableToOwnersOfParent")
_EQUITY_WITH_NCI = (
    "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
    "PartnersCapitalIncludingPortionAttributableToNoncontrollingInterest",
    "Equity",
)
_NCI = ("MinorityInterest", "NoncontrollingInterests")
_PARENT_MEMBERS = ("us-gaap:ParentMember", "ifrs-full:EquityAttributableToOwnersOfParentMember")
# Between liabilities and equity (Regulation S-X, rule 5-02.27, and ASC 480-10-S99-3A: "temporary equity").
_BETWEEN_TAGS = re.compile(
    r"(?:TemporaryEquity|RedeemableNoncontrollingInterestEquity)\w*"
    r"(?:CarryingAmount|CarryingValue|FairValue|RedemptionValue|LiquidationPreference"
    r"|ValueExcludingAdditionalPaidInCapital)\w*"
)
_BETWEEN_AMOUNT = re.compile(r"CarryingAmount|CarryingValue|ValueExcluding")
_BETWEEN_TOTALS = (
    "TemporaryEquityCarryingAmountIncludingPortionAttributableToNoncontrollingInterests",
    "TemporaryEquityCarryingAmountAttributableToParent",
    "RedeemableNoncontrollingInterestEquityCarryingAmount",
)
_EQUITY_PARTS = re.compile(
    r"(?:CommonStock|PreferredStock|CommonUnit|AdditionalPaidInCapital|RetainedEarnings|AccumulatedOther|TreasuryStock"
    r"|StockholdersEquity|PartnersCapital|MembersEquity|MembersCapital|LimitedPartners|GeneralPartners|Equity"
    r"|IssuedCapital|SharePremium|MinorityInterest|DevelopmentStageEnterprise)"
)


class BalanceSheet:
    """Reads one. rows: number of a table row to its first cell, for rows without facts too (empty: no tables known)."""

    def __init__(self, selection: Selection, rows: Mapping[int, str]) -> None:
        self._facts = selection
        self._rows = rows
        self._face = self._tables()

    def fields(self) -> dict[str, Field]:
        """All figures of the balance sheet."""
        equity, equity_with_nci = self._equity()
        liabilities = self._liabilities()
        return {
            "total_assets": self._total_assets(),
            "total_liabilities": self._liability_field(liabilities),
            "temporary_equity": self._between(liabilities.fact),
            "noncontrolling_interests": self._nci(),
            "total_equity": equity,
            "total_equity_incl_nci": equity_with_nci,
        }

    def _tables(self) -> frozenset[int]:
        """The tables that are the balance sheet: with the sum of its right side, else with total assets."""
        for tags in (_BOTH, _ASSETS):
            tables = {fact.table for tag in tags for fact in self._facts.by_tag.get(tag, ()) if fact.table}
            if tables:
                return frozenset(tables)
        return frozenset()

    def _total_assets(self) -> Field:
        choice = self._facts.choose(_ASSETS, self._face)
        if choice.fact is not None:
            return self._facts.field(choice.fact, 0.98)
        return missing(choice.reason or "the balance sheet has no tagged total of assets")

    def _liabilities(self) -> Choice:
        """The total of liabilities on the sheet; one that stands elsewhere may be a part's, or a subsidiary's."""
        for tag in _LIABILITIES:
            facts = self._facts.by_tag.get(tag, [])
            on_face = self._facts.within(self._face, tag) if self._face else facts
            if facts and not on_face:
                return Choice(None, "the balance sheet prints no total of liabilities; one in a note was not taken")
            if on_face:
                return self._consistent(settle(on_face))
        return Choice(None)

    def _consistent(self, choice: Choice) -> Choice:
        """A total that is less than its parts is none."""
        if choice.fact is None:
            return choice
        for tags in _LIABILITY_PARTS:
            parts = [found.fact.number or 0 for tag in tags if (found := self._facts.choose((tag,))).fact]
            if parts and min(parts) >= 0 and sum(parts) > (choice.fact.number or 0) + _rounding(choice.fact):
                return Choice(None, f"{choice.fact.tag} of {choice.fact.number} is less than its parts")
        return choice

    def _liability_field(self, choice: Choice) -> Field:
        if choice.fact is not None:
            return self._facts.field(choice.fact, 0.98 if choice.fact.table else 0.93)
        reason = choice.reason or "the balance sheet prints no total of liabilities"
        return missing(reason, applicable="different values" in reason or "its parts" in reason)

    def _nci(self) -> Field:
        choice = self._facts.choose(_NCI, self._face)
        if choice.fact is not None:
            return self._facts.field(choice.fact, 0.97)
        return missing(choice.reason or "no non-controlling interests are shown", applicable=bool(choice.reason))

    def _equity(self) -> tuple[Field, Field]:
        parent = self._facts.choose(_EQUITY, self._face)
        whole = self._facts.choose(_EQUITY_WITH_NCI, self._face)
        shown = self._facts.nonzero(_NCI)
        otherwise = "the total with non-controlling interests is not tagged" if shown else _NO_NCI
        with_nci = (
            self._facts.field(whole.fact, 0.98)
            if whole.fact
            else missing(whole.reason or otherwise, applicable=bool(whole.reason) or shown)
        )
        if parent.fact is not None:
            return self._facts.field(parent.fact, 0.98), with_nci
        if parent.reason:
            return missing(parent.reason), with_nci
        by_member = self._parent_member()
        if by_member is not None:
            return self._facts.field(by_member, 0.92), with_nci
        if whole.fact is not None and not shown:
            return self._facts.field(whole.fact, 0.95), with_nci
        return missing("the parent's equity is not tagged apart from non-controlling interests"), with_nci

    def _parent_member(self) -> Fact | None:
        """The parent's column in the statement of equity, where the total has no tag of its own."""
        return next(
            (
                fact
                for fact in self._facts.all
                if local(fact.tag) in _EQUITY_WITH_NCI
                and fact.context.start is None
                and fact.context.end == self._facts.period.end
                and len(fact.context.dimensions) == 1
                and fact.context.dimensions[0][1] in _PARENT_MEMBERS
            ),
            None,
        )

    # -- between liabilities and equity --------------------------------------------------------------------------------

    def _between(self, liabilities: Fact | None) -> Field:
        """Redeemable stock and interests: their rows' sum on the sheet, else their tags' total."""
        if liabilities is not None and liabilities.tag.startswith("ifrs"):
            return missing("IFRS knows nothing between liabilities and equity (IAS 32, paragraph 15)", applicable=False)
        if liabilities is None or not liabilities.table or not self._rows:
            return self._between_by_tag()
        parts: list[Fact] = []
        for row in self._rows_between(liabilities):
            amount = self._amount_between(row)
            if amount is None:
                label = self._facts.label(row[0]) or row[0].tag
                return missing(f"what the row {label[:80]!r} between liabilities and equity is cannot be told")
            parts.append(amount)
        if not parts:
            return missing(_NOTHING_BETWEEN, applicable=False)
        total = sum(fact.number or 0 for fact in parts)
        quote = " + ".join(f"{self._facts.label(fact)} {fact.text}".strip() for fact in parts)
        return Field(total, self._facts.source(parts[0]) | {"quote": quote[:200]}, 0.95)

    def _rows_between(self, liabilities: Fact) -> Iterator[list[Fact]]:
        """The rows with amounts after the total of liabilities and before equity, each as its facts."""
        rows: dict[int, list[Fact]] = defaultdict(list)
        for fact in self._facts.all:
            context = fact.context
            here = fact.table == liabilities.table and fact.row > liabilities.row
            now = context.start is None and context.end == self._facts.period.end
            if here and now and fact.unit == self._facts.currency and fact.number:
                rows[fact.row].append(fact)
        end = self._equity_begins(liabilities.row, rows)
        yield from (rows[row] for row in sorted(rows) if row < end)

    def _equity_begins(self, start: int, rows: Mapping[int, list[Fact]]) -> int:
        """The first row of equity: its heading, else the first row with a part of it."""
        last = max(rows, default=start)
        for row in range(start + 1, last + 1):
            if row not in rows and is_equity_header(self._rows.get(row, "")):
                return row
        for row in sorted(rows):
            tags = [local(fact.tag) for fact in rows[row]]
            redeemable = any(map(_BETWEEN_TAGS.fullmatch, tags)) or is_between_label(self._facts.label(rows[row][0]))
            if any(map(_EQUITY_PARTS.match, tags)) and not redeemable:
                return row
            if any(tag in _BOTH for tag in tags):
                return row
        return last + 1

    def _amount_between(self, row: list[Fact]) -> Fact | None:
        """The amount of a row between: its carrying amount; None when it cannot be told."""
        tagged = [fact for fact in row if _BETWEEN_TAGS.fullmatch(local(fact.tag))]
        amounts = [fact for fact in tagged if _BETWEEN_AMOUNT.search(local(fact.tag))] or tagged
        if not amounts and is_between_label(self._facts.label(row[0])):
            amounts = row
        return amounts[0] if len({fact.number for fact in amounts}) == 1 else None

    def _between_by_tag(self) -> Field:
        """Without the sheet's rows: the total by its tag. Rows of several classes would not show, nor own tags."""
        found = [choice.fact for tag in _BETWEEN_TOTALS if (choice := self._facts.choose((tag,))).fact]
        if found and (local(found[0].tag) == _BETWEEN_TOTALS[0] or len({fact.number for fact in found}) == 1):
            return self._facts.field(found[0], 0.9)
        if found:
            return missing("several amounts stand between liabilities and equity; their total is not tagged")
        return missing("what stands between liabilities and equity is only seen on the sheet itself")


_NO_NCI = "no non-controlling interests are shown"
_NOTHING_BETWEEN = "the balance sheet shows nothing between liabilities and equity"


def _rounding(fact: Fact) -> float:
    """What a sum of rounded lines may differ by."""
    return abs(fact.number or 0) * 0.001
