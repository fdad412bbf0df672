"""`/_samples/<host>/<path>`: the web as the pipeline sees it offline, from files in `<directory>/<host>/<path>`.

EDGAR's hosts behave as the real ones where it matters to a client: they want an e-mail address in the User-Agent
(https://www.sec.gov/os/accessing-edgar-data) and answer 403, not 404, for an Archives path that does not exist.
"""

from __future__ import annotations

import gzip
import json
import mimetypes
import re
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stepdeploy.local.wire import HttpRequest, HttpResponse

PREFIX = "/_samples/"
_EDGAR = ("data.sec.gov", "www.sec.gov")
_EMAIL = re.compile(r"[^@\s<>()]+@[^@\s<>()]+\.[A-Za-z]{2,}")
_UNDECLARED = (
    "<!DOCTYPE html><html><head><title>SEC.gov | Your Request Originates from an Undeclared Automated Tool</title>"
    "</head><body><h1>Your Request Originates from an Undeclared Automated Tool</h1></body></html>"
)
_DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)


def answer(directory: Path | None, request: HttpRequest) -> HttpResponse:
    """The sample that a request asks for, or the error that the real host would give."""
    host, _, rest = unquote(urlsplit(request.target).path)[len(PREFIX) :].partition("/")
    if request.method not in ("GET", "HEAD", "POST"):
        return _text(405, f"{request.method} is not for samples")
    folder = _inside(directory, host) if directory is not None and host else None
    if folder is None or not folder.is_dir():
        return _text(404, f"There is no sample for the host {host!r}")
    if host in _EDGAR and not _EMAIL.search(request.header("User-Agent")):
        return HttpResponse(403, {"Content-Type": "text/html"}, _UNDECLARED.encode())
    file = _inside(folder, rest)
    if file is not None and file.is_dir():
        file = file / "index.html"
    body = _content(file) if file is not None else None
    if file is None or body is None:
        return _missing(host, rest)
    return HttpResponse(200, {"Content-Type": _content_type(file.name, body)}, body)


def _inside(directory: Path, name: str) -> Path | None:
    """directory/name, unless that leads out of the directory, by dots or by a link."""
    if "\0" in name or "\\" in name:
        return None
    root = directory.resolve()
    path = (root / name.lstrip("/")).resolve()
    return path if path.is_relative_to(root) else None


def _content(file: Path) -> bytes | None:
    """The file, or what is packed in `<file>.gz`: EDGAR's answers are large."""
    if file.is_file():
        return file.read_bytes()
    packed = file.with_name(file.name + ".gz")
    return gzip.decompress(packed.read_bytes()) if packed.is_file() else None


def _missing(host: str, path: str) -> HttpResponse:
    if host in _EDGAR and path.startswith("Archives/"):
        return HttpResponse(403, {"Content-Type": "application/xml"}, _DENIED.encode())
    return _text(404, f"There is no sample for https://{host}/{path}")


def _text(status: int, message: str) -> HttpResponse:
    body = f"<!DOCTYPE html><html><body><p>{escape(message)}</p></body></html>"
    return HttpResponse(status, {"Content-Type": "text/html; charset=utf-8"}, body.encode())


def _content_type(name: str, body: bytes) -> str:
    guessed, _ = mimetypes.guess_type(name)
    if guessed is not None:
        return guessed
    start = body[:512].lstrip()
    if start.startswith((b"{", b"[")):
        return "application/json" if _is_json(body) else "text/plain"
    return "text/html" if start.startswith(b"<") else "text/plain"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
