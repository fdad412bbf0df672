"""What an invocation asks of AWS, counted by hooks of botocore and told in its last log line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from common import aws, aws_use
from common.handler import lambda_entry, success
from moto import mock_aws

from stepdeploy.cost.bill import Usage
from stepdeploy.cost.lines import tell

TABLE, BUCKET = "table", "bucket"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws.client.cache_clear()
    with mock_aws():
        keys = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
        keys["KeySchema"] = [{"AttributeName": "pk", "KeyType": "HASH"}]
        aws.client("dynamodb").create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **keys)
        aws.client("s3").create_bucket(Bucket=BUCKET)
        aws.client("secretsmanager").create_secret(Name="secret", SecretString="x")
        aws_use.reset()
        yield
    aws.client.cache_clear()


def item(size: int) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "text": {"S": "x" * size}}


def test_writes_by_the_kilobyte(account: None) -> None:
    """A conditional write that is refused is paid for, too (DynamoDB developer guide, "Conditional writes")."""
    client = aws.client("dynamodb")
    client.put_item(TableName=TABLE, Item=item(100))
    client.put_item(TableName=TABLE, Item=item(2500))
    with pytest.raises(ClientError):
        client.put_item(TableName=TABLE, Item=item(10), ConditionExpression="attribute_not_exists(pk)")
    assert aws_use.used() == {"dynamodb_write_units": 1 + 3 + 1}


def test_reads_by_four_kilobytes_and_half_of_it_where_they_may_be_old(account: None) -> None:
    client, key = aws.client("dynamodb"), {"pk": {"S": "a"}}
    client.put_item(TableName=TABLE, Item=item(9000))
    aws_use.reset()
    client.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
    assert aws_use.used() == {"dynamodb_read_units": 3}
    client.get_item(TableName=TABLE, Key=key)
    assert aws_use.used() == {"dynamodb_read_units": 4.5}


def test_objects_and_secrets_by_the_request(account: None) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")
    s3.list_objects_v2(Bucket=BUCKET)
    s3.get_object(Bucket=BUCKET, Key="k")["Body"].read()
    s3.head_object(Bucket=BUCKET, Key="k")
    with pytest.raises(ClientError):
        s3.get_object(Bucket=BUCKET, Key="none")
    s3.delete_object(Bucket=BUCKET, Key="k")
    aws.client("secretsmanager").get_secret_value(SecretId="secret")
    assert aws_use.used() == {"s3_writes": 2, "s3_reads": 3, "secret_reads": 1}
    assert Usage(**aws_use.used()).s3_reads == 3


def test_what_was_throttled_costs_nothing(account: None) -> None:
    client = aws.client("dynamodb")
    with Stubber(client) as stub, pytest.raises(ClientError):
        stub.add_client_error("put_item", "ProvisionedThroughputExceededException")
        client.put_item(TableName=TABLE, Item=item(1))
    assert aws_use.used() == {}


@pytest.mark.parametrize("fails", [False, True])
def test_the_last_line_of_an_invocation_tells_it(
    account: None, capsys: pytest.CaptureFixture[str], fails: bool
) -> None:
    @lambda_entry
    def handler(event: Any, context: Any) -> dict[str, Any]:
        aws.client("dynamodb").put_item(TableName=TABLE, Item=item(1))
        if fails:
            raise OSError("no")
        return success()

    class Context:
        function_name, aws_request_id = "Work", "id-1"

    for _ in range(2):
        try:
            handler({"execution_id": "arn:one"}, Context())
        except OSError:
            assert fails
    told = tell(capsys.readouterr().out.splitlines(), ["arn:one"])["arn:one"]
    assert (told.used, told.counted) == ({"dynamodb_write_units": 2.0}, {"id-1"})
