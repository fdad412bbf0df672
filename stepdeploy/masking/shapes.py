"""What looks like a credential, whatever its name: keys and tokens of known forms, passwords in URLs and in text."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import pairwise

Hide = Callable[[str], str]
"""A secret -> what is shown in its place."""

_FORMS = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS access key ids
    r"gh[pousr]_\w{16,}", r"github_pat_\w{20,}", r"glpat-[\w-]{16,}", r"dckr_pat_[\w-]{16,}",
    r"xox[a-z]-[\w-]{10,}", r"xapp-[\w-]{10,}",
    r"[sr]k_(?:live|test)_\w{10,}", r"whsec_[\w+/=]{10,}", r"sk-[\w-]{20,}",
    r"AIza[\w-]{30,}", r"ya29\.[\w-]{20,}", r"SG\.[\w-]{16,}\.[\w-]{16,}", r"key-[0-9a-f]{32}", r"SK[0-9a-f]{32}",
    r"npm_\w{30,}", r"pypi-[\w-]{30,}", r"hf_\w{20,}", r"dop_v1_\w{32,}", r"shp(?:at|ss|ca)_\w{20,}", r"hv[sb]\.[\w-]{20,}",
    r"\d{8,10}:[\w-]{35}(?![\w-])",  # Telegram bots
    r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*",  # JSON web tokens
)  # fmt: skip
_NAMES = (
    r"password|passwd|pwd|passphrase|secret|token|api[_-]?key|(?:shared)?access[_-]?key|private[_-]?key|account[_-]?key|"
    r"authorization|credentials?|signature"
)
_HOOK_WORDS = frozenset({
    "api", "services", "webhooks", "webhook", "hooks", "hook", "catch", "trigger", "with", "key", "integration",
    "enqueue", "workflows", "incoming", "v1", "v2", "v3",
})  # fmt: skip
_HOOK = re.compile(
    r"hook|api\.telegram\.org/bot|events\.pagerduty\.com/integration|maker\.ifttt\.com|logic\.azure\.com", re.I
)
_SECRET_PARAMETERS = re.compile(rf"(?:{_NAMES}|key|sig|code|auth|jwt|x-amz-credential)$", re.I)
LONGEST_WORD = 16
"""Characters from which a run of letters and digits may be a key rather than a word."""


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Compiled when first needed: commands that show no plan do not pay for it. Group `s` is the secret, if there is one."""
    return (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
        re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_FORMS)})"),
        re.compile(r"\b(?:bearer|basic|token)\s+(?P<s>(?=[\w.~+/=-]*\d|[\w.~+/=-]{20})[\w.~+/=-]{8,})", re.I),
        re.compile(rf"(?:{_NAMES})[\w-]*[\"']?\s*(?:=|:|==|!=)\s*([\"'])(?P<s>(?!\*\*\*|\$|arn:|\1).+?)\1", re.I),
        re.compile(rf"(?:{_NAMES})=(?P<s>(?!\*\*\*|arn:)[^\s&;,\"'{{}}$]{{3,}})", re.I),
    )


_URL = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?:(?P<user>[^/\s@?#\"'<>]+)@)?(?P<rest>[^\s\"'<>`{}|\\]*)", re.I)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")


def replace(text: str, hide: Hide, *, hook: bool = False) -> str:
    """`text` with every credential in it hidden. hook: a URL in it is known to be a secret."""
    if "://" in text:
        text = _URL.sub(lambda match: _url(match, hide, hook), text)
    for pattern in _patterns():
        text = pattern.sub(lambda match: _group(match, hide), text)
    return _AWS_SECRET.sub(lambda match: hide(match[0]) if _is_dense(match[0]) else match[0], text)


def is_random(text: str) -> bool:
    """Whether a value looks made up by a machine: no words, but letters and digits in turns, or many characters."""
    return any(_turns(run) >= 3 or _is_dense(run) for run in re.findall(rf"[A-Za-z0-9+/]{{{LONGEST_WORD},}}", text))


def is_one_word(text: str) -> bool:
    """Whether it is nothing but a long run of what keys are made of."""
    return re.fullmatch(r"[A-Za-z0-9+/_=-]{24,}", text) is not None


def _group(match: re.Match[str], hide: Hide) -> str:
    if "s" not in match.re.groupindex:
        return hide(match[0])
    start, end = (at - match.start() for at in match.span("s"))
    return match[0][:start] + hide(match["s"]) + match[0][end:]


def _url(match: re.Match[str], hide: Hide, hook: bool) -> str:
    user = f"{hide(match['user'])}@" if match["user"] else ""
    address, question, query = match["rest"].partition("?")
    host, slash, path = address.partition("/")
    if path and not host.endswith(".amazonaws.com"):
        secret = hook or (match["scheme"].lower().startswith("http") and bool(_HOOK.search(address)))
        path = _hook_path(path, hide) if secret else "/".join(_segment(part, hide) for part in path.split("/"))
    return f"{match['scheme']}{user}{host}{slash}{path}{question}{_query(query, hide)}"


def _hook_path(path: str, hide: Hide) -> str:
    """All of it from the first part on that is no usual word."""
    parts = path.split("/")
    known = 0
    while known < len(parts) and parts[known].lower() in _HOOK_WORDS:
        known += 1
    rest = "/".join(parts[known:])
    return "/".join([*parts[:known], *([hide(rest)] if rest else [])])


def _segment(part: str, hide: Hide) -> str:
    return hide(part) if any(_turns(run) >= 3 for run in re.findall(rf"[A-Za-z0-9]{{{LONGEST_WORD},}}", part)) else part


def _query(query: str, hide: Hide) -> str:
    shown = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        shown.append(f"{name}={hide(value)}" if equals and value and _SECRET_PARAMETERS.search(name) else pair)
    return "&".join(shown)


def _turns(run: str) -> int:
    """How often letters and digits change places."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(run))


def _is_dense(run: str) -> bool:
    """Whether there are upper case, lower case and digits, and as many different characters as in random text."""
    classes = (str.isupper, str.islower, str.isdigit)
    if len(run) < 20 or not all(any(map(test, run)) for test in classes):
        return False
    share = [count / len(run) for count in Counter(run).values()]
    return -sum(part * math.log2(part) for part in share) > 4.2
