"""Log lines: which are asked for, which are shown, how they read."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from stepdeploy import logs
from stepdeploy.errors import NotFound, UsageError
from tests.unit.fake_aws import GONE, FakeAws

NOW = 1_800_000_000.0


def event(number: int, seconds_ago: float = 0, text: str = "line\n") -> dict[str, Any]:
    moment = int((NOW - seconds_ago) * 1000)
    return {"eventId": str(number), "timestamp": moment, "logStreamName": "s", "message": text}


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("0s", 0)])
def test_time_spans(text: str, seconds: int) -> None:
    assert logs.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "-1m", "1.5h", "1w", "1h ", "1 h"])
def test_what_is_no_time_span(text: str) -> None:
    with pytest.raises(UsageError, match="is no time span"):
        logs.seconds_of(text)


def read(aws: FakeAws, *, since: int = 60, limit: int = 10, **more: Any) -> Any:
    return logs.read(aws, "g", since=since, limit=limit, now=lambda: NOW, **{"follow": False, **more})


def test_the_newest_lines_in_order_of_time() -> None:
    aws = FakeAws({"logs:filter_log_events": {"events": [event(1, 10), event(3, 1), event(2, 5)]}})
    assert [line["message"] for line in read(aws)] == ["line"] * 3
    found = [line["time"].timestamp() for line in read(aws, limit=2)]
    assert found == [NOW - 5, NOW - 1]
    assert aws.made[0][1] == {"logGroupName": "g", "startTime": int((NOW - 60) * 1000)}


@pytest.mark.parametrize(("text", "pattern"), [("run-1", '"run-1"'), ('a "b"', r'"a \"b\""'), ("a\\b", r'"a\\b"')])
def test_a_text_to_look_for_is_a_literal(text: str, pattern: str) -> None:
    aws = FakeAws({"logs:filter_log_events": {"events": []}})
    assert list(read(aws, contains=text)) == []
    assert aws.made[0][1]["filterPattern"] == pattern


def test_a_span_longer_than_time_itself_starts_at_its_beginning() -> None:
    aws = FakeAws({"logs:filter_log_events": {"events": []}})
    list(read(aws, since=10**12))
    assert aws.made[0][1]["startTime"] == 0


def test_a_group_that_does_not_exist_says_what_to_do() -> None:
    with pytest.raises(NotFound, match="there is no log group g") as caught:
        list(read(FakeAws({"logs:filter_log_events": GONE})))
    assert caught.value.hint == "Run deploy first."


def test_following_shows_late_lines_and_none_twice() -> None:
    polls: list[dict[str, Any]] = [
        {"events": [event(1, 5)]},
        {"events": [event(1, 5), event(3, 0)]},
        {"events": [event(2, 2), event(3, 0), event(4, 0)]},
    ]
    naps: list[float] = []
    answers = iter(polls)
    aws = FakeAws({"logs:filter_log_events": lambda **params: next(answers)})
    found = read(aws, follow=True, sleep=naps.append, since=5)
    seconds = [line["time"].timestamp() for line in islice(found, 4)]
    assert seconds == [NOW - 5, NOW, NOW - 2, NOW]
    assert naps == [1.0, 1.0]


def test_following_looks_back_half_a_minute_and_no_further() -> None:
    answers = iter([{"events": []}, {"events": [event(1)]}])
    aws = FakeAws({"logs:filter_log_events": lambda **params: next(answers)})
    next(read(aws, follow=True, sleep=lambda seconds: None, since=3600))
    assert [params["startTime"] for _, params in aws.made] == [int((NOW - 3600) * 1000), int((NOW - 30) * 1000)]


RUN = "arn:aws:states:eu-west-1:111122223333:execution:M:run-1"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"execution_arn": RUN, "type": "TaskFailed",
             "details": {"resource": "invoke", "error": "Boom", "cause": '{"errorMessage": "it broke"}'}},
            "run-1  TaskFailed  invoke  Boom  it broke",
        ),
        ({"execution_arn": RUN, "type": "PassStateEntered", "details": {"name": "Done"}}, "run-1  PassStateEntered  Done"),
        ({"execution_arn": RUN, "type": "ExecutionStarted"}, "run-1  ExecutionStarted"),
        ({"execution_arn": RUN, "type": "X", "details": "words"}, "run-1  X"),
        ({"execution_arn": RUN, "type": "X", "details": {"cause": {"a": 1}}}, "run-1  X  {'a': 1}"),
        ({"level": "INFO", "message": "found", "function": "f", "company": "a"}, "[INFO] found  company=a"),
        ({"level": "INFO", "message": "found"}, "[INFO] found"),
    ],
)  # fmt: skip
def test_structured_lines_are_told_in_words(data: dict[str, Any], text: str) -> None:
    assert logs.readable(json.dumps(data)) == text


@pytest.mark.parametrize(
    "message",
    ["START RequestId: 1", "", "[1, 2]", "12", "{", '{"a": 1}', '{"execution_arn": null, "type": "X"}', "[" * 100_000],
    ids=lambda text: text[:20],
)
def test_other_lines_stay_as_they_are(message: str) -> None:
    assert logs.readable(message) == message
