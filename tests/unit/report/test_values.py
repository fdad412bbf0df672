"""Values in one short line each."""

from __future__ import annotations

from typing import Any

import pytest

from stepdeploy.references import Ref
from stepdeploy.report.values import literal, literal_pair, pair_texts

LONG = "x" * 80 + "same" * 25


def test_two_short_values_are_shown_whole() -> None:
    assert pair_texts("a", {"b": 1}) == ("a", '{"b": 1}')
    assert pair_texts(Ref("a:b", "c"), None) == ("(known after apply)", "null")


def test_two_long_values_are_shown_from_shortly_before_the_difference() -> None:
    before, after = pair_texts(f"{LONG} old end", f"{LONG} new end")
    assert before == "…" + f"{LONG} old end"[len(LONG) + 1 - 30 :]
    assert before.endswith("same old end") and after.endswith("same new end")
    assert pair_texts("a" + LONG * 2, "b" + LONG * 2) == ("a" + (LONG * 2)[:98] + "…", "b" + (LONG * 2)[:98] + "…")


def test_a_long_value_that_the_other_begins_with() -> None:
    before, after = pair_texts(LONG, f"{LONG}more")
    assert before != after and after.endswith("more")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a", "a"), ("5", '"5"'), (5, "5"), ("true", '"true"'), ("a b", '"a b"'), ("", '""'), ("$.a", "$.a"), (None, "null"),
     ("*** (sha256:ab12)", "*** (sha256:ab12)"), ("a\nb", '"a\\nb"'), ({"a": "5"}, '{"a": "5"}'), ('a"b', '"a\\"b"')],
)  # fmt: skip
def test_a_string_that_could_be_something_else_is_quoted(value: Any, shown: str) -> None:
    assert literal(value) == shown


def test_a_pair_of_them() -> None:
    assert literal_pair("5", 5) == ('"5"', "5")
    before, after = literal_pair(f"{LONG}a", f"{LONG}b")
    assert before[-1:] == "a" and after[-1:] == "b" and max(len(before), len(after)) <= 100
