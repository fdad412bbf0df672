"""Lists of companies: what is taken, what is refused and where, by the tool and by the pipeline's own functions alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from common import company_list as theirs
from common import ids, request_fields
from common.errors import InvalidInput
from hypothesis import example, given
from hypothesis import strategies as st

from stepdeploy import company_list as ours
from stepdeploy.errors import InvalidProject, UsageError

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "definitions" / "company_data_extraction.input.schema.json").read_text())
CHECK = ours.request_check(SCHEMA)
HEADER = "company_name,website_url,stock_symbol\n"
APPLE = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "stock_symbol": "AAPL"}


class Unchecked(ours.Check):
    """The fields, and nothing wrong with any request."""

    def problems(self, request: Any) -> list[Any]:
        return []


def parse(text: str | bytes, **options: Any) -> list[ours.Company]:
    return ours.parse(text if isinstance(text, bytes) else text.encode(), "list.csv", CHECK, **options)


def refused(text: str | bytes, **options: Any) -> list[tuple[str, str, str]]:
    """(where, message, hint) of each problem."""
    with pytest.raises(InvalidProject) as caught:
        parse(text, **options)
    problems = caught.value.problems or (caught.value,)
    return [(str(item.where), item.message, item.hint or "") for item in problems]


GOOD = {
    "plain": HEADER + "Apple Inc,https://www.apple.com,AAPL\n",
    "no line end": HEADER + "Apple Inc,https://www.apple.com,AAPL",
    "windows": HEADER.replace("\n", "\r\n") + "Apple Inc,https://www.apple.com,AAPL\r\n",
    "byte order mark": "\ufeff" + HEADER + "Apple Inc,https://www.apple.com,AAPL\n",
    "other order": "stock_symbol,company_name,website_url\nAAPL,Apple Inc,https://www.apple.com\n",
    "blank lines": "\n" + HEADER + "\n , ,\nApple Inc,https://www.apple.com,AAPL\n\n",
    "spaces": "company_name , website_url,stock_symbol\n Apple Inc , https://www.apple.com , AAPL \n",
    "quotes": '"company_name","website_url","stock_symbol"\n"Apple Inc","https://www.apple.com","AAPL"\n',
    "semicolons": "company_name;website_url;stock_symbol\nApple Inc;https://www.apple.com;AAPL\n",
    "tabs": "company_name\twebsite_url\tstock_symbol\nApple Inc\thttps://www.apple.com\tAAPL\n",
    "empty cells at the end": HEADER.strip() + ",,\nApple Inc,https://www.apple.com,AAPL,,\n",
    "json lines": json.dumps(APPLE) + "\n",
    "json lines with blank ones": "\n\n" + json.dumps(APPLE) + "\r\n\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_list_is_read_by_both(name: str) -> None:
    (company,) = parse(GOOD[name])
    assert (company.company_id, company.request) == ("apple-inc", APPLE)
    (same,), bad = theirs.read_list(GOOD[name].encode())
    assert (same.line, same.company_id, same.request) == (company.line, company.company_id, company.request)
    assert bad == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    body = (HEADER + "Société Générale,https://www.socgen.example,\n").encode(encoding)
    assert parse(body)[0].request["company_name"] == "Société Générale"
    assert theirs.read_list(body)[0][0].company_id == "societe-generale"


def test_another_encoding_is_told_and_can_be_named() -> None:
    body = (HEADER + "A,https://a.example,\nSociété,https://www.socgen.example,\n").encode("cp1252")
    ((where, message, hint),) = refused(body)
    assert (where, message) == ("list.csv:3", "is not UTF-8") and "--encoding" in hint
    assert parse(body, encoding="cp1252")[1].company_id == "societe"
    with pytest.raises(InvalidInput, match="line 3 is not UTF-8"):
        theirs.read_list(body)
    with pytest.raises(UsageError):
        parse(body, encoding="klingon")
    assert refused((HEADER + "A,https://a.example,\n").encode("utf-16-le"))[0][1] == "holds NUL characters"


BAD_LINES = {
    "no name": (",https://a.example,", "company_name"),
    "blank name": ("   ,https://a.example,", "company_name"),
    "long name": ("x" * 201 + ",https://a.example,", "200"),
    "no website": ("A,,", "website_url"),
    "no host": ("A,https://,", "website_url"),
    "ftp": ("A,ftp://a.example,", "website_url"),
    "script": ("A,javascript:alert(1),", "website_url"),
    "symbol": ("A,https://a.example,A B", "stock_symbol"),
    "formula as symbol": ("A,https://a.example,=1+1", "stock_symbol"),
    "long symbol": ("A,https://a.example," + "A" * 13, "stock_symbol"),
    "too many cells": ("A,https://a.example,A,extra", "cells"),
    "no Latin letter": ("株式会社,https://a.example,", "identifier"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_named_by_both(name: str) -> None:
    line, word = BAD_LINES[name]
    text = HEADER + "Apple Inc,https://www.apple.com,AAPL\n" + line + "\nTesla,https://www.tesla.com,TSLA\n"
    ((where, message, _),) = refused(text)
    assert where == "list.csv:3" and word in message
    good, bad = theirs.read_list(text.encode())
    assert [company.company_id for company in good] == ["apple-inc", "tesla"]
    assert [item.line for item in bad] == [3] and word in bad[0].problem


def test_every_bad_line_is_told() -> None:
    lines = [f"Company {n},https://c.example,\n" if n % 3 else f"Company {n},nowhere,\n" for n in range(300)]
    found = refused(HEADER + "".join(lines))
    assert [where for where, _, _ in found] == [f"list.csv:{n + 2}" for n in range(0, 300, 3)]


def test_a_line_is_where_it_begins() -> None:
    text = HEADER + '"Line\nBreak",https://a.example,\nB,nowhere,\n'
    assert refused(text)[0][0] == "list.csv:4"
    assert theirs.read_list(text.encode())[1][0].line == 4


def test_two_lines_about_one_company_are_an_error() -> None:
    text = HEADER + "Apple Inc,https://www.apple.com,AAPL\nAPPLE, INC.,x\n".replace("APPLE, INC.", '"APPLE, INC."')
    text = text.replace(",x\n", ",https://apple.com\n")
    ((where, message, _),) = refused(text)
    assert (where, message) == ("list.csv:3", "apple-inc stands in line 2 already")
    good, bad = theirs.read_list(text.encode())
    assert len(good) == 1 and bad[0].problem == message


@pytest.mark.parametrize(
    ("header", "message", "hint"),
    [
        ("company_name,website_url,force,TTL", "unknown column 'TTL'", "There are: company_name"),
        ("company_name,website", "unknown column 'website'", "website_url"),
        ("Company Name,website_url", "unknown column 'Company Name'", "company_name"),
        ("company_name,website_url,ticker", "unknown column 'ticker'", "stock_symbol"),
        ("company_name,stock_symbol", "the column website_url is missing", ""),
        ("company_name,website_url,company_name", "the column company_name stands twice", ""),
    ],
)
def test_a_header_that_cannot_be_used(header: str, message: str, hint: str) -> None:
    found = refused(header + "\nA,https://a.example,\n")
    assert any(item[0] == "list.csv:1" and item[1] == message and hint in item[2] for item in found)
    with pytest.raises(theirs.UnusableList) as caught:
        theirs.read_list((header + "\nA,https://a.example,\n").encode())
    assert caught.value.line == 1


def test_every_unknown_column_is_named_with_the_line_of_the_header() -> None:
    text = "\n\ncompany_name,website_url,colour,size\nA,https://a.example,red,7\n"
    assert [(where, message) for where, message, _ in refused(text)] == [
        ("list.csv:3", "unknown column 'colour'"),
        ("list.csv:3", "unknown column 'size'"),
    ]
    with pytest.raises(theirs.UnusableList, match="unknown columns 'colour', 'size'; there are company_name") as caught:
        theirs.read_list(text.encode())
    assert caught.value.line == 3


@pytest.mark.parametrize("text", ["", "\n\n", HEADER, "\ufeff", HEADER + "\n,,\n"])
def test_no_company_is_refused(text: str) -> None:
    assert refused(text)[-1][1] == "holds no company"
    with pytest.raises(InvalidInput, match="no company"):
        theirs.read_list(text.encode())


def test_a_hundred_thousand_are_taken_and_no_more() -> None:
    lines = "".join(f"C{n},https://c.example,\n" for n in range(100_000))
    good, bad = theirs.read_list((HEADER + lines).encode())
    assert (len(good), bad) == (100_000, [])
    more = HEADER + lines + "One More,https://c.example,\n"
    with pytest.raises(InvalidInput, match="more than 100000"):
        theirs.read_list(more.encode())
    with pytest.raises(ours.InvalidList, match="more than 100,000"):
        ours.parse(more.encode(), "list.csv", Unchecked(CHECK.fields, CHECK.required, {}))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "1",
        '"text"',
        '{"company_name": "A"}',
        '{"company_name": 1, "website_url": "https://a.example"}',
        '{"company_name": "A", "website_url": "https://a.example", "colour": "red"}',
        '{"company_name": "A", "website_url": "https://a.example", "cache_ttl_hours": NaN}',
        '{"company_name": "A", "website_url": "https://a.example", "cache_ttl_hours": 1e999}',
        '{"company_name": "A", "company_name": "B", "website_url": "https://a.example"}',
        "[" * 100_000,
    ],
    ids=lambda line: line[:30],
)
def test_a_json_line_that_cannot_be_used(line: str) -> None:
    text = f"{json.dumps(APPLE)}\n{line}\n"
    assert [where for where, _, _ in refused(text)] == ["list.csv:2"]
    good, bad = theirs.read_list(text.encode())
    assert (len(good), [item.line for item in bad]) == (1, [2])


def test_json_lines_end_at_line_feeds_alone() -> None:
    name = "Line\u2028Separator\x85Inc"
    (company,) = parse(json.dumps({**APPLE, "company_name": name}, ensure_ascii=False))
    assert company.request["company_name"] == name


def test_an_open_quote_is_told_where_it_opens() -> None:
    text = HEADER + 'A,https://a.example,\n"B,https://b.example,\nC,https://c.example,\n'
    assert [where for where, _, _ in refused(text)] == ["list.csv:3"]
    good, bad = theirs.read_list(text.encode())
    assert ([item.company_id for item in good], [item.line for item in bad]) == (["a"], [3])


@given(st.text(max_size=120))
@example("株式会社")
@example("Société Générale")
@example("ﬁ Ångström Ø'Reilly")
@example("x" * 80)
def test_both_give_a_company_the_same_identifier(name: str) -> None:
    found = ours.company_id(name)
    if not found:
        with pytest.raises(InvalidInput):
            ids.company_id(name)
    else:
        assert found == ids.company_id(name)


@given(st.text(min_size=1, max_size=50), st.text(max_size=20))
@example("\ud800", "")
def test_both_give_a_company_the_same_token(name: str, salt: str) -> None:
    company = ours.Company(1, "a" * 60, {**APPLE, "company_name": name})
    found = company.token("20261123", salt)
    assert found == theirs.token("a" * 60, company.request, "20261123", salt)
    assert len(found) == 78


def test_the_token_tells_requests_days_and_retries_apart() -> None:
    company = ours.Company(1, "apple-inc", APPLE)
    other = ours.Company(9, "apple-inc", {**APPLE, "website_url": "https://apple.com"})
    tokens = {
        company.token("20261123"),
        company.token("20261124"),
        company.token("20261123", "a-batch"),
        other.token("20261123"),
    }
    assert len(tokens) == 4
    assert ours.Company(9, "apple-inc", dict(reversed(APPLE.items()))).token("20261123") == company.token("20261123")


EVERY = {
    **APPLE,
    "force": True,
    "cache_ttl_hours": 0.5,
    "accession": "0000320193-24-000123",
    "cik": "0000320193",
    "live": False,
}


def test_every_field_of_the_machines_input_can_stand_in_a_list() -> None:
    assert list(EVERY) == list(SCHEMA["properties"]) == list(request_fields.FIELDS) == list(CHECK.fields)
    assert CHECK.required == request_fields.REQUIRED == tuple(SCHEMA["required"])
    cells = [str(value) for value in EVERY.values()]
    as_csv = f"{','.join(EVERY)}\n{','.join(cells)}\n"
    for text in (as_csv, json.dumps(EVERY)):
        (company,) = parse(text)
        ((same,), bad) = theirs.read_list(text.encode())
        assert company.request == same.request == EVERY and bad == []
        assert company.token("20261123") == theirs.token("apple-inc", same.request, "20261123")


def test_a_cell_that_is_left_empty_is_no_field() -> None:
    text = f"{','.join(EVERY)}\nApple Inc,https://www.apple.com,AAPL,,,,,\n"
    assert parse(text)[0].request == theirs.read_list(text.encode())[0][0].request == APPLE


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("force", "TRUE", True),
        ("force", "false", False),
        ("cache_ttl_hours", "0", 0),
        ("cache_ttl_hours", "8.76e3", 8760.0),
        ("cik", "320193", "320193"),
        ("company_name", "true", "true"),
        ("company_name", "7", "7"),
    ],
)
def test_what_a_cell_means(column: str, cell: str, value: Any) -> None:
    cells = {"company_name": "A", "website_url": "https://a.example", column: cell}
    (company,) = parse(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    assert company.request[column] == value and type(company.request[column]) is type(value)
    assert request_fields.value_of(column, cell) == value


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("force", "yes"),
        ("force", "1"),
        ("live", "0"),
        ("cache_ttl_hours", "soon"),
        ("cache_ttl_hours", "-1"),
        ("cache_ttl_hours", "8761"),
        ("cache_ttl_hours", "1e999"),
        ("cache_ttl_hours", "nan"),
        ("cache_ttl_hours", "0x10"),
        ("cache_ttl_hours", "1" * 29),
        ("cache_ttl_hours", "٣"),
        ("accession", "0000320193-24-00012"),
        ("cik", "12345678901"),
        ("cik", "CIK320193"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_told_with_its_line_by_both(column: str, cell: str) -> None:
    text = f"company_name,website_url,{column}\nA,https://a.example,\nB,https://b.example,{cell}\n"
    ((where, message, _),) = refused(text)
    assert where == "list.csv:3" and column in message
    good, bad = theirs.read_list(text.encode())
    assert ([item.company_id for item in good], [item.line for item in bad]) == (["a"], [3])
    assert column in bad[0].problem


FIELDS = {
    "company_name": st.sampled_from(["A", " ", "", "x" * 200, "x" * 201, "\tA", "é"]),
    "website_url": st.sampled_from(
        ["https://a", "http://a/b?c", "https://", "HTTPS://a", "https://a b", "", "https:///x"]
    ),
    "stock_symbol": st.sampled_from([None, "", " ", "A", "BRK.B", "BRK-B", ".A", "A\n", "A" * 12, "A" * 13, "Ä", 7]),
}
OPTIONAL = {
    "force": st.sampled_from([True, False, None, "", "true", 1, 0]),
    "live": st.sampled_from([True, "no"]),
    "cache_ttl_hours": st.sampled_from([0, 0.0, 24, 8760, 8760.5, -1, True, "24", 1e300]),
    "accession": st.sampled_from(["0000320193-24-000123", "000032019324000123", "x", 7, "0000320193-24-000123\n"]),
    "cik": st.sampled_from(["320193", 320193, -5, 1.0, True, "12345678901", "", "٣"]),
    "colour": st.just("red"),
}


@given(st.fixed_dictionaries(FIELDS, optional=OPTIONAL))
def test_both_take_the_same_requests(request_: dict[str, Any]) -> None:
    """The function's own checks are those of the input schema."""
    try:
        taken = theirs.checked(request_)
    except InvalidInput:
        taken = None
    try:
        (found,) = parse(json.dumps(request_))
    except InvalidProject:
        assert taken is None
    else:
        assert taken == found.request and json.dumps(taken, sort_keys=True) == json.dumps(found.request, sort_keys=True)
