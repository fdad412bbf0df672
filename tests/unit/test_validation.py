"""What AWS says of a definition, put in its place; and what is done when it cannot be asked."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from stepdeploy.aws.session import Session
from stepdeploy.errors import AccessDenied, Unreachable
from stepdeploy.jsonsource import Source
from stepdeploy.validation import MOST, Definition, ask_aws, pointer_of

TEXT = '{\n "StartAt": "A/B[0]",\n "States": {\n  "A/B[0]": {"Type": "Pass", "Next": "X"}\n }\n}'


def a_definition(text: str = TEXT) -> Definition:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return Definition(text, value, "EXPRESS", Source(None, "m.asl.json", text))


class Fake:
    """A session that gives one answer, or raises it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        self.asked.append((service, operation, params))
        if isinstance(self.answer, Exception):
            raise self.answer
        return cast(dict[str, Any], self.answer)


def ask(answer: Any, text: str = TEXT) -> tuple[Any, list[str], Fake]:
    fake = Fake(answer)
    found, notes = ask_aws(lambda: cast(Session, fake), [a_definition(text)])
    return found, notes, fake


def diagnostic(severity: str, location: str | None) -> dict[str, Any]:
    found = {"severity": severity, "code": "MISSING_TRANSITION_TARGET", "message": "Missing 'Next' target: X"}
    return found | ({"location": location} if location else {})


def test_warnings_are_asked_for_and_the_type_is_told() -> None:
    _, _, fake = ask({"result": "OK", "diagnostics": []})
    ((service, operation, params),) = fake.asked
    assert (service, operation) == ("stepfunctions", "validate_state_machine_definition")
    assert params == {"definition": TEXT, "type": "EXPRESS", "severity": "WARNING", "maxResults": MOST}


def test_a_diagnostic_is_placed_and_marked() -> None:
    found, notes, _ = ask({"diagnostics": [diagnostic("ERROR", "/States/A/B[0]/Next"), diagnostic("WARNING", None)]})
    first, second = found
    assert (first.where, first.by, first.finding.severity) == ("m.asl.json:4:38", "AWS", "error")
    assert (second.where, second.finding.severity, notes) == ("m.asl.json:1:1", "warning", [])


def test_of_what_is_no_json_the_place_is_the_top() -> None:
    found, _, _ = ask({"diagnostics": [diagnostic("ERROR", None)]}, "{")
    assert found[0].where == "m.asl.json:1:1"


def test_more_than_aws_gives_is_said() -> None:
    _, notes, _ = ask({"diagnostics": [], "truncated": True})
    assert "more than 100" in notes[0] and "m.asl.json" in notes[0]


@pytest.mark.parametrize("error", [AccessDenied("not allowed", hint="Ask."), Unreachable("no AWS credentials")])
def test_without_permission_or_credentials_it_goes_on_and_says_so(error: Exception) -> None:
    found, notes, _ = ask(error)
    assert found == [] and notes[0].startswith("AWS was not asked: ") and str(error) in notes[0]


@pytest.mark.parametrize(
    ("location", "pointer"),
    [
        ("/", ()),
        ("/States/A/B[0]/Next", ("States", "A/B[0]", "Next")),
        ("/States/Gone/Next", ("States",)),
        ("/States/A/B[0]/Choices[7]", ("States", "A/B[0]")),
        ("null", ()),
    ],
)
def test_names_may_hold_what_locations_are_made_of(location: str, pointer: tuple[str, ...]) -> None:
    assert pointer_of(json.loads(TEXT), location) == pointer
