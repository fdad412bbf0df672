"""Executions of the embedded Step Functions: the services they call, what they leave in logs and metrics."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Clients
from .states_account import ACCOUNT, EVERYTHING, FAIL, PASS, TRUST, WAIT, Account, refused, unique


@pytest.fixture(scope="session")
def account(aws: Clients) -> Account:
    return Account(aws)


class TestHowItEnds:
    def test_timeout_of_a_task_fails_and_of_the_machine_times_out(self, account: Account) -> None:
        queue = account.aws("sqs").create_queue(QueueName=unique())["QueueUrl"]
        parameters = {"QueueUrl": queue, "MessageBody": {"t.$": "$$.Task.Token"}}
        resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        task = account.task(resource, parameters, TimeoutSeconds=1)
        assert (task["status"], task["error"]) == ("FAILED", "States.Timeout")
        machine = account.run(account.machine({**WAIT, "TimeoutSeconds": 1}))
        assert machine["status"] == "TIMED_OUT"
        assert "error" not in machine

    def test_fail(self, account: Account) -> None:
        done = account.run(account.machine(FAIL))
        assert (done["status"], done["error"], done["cause"]) == ("FAILED", "Broken", "because")

    def test_callback(self, account: Account) -> None:
        queue = account.aws("sqs").create_queue(QueueName=unique())["QueueUrl"]
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
        arn = account.machine({"StartAt": "T", "States": {"T": state}})
        execution = account.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        received = account.aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
        account.sfn.send_task_success(taskToken=json.loads(received["Body"])["token"], output='{"ok":true}')
        assert account.ended(execution)["output"] == '{"ok":true}'


class TestServices:
    def test_sns_to_sqs(self, account: Account) -> None:
        topic = account.aws("sns").create_topic(Name=unique())["TopicArn"]
        queue = account.aws("sqs").create_queue(QueueName=unique())["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue.rsplit('/', 1)[1]}"
        account.aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        done = account.task("arn:aws:states:::sns:publish", {"TopicArn": topic, "Message": {"a": 1}})
        assert done["status"] == "SUCCEEDED", done
        message = account.aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
        assert json.loads(message["Body"])["Message"] == '{"a":1}'

    def test_dynamodb(self, account: Account) -> None:
        table = unique()
        account.aws("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        item = {"id": {"S": "a"}, "n": {"N": "1"}}
        put = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
        assert account.task("arn:aws:states:::dynamodb:putItem", put)["status"] == "SUCCEEDED"
        again = account.task("arn:aws:states:::dynamodb:putItem", put)
        assert again["error"] == "DynamoDB.ConditionalCheckFailedException"
        got = account.task("arn:aws:states:::dynamodb:getItem", {"TableName": table, "Key": {"id": {"S": "a"}}})
        assert json.loads(got["output"])["Item"] == item
        missing = account.task("arn:aws:states:::dynamodb:putItem", {**put, "TableName": "none"})
        assert missing["error"] == "DynamoDB.ResourceNotFoundException"

    def test_s3_through_the_sdk(self, account: Account) -> None:
        bucket = unique()
        account.aws("s3").create_bucket(Bucket=bucket)
        sdk = "arn:aws:states:::aws-sdk:s3:"
        stored = account.task(sdk + "putObject", {"Bucket": bucket, "Key": "k", "Body": {"a": 1}})
        assert stored["status"] == "SUCCEEDED", stored
        got = account.task(sdk + "getObject", {"Bucket": bucket, "Key": "k"})
        assert json.loads(got["output"])["Body"] == '{"a":1}'
        missing = account.task(sdk + "getObject", {"Bucket": bucket, "Key": "none"})
        assert missing["error"] == "S3.NoSuchKeyException"
        assert missing["cause"].startswith("The specified key does not exist. (Service: S3, Status Code: 404,")

    def test_permissions_of_the_role_count(self, account: Account) -> None:
        topic = account.aws("sns").create_topic(Name=unique())["TopicArn"]
        role = account.role({"Effect": "Allow", "Action": "sns:Publish", "Resource": topic + "-other"})
        parameters = {"TopicArn": topic, "Message": "x"}
        done = account.task("arn:aws:states:::sns:publish", parameters, role=role)
        assert done["error"] == "SNS.AuthorizationErrorException"
        assert f"is not authorized to perform: SNS:Publish on resource: {topic}" in done["cause"]
        account.grant(role, {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic})
        time.sleep(1.1)
        assert account.task("arn:aws:states:::sns:publish", parameters, role=role)["status"] == "SUCCEEDED"

    def test_nested(self, account: Account) -> None:
        child = account.machine()
        done = account.task(
            "arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": child, "Input": {"a": 1}}
        )
        assert json.loads(done["output"])["Output"] == {"a": 1}

    def test_missing_function(self, account: Account) -> None:
        done = account.task("arn:aws:states:::lambda:invoke", {"FunctionName": unique(), "Payload": {}})
        assert done["error"] == "Lambda.ResourceNotFoundException"

    def test_distributed_map(self, account: Account) -> None:
        bucket, s3 = unique(), account.aws("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="in.csv", Body=b"id\n" + b"".join(b"%d\n" % number for number in range(20)))
        state = {
            "Type": "Map",
            "Label": "each",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
                "Parameters": {"Bucket": bucket, "Key": "in.csv"},
            },
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **PASS},
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": bucket, "Prefix": "out"},
            },
            "End": True,
        }
        done = account.run(account.machine({"StartAt": "M", "States": {"M": state}}))
        assert done["status"] == "SUCCEEDED", done
        details = json.loads(done["output"])["ResultWriterDetails"]
        manifest = json.loads(s3.get_object(Bucket=bucket, Key=details["Key"])["Body"].read())
        (results,) = manifest["ResultFiles"]["SUCCEEDED"]
        assert len(json.loads(s3.get_object(Bucket=bucket, Key=results["Key"])["Body"].read())) == 20
        (run,) = account.sfn.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
        counts = account.sfn.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
        assert (counts["total"], counts["succeeded"]) == (20, 20)
        assert len(account.sfn.list_executions(mapRunArn=run["mapRunArn"])["executions"]) == 20


CODE = (
    "class CardDeclined(Exception):\n    pass\n\n"
    "def handler(event, context):\n"
    "    if event.get('declined'):\n        raise CardDeclined('no money')\n"
    "    return {'charged': event}\n"
)


@pytest.fixture(scope="module")
def function(account: Account) -> str:
    """The ARN of version 1 of a function."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", CODE)
    role = account.role(trust=TRUST.replace("states.amazonaws.com", "lambda.amazonaws.com"))
    created = account.aws("lambda").create_function(
        FunctionName=unique(),
        Runtime="python3.12",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Publish=True,
    )
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{created['FunctionName']}:{created['Version']}"
    account.aws("lambda").get_waiter("published_version_active").wait(FunctionName=arn)
    return arn


class TestLambda:
    """A zip that really runs."""

    def test_result(self, account: Account, function: str) -> None:
        done = account.task("arn:aws:states:::lambda:invoke", {"FunctionName": function, "Payload": {"a": 1}})
        output = json.loads(done["output"])
        assert (output["Payload"], output["ExecutedVersion"], output["StatusCode"]) == ({"charged": {"a": 1}}, "1", 200)

    @pytest.mark.parametrize("direct", [True, False])
    def test_exception_is_caught_by_its_class_name(self, account: Account, function: str, direct: bool) -> None:
        event = {"declined": True}
        task = {
            "Type": "Task",
            "Resource": function if direct else "arn:aws:states:::lambda:invoke",
            "Parameters": event if direct else {"FunctionName": function, "Payload": event},
            "Catch": [{"ErrorEquals": ["CardDeclined"], "Next": "P"}],
            "End": True,
        }
        states = {"T": task, "P": {"Type": "Pass", "End": True}}
        done = account.run(account.machine({"StartAt": "T", "States": states}))
        output = json.loads(done["output"])
        assert output["Error"] == "CardDeclined"
        cause = json.loads(output["Cause"])
        assert (cause["errorMessage"], cause["errorType"]) == ("no money", "CardDeclined")

    def test_permission_on_the_function_is_none_on_its_version(self, account: Account, function: str) -> None:
        unqualified = function.rsplit(":", 1)[0]
        role = account.role({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": unqualified})
        done = account.task("arn:aws:states:::lambda:invoke", {"FunctionName": function, "Payload": {}}, role=role)
        assert done["error"] == "Lambda.AWSLambdaException"
        assert f"is not authorized to perform: lambda:InvokeFunction on resource: {function}" in done["cause"]

    def test_many_at_once(self, account: Account, function: str) -> None:
        state = {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "T",
                "States": {"T": {"Type": "Task", "Resource": function, "End": True}},
            },
            "End": True,
        }
        done = account.run(account.machine({"StartAt": "M", "States": {"M": state}}), [{"n": n} for n in range(12)], 60)
        assert json.loads(done["output"]) == [{"charged": {"n": n}} for n in range(12)]


class TestWatching:
    @pytest.fixture
    def group(self, account: Account) -> str:
        name = f"/aws/vendedlogs/states/{unique()}"
        account.aws("logs").create_log_group(logGroupName=name)
        return name

    def logging(self, *groups: str, level: str = "ALL") -> dict[str, Any]:
        arns = [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*" for group in groups]
        destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}} for arn in arns]
        return {"level": level, "includeExecutionData": True, "destinations": destinations}

    def test_what_is_refused(self, account: Account, group: str) -> None:
        params = {"name": unique(), "definition": json.dumps(PASS), "roleArn": account.role(EVERYTHING)}
        create = account.sfn.create_state_machine
        for configuration in ({"level": "ALL"}, self.logging(group, group)):
            message = refused("InvalidLoggingConfiguration", create, **params, loggingConfiguration=configuration)
            assert message == "Invalid Logging Configuration: Must specify exactly one Log Destination."
        missing = self.logging(f"{group}-none")
        message = refused("InvalidLoggingConfiguration", create, **params, loggingConfiguration=missing)
        assert message == "Invalid Logging Configuration: Log Destination not found."
        weak = {**params, "roleArn": account.role({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"})}
        message = refused("AccessDeniedException", create, **weak, loggingConfiguration=self.logging(group))
        assert message == "The state machine IAM Role is not authorized to access the Log Destination"

    def test_events_are_written(self, account: Account, group: str) -> None:
        arn = account.machine(FAIL, loggingConfiguration=self.logging(group))
        execution = account.run(arn)["executionArn"]
        lines = _eventually(lambda: self.lines(account, group), lambda found: len(found) == 3)
        assert [line["type"] for line in lines] == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
        assert {line["execution_arn"] for line in lines} == {execution}
        assert lines[-1]["details"] == {"error": "Broken", "cause": "because"}

    def lines(self, account: Account, group: str) -> list[dict[str, Any]]:
        found = account.aws("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in found]

    def test_metrics(self, account: Account) -> None:
        arn = account.machine(FAIL, publish=True)
        account.run(account.alias("prod", (f"{arn}:1", 100)))
        cloudwatch = account.aws("cloudwatch")
        base = {"Name": "StateMachineArn", "Value": arn}

        def listed() -> list[Any]:
            found = cloudwatch.list_metrics(Namespace="AWS/States", MetricName="ExecutionsFailed", Dimensions=[base])
            return [metric["Dimensions"] for metric in found["Metrics"]]

        version, alias = ({"Name": "Version", "Value": "1"}, {"Name": "Alias", "Value": "prod"})
        expected = [[base], [base, version], [base, alias]]
        assert _eventually(listed, lambda found: len(found) == 3) == expected
        for dimensions in expected[1:]:
            now = time.time()
            (point,) = cloudwatch.get_metric_statistics(
                Namespace="AWS/States",
                MetricName="ExecutionsFailed",
                Dimensions=dimensions,
                StartTime=now - 600,
                EndTime=now + 60,
                Period=3600,
                Statistics=["Sum"],
            )["Datapoints"]
            assert point["Sum"] == 1


def _eventually(read: Callable[[], Any], enough: Callable[[Any], bool], seconds: float = 10) -> Any:
    """What `read` gives once it is enough, or at the end of the time."""
    deadline = time.monotonic() + seconds
    while True:
        found = read()
        if enough(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.05)
