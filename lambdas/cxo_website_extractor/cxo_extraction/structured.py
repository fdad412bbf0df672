"""People in data that a page carries beside its text: JSON-LD, and the payloads of Next.js and Gatsby pages."""

from __future__ import annotations

import html as html_escapes
import json
import re
from collections.abc import Iterator
from typing import Any

from cxo_extraction.model import Person
from cxo_extraction.names import read_name
from cxo_extraction.sections import classify, core_name
from cxo_extraction.titles import title_score

MAX_PAYLOAD = 6_000_000
MAX_NODES = 200_000
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]{0,600})>(?P<body>.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_FLIGHT = re.compile(r"self\.__next_f\.push\((?P<call>\[.*\])\)\s*;?\s*$", re.DOTALL)
_ROW = re.compile(r"(?:^|\n)[0-9a-f]+:(?:I|HL)?(?=[\[{])")
_NAME_KEYS = (
    "name",
    "fullname",
    "full_name",
    "displayname",
    "personname",
    "membername",
    "employeename",
    "title",
    "heading",
)
_TITLE_KEYS = (
    "jobtitle", "job_title", "position", "role", "designation", "title", "subtitle", "jobposition", "occupation",
    "roletitle", "subheading", "function",
)  # fmt: skip
# Keys in whose values people are others': who wrote, reviewed or praised something.
_OTHERS = re.compile(
    r"^(?:author|creator|editor|contributor|review|testimonial|quote|speaker|performer|actor|customer|client)(?:s|ed_?by)?$"
    r"|testimonials?$|reviews$|quotes$",
    re.IGNORECASE,
)
_BIO_KEYS = ("bio", "biography", "description", "about", "body", "text", "content")


def scripts(html: str) -> Iterator[tuple[str, str]]:
    """The attributes and body of each <script> of a page."""
    for match in _SCRIPT.finditer(html[:MAX_PAYLOAD]):
        yield match["attributes"], match["body"]


def load(text: str) -> Any:
    """JSON, or None when it is none (or nests too deep for the parser)."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def json_ld_people(html: str, url: str, own: frozenset[str] = frozenset()) -> list[Person]:
    """schema.org Person objects that state a job title.

    Authors, reviewers and speakers are left out, whatever they state; who works for another organisation than `own`
    (folded names) has it as unit.
    """
    people = []
    for attributes, body in scripts(html):
        if "ld+json" not in attributes.lower():
            continue
        for node, _ in walk(load(html_escapes.unescape(body) if "&quot;" in body else body)):
            kinds = node.get("@type")
            if "Person" not in (kinds if isinstance(kinds, list) else [kinds]):
                continue
            name, title = _text(node.get("name")), _titles(node.get("jobTitle"))
            reading = read_name(name)
            if reading.score >= 0.3 and title:
                bio = _text(node.get("description"))
                quote = f"{name} | {title}"
                unit = _employer(node.get("worksFor"), own)
                people.append(Person(reading.text, title, "other", bio, url, "json-ld", quote, 0.9, unit))
    return people


def _titles(value: Any) -> str:
    """A job title, or several as one."""
    values = value if isinstance(value, list) else [value]
    return ", ".join(text for text in map(_text, values) if text)


def _employer(value: Any, own: frozenset[str]) -> str:
    """The organisation that someone works for, "" when it is the company itself or none is named."""
    entry = value[0] if isinstance(value, list) and value else value
    name = _text(entry.get("name")) if isinstance(entry, dict) else _text(entry)
    core = core_name(name)
    ours = not core or any(core.startswith(known) or known.startswith(core) for known in own)
    return "" if ours or not own else name


def walk(root: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """All objects of a JSON value in document order, without recursion and at most MAX_NODES of them, each with a kind.

    The kind is that of the nearest key that has one, as a heading would have it: "boardOfDirectors" -> "board". What hangs
    on keys of other people ('author', 'testimonials') is left out.
    """
    stack: list[tuple[Any, str]] = [(root, "")]
    seen = 0
    while stack and seen < MAX_NODES:
        node, kind = stack.pop()
        seen += 1
        if isinstance(node, dict):
            yield node, kind
            following = [(value, _kind_of(key, kind)) for key, value in node.items() if not _OTHERS.search(key)]
            stack.extend(reversed(following))
        elif isinstance(node, list):
            stack.extend((entry, kind) for entry in reversed(node))


def _kind_of(key: str, kind: str) -> str:
    found = classify(key)
    return found if found in {"executive", "board", "adviser"} else kind


def payload_people(root: Any, url: str) -> list[Person]:
    """People in a JSON payload: objects with a name and a job title under the usual keys; at least two of them."""
    people = []
    for node, kind in walk(root):
        person = _person(node, url)
        if person is not None:
            person.group = "board" if kind == "board" else "other"
            person.leftover = kind == "adviser"
            people.append(person)
    return people if len(people) >= 2 or any(person.confidence > 0.8 for person in people) else []


def _person(node: dict[str, Any], url: str) -> Person | None:
    fields = {re.sub(r"[^a-z_]", "", key.lower()): _text(value) for key, value in node.items()}
    first, last = fields.get("firstname") or fields.get("first_name"), fields.get("lastname") or fields.get("last_name")
    names = [f"{first} {last}"] if first and last else []
    names += [fields[key] for key in _NAME_KEYS if fields.get(key)]
    name = next((text for text in names if read_name(text).score >= 0.3), "")
    titles = [fields[key] for key in _TITLE_KEYS if fields.get(key) and fields[key] != name]
    title = next((text for text in titles if title_score(text) >= 0.5), "")
    if not name or not title:
        return None
    reading = read_name(name)
    bio = next((fields[key] for key in _BIO_KEYS if len(fields.get(key) or "") > 60), "")
    confidence = reading.score * title_score(title)
    return Person(reading.text, title, "other", bio, url, "page-data", f"{name} | {title}", confidence)


def _text(value: Any) -> str:
    """Plain text of a JSON value: strings (HTML taken out), and objects that wrap one ({"value": …}, {"raw": …})."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("value", "raw", "text", "rendered", "@value") if key in value), "")
    if not isinstance(value, str):
        return ""
    if "<" in value:
        value = re.sub(r"<[^<>]{0,400}>", " ", value)
    return " ".join(html_escapes.unescape(value).split())[:4000]


def payloads(html: str) -> list[Any]:
    """The JSON that Next.js pages carry: __NEXT_DATA__ and the rows of self.__next_f."""
    found: list[Any] = []
    flight: list[str] = []
    for attributes, body in scripts(html):
        if "__NEXT_DATA__" in attributes:
            found.append(load(body))
        match = _FLIGHT.search(body.strip()) if "__next_f" in body[:200] else None
        call = load(match["call"]) if match else None
        if isinstance(call, list) and len(call) == 2 and isinstance(call[1], str):
            flight.append(call[1])
    rows = _ROW.split("".join(flight)) if flight else []
    decoder = json.JSONDecoder()
    for row in rows:
        try:
            found.append(decoder.raw_decode(row)[0])
        except (ValueError, RecursionError):
            continue
    return [payload for payload in found if payload is not None]


def flight_html(root: Any) -> str:
    """React elements of a flight row (["$", "h3", key, {props}]) written as HTML, for the reader of pages."""
    out: list[str] = []
    stack: list[Any] = [root]
    count = 0
    while stack and count < MAX_NODES:
        node = stack.pop()
        count += 1
        if isinstance(node, _Raw):
            out.append(node)
        elif isinstance(node, str):
            out.append(html_escapes.escape(node) if not node.startswith("$") else "")
        elif isinstance(node, list):
            if len(node) >= 4 and node[0] == "$" and isinstance(node[1], str) and isinstance(node[3], dict):
                stack.extend(reversed(_element(node[1], node[3])))
            else:
                stack.extend(reversed(node))
    return "".join(out)


class _Raw(str):
    """HTML that is ready, as against text that must be escaped."""


def _element(tag: str, properties: dict[str, Any]) -> list[Any]:
    plain = tag if re.fullmatch(r"[a-z][a-z0-9]{0,9}", tag) and tag not in {"script", "style"} else "div"
    classes = properties.get("className")
    attribute = f' class="{html_escapes.escape(classes)}"' if isinstance(classes, str) else ""
    opening = _Raw(f"<{plain}{attribute}>")
    if plain in {"br", "img", "input", "hr", "meta", "link", "wbr"}:
        return [opening]
    return [opening, properties.get("children"), _Raw(f"</{plain}>")]
