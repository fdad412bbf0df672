"""Annual reports: each record's filing through the SEC extractor, and its fields against the true ones."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from score_functions import Functions, Outcome
from score_hosts import Hosts, as_json
from score_marks import Marks, judged
from score_truth import Archived, Record, archived, cik_in, unpacked, values_of

# Of a filing that has no accession number in the folder: EDGAR gives none like it.
_MADE_UP = "0000000000-00-000000"
_FORM = r"(10-?K(?:405|SB40|SB|T405|T)?(?:/A)?|20-?F(?:/A)?|40-?F(?:/A)?)"
_FORMS = (
    r"CONFORMED SUBMISSION TYPE:\s*([\w/-]+)",
    r"<TYPE>\s*([\w/-]+)",
    r"name=\"dei:DocumentType\"[^>]*>\s*(?:<[^>]*>\s*)*([\w/-]+)",
    rf"(?i)\bform\s*{_FORM}(?![\w])",
)
# Values of a row that the score put into EDGAR's list are not the extractor's merit.
_OF_THE_LIST = frozenset(
    {"registrant_name", "period_end", "filing_date", "state_of_incorporation", "ein", "ticker", "exchange"}
)
_HEADER_NAME = re.compile(r"COMPANY CONFORMED NAME:[ \t]*(\S.*)")


class Read(NamedTuple):
    """What was found for a record. by: which way it was read."""

    values: dict[str, Any]
    outcome: Outcome
    by: str


class SecScore:
    """Judges records of annual reports and of lists of filings. `of_fields` and `of_lists` hold the marks."""

    def __init__(self, functions: Functions, hosts: Hosts) -> None:
        self._functions = functions
        self._hosts = hosts
        self.of_fields = Marks()
        self.of_lists = Marks()
        self.unscored: set[str] = set()

    def report(self, record: Record) -> Read:
        """Read and judge one annual report."""
        from sec_extraction.model import FIELDS

        read = self._read(record)
        true = values_of(record)
        for name, expected in true.items():
            if name not in FIELDS:
                self.unscored.add(name)
                continue
            if name == "registrant_name" and true.get("registrant_name_dei"):
                expected = [expected, true["registrant_name_dei"]]
            self._judge(self.of_fields, record, name, expected, read.values.get(name))
        return read

    def lost(self, record: Record) -> None:
        """Count the values of an annual report that could not be scored as missing."""
        from sec_extraction.model import FIELDS

        if record.kind == "sec":
            for name, expected in values_of(record).items():
                if name in FIELDS and expected is not None:
                    self.of_fields.add(name, "missing", f"{record.label} {name}: the record failed")

    def newest(self, record: Record) -> Read:
        """Which filing a list of filings leads to."""
        cik = cik_in(record.document)
        asked = len(self._hosts.asked)
        outcome = self._functions.extract("sec", {"company_name": _name(record), "cik": cik}) if cik else _no_file
        fields = _values(outcome.document)
        true = values_of(record)
        found = {"latest_10k_accession": fields.get("accession"), "report_date": fields.get("period_end")}
        documents = [path for path in self._hosts.asked[asked:] if path.startswith("/Archives/")]
        found["primary_document"] = documents[0].rsplit("/", 1)[1] if documents else None
        failed = outcome.document is None and not outcome.error.startswith("NoAnnualReport")
        for name in found:
            if name in true:
                # A list that could not be read says nothing of a report, not that there is none.
                expected = true[name] if true[name] is not None or not failed else "a list that can be read"
                self._judge(self.of_lists, record, name, expected, found[name])
        return Read(found, outcome, "handler")

    def _judge(self, marks: Marks, record: Record, name: str, expected: Any, found: Any) -> None:
        from sec_extraction.places import state_code

        mark = judged(name, expected, found, state_code)
        marks.add(name, mark, f"{record.label} {name}: {found!r}, in truth {expected!r}")

    def _read(self, record: Record) -> Read:
        file = self._hosts.file(record.document)
        if file is None:
            return Read({}, Outcome(None, f"there is no file {record.document!r}"), "nothing")
        try:
            unpacked(file)
        except OSError as error:
            return Read({}, Outcome(None, str(error)), "nothing")
        if "companyfacts" in record.document:
            return self._facts(record)
        return self._filing(record)

    def _filing(self, record: Record) -> Read:
        """By the handler, from the very filing; EDGAR's list gets a row for it where the folder's has none."""
        true = values_of(record)
        place = archived(record.document)
        symbol = str(true.get("ticker") or "")
        cik = place.cik if place else "" if symbol else _cik(true.get("cik"))
        if not place:
            cik = cik or self._by_symbol(symbol) or _cik(true.get("cik"))
            place = Archived(f"{int(cik or 0):010d}", _MADE_UP, "document.htm")
        hints = self._list(record, place)
        request = {"company_name": _name(record), "cik": place.cik, "accession": place.accession}
        if place.accession == _MADE_UP and self._by_symbol(symbol):
            request |= {"company_name": str(true.get("registrant_name") or _name(record)), "stock_symbol": symbol}
            del request["cik"]
        outcome = self._functions.extract("sec", request)
        values = _values(outcome.document, hints)
        if place.accession == _MADE_UP:
            values.pop("accession", None)
        return Read(values, outcome, "handler, a row put into EDGAR's list" if hints else "handler")

    def _facts(self, record: Record) -> Read:
        """By the handler where EDGAR's list leads there, else the facts alone, by the handler's own reader."""
        outcome = self._functions.extract("sec", {"company_name": _name(record), "cik": cik_in(record.document)})
        fields = (outcome.document or {}).get("fields", {})
        if any((field.get("source") or {}).get("method") == "companyfacts" for field in fields.values()):
            return Read(_values(outcome.document), outcome, "handler")
        return self._facts_alone(record, outcome)

    def _facts_alone(self, record: Record, outcome: Outcome) -> Read:
        from common.fetch import Fetcher
        from sec_extraction.companyfacts import read_companyfacts
        from sec_extraction.edgar import Edgar

        fetcher = Fetcher.from_environment({})
        try:
            edgar = Edgar(fetcher, {})
            cik = cik_in(record.document)
            found = read_companyfacts(edgar.companyfacts(cik) or {"facts": {}}, edgar.companyfacts_url(cik))
        except Exception as error:
            return Read({}, outcome._replace(error=f"{type(error).__name__}: {error}"[:300]), "facts alone")
        finally:
            fetcher.close()
        values = {name: field.value for name, field in found.items()}
        return Read(values, outcome._replace(error="", edgar=1), "facts alone")

    def _by_symbol(self, symbol: str) -> str:
        """The CIK of a ticker in the recorded company_tickers.json, or ""."""
        rows = as_json(self._hosts.body("www.sec.gov", "/files/company_tickers.json"))
        for row in rows.values():
            if symbol and isinstance(row, dict) and str(row.get("ticker", "")).upper() == symbol.upper():
                return _cik(row.get("cik_str"))
        return ""

    def _list(self, record: Record, place: Archived) -> frozenset[str]:
        """See to it that EDGAR's list holds the filing and its document is there.

        Fields that a list which was made up tells, and which are therefore nobody's merit; none where EDGAR's own is there.
        """
        path = f"/submissions/CIK{place.cik}.json"
        data = as_json(self._hosts.body("data.sec.gov", path))
        if _lists(data, place.accession):
            return frozenset()
        file = self._hosts.file(record.document)
        content = unpacked(file) if file else b""
        text = content[:400_000].decode("utf-8", "replace")
        row = {
            "accessionNumber": place.accession,
            "form": _form_of(text),
            "filingDate": "",
            "reportDate": "",
            "primaryDocument": place.name,
        }
        known = data or {"cik": place.cik, "name": _conformed(record, text)}
        table = {name: [value] for name, value in row.items()}
        self._hosts.put(path, json.dumps({**known, "filings": {"recent": table, "files": []}}).encode())
        folder = f"{int(place.cik)}/{place.accession.replace('-', '')}"
        self._hosts.put(f"/Archives/edgar/data/{folder}/{place.name}", content)
        if data:
            return frozenset()
        # The name of a header is the document's own.
        return _OF_THE_LIST - {"registrant_name"} if _HEADER_NAME.search(text) else _OF_THE_LIST


_no_file = Outcome(None, "the document's name holds no CIK")


def _lists(data: dict[str, Any], accession: str) -> bool:
    filings = data.get("filings")
    recent = filings.get("recent") if isinstance(filings, dict) else None
    numbers = recent.get("accessionNumber") if isinstance(recent, dict) else None
    return isinstance(numbers, list) and accession in numbers


def _form_of(text: str) -> str:
    """The form, as EDGAR would list it: by the header, the tag, or the cover's words."""
    for pattern in _FORMS:
        source = text[:60_000] if "form" in pattern else text
        found = re.search(pattern, re.sub(r"<[^>]*>|&nbsp;|&#160;", " ", source) if "form" in pattern else source)
        if found:
            form = found[1].upper()
            return re.sub(r"^(10|20|40)-?([KF])", r"\1-\2", form)
    return "10-K"


def _conformed(record: Record, text: str) -> str:
    """The name as EDGAR's list would spell it: by the header, else in capitals and without points."""
    header = _HEADER_NAME.search(text)
    if header:
        return header[1].strip()
    true = values_of(record)
    name = str(true.get("registrant_name_dei") or true.get("registrant_name") or record.company)
    return re.sub(r"[.,]", "", name).upper()


def _values(document: dict[str, Any] | None, hints: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Field to value, without the `hints` that were only repeated."""
    fields = (document or {}).get("fields", {})
    return {
        name: field.get("value")
        for name, field in fields.items()
        if not (name in hints and (field.get("source") or {}).get("method") == "submissions")
    }


def _cik(value: Any) -> str:
    digits = re.sub(r"\D", "", str(value or ""))
    return f"{int(digits):010d}" if digits and len(digits) <= 10 else ""


def _name(record: Record) -> str:
    """A name for the request, of which a key can be made."""
    latin = re.sub(r"[^A-Za-z0-9]+", " ", record.company).strip()
    return f"{latin} {record.number}"[:200]
