"""The internet of scripts/chaos: made-up companies, their websites and their EDGAR, on one port of 127.0.0.1.

A company's website is a folder of that port (`/c0007/`). Its annual report is the project's own sample under another
name and CIK, so that a document that got mixed up with another company's shows.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SAMPLE_NAME, SAMPLE_CIK = "Tesla, Inc.", "1318605"
SAMPLE_FILING = f"{SAMPLE_CIK}/000162828025003063/tsla-20241231.htm"
FIRST_CIK = 2_000_000
SLOW_SECONDS = 1.5
#: A site that is asked too often recovers after so many refusals.
REFUSALS = 2


class Kind(NamedTuple):
    """A kind of company. share: of all, in percent. error: which the failure's cause names; "" where it succeeds."""

    name: str
    share: int
    error: str = ""


KINDS = (
    Kind("fine", 40),
    Kind("slow", 8),
    Kind("tag soup", 8),
    Kind("429, then fine", 8),
    Kind("429 for good", 6, "UpstreamThrottled"),
    Kind("404", 6, "LeadershipPageNotFound"),
    Kind("no leadership page", 8, "LeadershipPageNotFound"),
    Kind("garbage", 6, "LeadershipPageNotFound"),
    Kind("unknown to EDGAR", 10, "CompanyNotFound"),
)

_FIRST = [
    "Amber",
    "Birch",
    "Cedar",
    "Delta",
    "Ember",
    "Flint",
    "Garnet",
    "Harbor",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Maple",
    "Nimbus",
    "Onyx",
    "Prairie",
]
_SECOND = [
    "Analytics",
    "Beverages",
    "Castings",
    "Devices",
    "Engines",
    "Foods",
    "Glass",
    "Hydraulics",
    "Instruments",
    "Lighting",
    "Materials",
    "Networks",
    "Optics",
    "Plastics",
    "Robotics",
    "Textiles",
    "Utilities",
    "Vehicles",
    "Workshops",
]
_GIVEN = [
    "Alice",
    "Brian",
    "Carol",
    "David",
    "Emily",
    "Frank",
    "Grace",
    "Henry",
    "Irene",
    "James",
    "Karen",
    "Laura",
    "Martin",
    "Nancy",
    "Oscar",
    "Paula",
]
_FAMILY = [
    "Anderson",
    "Bennett",
    "Carter",
    "Dawson",
    "Ellison",
    "Foster",
    "Griffin",
    "Hughes",
    "Keller",
    "Lawson",
    "Mercer",
    "Norris",
    "Porter",
]


class Company(NamedTuple):
    """A made-up company. folder: of its website. cik: EDGAR's number, without zeros. chief: its CEO."""

    name: str
    folder: str
    cik: str
    chief: str
    kind: Kind

    @property
    def company_id(self) -> str:
        """The pipeline's id of it."""
        return self.name.lower().replace(" ", "-")


def made_up(count: int, seed: int, first: int = 0) -> list[Company]:
    """So many companies, each kind by its share; the same for the same seed. first: others than those of lower ones."""
    rng = random.Random(seed)
    names = [" ".join(pair) for pair in itertools.product(_FIRST, _SECOND)]
    chiefs = [" ".join(pair) for pair in itertools.product(_GIVEN, _FAMILY)]
    if first + count > len(names):
        raise SystemExit(f"at most {len(names)} companies")
    rng.shuffle(names)
    rng.shuffle(chiefs)
    kinds = _shares(count)
    rng.shuffle(kinds)
    return [
        Company(f"{names[number]} Inc", f"c{number:04d}", str(FIRST_CIK + number), chiefs[number % len(chiefs)], kind)
        for number, kind in enumerate(kinds, first)
    ]


def _shares(count: int) -> list[Kind]:
    """`count` kinds, each as often as its share says; what rounding leaves over goes to the largest remainders."""
    exact = [count * kind.share / 100 for kind in KINDS]
    numbers = [int(number) for number in exact]
    order = sorted(range(len(KINDS)), key=lambda index: numbers[index] - exact[index])
    for index in order[: count - sum(numbers)]:
        numbers[index] += 1
    return [kind for kind, number in zip(KINDS, numbers, strict=True) for _ in range(number)]


class Web:
    """Answers for all companies. Thread-safe."""

    def __init__(self, companies: list[Company]) -> None:
        self._by_folder = {company.folder: company for company in companies}
        self._listed = {company.cik: company for company in companies if company.kind.name != "unknown to EDGAR"}
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a path."""
        first, _, rest = path.lstrip("/").partition("/")
        if first == "edgar":
            return self._edgar(rest)
        company = self._by_folder.get(first)
        return self._site(company, rest) if company else _missing()

    def _edgar(self, path: str) -> tuple[int, str, bytes]:
        if path == "files/company_tickers.json":
            rows = enumerate(self._listed.values())
            tickers = {
                str(index): {"cik_str": int(company.cik), "ticker": f"X{company.cik}", "title": company.name}
                for index, company in rows
            }
            return 200, "application/json", json.dumps(tickers).encode()
        folder, _, name = path.rpartition("/")
        if folder.startswith("Archives/edgar/data/"):
            company = self._listed.get(folder.split("/")[3])
            return _sample(company, f"www.sec.gov/Archives/edgar/data/{SAMPLE_FILING}", "text/html")
        company = self._listed.get(name.removeprefix("CIK").removesuffix(".json").lstrip("0"))
        return _sample(company, f"data.sec.gov/{folder}/CIK{SAMPLE_CIK.zfill(10)}.json", "application/json")

    def _site(self, company: Company, path: str) -> tuple[int, str, bytes]:
        kind = company.kind.name
        if kind == "slow":
            time.sleep(SLOW_SECONDS)
        if kind == "404":
            return _missing()
        if kind.startswith("429") and self._refuses(company):
            return 429, "text/html", b"<html><body>Too many requests</body></html>"
        if kind == "garbage":
            return 200, "text/html", random.Random(company.name).randbytes(4000)
        if path == "":
            return 200, "text/html", _home(company).encode()
        if path == "leadership/" and kind != "no leadership page":
            return 200, "text/html", _leadership(company, closed=kind != "tag soup").encode()
        return _missing()

    def _refuses(self, company: Company) -> bool:
        with self._lock:
            self._asked[company.folder] += 1
            return company.kind.error != "" or self._asked[company.folder] <= REFUSALS


def _sample(company: Company | None, path: str, content_type: str) -> tuple[int, str, bytes]:
    """A sample of EDGAR's under the company's name and CIK."""
    if company is None:
        return _missing()
    text = (SAMPLES / path).read_text(encoding="utf-8")
    text = text.replace(SAMPLE_NAME, company.name).replace(SAMPLE_CIK, company.cik)
    return 200, content_type, text.encode()


def _home(company: Company) -> str:
    links = "" if company.kind.name == "no leadership page" else '<a href="leadership/">Leadership team</a>'
    body = f"<h1>Welcome</h1>{links}<p>We make things.</p>"
    return f"<html><head><title>{company.name}</title></head><body>{body}</body></html>"


def _leadership(company: Company, *, closed: bool) -> str:
    """The page; without its closing tags it is what browsers still show well."""
    others = (("Walter Simmons", "Chief Financial Officer"), ("Susan Whitaker", "General Counsel and Secretary"))
    people = ((company.chief, "President and Chief Executive Officer"), *others)
    cards = "".join(f"<div class=person><h3>{name}</h3><p>{title}</p></div>" for name, title in people)
    page = f"<html><head><title>Leadership</title></head><body><h2>Leadership team</h2>{cards}</body></html>"
    return page if closed else page.replace("</p>", "").replace("</div>", "").replace("</body></html>", "")


def _missing() -> tuple[int, str, bytes]:
    return 404, "text/html", b"<html><body>Not found</body></html>"


@contextmanager
def serving(web: Web) -> Iterator[int]:
    """Serve on 127.0.0.1; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, content_type, body = web.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A Lambda that was killed hangs up: that is meant."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
