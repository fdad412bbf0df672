"""Ways in which page builders and hand-written pages put the same three people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cxo_extraction.people import read_people

OWN = frozenset({"acme"})
PEOPLE = [
    ("Jane Doe", "Chief Executive Officer"),
    ("Rahul Mehta", "Chief Financial Officer"),
    ("Tobias Grün", "Vice President, US Retail and Commercial Banking"),
    ("Łucja Żak", "VP of IT and Business Systems Support"),
]
HEADING = "<h1>Leadership</h1>"


def bio(name: str) -> str:
    return f"{name.split()[0]} has spent more than twenty years in the industry and joined the company in 2011 from a bank."


def each(markup: Callable[[str, str, int], str]) -> str:
    return HEADING + "".join(markup(name, title, i) for i, (name, title) in enumerate(PEOPLE))


LAYOUTS: dict[str, str] = {
    "headings of a page builder": each(lambda n, t, i: f"<div class=w><h2 class=eh>{n}</h2></div><div class=w><h3 class=eh>{t}</h3></div><div class=x><p>{bio(n)}</p></div>"),
    "numbered modules": each(lambda n, t, i: f"<div class='member member_{i}'><img><div><h4>{n}</h4><p class=pos>{t}</p><div><p>{bio(n)}</p></div></div></div>"),
    "title in the heading after a break": each(lambda n, t, i: f"<h3>{n}<br><span>{t}</span></h3><p>{bio(n)}</p>"),
    "title in the heading, small": each(lambda n, t, i: f"<h3>{n} <small>{t}</small></h3><p>{bio(n)}</p>"),
    "comma in a heading": each(lambda n, t, i: f"<h3>{n}, {t}</h3><p>{bio(n)}</p>"),
    "bar in a heading": each(lambda n, t, i: f"<h3>{n} | {t}</h3><p>{bio(n)}</p>"),
    "title, colon, name": each(lambda n, t, i: f"<p>{t}: {n}</p>"),
    "bold name and dash": each(lambda n, t, i: f"<p><strong>{n} – </strong>{t}</p>"),
    "brackets": each(lambda n, t, i: f"<li>{n} ({t})</li>"),
    "figure caption": each(lambda n, t, i: f"<figure><img><figcaption><b>{n}</b><em>{t}</em></figcaption></figure>"),
    "table cell with a bio": HEADING + "<table>" + "".join(f"<tr><td><img></td><td><b>{n}</b><br><i>{t}</i><br><br>{bio(n)}</td></tr>" for n, t in PEOPLE) + "</table>",
    "table with years and ages": HEADING + "<table><tr><th>Name</th><th>Age</th><th>Position</th><th>Since</th></tr>" + "".join(f"<tr><td>{n}</td><td>54</td><td>{t}</td><td>2011</td></tr>" for n, t in PEOPLE) + "</table>",
    "row of names over a row of titles": HEADING + "<table><tr>" + "".join(f"<td>{n}</td>" for n, _ in PEOPLE) + "</tr><tr>" + "".join(f"<td>{t}</td>" for _, t in PEOPLE) + "</tr></table>",
    "font tags": each(lambda n, t, i: f"<p><font size=4><b>{n}</b></font></p><p><i>{t}</i></p><p>{bio(n)}</p>"),
    "bold name and title before prose": each(lambda n, t, i: f"<p><strong>{n}, {t}</strong> {bio(n)}</p>"),
    "bold name, title, full stop, prose": each(lambda n, t, i: f"<p><b>{n}</b>, {t}. {bio(n)}</p>"),
    "all in one paragraph": each(lambda n, t, i: f"<p><strong>{n}</strong><br>{t}<br>{bio(n)}</p>"),
    "contact data between": each(lambda n, t, i: f"<div class=c><h4>{n}</h4><p>{t}</p><p>Boston, MA</p><p>{i}@acme.com</p><p>+1 555 444 3333</p><a>LinkedIn</a></div>"),
    "contact data in one block": each(lambda n, t, i: f"<div class=c><h4>{n}</h4><p>{t}<br>Boston, MA<br>{i}@acme.com<br>Joined 2015</p></div>"),
    "accordion": each(lambda n, t, i: f"<div class=a><button><span>{n}</span><span>{t}</span></button><div><p>{bio(n)}</p></div></div>"),
    "details": each(lambda n, t, i: f"<details><summary>{n}, {t}</summary><p>{bio(n)}</p></details>"),
    "list of names first": HEADING + "<ul>" + "".join(f"<li><a href=#p{i}>{n}</a></li>" for i, (n, _) in enumerate(PEOPLE)) + "</ul>" + each(lambda n, t, i: f"<div id=p{i}><h3>{n}</h3><h4>{t}</h4><p>{bio(n)}</p></div>"),
    "front and back of a card": each(lambda n, t, i: f"<div class=m><div><h5>{n}</h5><span>{t}</span></div><div class=back><h5>{n}</h5><span>{t}</span><p>{bio(n)}</p><a>Read {n.split()[0]}'s bio</a></div></div>"),
    "button between": each(lambda n, t, i: f"<div class=m><p class=n>{n}</p><a>Meet {n.split()[0]}</a><p class=t>{t}</p></div>"),
    "department label": each(lambda n, t, i: f"<div class=m><span class=tag>Leadership</span><h3>{n}</h3><p>{t}</p></div>"),
    "paragraphs without classes": each(lambda n, t, i: f"<p>{n}</p><p>{t}</p>"),
    "titles as terms": HEADING + "<dl>" + "".join(f"<dt>{t}</dt><dd>{n}</dd>" for n, t in PEOPLE) + "</dl>",
    "bold title then name": each(lambda n, t, i: f"<li><b>{t}</b> {n}</li>"),
    "microdata with properties": each(lambda n, t, i: f'<div itemscope itemtype="https://schema.org/Person"><span itemprop=name>{n}</span>, <span itemprop=jobTitle>{t}</span></div>'),
    "name over two lines": each(lambda n, t, i: f"<div class=m><h3>{'<br>'.join(n.split())}</h3><p>{t}</p></div>"),
    "name over two blocks": each(lambda n, t, i: f"<div class=m><div>{n.split()[0]}</div><div>{n.split()[1]}</div><p>{t}</p></div>"),
    "blocks side by side": each(lambda n, t, i: f"<div id=a{i} class=q><h2 class=f><span>{n}</span></h2></div><div id=b{i} class=q><p class=f><span>{t}</span></p></div>"),
    "initials as a picture": each(lambda n, t, i: f"<div class=m><div class=avatar>{n[0]}{n.split()[1][0]}</div><h3>{n}</h3><p>{t}</p></div>"),
    "counters": each(lambda n, t, i: f"<div class=m><span>0{i}</span><h3>{n}</h3><p>{t}</p></div>"),
    "bio in bullets": each(lambda n, t, i: f"<div class=m><h3>{n}</h3><p>{t}</p><ul><li>MBA, Harvard Business School</li><li>Former Partner, Bigco</li></ul></div>"),
    "saying in the card": each(lambda n, t, i: f"<div class=m><h3>{n}</h3><p>{t}</p><p>“Never give up”</p></div>"),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_everyone_is_read(layout: str) -> None:
    people = read_people(LAYOUTS[layout], "https://acme.example/leadership", OWN)
    assert {person.name: person.title for person in people} == dict(PEOPLE)


def test_names_of_many_kinds() -> None:
    people = {
        "Søren Ørsted": "CEO", "Nguyễn Văn An": "CFO", "François-Xavier d'Ornano": "COO", "Zoë Müller-Lüdenscheidt": "CTO",
        "R. K. Singh": "AVP - HR", "K.V. Rao": "Company Secretary", "Md. Rafiqul Islam": "GM", "Tim Cook": "President",
        "Ann Power": "Director", "Grant Long": "VP", "Mark West": "VP", "Xoltan Qerimi": "Controller", "Nwabueze Okwuosa": "Manager",
        "Mary Anne de la Cruz": "VP", "Peter O’Toole Jr.": "VP",
    }  # fmt: skip
    html = HEADING + "".join(f"<div class=m><h3>{name}</h3><p>{title}</p></div>" for name, title in people.items())
    assert {p.name: p.title for p in read_people(html, "https://acme.example/", OWN)} == people


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Jane Doe, MBA", "Jane Doe"),
        ("Jane Doe Ph.D.", "Jane Doe"),
        ("Jane Doe, MD, HMDC, FAAHPM", "Jane Doe"),
        ("Jane Doe, CPA, CGMA", "Jane Doe"),
        ("Jane Doe, Esq.", "Jane Doe"),
        ("Jane Doe, SHRM-CP", "Jane Doe"),
        ("JANE DOE, MBA", "JANE DOE"),
        ("Dr Jane Doe FRCS", "Dr Jane Doe"),
        ("Jane Doe (she/her)", "Jane Doe"),
        ("Rob Kline Jr., CPA", "Rob Kline Jr."),
        ("Rob Kline III", "Rob Kline III"),
        ("Mr. Sanjay Kumar", "Mr. Sanjay Kumar"),
    ],
)
def test_degrees_are_no_part_of_a_name(printed: str, name: str) -> None:
    html = HEADING + f"<div class=m><h3>{printed}</h3><p>Chief Medical Officer</p></div>"
    assert [(p.name, p.title) for p in read_people(html, "https://acme.example/", OWN)] == [
        (name, "Chief Medical Officer")
    ]


def test_a_board_may_be_a_list_of_names() -> None:
    html = "<h2>Board of Directors</h2><ul><li>Amy Lin, Chair</li><li>Hank Tucker</li><li>Dora Weiss, Partner at Thirdco</li><li>Omar Said</li></ul>"
    people = read_people(html, "https://acme.example/", OWN)
    assert [(p.name, p.title, p.group) for p in people] == [
        ("Amy Lin", "Chair", "board"),
        ("Hank Tucker", "", "board"),
        ("Dora Weiss", "Partner at Thirdco", "board"),
        ("Omar Said", "", "board"),
    ]
    plain = "<h2>{}</h2><ul><li>Amy Lin</li><li>Hank Tucker</li><li>Dora Weiss</li></ul>"
    assert len(read_people(plain.format("Board of Directors"), "", OWN)) == 3
    assert read_people(plain.format("Our favourite poets"), "", OWN) == []
