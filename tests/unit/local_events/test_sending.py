"""Deliveries, what is sent, and what the clock does."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from stepdeploy.local.events.alarm_message import region_name, subject_of
from stepdeploy.local.events.deliveries import Deliveries
from stepdeploy.local.events.eventbridge import Buses, clean
from stepdeploy.local.events.inputs import Missing, filled, input_for, value_at
from stepdeploy.local.events.s3 import Change
from stepdeploy.local.events.schedules import Schedules, rate_seconds
from stepdeploy.local.events.service import ALARM_SECONDS, alarm_seconds
from stepdeploy.local.events.sns import Message, text_for
from stepdeploy.local.events.targets import Targets, UnknownTarget
from stepdeploy.local.events.ticker import Ticker

EVENT = {
    "id": "1",
    "source": "s",
    "detail-type": "t",
    "time": "2015-11-11T21:29:54Z",
    "resources": ["arn:r"],
    "detail": {"instance-id": "i-1", "state": "RUNNING", "list": [{"x": "y"}], "quote": 'a"b'},
}
RULE = "arn:aws:events:us-east-1:123456789012:rule/example"


def wait_until(condition: Callable[[], object], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


class TestQueue:
    @pytest.fixture
    def deliveries(self) -> Iterator[Deliveries]:
        made = Deliveries(most=3)
        yield made
        made.close()

    def test_in_order_and_past_a_failure(self, deliveries: Deliveries, caplog: pytest.LogCaptureFixture) -> None:
        done: list[int] = []
        deliveries.put("first", lambda: done.append(1))
        deliveries.put("broken", lambda: done.append(1 // 0))
        deliveries.put("last", lambda: done.append(3))
        wait_until(lambda: not deliveries.running())
        assert done == [1, 3]
        assert "Not delivered: broken: ZeroDivisionError" in caplog.text

    def test_what_is_too_much_is_lost_and_said(self, deliveries: Deliveries, caplog: pytest.LogCaptureFixture) -> None:
        started, go = threading.Event(), threading.Event()
        done: list[int] = []

        def hold() -> None:
            started.set()
            go.wait(5)

        deliveries.put("held", hold)
        assert started.wait(5)
        for number in range(5):
            deliveries.put(f"number {number}", lambda number=number: done.append(number))
        assert deliveries.running() == 4, "one under way, three waiting"
        go.set()
        wait_until(lambda: not deliveries.running())
        assert done == [0, 1, 2]
        assert "number 3" in caplog.text

    def test_nothing_is_delivered_after_the_end(self, deliveries: Deliveries) -> None:
        deliveries.close()
        deliveries.put("late", lambda: pytest.fail("delivered"))
        assert deliveries.running() == 0


class TestInputs:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("$.time", "2015-11-11T21:29:54Z"),
            ("$.detail-type", "t"),
            ("$.detail.instance-id", "i-1"),
            ("$.detail.list[0].x", "y"),
            ("$['detail']['state']", "RUNNING"),
            ("$", EVENT),
        ],
    )
    def test_paths(self, path: str, value: Any) -> None:
        assert value_at(EVENT, path) == value

    @pytest.mark.parametrize("path", ["detail", "$.none", "$.resources[1]", "$.resources.x", "$.id[0]x", "$.a["])
    def test_paths_that_lead_nowhere(self, path: str) -> None:
        with pytest.raises(Missing):
            value_at(EVENT, path)

    @pytest.mark.parametrize(
        ("template", "text"),
        [
            ('"instance <i> is in <s>"', '"instance i-1 is in RUNNING"'),
            ('{"i": <i>, "s": "<s>"}', '{"i": "i-1", "s": "RUNNING"}'),
            (r'{"t": "instance \"<i>\" is in <s>"}', r'{"t": "instance \"i-1\" is in RUNNING"}'),
            ('{"s": [9, <s>, true]}', '{"s": [9, "RUNNING", true]}'),
            ('{"n": <aws.events.rule-name>, "l": <l>}', '{"n": "example", "l": [{"x": "y"}]}'),
            ('"list <l>"', '"list [{x: y}]"'),
            ('"<q>"', r'"a\"b"'),
            ('"<none>"', '""'),
        ],
    )
    def test_templates(self, template: str, text: str) -> None:
        paths = {
            "i": "$.detail.instance-id",
            "s": "$.detail.state",
            "l": "$.detail.list",
            "q": "$.detail.quote",
            "none": "$.none",
        }
        target = {"InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}
        assert input_for(target, EVENT, RULE) == text

    def test_the_whole_event(self) -> None:
        target = {"InputTransformer": {"InputTemplate": '{"e": <aws.events.event.json>}'}}
        assert json.loads(input_for(target, EVENT, RULE)) == {"e": EVENT}
        assert json.loads(input_for({}, EVENT, RULE)) == EVENT

    def test_a_template_without_variables(self) -> None:
        assert filled('{"a": "b <"}', {}) == '{"a": "b <"}'


def test_an_event_of_moto_becomes_one_of_aws() -> None:
    found = clean({"id": "1", "time": 1_700_000_000.5, "ingestion-time": 1.0, "detail": {}})
    assert found == {"id": "1", "time": "2023-11-14T22:13:20Z", "detail": {}}


class Sent(Targets):
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, Any]] = []

    def send(self, arn: str, text: str, parameters: Any = None) -> None:
        self.texts.append((arn, json.loads(text)))


class TestSchedules:
    @pytest.mark.parametrize(
        ("expression", "seconds"),
        [
            ("rate(1 minute)", 60),
            ("rate(5 minutes)", 300),
            ("rate(2 hours)", 7200),
            ("rate(1 day)", 86400),
            ("rate(0 minutes)", None),
            ("cron(0 1 * * ? *)", None),
            (None, None),
        ],
    )
    def test_rates(self, expression: str | None, seconds: int | None) -> None:
        assert rate_seconds(expression) == seconds

    def test_fires_once_a_period_while_enabled(self) -> None:
        sent, deliveries = Sent(), Deliveries()
        schedules = Schedules(Buses(sent, deliveries, lambda region, bus: []), "123456789012")
        rule = SimpleNamespace(
            name="example",
            arn=RULE,
            scheduled_expression="rate(1 minute)",
            state="ENABLED",
            region_name="us-east-1",
            targets=[{"Arn": "arn:aws:sqs:us-east-1:123456789012:q"}],
        )
        for now in (0, 59, 60, 61, 119, 120):
            schedules.tick([rule], now)
        rule.state = "DISABLED"
        schedules.tick([rule], 500)
        rule.state = "ENABLED"
        schedules.tick([rule], 501)
        wait_until(lambda: not deliveries.running())
        deliveries.close()
        assert len(sent.texts) == 2
        event = sent.texts[0][1]
        assert (event["source"], event["detail-type"], event["resources"]) == ("aws.events", "Scheduled Event", [RULE])
        assert event["detail"] == {}


class TestTicker:
    def test_a_job_that_fails_is_said_once_and_goes_on(self, caplog: pytest.LogCaptureFixture) -> None:
        ticker, runs = Ticker(), []

        def work() -> None:
            runs.append(1)
            if len(runs) < 4:
                raise ValueError("no")

        ticker.every("job", 0.001, work)
        with caplog.at_level(logging.ERROR):
            ticker.start()
            wait_until(lambda: len(runs) > 4)
            ticker.close()
        assert [record.message for record in caplog.records] == ["job failed"]


class TestMessages:
    def message(self, **changes: Any) -> Message:
        return Message("arn:aws:sns:eu-west-1:1:t", "arn:aws:sns:eu-west-1:1:t:s", "m-1", "text", **changes)

    def test_for_a_function_absent_values_are_there(self) -> None:
        sns = json.loads(self.message().for_function())["Records"][0]["Sns"]
        assert (sns["Subject"], sns["MessageAttributes"]) == (None, {})
        assert sns["SigningCertUrl"].startswith("https://sns.eu-west-1.amazonaws.com/")

    def test_for_a_queue_they_are_not(self) -> None:
        body = json.loads(self.message().for_queue())
        assert not {"Subject", "MessageAttributes"} & body.keys()
        assert body["SigningCertURL"].startswith("https://sns.eu-west-1.amazonaws.com/")

    def test_raw_attributes(self) -> None:
        found = self.message(attributes={"a": {"Type": "Number", "Value": "1"}, "b": {"Type": "Binary", "Value": "eA"}})
        assert found.raw_attributes() == {
            "a": {"DataType": "Number", "StringValue": "1"},
            "b": {"DataType": "Binary", "BinaryValue": "eA"},
        }

    @pytest.mark.parametrize(
        ("text", "expected"),
        [('{"default": "d"}', "d"), ('{"default": "d", "sqs": "s"}', "s"), ("{}", None), ("[]", None), ("x", None)],
    )
    def test_texts_by_protocol(self, text: str, expected: str | None) -> None:
        assert text_for("sqs", text) == expected


def test_an_object_that_is_gone_is_not_read() -> None:
    bucket = SimpleNamespace(name="b", arn="arn:aws:s3:::b", region_name="us-east-1")
    change = Change.of("s3:ObjectRemoved:Delete", bucket, SimpleNamespace(name="k", version_id="null"))
    about = change.detail("123456789012")
    assert set(about["object"]) == {"key", "sequencer"}
    assert (about["reason"], about["deletion-type"]) == ("DeleteObject", "Permanently Deleted")


def test_targets_that_are_not_known() -> None:
    world: Any = None
    with pytest.raises(UnknownTarget, match="kinesis"):
        Targets(world).send("arn:aws:kinesis:us-east-1:123456789012:stream/s", "{}")


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, ALARM_SECONDS), ("0", 0), ("2.5", 2.5), ("x", ALARM_SECONDS), ("-1", ALARM_SECONDS)]
)
def test_the_interval_of_alarms(text: str | None, seconds: float) -> None:
    assert alarm_seconds(text) == seconds


def test_names_of_regions_and_long_subjects() -> None:
    assert region_name("eu-central-1") == "Europe (Frankfurt)"
    assert region_name("mars-north-1") == "mars-north-1"
    subject = subject_of(SimpleNamespace(state_value="ALARM", name="n" * 200, region_name="us-east-1"))
    assert len(subject) == 100
