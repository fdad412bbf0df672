"""Which links of a site may lead to its leaders, and how likely each is."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from cxo_extraction.names import fold

# (pattern on link text or path words, score). 5 and up: a page that lists people. Below: a page that links further.
_TERMS: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), score)
    for pattern, score in (
        (r"\b(?:executive|senior|corporate|management) (?:leadership|team|management|officers|profiles)\b", 11),
        (r"\bleadership(?: team| & governance)?\b|\bour leaders(?:hip)?\b|\bexecutives\b|\bexecutive bios?\b", 10),
        (r"\bmanagement(?: team| board)?\b|\bofficers\b|\bwho leads\b|\bfounders?\b|\bthe c suite\b", 9),
        (r"\b(?:our|the|meet the|meet our) (?:team|people)\b|^team$|\bmeet the\b", 7),
        (r"\bteam\b|\bpeople\b|\bstaff\b", 6),
        (r"\bboard(?: of directors| members| of trustees)?\b|\bdirectors\b|\btrustees\b", 5),
        (
            r"\bgovernance\b|\babout(?: us)?\b|\bwho we are\b|\bour company\b|^company$|\bcompany (?:info|profile|overview)\b",
            3.5,
        ),
        (r"\bcompany\b|\bcorporate\b|\borganization\b|\bour story\b", 3),
        (r"\binvestors?(?: relations)?\b|\bir\b", 2),
    )
)
# What only sounds like a page of leaders, and what may stand beside one.
_NEVER = re.compile(
    r"\bthought leadership\b|\bleadership (?:development|training|program|programs|institute|academy|insights|summit)\b|"
    r"\bmanagement (?:software|system|systems|services|platform|consulting|solutions|tools|suite)\b|\bteam ?work\b|"
    r"\b(?:asset|wealth|waste|vulnerability|threat|log|content|data|property|project|product|cash|fleet|identity|cost|change|"
    r"supply chain|relationship|energy|device|document|contract|performance|talent|order|inventory|case|access|risk|"
    r"investment|fund|portfolio|facility|quality|time|event|pain|stress|money|treasury|spend|patch|password|incident) management\b"
)
_AWAY = re.compile(
    r"\b(?:careers?|jobs?|join|blog|news|press|events?|login|log in|sign in|privacy|terms|cookies?|products?|solutions?|support|"
    r"webinars?|podcasts?|resources|customers?|case stud(?:y|ies)|insights|shop|store|cart|documents?|committees?|charter|"
    r"guidelines|contact|sustainability|diversity|research team|sales team)\b"
)
_FILE = re.compile(
    r"\.(?:pdf|jpe?g|png|gif|svg|webp|mp4|zip|docx?|xlsx?|pptx?|ics|vcf|css|js|xml|json)$", re.IGNORECASE
)
# Public suffixes of two labels under which companies register; the rest of the public suffix list has one label.
_SECOND_LEVEL = frozenset(["ac", "co", "com", "edu", "gob", "gov", "net", "nom", "ne", "or", "org", "go"])

COMMON_PATHS = (
    "/leadership", "/about/leadership", "/company/leadership", "/about-us/leadership", "/about/team", "/team",
    "/about-us/team", "/company/team", "/management", "/about/management", "/executive-team", "/about-us", "/about", "/company",
)  # fmt: skip


def link_score(text: str, url: str) -> float:
    """How likely a link leads to the company's leaders: 0 (not at all) to about 12."""
    path = urlsplit(url).path
    if _FILE.search(path):
        return 0.0
    label = fold(text)
    segments = [fold(re.sub(r"\.\w{2,5}$", "", unquote(part)).replace("_", " ")) for part in path.split("/") if part]
    segments = [part for part in segments if part not in {"index", "en", "us", "en us", "en gb", "default", "home"}]
    last = segments[-1] if segments else ""
    by_text = _best(label) if len(label.split()) <= 6 else 0.0
    by_path = _best(last) * 0.9 if len(last.split()) <= 6 else 0.0
    if _NEVER.search(label) or _NEVER.search(last):
        return 0.0
    if _AWAY.search(label) and by_text < 9.5:
        by_text = 0.0
    if any(_AWAY.search(part) for part in segments) and by_path < 9:
        by_path = 0.0
    if by_text == 0.0 and (_AWAY.search(label) or not last):
        return 0.0
    return max(by_text, by_path) + (0.5 if by_text and by_path else 0.0) - 0.1 * max(0, len(segments) - 3)


def _best(text: str) -> float:
    if not text:
        return 0.0
    return max((score for pattern, score in _TERMS if pattern.search(text)), default=0.0)


def normal_url(base: str, href: str) -> str:
    """An absolute http(s) address without its fragment, or '' for anything else."""
    try:
        parts = urlsplit(urljoin(base, href.strip()))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return ""
        return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))
    except ValueError:
        return ""


def registrable(host: str) -> str:
    """The part of a host name that a company registers: 'investors.acme.co.uk' -> 'acme.co.uk'. Addresses stay whole."""
    labels = host.lower().rstrip(".").split(".")
    if len(labels) < 2 or labels[-1].isdigit() or ":" in host:
        return host.lower()
    two_level = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if two_level else labels[-2:])


def same_site(first: str, second: str) -> bool:
    """Whether two addresses belong to one site: same registrable domain; for addresses and localhost the same port too."""
    one, two = urlsplit(first), urlsplit(second)
    left, right = registrable(one.hostname or ""), registrable(two.hostname or "")
    if left != right:
        return False
    named = "." in left and not left.split(".")[-1].isdigit() and ":" not in left
    return named or one.netloc == two.netloc


def page_kind(url: str) -> str:
    """The last telling word of an address's path, for use where a page has no heading: '/about/board.html' -> 'board'."""
    segments = [part for part in urlsplit(url).path.split("/") if part and not part.startswith("index.")]
    return re.sub(r"\.\w{2,5}$", "", segments[-1]).replace("-", " ").replace("_", " ") if segments else ""
