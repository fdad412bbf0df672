"""The cover page by its printed words: for filings before inline XBRL, and for the name as it is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sec_extraction.names import normalised
from sec_extraction.places import exchange_name, state_code
from sec_extraction.values import magnitude, parse_date, scaled

_COVER_LIMIT = 260
_COVER_END = re.compile(r"documents? incorporated by reference|^table of contents|^index$", re.I)
_NAME_LABEL = re.compile(
    r"\(?\s*exact name of (?:the )?(?:registrant|company|issuer|small business issuer)"
    r"[^()]{0,40}(?:specified|charter|appears)?",
    re.I,
)
_FILE_NUMBER = re.compile(r"^.*commission file (?:no|number)s?\.?:?\s*[\d\- ]*\d", re.I)
_STATE_LABEL = re.compile(r"(?:state|jurisdiction)[^.]{0,60}(?:incorporation|organization|jurisdiction)", re.I)
_EIN = re.compile(r"(?<![\d-])(\d{2})-(\d{7})(?![\d-])")
_EIN_LABEL = re.compile(r"employer|identification|i\.?r\.?s\.?", re.I)
_ADDRESS_LABEL = re.compile(r"address[^.]{0,40}principal executive offices?|address of principal", re.I)
_ADDRESS_STOP = re.compile(
    r"^\(|identification|employer|incorporation|organization\)|jurisdiction|charter|commission file"
    r"|\d{2}-\d{7}|address|telephone",
    re.I,
)
_ZIP = re.compile(r"\b\d{5}(?:-\d{4})?\b")
_PHONE_LABEL = re.compile(r"telephone number|phone number", re.I)
_PHONE = re.compile(r"(?<!\d)\(?\b(\d{3})\)?[\s.\u2010-\u2015\-/]{0,3}(\d{3})[\s.\u2010-\u2015-]{1,3}(\d{4})\b")
_PERIOD = re.compile(r"for the (?:fiscal |transition )?(?:year|period) (?:ended|ending|from)\b", re.I)
_FORM = re.compile(r"\bform\s+(10-?k(?:405|sb|t)?(?:/a)?)(?![\w-])", re.I)
_AMOUNT = re.compile(r"(?:US)?\$\s*(\d[\d,]{0,22}(?:\.\d{1,4})?)(?:\s*(thousand|million|billion|trillion)\b)?", re.I)
_PRICE = re.compile(r"(?:price|par value|quoted|per share)[^$]{0,60}$", re.I)
_COUNT = re.compile(
    r"(?<![\d$.,-])(\d{1,3}(?:,\d{3}){1,5}|\d{1,6}(?:\.\d{1,4})?(?=\s*(?:million|billion)))"
    r"(?:\s*(million|billion)\b)?(?![\d%])",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[a-z0-9)\"\u201d]\.)\s+(?=[A-Z])")


class CoverText:
    """Finds fields on the printed cover. segments: the document's pieces of text, in order (`lines.segments`)."""

    def __init__(self, segments: Sequence[str]) -> None:
        self._cover = list(_cover(segments))

    def printed_name(self, known: Sequence[str]) -> tuple[str, bool] | None:
        """The name over "(Exact name of registrant …)" and whether it agrees with one of the `known` names."""
        for index, segment in enumerate(self._cover):
            label = _NAME_LABEL.search(segment)
            if label is None:
                continue
            before = _FILE_NUMBER.sub("", segment[: label.start()]).strip(" (")
            candidates = [before] if before else self._names_above(index)
            for candidate in candidates:
                if any(_same_name(candidate, name) for name in known):
                    return candidate, True
            return (candidates[0], False) if candidates else None
        return None

    def _names_above(self, index: int) -> list[str]:
        """The segment above the label, and that joined with the one above it (long names take two lines)."""
        above = [_FILE_NUMBER.sub("", text).strip() for text in self._cover[max(0, index - 2) : index]]
        above = [text for text in above if re.search(r"[A-Za-z]", text)]
        if not above:
            return []
        return [above[-1]] if len(above) == 1 else [above[-1], " ".join(above)]

    def form(self) -> tuple[str, str] | None:
        """("10-K", quote)."""
        for segment in self._cover:
            found = _FORM.search(segment)
            if found:
                return found.group(1).upper().replace("10K", "10-K"), found.group(0)
        return None

    def period_end(self) -> tuple[str, str] | None:
        """(ISO date, quote) of "For the fiscal year ended …"."""
        for index, segment in enumerate(self._cover):
            found = _PERIOD.search(segment)
            if found is None:
                continue
            text = segment[found.start() :] + " " + " ".join(self._cover[index + 1 : index + 2])
            day = parse_date(text[:120])
            if day:
                return day.isoformat(), text[:80]
        return None

    def state(self) -> tuple[str, str] | None:
        """(EDGAR code, printed name) of the state of incorporation: what stands over its label."""
        for index, segment in enumerate(self._cover):
            label = _STATE_LABEL.search(segment)
            if label is None:
                continue
            own = re.sub(r"^[\s(]*|[\s:)]*$", "", segment[label.end() :])
            for candidate in (segment[: label.start()], own, *self._nearby(index, back=6, ahead=2)):
                code = state_code(candidate.strip(" ()"))
                if code:
                    return code, candidate.strip()
        return None

    def ein(self) -> tuple[str, str] | None:
        """(EIN, quote)."""
        for index, segment in enumerate(self._cover):
            found = _EIN.search(segment)
            if found and any(_EIN_LABEL.search(near) for near in (segment, *self._nearby(index, back=4, ahead=8))):
                return f"{found.group(1)}-{found.group(2)}", segment[:80]
        return None

    def address(self) -> tuple[str, str] | None:
        """(address on one line, quote): the segments over "(Address of principal executive offices)"."""
        for index, segment in enumerate(self._cover):
            label = _ADDRESS_LABEL.search(segment)
            if label is None:
                continue
            parts = [segment[: label.start()].strip(" (,")] if label.start() > 1 else []
            for above in reversed(self._cover[max(0, index - 6) : index]):
                if _ADDRESS_STOP.search(above) or (state_code(above) and not parts):
                    break
                parts.insert(0, above.strip(" ,"))
            address = _joined_address([part for part in parts if part])
            if address:
                return address, address
        return None

    def phone(self) -> tuple[str, str] | None:
        """(phone number, quote): in, over or under the line that says "telephone number"."""
        for index, segment in enumerate(self._cover):
            if _PHONE_LABEL.search(segment):
                for text in (segment, *self._nearby(index, back=3, ahead=2)):
                    found = _PHONE.search(text)
                    if found:
                        return f"({found.group(1)}) {found.group(2)}-{found.group(3)}", text[:80]
        return None

    def public_float(self) -> tuple[int | float, str] | None:
        """(dollars, quote) of the aggregate market value held by non-affiliates."""
        for index, segment in enumerate(self._cover):
            found = re.search(r"aggregate\s+market\s+value", segment, re.I)
            if found is None:
                continue
            text = " ".join(self._cover[index : index + 3]) if "$" not in segment else segment
            amounts = [
                (scaled(match.group(1).replace(",", ""), magnitude(match.group(2) or "")), match.group(0))
                for match in _AMOUNT.finditer(text)
                if not _PRICE.search(text[max(0, match.start() - 80) : match.start()])
            ]
            if amounts:
                return max(amounts)
        return None

    def shares(self) -> tuple[int | float, str] | None:
        """(shares, quote) outstanding: one number, or the sum over classes that are each named."""
        for index, segment in enumerate(self._cover):
            for sentence in _SENTENCE.split(segment):
                if re.search(r"outstanding", sentence, re.I) and not re.search(r"market\s+value", sentence, re.I):
                    counts = _counts(sentence) or _counts_below(self._cover[index + 1 : index + 8])
                    if counts:
                        return sum(counts), sentence[:160]
        return None

    def exchange(self) -> tuple[str, str] | None:
        """(exchange, quote): what stands between "12(b)" and "12(g)"."""
        inside = False
        for segment in self._cover:
            if re.search(r"12\s*\(b\)", segment):
                inside = True
            if re.search(r"12\s*\(g\)", segment):
                return None
            name = exchange_name(segment) if inside else None
            if name and name != "OTC":
                return name, segment[:80]
        return None

    def _nearby(self, index: int, *, back: int, ahead: int) -> Iterator[str]:
        """The segments around one, nearest first, those above before those below."""
        yield from reversed(self._cover[max(0, index - back) : index])
        yield from self._cover[index + 1 : index + 1 + ahead]


def _cover(segments: Sequence[str]) -> Iterator[str]:
    """The segments up to the end of the cover."""
    for number, segment in enumerate(segments[:_COVER_LIMIT]):
        if number > 25 and _COVER_END.search(segment):
            return
        yield segment


def _same_name(printed: str, known: str) -> bool:
    """Whether two spellings are one company's: equal when normalised, or one adds only a leading "the"."""
    one, other = normalised(printed), normalised(known)
    return bool(one) and one == other


def _joined_address(parts: list[str]) -> str | None:
    """Parts as "street, city, State zip"; None unless there is a street and a postal code."""
    address = re.sub(r"\s+", " ", ", ".join(parts))
    address = re.sub(r",(?:\s*,)+", ",", address)
    address = re.sub(r",\s*(\d{5}(?:-\d{4})?)\b", r" \1", address)
    zips = list(_ZIP.finditer(address))
    if not zips or zips[-1].start() < 10 or len(address) > 200:
        return None
    return address[: zips[-1].end()].strip(" ,")


def _counts(sentence: str) -> list[int | float]:
    """The numbers of shares in a sentence; empty when there is none, or several that cannot be told apart."""
    counts = [
        (scaled(found.group(1).replace(",", ""), magnitude(found.group(2) or "")), sentence[found.end() :])
        for found in _COUNT.finditer(sentence)
    ]
    counts = [(number, after) for number, after in counts if number >= 1000]
    if len(counts) <= 1:
        return [number for number, _ in counts]
    if all(
        re.match(
            r"\s*(?:shares?|units?)?\W*(?:of )?(?:the registrant's |its )?(?:class|series|common|voting|non)",
            after,
            re.I,
        )
        for _, after in counts
    ):
        return [number for number, _ in counts]
    return []


def _counts_below(segments: Sequence[str]) -> list[int | float]:
    """Numbers of a small table under a heading such as "Outstanding at February 1": cells that are only a number."""
    counts: list[int | float] = []
    for segment in segments:
        found = re.fullmatch(r"(\d{1,3}(?:,\d{3}){1,5})(?:\s+shares)?", segment.strip())
        if found:
            counts.append(int(found.group(1).replace(",", "")))
    return counts
