"""A site that answers with anything but pages, read over HTTP by the real fetcher: a clear end, and no other address asked."""

from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from common.errors import (
    DocumentTooLarge,
    LeadershipPageNotFound,
    PageNotFound,
    PipelineError,
    UnexpectedContent,
    UnsafeUrl,
    UpstreamBlocked,
    UpstreamUnavailable,
)
from common.fetch import Fetcher
from cxo_extraction.extract import extract

CARDS = (
    "<h1>Leadership</h1><div class=c><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>"
    "<div class=c><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p></div>"
)
DENIED = (
    b"<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>Reference #18.2d351ab8</body></html>"
)
HOST = "acme.example"
# Path -> status, headers, body. A length of more than the body makes a body that breaks off.
ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/bomb/leadership": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"<p>Team</p>" * 4_000_000)),
    "/large/leadership": (200, {"Content-Length": "20000000"}, b"<p>Some words.</p>"),
    "/cut/leadership": (200, {"Content-Length": "90000"}, CARDS.encode()),
    "/inside/leadership": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
    "/file/leadership": (302, {"Location": "file:///etc/passwd"}, b""),
    "/denied/leadership": (403, {}, DENIED),
    "/missing/leadership": (404, {}, b"<h1>Not found</h1>" + CARDS.encode()),
    "/picture/leadership": (200, {"Content-Type": "image/png"}, b"\x89PNG\r\n\x1a\n"),
    "/script/leadership": (200, {}, b"<script>" + b"var a='<h3>Olive Kent</h3><p>CTO</p>';" * 20_000 + b"</script>"),
    "/garbled/leadership": (200, {"Content-Type": "text/html; charset=no-such"}, b"\xff\xfe<\x00h\x001\x00" + b"\x80" * 999),
    "/good/leadership": (200, {}, CARDS.encode()),
}  # fmt: skip


class Server:
    """Answers as ANSWERS says; /loop… redirects for ever. asked: the paths."""

    def __init__(self) -> None:
        self.pages = dict(ANSWERS)
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                status, headers, body = server.pages.get(self.path, (404, {}, b""))
                if self.path.startswith("/loop"):
                    status, headers, body = 302, {"Location": f"/loop/leadership?n={len(server.asked)}"}, b""
                self.send_response(status)
                for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # the reader has seen enough

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://{HOST}:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


@pytest.fixture
def resolved() -> list[str]:
    return []


@pytest.fixture
def fetcher(server: Server, resolved: list[str]) -> Iterator[Fetcher]:
    def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["127.0.0.1"] if host == HOST else ["10.0.0.1"]

    allowed = server.base.removeprefix("http://")
    client = Fetcher("Unit Test test@example.com", allowed_private={allowed}, resolve=resolve, deadline=5)
    yield client
    client.close()


def test_the_good_page_is_found_among_all_the_others(server: Server, fetcher: Fetcher) -> None:
    paths = [*ANSWERS, "/loop/leadership"]
    links = "".join(f'<a href="{path}">Leadership</a>' for path in sorted(paths, key=lambda path: "good" in path))
    server.pages["/"] = (200, {}, links.encode())
    tracemalloc.start()
    document = extract({"company_name": "Acme", "website_url": server.base}, fetcher)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [person.name for person in document.people] == ["Dana Whitfield", "Piotr Zielinski"]
    assert document.pages == [f"{server.base}/good/leadership"]
    told = " ".join(document.skipped)
    for error in ("DocumentTooLarge", "UnsafeUrl", "UpstreamBlocked", "UnexpectedContent", "UpstreamUnavailable"):
        assert error in told
    assert peak < 150_000_000


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/bomb/leadership", DocumentTooLarge),
        ("/large/leadership", DocumentTooLarge),
        ("/cut/leadership", UpstreamUnavailable),
        ("/inside/leadership", UnsafeUrl),
        ("/file/leadership", UnsafeUrl),
        ("/loop/leadership", UnsafeUrl),
        ("/denied/leadership", UpstreamBlocked),
        ("/missing/leadership", LeadershipPageNotFound),
        ("/picture/leadership", UnexpectedContent),
        ("/script/leadership", LeadershipPageNotFound),
        ("/garbled/leadership", LeadershipPageNotFound),
    ],
)
def test_a_site_of_nothing_else_ends_with_its_own_error(
    path: str, error: type[PipelineError], server: Server, fetcher: Fetcher
) -> None:
    started = time.monotonic()
    with pytest.raises((error, PageNotFound) if error is LeadershipPageNotFound else error):
        extract({"company_name": "Acme", "website_url": server.base + path}, fetcher)
    assert time.monotonic() - started < 20
    assert len(server.asked) < 60


ELSEWHERE = (
    "http://169.254.169.254/leadership",
    "http://localhost/leadership",
    "http://[::1]/leadership",
    "http://2130706433/leadership",
    "//10.0.0.1/leadership",
    "http://10.0.0.1.acme.example@127.0.0.1/leadership",
    "http://acme.example:22/leadership",
    "file:///leadership",
    "gopher://acme.example/leadership",
    "javascript:leadership()",
    "http://intranet.acme.example/leadership",
)


def test_addresses_on_a_page_are_checked_like_any_other(server: Server, fetcher: Fetcher, resolved: list[str]) -> None:
    """In links, in the site's map and in robots.txt: none leads inside, not even by a name of the company's own domain."""
    places = "".join(f"<url><loc>{url}</loc></url>" for url in ELSEWHERE)
    server.pages["/"] = (200, {}, "".join(f'<a href="{url}">Leadership</a>' for url in ELSEWHERE).encode())
    server.pages["/robots.txt"] = (
        200,
        {"Content-Type": "text/plain"},
        b"Sitemap: http://169.254.169.254/sitemap.xml\n",
    )
    server.pages["/sitemap.xml"] = (200, {"Content-Type": "text/xml"}, f"<urlset>{places}</urlset>".encode())
    with pytest.raises(LeadershipPageNotFound):
        extract({"company_name": "Acme", "website_url": server.base}, fetcher)
    assert set(resolved) <= {HOST, "intranet.acme.example"}, "a name is looked up only to be checked"
    assert set(fetcher.calls) <= {HOST, "intranet.acme.example"}
    assert all(
        "leadership" not in path or path.startswith(("/about", "/leadership", "/company")) for path in server.asked
    )


def test_addresses_in_data_are_never_asked(server: Server, fetcher: Fetcher) -> None:
    """Profiles that a page's data names elsewhere are not followed."""
    cards = CARDS.replace(
        "Dana Whitfield</h3>", '<a href="http://169.254.169.254/dana-whitfield">Dana Whitfield</a></h3>'
    )
    data = '<script type="application/ld+json">{"@type":"Person","name":"Dana Whitfield","jobTitle":"Chief Executive Officer","url":"http://10.0.0.1/"}</script>'
    server.pages["/leadership"] = (200, {}, (cards + data).encode())
    document = extract({"company_name": "Acme", "website_url": f"{server.base}/leadership"}, fetcher)
    assert document.roles["CEO"] == ["Dana Whitfield"]
    assert set(fetcher.calls) == {HOST}
