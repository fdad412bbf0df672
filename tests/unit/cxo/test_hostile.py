"""Pages made to break or to slow a reader down."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from cxo_extraction.names import read_name
from cxo_extraction.people import read_people
from cxo_extraction.reading import read_page

URL = "https://acme.example/leadership"
OWN = frozenset({"acme"})
CARD = "<div class=card><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>"

PAGES = {
    "empty": "",
    "no_markup": "Dana Whitfield",
    "all_script": "<script>" + "var a = '<h3>Dana Whitfield</h3><p>CEO</p>';" * 50_000 + "</script>",
    "nested": "<div>" * 10_000 + CARD + "</div>" * 10_000,
    "nested_inline": "<b>" * 10_000 + "Dana Whitfield" + "</b>" * 10_000,
    "one_long_word": "<h1>" + "A" * 2_000_000 + "</h1>",
    "one_long_line": "<p>" + "Dana Whitfield, " * 100_000 + "</p>",
    "many_names": "<p>Dana Whitfield</p>" * 30_000,
    "many_cards": CARD * 30_000,
    "many_runs": "<p>" + "<span>Dana</span>" * 50_000 + "</p>",
    "many_links": '<a href="/team">Team</a>' * 50_000,
    "unclosed": "<div><h3>Dana Whitfield<p>Chief Executive Officer<" * 2_000,
    "separators": "<p>" + "Dana Whitfield - " * 20 + "</p>" * 3_000,
    "deep_json": '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
    "brackets": "<p>" + "(" * 100_000 + "</p><p>" + '"' * 100_000 + "</p>",
    "nulls": "\x00<h3>\x00Dana\x00 Whitfield</h3><p>CEO</p>",
}


@pytest.mark.parametrize("kind", PAGES)
def test_time_is_bounded(kind: str) -> None:
    started = time.process_time()
    read_page(URL, PAGES[kind], OWN)
    assert time.process_time() - started < 8


def test_a_page_within_ten_thousand_tags_is_still_read() -> None:
    assert [p.name for p in read_people(PAGES["nested"], URL, OWN)] == ["Dana Whitfield"]


def test_script_holds_no_people() -> None:
    assert read_page(URL, PAGES["all_script"], OWN).people == []


def test_twenty_megabytes_take_bounded_time_and_memory() -> None:
    filler = "<div><p>Some words about a product that nobody needs to read today.</p></div>"
    html = CARD + filler * (20_000_000 // len(filler))
    started = time.process_time()
    tracemalloc.start()
    people = read_people(html, URL, OWN)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [person.name for person in people] == ["Dana Whitfield"]
    assert peak < 200_000_000
    assert time.process_time() - started < 20


def test_a_script_in_a_name_comes_out_as_plain_text() -> None:
    html = (
        "<h1>Leadership</h1><div class=c><h3>&lt;script&gt;alert(1)&lt;/script&gt;</h3><p>Chief Executive Officer</p></div>"
        + CARD
    )
    for person in read_people(html, URL, OWN):
        assert "<" not in person.name
    html = CARD.replace("Chief Executive Officer", "Chief &lt;b&gt;Executive&lt;/b&gt; Officer &amp; President")
    assert [p.title for p in read_people(html, URL, OWN)] == ["Chief <b>Executive</b> Officer & President"]


def test_entities_and_odd_spaces() -> None:
    html = (
        "<div class=c><h3>Ana&nbsp;Mar&iacute;a&#8203; O&rsquo;Neil</h3><p>Chief&nbsp;Financial\r\n Officer</p></div>"
    )
    assert [(p.name, p.title) for p in read_people(html, URL, OWN)] == [("Ana María O’Neil", "Chief Financial Officer")]


def test_replacement_characters_do_no_harm() -> None:
    html = b"\xef\xbb\xbf<p>Fran\xe7ais \x93</p>" + CARD.encode()
    assert [p.name for p in read_people(html.decode("utf-8", "replace"), URL, OWN)] == ["Dana Whitfield"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "'", "''''", "....", "A.", "(", '"" ""', "M" * 500, "\u202eanaD", "1 2", "Mr.", "Dr. Mr. Ms."],
)
def test_what_is_no_name_scores_low(text: str) -> None:
    assert read_name(text).score < 0.5
