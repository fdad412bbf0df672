"""Who signed a report and as what: pages as they are filed, and when nothing is said rather than guessed."""

from __future__ import annotations

import pytest
from sec_extraction.lines import read_lines
from sec_extraction.officer_list import read_officer_list
from sec_extraction.officers import read_officers
from sec_extraction.person_words import joined_title, person_name
from sec_extraction.signatures import read_signatures

DULY = "<p>SIGNATURES</p><p>the registrant has duly caused this report to be signed on its behalf.</p>"


def table(*rows: str) -> str:
    """Table rows of cells parted by "|"; "/" + "/" is a line break in a cell."""
    cells = ("".join(f"<td>{cell.strip().replace('//', '<br/>')}</td>" for cell in row.split("|")) for row in rows)
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


def lines(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def signed(html: str) -> list[tuple[str, str]]:
    return [(signer.name, signer.title) for signer in read_signatures(read_lines(DULY + html))]


CEO, CFO = ("Jane Q. Roe", "Chief Executive Officer"), ("Max Poe", "Chief Financial Officer")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            table(
                "Signature|Title|Date",
                "/s/ JANE Q. ROE|Chief Executive Officer|March 1, 2025",
                "Jane Q. Roe",
                "/s/ MAX POE|Chief Financial Officer|March 1, 2025",
                "Max Poe",
            ),
            id="name under the signature",
        ),
        pytest.param(
            table(
                "/s/ Jane Q. Roe//Jane Q. Roe|Chief Executive Officer", "/s/ Max Poe//Max Poe|Chief Financial Officer"
            ),
            id="name in the signature's cell",
        ),
        pytest.param(
            lines("By: /s/ Jane Q. Roe", "Name: Jane Q. Roe", "Title: Chief Executive Officer", "Date: March 1, 2025")
            + lines("By: /s/ Max Poe", "Name: Max Poe", "Title: Chief Financial Officer", "Dated: 3/1/25"),
            id="labelled lines",
        ),
        pytest.param(
            table(
                "March 1, 2025|/s/ Jane Q. Roe//Jane Q. Roe//Chief Executive Officer",
                "March 1, 2025|/s/ Max Poe//Max Poe//Chief Financial Officer",
            ),
            id="date first",
        ),
        pytest.param(
            table("Chief Executive Officer|/s/ Jane Q. Roe", "Chief Financial Officer|/s/ Max Poe"), id="title first"
        ),
        pytest.param(
            table(
                "/s/ Jane Q. Roe|/s/ Max Poe", "Jane Q. Roe|Max Poe", "Chief Executive Officer|Chief Financial Officer"
            ),
            id="side by side, a row each",
        ),
        pytest.param(
            table(
                "/s/ Jane Q. Roe//Jane Q. Roe//Chief Executive Officer|/s/ Max Poe//Max Poe//Chief Financial Officer"
            ),
            id="side by side, a cell each",
        ),
        pytest.param(
            table("*|Chief Executive Officer", "Jane Q. Roe", "*|Chief Financial Officer", "Max Poe")
            + lines("*By: /s/ Ann Lawyer", "Ann Lawyer", "Attorney-in-fact"),
            id="by power of attorney",
        ),
        pytest.param(
            lines("_____________", "Jane Q. Roe", "Chief Executive Officer", "_____________", "Max Poe")
            + lines("Chief Financial Officer"),
            id="bare lines",
        ),
        pytest.param(
            table("Jane Q. Roe|Chief Executive Officer", "Max Poe|Chief Financial Officer"), id="no marks at all"
        ),
        pytest.param(
            lines("/s/ Jane Q. Roe", "Jane Q. Roe, Chief Executive Officer", "/s/ Max Poe, Chief Financial Officer"),
            id="name and title in one line",
        ),
        pytest.param(
            lines("/S/ Jane Q. Roe", "Chief Executive", "Officer", "s/ Max Poe", "Chief Financial", "Officer"),
            id="broken titles",
        ),
    ],
)
def test_layouts_of_signature_pages(page: str) -> None:
    assert signed(page) == [CEO, CFO]


@pytest.mark.parametrize(
    "words",
    [
        "the Registrant has duly caused this Annual Report on Form 10-K405 to be signed on its behalf",
        "the registrant caused this report to be duly signed",
        "it has duly caused and authorized the undersigned to sign this annual report on its behalf",
    ],
)
def test_the_words_over_the_signatures(words: str) -> None:
    page = lines(words) + table("/s/ Jane Q. Roe|Chief Executive Officer")
    assert [(signer.name, signer.title) for signer in read_signatures(read_lines(page))] == [CEO]


def test_a_plain_text_page() -> None:
    page = (
        "SIGNATURES\n  the registrant has duly caused this report to be signed on its behalf.\n"
        "/s/ JANE Q. ROE          Chairman, President and          March 3, 1998\n"
        "-----------------        Chief Executive Officer\n"
        "Jane Q. Roe\n\n"
        "/s/ MAX POE              Chief Financial Officer          March 3, 1998\n"
        "-----------------\n"
        "Max Poe\n"
    )
    assert [(signer.name, signer.title) for signer in read_signatures(read_lines(page))] == [
        ("Jane Q. Roe", "Chairman, President and Chief Executive Officer"),
        CFO,
    ]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        # what cannot be told is nobody's
        (table("/s/ Jane Q. Roe|/s/ Max Poe", "Jane Q. Roe|Max Poe", "Chief Executive Officer|x|y"), []),
        (table("By:|/s/ Jane Q. Roe|By:|/s/ Max Poe", "Chief Executive Officer|Chief Financial Officer"), []),
        (lines("/s/ Jane Q. Roe", "Contoso GP, LLC", "Chief Financial Officer of Contoso GP, LLC"), []),
        (lines("/s/ Contoso & Co. LLP", "Chief Executive Officer"), []),
        # a prose sentence is no title, an auditor's signature no officer's
        (lines("/s/ Jane Q. Roe", "Each of the directors and officers named below has signed.", "President"), []),
        (lines("Report of Independent Registered Public Accounting Firm", "/s/ Jane Q. Roe", "Partner"), []),
        (lines("Exhibit Index", "/s/ Jane Q. Roe", "Chief Executive Officer"), []),
        # several registrants: the first one's page
        (
            lines("/s/ Jane Q. Roe", "President") + DULY + lines("/s/ Max Poe", "President"),
            [("Jane Q. Roe", "President")],
        ),
        # headings over each signature
        (
            lines("Principal Executive Officer:", "/s/ Jane Q. Roe", "Chairman of the Board")
            + lines("Principal Financial Officer:", "/s/ Max Poe", "Treasurer"),
            [
                ("Jane Q. Roe", "(Principal Executive Officer), Chairman of the Board"),
                ("Max Poe", "(Principal Financial Officer), Treasurer"),
            ],
        ),
    ],
)
def test_what_is_not_read(page: str, expected: list[tuple[str, str]]) -> None:
    assert signed(page) == expected


def test_without_a_signature_page_nobody_signed() -> None:
    html = lines("We sign contracts.", "/s/ Jane Q. Roe", "Chief Executive Officer")
    assert read_signatures(read_lines(html)) == []
    assert "neither a signature page" in read_officers(read_lines(html), "u").reason


HEADING = lines("Information about our Executive Officers")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            table("Name|Age|Position", "Jane Q. Roe|61|Chief Executive Officer", "Max Poe|48|Chief Financial Officer"),
            [CEO, CFO],
        ),
        (table("Name|Office|Age", "Jane Q. Roe|Chief Executive Officer|61"), [CEO]),
        (table("|Age|Officer since", "Jane Q. Roe, Chief Executive Officer*|61|2005"), [CEO]),
        (table("Name|Age|Position|Since", "Jane Q. Roe|61|Chief Executive Officer|May 2019"), [CEO]),
        (table("Name|Age|Position|Company", "Jane Q. Roe|61|Chief Executive Officer|Contoso Europe"), []),
        (table("Name|Age|Principal Occupation", "Jane Q. Roe|61|Chief Executive Officer, Contoso"), []),
        (table("Jane Q. Roe|61|Executive Vice President and", "Chief Executive Officer"),
         [("Jane Q. Roe", "Executive Vice President and Chief Executive Officer")]),
        (lines("Jane Q. Roe (age 61)", "Chief Executive Officer since March 2020;", "President from 2010 to 2020."), [CEO]),
        (table("Jane Q. Roe, M.D., 61//Chief Executive Officer//Dr. Roe joined in 2001 as President of Contoso."), [CEO]),
        (lines("JANE Q. ROE, age 61, has been Chief Executive Officer since 2020. She was President of Contoso."), [CEO]),
        (lines("Jane Q. Roe, 61, has served as our President – U.S. Stores since 2020."),
         [("Jane Q. Roe", "President – U.S. Stores")]),
        # what somebody was, or is elsewhere
        (lines("Jane Q. Roe (age 61) was elected President in 2006."), []),
        (lines("Jane Q. Roe, 61, has been President of Fabrikam since 2006."), []),
        (lines("Jane Q. Roe, 61, is a director of the Company."), []),
        (table("Jane Q. Roe|1961|Chief Executive Officer"), []),
        (lines("Item 5. Market", "Jane Q. Roe (age 61)", "Chief Executive Officer since 2020"), []),
    ],
)  # fmt: skip
def test_lists_of_executive_officers(html: str, expected: list[tuple[str, str]]) -> None:
    found = read_officer_list(read_lines(HEADING + html))
    assert [(listed.name, listed.title) for listed in found] == expected


def test_what_directors_do_elsewhere_is_not_read() -> None:
    html = lines("Directors and Executive Officers", "Jane Q. Roe, 61, has been Chief Executive Officer since 2006.")
    assert read_officer_list(read_lines(html)) == []


def test_both_places_make_one_list_with_the_fuller_names() -> None:
    html = HEADING + table("Jane Quincy Roe|61|President and Chief Executive Officer", "Ann Noe|50|General Counsel")
    page = DULY + table("/s/ J. Q. Roe|Chief Executive Officer", "/s/ Max Poe|Director", "/s/ S. Coe|Controller")
    field = read_officers(read_lines(html + page), "https://example.com/x.htm")
    assert [(person["name"], person["title"], person["where"]) for person in field.value] == [
        ("Jane Quincy Roe", "Chief Executive Officer", "signatures"),
        ("S. Coe", "Controller", "signatures"),
        ("Ann Noe", "General Counsel", "executive officers"),
    ]
    assert field.value[0]["quote"] == "/s/ J. Q. Roe | Chief Executive Officer"
    assert field.source["url"] == "https://example.com/x.htm"
    assert all(person["line"] > 0 for person in field.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("TIMOTHY D. O'NEIL", "Timothy D. O'Neil"),
        ("RICHARD V. McPHAIL", "RICHARD V. McPHAIL"),
        ("H.E. Lentz, Jr.", "H.E. Lentz, Jr."),
        ("John C. Reed, M.D., Ph.D.", "John C. Reed"),
        ("Ernesto Bautista III", "Ernesto Bautista III"),
        ("Jean-Luc de la Tour", "Jean-Luc de la Tour"),
        ("Ming Li", "Ming Li"),
        ("Larry Page", "Larry Page"),
        ("José Álvarez", "José Álvarez"),
        ("Dr. Ann Roe", "Ann Roe"),
        ("William (Bill) Roe", "William Roe"),
        ("Jane Roe (Jane Roe)", "Jane Roe"),
        *[(text, "") for text in ("Apple Inc.", "Vice President", "March 1, 2025", "Jane", "Power of Attorney")],
        *[(text, "") for text in ("Human Resources", "Jane Q.", "the Company", "We are here", "", "12 Main Street")],
    ],
)
def test_names(text: str, name: str) -> None:
    assert person_name(text) == name


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        (["President and", "Director (Principal Executive Officer)"], "President and Director (Principal Executive Officer)"),
        (["Chairman of the Board", "Chief Executive Officer"], "Chairman of the Board, Chief Executive Officer"),
        (["Executive Vice President and Chief", "Financial Officer"], "Executive Vice President and Chief Financial Officer"),
        (["Director and Attorney-in-fact"], "Director"),
        (["Attorney-in-Fact"], ""),
    ],
)  # fmt: skip
def test_titles_over_several_lines(parts: list[str], title: str) -> None:
    assert joined_title(parts) == title
