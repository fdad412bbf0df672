"""The input of an execution from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stepdeploy.errors import UsageError
from stepdeploy.inputs import build_input, check_input

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["company_name"],
    "properties": {"company_name": {"type": "string", "minLength": 1}, "live": {"type": "boolean"}},
    "additionalProperties": False,
}


def build(payload: str | None = None, *, live: bool = False, stdin: str = "", **fields: str) -> dict[str, Any]:
    given = {name: fields.get(name) for name in ("company", "website", "symbol")}
    return build_input(**given, payload=payload, live=live, read_stdin=lambda: stdin)


def test_only_what_is_given_is_there() -> None:
    assert build() == {}
    assert build(company="Apple", symbol="AAPL") == {"company_name": "Apple", "stock_symbol": "AAPL"}
    assert build(website="https://x", live=True) == {"website_url": "https://x", "live": True}


def test_named_fields_stand_above_the_payload() -> None:
    assert build('{"company_name": "A", "n": 1}', company="B") == {"company_name": "B", "n": 1}
    assert build('{"live": true}') == {"live": True}


def test_payload_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"a": "é"}', encoding="utf-8")
    assert build(f"@{file}") == {"a": "é"}
    assert build("-", stdin='{"b": 2}') == {"b": 2}


@pytest.mark.parametrize(
    ("payload", "where"),
    [("{", "--input:1:"), ('{"a": NaN}', "--input:1:"), ("", "--input:1:"), ('{"a": 1, "a": 2}', "--input:1:")],
)
def test_broken_json_is_told_with_its_place(payload: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(payload)
    assert (caught.value.where or "").startswith(where)


def test_broken_standard_input_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        build("-", stdin="[1")
    assert (caught.value.where or "").startswith("standard input:1:")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        build(f"@{tmp_path / 'none.json'}")
    with pytest.raises(UsageError, match="cannot be read"):
        build(f"@{tmp_path}")
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError):
        build(f"@{binary}")


@pytest.mark.parametrize("payload", ["[]", "1", "null", '"text"'])
def test_an_input_is_an_object(payload: str) -> None:
    with pytest.raises(UsageError, match="must be a JSON object"):
        build(payload)


def test_without_a_schema_everything_goes() -> None:
    check_input({"anything": 1}, None)


def test_what_fits_the_schema_passes() -> None:
    check_input({"company_name": "Apple"}, SCHEMA)


@pytest.mark.parametrize(
    ("data", "words"),
    [({}, "company_name"), ({"company_name": ""}, "company_name"), ({"company_name": "A", "lvie": True}, "lvie")],
)
def test_what_does_not_fit_is_told_in_words(data: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match="the input is not what the pipeline takes") as caught:
        check_input(data, SCHEMA)
    assert words in caught.value.message


def test_all_violations_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        check_input({"company_name": 5, "extra": 1}, SCHEMA)
    assert "company_name" in caught.value.message and "extra" in caught.value.message
