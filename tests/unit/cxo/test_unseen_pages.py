"""Little pages of the kinds that real ones come in: who is on them, and above all which roles they give and do not give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cxo_extraction.names import read_name
from cxo_extraction.reading import read_page
from cxo_extraction.roles import find_roles

URL = "https://acme.example/leadership"
OWN = frozenset({"acme"})
HEAD = "<h1>Leadership</h1>"
CEO, CFO = ("Dana Whitfield", "Chief Executive Officer"), ("Piotr Zielinski", "Chief Financial Officer")
ROLES = {"CEO": ["Dana Whitfield"], "CFO": ["Piotr Zielinski"]}


def card(name: str, title: str) -> str:
    return f"<div class=card><h3>{name}</h3><p>{title}</p></div>"


def each(markup: str, *people: tuple[str, str]) -> str:
    return HEAD + "".join(markup.format(name=name, title=title) for name, title in people or (CEO, CFO))


def cards(*people: tuple[str, str]) -> str:
    return each("<div class=card><h3>{name}</h3><p>{title}</p></div>", *people)


TWO = card(*CEO) + card(*CFO)
KENT, POWER = ("Olive Kent", "Chief Technology Officer"), ("Max Power", "Chief Operating Officer")
BOTH_OTHERS = card(*KENT) + card(*POWER)


def ld(value: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def next_data(**properties: Any) -> str:
    data = {"props": {"pageProps": properties}}
    return f'<div id=__next></div><script id="__NEXT_DATA__" type="application/json">{json.dumps(data)}</script>'


def person(name: str, title: Any, **more: Any) -> dict[str, Any]:
    return {"@type": "Person", "name": name, "jobTitle": title, **more}


def read(html: str) -> tuple[dict[str, tuple[str, str]], dict[str, list[str]]]:
    people = read_page(URL, html, OWN).people
    roles = {role: names for role, names in find_roles(people, OWN).items() if names}
    return {found.name: (found.title, found.group) for found in people}, roles


# These two people and nobody else.
LAYOUTS = {
    "surname first": cards(("Whitfield, Dana", CEO[1]), ("Zielinski, Piotr", CFO[1])),
    "terms": HEAD + f"<dl><dt>{CEO[0]}</dt><dd>{CEO[1]}</dd><dt>{CFO[0]}</dt><dd>{CFO[1]}</dd></dl>",
    "accordion": each(
        '<div class="accordion-item"><h2><button class="accordion-button">{name} – {title}</button></h2>'
        "<div class=accordion-body><p>{name} joined in 2011 after ten years in a bank and leads the team today.</p></div></div>"
    ),
    "position before name in a table": HEAD
    + f"<table><tr><th>Position</th><th>Name</th></tr><tr><td>{CEO[1]}</td><td>{CEO[0]}</td></tr>"
    f"<tr><td>{CFO[1]}</td><td>{CFO[0]}</td></tr></table>",
    "mail address behind a bar": each("<p>{name} | {title} | someone@acme.example</p>"),
    "telephone behind a comma": each("<p>{name}, {title}, Tel: (555) 444-3333</p>"),
    "footnote marks": each("<div class=c><h3>{name}<sup>1</sup></h3><p>{title}<sup>(2)</sup></p></div>"),
    "trademark": each("<div class=c><h3>{name}, CFP<sup>®</sup></h3><p>{title}</p></div>"),
    "name in two spans": each("<div class=c><h3>{name}</h3><p>{title}</p></div>").replace(
        "Dana Whitfield", "<span class=first>Dana</span><span class=last>Whitfield</span>"
    ),
    "shown twice, once hidden": HEAD + TWO + f"<div style='display:none'>{TWO}</div>",
    "microdata": each(
        '<div itemscope itemtype="https://schema.org/Person"><span itemprop=name>{name}</span><div itemprop=jobTitle>{title}</div></div>'
    ),
    "employees of an organisation": HEAD + ld({"@type": "Organization", "name": "Acme", "employee": [person(*CEO), person(*CFO)]}),
    "first and last name in a payload": next_data(
        leaders=[{"firstName": n.split()[0], "lastName": n.split()[1], "jobTitle": t} for n, t in (CEO, CFO)]
    ),
    "praise in a payload": next_data(
        leaders=[{"name": n, "title": t} for n, t in (CEO, CFO)], testimonials=[{"name": KENT[0], "title": KENT[1]}]
    ),
    "customers between quotation marks": HEAD + TWO
    + "<section class=swiper><div class=slide><p>“Acme changed everything for us.”</p><p>Olive Kent</p><p>CTO, Otherco</p></div>"
    "<div class=slide><p>“Superb work!”</p><p>Max Power</p><p>Chief Executive Officer</p></div></section>",
    "praise before the leaders": "<h2>What they say</h2><div class=slide><p>“Good.”</p><p>Olive Kent</p><p>CEO</p></div>" + HEAD + TWO,
    "customers quoted in prose": HEAD + TWO + "<p>“Acme is the best partner,” says Olive Kent, CEO of Otherco.</p>",
    "authors and reviewers": HEAD + TWO + ld({"@type": "Article", "author": person(*KENT)})
    + ld({"@type": "Review", "author": person(*POWER)}),
    "teasers of news": HEAD + TWO + "<h2>In the news</h2><ul><li><a>Acme names Olive Kent Chief Technology Officer</a></li></ul>",
    "a footer": HEAD + TWO + f"<footer>{card(*KENT)}</footer>",
    "speakers": HEAD + TWO + "<h2>Speakers</h2>" + BOTH_OTHERS,
    "former executives": HEAD + TWO + "<h2>Former executives</h2>" + BOTH_OTHERS,
    "a template and a comment": HEAD + TWO + f"<template>{card(*KENT)}</template><!-- {card(*POWER)} -->",
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_these_two_and_nobody_else(layout: str) -> None:
    people, roles = read(LAYOUTS[layout])
    assert people == {name: (title, "executive") for name, title in (CEO, CFO)}
    assert roles == ROLES


# Others are on the page too, and hold no role at the company.
NO_FURTHER_ROLE = {
    "advisers": "<h2>Advisory Board</h2>" + BOTH_OTHERS,
    "scientific advisers": "<h2>Scientific Advisory Board</h2>" + BOTH_OTHERS,
    "portfolio": "<h2>Portfolio company CEOs</h2>" + BOTH_OTHERS,
    "partners": "<h2>Our partners</h2>" + BOTH_OTHERS,
    "regions": "<h2>Regional leadership</h2>" + BOTH_OTHERS,
    "subsidiaries": "<h2>Subsidiary executives</h2>" + BOTH_OTHERS,
    "another company": "<h2>Beta Insurance Company</h2>" + BOTH_OTHERS,
    "a foundation": "<h2>Acme Foundation</h2>" + BOTH_OTHERS,
    "titles of parts": card("Max Power", "CEO, Acme Germany") + card("Ted Marsh", "CTO (Payments)")
    + card("Amy Lin", "Chief Operating Officer – Retail") + card("Olive Kent", "President & CEO, Lakeside Bank"),
    "titles of the past": card("Max Power", "Former Chief Operating Officer") + card("Ted Marsh", "COO Emeritus")
    + card("Amy Lin", "Chief Technology Officer (until March 2024)") + card("Olive Kent", "Incoming Chief Operating Officer"),
    "titles beside": card("Max Power", "Office of the CTO") + card("Ted Marsh", "Chief Tax Officer")
    + card("Amy Lin", "Executive Assistant to the Chief Operating Officer") + card("Olive Kent", "CTO-in-Residence"),
    "employer in JSON-LD": ld(person("Olive Kent", "CTO", worksFor={"name": "Otherco"})),
    "board": "<h2>Board of Directors</h2>" + card("Max Power", "Lead Independent Director; Chief Operating Officer of Otherco")
    + card("Amy Lin", "Chief Technology Officer"),
}  # fmt: skip


@pytest.mark.parametrize("others", NO_FURTHER_ROLE)
def test_others_hold_no_role_here(others: str) -> None:
    people, roles = read(HEAD + TWO + NO_FURTHER_ROLE[others])
    assert roles == ROLES
    assert {name: people[name] for name in (CEO[0], CFO[0])} == {n: (t, "executive") for n, t in (CEO, CFO)}


NO_ROLE_AT_ALL = {
    "a board": "<h1>Board of Directors</h1>" + card("Max Power", "Chief Executive Officer, Otherco") + card(*KENT),
    "a law firm": "<h1>Our team</h1>" + card(CEO[0], "Managing Partner") + card(CFO[0], "Finance Director")
    + card("Amy Lin", "Head of Technology") + card("Ted Marsh", "Chief Information Officer") + card("Max Power", "VP Operations"),
    "customers": "<h1>Our customers</h1>" + BOTH_OTHERS,
    "a case study": "<h1>Case study: Otherco</h1>" + card("Olive Kent", "Chief Technology Officer, Otherco"),
    "open positions": "<h1>Careers</h1>" + card(CFO[1], "Boston, MA") + card(KENT[1], "Remote"),
    "a press release": "<h1>Acme Appoints Olive Kent as Chief Technology Officer</h1><p>BOSTON, March 3, 2024 – Acme today "
    "announced that Olive Kent has been named Chief Technology Officer.</p><p>“We are glad,” said Dana Whitfield.</p>",
    "regions only": cards(("Max Power", "CEO Americas"), ("Amy Lin", "CEO – EMEA"), ("Ted Marsh", "CFO, Insurance Division")),
    "deputies": cards(("Max Power", "Deputy Chief Executive Officer"), ("Amy Lin", "Assistant CFO"), ("Ted Marsh", "Associate CTO")),
    "other chiefs": cards(("Max Power", "Chief Customer Officer"), ("Amy Lin", "Chief Transformation Officer (CTO)"),
                          ("Ted Marsh", "Chief Commercial Operations Officer"), ("Olive Kent", "Chief Talent Officer")),
}  # fmt: skip


@pytest.mark.parametrize("page", NO_ROLE_AT_ALL)
def test_no_role_is_invented(page: str) -> None:
    assert read(NO_ROLE_AT_ALL[page])[1] == {}


@pytest.mark.parametrize(
    ("people", "roles"),
    [
        ([("Dana Whitfield", "Chief Executive"), ("Amy Lin", "CFO/COO")], {"CEO": ["Dana Whitfield"], "CFO": ["Amy Lin"], "COO": ["Amy Lin"]}),
        ([("Dana Whitfield", "Interim CEO"), ("Amy Lin", "CFO (Interim)")], {"CEO": ["Dana Whitfield"], "CFO": ["Amy Lin"]}),
        ([("Dana Whitfield", "Chief Executive Officer (since 2020)"), ("Amy Lin", "Acting CFO")], {"CEO": ["Dana Whitfield"], "CFO": ["Amy Lin"]}),
        ([("Dana Whitfield", "Co-CEO"), ("Amy Lin", "Co-Chief Executive Officer")], {"CEO": ["Dana Whitfield", "Amy Lin"]}),
        ([("Jürgen Müller", "Vorsitzender der Geschäftsführung (CEO)"), ("Käthe Weiß", "Finanzvorstand (CFO)")],
         {"CEO": ["Jürgen Müller"], "CFO": ["Käthe Weiß"]}),
        ([("山田 太郎", "Chief Executive Officer"), ("Ирина Петрова", "Chief Financial Officer")], {"CEO": ["山田 太郎"], "CFO": ["Ирина Петрова"]}),
        ([("PIETER VAN DER BERG", "CHIEF EXECUTIVE OFFICER"), ("SHAUN O'NEIL-MCDONALD", "CFO")],
         {"CEO": ["PIETER VAN DER BERG"], "CFO": ["SHAUN O'NEIL-MCDONALD"]}),
        ([("Ludwig van Beethoven III", "CEO"), ("J. R. R. Tolkien", "CTO"), ("Charles d'Artagnan", "COO")],
         {"CEO": ["Ludwig van Beethoven III"], "CTO": ["J. R. R. Tolkien"], "COO": ["Charles d'Artagnan"]}),
    ],
)  # fmt: skip
def test_roles_that_are_held(people: list[tuple[str, str]], roles: dict[str, list[str]]) -> None:
    found, held = read(cards(*people))
    assert held == roles
    assert list(found) == [name for name, _ in people]


def test_the_kind_of_a_list_in_a_payload_is_that_of_its_key() -> None:
    html = next_data(
        executives=[{"name": n, "title": t} for n, t in (CEO, CFO)],
        boardOfDirectors=[{"name": "Amy Lin", "title": "Chief Technology Officer, Otherco"}],
        advisoryBoard=[{"name": "Max Power", "title": "Chief Operating Officer"}],
    )
    people, roles = read(html)
    assert {name: group for name, (_, group) in people.items()} == {
        "Dana Whitfield": "executive",
        "Piotr Zielinski": "executive",
        "Amy Lin": "board",
        "Max Power": "other",
    }
    assert roles == ROLES


def test_several_titles_of_one_person_in_json_ld() -> None:
    graph = {
        "@graph": [person("Dana Whitfield", ["President", "Chief Executive Officer"], worksFor={"name": "Acme, Inc."})]
    }
    assert read(HEAD + ld(graph))[0]["Dana Whitfield"][0] == "President, Chief Executive Officer"


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Whitfield, Dana", "Dana Whitfield"),
        ("WHITFIELD, Dana", "Dana WHITFIELD"),
        ("Okafor, Ngozi A.", "Ngozi A. Okafor"),
        ("van der Berg, Peter, PhD", "Peter van der Berg"),
        ("Hugh Grant, Jr.", "Hugh Grant, Jr."),
        ("Dana Whitfield, Hugh", ""),
        ("Sales, Dana", ""),
        ("Boston, Mass.", ""),
    ],
)
def test_surnames_first_are_put_in_order(printed: str, name: str) -> None:
    reading = read_name(printed)
    assert (reading.text if reading.score >= 0.5 else "") == name
