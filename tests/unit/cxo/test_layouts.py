"""One page a layout: who is read, with which title."""

from __future__ import annotations

import pytest
from cxo_extraction.people import read_people
from cxo_extraction.roles import find_roles

OWN = frozenset({"acme"})
URL = "https://acme.example/leadership"

CARDS_AND_MODALS = """<h1>Our Leadership</h1><h2>Executive Leadership</h2><div class=grid>
<div class=c><h3>Dana R. Whitfield</h3><p>Chair &amp; Chief Executive Officer</p><a>View Bio</a>
 <div class=modal><h3>Dana R. Whitfield</h3><h4>Chair &amp; Chief Executive Officer</h4><p>Dana has led the company since
 the spring of 2015 and built its service business.</p></div></div>
<div class=c><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p><a>View Bio</a>
 <div class=modal><h3>Piotr Zielinski</h3><h4>Chief Financial Officer</h4><p>Piotr joined in 2018 after ten years with
 an accounting firm in Warsaw.</p></div></div></div>"""

BREAKS_IN_SPANS = """<h2>Our Leadership</h2>
<div class=row><div><h4>Ruth A. Calloway</h4><p><span>President and<br>Chief Executive Officer<br>Acme, Inc.</span><a>READ MORE</a></p>
<p>Ruth Calloway is president and chief executive officer for Acme, Inc., a maker of pumps.</p></div>
<div><h4>Omar Haddad</h4><p><span>Chief Executive Officer<br>Lakeside Pumps Company</span><a>READ MORE</a></p></div></div>"""

CSS_MODULES = """<h1 class=Hero_x1>Leadership</h1><div class=Grid_a9><div class=Card_b1><div class=Card_t__9z>Ines Moreau</div>
<div class=Card_p__2q>Chief Executive Officer</div></div><div class=Card_b1><div class=Card_t__9z>Kofi Mensah</div>
<div class=Card_p__2q>Chief Technology Officer / Cloud Platform</div></div><div class=Card_b1><div class=Card_t__9z>Lu Fang</div>
<div class=Card_p__2q>Chief Revenue Officer</div></div></div>"""

ONE_PARAGRAPH = """<h2>Management</h2><p><strong>Gail Norris, CPA</strong><br>Chief Executive Officer<br><br>
<strong>Tom Okafor</strong><br>Senior Vice President<br>Retail Operations<br><br>
<strong>Ursula Brandt, PhD</strong><br>Chief Technology Officer</p>"""

DEFINITIONS = """<h1>Executive Team</h1><dl><dt><img>Harold T. Quist, Chief Executive Officer &amp; President</dt>
<dd>Harry Quist brings more than 25 years of software sales, management and development experience to the firm.</dd>
<dt>Mina Farrow, Vice President, Channels</dt><dd>Mina has been a leader in the marketing industry for over 25 years. She
was CMO at Brightside.</dd><dt>Jo-Ann Petit, MBA, Chief Financial Officer</dt><dd>Jo-Ann was a partner at an accounting firm for a decade before she came over.</dd></dl>"""

TITLE_FIRST = """<h2>Executive Management Team</h2><div class=t><p>President &amp; Chief Executive Officer</p><h3>Noel Fairbanks</h3>
<p>Chief Financial Officer</p><h3>Greta Lindqvist</h3><p>Senior Vice President, Engineering</p><h3>Sam Tremblay</h3>
<p>Chief Architect and Co-Founder</p><h3>Wei Zhang</h3></div>"""

BIO_FIRST = """<h1>Leadership team</h1>
<section><p>Over three decades Alma has built brands, shops and teams on two continents, and she still visits a store a week.</p>
<h3>Alma Reyes</h3><h4>Chief Executive Officer</h4></section>
<section><p>Before joining the company Peter ran finance for a chain of hotels; he likes long tables and short meetings.</p>
<h3>Peter van der Berg</h3><h4>Chief Financial Officer</h4></section>"""

CAPITALS = """<h1>MANAGEMENT TEAM</h1><div><h4>JANE K. HOLLIS</h4><h5>CHIEF EXECUTIVE OFFICER</h5></div>
<div><h4>RAVI SHARMA</h4><h5>CHIEF TECHNOLOGY OFFICER</h5></div><div><h4>LIAM O'BRIEN</h4><h5>VP SALES</h5></div>"""

MICRODATA = """<h1>Leadership</h1><div itemscope itemtype="http://schema.org/Person"><div>Teodora Ilic</div><div>Managing Director</div></div>
<div itemscope itemtype="http://schema.org/Person"><div>Brent Ashworth</div><div>Head of Operations</div></div>"""

TABLE = """<h1>Officers</h1><table><tr><th>Name</th><th>Position</th></tr><tr><td>Marta Nowak</td><td>President and CEO</td></tr>
<tr><td>Isaac Goldberg</td><td>Treasurer</td></tr><tr><td>Yuki Tanaka</td><td>Secretary</td></tr></table>"""

LIST_WITH_DASH = """<h2>Leadership</h2><ul><li>Carla Esposito – Chief Executive Officer</li><li>Duncan Reid – Chief Operating Officer</li>
<li>Fatima Bello – General Counsel</li></ul>"""

SPANS_IN_LINK = """<h4>Meet the Senior Leadership Team</h4><a href=#x><img><span class=name>Neil Drummond</span><span class="title grey">CEO</span></a>
<a href=#y><img><span class=name>Libby Hart</span><span class="title grey">CFO</span></a>
<a href=#z><img><span class=name>Gary Stone</span><span class="title grey">VP of Engineering</span></a>"""

SUP_AND_NICKNAMES = """<h1>Leadership Team</h1><div class=p><h3>Dr. William "Bill" Aster, M.D., Ph.D.<sup>*</sup></h3><p>Chief Medical Officer</p></div>
<div class=p><h3>Ana-Lucia de Souza</h3><p>Chief Executive Officer</p></div>
<div class=p><h3>Robert (Bob) Kline III</h3><p>Chief Financial Officer</p></div>"""

FLAT_SIBLINGS = """<h1>Our executives</h1><h3>Priya Nair</h3><p>Chief Executive Officer</p><p>Priya founded the company in her garage and
has run it since then with a steady hand.</p><h3>Colin Marsh</h3><p>Chief Operating Officer</p><p>Colin keeps eleven plants and
three thousand people in step, and has done so for years.</p>"""

SPLIT_NAMES = """<h1>Leadership</h1><div class=m><h3><span>Helen</span> <span>Sorensen</span></h3><p>Chief Executive Officer</p></div>
<div class=m><h3><span>Marcus</span> <span>Bell</span></h3><p>Chief Financial Officer</p></div>"""

TITLE_OVER_ELEMENTS = """<h1>Executive Officers</h1><div class=b><h3>Ellen Voss</h3><div class=r>Executive Vice President</div>
<div class=r>and Chief Financial Officer</div></div><div class=b><h3>Mark Tran</h3><div class=r>President and</div>
<div class=r>Chief Executive Officer</div></div>"""

LAYOUTS = {
    "cards_and_modals": (CARDS_AND_MODALS, {"Dana R. Whitfield": "Chair & Chief Executive Officer", "Piotr Zielinski": "Chief Financial Officer"}),
    "breaks_in_spans": (BREAKS_IN_SPANS, {"Ruth A. Calloway": "President and Chief Executive Officer Acme, Inc.", "Omar Haddad": "Chief Executive Officer Lakeside Pumps Company"}),
    "css_modules": (CSS_MODULES, {"Ines Moreau": "Chief Executive Officer", "Kofi Mensah": "Chief Technology Officer / Cloud Platform", "Lu Fang": "Chief Revenue Officer"}),
    "one_paragraph": (ONE_PARAGRAPH, {"Gail Norris": "Chief Executive Officer", "Tom Okafor": "Senior Vice President Retail Operations", "Ursula Brandt": "Chief Technology Officer"}),
    "definitions": (DEFINITIONS, {"Harold T. Quist": "Chief Executive Officer & President", "Mina Farrow": "Vice President, Channels", "Jo-Ann Petit": "Chief Financial Officer"}),
    "title_first": (TITLE_FIRST, {"Noel Fairbanks": "President & Chief Executive Officer", "Greta Lindqvist": "Chief Financial Officer", "Sam Tremblay": "Senior Vice President, Engineering", "Wei Zhang": "Chief Architect and Co-Founder"}),
    "bio_first": (BIO_FIRST, {"Alma Reyes": "Chief Executive Officer", "Peter van der Berg": "Chief Financial Officer"}),
    "capitals": (CAPITALS, {"JANE K. HOLLIS": "CHIEF EXECUTIVE OFFICER", "RAVI SHARMA": "CHIEF TECHNOLOGY OFFICER", "LIAM O'BRIEN": "VP SALES"}),
    "microdata": (MICRODATA, {"Teodora Ilic": "Managing Director", "Brent Ashworth": "Head of Operations"}),
    "table": (TABLE, {"Marta Nowak": "President and CEO", "Isaac Goldberg": "Treasurer", "Yuki Tanaka": "Secretary"}),
    "list_with_dash": (LIST_WITH_DASH, {"Carla Esposito": "Chief Executive Officer", "Duncan Reid": "Chief Operating Officer", "Fatima Bello": "General Counsel"}),
    "spans_in_link": (SPANS_IN_LINK, {"Neil Drummond": "CEO", "Libby Hart": "CFO", "Gary Stone": "VP of Engineering"}),
    "sup_and_nicknames": (SUP_AND_NICKNAMES, {'Dr. William "Bill" Aster': "Chief Medical Officer", "Ana-Lucia de Souza": "Chief Executive Officer", "Robert (Bob) Kline III": "Chief Financial Officer"}),
    "flat_siblings": (FLAT_SIBLINGS, {"Priya Nair": "Chief Executive Officer", "Colin Marsh": "Chief Operating Officer"}),
    "split_names": (SPLIT_NAMES, {"Helen Sorensen": "Chief Executive Officer", "Marcus Bell": "Chief Financial Officer"}),
    "title_over_elements": (TITLE_OVER_ELEMENTS, {"Ellen Voss": "Executive Vice President and Chief Financial Officer", "Mark Tran": "President and Chief Executive Officer"}),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_names_and_titles(layout: str) -> None:
    html, expected = LAYOUTS[layout]
    people = read_people(f"<html><body>{html}</body></html>", URL, OWN)
    assert {person.name: person.title for person in people} == expected
    assert all(person.group == "executive" for person in people)
    assert all(person.url == URL and person.quote for person in people)


def test_bios_belong_to_their_people() -> None:
    for html in (CARDS_AND_MODALS, BIO_FIRST, FLAT_SIBLINGS, DEFINITIONS):
        for person in read_people(html, URL, OWN):
            first = person.name.split()[0]
            assert first in person.bio or "Harry" in person.bio, (person.name, person.bio)


def test_a_role_of_a_subsidiary_is_not_the_companys() -> None:
    people = read_people(BREAKS_IN_SPANS, URL, OWN)
    assert find_roles(people, OWN)["CEO"] == ["Ruth A. Calloway"]


def test_name_over_prose_gets_the_title_the_prose_states() -> None:
    html = """<h1>Management</h1><h3>Nora Lindahl</h3><p>Nora Lindahl is the Chief Executive Officer of Acme. She joined in 2011
    from a Swedish bank, where she led the retail business.</p><h3>Derek Poole</h3><p>Derek Poole serves as Chief Financial
    Officer and oversees treasury, tax and audit for the whole group.</p>"""
    people = read_people(html, URL, OWN)
    assert {p.name: p.title for p in people} == {
        "Nora Lindahl": "Chief Executive Officer",
        "Derek Poole": "Chief Financial Officer",
    }


def test_names_only_in_running_text() -> None:
    html = """<h1>Management</h1><p>Nora Lindahl is the Chief Executive Officer of Acme and has led it since 2014.</p>
    <p><b>Derek Poole</b> is Chief Financial Officer and joined the company in 2016 from a bank.</p>"""
    assert {p.name: p.title for p in read_people(html, URL, OWN)} == {
        "Nora Lindahl": "Chief Executive Officer",
        "Derek Poole": "Chief Financial Officer",
    }


def test_first_names_and_joke_titles_in_a_repeated_card() -> None:
    cards = [("Vera", "CTO / Tinkerer"), ("Alex", "CEO / Dreamer"), ("Anna", "Head of Design"), ("Eugene", "Team Wizard"),
             ("Alex", "Frontend Hero")]  # fmt: skip
    html = "<h2>Production Crew</h2>" + "".join(f"<aside><h3>{n}</h3><p>{t}</p></aside>" for n, t in cards)
    people = read_people(html, URL, OWN)
    assert [(p.name, p.title) for p in people] == cards
    assert [p.group for p in people] == ["executive", "executive", "other", "other", "other"]


def test_a_whole_staff_is_told_apart_by_title() -> None:
    staff = [("Ann Archer", "Chief Executive Officer"), ("Bob Stone", "General Counsel"), ("Cy Young", "VP of Sales")]
    staff += [
        (f"{first} {last}", "Engineer") for first in ("Dan", "Eve", "Finn", "Gus") for last in ("Ames", "Byrd", "Cole")
    ]
    html = "<h1>Meet the humans</h1>" + "".join(f"<li><div><p>{n}</p><p>{t}</p></div></li>" for n, t in staff)
    people = read_people(html, URL, OWN)
    assert [(p.name, p.title) for p in people] == staff
    assert [p.name for p in people if p.group == "executive"] == ["Ann Archer", "Bob Stone", "Cy Young"]
