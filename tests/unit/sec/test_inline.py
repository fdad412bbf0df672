"""Facts out of inline XBRL: numbers, contexts, odd markup, hostile markup, speed."""

from __future__ import annotations

import time
from datetime import date

import pytest
from common.errors import UnexpectedContent
from inline_builder import LAST_YEAR, YEAR, Report
from sec_extraction.inline import read_facts
from sec_extraction.lines import read_lines, segments
from sec_extraction.values import parse_number


@pytest.mark.parametrize(
    ("text", "transform", "scale", "sign", "number"),
    [
        ("391,035", "ixt:num-dot-decimal", "6", "", 391_035_000_000),
        ("391,035", "ixt:numdotdecimal", "6", "-", -391_035_000_000),
        ("1.234.567,89", "ixt:num-comma-decimal", "", "", 1_234_567.89),
        ("1,234,567.89", "ixt:numcommadot", "", "", 1_234_567.89),
        ("1 234 567", "ixt:num-dot-decimal", "", "", 1_234_567),
        ("24.4", "", "9", "", 24_400_000_000),
        ("2.7", "", "12", "", 2_700_000_000_000),
        ("550.17", "", "9", "", 550_170_000_000),
        ("0.1", "", "6", "", 100_000),
        ("12.5", "", "-2", "", 0.125),
        ("—", "ixt:fixed-zero", "6", "", 0),
        ("-", "ixt:zerodash", "", "", 0),
        ("—", "", "", "", 0),
        ("no", "ixt-sec:numwordsen", "", "", 0),
        ("eleven", "ixt-sec:numwordsen", "", "", 11),
        ("many", "ixt-sec:numwordsen", "", "", None),
        ("N/A", "", "6", "", None),
        ("", "", "", "", None),
        ("12", "", "much", "", None),
        ("1", "", "999999999", "", None),
    ],
)
def test_numbers(text: str, transform: str, scale: str, sign: str, number: float | None) -> None:
    assert parse_number(text, transform, scale, sign) == number


def test_a_fact_has_its_period_dimensions_unit_and_place() -> None:
    report = Report().number("Revenues", "391,035", YEAR, us__Axis="us:Member", label="Total net sales")
    fact = next(fact for fact in read_facts(report.html()) if fact.tag == "us-gaap:Revenues")
    assert fact.number == 391_035_000_000
    assert (fact.context.start, fact.context.end) == (date(2024, 1, 1), date(2024, 12, 31))
    assert fact.context.days == 366
    assert fact.context.dimensions == (("us:Axis", "us:Member"),)
    assert (fact.unit, fact.decimals) == ("USD", "-6")
    lines = {line.row: line.text for line in read_lines(report.html()) if line.row}
    assert lines[fact.row] == "Total net sales 391,035"


def test_nested_facts_continuations_and_exclusions() -> None:
    report = Report()
    key = report.context(YEAR)
    report.cover.append(
        f'<p><ix:nonNumeric name="dei:EntityRegistrantName" contextRef="{key}" continuedAt="more">NORTH'
        "<ix:exclude>page 1</ix:exclude></ix:nonNumeric></p>"
        '<p><ix:continuation id="more">WIND CORP</ix:continuation></p>'
        f'<p><ix:nonNumeric name="us-gaap:RevenueTextBlock" contextRef="{key}">Revenue was '
        f'<ix:nonFraction name="us-gaap:Revenues" contextRef="{key}" unitRef="usd" scale="6">12</ix:nonFraction>'
        "</ix:nonNumeric></p>"
    )
    facts = {fact.tag: fact for fact in read_facts(report.html())}
    assert facts["dei:EntityRegistrantName"].text == "NORTH WIND CORP"
    assert facts["us-gaap:Revenues"].number == 12_000_000
    assert "us-gaap:RevenueTextBlock" not in facts, "whole notes are of no use"


def test_a_nil_fact_and_a_fact_of_an_unknown_context() -> None:
    report = Report().number("Revenues", "", attributes='xsi:nil="true"')
    report.notes.append(
        '<tr><td><ix:nonFraction name="us-gaap:Assets" contextRef="none" unitRef="usd">1</ix:nonFraction></td></tr>'
    )
    facts = {fact.tag: fact for fact in read_facts(report.html())}
    assert facts["us-gaap:Revenues"].number is None
    assert "us-gaap:Assets" not in facts


def test_named_html_entities_do_not_stop_the_parser() -> None:
    html = Report().text("EntityRegistrantName", "Smith&nbsp;&amp; Sons").html()
    assert read_facts(html)[-1].text == "Smith & Sons"


def test_markup_that_is_not_well_formed_is_read_all_the_same() -> None:
    html = Report().number("Revenues", "12", LAST_YEAR).html().replace("<body>", "<body><br><p>unclosed & bare")
    assert [fact.number for fact in read_facts(html) if fact.tag == "us-gaap:Revenues"] == [12_000_000]


def test_entities_of_the_documents_own_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><html>&b; contextRef</html>'
    with pytest.raises(UnexpectedContent):
        read_facts(bomb)


def test_a_cut_off_document_gives_what_it_holds() -> None:
    html = Report().number("Revenues", "12").number("NetIncomeLoss", "3").html()
    facts = read_facts(html[: html.index("NetIncomeLoss")])
    assert [fact.tag for fact in facts] == ["dei:DocumentPeriodEndDate", "us-gaap:Revenues"]


def test_four_megabytes_are_read_in_a_fraction_of_a_second() -> None:
    report = Report()
    for number in range(3_000):
        report.number(f"Tag{number}", f"{number:,}", label='<span style="font-size:9pt">A row</span>' * 20)
    html = report.html()
    assert len(html) > 2_500_000
    html += f"<!-- {'x' * (4_000_000 - len(html))} -->"
    started = time.process_time()
    facts = read_facts(html)
    elapsed = time.process_time() - started
    assert len(facts) == 3_001
    assert elapsed < 0.5  # 0.05 s on an idle machine; the margin is for a busy one


def test_lines_show_what_a_reader_sees() -> None:
    html = """<html><head><title>not this</title></head><body><script>nor this</script>
    <p>NORTH <b>WI</b>ND CORP<span>ORATION</span></p><div style="display: none"><div>nor</div> this</div>
    <table><tr><td>Revenue</td><td>$</td><td>1,\u200b234</td></tr><tr><td>One<br/>Two<p>Three</p></td><td></td></tr></table>
    after&nbsp;all</body></html>"""
    lines = read_lines(html)
    assert [line.cells for line in lines] == [
        ("NORTH WIND CORPORATION",),
        ("Revenue", "$", "1,234"),
        ("One\nTwo\nThree",),
        ("after all",),
    ]
    assert [line.row for line in lines] == [0, 1, 2, 0]
    assert segments(lines)[4:] == ["One", "Two", "Three", "after all"]


def test_lines_of_a_filing_in_plain_text() -> None:
    text = "FORM 10-K\n\n<TABLE>\n<CAPTION>\nTotal assets        $ 1,234     1,100\n</TABLE>\nEnd."
    lines = read_lines(text)
    assert [line.cells for line in lines] == [("FORM 10-K",), ("Total assets", "$ 1,234", "1,100"), ("End.",)]
    assert lines[1].table == 1
