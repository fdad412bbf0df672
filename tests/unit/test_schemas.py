"""The shipped schemas: sound, described, with the defaults that are used; and errors in plain words."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import jsonschema
import pytest

from stepdeploy import schema
from stepdeploy.jsonsource import parse
from stepdeploy.settings.build import DEFAULT_LAMBDA
from stepdeploy.settings.model import Function, Local, Machine

KINDS = ("project", "environment", "function", "policy", "smoke")


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_sound(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.shipped(kind))


def _fixed_objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for item in node.values():
            yield from _fixed_objects(item)


@pytest.mark.parametrize("kind", KINDS)
def test_no_object_takes_unknown_keys(kind: str) -> None:
    objects = list(_fixed_objects(schema.shipped(kind)))
    assert objects
    assert all(node.get("additionalProperties") is False for node in objects)


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_have_words(kind: str) -> None:
    def patterns(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str) and node["pattern"].startswith("^"):
                yield node
            for key, item in node.items():
                yield from patterns(item) if key != "not" else ()

    assert all("form" in node for node in patterns(schema.shipped(kind)))


@pytest.mark.parametrize(
    ("kind", "path", "model"),
    [
        ("function", (), Function),
        ("project", ("state_machines",), Machine),
        ("environment", ("local",), Local),
    ],
)
def test_defaults_are_those_of_the_settings(kind: str, path: tuple[str, ...], model: Any) -> None:
    node = schema.shipped(kind)
    for name in path:
        node = node["properties"][name]
        node = node if "properties" in node else node["additionalProperties"]
    documented = {name: item["default"] for name, item in node["properties"].items() if "default" in item}
    used = {field.name: field.default for field in fields(model) if field.default not in (MISSING, None, ())}
    assert documented == used


def test_defaults_of_lambda() -> None:
    properties = schema.shipped("project")["properties"]["lambda"]["properties"]
    assert {name: item["default"] for name, item in properties.items()} == DEFAULT_LAMBDA


def words(rules: dict[str, Any], value: Any) -> list[str]:
    found = schema.problems(parse(json.dumps(value), "f"), rules)
    return [problem.message for problem in found]


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ({"type": "string"}, 3, "the file must be a string, not 3"),
        ({"type": ["string", "null"]}, True, "the file must be a string or null, not true"),
        ({"type": "integer"}, 256.0, "the file must be a whole number, not 256.0"),
        ({"type": "integer"}, True, "the file must be a whole number, not true"),
        ({"enum": ["a", 1]}, "b", "the file must be one of 'a', 1, not 'b'"),
        ({"const": "x"}, "y", "the file must be 'x', not 'y'"),
        ({"pattern": "^a$", "form": "one a"}, "b", "the file must be one a, not 'b'"),
        ({"pattern": "^a$"}, "b", "the file must match ^a$, and 'b' does not"),
        ({"minimum": 1}, 0, "the file must be at least 1, not 0"),
        ({"maximum": 1}, 2, "the file must be at most 1, not 2"),
        ({"exclusiveMinimum": 0}, 0, "the file must be more than 0, not 0"),
        ({"exclusiveMaximum": 0}, 0, "the file must be less than 0, not 0"),
        ({"multipleOf": 60}, 61, "the file must be a multiple of 60, not 61"),
        ({"minLength": 1}, "", "the file must not be empty"),
        ({"minLength": 2}, "a", "the file must have at least 2 characters, not 1"),
        ({"maxLength": 2}, "abc", "the file is 3 characters long; at most 2 are allowed"),
        ({"minItems": 1}, [], "the file must have at least 1 items, not 0"),
        ({"maxItems": 1}, [1, 2], "the file has 2 items; at most 1 are allowed"),
        ({"uniqueItems": True}, [1, 1], "the file names an item twice"),
        ({"minProperties": 1}, {}, "the file must have at least 1 entries, not 0"),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, 1, "the file must be a string or a list, not 1"),
        ({"required": ["a"]}, {}, "the file lacks 'a'"),
        ({"properties": {"a": {"required": ["b"]}}}, {"a": {}}, "a lacks 'b'"),
        ({"propertyNames": {"pattern": "^a", "form": "an a"}}, {"b": 1}, "'b' cannot be a name here: it must be an a, not 'b'"),
        ({"type": "string"}, list(range(99)), "the file must be a string, not [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16..."),
        ({"not": {"type": "string"}}, "x", "the file must not be 'x'"),
    ],
)  # fmt: skip
def test_violations_in_plain_words(rules: dict[str, Any], value: Any, message: str) -> None:
    assert words(rules, value) == [message]


def test_several_missing_keys_are_each_named_once() -> None:
    assert sorted(words({"required": ["a", "b", "c"]}, {"b": 1})) == ["the file lacks 'a'", "the file lacks 'c'"]


def test_a_schema_file_that_is_no_schema() -> None:
    source = parse('{"type": "strin", "properties": {"a": {"minLength": -1}}}', "s.json")
    places = [problem.where for problem in schema.schema_problems(source)]
    assert source.where("/type") in places
    assert source.where("/properties/a/minLength") in places
    assert schema.schema_problems(parse('{"type": "object"}', "s")) == []
