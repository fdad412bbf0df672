"""company_id: one company, one slug."""

from __future__ import annotations

import re

import pytest
from common.errors import InvalidInput
from common.ids import MAX_LENGTH, company_id
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Apple Inc", "apple-inc"),
        ("  Apple, Inc. ", "apple-inc"),
        ("AT&T Inc.", "at-t-inc"),
        ("McDonald's Corp", "mcdonalds-corp"),
        ("Nestlé S.A.", "nestle-s-a"),
        ("Ørsted A/S", "orsted-a-s"),
        ("Groß & Söhne", "gross-sohne"),
        ("ﬁrst Ｃｏｒｐ", "first-corp"),
        ("3M", "3m"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert company_id(name) == slug


@pytest.mark.parametrize("name", ["", "   ", "...", "株式会社"])
def test_a_name_without_ascii_letters_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="company_name"):
        company_id(name)


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not NoneType"):
        company_id(None)  # type: ignore[arg-type]


def test_long_names_that_begin_alike_stay_apart() -> None:
    begin = "International Consolidated Amalgamated Holdings and Trust Company "
    assert company_id(begin + "One") != company_id(begin + "Two")


@given(st.text(max_size=200))
def test_a_slug_is_safe_and_stable(name: str) -> None:
    try:
        slug = company_id(name)
    except InvalidInput:
        return
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= MAX_LENGTH
    assert company_id(slug) == slug
