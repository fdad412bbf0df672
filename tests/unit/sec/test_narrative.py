"""The opening of Item 1 and the headings of Item 1A: text as it stands, with its place, or why there is none."""

from __future__ import annotations

from datetime import date

import pytest
from sec_extraction.business_text import MAX_SUMMARY, read_business
from sec_extraction.lines import read_lines
from sec_extraction.model import Field
from sec_extraction.risk_text import read_risks
from sec_extraction.sections import find_item

END = date(2024, 12, 31)
FIRST = "Northwind Traders makes boxes of wood and paper, and sells them to shops in forty countries of the world."
SECOND = "We have three plants, of which two are in Ohio and one is in Portugal, and some 4,200 people work in them."
CONTENTS = (
    "<table><tr><td>Item 1.</td><td>Business</td><td>3</td></tr><tr><td>Item 1A.</td><td>Risk Factors</td><td>9</td></tr>"
    "<tr><td>Item 2.</td><td>Properties</td><td>20</td></tr></table>"
)


def lines(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def business(html: str) -> Field:
    return read_business(read_lines(html), "https://example.com/x.htm")


def risks(html: str, end: date | None = END) -> Field:
    return read_risks(read_lines(html), "https://example.com/x.htm", end)


def headings(html: str) -> list[tuple[str, str]]:
    return [(str(row["group"]), str(row["heading"])) for row in risks(html).value or []]


REST = lines("Item 2. Properties", "We own plants.")


@pytest.mark.parametrize(
    "heading",
    [
        "<p>Item 1. Business</p>",
        "<p>ITEM 1 – DESCRIPTION OF BUSINESS</p>",
        "<p>PART I, Item 1. Our Business</p>",
        "<p>Items 1 and 2. Business and Properties</p>",
        "<p>Items 1. and 2. Business and Properties</p>",
        "<p>Item 1.Business</p>",
        "<p>Item 1.</p><p>Business</p>",
        "<table><tr><td>Item&#160;1.</td><td>Business.</td></tr></table>",
        "<div><b>Item 1:</b> <b>Business</b></div>",
    ],
)
def test_the_item_is_found_under_any_heading(heading: str) -> None:
    field = business(CONTENTS + heading + lines("Overview", FIRST, SECOND) + REST)
    assert field.value == f"{FIRST}\n{SECOND}"
    assert "line" in field.source["place"] and field.source["quote"] == FIRST


def test_headings_that_each_page_repeats_do_not_end_the_item() -> None:
    html = CONTENTS + lines("Item 1. Business", FIRST, "4", "Table of Contents", "Item 1. Business (continued)", SECOND)
    assert business(html + REST).value == f"{FIRST}\n{SECOND}"


def test_a_reference_to_the_item_is_not_the_item() -> None:
    html = lines("Item 1. Business", FIRST) + REST + lines("Item 7. Discussion", "See", "Item 1. Business", "for more.")
    assert business(html).value == FIRST


@pytest.mark.parametrize(
    "beside",
    [
        "This report contains forward-looking statements, which may turn out to be wrong in many a way and at any time.",
        "Unless the context otherwise requires, the terms “we” and “us” mean Northwind Traders and its subsidiaries.",
        "As used in this report, “Northwind” means Northwind Traders, Inc., and all that it holds, directly or indirectly.",
        "Our annual reports on Form 10-K, quarterly reports and all amendments are free of charge on our website.",
        "<b>A note that is printed bold from its first word to its last, as a heading would be, but is longer.</b>",
        "• a bullet that is long enough to be taken for a paragraph, and ends as one would, with a full stop too.",
        "Too short.",
    ],
)
def test_what_says_nothing_of_the_business_is_passed_over(beside: str) -> None:
    assert business(lines("Item 1. Business", beside, FIRST) + REST).value == FIRST


def test_a_paragraph_that_a_page_parts_is_whole() -> None:
    half = FIRST.index("sells")
    html = lines("Item 1. Business", FIRST[:half].strip(), "7", FIRST[half:], SECOND) + REST
    assert business(html).value == f"{FIRST}\n{SECOND}"


def test_it_is_bounded_and_cut_after_a_sentence() -> None:
    value = business(lines("Item 1. Business", *[SECOND.replace("three", str(n)) for n in range(40)]) + REST).value
    assert 1_000 < len(value) <= MAX_SUMMARY
    assert value.endswith(".")
    huge = business(lines("Item 1. Business", " ".join([SECOND] * 40)) + REST).value
    assert 1_000 < len(huge) <= MAX_SUMMARY and huge.endswith(".")


def test_a_plain_text_report() -> None:
    text = f"ITEM 1.  BUSINESS\n\nGENERAL\n\n   {FIRST[:60]}\n{FIRST[60:]}\n\nITEM 2.  PROPERTIES\n"
    assert business(text).value == " ".join(f"{FIRST[:60].strip()} {FIRST[60:].strip()}".split())


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<p>nothing of the kind</p>", "no item on the business"),
        (
            lines("Item 1. Business", "Incorporated by reference to our annual report to shareholders.") + REST,
            "another",
        ),
        (lines("Item 1. Business", "None.") + REST, "no paragraph of prose"),
        (CONTENTS, "no paragraph of prose"),
    ],
)
def test_there_is_no_opening(html: str, reason: str) -> None:
    field = business(html)
    assert field.value is None and reason in field.reason


# -- risk factors ------------------------------------------------------------------------------------------------------

BODY = "This may happen at any time, and has happened before in some of the countries where we sell what we make."
RISKS = ("We may lose customers.", "Wood may become dear.", "Our plants may burn.")


def item(*texts: str) -> str:
    return CONTENTS + lines("Item 1A. Risk Factors", *texts) + REST


@pytest.mark.parametrize(
    "mark",
    [
        "<b>{}</b>",
        "<strong><em>{}</em></strong>",
        "<i>{}</i>",
        "<u>{}</u>",
        "<span style='font-weight:700'>{}</span>",
        "<font style='font-style:italic;font-weight:bold'>{}</font>",
        "• <span style='font: bold 10pt Arial'>{}</span>",
    ],
)
def test_marked_headings(mark: str) -> None:
    html = item("You should read this.", *[part for risk in RISKS for part in (mark.format(risk), BODY)])
    assert headings(html) == [("", risk) for risk in RISKS]


def test_headings_in_a_style_of_the_block_or_in_a_table() -> None:
    rows = "".join(f"<table><tr><td>&#8226;</td><td><b>{risk}</b></td></tr></table><p>{BODY}</p>" for risk in RISKS)
    assert [text for _, text in headings(item(rows))] == list(RISKS)
    blocks = "".join(f"<div style='font-style:italic'>{risk}</div><div>{BODY}</div>" for risk in RISKS)
    assert [text for _, text in headings(item(blocks))] == list(RISKS)


def test_a_style_that_is_taken_back_is_none() -> None:
    body = f"<b><span style='font-weight:400'>{BODY}</span></b>"
    assert headings(item(*[part for risk in RISKS for part in (f"<b>{risk}</b>", body)])) == [("", r) for r in RISKS]


def test_headings_ahead_of_their_text() -> None:
    html = item(*[f"<b><i>{risk}</i></b> {BODY}" for risk in RISKS])
    assert headings(html) == [("", risk) for risk in RISKS]


def test_emphasis_inside_a_text_is_no_heading_where_headings_stand_by_themselves() -> None:
    html = item(
        *[part for risk in RISKS for part in (f"<b>{risk}</b>", f"<i>Tariffs.</i> {BODY}", f"A <b>b</b>. {BODY}")]
    )
    assert headings(html) == [("", risk) for risk in RISKS]


def test_groups() -> None:
    html = item(
        *("<b>Risks Related to Our Business</b>", f"<b>{RISKS[0]}</b>", BODY, f"<b>{RISKS[1]}</b>", BODY),
        *("<b>GENERAL</b>", f"<b>{RISKS[2]}</b>", BODY),
    )
    assert headings(html) == [
        ("Risks Related to Our Business", RISKS[0]),
        ("Risks Related to Our Business", RISKS[1]),
        ("GENERAL", RISKS[2]),
    ]


def test_a_summary_before_them_is_not_read_twice() -> None:
    html = item(
        *("<b>Summary of Risk Factors</b>", "<b>Risks Related to Our Business</b>", f"• {RISKS[0]}", f"• {RISKS[1]}"),
        *(
            "<b>Risk Factors</b>",
            "<b>Risks Related to our Business</b>",
            f"<b>{RISKS[0]}</b>",
            BODY,
            f"<b>{RISKS[1]}</b>",
            BODY,
        ),
    )
    assert [text for _, text in headings(html)] == [RISKS[0], RISKS[1]]


def test_page_furniture_and_introductions_are_no_headings() -> None:
    introduction = (
        "<i>The risk factors below should be read with care, since each of them may do harm to us and to you.</i>"
    )
    html = item(
        introduction * 2,
        *[
            part
            for risk in RISKS
            for part in (f"<b>{risk}</b>", BODY, "<b>14</b>", "<u>Table of Contents</u>", "<b>NORTHWIND</b>")
        ],
    )
    assert headings(html) == [("", risk) for risk in RISKS]


def test_each_heading_has_its_place() -> None:
    field = risks(item(*[part for risk in RISKS for part in (f"<b>{risk}</b>", BODY)]))
    all_lines = read_lines(item(*[part for risk in RISKS for part in (f"<b>{risk}</b>", BODY)]))
    assert [all_lines[row["line"] - 1].text for row in field.value] == list(RISKS)
    assert field.source["place"].startswith("Item 1A. Risk Factors, lines ")


@pytest.mark.parametrize(
    ("html", "end", "reason", "applicable"),
    [
        (item("Not required for smaller reporting companies."), END, "does not apply", False),
        (item("Information can be found in our Annual Report to Shareholders."), END, "another document", False),
        (item(BODY, BODY), END, "marks no headings", True),
        ("<p>no items</p>", END, "no item on risk factors", True),
        ("<p>no items</p>", date(2004, 12, 31), "before December 2005", False),
        ("<p>no items</p>", None, "no item on risk factors", True),
    ],
)
def test_there_are_no_headings(html: str, end: date | None, reason: str, applicable: bool) -> None:
    field = risks(html, end)
    assert field.value is None and reason in field.reason and field.applicable is applicable


def test_an_unclosed_paragraph_does_not_hand_its_style_on() -> None:
    html = "<p style='font-weight:bold'>Heading<p>Text that is not bold<table><tr><td><b>Cell</b></td><td>x</td></tr></table>"
    assert [(line.lead, line.style) for line in read_lines(html)] == [("Heading", 1), ("", 0), ("Cell", 1)]


def test_tag_soup_costs_no_more_than_a_walk() -> None:
    found = read_lines("<p>" + "<b>" * 20_000 + "x" + "</i>" * 20_000)
    assert found[0].text == "x"


def test_an_item_that_is_not_there() -> None:
    assert find_item([], "1") is None
    assert find_item(read_lines("<p>Item 1. Legal Proceedings</p><p>text</p>"), "1") is None
