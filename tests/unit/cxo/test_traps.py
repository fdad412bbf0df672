"""What looks like a leader and is none; who stands in which group; which roles a title gives."""

from __future__ import annotations

import pytest
from cxo_extraction.people import read_people
from cxo_extraction.roles import find_roles, roles_of

OWN = frozenset({"acme"})
URL = "https://acme.example/leadership"
TWO = """<div class=card><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>
<div class=card><h3>Piotr Zielinski</h3><p>Chief Financial Officer</p></div>"""


def names(html: str) -> list[str]:
    return [person.name for person in read_people(html, URL, OWN)]


def groups(html: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for person in read_people(html, URL, OWN):
        found.setdefault(person.group, []).append(person.name)
    return found


@pytest.mark.parametrize(
    ("title", "roles"),
    [
        ("Chief Executive Officer", {"CEO"}),
        ("President & CEO", {"CEO"}),
        ("Chairman, President and Chief Executive Officer Acme, Inc.", {"CEO"}),
        ("Group Chief Executive", {"CEO"}),
        ("Co-Chief Executive Officer", {"CEO"}),
        ("Interim CEO", {"CEO"}),
        ("CEO of Acme", {"CEO"}),
        ("CEO, Acme", {"CEO"}),
        ("Co-Founder and CEO", {"CEO"}),
        ("CEO / Mobile Expert", {"CEO"}),
        ("Executive Vice President Finance and Chief Financial Officer Acme, Inc.", {"CFO"}),
        ("Senior Vice President / Chief Financial Officer", {"CFO"}),
        ("Chief Financial Officer & Treasurer", {"CFO"}),
        ("EVP, CFO and Secretary", {"CFO"}),
        ("Chief Finance Officer", {"CFO"}),
        ("Chief Financial and Operating Officer", {"CFO", "COO"}),
        ("CFO & COO", {"CFO", "COO"}),
        ("Chief Technology Officer / General Manager of Applications", {"CTO"}),
        ("Chief Product & Technology Officer", {"CTO"}),
        ("Chief Technical Officer", {"CTO"}),
        ("Co-Founder & Chief Technology Officer", {"CTO"}),
        ("Chief Operations Officer", {"COO"}),
        ("President, Chief Operating Officer and Director", {"COO"}),
        ("Chief Executive Officer Lakeside Power & Light Company", set()),
        ("Chief Financial Officer, Otherco", set()),
        ("Chief Executive Officer, Otherco", set()),
        ("Co-Founder & Chief Technology Officer, Otherco", set()),
        ("Executive Vice President & Chief Financial Officer, Otherco", set()),
        ("President & CEO of Otherco, Inc.", set()),
        ("CEO at Otherco", set()),
        ("CEO, Asia Pacific", set()),
        ("Chief Executive Officer – North America", set()),
        ("Former Chief Executive Officer", set()),
        ("Retired CFO", set()),
        ("CEO Emeritus", set()),
        ("Deputy CFO", set()),
        ("Field CTO", set()),
        ("Assistant to the CEO", set()),
        ("Chief of Staff, Office of the CEO", set()),
        ("Chief Information Officer", set()),
        ("Chief Information Security Officer", set()),
        ("Chief Information Technology Officer", set()),
        ("Chief Medical Officer", set()),
        ("CMO", set()),
        ("Senior Vice President, Finance", set()),
        ("President - Finance Planning and Analysis", set()),
        ("Vice President of Technology", set()),
        ("Chief Commercial Officer", set()),
        ("Managing Director", set()),
        ("Principal Accounting Officer", set()),
    ],
)
def test_roles_of_a_title(title: str, roles: set[str]) -> None:
    assert roles_of(title, OWN) == roles


def test_board_members_keep_apart_and_give_no_role() -> None:
    html = f"""<h1>Leadership</h1><h2>Executive team</h2>{TWO}<h2>Board of Directors</h2>
    <div class=card><h3>Judy Brunner</h3><p>Chief Executive Officer, Otherco</p></div>
    <div class=card><h3>Hank Tucker</h3><p>Director</p></div>
    <div class=card><h3>Dana Whitfield</h3><p>Chief Executive Officer</p></div>"""
    assert groups(html) == {
        "executive": ["Dana Whitfield", "Piotr Zielinski"],
        "board": ["Judy Brunner", "Hank Tucker", "Dana Whitfield"],
    }
    roles = find_roles(read_people(html, URL, OWN), OWN)
    assert (roles["CEO"], roles["CFO"], roles["CTO"]) == (["Dana Whitfield"], ["Piotr Zielinski"], [])


def test_a_tab_that_opens_a_panel_names_its_people() -> None:
    html = f"""<h1>About us</h1><ul><li><a href="#one">Management Team</a></li><li><a href="#two">Board of Directors</a></li></ul>
    <div id=one>{TWO}</div><div id=two><div class=card><h3>Hank Tucker</h3><p>Partner, Otherco Ventures</p></div>
    <div class=card><h3>Amy Lin</h3><p>Chief Executive Officer, Thirdco</p></div></div>"""
    assert groups(html) == {"executive": ["Dana Whitfield", "Piotr Zielinski"], "board": ["Hank Tucker", "Amy Lin"]}


def test_a_heading_that_names_a_subsidiary_takes_the_role_away() -> None:
    html = f"""<h1>Leadership</h1>{TWO}<h3>Otherco Investments, Inc.</h3>
    <div class=card><strong>Barbara Krum</strong><br>Chair, President and Chief Executive Officer</div>"""
    assert find_roles(read_people(html, URL, OWN), OWN)["CEO"] == ["Dana Whitfield"]


def test_co_ceos_and_two_ctos_are_all_named() -> None:
    rows = [("Ada Byron", "Co-Chief Executive Officer"), ("Max Power", "Co-CEO"), ("Lena Holt", "Chief Technology Officer / Cloud"),
            ("Ted Marsh", "Chief Technology Officer / Media")]  # fmt: skip
    html = "<h1>Leadership</h1>" + "".join(f"<div class=k><h3>{n}</h3><p>{t}</p></div>" for n, t in rows)
    roles = find_roles(read_people(html, URL, OWN), OWN)
    assert roles["CEO"] == ["Ada Byron", "Max Power"]
    assert roles["CTO"] == ["Lena Holt", "Ted Marsh"]


def test_title_case_navigation_is_nobody() -> None:
    words = ["Penetration Testing", "Product Security", "Grant Programs", "Mark Complete", "Case Studies", "Rose Gold",
             "Jordan Manager", "Sales Partners", "Managed Services", "Sterling Associates"]  # fmt: skip
    menu = "".join(f"<li><a>{word}</a><span>Account Manager</span></li>" for word in words)
    html = f"<nav><ul>{menu}</ul></nav><h1>Leadership</h1>{TWO}<footer><p>Ann Baker</p><p>Webmaster</p></footer>"
    assert names(html) == ["Dana Whitfield", "Piotr Zielinski"]


def test_product_tiles_are_nobody() -> None:
    tiles = [
        ("Insight Cloud", "Log Management"),
        ("Access Manager", "Identity Director"),
        ("Nexus Point", "Vulnerability Management"),
    ]
    html = f"<h1>Leadership</h1>{TWO}" + "".join(f"<div class=tile><h4>{a}</h4><p>{b}</p></div>" for a, b in tiles)
    assert names(html) == ["Dana Whitfield", "Piotr Zielinski"]


@pytest.mark.parametrize(
    "block",
    [
        "<blockquote><p>“They saved our quarter.”</p><cite>Olive Kent</cite><p>Chief Executive Officer, Otherco</p></blockquote>",
        "<div class='testimonial-slide'><p>Great people.</p><h3>Olive Kent</h3><p>CEO, Otherco</p></div>",
        "<h2>What our customers say</h2><div class=card><h3>Olive Kent</h3><p>CEO</p></div>",
        "<h2>Latest news</h2><div class=card><h3>Olive Kent</h3><p>Named Chief Technology Officer</p></div>",
        "<section class=timeline><h3>Olive Kent</h3><p>President 1990 to 2004</p></section>",
        "<h2>Our history</h2><p>1988</p><h3>Olive Kent</h3><p>Founder and first president</p>",
        "<h2>In Memoriam</h2><div class=card><h3>Olive Kent</h3><p>Founder</p></div>",
    ],
)
def test_people_of_others_and_of_the_past_are_left_out(block: str) -> None:
    assert names(f"<h1>Leadership</h1>{TWO}{block}") == ["Dana Whitfield", "Piotr Zielinski"]


def test_someone_only_in_a_left_over_modal_is_no_executive() -> None:
    stays = "<div class=modal><h3>{}</h3><p>{}</p></div>"
    people = [("Dana Whitfield", "CEO"), ("Piotr Zielinski", "CFO"), ("Gordon Baxter", "Chief Technology Officer")]
    modals = "".join(stays.format(*person) for person in people)
    html = f"<h1>Leadership</h1>{TWO}{modals}"
    assert groups(html) == {"executive": ["Dana Whitfield", "Piotr Zielinski"], "other": ["Gordon Baxter"]}
    assert find_roles(read_people(html, URL, OWN), OWN)["CTO"] == []


def test_in_memoriam_as_a_title_is_kept_as_it_stands_and_is_no_executive() -> None:
    staff = "".join(f"<li class=p><p>{n} Holt</p><p>Engineer</p></li>" for n in ("Ann", "Ben", "Carl", "Dora"))
    html = f"<h1>Our people</h1>{staff}<li class=p><p>Judy Raines</p><p>In Memoriam</p></li>"
    found = {person.name: person for person in read_people(html, URL, OWN)}
    assert found["Judy Raines"].title == "In Memoriam"
    assert found["Judy Raines"].group == "other"


def test_a_page_without_chiefs_gives_no_role() -> None:
    html = """<h1>Leadership Team</h1><article><h3>Mr. Vikram Puri</h3><p>MD, Acme Power Private Limited</p></article>
    <article><h3>Mr. Sanjay Rao</h3><p>President - Finance Planning and Analysis</p></article>"""
    people = read_people(html, URL, OWN)
    assert [person.name for person in people] == ["Mr. Vikram Puri", "Mr. Sanjay Rao"]
    assert not any(find_roles(people, OWN).values())


def test_a_page_about_something_else_has_no_people() -> None:
    html = """<h1>Chief Executive Officer job description</h1><p>The chief executive officer leads a company.</p>
    <h3>New York</h3><p>Sales Engineer</p><h3>San Francisco</h3><p>Account Executive</p><h3>Salt Lake</h3><p>Recruiter</p>"""
    assert names(html) == []


def test_the_same_person_is_one_entry_with_the_longest_bio() -> None:
    html = f"""<h1>Leadership</h1>{TWO}<section><h2>Dana M. Whitfield</h2><p>Chief Executive Officer</p><p>Dana has led the
    company since the spring of 2015 and built its service business from nothing.</p></section>"""
    people = read_people(html, URL, OWN)
    assert [person.name for person in people] == ["Dana Whitfield", "Piotr Zielinski"]
    assert people[0].bio.startswith("Dana has led")


@pytest.mark.parametrize(
    "page",
    [
        f"<body><form id=aspnetForm><h1>Leadership</h1>{TWO}</form></body>",
        f"<body><blockquote><h1>Leadership</h1>{TWO}</blockquote></body>",
        f"<body><div class='page menu-open'><h1>Leadership</h1>{TWO}</div></body>",
        "<h1>Leadership</h1>" + TWO.replace("<h3>", "<div class='card-footer'><h3>").replace("</p>", "</p></div>"),
        f"<body><div class=news><h1>Leadership</h1>{TWO}</div></body>",
    ],
)
def test_a_wrapper_with_a_misleading_name_hides_nobody(page: str) -> None:
    assert names(page) == ["Dana Whitfield", "Piotr Zielinski"]
