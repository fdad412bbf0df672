"""The CXO extractor's Lambda: its modes, what it saves and answers, the breaker, the bookkeeping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from common import breaker, durations, serper
from common.errors import (
    InvalidInput,
    LeadershipPageNotFound,
    PageNotFound,
    ProgressStalled,
    SearchNeeded,
    ServiceUnavailable,
    StorageError,
    UnexpectedContent,
    UnsafeUrl,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from common.fetch import Fetcher
from common.store import load_extraction

from tests.unit.extractor_cloud import ARN, cloud, count, fits, handler_of, metrics, model, objects

NAME = "cxo_website_extractor"
HOME = "https://www.acme.example/"
PAGE = """<h1>Leadership</h1><div class=c><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>
<div class=c><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p></div>"""
WORDS = "Acme is led by Dana Whitfield, who has run the company since its first day in 2003 in a garage."
HEADLESS = PAGE.replace("Chief Executive Officer", "Chief People Officer") + f"<p>{WORDS}</p>"
NOTHING = "<p>Under construction</p>"
FIRST = ["Ann", "Bea", "Cal", "Dan", "Eve", "Fay", "Guy", "Hal", "Ida", "Jay", "Kim", "Lee"]
LAST = [
    "Adler",
    "Baker",
    "Carter",
    "Dalton",
    "Ellis",
    "Foster",
    "Grant",
    "Hayes",
    "Irving",
    "Jordan",
    "Keller",
    "Lawson",
]
STAFF = [f"{first} {last}" for first, last in zip(FIRST, LAST, strict=True)]


def link(name: str) -> str:
    return f"{HOME}leadership/{name.lower().replace(' ', '-')}"


def bio(name: str) -> str:
    return f"{name} joined the company many years ago and has led one part of it after the other since that day."


def heavy(count: int = len(STAFF)) -> dict[str, Any]:
    """A site where each of many executives has a page with a biography."""
    titles = ["Chief Executive Officer", *(f"Vice President, Region {number}" for number in range(1, count))]
    cards = "".join(
        f'<div class=c><h3><a href="{link(name)}">{name}</a></h3><p>{title}</p></div>'
        for name, title in zip(STAFF[:count], titles, strict=True)
    )
    pages = {link(name): f"<h1>{name}</h1><p>{bio(name)}</p>" for name in STAFF[:count]}
    return {HOME: f"<h1>Leadership</h1>{cards}", **pages}


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with cloud(monkeypatch):
        yield handler_of(NAME, monkeypatch)


@pytest.fixture
def serve(handler: Any, site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Any]:
    """Let the handler read from these pages; gives the fetcher, with the options it was made with."""

    def put(pages: dict[str, Any]) -> Any:
        fetcher = site(pages)
        fetcher.options = []

        def made(request: Any, **options: Any) -> Any:
            fetcher.options.append(options)
            return fetcher

        monkeypatch.setattr(handler.Fetcher, "from_environment", made)
        return fetcher

    return put


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A Serper that is configured and finds these links, or raises; gives the queries it gets."""

    def finds(*links: str, error: Exception | None = None) -> list[str]:
        queries: list[str] = []

        def search(query: str, *, count: int) -> list[serper.Hit]:
            queries.append(query)
            if error:
                raise error
            return [serper.Hit("Leadership", link, "…") for link in links]

        monkeypatch.setenv("SERPER_SECRET_ID", "serper")
        monkeypatch.setattr(serper, "search", search)
        return queries

    return finds


def event(**more: Any) -> dict[str, Any]:
    return {"request": {"company_name": "Acme, Inc.", "website_url": HOME}, "execution_id": ARN, **more}


def run(handler: Any, **more: Any) -> dict[str, Any]:
    fits(NAME, event(**more), schema="event")
    result = handler.lambda_handler(event(**more), None)
    fits(NAME, result)
    return dict(result["body"])


def fill(handler: Any, body: dict[str, Any]) -> dict[str, Any]:
    known = {name: body[name] for name in ("company_id", "extraction_timestamp")}
    return run(handler, mode="fill_gaps", **known)


def read_bios(handler: Any, urls: list[str], index: float = 0) -> dict[str, Any]:
    return run(handler, mode="bios", company_id="acme-inc", urls=urls, index=index)


# -- extract ---------------------------------------------------------------------------------------------------------


def test_warm_up_reads_nothing(handler: Any) -> None:
    result = handler.lambda_handler({"action": "warmup"}, None)
    assert result == {"statusCode": 200, "body": {"warm": True}}
    fits(NAME, result)
    fits(NAME, {"action": "warmup"}, schema="event")


@pytest.mark.parametrize(
    "broken",
    [
        {"request": None},
        {"request": {}},
        {"request": {"company_name": ""}},
        {"request": {"company_name": "Acme"}},
        {"mode": "everything"},
        {"execution_id": None},
        {"workload": {"page_budget": 0}},
        {"workload": {"page_budget": 2.5}},
        {"workload": {"bio_workers": True}},
        {"workload": "much"},
        {"mode": "fill_gaps"},
        {"mode": "bios", "urls": [], "index": 0},
        {"mode": "bios", "urls": [HOME] * 9, "index": 0},
        {"mode": "bios", "urls": [1], "index": 0},
        {"mode": "bios", "urls": [HOME], "index": -1},
        {"mode": "bios", "urls": [HOME], "index": "0"},
        {"mode": "bios", "urls": [HOME], "index": 0, "company_id": "other-inc"},
    ],
    ids=str,
)
def test_a_broken_event_is_refused(broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_AGENT", "Unit Test test@example.com")
    with pytest.raises(InvalidInput):
        handler_of(NAME, monkeypatch).lambda_handler(event(**broken), None)


def test_a_worker_needs_an_extraction(handler: Any) -> None:
    with pytest.raises(InvalidInput, match="no extraction"):
        read_bios(handler, [HOME])


def test_what_is_saved_and_returned(handler: Any, serve: Any) -> None:
    fetcher = serve({HOME: PAGE})
    body = run(handler)
    assert (body["company_id"], body["completeness"], body["sources"]) == ("acme-inc", 100.0, [HOME])
    assert body["missing"] == ["role:CTO", "role:COO"]
    assert body["api_calls"] == {"website": len(fetcher.asked)}
    assert (body["gap_calls"], body["skipped"]) == (0, [])
    assert body["usage"] == {"nova": {"input_tokens": 0, "output_tokens": 0}, "serper": 0}
    assert "bio_batches" not in body
    saved = load_extraction("CXO_TABLE", "acme-inc", body["extraction_timestamp"])
    assert saved.execution_id == ARN
    assert saved.document["roles"]["CEO"] == ["Dana Whitfield"]
    assert saved.document["executives"][1]["source"] == {
        "url": HOME,
        "method": "card",
        "quote": "Piotr Zielinski | Chief Financial Officer",
    }
    assert objects("acme-inc") == {"cxo": saved.document}
    (past,) = durations.past("acme-inc", "cxo")
    assert (past.pages, past.bios) == (body["api_calls"]["website"], 0)


def test_without_a_head_the_missing_service_is_named(handler: Any, serve: Any) -> None:
    serve({HOME: HEADLESS})
    body = run(handler)
    assert body["missing"][0] == "head_of_company"
    assert body["completeness"] < 95
    assert body["gap_calls"] == 0
    assert "Nova Pro is not configured (NOVA_MODEL_ID)" in body["skipped"]


def test_no_page_no_item(handler: Any, serve: Any) -> None:
    serve({HOME: NOTHING})
    with pytest.raises(LeadershipPageNotFound):
        run(handler)
    assert count("cxo") == 0 and objects("acme-inc") == {}


def test_a_stored_document_can_be_read_back(handler: Any, serve: Any) -> None:
    from cxo_extraction import CxoDocument

    serve(heavy())
    document = load_extraction("CXO_TABLE", "acme-inc", run(handler)["extraction_timestamp"]).document
    again = CxoDocument.from_dict(document).to_dict()
    assert again == {name: value for name, value in document.items() if name != "usage"}
    for broken in ({}, {**document, "executives": [{}]}, {**document, "roles": []}):
        with pytest.raises(UnexpectedContent):
            CxoDocument.from_dict(broken)


@pytest.mark.parametrize(
    ("workload", "seconds", "a_page"),
    [
        ({}, 90, 30),
        ({"timeout_seconds": 50.0}, 30, 30),
        ({"timeout_seconds": 30}, 10, 10),
        ({"timeout_seconds": 120, "deadline_seconds": 60}, 60, 30),
        ({"timeout_seconds": 5}, 1, 1),
        ({"page_budget": 28, "timeout_seconds": 320}, 180, 30),
        ({"page_budget": 7}, 90, 30),
    ],
)
def test_the_workload_bounds_the_time(
    handler: Any, serve: Any, workload: dict[str, Any], seconds: float, a_page: float
) -> None:
    fetcher = serve({HOME: PAGE})
    run(handler, workload=workload)
    job = handler.job_of(event(workload=workload), handler.MODES)
    assert handler._seconds(job, None) == seconds
    assert (fetcher.options[0]["deadline"], fetcher.options[0]["total"]) == (a_page, seconds)
    assert fetcher.options[0]["tick"] is handler.progress.tick


def test_lambdas_own_limit_bounds_the_time(handler: Any, serve: Any) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 31_000

    fetcher = serve({HOME: PAGE})
    handler.lambda_handler(event(), Context())
    assert fetcher.options[0]["total"] == 11


def test_the_workload_bounds_the_pages(handler: Any, serve: Any) -> None:
    links = "".join(f'<a href="/team/{number}">Team {number}</a>' for number in range(40))
    pages = {f"{HOME}team/{number}": NOTHING for number in range(40)}
    for budget in (3, 9):
        fetcher = serve({HOME: links, **pages})
        with pytest.raises(LeadershipPageNotFound):
            run(handler, workload={"page_budget": budget})
        assert sum(url in pages or url == HOME for url in fetcher.asked) == budget


def test_standing_still_is_an_error_of_its_own(handler: Any, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the site's errors are otherwise passed over: the leadership page was read already."""
    monkeypatch.setenv("PROGRESS_SECONDS", "0.2")
    fetcher = serve({HOME: PAGE + '<a href="/board">Board of directors</a>'})
    whole = fetcher.get

    def slow(url: str, **options: Any) -> Any:
        if url.endswith("/board"):
            time.sleep(5)
        return whole(url, **options)

    fetcher.get = slow
    started = time.monotonic()
    with pytest.raises(ProgressStalled):
        run(handler)
    assert time.monotonic() - started < 3
    assert count("cxo") == 0


def test_a_bucket_that_refuses_is_no_success(handler: Any, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError
    from common import aws

    def refused(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    serve({HOME: PAGE})
    monkeypatch.setattr(aws.client("s3"), "put_object", refused)
    with pytest.raises(StorageError):
        run(handler)
    assert durations.past("acme-inc", "cxo") == []


# -- search ----------------------------------------------------------------------------------------------------------


def test_a_search_is_asked_for_when_it_may_help(handler: Any, serve: Any, searches: Any) -> None:
    queries = searches()
    serve({HOME: NOTHING})
    with pytest.raises(SearchNeeded):
        run(handler)
    assert queries == [], "the execution has no place in Serper's schedule yet"
    serve({HOME: UpstreamUnavailable("down")})
    with pytest.raises(UpstreamUnavailable):
        run(handler)


def test_search_finds_the_page(handler: Any, serve: Any, searches: Any, capsys: pytest.CaptureFixture[str]) -> None:
    queries = searches("https://wiki.example/acme", "https://about.acme.example/people#top")
    serve({HOME: NOTHING, "https://about.acme.example/people": PAGE})
    body = run(handler, mode="search")
    assert queries == ["site:acme.example Acme, Inc. leadership executive team"]
    assert body["sources"] == ["https://about.acme.example/people"]
    assert (body["usage"]["serper"], body["api_calls"]["serper"]) == (1, 1)
    document = load_extraction("CXO_TABLE", "acme-inc", body["extraction_timestamp"]).document
    assert document["usage"] == body["usage"]
    assert ((("Function", ""), ("Api", "serper")), "ApiCalls", 1) in metrics(capsys)


def test_links_of_a_page_that_was_found_are_followed(handler: Any, serve: Any, searches: Any) -> None:
    searches(f"{HOME}about")
    serve({f"{HOME}about": '<a href="/who/leadership">Leadership</a>', f"{HOME}who/leadership": PAGE})
    assert run(handler, mode="search")["sources"] == [f"{HOME}who/leadership"]


@pytest.mark.parametrize(
    "links",
    [
        (),
        ("https://wiki.example/acme",),
        ("https://acme.example.evil.example/team",),
        ("javascript:alert(1)", "ftp://www.acme.example/team", "http://169.254.169.254/latest/meta-data/"),
        (f"{HOME}gone",),
    ],
)
def test_a_search_that_finds_nothing_is_the_end(handler: Any, serve: Any, searches: Any, links: Any) -> None:
    searches(*links)
    fetcher = serve({HOME: NOTHING})
    with pytest.raises(LeadershipPageNotFound):
        run(handler, mode="search")
    assert all("acme.example/" in url and "evil" not in url for url in fetcher.asked)


@pytest.mark.parametrize(
    ("hit", "error"),
    [(f"{HOME}people", UnsafeUrl), ("https://intranet.acme.example/people", LeadershipPageNotFound)],
)
def test_a_hit_that_leads_inside_is_not_read(
    handler: Any, searches: Any, monkeypatch: pytest.MonkeyPatch, hit: str, error: type[Exception]
) -> None:
    searches(hit)

    def fetcher(request: Any, **options: Any) -> Fetcher:
        return Fetcher("Unit Test test@example.com", resolve=lambda host, port: ["10.0.0.5"], **options)

    def connects(*_: Any) -> None:
        raise AssertionError("a private address was connected to")

    monkeypatch.setattr(handler.Fetcher, "from_environment", fetcher)
    monkeypatch.setattr("socket.create_connection", connects)
    with pytest.raises(error):
        run(handler, mode="search")


def test_a_serper_that_is_down_opens_its_breaker(handler: Any, serve: Any, searches: Any) -> None:
    queries = searches(error=UpstreamUnavailable("no answer"))
    serve({HOME: NOTHING})
    for _ in range(2):
        with pytest.raises(UpstreamUnavailable):
            run(handler, mode="search")
    with pytest.raises(ServiceUnavailable, match="serper"):
        run(handler, mode="search")
    assert len(queries) == 2


def test_a_serper_that_asks_us_to_slow_down_is_not_asked_again_at_once(handler: Any, serve: Any, searches: Any) -> None:
    queries = searches(error=UpstreamThrottled("slow down", retry_after=30))
    serve({HOME: NOTHING})
    for _ in range(4):
        with pytest.raises(UpstreamThrottled):
            run(handler, mode="search")
    assert len(queries) == 1
    assert breaker.check("serper") == breaker.PAUSED


def test_a_site_that_is_down_does_not_count_against_serper(handler: Any, serve: Any, searches: Any) -> None:
    searches(f"{HOME}people")
    serve({f"{HOME}people": UpstreamUnavailable("down")})
    for _ in range(3):
        with pytest.raises(UpstreamUnavailable):
            run(handler, mode="search")
    assert breaker.check("serper") == breaker.CLOSED


# -- gaps ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def headless(handler: Any, serve: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answer about a page that names the head of the company only in prose."""
    monkeypatch.setenv("NOVA_MODEL_ID", "amazon.nova-pro-v1:0")
    serve({HOME: HEADLESS})
    return run(handler)


def test_a_missing_head_is_a_gap_and_its_passages_are_kept(headless: dict[str, Any]) -> None:
    assert headless["gap_calls"] == 1 and headless["skipped"] == []
    (passage,) = objects("acme-inc")["cxo-passages"]["passages"]
    assert WORDS in passage["text"] and passage["source"] == HOME


def test_a_filled_gap_is_a_new_item(handler: Any, headless: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    quote = "Acme is led by Dana Whitfield"
    with model(monkeypatch, {"chief_executive_officer": {"value": "Dana Whitfield", "quote": quote}}):
        after = fill(handler, headless)
    assert after["completeness"] == 100 > headless["completeness"]
    assert (after["gap_calls"], after["api_calls"]) == (0, {"nova": 1})
    assert after["usage"]["nova"] == {"input_tokens": 900, "output_tokens": 40}
    old = load_extraction("CXO_TABLE", "acme-inc", headless["extraction_timestamp"]).document
    new = load_extraction("CXO_TABLE", "acme-inc", after["extraction_timestamp"]).document
    assert (old["roles"]["CEO"], new["roles"]["CEO"]) == ([], ["Dana Whitfield"])
    assert objects("acme-inc")["cxo"] == new


@pytest.mark.parametrize(
    "answer",
    [
        {"value": "Max Muster", "quote": "Acme is led by Dana Whitfield"},
        {"value": "Max Muster", "quote": "Acme is led by Max Muster"},
        {"value": 2003, "quote": WORDS},
    ],
)
def test_a_head_that_is_not_borne_out_stays_missing(
    handler: Any, headless: dict[str, Any], monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    with model(monkeypatch, {"chief_executive_officer": answer}):
        after = fill(handler, headless)
    assert after["missing"][0] == "head_of_company"


def test_what_is_not_missing_is_not_asked_for(handler: Any, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOVA_MODEL_ID", "amazon.nova-pro-v1:0")
    serve({HOME: PAGE})
    body = run(handler)
    assert body["gap_calls"] == 0 and set(objects("acme-inc")) == {"cxo"}
    assert fill(handler, body)["api_calls"] == {"nova": 0}


def test_a_search_and_a_question_are_counted_together(
    handler: Any, serve: Any, searches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOVA_MODEL_ID", "amazon.nova-pro-v1:0")
    searches(HOME)
    serve({HOME: HEADLESS})
    before = run(handler, mode="search")
    with model(monkeypatch, {}):
        after = fill(handler, before)
    assert after["usage"] == {"nova": {"input_tokens": 900, "output_tokens": 40}, "serper": 1}


# -- biographies -----------------------------------------------------------------------------------------------------


def test_a_heavy_site_is_left_to_workers(handler: Any, serve: Any) -> None:
    fetcher = serve(heavy())
    body = run(handler, workload={"bio_workers": 5, "page_budget": 14})
    assert [len(batch) for batch in body["bio_batches"]] == [3, 3, 3, 3]
    assert sorted(url for batch in body["bio_batches"] for url in batch) == sorted(map(link, STAFF))
    assert not set(fetcher.asked) & set(map(link, STAFF)), "they are not read twice"
    assert durations.past("acme-inc", "cxo")[0].bios == len(STAFF)


@pytest.mark.parametrize(("people", "workers"), [(8, 5), (12, 1)])
def test_a_site_that_is_not_heavy_is_read_by_one(handler: Any, serve: Any, people: int, workers: int) -> None:
    fetcher = serve(heavy(people))
    body = run(handler, workload={"bio_workers": workers})
    assert "bio_batches" not in body
    assert link(STAFF[0]) in fetcher.asked, "the head's biography, as before"


@pytest.mark.parametrize(
    ("urls", "workers", "sizes"), [(9, 2, [5, 4]), (80, 5, [8] * 10), (9, 40, [1] * 9), (17, 2, [8, 8, 1])]
)
def test_batches_are_even_and_small(urls: int, workers: int, sizes: list[int]) -> None:
    from cxo_extraction.profiles import batches

    found = batches([str(number) for number in range(urls)], workers)
    assert [len(batch) for batch in found] == sizes
    assert [url for batch in found for url in batch] == [str(number) for number in range(urls)]


def test_a_worker_saves_the_biographies_of_its_batch(handler: Any, serve: Any) -> None:
    pages = heavy()
    serve(pages)
    batch = run(handler, workload={"bio_workers": 5})["bio_batches"][1]
    pages[batch[0]] = NOTHING
    pages[batch[1]] = PageNotFound("gone")
    body = read_bios(handler, batch, 1.0)
    assert (body["index"], body["bios"]) == (1, 1)
    name = next(name for name in STAFF if link(name) == batch[2])
    assert objects("acme-inc")["cxo-bios-1"] == {"bios": [{"name": name, "bio": bio(name), "url": batch[2]}]}


def test_a_worker_stays_on_the_site_and_knows_whom_it_reads_about(handler: Any, serve: Any) -> None:
    serve({**heavy(), f"{HOME}leadership/max-muster": f"<p>{bio('Max Muster')}</p>"})
    run(handler, workload={"bio_workers": 5})
    body = read_bios(handler, ["https://evil.example/leadership/ann-adler", f"{HOME}leadership/max-muster"])
    assert body["bios"] == 0


def test_a_worker_that_reads_nothing_at_all_fails(handler: Any, serve: Any) -> None:
    pages = heavy()
    serve(pages)
    batch = run(handler, workload={"bio_workers": 5})["bio_batches"][0]
    pages.update(dict.fromkeys(batch, UpstreamThrottled("slow down")))
    with pytest.raises(UpstreamThrottled):
        read_bios(handler, batch)
    assert "cxo-bios-0" not in objects("acme-inc")
