"""JSONPath: what is one value and what is a list, filters, what is missing, and ResultPath's writing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepdeploy.asl import jsonpath
from stepdeploy.interpreter import paths

STORE = {
    "books": [
        {"title": "A", "price": 8, "tags": ["x", "y"]},
        {"title": "B", "price": 12.5, "isbn": "1"},
        {"title": "C", "price": 9, "isbn": None},
    ],
    "odd name": {"it's": 1},
    "limit": 9,
}


def find(text: str, root: Any = STORE) -> Any:
    return paths.find(jsonpath.parse(text), root)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$", STORE),
        ("$.limit", 9),
        ("$.books[0].title", "A"),
        ("$.books[-1].title", "C"),
        ("$['odd name']['it\\'s']", 1),
        ('$["odd name"]', {"it's": 1}),
        ("$.books[*].title", ["A", "B", "C"]),
        ("$.books[0,2].title", ["A", "C"]),
        ("$.books[1:].title", ["B", "C"]),
        ("$.books[:-1].title", ["A", "B"]),
        ("$..isbn", ["1", None]),
        ("$.books[0]['title','price']", [{"title": "A", "price": 8}]),
        ("$.books.length()", 3),
        ("$.books[?(@.price > 8.5)].title", ["B", "C"]),
        ("$.books[?(@.price > $.limit)].title", ["B"]),
        ("$.books[?(@.isbn)].title", ["B", "C"]),
        ("$.books[?(!@.isbn)].title", ["A"]),
        ("$.books[?(@.isbn == null)].title", ["C"]),
        ("$.books[?(@.price < 9 || @.title == 'C')].title", ["A", "C"]),
        ("$.books[?(@.price >= 9 && @.price < 10)].title", ["C"]),
        ("$.books[?(@.title in ['A','C'])].title", ["A", "C"]),
        ("$.books[?(@.title nin ['A','C'])].title", ["B"]),
        ("$.books[?(@.title =~ /[a-b]/i)].title", ["A", "B"]),
        ("$.books[?(@.title == B)].title", ["B"]),
        ("$.books[?(@.tags contains 'x')].title", ["A"]),
        ("$.books[?('x' in @.tags)].title", ["A"]),
    ],
)
def test_paths_find_what_jayway_finds(text: str, expected: Any) -> None:
    assert find(text) == expected


def test_an_index_and_then_a_field_is_one_value_not_a_list() -> None:
    assert find("$[0].ok", [{"ok": True}]) is True
    assert find("$.results[0].status", {"results": [{"status": "done"}]}) == "done"


@pytest.mark.parametrize("text", ["$.none[*]", "$.none[1:5].x", "$.none[:1]", "$..none", "$.books[?(@.none)]"])
def test_an_indefinite_path_without_match_is_an_empty_list(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$.none", "No results for path: $['none']"),
        ("$.none.deeper", "Missing property in path $['none']"),
        ("$.books[3]", "No results for path: $['books'][3]"),
        ("$.limit[0]", "can only be applied to arrays"),
        ("$.limit.x", "Expected to find an object with property ['x']"),
        ("$.books.sum()", "No results for path"),
    ],
)
def test_a_definite_path_that_leads_nowhere_gives_jayways_reason(text: str, reason: str) -> None:
    with pytest.raises(paths.PathNotFound) as caught:
        find(text)
    assert reason in str(caught.value)


def test_true_is_not_one() -> None:
    assert find("$[?(@.v == 1)]", [{"v": True}, {"v": 1}]) == [{"v": 1}]


@pytest.mark.parametrize(
    ("text", "root", "reference"),
    [
        ("$.a.b[0]", "$", True),
        ("$$.Execution.Id", "$$", True),
        ("$name.field", "name", True),
        ("$.a[*]", "$", False),
        ("$.a.length()", "$", False),
        ("$.a[0,1]", "$", False),
    ],
)
def test_roots_and_reference_paths(text: str, root: str, reference: bool) -> None:
    path = jsonpath.parse(text)
    assert (path.root, path.is_reference) == (root, reference)


@pytest.mark.parametrize("text", ["", "a", "$.", "$.a[", "$.a[x]", "$.a[?(@.b ==)]", "$.a b", "$.a.nope()", "$.a['b"])
def test_bad_paths_say_where(text: str) -> None:
    with pytest.raises(jsonpath.PathSyntaxError) as caught:
        jsonpath.parse(text)
    assert 0 <= caught.value.position <= len(text)


def test_a_backslash_before_another_character_stays() -> None:
    assert find(r"$['a\"b']", {r"a\"b": 1}) == 1


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("$.a", {"b": 1}, {"a": 9, "b": 1}),
        ("$.a.b.c", {}, {"a": {"b": {"c": 9}}}),
        ("$.a.b", {"a": {"x": 1}}, {"a": {"x": 1, "b": 9}}),
        ("$.a[1].b", {"a": [0, {"x": 1}]}, {"a": [0, {"x": 1, "b": 9}]}),
        ("$", {"b": 1}, 9),
    ],
)
def test_put_writes_into_a_copy(text: str, data: Any, expected: Any) -> None:
    before = repr(data)
    assert paths.put(jsonpath.parse(text), data, 9) == expected
    assert repr(data) == before


@pytest.mark.parametrize(("text", "data"), [("$.a.b", {"a": 1}), ("$.a", []), ("$.a[5]", {"a": [1]})])
def test_put_refuses_to_go_through_a_value(text: str, data: Any) -> None:
    with pytest.raises(paths.NotWritable):
        paths.put(jsonpath.parse(text), data, 9)


@given(st.text())
def test_any_text_parses_or_is_refused_with_a_position(text: str) -> None:
    try:
        assert jsonpath.parse(text).text == text
    except jsonpath.PathSyntaxError as error:
        assert error.text == text


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.integers())
def test_what_is_put_is_found_under_any_name(names: list[str], value: int) -> None:
    quoted = [name.replace("\\", "\\\\").replace("'", "\\'") for name in names]
    path = jsonpath.parse("$" + "".join(f"['{name}']" for name in quoted))
    assert paths.find(path, paths.put(path, {}, value)) == value
