"""From the home page to the leadership page: links, hops, robots.txt, sitemap, usual paths, other hosts, payloads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from common.errors import InvalidInput, LeadershipPageNotFound, UpstreamUnavailable
from cxo_extraction import extract
from cxo_extraction.links import link_score, registrable, same_site

HOME = "https://www.acme.example/"
REQUEST = {"company_name": "Acme, Inc.", "website_url": "https://www.acme.example"}
PEOPLE = """<h1>Leadership</h1><div class=card><h3><a href="/leadership/dana-whitfield">Dana Whitfield</a></h3><p>Chief Executive Officer</p></div>
<div class=card><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p></div>"""
BOARD = """<h1>Board of Directors</h1><div class=card><h3>Hank Tucker</h3><p>CEO, Otherco</p></div>
<div class=card><h3>Amy Lin</h3><p>Partner, Thirdco</p></div>"""
Site = Callable[[dict[str, Any]], Any]


def test_one_hop_with_a_profile_for_the_bio(site: Site) -> None:
    profile = (
        "<h1>Dana Whitfield</h1><p>Dana Whitfield has led the company since 2015 and built its service business.</p>"
    )
    fetcher = site(
        {
            HOME: '<a href="/products">Products</a><a href="/about/leadership">Leadership</a><a href="/careers">Join our team</a>',
            HOME + "about/leadership": PEOPLE,
            HOME + "leadership/dana-whitfield": profile,
        }
    )
    document = extract(REQUEST, fetcher)
    stored = document.to_dict()
    assert stored["pages"] == [HOME + "about/leadership"]
    assert stored["roles"] == {"CEO": ["Dana Whitfield"], "CFO": ["Piotr Zielinski"], "CTO": [], "COO": []}
    assert stored["executives"][0]["bio"].startswith("Dana Whitfield has led")
    assert stored["completeness"] == 100.0
    assert stored["missing"] == ["role:CTO", "role:COO"]
    assert HOME + "products" not in fetcher.asked
    assert HOME + "careers" not in fetcher.asked


def test_two_hops_over_a_company_page(site: Site) -> None:
    fetcher = site({HOME: '<a href="company.html">Our company</a>', HOME + "company.html": '<a href="who/leaders">Meet our leaders</a>',
                    HOME + "who/leaders": PEOPLE})  # fmt: skip
    assert extract(REQUEST, fetcher).pages == [HOME + "who/leaders"]


def test_the_given_page_may_be_the_leadership_page(site: Site) -> None:
    fetcher = site({HOME + "team": PEOPLE})
    assert extract({**REQUEST, "website_url": HOME + "team"}, fetcher).pages == [HOME + "team"]


def test_a_page_that_has_moved_is_looked_for_from_the_home_page(site: Site) -> None:
    fetcher = site({HOME: '<a href="/leaders">Leadership</a>', HOME + "leaders": PEOPLE})
    assert extract({**REQUEST, "website_url": HOME + "old/team"}, fetcher).pages == [HOME + "leaders"]


def test_executives_and_board_on_pages_of_their_own(site: Site) -> None:
    fetcher = site(
        {
            HOME: '<a href="/lead">Executive team</a><a href="https://investors.acme.example/board">Board of directors</a>',
            HOME + "lead": PEOPLE,
            "https://investors.acme.example/board": BOARD,
        }
    )
    document = extract(REQUEST, fetcher)
    assert [person.name for person in document.of("board")] == ["Hank Tucker", "Amy Lin"]
    assert document.roles["CEO"] == ["Dana Whitfield"]
    assert document.pages == [HOME + "lead", "https://investors.acme.example/board"]


def test_robots_txt_is_obeyed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_AGENT", "example-research me@example.com")
    robots = "User-agent: *\nDisallow: /about/\n"
    fetcher = site(
        {
            HOME + "robots.txt": robots,
            HOME: '<a href="/about/leadership">Leadership</a>',
            HOME + "about/leadership": PEOPLE,
        }
    )
    with pytest.raises(LeadershipPageNotFound):
        extract(REQUEST, fetcher)
    assert HOME + "about/leadership" not in fetcher.asked
    ours = "User-agent: example-research\nAllow: /\n\n" + robots
    fetcher = site(
        {
            HOME + "robots.txt": ours,
            HOME: '<a href="/about/leadership">Leadership</a>',
            HOME + "about/leadership": PEOPLE,
        }
    )
    assert extract(REQUEST, fetcher).pages


def test_an_unreachable_robots_txt_stops_the_reading(site: Site) -> None:
    fetcher = site({HOME + "robots.txt": UpstreamUnavailable("down"), HOME: PEOPLE})
    with pytest.raises(UpstreamUnavailable):
        extract(REQUEST, fetcher)
    assert HOME not in fetcher.asked


def test_the_sitemap_is_the_second_try_and_usual_paths_the_third(site: Site) -> None:
    entries = "".join(f"<url><loc>{HOME}{path}</loc></url>" for path in ("blog/a", "o/management-team", "x"))
    fetcher = site(
        {HOME: "<p>Hello</p>", HOME + "sitemap.xml": f"<urlset>{entries}</urlset>", HOME + "o/management-team": PEOPLE}
    )
    assert extract(REQUEST, fetcher).pages == [HOME + "o/management-team"]
    fetcher = site({HOME: "<p>Hello</p>", HOME + "about/leadership": PEOPLE})
    assert extract(REQUEST, fetcher).pages == [HOME + "about/leadership"]


def test_other_sites_are_never_asked(site: Site) -> None:
    fetcher = site(
        {HOME: '<a href="https://elsewhere.example/leadership">Leadership</a><a href="http://[bad">Team</a>'}
    )
    with pytest.raises(LeadershipPageNotFound):
        extract(REQUEST, fetcher)
    assert all("acme.example" in url for url in fetcher.asked)


def test_endless_links_end_at_the_budget(site: Site) -> None:
    class Endless:
        asked = 0

        def get(self, url: str, *, accept: tuple[str, ...], max_bytes: int | None = None) -> Any:
            self.asked += 1
            links = "".join(f'<a href="/team/{self.asked}-{n}">Our team {n}</a>' for n in range(50))
            return site({url: links}).get(url, accept=accept)

    fetcher = Endless()
    with pytest.raises(LeadershipPageNotFound):
        extract(REQUEST, fetcher)
    assert fetcher.asked <= 25


def test_the_deadline_ends_the_reading(site: Site) -> None:
    ticks = iter(range(0, 10_000, 40))
    fetcher = site({HOME: '<a href="/a/team">Team</a><a href="/b/team">People</a><a href="/c/team">Staff</a>'})
    with pytest.raises(LeadershipPageNotFound):
        extract(REQUEST, fetcher, deadline=100, clock=lambda: next(ticks))
    assert len(fetcher.asked) <= 4


def test_an_unreachable_site_raises_the_fetchers_error(site: Site) -> None:
    with pytest.raises(UpstreamUnavailable):
        extract(REQUEST, site({HOME: UpstreamUnavailable("no answer")}))


@pytest.mark.parametrize("change", [{"company_name": ""}, {"company_name": "x" * 201}, {"company_name": 5}, {"website_url": "ftp://a"},
                                    {"website_url": "acme.example"}, {"website_url": None}, {"website_url": "https://" + "a" * 3000}])  # fmt: skip
def test_broken_requests(change: dict[str, object], site: Site) -> None:
    with pytest.raises(InvalidInput):
        extract({**REQUEST, **change}, site({}))


def test_gatsby_page_data_is_read_when_the_page_is_empty(site: Site) -> None:
    data = {"result": {"data": {"team": {"edges": [
        {"node": {"firstName": "Dana", "lastName": "Whitfield", "jobTitle": "Chief Executive Officer", "bio": "<p>x</p>"}},
        {"node": {"name": "Piotr Zielinski", "position": "Chief Financial Officer"}},
        {"node": {"name": "Hero image", "title": "Banner"}}]}}}}  # fmt: skip
    fetcher = site(
        {HOME + "team/": "<div id=___gatsby></div>", HOME + "page-data/team/page-data.json": json.dumps(data)}
    )
    document = extract({**REQUEST, "website_url": HOME + "team/"}, fetcher)
    assert [(p.name, p.title, p.method) for p in document.people] == [
        ("Dana Whitfield", "Chief Executive Officer", "page-data"),
        ("Piotr Zielinski", "Chief Financial Officer", "page-data"),
    ]


def test_next_flight_payload_and_next_data(site: Site) -> None:
    card = ["$", "div", None, {"children": [["$", "h3", None, {"className": "n", "children": "Dana Whitfield"}],
                                            ["$", "p", None, {"children": "Chief Executive Officer"}]]}]  # fmt: skip
    other = ["$", "div", None, {"children": [["$", "h3", None, {"className": "n", "children": "Piotr Zielinski"}],
                                             ["$", "p", None, {"children": ["Chief Financial ", "Officer"]}]]}]  # fmt: skip
    row = (
        "5:"
        + json.dumps(["$", "main", None, {"children": [["$", "h1", None, {"children": "Leadership"}], card, other]}])
        + "\n"
    )
    half = len(row) // 2
    pushes = "".join(
        f"<script>self.__next_f.push({json.dumps([1, part])})</script>" for part in (row[:half], row[half:])
    )
    document = extract(REQUEST, site({HOME: f"<body><div id=root></div>{pushes}</body>"}))
    assert document.roles["CEO"] == ["Dana Whitfield"]
    assert document.roles["CFO"] == ["Piotr Zielinski"]
    props = {
        "props": {
            "pageProps": {"people": [{"name": "Dana Whitfield", "role": "CEO"}, {"name": "Ann Lee", "role": "CTO"}]}
        }
    }
    html = f'<title>Leadership</title><script id="__NEXT_DATA__" type="application/json">{json.dumps(props)}</script>'
    assert extract(REQUEST, site({HOME: html})).roles["CTO"] == ["Ann Lee"]


def test_json_ld_persons_need_a_job_title(site: Site) -> None:
    data = {
        "@graph": [
            {"@type": "Person", "name": "Dana Whitfield", "jobTitle": "CEO"},
            {"@type": "Person", "name": "Web Author"},
        ]
    }
    html = f'<title>Leadership</title><script type="application/ld+json">{json.dumps(data)}</script>'
    document = extract(REQUEST, site({HOME: html}))
    assert [(p.name, p.method) for p in document.people] == [("Dana Whitfield", "json-ld")]


def test_scores_of_links() -> None:
    best = link_score("Leadership", "https://a.example/about/leadership")
    assert (
        best > link_score("Our team", "https://a.example/team") > link_score("About us", "https://a.example/about") > 0
    )
    for text, path in [("Thought Leadership", "/insights"), ("Vulnerability Management", "/products/vm"), ("Join our team", "/careers"),
                       ("Leadership", "/files/leadership.pdf"), ("Home", "/")]:  # fmt: skip
        assert link_score(text, f"https://a.example{path}") == 0, text


def test_registrable_domains() -> None:
    assert registrable("investors.acme.co.uk") == "acme.co.uk"
    assert same_site("https://www.acme.com/", "https://about.acme.com/x")
    assert not same_site("https://www.acme.com/", "https://acme.com.evil.example/")
    assert not same_site("http://127.0.0.1:80/", "http://127.0.0.1:81/")
    assert not same_site("http://127.0.0.1/", "http://10.0.0.1/")
