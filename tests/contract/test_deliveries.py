"""What AWS services send each other on their own: deliveries, metrics and alarms, seen over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stepdeploy.local import manager

from .conftest import Clients, boto_client
from .states_account import ACCOUNT, PASS, Account, refused, unique
from .test_lambda import make

QUEUES = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
FUNCTIONS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
PRINTS = "import json\ndef handler(event, context):\n    print('EVENT ' + json.dumps(event))\n    return event\n"


@pytest.fixture(scope="module")
def account(aws: Clients) -> Account:
    return Account(aws)


def eventually(read: Callable[[], Any], seconds: float = 15) -> Any:
    """What `read` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


class Queue:
    """A queue of its own, with the messages that come."""

    def __init__(self, aws: Clients, suffix: str = "", **attributes: str) -> None:
        self.name = unique() + suffix
        self.arn = QUEUES + self.name
        self._sqs = aws("sqs")
        self.url = self._sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def message(self) -> dict[str, Any]:
        """The next message; waits for it."""
        found = self._sqs.receive_message(
            QueueUrl=self.url, WaitTimeSeconds=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        assert found.get("Messages"), "no message came"
        message: dict[str, Any] = found["Messages"][0]
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def body(self) -> Any:
        return json.loads(self.message()["Body"])

    def count(self) -> int:
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])


def seen_by(aws: Clients, function: str) -> Any:
    """The first event that a function which PRINTS was given; waits for it."""

    def read() -> list[str]:
        try:
            found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern="EVENT")
        except ClientError:
            return []  # no log group yet
        return [event["message"] for event in found["events"] if event["message"].startswith("EVENT ")]

    return json.loads(eventually(read)[0].removeprefix("EVENT "))


# Amazon SNS -----------------------------------------------------------------------------------------------------------


class TestTopics:
    @pytest.fixture
    def topic(self, aws: Clients) -> str:
        return str(aws("sns").create_topic(Name=unique())["TopicArn"])

    def test_to_a_function(self, aws: Clients, topic: str) -> None:
        function = make(aws, PRINTS)
        made = aws("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTIONS + function)
        attributes = {"kind": {"DataType": "String", "StringValue": "test"}}
        sent = aws("sns").publish(TopicArn=topic, Subject="s", Message="hello", MessageAttributes=attributes)
        (record,) = seen_by(aws, function)["Records"]
        assert record["EventSource"] == "aws:sns"
        assert record["EventSubscriptionArn"] == made["SubscriptionArn"]
        about = record["Sns"]
        assert (about["TopicArn"], about["Message"], about["Subject"]) == (topic, "hello", "s")
        assert about["MessageId"] == sent["MessageId"]
        assert about["MessageAttributes"] == {"kind": {"Type": "String", "Value": "test"}}

    def test_to_a_queue_with_filter_and_raw_delivery(self, aws: Clients, topic: str) -> None:
        plain, raw = Queue(aws), Queue(aws)
        sns = aws("sns")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain.arn)
        only_red = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"colour": ["red"]})}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw.arn, Attributes=only_red)
        for colour in ("blue", "red"):
            attributes = {"colour": {"DataType": "String", "StringValue": colour}}
            sns.publish(TopicArn=topic, Message=colour, MessageAttributes=attributes)
        assert [plain.body()["Message"], plain.body()["Message"]] == ["blue", "red"]
        found = raw.message()
        assert found["Body"] == "red"
        assert found["MessageAttributes"]["colour"]["StringValue"] == "red"
        assert raw.count() == 0

    def test_publishing_succeeds_whatever_becomes_of_it(self, aws: Clients, topic: str) -> None:
        alive, dead = Queue(aws), Queue(aws)
        sns = aws("sns")
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead.arn})}
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{FUNCTIONS}none", Attributes=redrive)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{QUEUES}none")
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://example.invalid/")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=alive.arn)
        sns.publish(TopicArn=topic, Message="m")
        assert alive.body()["Message"] == "m"
        assert dead.body()["Message"] == "m"

    def test_a_text_for_each_protocol(self, aws: Clients, topic: str) -> None:
        queue = Queue(aws)
        aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
        texts = json.dumps({"default": "d", "sqs": "for queues"})
        aws("sns").publish(TopicArn=topic, Message=texts, MessageStructure="json")
        assert queue.body()["Message"] == "for queues"
        refused("InvalidParameter", aws("sns").publish, TopicArn=topic, Message="{}", MessageStructure="json")


# Amazon EventBridge ---------------------------------------------------------------------------------------------------


class TestRules:
    def rule(self, aws: Clients, source: str, *targets: dict[str, Any], **pattern: Any) -> str:
        name = unique()
        wanted = {"source": [source], **pattern}
        aws("events").put_rule(Name=name, EventPattern=json.dumps(wanted))
        rows = [{"Id": str(number), **target} for number, target in enumerate(targets)]
        assert aws("events").put_targets(Rule=name, Targets=rows)["FailedEntryCount"] == 0
        return name

    def put(self, aws: Clients, source: str, detail: dict[str, Any], **more: Any) -> str:
        entry = {"Source": source, "DetailType": "order", "Detail": json.dumps(detail), **more}
        answer = aws("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0
        return str(answer["Entries"][0]["EventId"])

    def test_to_a_queue_in_the_shape_of_an_event(self, aws: Clients) -> None:
        queue, source = Queue(aws), unique()
        self.rule(aws, source, {"Arn": queue.arn})
        event_id = self.put(aws, source, {"n": 1}, Resources=["arn:a"], Time=1_700_000_000)
        assert queue.body() == {
            "version": "0",
            "id": event_id,
            "detail-type": "order",
            "source": source,
            "account": ACCOUNT,
            "time": "2023-11-14T22:13:20Z",
            "region": "us-east-1",
            "resources": ["arn:a"],
            "detail": {"n": 1},
        }

    @pytest.mark.parametrize(
        ("pattern", "matching", "other"),
        [
            (["a", "b"], "b", "c"),
            ([{"prefix": "ab"}], "abc", "ac"),
            ([{"suffix": ".json"}], "x.json", "x.csv"),
            ([{"anything-but": ["a"]}], "b", "a"),
            ([{"anything-but": {"prefix": "x"}}], "b", "xa"),
            ([{"numeric": [">", 1, "<=", 5]}], 5, 6),
            ([{"exists": True}], "any", None),
        ],
    )
    def test_patterns(self, aws: Clients, pattern: Any, matching: Any, other: Any) -> None:
        queue, source = Queue(aws), unique()
        self.rule(aws, source, {"Arn": queue.arn}, detail={"v": pattern})
        self.put(aws, source, {} if other is None else {"v": other})
        self.put(aws, source, {"v": matching})
        assert queue.body()["detail"] == {"v": matching}  # deliveries are in order: the other one did not come

    def test_to_a_fifo_queue(self, aws: Clients) -> None:
        queue, source = Queue(aws, ".fifo", FifoQueue="true", ContentBasedDeduplication="true"), unique()
        self.rule(aws, source, {"Arn": queue.arn, "SqsParameters": {"MessageGroupId": "g"}})
        self.put(aws, source, {})
        assert queue.message()["Attributes"]["MessageGroupId"] == "g"

    def test_input_path_transformer_and_constant(self, aws: Clients) -> None:
        queues, source = [Queue(aws) for _ in range(3)], unique()
        transformer = {
            "InputPathsMap": {"who": "$.detail.who", "list": "$.detail.list"},
            "InputTemplate": '{"text": "hello <who>", "who": <who>, "list": <list>, "rule": <aws.events.rule-name>}',
        }
        name = self.rule(
            aws,
            source,
            {"Arn": queues[0].arn, "InputPath": "$.detail.list[1]"},
            {"Arn": queues[1].arn, "InputTransformer": transformer},
            {"Arn": queues[2].arn, "Input": '{"constant": true}'},
        )
        self.put(aws, source, {"who": 'a "b"', "list": [1, {"x": 2}]})
        assert queues[0].body() == {"x": 2}
        assert queues[1].body() == {
            "text": 'hello a "b"',
            "who": 'a "b"',
            "list": [1, {"x": 2}],
            "rule": name,
        }
        assert queues[2].body() == {"constant": True}

    def test_to_a_function_and_through_an_alias_to_a_machine(self, aws: Clients, account: Account) -> None:
        function, source = make(aws, PRINTS), unique()
        machine = account.machine(PASS, publish=True)
        alias = account.alias("prod", (f"{machine}:1", 100))
        self.rule(aws, source, {"Arn": FUNCTIONS + function}, {"Arn": alias, "InputPath": "$.detail"})
        self.put(aws, source, {"n": 2})
        assert seen_by(aws, function)["detail"] == {"n": 2}
        (execution,) = eventually(lambda: account.sfn.list_executions(stateMachineArn=machine)["executions"])
        assert execution["stateMachineAliasArn"] == alias
        assert account.ended(execution["executionArn"])["input"] == '{"n": 2}'

    def test_put_events_succeeds_whatever_the_targets_do(self, aws: Clients) -> None:
        alive, dead, source = Queue(aws), Queue(aws), unique()
        name = self.rule(
            aws,
            source,
            {"Arn": f"{FUNCTIONS}none", "DeadLetterConfig": {"Arn": dead.arn}},
            {"Arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/none"},
            {"Arn": alive.arn},
        )
        self.put(aws, source, {"n": 3})
        assert alive.body()["detail"] == {"n": 3}
        buried = dead.message()
        assert json.loads(buried["Body"])["detail"] == {"n": 3}
        assert buried["MessageAttributes"]["RULE_ARN"]["StringValue"].endswith(f":rule/{name}")
        assert buried["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ResourceNotFoundException"

    def test_another_bus(self, aws: Clients) -> None:
        queue, source, bus = Queue(aws), unique(), unique()
        events = aws("events")
        arn = events.create_event_bus(Name=bus)["EventBusArn"]
        events.put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps({"source": [source]}))
        events.put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "1", "Arn": queue.arn}])
        self.rule(aws, source, {"Arn": arn})
        self.put(aws, source, {"n": 4})
        assert queue.body()["detail"] == {"n": 4}

    def test_schedules(self, aws: Clients) -> None:
        events, name = aws("events"), unique()
        text = refused(
            "NotImplementedByEmbeddedAws", events.put_rule, Name=name, ScheduleExpression="cron(0 1 * * ? *)"
        )
        assert "cron(0 1 * * ? *)" in text
        refused("ValidationException", events.put_rule, Name=name, ScheduleExpression="rate(0 minutes)")
        events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
        assert events.describe_rule(Name=name)["ScheduleExpression"] == "rate(1 minute)"


# Amazon S3 ------------------------------------------------------------------------------------------------------------


class TestBuckets:
    @pytest.fixture
    def bucket(self, aws: Clients) -> str:
        name = unique()
        aws("s3").create_bucket(Bucket=name)
        return name

    def test_to_event_bridge(self, aws: Clients, bucket: str) -> None:
        queue, s3 = Queue(aws), aws("s3")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
        aws("events").put_rule(Name=bucket, EventPattern=json.dumps(pattern))
        aws("events").put_targets(Rule=bucket, Targets=[{"Id": "1", "Arn": queue.arn}])
        put = s3.put_object(Bucket=bucket, Key="a b/c.json", Body=b"12345")
        event = queue.body()
        assert (event["detail-type"], event["resources"]) == ("Object Created", [f"arn:aws:s3:::{bucket}"])
        about = event["detail"]["object"]
        assert (about["key"], about["size"]) == ("a b/c.json", 5)
        assert (about["etag"], about["version-id"]) == (put["ETag"].strip('"'), put["VersionId"])
        assert event["detail"]["reason"] == "PutObject"
        s3.delete_object(Bucket=bucket, Key="a b/c.json", VersionId=put["VersionId"])
        deleted = queue.body()
        assert (deleted["detail-type"], deleted["detail"]["deletion-type"]) == ("Object Deleted", "Permanently Deleted")
        s3.put_object(Bucket=bucket, Key="again", Body=b"")
        queue.body()
        s3.delete_object(Bucket=bucket, Key="again")
        deleted = queue.body()
        assert (deleted["detail-type"], deleted["detail"]["deletion-type"]) == (
            "Object Deleted",
            "Delete Marker Created",
        )

    def test_to_a_queue_and_a_function(self, aws: Clients, bucket: str) -> None:
        queue, function = Queue(aws), make(aws, PRINTS)
        only_json = {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".json"}]}}
        only_a = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a/"}]}}
        events = ["s3:ObjectCreated:*"]
        aws("s3").put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": queue.arn, "Events": events, "Filter": only_json}],
                "LambdaFunctionConfigurations": [
                    {"LambdaFunctionArn": FUNCTIONS + function, "Events": events, "Filter": only_a}
                ],
            },
        )
        assert queue.body()["Event"] == "s3:TestEvent"
        aws("s3").put_object(Bucket=bucket, Key="a/no.csv", Body=b"1")
        aws("s3").put_object(Bucket=bucket, Key="y s.json", Body=b"12")
        (record,) = queue.body()["Records"]
        assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
        assert record["s3"]["bucket"]["name"] == bucket
        assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("y+s.json", 2)
        assert seen_by(aws, function)["Records"][0]["s3"]["object"]["key"] == "a/no.csv"


# Amazon CloudWatch ----------------------------------------------------------------------------------------------------


def total(aws: Clients, namespace: str, name: str, statistic: str = "Sum", **dimensions: str) -> float:
    """A statistic over the last ten minutes; 0 without points."""
    now = time.time()
    points = aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=3600,
        Statistics=[statistic],
    )["Datapoints"]
    return float(points[0][statistic]) if points else 0.0


class TestMetrics:
    def test_dimensions_are_matched_exactly(self, aws: Clients) -> None:
        cloudwatch, name, space = aws("cloudwatch"), unique(), unique()
        one, two = {"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}
        cloudwatch.put_metric_data(
            Namespace=space,
            MetricData=[
                {"MetricName": name, "Value": 1, "Dimensions": []},
                {"MetricName": name, "Value": 2, "Dimensions": [one]},
                {"MetricName": name, "Value": 4, "Dimensions": [two, one]},
            ],
        )
        other = {"MetricName": name, "Value": 8, "Dimensions": [one]}
        cloudwatch.put_metric_data(Namespace=unique(), MetricData=[other])
        sums = [total(aws, space, name), total(aws, space, name, A="1"), total(aws, space, name, A="1", B="2")]
        assert sums == [1, 2, 4]
        assert total(aws, space, name, B="2") == 0
        now = time.time()
        queries = [
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {"Namespace": space, "MetricName": name, "Dimensions": dimensions},
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for number, dimensions in enumerate(([], [one], [one, two], [two]))
        ]
        found = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=now - 600, EndTime=now + 60)
        assert [sum(result["Values"]) for result in found["MetricDataResults"]] == [1, 2, 4, 0]
        listed = cloudwatch.list_metrics(Namespace=space, Dimensions=[{"Name": "A"}])["Metrics"]
        assert [metric["Dimensions"] for metric in listed] == [[one], [two, one]]

    def test_statistics_and_periods(self, aws: Clients) -> None:
        cloudwatch, name = aws("cloudwatch"), unique()
        start = (time.time() // 3600 - 1) * 3600
        rows = [(start + 10, 1.0), (start + 20, 3.0), (start + 130, 5.0)]
        data = [{"MetricName": name, "Value": value, "Timestamp": at, "Unit": "Seconds"} for at, value in rows]
        cloudwatch.put_metric_data(Namespace="N", MetricData=data)
        points = cloudwatch.get_metric_statistics(
            Namespace="N",
            MetricName=name,
            StartTime=start,
            EndTime=start + 300,
            Period=60,
            Statistics=["Average", "Maximum", "SampleCount"],
            ExtendedStatistics=["p50"],
        )["Datapoints"]
        shown = sorted(
            (one["Timestamp"].timestamp() - start, one["Average"], one["Maximum"], one["SampleCount"]) for one in points
        )
        assert shown == [(0, 2, 3, 2), (120, 5, 5, 1)]
        assert {one["Unit"] for one in points} == {"Seconds"}
        assert sorted(one["ExtendedStatistics"]["p50"] for one in points) == [2, 5]

    def test_what_is_not_computed_is_refused(self, aws: Clients) -> None:
        now = time.time()
        query = {"Id": "q", "Expression": "SUM(METRICS())"}
        refused(
            "NotImplementedByEmbeddedAws",
            aws("cloudwatch").get_metric_data,
            MetricDataQueries=[query],
            StartTime=now - 60,
            EndTime=now,
        )

    def test_a_function_that_logs_metrics(self, aws: Clients) -> None:
        space = unique()
        line = {
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": space,
                        "Dimensions": [["Stage"], ["Stage", "Step"]],
                        "Metrics": [{"Name": "Took", "Unit": "Milliseconds"}, {"Name": "Done"}],
                    }
                ],
            },
            "Stage": "test",
            "Step": "one",
            "Took": [1, 2, 6],
            "Done": 1,
        }
        function = make(aws, f"def handler(event, context):\n    print({json.dumps(line)!r})\n")
        aws("lambda").invoke(FunctionName=function)
        assert eventually(lambda: total(aws, space, "Took", Stage="test")) == 9
        assert total(aws, space, "Took", "SampleCount", Stage="test", Step="one") == 3
        assert total(aws, space, "Done", Stage="test") == 1

    def test_metrics_of_functions(self, aws: Clients) -> None:
        function = make(aws, "def handler(event, context):\n    return 1 / event\n", Publish=True)
        client = aws("lambda")
        client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
        for qualifier, event in (("live", "1"), ("live", "0"), ("1", "1")):
            client.invoke(FunctionName=function, Qualifier=qualifier, Payload=event)
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        refused("TooManyRequestsException", client.invoke, FunctionName=function, Payload="1")
        eventually(lambda: total(aws, "AWS/Lambda", "Throttles", FunctionName=function) == 1)
        assert total(aws, "AWS/Lambda", "Invocations", FunctionName=function) == 3
        assert total(aws, "AWS/Lambda", "Errors", FunctionName=function) == 1
        live = {"FunctionName": function, "Resource": f"{function}:live"}
        assert total(aws, "AWS/Lambda", "Invocations", **live) == 2
        assert total(aws, "AWS/Lambda", "Errors", **live, ExecutedVersion="1") == 1
        assert total(aws, "AWS/Lambda", "Invocations", FunctionName=function, Resource=f"{function}:1") == 1
        assert 0 < total(aws, "AWS/Lambda", "Duration", "Maximum", FunctionName=function) < 10_000

    def test_metrics_of_queues(self, aws: Clients) -> None:
        queue = Queue(aws)
        assert total(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=queue.name) == 0
        for text in ("a", "b"):
            aws("sqs").send_message(QueueUrl=queue.url, MessageBody=text)
        assert total(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=queue.name) == 2
        assert eventually(
            lambda: total(aws, "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", QueueName=queue.name)
        )


class TestAlarms:
    @pytest.fixture
    def topic(self, aws: Clients) -> tuple[str, Queue]:
        """A topic, and a queue that gets its messages."""
        queue = Queue(aws)
        arn = str(aws("sns").create_topic(Name=unique())["TopicArn"])
        aws("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue.arn)
        return arn, queue

    def alarm(self, aws: Clients, name: str, **changes: Any) -> None:
        settings: dict[str, Any] = {
            "Namespace": "Alarms",
            "MetricName": name,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        }
        aws("cloudwatch").put_metric_alarm(AlarmName=name, **{**settings, **changes})

    def state(self, aws: Clients, name: str) -> dict[str, Any]:
        found: dict[str, Any] = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
        return found

    def test_a_failed_execution_raises_an_alarm(self, aws: Clients, account: Account, topic: tuple[str, Queue]) -> None:
        fails = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E"}}}
        machine, name = account.machine(fails), unique()
        dimensions = [{"Name": "StateMachineArn", "Value": machine}]
        wanted = {"Namespace": "AWS/States", "MetricName": "ExecutionsFailed", "Dimensions": dimensions}
        self.alarm(aws, name, **wanted, AlarmActions=[topic[0]], OKActions=[topic[0]], AlarmDescription="broken")
        first = json.loads(topic[1].body()["Message"])
        assert (first["OldStateValue"], first["NewStateValue"]) == ("INSUFFICIENT_DATA", "OK")
        account.run(machine)
        envelope = topic[1].body()
        assert envelope["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
        message = json.loads(envelope["Message"])
        assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
        assert message["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [1.0 (")
        assert (message["AlarmName"], message["AlarmDescription"]) == (name, "broken")
        assert message["Trigger"]["Dimensions"] == [{"value": machine, "name": "StateMachineArn"}]
        assert (message["Trigger"]["Statistic"], message["Trigger"]["Period"]) == ("SUM", 60)
        assert self.state(aws, name)["StateValue"] == "ALARM"

    def test_there_and_back(self, aws: Clients, topic: tuple[str, Queue]) -> None:
        name = unique()
        self.alarm(aws, name, AlarmActions=[topic[0]], OKActions=[topic[0]])
        changes = []
        for value in (None, 1, -1):  # nothing, a sum of 1, a sum of 0
            if value is not None:
                data = [{"MetricName": name, "Value": value}]
                aws("cloudwatch").put_metric_data(Namespace="Alarms", MetricData=data)
            message = json.loads(topic[1].body()["Message"])
            changes.append((message["OldStateValue"], message["NewStateValue"]))
        assert changes == [("INSUFFICIENT_DATA", "OK"), ("OK", "ALARM"), ("ALARM", "OK")]

    def test_a_new_alarm_and_one_that_is_put_again(self, aws: Clients) -> None:
        name = unique()
        self.alarm(aws, name, TreatMissingData="ignore")
        assert self.state(aws, name)["StateValue"] == "INSUFFICIENT_DATA"
        aws("cloudwatch").put_metric_data(Namespace="Alarms", MetricData=[{"MetricName": name, "Value": 5}])
        eventually(lambda: self.state(aws, name)["StateValue"] == "ALARM")
        self.alarm(aws, name, TreatMissingData="ignore", MetricName="other")
        assert self.state(aws, name)["StateValue"] == "ALARM"

    def test_set_alarm_state_is_told_too(self, aws: Clients, topic: tuple[str, Queue]) -> None:
        name = unique()
        self.alarm(aws, name, TreatMissingData="ignore", AlarmActions=[topic[0]])
        aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
        message = json.loads(topic[1].body()["Message"])
        assert (message["NewStateValue"], message["NewStateReason"]) == ("ALARM", "by hand")
        aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="again")
        assert topic[1].count() == 0

    def test_actions_that_are_off_are_not_done(self, aws: Clients, topic: tuple[str, Queue]) -> None:
        off, on = unique(), unique()
        for name, enabled in ((off, False), (on, True)):
            wanted = {"TreatMissingData": "ignore", "AlarmActions": [topic[0]], "ActionsEnabled": enabled}
            self.alarm(aws, name, **wanted)
            aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
        assert json.loads(topic[1].body()["Message"])["AlarmName"] == on


# Across a restart -----------------------------------------------------------------------------------------------------


def test_nothing_is_delivered_again_at_a_restart(tmp_path: Path) -> None:
    """Alarms keep their state; neither they nor buckets tell again what they told before."""

    def clients(service: str) -> Any:
        return boto_client(manager.ensure(tmp_path, idle_minutes=10).endpoint, service)

    try:
        queue = Queue(clients)
        topic = clients("sns").create_topic(Name="t")["TopicArn"]
        clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
        TestAlarms().alarm(clients, "a", TreatMissingData="ignore", AlarmActions=[topic])
        clients("cloudwatch").set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="by hand")
        clients("s3").create_bucket(Bucket="bucket")
        wanted = [{"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"]}]
        clients("s3").put_bucket_notification_configuration(
            Bucket="bucket", NotificationConfiguration={"QueueConfigurations": wanted}
        )
        clients("s3").put_object(Bucket="bucket", Key="k", Body=b"")
        for _ in range(3):  # the alarm, the test event, the object
            queue.message()
        manager.down(tmp_path)
        assert TestAlarms().state(clients, "a")["StateValue"] == "ALARM"
        clients("sns").publish(TopicArn=topic, Message="after")
        again = Queue.__new__(Queue)
        again._sqs, again.url = clients("sqs"), clients("sqs").get_queue_url(QueueName=queue.name)["QueueUrl"]
        assert again.body()["Message"] == "after"
        assert again.count() == 0
    finally:
        manager.down(tmp_path)
