"""JSON with places: values, keys, and errors that say line and column."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import MAX_DEPTH, load, parse, pointer_of

CORPUS = Path(__file__).parents[2] / "../shared/asl-corpus"

TEXT = """{
  "a~/b": [1, {"\\u00e9": "x"}],
  "c": {"": null},
  "ü": {"wide": true, "tail": -1.5e3}
}
"""


@pytest.mark.parametrize(
    ("pointer", "value_at", "key_at"),
    [
        ("", "1:1", "1:1"),
        ("/a~0~1b", "2:11", "2:3"),
        ("/a~0~1b/0", "2:12", "2:12"),
        ("/a~0~1b/1/é", "2:26", "2:16"),
        (("a~/b", 1, "é"), "2:26", "2:16"),
        ("/c/", "3:13", "3:9"),
        ("/ü/tail", "4:31", "4:23"),
    ],
)
def test_places_of_values_and_keys(pointer: Any, value_at: str, key_at: str) -> None:
    source = parse(TEXT, "f.json")
    assert source.where(pointer) == f"f.json:{value_at}"
    assert source.where(pointer, key=True) == f"f.json:{key_at}"


def test_a_pointer_to_nothing_gives_the_nearest_place_above() -> None:
    source = parse(TEXT, "f.json")
    assert source.where("/c/missing/deep") == source.where("/c")
    assert source.where("/c/missing", key=True) == source.where("/c")
    assert source.where("/nothing") == "f.json:1:1"


def test_an_index_and_a_key_of_digits_are_told_apart_by_the_document() -> None:
    assert parse('{"0": 1}', "f").where("/0") == "f:1:7"
    assert parse("[7, 8]", "f").where(("1",)) == "f:1:5"


def test_pointer_of_escapes() -> None:
    assert pointer_of(("a/b", "~1", 0)) == "/a~1b/~01/0"
    assert pointer_of("/kept~1as/is") == "/kept~1as/is"


BROKEN = [
    ("", "1:1", "the file is empty"),
    (" \n ", "2:2", "the file is empty"),
    ("{", "1:1", "'{' is never closed"),
    ('{"a": [1,\n 2', "1:7", "'[' is never closed"),
    ('{"a":1 "b":2}', "1:8", "expected ',' or '}' after a value"),
    ("[1 2]", "1:4", "expected ',' or ']' after a value"),
    ('{"a":[1,2}', "1:10", "expected ',' or ']' after a value"),
    ('{"a":1,}', "1:7", "a ',' before '}' is not allowed"),
    ("[1,\n]", "1:3", "a ',' before ']' is not allowed"),
    ('{"a" 1}', "1:6", "expected ':' after a key"),
    ("{a:1}", "1:2", "expected a key in double quotes"),
    ("{'a':1}", "1:2", "expected a key in double quotes"),
    ('{"a":1,,"b":2}', "1:8", "expected a key in double quotes"),
    ('{"a":}', "1:6", "expected a value"),
    ('{"a":', "1:6", "ends where a value was expected"),
    ("[,1]", "1:2", "expected a value"),
    ("[1]x", "1:4", "after the end"),
    ("[NaN]", "1:2", "NaN is not a JSON number"),
    ("[-Infinity]", "1:2", "-Infinity is not a JSON number"),
    ("[1e999]", "1:2", "too large"),
    (f"[1{'0' * 400}]", "1:2", "too large"),
    (f"[1{'0' * 9000}]", "1:2", "too large"),
    ("[01]", "1:2", "01 is not a JSON number"),
    ("[+1]", "1:2", "+1 is not a JSON number"),
    ("[1.]", "1:2", "1. is not a JSON number"),
    ("[True]", "1:2", "write true"),
    ("[None]", "1:2", "write null"),
    ("['x']", "1:2", "strings stand in double quotes"),
    ("// x\n{}", "1:1", "no comments"),
    ('{"a":1, // x\n"b":2}', "1:9", "no comments"),
    ('{"a":1,"a":2}', "1:8", 'key "a" is written twice'),
    ('{"a":1,"\\u0061":2}', "1:8", 'key "a" is written twice'),
    ('["\\x"]', "1:3", "\\x is no escape"),
    ('["\\u12"]', "1:3", "four hex digits"),
    ('["a\nb"]', "1:2", "not closed on its line"),
    ('["a\tb"]', "1:4", "control character 0x09"),
    ('["\\ud800"]', "1:2", "surrogate"),
    ("\ufeff{}", "1:1", "byte order mark"),
    ("[" * 10_000 + "]" * 10_000, f"1:{MAX_DEPTH + 1}", "nested deeper"),
    ('{"a":' * 10_000, f"1:{5 * MAX_DEPTH + 1}", "nested deeper"),
]


@pytest.mark.parametrize(("text", "place", "message"), BROKEN, ids=[repr(text[:24]) for text, _, _ in BROKEN])
def test_broken_text_is_located_and_explained(text: str, place: str, message: str) -> None:
    with pytest.raises(InvalidProject) as caught:
        parse(text, "f.json")
    assert caught.value.where == f"f.json:{place}"
    assert message in caught.value.message


def test_the_deepest_allowed_text_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse(text, "f").value == json.loads(text)


def test_brackets_inside_strings_are_no_nesting() -> None:
    text = json.dumps(["[{" * MAX_DEPTH, 'quote " and [' * MAX_DEPTH])
    assert parse(text, "f").value == json.loads(text)


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse('["\\ud83d\\ude00"]', "f").value == ["😀"]


def _random_value(dice: random.Random, depth: int) -> Any:
    kind = dice.randrange(8 if depth else 6)
    if kind < 6:
        text = "".join(dice.choice('ab"\\/\n\té😀${}[]:, ') for _ in range(dice.randrange(9)))
        return [text, dice.randrange(-(10**9), 10**9), dice.uniform(-1e6, 1e6), True, False, None][kind]
    items = [_random_value(dice, depth - 1) for _ in range(dice.randrange(5))]
    if kind == 6:
        return items
    return {f"{index}{_random_value(random.Random(index), 0)}": item for index, item in enumerate(items)}


def _pointers(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(found for key, item in items for found in _pointers(item, (*path, key)))]


def _offset(text: str, where: str) -> int:
    line, column = map(int, where.rsplit(":", 2)[1:])
    return sum(len(part) for part in text.split("\n")[: line - 1]) + line - 1 + column - 1


@pytest.mark.parametrize("seed", range(40))
def test_each_place_is_where_the_value_is_written(seed: int) -> None:
    dice = random.Random(seed)
    value = [_random_value(dice, 4) for _ in range(4)]
    text = json.dumps(value, indent=dice.choice([None, 1, 4]), ensure_ascii=dice.random() < 0.5)
    source = parse(text, "f")
    assert source.value == value
    for path, expected in _pointers(value):
        found, _ = json.JSONDecoder().raw_decode(text, _offset(text, source.where(path)))
        assert found == expected
        if path and isinstance(path[-1], str):
            key, _ = json.JSONDecoder().raw_decode(text, _offset(text, source.where(path, key=True)))
            assert key == path[-1]


@pytest.mark.parametrize("seed", range(150))
def test_damaged_text_is_refused_exactly_when_json_refuses_it(seed: int) -> None:
    dice = random.Random(seed)
    text = list(TEXT)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(text))
        text[at : at + dice.randrange(3)] = dice.choice(['"', "{", "]", ",", ":", "0", "", "\\", "\n"])
    damaged = "".join(text)
    try:
        expected = json.loads(damaged, object_pairs_hook=_without_duplicates)
    except ValueError:
        with pytest.raises(InvalidProject) as caught:
            parse(damaged, "f")
        assert caught.value.where is not None
        assert _offset(damaged, caught.value.where) <= len(damaged)
    else:
        assert parse(damaged, "f").value == expected


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("duplicate")
    return dict(pairs)


def test_the_corpus_of_definitions_reads_as_json_reads_it() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the shared corpus of definitions is not on this machine")
    files = sorted(CORPUS.rglob("*.json"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        try:
            expected = json.loads(text, object_pairs_hook=_without_duplicates)
        except ValueError:
            continue
        source = parse(text, file.name)
        assert source.value == expected
        for path, _ in _pointers(expected):
            assert source.where(path).startswith(f"{file.name}:")


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"\xef\xbb\xbf{}", ":1:1", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), ":1:1", "UTF-16"),
        (b'{\n"a": "\xc3\xa9\xff"}', ":2:8", "byte 0xff is not UTF-8"),
    ],
)
def test_files_in_other_encodings_are_named(tmp_path: Path, data: bytes, place: str, message: str) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(data)
    with pytest.raises(InvalidProject) as caught:
        load(file)
    assert caught.value.where == f"{file}{place}"
    assert message in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidProject, match="No such file") as caught:
        load(tmp_path / "none.json")
    assert caught.value.where == str(tmp_path / "none.json")


def test_names_are_relative_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "x.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path / "x.json").name == "x.json"
    monkeypatch.chdir(tmp_path / "sub")
    assert load(tmp_path / "x.json").name == str(tmp_path / "x.json")


def test_a_large_file_is_read_fast() -> None:
    states = {f"State{number}": {"Type": "Pass", "Result": {"n": [1, 2.5, None]}} for number in range(2600)}
    text = json.dumps({"States": states}, indent=2)
    assert len(text) > 300_000
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        parse(text, "f")
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05
