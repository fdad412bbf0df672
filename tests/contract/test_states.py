"""Step Functions of the embedded AWS, through boto3: how AWS behaves where it surprises (recorded, or documented)."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from stepdeploy.local import manager

from .conftest import Clients, boto_client

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Broken", "Cause": "because"}}}


class Account:
    """What the tests do again and again, with names of their own."""

    def __init__(self, clients: Callable[[str], Any]) -> None:
        self.aws = clients
        self.sfn = clients("stepfunctions")

    def role(self, *statements: dict[str, Any], trust: str = TRUST) -> str:
        iam, name = self.aws("iam"), unique()
        arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
        if statements:
            self.grant(arn, *statements)
        return arn

    def grant(self, role: str, *statements: dict[str, Any]) -> None:
        """Give a role these permissions and no others."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.aws("iam").put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="p", PolicyDocument=document)

    def machine(self, definition: dict[str, Any] = PASS, **params: Any) -> str:
        params = {"name": unique(), "roleArn": params.pop("role", None) or self.role(EVERYTHING), **params}
        return str(self.sfn.create_state_machine(definition=json.dumps(definition), **params)["stateMachineArn"])

    def alias(self, name: str, *routes: tuple[str, int]) -> str:
        routing = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in routes]
        created = self.sfn.create_state_machine_alias(name=name, routingConfiguration=routing)
        return str(created["stateMachineAliasArn"])

    def run(self, machine: str, input: Any = None, seconds: float = 20, **params: Any) -> dict[str, Any]:
        text = json.dumps({} if input is None else input)
        arn = self.sfn.start_execution(stateMachineArn=machine, input=text, **params)["executionArn"]
        return self.ended(arn, seconds)

    def ended(self, arn: str, seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            found: dict[str, Any] = self.sfn.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                return found
            assert time.monotonic() < deadline, f"{arn} is still running"
            time.sleep(0.02)

    def task(self, resource: str, parameters: Any, role: str | None = None, **fields: Any) -> dict[str, Any]:
        state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}
        return self.run(self.machine({"StartAt": "T", "States": {"T": state}}, role=role))


def unique() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def refused(code: str, call: Callable[..., Any], **params: Any) -> str:
    """The message of the error `code` that the call raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])


@pytest.fixture(scope="session")
def account(aws: Clients) -> Account:
    return Account(aws)


class TestCreateAndUpdate:
    def test_create_is_idempotent_but_for_role_and_tags(self, account: Account) -> None:
        name, role = unique(), account.role()
        params = {"name": name, "definition": json.dumps(PASS)}
        first = account.sfn.create_state_machine(**params, roleArn=role)
        again = account.sfn.create_state_machine(**params, roleArn=account.role(), tags=[{"key": "a", "value": "b"}])
        assert again["stateMachineArn"] == first["stateMachineArn"]
        assert again["creationDate"] == first["creationDate"]
        assert account.sfn.describe_state_machine(stateMachineArn=first["stateMachineArn"])["roleArn"] == role

    def test_definition_is_compared_as_text(self, account: Account) -> None:
        name, role = unique(), account.role()
        arn = account.machine(name=name, role=role)
        message = refused(
            "StateMachineAlreadyExists",
            account.sfn.create_state_machine,
            name=name,
            definition=json.dumps(PASS, indent=2),
            roleArn=role,
        )
        assert message == f"State Machine Already Exists: '{arn}'"

    def test_update_with_nothing(self, account: Account) -> None:
        message = refused(
            "MissingRequiredParameter", account.sfn.update_state_machine, stateMachineArn=account.machine()
        )
        assert message == (
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified"
        )

    def test_update_of_a_version(self, account: Account) -> None:
        arn = account.machine(publish=True) + ":1"
        params = {"stateMachineArn": arn, "definition": json.dumps(WAIT)}
        assert refused("StateMachineDoesNotExist", account.sfn.update_state_machine, **params) == (
            f"State Machine Does Not Exist: '{arn}'"
        )

    def test_revision_ids(self, account: Account) -> None:
        arn = account.machine()
        assert "revisionId" not in account.sfn.describe_state_machine(stateMachineArn=arn)
        change = {"stateMachineArn": arn, "definition": json.dumps(WAIT)}
        first, again = (account.sfn.update_state_machine(**change) for _ in range(2))
        assert first["revisionId"] == again["revisionId"]
        assert again["updateDate"] >= first["updateDate"]

    def test_invalid_definition(self, account: Account) -> None:
        definition = json.dumps({"StartAt": "A"})
        message = refused(
            "InvalidDefinition",
            account.sfn.create_state_machine,
            name=unique(),
            definition=definition,
            roleArn=account.role(),
        )
        assert message.startswith("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ")
        found = account.sfn.validate_state_machine_definition(definition=definition)
        assert found["result"] == "FAIL"
        assert found["diagnostics"][0]["severity"] == "ERROR"
        assert account.sfn.validate_state_machine_definition(definition=json.dumps(PASS))["result"] == "OK"

    def test_next_that_leads_nowhere(self, account: Account) -> None:
        definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
        params = {"name": unique(), "definition": json.dumps(definition), "roleArn": account.role()}
        refused("InvalidDefinition", account.sfn.create_state_machine, **params)

    def test_delete(self, account: Account) -> None:
        arn = account.machine(WAIT, publish=True)
        execution = account.sfn.start_execution(stateMachineArn=f"{arn}:1")["executionArn"]
        account.sfn.delete_state_machine(stateMachineArn=arn)
        account.sfn.delete_state_machine(stateMachineArn=arn)
        assert account.ended(execution)["status"] == "ABORTED"
        refused("StateMachineDoesNotExist", account.sfn.describe_state_machine, stateMachineArn=arn)

    @pytest.mark.parametrize("service", ["lambda.amazonaws.com", None])
    def test_role_that_cannot_be_assumed(self, account: Account, service: str | None) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/none"
        if service is not None:
            role = account.role(EVERYTHING, trust=TRUST.replace("states.amazonaws.com", service))
        message = refused(
            "AccessDeniedException",
            account.sfn.create_state_machine,
            name=unique(),
            definition=json.dumps(PASS),
            roleArn=role,
        )
        assert message == (
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        )


class TestVersions:
    def test_publish_is_idempotent(self, account: Account) -> None:
        arn = account.machine()
        first = account.sfn.publish_state_machine_version(stateMachineArn=arn)
        again = account.sfn.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
        updated = account.sfn.update_state_machine(stateMachineArn=arn, publish=True)
        found = {answer["stateMachineVersionArn"] for answer in (first, again, updated)}
        assert found == {f"{arn}:1"}

    def test_wrong_revision(self, account: Account) -> None:
        arn = account.machine()
        current = account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT))["revisionId"]
        message = refused(
            "ConflictException",
            account.sfn.publish_state_machine_version,
            stateMachineArn=arn,
            revisionId="INITIAL",
        )
        assert message == (
            "Failed to publish the State Machine version for revision INITIAL. "
            f"The current State Machine revision is {current}."
        )

    def test_numbers_order_and_deletion(self, account: Account) -> None:
        arn = account.machine(publish=True)
        change = {"stateMachineArn": arn, "definition": json.dumps(WAIT), "publish": True}
        assert account.sfn.update_state_machine(**change)["stateMachineVersionArn"] == f"{arn}:2"
        for _ in range(2):
            account.sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
        assert account.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:3"
        listed = account.sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        assert [item["stateMachineVersionArn"] for item in listed] == [f"{arn}:3", f"{arn}:1"]

    def test_describe_a_version(self, account: Account) -> None:
        arn = account.machine(publish=True, versionDescription="first")
        account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT))
        found = account.sfn.describe_state_machine(stateMachineArn=f"{arn}:1")
        assert found["stateMachineArn"] == f"{arn}:1"
        assert found["description"] == "first"
        assert json.loads(found["definition"]) == PASS

    def test_description_needs_publish(self, account: Account) -> None:
        message = refused(
            "ValidationException",
            account.sfn.create_state_machine,
            name=unique(),
            definition=json.dumps(PASS),
            roleArn=account.role(),
            versionDescription="x",
        )
        assert message == "Version description can only be set when publish is true"

    def test_version_in_use(self, account: Account) -> None:
        arn = account.machine(publish=True)
        account.alias("prod", (f"{arn}:1", 100))
        message = refused(
            "ConflictException", account.sfn.delete_state_machine_version, stateMachineVersionArn=f"{arn}:1"
        )
        assert message == (
            "Version to be deleted must not be referenced by an alias. "
            "Current list of aliases referencing this version: [prod]"
        )


class TestAliases:
    def test_create_twice(self, account: Account) -> None:
        arn = account.machine(publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        params = {"name": "prod", "routingConfiguration": routing}
        created = [account.sfn.create_state_machine_alias(**params)["stateMachineAliasArn"] for _ in range(2)]
        assert created == [f"{arn}:prod"] * 2
        message = refused("ConflictException", account.sfn.create_state_machine_alias, **params, description="x")
        assert message == (
            "Failed to create alias because an alias with the same name and a different routing configuration already "
            "exists."
        )

    def test_routing(self, account: Account) -> None:
        arn = account.machine(publish=True)
        account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT), publish=True)

        def refusal(*routes: tuple[str, int]) -> str:
            routing = [{"stateMachineVersionArn": version, "weight": weight} for version, weight in routes]
            params = {"name": "prod", "routingConfiguration": routing}
            return refused("ValidationException", account.sfn.create_state_machine_alias, **params)

        one, two = f"{arn}:1", f"{arn}:2"
        assert refusal((one, 70), (two, 29)) == (
            "Sum of routing configuration weights must equal 100. Received: [70, 29]"
        )
        assert (
            refusal((arn, 100)) == f"Routing configuration must contain state machine version ARNs. Received: [{arn}]"
        )
        assert refusal((one, 50), (one, 50)) == (
            f"Routing configuration must contain distinct state machine version ARNs. Received: [{one}, {one}]"
        )
        assert "less than or equal to 100" in refusal((one, 101))
        refusal((f"{arn}:9", 100))

    def test_name_of_digits(self, account: Account) -> None:
        arn = account.machine(publish=True)
        routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
        params = {"name": "123", "routingConfiguration": routing}
        message = refused("ValidationException", account.sfn.create_state_machine_alias, **params)
        assert message == (
            "1 validation error detected: Value '123' at 'name' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"
        )

    def test_missing(self, account: Account) -> None:
        arn = f"{account.machine()}:none"
        account.sfn.delete_state_machine_alias(stateMachineAliasArn=arn)
        message = refused(
            "ResourceNotFound", account.sfn.update_state_machine_alias, stateMachineAliasArn=arn, description="x"
        )
        assert message == "Request references a resource that does not exist."


class TestStart:
    def test_what_was_started_is_recorded(self, account: Account) -> None:
        arn = account.machine(publish=True)
        alias = account.alias("prod", (f"{arn}:1", 100))
        plain, version, through = (account.run(started) for started in (arn, f"{arn}:1", alias))
        assert "stateMachineVersionArn" not in plain
        assert (version["stateMachineVersionArn"], version.get("stateMachineAliasArn")) == (f"{arn}:1", None)
        assert (through["stateMachineVersionArn"], through["stateMachineAliasArn"]) == (f"{arn}:1", alias)
        assert through["executionArn"].rsplit(":", 1)[0] == arn.replace(":stateMachine:", ":execution:")

    def test_names(self, account: Account) -> None:
        arn = account.machine(WAIT)
        params = {"stateMachineArn": arn, "name": "one", "input": '{"a":1}'}
        first = account.sfn.start_execution(**params)
        assert account.sfn.start_execution(**params)["executionArn"] == first["executionArn"]
        refused("ExecutionAlreadyExists", account.sfn.start_execution, **{**params, "input": "{}"})
        account.sfn.stop_execution(executionArn=first["executionArn"], error="E", cause="C")
        refused("ExecutionAlreadyExists", account.sfn.start_execution, **params)
        stopped = account.sfn.describe_execution(executionArn=first["executionArn"])
        assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "E", "C")
        refused("InvalidName", account.sfn.start_execution, stateMachineArn=arn, name="a b")

    def test_input(self, account: Account) -> None:
        arn = account.machine()
        message = refused("InvalidExecutionInput", account.sfn.start_execution, stateMachineArn=arn, input="")
        assert message == "Invalid State Machine Execution Input: 'Invalid execution input.'"
        refused("InvalidExecutionInput", account.sfn.start_execution, stateMachineArn=arn, input="{")
        large = json.dumps("é" * 140_000, ensure_ascii=False)
        refused("InvalidExecutionInput", account.sfn.start_execution, stateMachineArn=arn, input=large)

    def test_running_executions_keep_their_definition(self, account: Account) -> None:
        arn = account.machine(WAIT)
        execution = account.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        account.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(PASS))
        ran = account.sfn.describe_state_machine_for_execution(executionArn=execution)
        assert json.loads(ran["definition"]) == WAIT
        account.sfn.stop_execution(executionArn=execution)

    def test_history_and_lists(self, account: Account) -> None:
        arn = account.machine()
        names = [account.run(arn, {"n": number})["name"] for number in range(3)]
        listed = account.sfn.list_executions(stateMachineArn=arn, maxResults=2)
        assert [item["name"] for item in listed["executions"]] == names[:0:-1]
        assert "nextToken" in listed
        execution = listed["executions"][0]["executionArn"]
        pages = account.sfn.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=True, PaginationConfig={"PageSize": 3}
        )
        types = [event["type"] for page in pages for event in page["events"]]
        assert types == ["ExecutionSucceeded", "PassStateExited", "PassStateEntered", "ExecutionStarted"]

    def test_express(self, account: Account) -> None:
        arn = account.machine(type="EXPRESS")
        done = account.sfn.start_sync_execution(stateMachineArn=arn, input='{"a":1}')
        assert (done["status"], done["output"]) == ("SUCCEEDED", '{"a":1}')
        message = refused("InvalidArn", account.sfn.describe_execution, executionArn=done["executionArn"])
        assert message == "Invalid Arn: 'Resource type not valid in this context: express'"
        refused("StateMachineTypeNotSupported", account.sfn.list_executions, stateMachineArn=arn)


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


@pytest.fixture
def own_workspace(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    manager.down(tmp_path)


def test_all_is_there_again_after_a_restart(own_workspace: Path) -> None:
    def connect() -> Account:
        endpoint = manager.ensure(own_workspace).endpoint
        made: dict[str, Any] = {}
        return Account(lambda service: made.setdefault(service, boto_client(endpoint, service)))

    def state(account: Account, arn: str) -> list[Any]:
        answers = [
            account.sfn.describe_state_machine(stateMachineArn=arn),
            account.sfn.describe_state_machine(stateMachineArn=f"{arn}:1"),
            account.sfn.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:prod"),
            account.sfn.list_tags_for_resource(resourceArn=arn),
            account.sfn.list_state_machine_versions(stateMachineArn=arn),
            account.sfn.describe_execution(executionArn=done["executionArn"]),
            account.sfn.get_execution_history(executionArn=done["executionArn"]),
        ]
        for answer in answers:
            answer.pop("ResponseMetadata")
        return answers

    before = connect()
    arn = before.machine(publish=True, tags=[{"key": "a", "value": "b"}])
    before.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT), publish=True)
    alias = before.alias("prod", (f"{arn}:1", 60), (f"{arn}:2", 40))
    done = before.run(f"{arn}:1", {"a": 1})
    running = before.sfn.start_execution(stateMachineArn=f"{arn}:2")["executionArn"]
    kept = state(before, arn)
    manager.down(own_workspace)
    after = connect()
    assert state(after, arn) == kept
    assert after.ended(running)["cause"] == "The embedded AWS stopped while this execution was running."
    assert after.sfn.start_execution(stateMachineArn=alias)["executionArn"]
    current = after.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAIL), publish=True)
    assert current["stateMachineVersionArn"] == f"{arn}:3"
