"""`${name}` in JSON strings: found, replaced with its type, resolved later."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from stepdeploy.errors import InvalidProject
from stepdeploy.jsonsource import parse
from stepdeploy.references import (
    KINDS,
    Pending,
    Ref,
    UnresolvedReference,
    check_unused,
    find,
    nearest,
    refs_in,
    resolve,
    substitute,
)

ARN = Ref("function:charge", "version_arn")
VALUES: dict[str, Any] = {
    "env": "dev",
    "aws:region": "eu-west-1",
    "threshold": 95,
    "ratio": 0.5,
    "on": True,
    "nothing": None,
    "list": [1, "two"],
    "object": {"a": 1},
    "literal": "${env}",
    "function:charge": ARN,
    "queue:jobs.url": Pending(("https://", Ref("queue:jobs", "host"))),
}


def lookup(name: str) -> Any:
    return VALUES[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$ {env} $env {env}", "$ {env} $env {env}"),
        ("${threshold}", 95),
        ("${ratio}", 0.5),
        ("${on}", True),
        ("${nothing}", None),
        ("${list}", [1, "two"]),
        ("${object}", {"a": 1}),
        ("${function:charge}", ARN),
        ("over ${threshold} %", "over 95 %"),
        ("${on}/${ratio}", "true/0.5"),
        ("${env}-${aws:region}", "dev-eu-west-1"),
        ("${!env}", "${env}"),
        ("${!aws:username}/${env}", "${aws:username}/dev"),
        ("$${env}", "$dev"),
        ("${literal}!", "${env}!"),
        ("<${function:charge}>", Pending(("<", ARN, ">"))),
        ("${env} ${env}${function:charge}", Pending(("dev dev", ARN))),
        ("${queue:jobs.url}/x", Pending(("https://", Ref("queue:jobs", "host"), "/x"))),
    ],
)
def test_what_a_string_becomes(text: str, expected: Any) -> None:
    assert substitute({"k": [text]}, lookup) == {"k": [expected]}
    found = substitute({"k": [text]}, lookup)["k"][0]
    assert type(found) is type(expected)


def test_keys_and_the_given_value_stay_as_they_are() -> None:
    given = {"${env}": {"inner": ["${env}", 1, None]}}
    assert substitute(given, lookup) == {"${env}": {"inner": ["dev", 1, None]}}
    assert given == {"${env}": {"inner": ["${env}", 1, None]}}


def test_all_problems_are_reported_with_places_and_nearest_names() -> None:
    source = parse('{\n "a": "${treshold}",\n "b": ["x${list}", "${nothing}y", "${1x}", "${env"]\n}', "f.json")
    with pytest.raises(InvalidProject) as caught:
        substitute(source, lookup, VALUES)
    problems = [(problem.where, problem.message) for problem in caught.value.problems]
    assert problems == [
        ("f.json:2:7", "unknown name 'treshold'"),
        ("f.json:3:8", "'list' is an array and cannot stand inside text"),
        ("f.json:3:20", "'nothing' is null and cannot stand inside text"),
        ("f.json:3:35", "'${1x}' is no reference"),
        ("f.json:3:44", "'${' has no '}'"),
    ]
    assert caught.value.problems[0].hint == "Did you mean 'threshold'?"
    assert caught.value.where == "f.json:2:7"
    assert "4 more" in caught.value.message


def test_a_part_of_a_file_is_located_in_the_file() -> None:
    source = parse('{"alarms": {"slow": {"actions": ["${topic:none}"]}}}', "p.json")
    part = source.value["alarms"]["slow"]
    with pytest.raises(InvalidProject) as caught:
        substitute(part, lookup, source=source, pointer="/alarms/slow")
    assert caught.value.where == source.where("/alarms/slow/actions/0")


def test_without_a_source_there_is_no_place() -> None:
    with pytest.raises(InvalidProject) as caught:
        substitute("${none}", lookup)
    assert caught.value.where is None


def test_find_lists_names_in_order_and_skips_literals() -> None:
    source = parse('{"b": "${x}-${table:orders.arn}", "${k}": ["${!no}", {"/": "${aws:account}"}]}', "f")
    assert [(found.name, found.pointer) for found in find(source)] == [
        ("x", "/b"),
        ("table:orders.arn", "/b"),
        ("aws:account", "/${k}/1/~1"),
    ]
    assert find(source)[0].where == "f:1:7"


@pytest.mark.parametrize(
    "name", ["", " env", "a b", "9x", "aws:zone", "lambda:x", "table:", "table:a.B", "table:a.b.c"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidProject, match="is no reference"):
        find(parse(json.dumps(["${" + name + "}"]), "f"))


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_may_be_named(kind: str) -> None:
    assert [found.name for found in find(parse(json.dumps(["${" + kind + ":my-key_1.arn}"]), "f"))] == [
        f"{kind}:my-key_1.arn"
    ]


def test_unused_parameters() -> None:
    problems = check_unused({"a": "p.json:3:5", "b": "p.json:4:5"}, {"a", "env"})
    assert [(problem.where, problem.message) for problem in problems] == [
        ("p.json:4:5", "parameter 'b' is declared and never used")
    ]
    assert check_unused({"a": "x"}, {"a"}) == []


def test_resolve_replaces_refs_and_joins_pending_text() -> None:
    outputs = {"function:charge": {"version_arn": "arn:7"}, "queue:jobs": {"host": "q", "size": 3}}
    value = {"a": [ARN, Pending(("x ", ARN, " y"))], "b": Ref("queue:jobs", "size"), "c": 1}
    assert resolve(value, outputs) == {"a": ["arn:7", "x arn:7 y"], "b": 3, "c": 1}


def test_an_open_ref_says_where_it_stands() -> None:
    for open_value in (ARN, Pending(("x", ARN))):
        with pytest.raises(UnresolvedReference) as caught:
            resolve({"a/b": [0, open_value]}, {"function:charge": {}})
        assert caught.value.pointer == "/a~1b/1"
        assert caught.value.ref == ARN


def test_refs_are_found_everywhere() -> None:
    @dataclass(frozen=True)
    class Wrapped:
        value: Any
        other: int = 0

    host = Ref("queue:jobs", "host")
    assert refs_in({"a": [ARN, "x"], "b": Wrapped({"c": Pending(("x", host))})}) == {ARN, host}
    assert refs_in({"a": [], "b": {}, "c": None}) == set()


def test_nearest() -> None:
    assert nearest("memory", ["memory_mb", "timeout"]) == "Did you mean 'memory_mb'?"
    assert nearest("NAME", ["name"]) == "Did you mean 'name'?"
    assert nearest("zzz", ["name"]) is None
