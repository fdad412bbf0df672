"""Recorded documents, served on loopback at the addresses of the real hosts: EDGAR's, and the companies' own.

The functions read with FETCH_ROUTE=samples: every request comes here as /_samples/<host>/<path>, and no name is resolved.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from score_truth import LEADERSHIP, Record, unpacked

EDGAR_HOSTS = ("data.sec.gov", "www.sec.gov")
_EDGAR_PLACES = ("Archives", "api", "files", "submissions")
_TYPES = {".json": "application/json", ".xml": "application/xml", ".txt": "text/plain"}
# What EDGAR answers, when the folder holds no recorded answers of its own.
_ERRORS = {
    "403_undeclared": b"<html><body><h1>Your Request Originates from an Undeclared Automated Tool</h1></body></html>",
    "403_missing": b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
    "404_": b"<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>",
}


class Hosts:
    """The documents of a folder by host and path. served: bodies that stand in for what the folder does not hold.

    asked: every path that was asked for, newest last.
    """

    def __init__(self, data: Path, records: Iterable[Record]) -> None:
        self.served: dict[tuple[str, str], bytes] = {}
        self.asked: list[str] = []
        self._data = data
        self._files: dict[tuple[str, str], Path] = {}
        self._errors: dict[str, bytes] = {}
        self._index_edgar()
        self.sites = {record.number: self._mount(record) for record in records if record.kind == LEADERSHIP}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Hosts:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def body(self, host: str, path: str) -> bytes | None:
        """What a host has at a path; None for nothing."""
        place = ("edgar" if host in EDGAR_HOSTS else host, _key(path))
        if place in self.served:
            return self.served[place]
        try:
            return unpacked(self._files[place]) if place in self._files else None
        except OSError:  # packed badly: as if it were not there; the record's values count as missing
            return None

    def put(self, path: str, body: bytes) -> None:
        """Let EDGAR have this at a path, in the place of a file."""
        self.served["edgar", _key(path)] = body

    def file(self, document: str) -> Path | None:
        """A record's file, packed or not."""
        plain = self._data / document.removesuffix(".gz")
        inside = document and plain.resolve().is_relative_to(self._data.resolve())
        found = [path for path in (plain, plain.with_name(f"{plain.name}.gz")) if inside and path.is_file()]
        return found[0] if found else None

    def error(self, start: str) -> bytes:
        """EDGAR's answer of that kind: as recorded, else as known."""
        return next((body for name, body in self._errors.items() if name.startswith(start)), _ERRORS[start])

    def _index_edgar(self) -> None:
        """Every file below a folder of EDGAR's: the company's own folder wins over one that all share."""
        files = sorted(path for path in self._data.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: "_common" in path.parts):
            parts = path.relative_to(self._data).parts
            if parts[0] == LEADERSHIP or "alt" in parts:
                continue
            if "errors" in parts:
                self._errors[path.name] = path.read_bytes()
            start = next((i for i, part in enumerate(parts) if part in _EDGAR_PLACES), None)
            if start is not None:
                key = "/".join(parts[start:]).removesuffix(".gz")
                self._files.setdefault(("edgar", _key(key)), path)

    def _mount(self, record: Record) -> tuple[str, str]:
        """Put a record's page where it came from, and what else was recorded of its site. (home or page, page)"""
        scheme, host, path = _original(record)
        page = self.file(record.document)
        if page is not None:
            folder = page.parent
            for root in (folder / "site", folder):
                for file in sorted(root.rglob("*")) if root.is_dir() else ():
                    inside = file.relative_to(root).parts
                    if file.is_file() and file != page and inside[0] != "site":
                        self._files.setdefault((host, _key("/".join(inside).removesuffix(".gz"))), file)
            self._files[host, _key(path)] = page
        at = f"{scheme}://{host}{path}"
        home = (host, "") in self._files and _key(path) != ""
        return (f"{scheme}://{host}/" if home else at), at


def _original(record: Record) -> tuple[str, str, str]:
    """(scheme, host, path) of a page. Without a usable address: a host of the company's label, and the path in brackets."""
    text = str(record.row.get("original_url") or "")
    found = re.search(r"https?://[^\s()<>\"']+", text)
    parts = urlsplit(found[0]) if found else None
    host = (parts.netloc if parts else "").lower()
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host):
        label = re.sub(r"[^a-z0-9]+", "-", record.company.lower()).strip("-") or f"company-{record.number}"
        host = f"www.{label}.example"
    path = parts.path if parts else ""
    if path in ("", "/"):
        inside = re.search(r"\(([^\s()]*/[^\s()]*)\)", text)
        path = f"/{inside[1].strip('/')}" if inside else "/leadership"
    return (parts.scheme if parts else "https"), host, path


def _key(path: str) -> str:
    """A path in the form in which its spellings are one."""
    plain = unquote(path.split("?")[0]).strip("/")
    return plain.removesuffix("index.html").removesuffix("index.htm").strip("/")


def _handler(hosts: Hosts) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _, _, host, *rest = self.path.split("/", 3)
            path = "/" + (rest[0] if rest else "")
            hosts.asked.append(path)
            if host in EDGAR_HOSTS and "@" not in self.headers.get("User-Agent", ""):
                return self.answer(403, hosts.error("403_undeclared"), "text/html")
            body = hosts.body(host, path)
            if body is not None:
                return self.answer(200, body, _TYPES.get(Path(_key(path)).suffix, "text/html"))
            if path.startswith("/Archives/"):  # EDGAR says 403 for what is not there
                return self.answer(403, hosts.error("403_missing"), "application/xml")
            return self.answer(404, hosts.error("404_"), "application/xml")

        def answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def as_json(body: bytes | None) -> dict[str, Any]:
    """A body as a JSON object; empty when it is none."""
    try:
        found = json.loads(body or b"")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
