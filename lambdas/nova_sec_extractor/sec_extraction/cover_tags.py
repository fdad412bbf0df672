"""The cover page of an inline document, from its dei facts (since 2019; the auditor's since 2021)."""

from __future__ import annotations

import re
from collections.abc import Callable

from sec_extraction.model import Fact, Field, missing
from sec_extraction.periods import Period
from sec_extraction.places import state_code
from sec_extraction.securities import choose_security

Sourced = Callable[[Fact], dict[str, object]]

_EMPTY = re.compile(r"(?:n/?a|none|not applicable|no(?: trading)? symbol|[\s\-\u2010-\u2015\u2212_*.]*)", re.I)
_CLASS_AXES = ("us-gaap:StatementClassOfStockAxis", "dei:EntityListingsExchangeAxis")
_ENTITY_AXIS = "dei:LegalEntityAxis"


class Cover:
    """Reads the cover's facts.

    facts: all facts of the document. source: builds the source entry of a field. symbol: the ticker that was asked
    for, or "": it decides between several listed classes of common stock.
    """

    def __init__(self, facts: list[Fact], source: Sourced, symbol: str = "") -> None:
        self._facts = [fact for fact in facts if fact.tag.startswith("dei:")]
        self._source = source
        self._symbol = symbol

    def fields(self, period: Period | None) -> dict[str, Field]:
        """All fields that the cover has tags for; those without one are left out."""
        found = {
            "registrant_name": self._text("EntityRegistrantName", 0.9),
            "cik": self._cik(),
            "form": self._text("DocumentType", 0.99),
            "period_end": self._period_end(period),
            "fiscal_year": self._fiscal_year(),
            "state_of_incorporation": self._state(),
            "ein": self._ein(),
            "shares_outstanding": self._shares(),
            "public_float": self._public_float(),
            "auditor": self._text("AuditorName", 0.98),
            "auditor_location": self._text("AuditorLocation", 0.98),
            "pcaob_id": self._auditor_id(),
            "hq_address": self._address(),
            "phone": self._phone(),
        }
        fields = {name: value for name, value in found.items() if value is not None}
        fields.update(choose_security(self._facts, self._source, self._symbol))
        return fields

    def _find(self, name: str) -> Fact | None:
        """The fact of a dei element: the undimensioned one, else the first that is not a subsidiary's."""
        facts = [fact for fact in self._facts if fact.tag == f"dei:{name}" and not _EMPTY.fullmatch(fact.text)]
        plain = [fact for fact in facts if not fact.context.dimensions]
        if plain:
            # A former auditor's name stands in the context of a former year.
            return max(plain, key=lambda fact: fact.context.end)
        return facts[0] if len({fact.text for fact in facts}) == 1 else None

    def _text(self, name: str, confidence: float) -> Field | None:
        fact = self._find(name)
        return Field(fact.text.strip(), self._source(fact), confidence) if fact else None

    def _cik(self) -> Field | None:
        fact = self._find("EntityCentralIndexKey")
        if fact is None or not fact.text.isdigit():
            return None
        return Field(fact.text.zfill(10), self._source(fact), 0.99)

    def _period_end(self, period: Period | None) -> Field | None:
        fact = self._find("DocumentPeriodEndDate")
        if fact is None or period is None:
            return None
        return Field(period.reported_end.isoformat(), self._source(fact), 0.99)

    def _fiscal_year(self) -> Field | None:
        fact = self._find("DocumentFiscalYearFocus")
        if fact is None or not re.fullmatch(r"(19|20)\d\d", fact.text):
            return None
        return Field(int(fact.text), self._source(fact), 0.97)

    def _state(self) -> Field | None:
        fact = self._find("EntityIncorporationStateCountryCode")
        if fact is None:
            return None
        code = state_code(fact.text)
        return Field(code, self._source(fact), 0.98) if code else None

    def _ein(self) -> Field | None:
        fact = self._find("EntityTaxIdentificationNumber")
        if fact is None:
            return None
        digits = re.sub(r"\D", "", fact.text)
        if len(digits) != 9 or not digits.strip("0"):
            return missing(f"the cover's tax number is not an EIN: {fact.text[:40]!r}", applicable=False)
        return Field(f"{digits[:2]}-{digits[2:]}", self._source(fact), 0.98)

    def _shares(self) -> Field | None:
        return self._summed("EntityCommonStockSharesOutstanding", "the classes of shares")

    def _public_float(self) -> Field | None:
        return self._summed("EntityPublicFloat", "the classes of stock")

    def _summed(self, name: str, classes: str) -> Field | None:
        """A number of the cover: the undimensioned fact, or the sum over the classes of stock."""
        facts = [fact for fact in self._facts if fact.tag == f"dei:{name}" and fact.number is not None]
        plain = _latest([fact for fact in facts if not fact.context.dimensions])
        by_class: dict[str, list[Fact]] = {}
        for fact in facts:
            dimensions = dict(fact.context.dimensions)
            member = next((dimensions[axis] for axis in _CLASS_AXES if axis in dimensions), "")
            if member and len(dimensions) == 1:
                by_class.setdefault(member, []).append(fact)
        parts = [_latest(of_class) for of_class in by_class.values()]
        total = sum(part.number for part in parts if part and part.number is not None)
        if plain is None:
            if not parts or parts[0] is None:
                return None
            source = self._source(parts[0]) | {"quote": " + ".join(part.text for part in parts if part)}
            return Field(total, source, 0.97)
        if not parts or plain.number == total:
            return Field(plain.number, self._source(plain), 0.98)
        if any(part and part.number == plain.number for part in parts):
            # One class is tagged twice, once without its dimension; with a single class that is the whole.
            return Field(total, self._source(plain), 0.9)
        return missing(
            f"{classes} ({total:,}) and the undimensioned value ({plain.number:,}) on the cover do not agree"
        )

    def _auditor_id(self) -> Field | None:
        fact = self._find("AuditorFirmId")
        digits = fact.text.strip().lstrip("0") if fact else ""
        return Field(digits, self._source(fact), 0.98) if fact and digits.isdigit() else None

    def _address(self) -> Field | None:
        names = ("AddressLine1", "AddressLine2", "AddressLine3", "CityOrTown")
        facts = [self._find(f"EntityAddress{name}") for name in names]
        parts = [fact.text.strip(" ,") for fact in facts if fact]
        state, country = self._find("EntityAddressStateOrProvince"), self._find("EntityAddressCountry")
        zip_code = self._find("EntityAddressPostalZipCode")
        if facts[0] is None or facts[3] is None:
            return None
        region = " ".join(fact.text.strip(" ,") for fact in (state, zip_code) if fact)
        if region:
            parts.append(region)
        if country and state_code(country.text) != "X1" and country.text.strip(" ,.").upper() not in ("US", "USA"):
            parts.append(country.text.strip(" ,"))
        return Field(", ".join(part for part in parts if part), self._source(facts[0]), 0.95)

    def _phone(self) -> Field | None:
        area, local = self._find("CityAreaCode"), self._find("LocalPhoneNumber")
        if local is None:
            return None
        country = self._find("CountryRegion")
        code = re.sub(r"\D", "", area.text) if area else ""
        code = code[1:] if len(code) == 4 and code.startswith("1") else code
        rest = local.text.strip()
        number = f"({code}) {rest}" if code else rest
        prefix = re.sub(r"\D", "", country.text) if country else ""
        if prefix and prefix != "1":
            number = f"+{prefix} {number}"
        return Field(number, self._source(local), 0.97)


def _latest(facts: list[Fact]) -> Fact | None:
    """The fact of the latest date; the first of several."""
    return max(facts, key=lambda fact: fact.context.end, default=None)
