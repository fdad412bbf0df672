"""States, provinces and countries with EDGAR's codes, and stock exchanges with their usual names.

Codes: "EDGAR State and Country Codes"
(https://www.sec.gov/submit-filings/filer-support-resources/edgar-state-country-codes).
"""

from __future__ import annotations

import re

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia
FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine
MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada
NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma
OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee
TX Texas|UT Utah|VT Vermont
VI U.S. Virgin Islands|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|GU Guam|X1 United States
"""
_ABROAD = """
A0 Alberta|A1 British Columbia|A2 Manitoba|A3 New Brunswick|A4 Newfoundland|A5 Nova Scotia|A6 Ontario
A7 Prince Edward Island|A8 Quebec|A8 Québec|A9 Saskatchewan|B0 Yukon|Z4 Canada|C0 United Arab Emirates|C1 Argentina
C3 Australia|C4 Austria|C5 Bahamas|C5 The Bahamas|C8 Barbados|C9 Belgium|D0 Bermuda|D5 Brazil|D8 British Virgin Islands
D8 Virgin Islands, British|E9 Cayman Islands|F3 Chile|F4 China|F4 People's Republic of China|F5 Taiwan
F8 Colombia|G4 Cyprus|G7 Denmark|H9 Finland|I0 France|2M Germany|2M Federal Republic of Germany
J3 Greece|Y7 Guernsey|K3 Hong Kong
K5 Hungary|K6 Iceland|K7 India|K8 Indonesia|L2 Ireland|L2 Republic of Ireland
Y8 Isle of Man|L3 Israel|L3 State of Israel
L6 Italy|M0 Japan|Y9 Jersey|Y9 Bailiwick of Jersey|M5 South Korea|M5 Republic of Korea|M5 Korea, Republic of|N0 Liberia
N0 Republic of Liberia|N4 Luxembourg|N4 Grand Duchy of Luxembourg|N8 Malaysia|O1 Malta|1T Marshall Islands
1T Republic of the Marshall Islands|1T Republic of Marshall Islands|O4 Mauritius|O5 Mexico|O9 Monaco|P7 Netherlands
P7 The Netherlands|P7 Kingdom of the Netherlands|P8 Netherlands Antilles|Q2 New Zealand|Q8 Norway|R1 Panama
R1 Republic of Panama|R5 Peru|R6 Philippines|R9 Poland|S1 Portugal|U0 Singapore|U0 Republic of Singapore|T3 South Africa
U3 Spain|V7 Sweden|V8 Switzerland|W1 Thailand|W8 Turkey|X0 United Kingdom|X0 England and Wales|X0 England|X0 Scotland
X0 Great Britain
"""


def _table(source: str) -> dict[str, str]:
    entries = (entry.strip() for entry in source.replace("\n", "|").split("|"))
    return {_key(entry[3:]): entry[:2] for entry in entries if entry}


def _key(name: str) -> str:
    return re.sub(r"[^a-z]+", " ", name.lower()).strip()


US_STATES = _table(_STATES)
_CODES_BY_NAME = US_STATES | _table(_ABROAD)
_CODES = frozenset(_CODES_BY_NAME.values())
_NAMES_BY_CODE = {code: name for name, code in US_STATES.items()}
_OF_STATE = re.compile(r"^(?:the )?(?:state|commonwealth|province|territory) of (?:the )?", re.I)
_COUNTRY_TAIL = re.compile(r",\s*(?:usa|u\.s\.a\.|united states(?: of america)?|canada)\s*$", re.I)

_EXCHANGES = (
    (r"nyse american|nyse mkt|nyse amer|nyseamer|american stock exchange|\bamex\b", "NYSE American"),
    (r"nyse arca|nysearca", "NYSE Arca"),
    (r"nyse texas|nyse chicago|chicago stock exchange|\bchx\b", "NYSE Texas"),
    (r"new\s*york\s*stock\s*exchange|\bnyse\b", "NYSE"),
    (r"nasdaq", "Nasdaq"),
    (r"\bcboe|\bbats\b", "Cboe"),
    (r"long[- ]term stock exchange|\bltse\b", "LTSE"),
    (r"\botc|pink sheets|over[- ]the[- ]counter", "OTC"),
)


def state_code(text: str) -> str | None:
    """EDGAR's code of a printed state, province or country ("DELAWARE", "State of Israel", "DE"), or None."""
    plain = _COUNTRY_TAIL.sub("", text.strip().strip("*.,;:()"))
    if plain.upper() in _CODES and len(plain) == 2:
        return plain.upper()
    return _CODES_BY_NAME.get(_key(plain)) or _CODES_BY_NAME.get(_key(_OF_STATE.sub("", plain)))


def is_us_state(text: str) -> bool:
    """Whether a text is a US state, as a name or as a two-letter code."""
    code = state_code(text)
    return code is not None and code in _NAMES_BY_CODE


def exchange_name(text: str) -> str | None:
    """The usual name of the exchange that a text names ("The Nasdaq Global Select Market" gives "Nasdaq"), or None."""
    for pattern, name in _EXCHANGES:
        if re.search(pattern, text, re.I):
            return name
    return None
