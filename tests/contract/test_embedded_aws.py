"""What the embedded AWS answers to a bare boto3 client, row by row."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stepdeploy.local.manager import Running

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
ODD_KEYS = [
    "plain",
    "a b/ü+%2F//x?y#z",
    "/lead",
    "d/../e",
    "x&y=z",
    "folder/",
    "a%20b",
    "日本/é",
    "~(!*')",
    "a:b;c,d@e",
]


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


# Amazon S3 ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(aws: Any) -> str:
    aws("s3").create_bucket(Bucket="contract-bucket")
    return "contract-bucket"


def test_s3_makes_a_bucket_with_its_tags(aws: Any) -> None:
    tags = [{"Key": "owner", "Value": "a & b"}, {"Key": "empty", "Value": ""}]
    aws("s3").create_bucket(Bucket="contract-tags", CreateBucketConfiguration={"Tags": tags})
    found = aws("s3").get_bucket_tagging(Bucket="contract-tags")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {"owner": "a & b", "empty": ""}


@pytest.mark.parametrize("key", ODD_KEYS)
def test_s3_keeps_keys_with_odd_characters(aws: Any, bucket: str, key: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key=key, Body=key.encode(), Metadata={"my_name": "v"})
    found = aws("s3").get_object(Bucket=bucket, Key=key)
    assert found["Body"].read() == key.encode()
    assert found["Metadata"] == {"my_name": "v"}
    assert key in [one["Key"] for one in aws("s3").list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]]


def test_s3_multipart_upload(aws: Any, bucket: str) -> None:
    data = bytes(range(256)) * 36_000  # 9.2 MB: above boto3's threshold for multipart
    aws("s3").upload_fileobj(io.BytesIO(data), bucket, "big")
    found = aws("s3").get_object(Bucket=bucket, Key="big")
    assert found["ETag"].strip('"').endswith("-2")
    assert found["Body"].read() == data


class Unseekable(io.RawIOBase):
    """A body that can be read once: boto3 sends it aws-chunked, with the checksum in the trailer."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)


def test_s3_takes_a_body_with_its_checksum(aws: Any, bucket: str) -> None:
    answer = aws("s3").put_object(Bucket=bucket, Key="sum", Body=b"abc" * 1000, ChecksumAlgorithm="SHA256")
    assert answer["ChecksumSHA256"]
    assert aws("s3").get_object(Bucket=bucket, Key="sum")["Body"].read() == b"abc" * 1000


def test_s3_streams_an_unseekable_body(aws: Any, bucket: str) -> None:
    aws("s3").upload_fileobj(Unseekable(b"stream" * 5000), bucket, "unseekable")
    assert aws("s3").get_object(Bucket=bucket, Key="unseekable")["Body"].read() == b"stream" * 5000


def test_s3_if_none_match_is_a_lock(aws: Any, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="lock", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as caught:
        aws("s3").put_object(Bucket=bucket, Key="lock", Body=b"2", IfNoneMatch="*")
    assert code_of(caught) == "PreconditionFailed"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert aws("s3").get_object(Bucket=bucket, Key="lock")["Body"].read() == b"1"


def test_s3_only_one_of_many_takes_the_lock(aws: Any, bucket: str) -> None:
    def take(number: int) -> bool:
        try:
            aws("s3").put_object(Bucket=bucket, Key="race", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError:
            return False
        return True

    aws("s3").head_bucket(Bucket=bucket)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(24))) == 1


def test_s3_head_of_a_missing_object_is_404(aws: Any, bucket: str) -> None:
    with pytest.raises(ClientError) as caught:
        aws("s3").head_object(Bucket=bucket, Key="nothing")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_s3_presigned_url(aws: Any, bucket: str, signature: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="presigned", Body=b"yes")
    client = aws("s3", signature_version=signature)
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "presigned"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"yes"


def test_s3_subresource_that_moto_would_overlook_is_refused(aws: Any) -> None:
    aws("s3").create_bucket(Bucket="contract-metrics")
    with pytest.raises(ClientError) as caught:
        aws("s3").delete_bucket_metrics_configuration(Bucket="contract-metrics", Id="x")
    assert code_of(caught) == "NotImplementedByEmbeddedAws"
    aws("s3").head_bucket(Bucket="contract-metrics")


# The other services ---------------------------------------------------------------------------------------------------


def test_sts_says_who_we_are(aws: Any) -> None:
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"


def test_iam_roles(aws: Any) -> None:
    role = aws("iam").create_role(RoleName="contract-role", AssumeRolePolicyDocument=TRUST)["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/contract-role"
    aws("iam").put_role_policy(RoleName="contract-role", PolicyName="p", PolicyDocument=POLICY)
    assert aws("iam").list_role_policies(RoleName="contract-role")["PolicyNames"] == ["p"]
    with pytest.raises(aws("iam").exceptions.NoSuchEntityException):
        aws("iam").get_role(RoleName="no-such-role")


@pytest.mark.parametrize("suffix", ["", ":*"])
def test_logs_tags_by_either_arn(aws: Any, suffix: str) -> None:
    name = f"/contract/tags{len(suffix)}"
    aws("logs").create_log_group(logGroupName=name, tags={"made": "here"})
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}{suffix}"
    aws("logs").tag_resource(resourceArn=arn, tags={"more": "tags"})
    assert aws("logs").list_tags_for_resource(resourceArn=arn)["tags"] == {"made": "here", "more": "tags"}


def test_logs_events(aws: Any) -> None:
    aws("logs").create_log_group(logGroupName="/contract/events")
    aws("logs").create_log_stream(logGroupName="/contract/events", logStreamName="s")
    now = 1_000 * int(time.time())
    events = [{"timestamp": now + i, "message": f"line {i} mark"} for i in range(3)]
    aws("logs").put_log_events(logGroupName="/contract/events", logStreamName="s", logEvents=events)
    found = aws("logs").filter_log_events(logGroupName="/contract/events", filterPattern="mark")["events"]
    assert [event["message"] for event in found] == ["line 0 mark", "line 1 mark", "line 2 mark"]


def test_sqs_queue_urls_lead_to_us(aws: Any, embedded: Running) -> None:
    url = aws("sqs").create_queue(QueueName="contract-queue")["QueueUrl"]
    assert url == f"{embedded.endpoint}/123456789012/contract-queue"
    assert aws("sqs").get_queue_url(QueueName="contract-queue")["QueueUrl"] == url
    assert url in aws("sqs").list_queues()["QueueUrls"]
    body = "see https://sqs.us-east-1.amazonaws.com/1/q"  # no part of a message may be rewritten
    aws("sqs").send_message(QueueUrl=url, MessageBody=body)
    message = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]
    assert message["Body"] == body
    aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_sqs_long_poll_holds_nobody_up(aws: Any) -> None:
    url = aws("sqs").create_queue(QueueName="contract-empty")["QueueUrl"]
    aws("sts").get_caller_identity()
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(aws("sqs").receive_message, QueueUrl=url, WaitTimeSeconds=2)
        aws("sts").get_caller_identity()
        assert not poll.done()
        assert "Messages" not in poll.result(timeout=10)


def test_sns_delivers_to_sqs(aws: Any) -> None:
    topic = aws("sns").create_topic(Name="contract-topic")["TopicArn"]
    url = aws("sqs").create_queue(QueueName="contract-subscriber")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:contract-subscriber"
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    aws("sns").publish(TopicArn=topic, Message="hello")
    message = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"][0]
    assert json.loads(message["Body"])["Message"] == "hello"


def test_dynamodb_conditional_put(aws: Any) -> None:
    client = aws("dynamodb")
    client.create_table(
        TableName="contract-table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {"TableName": "contract-table", "Item": {"k": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(k)"}
    client.put_item(**put)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(**put)


def test_cloudwatch_alarms(aws: Any) -> None:
    aws("cloudwatch").put_metric_alarm(
        AlarmName="contract-alarm",
        Namespace="N",
        MetricName="M",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
    )
    alarms = aws("cloudwatch").describe_alarms(AlarmNames=["contract-alarm"])["MetricAlarms"]
    assert alarms[0]["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:contract-alarm"


def test_other_regions_are_apart(aws: Any) -> None:
    aws("sns").create_topic(Name="contract-home")
    topics = aws("sns", "eu-west-1").list_topics()["Topics"]
    assert not topics
    there = aws("sns", "eu-west-1").create_topic(Name="contract-away")["TopicArn"]
    assert there == "arn:aws:sns:eu-west-1:123456789012:contract-away"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("events", "list_rules", {}),
        ("scheduler", "list_schedules", {}),
        ("ssm", "describe_parameters", {}),
        ("secretsmanager", "list_secrets", {}),
        ("resourcegroupstaggingapi", "get_resources", {}),
        ("kms", "list_keys", {}),
        ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "lambda"}),
        ("dynamodbstreams", "list_streams", {}),
        ("cloudwatch", "list_dashboards", {}),
    ],
)
def test_service_answers(aws: Any, service: str, operation: str, arguments: dict[str, Any]) -> None:
    answer = getattr(aws(service), operation)(**arguments)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


# What it does not do --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("bedrock-runtime", "converse", {"modelId": "m", "messages": []}),
        ("ec2", "describe_vpcs", {}),
        ("cloudformation", "list_stacks", {}),
        ("iam", "simulate_custom_policy", {"PolicyInputList": ["{}"], "ActionNames": ["s3:GetObject"]}),
        ("cloudwatch", "list_metric_streams", {}),
        ("logs", "get_log_group_fields", {"logGroupName": "g"}),
        ("s3", "get_bucket_request_payment", {"Bucket": "some-bucket"}),
    ],
)
def test_what_is_missing_says_so_and_is_not_retried(
    aws: Any, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(aws(service), operation)(**arguments)
    assert code_of(caught) == "NotImplementedByEmbeddedAws"
    assert "embedded AWS" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


# The front ------------------------------------------------------------------------------------------------------------


def get(running: Running, path: str, **headers: str) -> tuple[int, str, bytes]:
    """(status, content type, body) of a GET."""
    request = urllib.request.Request(running.endpoint + path, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:1", "127.0.0.1.evil.example", "localhost.evil.example", ""]
)
def test_other_host_names_are_refused(embedded: Running, host: str) -> None:
    port = f":{embedded.port}" if host and ":" not in host else ""
    status, _, body = get(embedded, "/_health", Host=host + port)
    assert status == 403
    assert b"Host" in body


@pytest.mark.parametrize("host", ["localhost", "bucket.localhost", "LOCALHOST"])
def test_localhost_names_are_answered(embedded: Running, host: str) -> None:
    assert get(embedded, "/_health", Host=f"{host}:{embedded.port}")[0] == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_web_pages_are_refused(embedded: Running, headers: dict[str, str]) -> None:
    assert get(embedded, "/_health", **headers)[0] == 403


def test_unsigned_requests_are_refused(embedded: Running) -> None:
    status, _, body = get(embedded, "/some-bucket/key")
    assert status == 403
    assert b"MissingAuthenticationToken" in body


def test_health(embedded: Running) -> None:
    status, kind, body = get(embedded, "/_health")
    health = json.loads(body)
    assert (status, kind) == (200, "application/json")
    assert health["pid"] == embedded.pid
    assert health["port"] == embedded.port
    assert health["requests"] > 0
    assert health["running"] >= 0


@pytest.mark.parametrize(
    ("path", "agent", "status", "part"),
    [
        ("data.sec.gov/submissions/CIK0000000001.json", "Tests tests@example.com", 200, b'"cik"'),
        ("data.sec.gov/submissions/CIK0000000001.json", "python-requests/2", 403, b"Undeclared Automated Tool"),
        ("data.sec.gov/submissions/CIK0000000002.json", "Tests tests@example.com", 404, b""),
        ("www.sec.gov/Archives/edgar/data/1/report.htm", "Tests tests@example.com", 200, b"report"),
        ("www.sec.gov/Archives/edgar/data/1/other.htm", "Tests tests@example.com", 403, b"<Error>"),
        ("company.example/", "any", 200, b"home"),
        ("company.example", "any", 200, b"home"),
        ("company.example/about", "any", 200, b"about"),
        ("company.example/team", "any", 404, b"no sample"),
        ("unknown.example/", "any", 404, b"no sample for the host"),
        ("../server.json", "any", 404, b""),
        ("company.example/../../../.stepdeploy/local/server.json", "any", 404, b""),
        ("company.example/%2e%2e/%2e%2e/.stepdeploy/local/server.json", "any", 404, b""),
    ],
)
def test_samples(embedded: Running, path: str, agent: str, status: int, part: bytes) -> None:
    found, _, body = get(embedded, f"/_samples/{path}", **{"User-Agent": agent})
    assert found == status
    assert part in body
    assert b"token" not in body
