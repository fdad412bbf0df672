"""EnqueueCompanies: requests and dropped lists become one message a company."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import jsonschema
import pytest
from common import aws

from stepdeploy.company_list import Company

from .conftest import BUCKET

FOLDER = Path(__file__).parents[3] / "lambdas" / "enqueue_companies"
SOURCE = "company-data-extraction.test"
REQUEST = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "stock_symbol": "AAPL"}
TOKEN = Company(1, "apple-inc", REQUEST).token("20261123")
LIST = "company_name,website_url\nAlpha,https://alpha.example\nBroken,nowhere\nBeta,https://beta.example\n"


class Intake:
    """The function, and what came of its work."""

    def __init__(self, handler: ModuleType) -> None:
        self._handler = handler
        self.sqs = boto3.client("sqs")
        self.s3 = boto3.client("s3")
        attributes = {"FifoQueue": "true"}
        self.url = self.sqs.create_queue(QueueName="requests.fifo", Attributes=attributes)["QueueUrl"]
        topic = boto3.client("sns").create_topic(Name="failures")["TopicArn"]
        told = self.sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=told, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.topic, self.told = topic, told

    def call(self, *bodies: Any) -> list[str]:
        """The ids of failed messages: m0, m1 ..."""
        records = [
            {"messageId": f"m{number}", "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
        jsonschema.validate({"Records": records}, json.loads((FOLDER / "event.schema.json").read_text()))
        result = self._handler.lambda_handler({"Records": records}, None)
        jsonschema.validate(result, json.loads((FOLDER / "result.schema.json").read_text()))
        return [item["itemIdentifier"] for item in result["batchItemFailures"]]

    def drop(self, key: str, body: str) -> dict[str, Any]:
        """Put an object; gives S3's event."""
        version = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())["VersionId"]
        return created(key, len(body), **{"version-id": version})

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=60
        ).get("Messages"):
            for message in batch:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            found += batch
        return found

    def notice(self) -> dict[str, Any] | None:
        found = self.sqs.receive_message(QueueUrl=self.told).get("Messages")
        return json.loads(found[0]["Body"]) if found else None

    def report(self, key: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


@pytest.fixture
def intake(
    cloud: None, function: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Intake]:
    found = Intake(function("enqueue_companies", "handler"))
    monkeypatch.setenv("QUEUE_URL", found.url)
    monkeypatch.setenv("QUEUE_GROUPS", '{"high": 8, "normal": 4, "low": 2}')
    monkeypatch.setenv("TOPIC_ARN", found.topic)
    monkeypatch.setenv("EVENT_SOURCE", SOURCE)
    yield found


def asked(time: str = "2026-11-23T12:00:00Z", **detail: Any) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "detail-type": "CompanyRequested",
        "time": time,
        "detail": {"request": REQUEST, "priority": "normal", **detail},
    }


def created(key: str, size: int, bucket: str = BUCKET, **more: Any) -> dict[str, Any]:
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "size": size, **more}}
    return {"source": "aws.s3", "detail-type": "Object Created", "time": "2026-11-23T12:00:00Z", "detail": detail}


def test_a_request_becomes_a_message_with_the_token_that_the_tool_prints(intake: Intake) -> None:
    assert intake.call(asked()) == []
    (message,) = intake.messages()
    assert json.loads(message["Body"]) == {
        "token": TOKEN,
        "company_id": "apple-inc",
        "request": REQUEST,
        "priority": "normal",
    }
    assert message["Attributes"]["MessageDeduplicationId"] == TOKEN
    assert message["Attributes"]["MessageGroupId"] in {f"normal-{shard}" for shard in range(4)}


def test_a_request_that_comes_twice_is_one_message(intake: Intake) -> None:
    assert intake.call(asked(), asked(priority="high")) == []
    assert len(intake.messages()) == 1


def test_the_day_is_the_events_not_the_clocks(intake: Intake) -> None:
    """A message that comes again after midnight has the same token; times are told in UTC."""
    intake.call(asked("2026-11-23T23:30:00-01:00"), asked("2026-11-24T05:00:00Z"))
    (message,) = intake.messages()
    assert json.loads(message["Body"])["token"] == Company(1, "apple-inc", REQUEST).token("20261124")


def test_a_salt_makes_another_run(intake: Intake) -> None:
    assert intake.call(asked(salt="again"), asked()) == []
    assert {json.loads(message["Body"])["token"] for message in intake.messages()} == {
        TOKEN,
        Company(1, "apple-inc", REQUEST).token("20261123", "again"),
    }


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        {},
        {**asked(), "source": "someone.else"},
        {**asked(), "time": "yesterday"},
        {**asked(), "detail": None},
        asked(request={"company_name": "A"}),
        asked(priority="urgent"),
        asked(salt=1),
        created("intake/a.csv", 1, bucket="another-bucket"),
        {**created("intake/a.csv", 1), "detail": {}},
    ],
    ids=lambda body: json.dumps(body)[:50],
)
def test_an_event_that_cannot_be_used_comes_back_alone(intake: Intake, body: Any) -> None:
    assert intake.call(body, asked()) == ["m0"]
    assert len(intake.messages()) == 1


def test_a_list_becomes_a_message_a_company_and_a_report_of_bad_lines(intake: Intake) -> None:
    assert intake.call(intake.drop("intake/low/monday.csv", LIST)) == []
    bodies = [json.loads(message["Body"]) for message in intake.messages()]
    assert {(body["company_id"], body["priority"]) for body in bodies} == {("alpha", "low"), ("beta", "low")}
    report = intake.report("intake-reports/low/monday.csv.json")
    assert (report["enqueued"], [item["line"] for item in report["bad_lines"]]) == (2, [3])
    notice = intake.notice()
    assert notice and notice["Subject"] == "List monday.csv: 1 bad lines"
    assert "line 3: website_url" in notice["Message"]


def test_a_sound_list_is_not_reported(intake: Intake) -> None:
    intake.call(intake.drop("intake/a.jsonl", json.dumps(REQUEST)))
    assert len(intake.messages()) == 1
    assert intake.notice() is None


def test_a_list_of_no_use_is_reported_and_does_not_come_back(intake: Intake) -> None:
    assert intake.call(intake.drop("intake/a.csv", "name,site\nA,https://a.example\n")) == []
    assert intake.messages() == []
    (bad,) = intake.report("intake-reports/a.csv.json")["bad_lines"]
    assert bad["line"] == 1 and "unknown columns 'name', 'site'" in bad["problem"]
    notice = intake.notice()
    assert notice and "- line 1: unknown columns" in notice["Message"]


def test_the_columns_of_a_list_reach_the_queue(intake: Intake) -> None:
    text = "company_name,website_url,force,cache_ttl_hours\nApple Inc,https://www.apple.com,TRUE,12\n"
    assert intake.call(intake.drop("intake/a.csv", text)) == []
    (message,) = intake.messages()
    wanted = {"company_name": "Apple Inc", "website_url": "https://www.apple.com", "force": True, "cache_ttl_hours": 12}
    assert json.loads(message["Body"])["request"] == wanted


def test_the_version_that_was_dropped_is_read(intake: Intake) -> None:
    event = intake.drop("intake/a.csv", LIST)
    intake.drop("intake/a.csv", "company_name,website_url\nGamma,https://gamma.example\n")
    intake.call(event)
    assert {json.loads(message["Body"])["company_id"] for message in intake.messages()} == {"alpha", "beta"}


@pytest.mark.parametrize("key", ["intake/readme.txt", "intake/", "companies/a.csv", "intake-reports/a.csv"])
def test_what_is_no_list_is_left_alone(intake: Intake, key: str) -> None:
    assert intake.call(intake.drop(key, LIST)) == []
    assert intake.messages() == []


def test_a_list_that_is_too_large_is_not_read(intake: Intake) -> None:
    assert intake.call(created("intake/huge.csv", 2**31)) == []
    assert "bytes" in intake.report("intake-reports/huge.csv.json")["bad_lines"][0]["problem"]


def test_a_list_that_is_gone_comes_back(intake: Intake) -> None:
    assert intake.call(created("intake/gone.csv", 10)) == ["m0"]


def test_every_company_of_a_long_list_is_sent(intake: Intake) -> None:
    lines = "".join(f"Company {number},https://c.example\n" for number in range(95))
    assert intake.call(intake.drop("intake/long.csv", "company_name,website_url\n" + lines)) == []
    messages = intake.messages()
    assert len({json.loads(message["Body"])["token"] for message in messages}) == len(messages) == 95
    assert len({message["Attributes"]["MessageGroupId"] for message in messages}) == 4


class PartlyRefusing:
    """SQS that refuses some entries of a batch so often."""

    def __init__(self, real: Any, refusals: int) -> None:
        self.real, self.refusals = real, refusals

    def send_message_batch(self, **params: Any) -> Any:
        self.refusals -= 1
        if self.refusals < 0:
            return self.real.send_message_batch(**params)
        rest, last = params["Entries"][:-1], params["Entries"][-1]
        answer = self.real.send_message_batch(**{**params, "Entries": rest}) if rest else {}
        return {**answer, "Failed": [{"Id": last["Id"], "Code": "InternalError", "SenderFault": False}]}


@pytest.mark.parametrize(("refusals", "failed"), [(2, []), (3, ["m0"])])
def test_what_sqs_did_not_take_is_sent_again(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, refusals: int, failed: list[str]
) -> None:
    real = aws.client
    sqs = PartlyRefusing(intake.sqs, refusals)
    event = intake.drop("intake/a.csv", LIST.replace("nowhere", "https://broken.example"))
    monkeypatch.setattr(aws, "client", lambda service: sqs if service == "sqs" else real(service))
    assert intake.call(event) == failed
    assert len(intake.messages()) == (2 if failed else 3)
    monkeypatch.setattr(aws, "client", real)


@pytest.mark.parametrize(
    "groups", ["", "{}", "[]", '{"high": 1, "normal": 0, "low": 1}', '{"high": 1, "normal": "x", "low": 1}']
)
def test_groups_that_cannot_be_used_are_told(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], groups: str
) -> None:
    monkeypatch.setenv("QUEUE_GROUPS", groups)
    assert intake.call(asked()) == ["m0"]
    assert "ConfigurationError" in capsys.readouterr().out
