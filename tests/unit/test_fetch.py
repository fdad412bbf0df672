"""The safe HTTP client against hostile addresses, servers and answers. Everything runs on loopback."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from common.errors import (
    ConfigurationError,
    DocumentTooLarge,
    PageNotFound,
    UnexpectedContent,
    UnsafeUrl,
    UpstreamBlocked,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from common.fetch import Fetcher
from common.page import decode
from common.urls import check_url, checked_addresses, is_public

HTML = ("text/html",)
Answer = Callable[[BaseHTTPRequestHandler], None]

S3_DENIED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
UNDECLARED = b"<html><title>Your Request Originates from an Undeclared Automated Tool</title></html>"
TOO_FAST = b"<html><h1>Request Rate Threshold Exceeded</h1></html>"


def reply(body: bytes = b"", status: int = 200, content_type: str | None = "text/html", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if content_type:
            handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


class Site:
    """A server on loopback. answers: path to a function that answers; seen: (path, headers) of every request."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.seen.append((self.path, dict(self.headers)))
                try:
                    site.answers.get(self.path, reply(b"nothing here", 404))(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client gave up, as it should

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are the point
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def make_fetcher(site: Site) -> Iterator[Callable[..., Fetcher]]:
    made: list[Fetcher] = []

    def make(**options: Any) -> Fetcher:
        made.append(Fetcher("Unit Test test@example.com", **{"allowed_private": {site.host}, **options}))
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()


@pytest.fixture
def fetcher(make_fetcher: Callable[..., Fetcher]) -> Fetcher:
    return make_fetcher()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//example.com/",
        "http://",
        "http://user:secret@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com:8080/",
        "http://example.com:22/",
        "http://example.com:99999/",
        "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/\r\nHost: other",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://168.63.129.16/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://app.localhost/",
        "http://metadata.google.internal/",
        "http://printer.local/",
        f"http://example.com/{'a' * 3000}",
    ],
)
def test_unsafe_urls_are_refused_as_text(url: str) -> None:
    with pytest.raises(UnsafeUrl):
        check_url(url)


def test_a_plain_url_is_taken_apart() -> None:
    target = check_url("HTTPS://Www.Example.COM./a b?q=1#part".replace(" ", "%20"))
    assert (target.scheme, target.host, target.port, target.path) == ("https", "www.example.com", 443, "/a%20b?q=1")
    assert target.url == "https://www.example.com/a%20b?q=1"
    assert check_url("http://[2606:4700::1111]/").host_header == "[2606:4700::1111]"


def test_names_of_other_scripts_are_sent_in_ascii() -> None:
    assert check_url("https://bücher.example/").host == "xn--bcher-kva.example"


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "nonsense", "192.0.0.192"])
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"]])
def test_every_answer_of_dns_is_checked(answers: list[str]) -> None:
    with pytest.raises(UnsafeUrl, match=r"example\.com resolves to"):
        checked_addresses(check_url("https://example.com/"), lambda host, port: answers)


def test_a_name_without_an_address() -> None:
    with pytest.raises(UpstreamUnavailable, match="does not resolve"):
        checked_addresses(check_url("https://example.com/"), lambda host, port: [])


def test_the_connection_goes_to_the_checked_address_and_names_the_host(site: Site) -> None:
    """A second DNS answer cannot lead elsewhere: the name is resolved once, and never by the connection itself."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    port = site.server.server_port
    name = f"unresolvable.example:{port}"
    site.answers["/"] = reply(b"here")
    fetcher = Fetcher("a b@example.com", allowed_private={name}, resolve=resolve)
    assert fetcher.get(f"http://{name}/", accept=HTML).body == b"here"
    assert fetcher.get(f"http://{name}/", accept=HTML).body == b"here"
    fetcher.close()
    assert asked == ["unresolvable.example"]
    assert site.seen[0][1]["Host"] == name


def test_without_the_explicit_setting_loopback_is_refused(site: Site, make_fetcher: Callable[..., Fetcher]) -> None:
    with pytest.raises(UnsafeUrl):
        make_fetcher(allowed_private=frozenset()).get(site.url("/"), accept=HTML)
    with pytest.raises(UnsafeUrl):
        make_fetcher(allowed_private={"127.0.0.1:1"}).get(site.url("/"), accept=HTML)
    assert site.seen == []


def test_a_page(site: Site, fetcher: Fetcher) -> None:
    site.answers["/about?x=1"] = reply("größer".encode("latin-1"), content_type="Text/HTML; charset=ISO-8859-1")
    page = fetcher.get(site.url("/about?x=1"), accept=HTML)
    assert (page.status, page.content_type, page.text) == (200, "text/html", "größer")
    assert page.url == site.url("/about?x=1")
    sent = site.seen[0][1]
    assert sent["User-Agent"] == "Unit Test test@example.com"
    assert sent["Accept"] == "text/html"
    assert fetcher.calls == {"127.0.0.1": 1}


def test_redirects_are_followed_and_the_final_address_is_told(site: Site, fetcher: Fetcher) -> None:
    site.answers["/a"] = reply(status=301, Location="/b")
    site.answers["/b"] = reply(status=302, Location="c?d")
    site.answers["/c?d"] = reply(b"there")
    page = fetcher.get(site.url("/a"), accept=HTML)
    assert (page.url, page.body) == (site.url("/c?d"), b"there")


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://localhost:22/",
        "//10.0.0.1/",
    ],
)
def test_a_redirect_is_checked_like_any_address(site: Site, fetcher: Fetcher, location: str) -> None:
    site.answers["/"] = reply(status=302, Location=location)
    with pytest.raises(UnsafeUrl):
        fetcher.get(site.url("/"), accept=HTML)
    assert len(site.seen) == 1


def test_a_redirect_loop_ends(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = reply(status=302, Location="/")
    with pytest.raises(UnsafeUrl, match="more than 5 times"):
        fetcher.get(site.url("/"), accept=HTML)
    assert len(site.seen) == 6


def test_a_redirect_from_https_to_http_is_refused(fetcher: Fetcher) -> None:
    with pytest.raises(UnsafeUrl, match="from https to http"):
        fetcher._next_hop(check_url("https://example.com/"), "http://example.com/")
    assert fetcher._next_hop(check_url("http://example.com/"), "https://example.com/").scheme == "https"


def test_a_redirect_without_a_location(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = reply(status=302)
    with pytest.raises(UnexpectedContent, match="without a Location"):
        fetcher.get(site.url("/"), accept=HTML)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(b"gone", 404), PageNotFound),
        (reply(b"gone", 410), PageNotFound),
        (reply(S3_DENIED, 403, "application/xml"), PageNotFound),
        (reply(UNDECLARED, 403), UpstreamBlocked),
        (reply(UNDECLARED, 200, "text/plain"), UpstreamBlocked),
        (reply(TOO_FAST, 403), UpstreamThrottled),
        (reply(gzip.compress(TOO_FAST, mtime=0), 403, Content_Encoding="gzip"), UpstreamThrottled),
        (reply(b"slow down", 429, Retry_After="600"), UpstreamThrottled),
        (reply(b"no", 401), UpstreamBlocked),
        (reply(b"no", 403), UpstreamBlocked),
        (reply(b"oops", 500), UpstreamUnavailable),
        (reply(b"later", 503), UpstreamUnavailable),
        (reply(b"teapot", 418), UnexpectedContent),
        (reply(b"%PDF", 200, "application/pdf"), UnexpectedContent),
        (reply(b"<p>", 200, None), UnexpectedContent),
        (reply(b"x", 200, Content_Encoding="br"), UnexpectedContent),
        (reply(b"not gzip", 200, Content_Encoding="gzip"), UnexpectedContent),
        (reply(gzip.compress(b"cut short" * 99, mtime=0)[:-20], 200, Content_Encoding="gzip"), UnexpectedContent),
    ],
)
def test_answers_become_errors_with_a_meaning(
    site: Site, fetcher: Fetcher, answer: Answer, error: type[Exception]
) -> None:
    site.answers["/"] = answer
    with pytest.raises(error):
        fetcher.get(site.url("/"), accept=HTML)


def test_the_wait_asked_for_is_told(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = reply(status=429, Retry_After="600")
    with pytest.raises(UpstreamThrottled, match="retry after 600"):
        fetcher.get(site.url("/"), accept=HTML)


def test_an_announced_length_over_the_limit_is_not_read(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = reply(b"x" * 2000)
    with pytest.raises(DocumentTooLarge):
        fetcher.get(site.url("/"), accept=HTML, max_bytes=1999)
    assert len(fetcher.get(site.url("/"), accept=HTML, max_bytes=2000).body) == 2000


def test_a_body_without_a_length_is_stopped_at_the_limit(site: Site, fetcher: Fetcher) -> None:
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.close_connection = True
        for _ in range(10_000):
            sent.append(handler.wfile.write(b"x" * 65_536))

    site.answers["/"] = endless
    with pytest.raises(DocumentTooLarge):
        fetcher.get(site.url("/"), accept=HTML, max_bytes=100_000)
    assert len(sent) < 1_000


def test_a_gzip_bomb_is_stopped_at_the_limit(site: Site, fetcher: Fetcher) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=1, mtime=0)
    assert len(bomb) < 1_000_000
    site.answers["/"] = reply(bomb, Content_Encoding="gzip")
    started = time.perf_counter()
    with pytest.raises(DocumentTooLarge):
        fetcher.get(site.url("/"), accept=HTML, max_bytes=1_000_000)
    assert time.perf_counter() - started < 2


def test_packed_bodies_of_several_members_are_read_whole(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = reply(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0), Content_Encoding="gzip")
    assert fetcher.get(site.url("/"), accept=HTML).body == b"one two"


def test_a_body_that_ends_early(site: Site, fetcher: Fetcher) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"only this")
        handler.close_connection = True

    site.answers["/"] = short
    with pytest.raises(UpstreamUnavailable):
        fetcher.get(site.url("/"), accept=HTML)


def drip(before_head: bool) -> Answer:
    """Sends a byte now and then, which no read timeout notices."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if not before_head:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html")
            handler.end_headers()
        handler.close_connection = True
        for _ in range(200):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize("before_head", [True, False])
def test_a_dripping_answer_is_cut_off_at_the_deadline(
    site: Site, make_fetcher: Callable[..., Fetcher], before_head: bool
) -> None:
    site.answers["/"] = drip(before_head)
    started = time.perf_counter()
    with pytest.raises(UpstreamUnavailable, match="in time"):
        make_fetcher(deadline=0.4).get(site.url("/"), accept=HTML)
    assert time.perf_counter() - started < 2


def test_silence_is_cut_off_by_the_read_timeout(site: Site, make_fetcher: Callable[..., Fetcher]) -> None:
    site.answers["/"] = lambda handler: time.sleep(1.0)
    started = time.perf_counter()
    with pytest.raises(UpstreamUnavailable):
        make_fetcher(timeout=0.2).get(site.url("/"), accept=HTML)
    assert time.perf_counter() - started < 0.9


def test_a_closed_port(site: Site, make_fetcher: Callable[..., Fetcher]) -> None:
    with pytest.raises(UpstreamUnavailable):
        make_fetcher(allowed_private={"127.0.0.1:9"}).get("http://127.0.0.1:9/", accept=HTML)


def test_a_dropped_keep_alive_connection_is_opened_anew_once(site: Site, fetcher: Fetcher) -> None:
    def once(handler: BaseHTTPRequestHandler) -> None:
        reply(b"first")(handler)
        handler.close_connection = True  # without saying so in the head

    site.answers["/"] = once
    assert fetcher.get(site.url("/"), accept=HTML).body == b"first"
    time.sleep(0.05)
    assert fetcher.get(site.url("/"), accept=HTML).body == b"first"


class Certificate(NamedTuple):
    """A self-signed certificate for one host name, in files."""

    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For secure.example; it is its own authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "secure.example")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("secure.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    found = Certificate(folder / "cert.pem", folder / "key.pem")
    found.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


@pytest.fixture
def secure_site(site: Site, certificate: Certificate) -> Site:
    """The site behind TLS, with the certificate of secure.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.answers["/"] = reply(b"secret")
    return site


def test_tls_is_verified_for_the_hosts_name_although_the_address_is_chosen_by_us(
    secure_site: Site, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate.certificate))
    monkeypatch.setattr("common.pinned.tls_context", lambda: trusting)
    port = secure_site.server.server_port
    names = {f"secure.example:{port}", f"other.example:{port}"}
    fetcher = Fetcher("a b@example.com", allowed_private=names, resolve=lambda host, port: ["127.0.0.1"])
    assert fetcher.get(f"https://secure.example:{port}/", accept=HTML).body == b"secret"
    with pytest.raises(UpstreamUnavailable, match="certificate is not valid"):
        fetcher.get(f"https://other.example:{port}/", accept=HTML)
    fetcher.close()


def test_an_unknown_authority_is_refused(secure_site: Site) -> None:
    name = f"secure.example:{secure_site.server.server_port}"
    fetcher = Fetcher("a b@example.com", allowed_private={name}, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(UpstreamUnavailable, match="certificate is not valid"):
        fetcher.get(f"https://{name}/", accept=HTML)


def test_a_plain_http_server_on_an_https_address(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(UpstreamUnavailable):
        fetcher.get(f"https://{site.host}/", accept=HTML)


def test_requests_to_one_domain_keep_their_distance() -> None:
    now = [100.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    fetcher = Fetcher("a b@example.com", min_interval={"sec.gov": 0.5}, clock=lambda: now[0], sleep=sleep)
    for host in ("www.sec.gov", "data.sec.gov", "example.com", "notsec.gov", "sec.gov"):
        fetcher._wait_for_turn(host)
    assert waits == [0.5, 0.5]


def test_the_samples_route(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{site.host}")
    site.answers["/_samples/www.example.com/about/team?p=2"] = reply(b"sample")
    site.answers["/_samples/www.example.com/old"] = reply(status=301, Location="/about/team?p=2")
    fetcher = Fetcher("a b@example.com", route="samples", resolve=lambda host, port: ["127.0.0.1"])
    page = fetcher.get("https://www.example.com/old", accept=HTML)
    assert (page.url, page.body) == ("https://www.example.com/about/team?p=2", b"sample")
    with pytest.raises(UnsafeUrl):
        fetcher.get("http://169.254.169.254/", accept=HTML)
    with pytest.raises(PageNotFound):
        fetcher.get("https://www.example.com/nothing", accept=HTML)
    fetcher.close()


def test_settings_come_from_the_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_AGENT", "Example Research me@example.com")
    monkeypatch.setenv("ALLOWED_PRIVATE_HOSTS", f"10.0.0.9:8080, {site.host}")
    monkeypatch.setenv("FETCH_ROUTE", "samples")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{site.host}")
    site.answers["/direct"] = reply(b"direct")
    site.answers["/_samples/example.com/"] = reply(b"sample")
    fetcher = Fetcher.from_environment({})
    assert fetcher.get(site.url("/direct"), accept=HTML).body == b"direct"
    assert fetcher.get("https://example.com/", accept=HTML).body == b"sample"
    fetcher.close()
    live = Fetcher.from_environment({"live": True}, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(UnsafeUrl):
        live.get("https://example.com/", accept=HTML)


@pytest.mark.parametrize(
    ("name", "value"),
    [("USER_AGENT", "no address"), ("USER_AGENT", ""), ("FETCH_ROUTE", "proxy"), ("AWS_ENDPOINT_URL", "")],
)
def test_unusable_settings(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    settings = {"USER_AGENT": "a b@example.com", "FETCH_ROUTE": "samples", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    for key, setting in (settings | {name: value}).items():
        monkeypatch.setenv(key, setting)
    with pytest.raises(ConfigurationError):
        Fetcher.from_environment({})


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("grün".encode(), "", "grün"),
        (b"\xef\xbb\xbf" + "grün".encode(), "iso-8859-1", "grün"),
        ("grün".encode("utf-16"), "", "grün"),
        ("grün".encode("cp1252"), "ISO-8859-1", "grün"),
        (b'<meta charset="windows-1252">gr\xfcn', "", '<meta charset="windows-1252">grün'),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>gr\xfcn', "", '<?xml version="1.0" encoding="ISO-8859-1"?>grün'),
        (b"gr\xfcn und bl\xe4ulich", "", "grün und bläulich"),
        ("grün ".encode() * 40 + b"\xfc", "", "grün " * 40 + "\ufffd"),
        (b"a\xff", "utf-8", "a\ufffd"),
        ("grün".encode(), "no-such-charset", "grün"),
        ("grün".encode(), "zlib", "grün"),
        (b'<meta charset="utf-16">plain', "", '<meta charset="utf-16">plain'),
    ],
)
def test_decoding(body: bytes, charset: str, text: str) -> None:
    assert decode(body, charset) == text
