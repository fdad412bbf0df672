"""What Tasks do: Lambda, SNS, SQS, DynamoDB, EventBridge, nested executions, SDK calls, callbacks, activities."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from stepdeploy.local.states.integrations import sdk_names
from stepdeploy.local.states.integrations.resources import Resource, parse, problem

from .conftest import ACCOUNT, PASS, REGION, ROLE, TRUST, WAIT, States, client_error
from .test_control import refused
from .test_executions import FAIL

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
QUEUE = f"http://127.0.0.1:1/{ACCOUNT}/jobs"


class CardDeclined(Exception):
    pass


def charge(event: Any) -> Any:
    if event.get("declined"):
        raise CardDeclined("no money")
    return {"charged": event}


@pytest.fixture(autouse=True)
def functions(states: States) -> None:
    states.world.functions.functions["charge"] = charge


def only(states: States, *actions: str, resource: Any = "*") -> None:
    """Give the machine's role these permissions and no others."""
    policy = {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
    states.world.iam.roles["machine"] = (TRUST, {"p": policy})


class TestLambda:
    def test_invoke(self, states: States) -> None:
        done = states.task(INVOKE, {"FunctionName": FUNCTION + ":7", "Payload": {"a": 1}})
        output = json.loads(done["output"])
        assert sorted(output) == ["ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"]
        assert (output["Payload"], output["StatusCode"]) == ({"charged": {"a": 1}}, 200)
        assert output["SdkResponseMetadata"] == {"RequestId": "request-1"}, "the id that stands in the function's log"
        assert states.world.functions.calls == [(FUNCTION + ":7", None, {"a": 1})]
        types = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"]
        assert states.events(done["executionArn"])[1:-1] == types

    def test_function_arn(self, states: States) -> None:
        done = states.task(FUNCTION, {"a": 1})
        assert json.loads(done["output"]) == {"charged": {"a": 1}}
        assert "LambdaFunctionSucceeded" in states.events(done["executionArn"])

    @pytest.mark.parametrize(
        ("resource", "parameters"),
        [(INVOKE, {"FunctionName": "charge", "Payload": {"declined": True}}), (FUNCTION, {"declined": True})],
    )
    def test_exception_class_is_the_error_name(self, states: States, resource: str, parameters: Any) -> None:
        done = states.task(resource, parameters)
        assert (done["status"], done["error"]) == ("FAILED", "CardDeclined")
        assert json.loads(done["cause"])["errorMessage"] == "no money"

    def test_missing_function(self, states: States) -> None:
        done = states.task(INVOKE, {"FunctionName": "none"})
        assert done["error"] == "Lambda.ResourceNotFoundException"
        assert "(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException;" in done["cause"]

    def test_permission_on_the_function_is_none_on_its_versions(self, states: States) -> None:
        only(states, "lambda:InvokeFunction", resource=FUNCTION)
        assert states.task(INVOKE, {"FunctionName": FUNCTION, "Payload": {}})["status"] == "SUCCEEDED"
        done = states.task(INVOKE, {"FunctionName": FUNCTION, "Qualifier": "7", "Payload": {}})
        assert done["error"] == "Lambda.AWSLambdaException"
        assert f"is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION}:7" in done["cause"]
        assert len(states.world.functions.calls) == 1

    def test_parameters_that_cannot_be_used(self, states: States) -> None:
        done = states.task(INVOKE, {"Payload": {}})
        assert done["error"] == "States.Runtime"
        assert (
            'could not be used to start the Task: [The field "FunctionName" is required but was missing'
            in done["cause"]
        )
        assert "TaskScheduled" not in states.events(done["executionArn"])


class TestMessages:
    def test_sns_message_as_json_text(self, states: States) -> None:
        done = states.task("arn:aws:states:::sns:publish", {"TopicArn": TOPIC, "Message": {"a": [1]}})
        assert done["status"] == "SUCCEEDED"
        assert states.world.client("sns").calls == [("publish", {"TopicArn": TOPIC, "Message": '{"a":[1]}'})]

    def test_sns_without_permission(self, states: States) -> None:
        only(states, "sns:Publish", resource=TOPIC + "-other")
        done = states.task("arn:aws:states:::sns:publish", {"TopicArn": TOPIC, "Message": "x"})
        assert done["error"] == "SNS.AuthorizationErrorException"
        assert f"is not authorized to perform: SNS:Publish on resource: {TOPIC}" in done["cause"]
        assert "Error Code: AuthorizationError;" in done["cause"]

    def test_sqs(self, states: States) -> None:
        only(states, "sqs:SendMessage", resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs")
        done = states.task("arn:aws:states:::sqs:sendMessage", {"QueueUrl": QUEUE, "MessageBody": {"a": 1}})
        assert done["status"] == "SUCCEEDED"
        assert states.world.client("sqs").calls[0][1]["MessageBody"] == '{"a":1}'

    def test_events_with_a_failed_entry(self, states: States) -> None:
        answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "bad"}]}
        states.world.client("events").answers["put_events"] = answer
        entry = {"Source": "a", "DetailType": "b", "Detail": {"x": 1}}
        done = states.task("arn:aws:states:::events:putEvents", {"Entries": [entry]})
        assert done["error"] == "EventBridge.FailedEntry"
        assert json.loads(done["cause"]) == {"Entries": answer["Entries"], "FailedEntryCount": 1}
        sent = states.world.client("events").calls[0][1]["Entries"][0]
        assert (sent["Detail"], sent["Resources"]) == ('{"x":1}', [done["executionArn"], done["stateMachineArn"]])


class TestDynamoDb:
    ITEM = {"TableName": "companies", "Item": {"id": {"S": "a"}}}

    def test_put(self, states: States) -> None:
        only(states, "dynamodb:PutItem", resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/companies")
        done = states.task("arn:aws:states:::dynamodb:putItem", self.ITEM)
        assert json.loads(done["output"])["SdkHttpMetadata"]["HttpStatusCode"] == 200
        assert states.world.client("dynamodb").calls == [("put_item", self.ITEM)]

    @pytest.mark.parametrize(
        ("code", "error"),
        [
            ("ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
            ("ConditionalCheckFailedException", "DynamoDB.ConditionalCheckFailedException"),
            ("ValidationException", "DynamoDB.AmazonDynamoDBException"),
        ],
    )
    def test_errors(self, states: States, code: str, error: str) -> None:
        states.world.client("dynamodb").answers["put_item"] = client_error(code, "no")
        done = states.task("arn:aws:states:::dynamodb:putItem", self.ITEM)
        assert done["error"] == error
        assert done["cause"] == (
            f"no (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: {code}; Request ID: r-1; Proxy: null)"
        )


class TestNested:
    START = "arn:aws:states:::states:startExecution"

    def test_plain(self, states: States) -> None:
        child = states.machine(PASS, name="child")
        done = states.task(self.START, {"StateMachineArn": child, "Name": "one", "Input": {"a": 1}})
        answer = json.loads(done["output"])
        assert states.ended(answer["ExecutionArn"])["input"] == '{"a":1}'
        assert isinstance(answer["StartDate"], int)

    @pytest.mark.parametrize(("pattern", "output"), [(".sync", '{"a":1}'), (".sync:2", {"a": 1})])
    def test_sync(self, states: States, pattern: str, output: Any) -> None:
        child = states.machine(PASS, name="child")
        done = states.task(self.START + pattern, {"StateMachineArn": child, "Input": {"a": 1}})
        answer = json.loads(done["output"])
        assert (answer["Output"], answer["Status"], answer["StateMachineArn"]) == (output, "SUCCEEDED", child)
        assert "TaskSubmitted" in states.events(done["executionArn"])

    def test_child_fails(self, states: States) -> None:
        child = states.machine(FAIL, name="child")
        done = states.task(self.START + ".sync:2", {"StateMachineArn": child, "Name": "one"})
        assert done["error"] == "States.TaskFailed"
        cause = json.loads(done["cause"])
        assert (cause["Error"], cause["Cause"], cause["Status"], cause["Name"]) == (
            "Broken",
            "because",
            "FAILED",
            "one",
        )

    def test_stopping_the_parent_stops_the_child(self, states: States) -> None:
        child = states.machine(WAIT, name="child")
        task = {"Type": "Task", "Resource": self.START + ".sync", "Parameters": {"StateMachineArn": child, "Name": "c"}}
        parent = states.machine({"StartAt": "T", "States": {"T": {**task, "End": True}}})
        started = states("StartExecution", stateMachineArn=parent)["executionArn"]
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:child:c"
        for _ in range(200):
            if "TaskSubmitted" in states.events(started):
                break
            threading.Event().wait(0.02)
        states("StopExecution", executionArn=started)
        assert states.ended(arn)["status"] == "ABORTED"

    def test_missing_machine(self, states: States) -> None:
        missing = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:none"
        done = states.task(self.START, {"StateMachineArn": missing})
        assert done["error"] == "StepFunctions.StateMachineDoesNotExistException"

    def test_permission_is_checked_on_the_unqualified_arn(self, states: States) -> None:
        child = states.machine(PASS, name="child", publish=True)
        only(states, "states:StartExecution", resource=child + ":1")
        done = states.task(self.START, {"StateMachineArn": child + ":1"})
        assert done["error"] == "StepFunctions.AWSStepFunctionsException"
        only(states, "states:StartExecution", resource=child)
        states.service._roles._cache.clear()
        assert states.task(self.START, {"StateMachineArn": child + ":1"})["status"] == "SUCCEEDED"


class TestSdk:
    def test_members_and_values_are_translated(self, states: States) -> None:
        moment = datetime(2026, 1, 2, tzinfo=UTC)
        answer = {"logGroups": [{"logGroupName": "a", "creationTime": 5}], "ResponseMetadata": {}}
        states.world.client("logs").answers["describe_log_groups"] = answer
        done = states.task("arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogGroups", {"LogGroupNamePrefix": "a"})
        assert json.loads(done["output"]) == {"LogGroups": [{"LogGroupName": "a", "CreationTime": 5}]}
        assert states.world.client("logs").calls[-1] == ("describe_log_groups", {"logGroupNamePrefix": "a"})
        answer = {"Body": io.BytesIO(b"text"), "LastModified": moment, "ResponseMetadata": {}}
        states.world.client("s3").answers["get_object"] = answer
        done = states.task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})
        assert json.loads(done["output"]) == {"Body": "text", "LastModified": "2026-01-02T00:00:00Z"}

    @pytest.mark.parametrize(("code", "error"), [("NoSuchKey", "S3.NoSuchKeyException"), ("Odd", "S3.S3Exception")])
    def test_errors(self, states: States, code: str, error: str) -> None:
        states.world.client("s3").answers["get_object"] = client_error(code, "gone", 404)
        done = states.task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"})
        assert done["error"] == error
        assert done["cause"].startswith("gone (Service: S3, Status Code: 404, Request ID: r-1")

    def test_permission(self, states: States) -> None:
        only(states, "s3:GetObject", resource="arn:aws:s3:::b/in/*")
        done = states.task("arn:aws:states:::aws-sdk:s3:getObject", {"Bucket": "b", "Key": "out/k"})
        assert done["error"] == "S3.S3Exception"
        assert "s3:GetObject on resource: arn:aws:s3:::b/out/k" in done["cause"]

    def test_permission_where_the_resource_is_not_known(self, states: States) -> None:
        only(states, "ssm:GetParameter", resource="arn:aws:ssm:us-east-1:1:parameter/x")
        sdk = "arn:aws:states:::aws-sdk:ssm:"
        assert states.task(sdk + "getParameter", {"Name": "x"})["status"] == "SUCCEEDED"
        assert states.task(sdk + "deleteParameter", {"Name": "x"})["error"] == "Ssm.SsmException"

    @pytest.mark.parametrize(
        ("service", "name", "java"),
        [
            ("sfn", "stepfunctions", "Sfn"),
            ("dynamodb", "dynamodb", "DynamoDb"),
            ("cloudwatchlogs", "logs", "CloudWatchLogs"),
            ("eventbridge", "events", "EventBridge"),
            ("secretsmanager", "secretsmanager", "SecretsManager"),
            ("bedrockruntime", "bedrock-runtime", "BedrockRuntime"),
            ("s3", "s3", "S3"),
            ("ec2", "ec2", "Ec2"),
        ],
    )
    def test_names(self, service: str, name: str, java: str) -> None:
        assert sdk_names.botocore_name(service) == name
        if name != "events":
            assert sdk_names.java_name(name) == java


class TestResources:
    @pytest.mark.parametrize(
        ("arn", "expected"),
        [
            (INVOKE, Resource("lambda", "invoke")),
            (INVOKE + ".waitForTaskToken", Resource("lambda", "invoke", "waitForTaskToken")),
            ("arn:aws:states:::states:startExecution.sync:2", Resource("states", "startExecution", "sync:2")),
            ("arn:aws:states:::aws-sdk:s3:getObject", Resource("aws-sdk:s3", "getObject")),
            (FUNCTION, Resource("lambda-function", FUNCTION)),
            ("nothing", None),
        ],
    )
    def test_parse(self, arn: str, expected: Resource | None) -> None:
        assert parse(arn) == expected

    @pytest.mark.parametrize(
        "arn",
        [
            "arn:aws:states:::lambda:invoke.sync",
            "arn:aws:states:::lambda:Invoke",
            "arn:aws:states:::nothing:do",
            "arn:aws:states:::aws-sdk:nothing:do",
            "arn:aws:states:::aws-sdk:s3:GetObject",
            "arn:aws:states:::aws-sdk:s3:getObject.sync",
            "lambda:invoke",
        ],
    )
    def test_unrecognized(self, arn: str) -> None:
        assert "is not recognized" in str(problem(arn))

    def test_what_only_aws_runs_is_named_as_such(self) -> None:
        assert "embedded AWS" in str(problem("arn:aws:states:::glue:startJobRun.sync"))


class TestCallback:
    SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    PARAMETERS = {"QueueUrl": QUEUE, "MessageBody": {"token.$": "$$.Task.Token"}}

    def start(self, states: States, **fields: Any) -> tuple[str, str]:
        """An execution that waits, and its token."""
        came = threading.Event()

        def answer(**_: Any) -> dict[str, Any]:
            came.set()
            return {"MessageId": "m", "ResponseMetadata": {}}

        states.world.client("sqs").answers["send_message"] = answer
        state = {"Type": "Task", "Resource": self.SEND, "Parameters": self.PARAMETERS, "End": True, **fields}
        arn = states.machine({"StartAt": "T", "States": {"T": state}})
        execution = states("StartExecution", stateMachineArn=arn)["executionArn"]
        assert came.wait(5)
        body = states.world.client("sqs").calls[-1][1]["MessageBody"]
        return execution, json.loads(body)["token"]

    def test_success(self, states: States) -> None:
        execution, token = self.start(states)
        states("SendTaskHeartbeat", taskToken=token)
        refused(lambda: states("SendTaskSuccess", taskToken=token, output="{"), "InvalidOutput")
        states("SendTaskSuccess", taskToken=token, output='{"done":true}')
        assert states.ended(execution)["output"] == '{"done":true}'
        assert "TaskSubmitted" in states.events(execution)
        message = refused(lambda: states("SendTaskSuccess", taskToken=token, output="1"), "TaskTimedOut")
        assert message == "Task Timed Out: 'Provided task does not exist anymore'"

    def test_failure(self, states: States) -> None:
        execution, token = self.start(states)
        states("SendTaskFailure", taskToken=token, error="Rejected", cause="by hand")
        done = states.ended(execution)
        assert (done["status"], done["error"], done["cause"]) == ("FAILED", "Rejected", "by hand")

    def test_unknown_token(self, states: States) -> None:
        for operation, more in (
            ("SendTaskSuccess", {"output": "1"}),
            ("SendTaskFailure", {}),
            ("SendTaskHeartbeat", {}),
        ):
            message = refused(lambda o=operation, m=more: states(o, taskToken="none", **m), "InvalidToken")
            assert message == "Invalid Token: 'Invalid token'"

    def test_missed_heartbeat(self, states: States) -> None:
        execution, token = self.start(states, HeartbeatSeconds=1)
        done = states.ended(execution)
        assert (done["status"], done["error"]) == ("FAILED", "States.Timeout")
        assert "TaskTimedOut" in states.events(execution)
        refused(lambda: states("SendTaskHeartbeat", taskToken=token), "TaskTimedOut")

    def test_heartbeats_keep_it_alive(self, states: States) -> None:
        execution, token = self.start(states, HeartbeatSeconds=1)
        for _ in range(6):
            threading.Event().wait(0.25)
            states("SendTaskHeartbeat", taskToken=token)
        states("SendTaskSuccess", taskToken=token, output="1")
        assert states.ended(execution)["status"] == "SUCCEEDED"


class TestActivity:
    def test_worker(self, states: States) -> None:
        activity = states("CreateActivity", name="weigh")["activityArn"]
        state = {"Type": "Task", "Resource": activity, "End": True}
        machine = states.machine({"StartAt": "T", "States": {"T": state}})
        execution = states("StartExecution", stateMachineArn=machine, input='{"kg":3}')["executionArn"]
        work = states("GetActivityTask", activityArn=activity, workerName="w1")
        assert work["input"] == '{"kg":3}'
        states("SendTaskSuccess", taskToken=work["taskToken"], output="3")
        done = states.ended(execution)
        assert done["output"] == "3"
        events = states("GetExecutionHistory", executionArn=execution)["events"]
        assert {"workerName": "w1"} in [event.get("activityStartedEventDetails") for event in events]

    def test_crud(self, states: States) -> None:
        created = states("CreateActivity", name="weigh", tags=[{"key": "a", "value": "b"}])
        assert states("CreateActivity", name="weigh") == created
        arn = created["activityArn"]
        assert states("DescribeActivity", activityArn=arn)["name"] == "weigh"
        assert [item["name"] for item in states("ListActivities")["activities"]] == ["weigh"]
        assert states("ListTagsForResource", resourceArn=arn)["tags"] == [{"key": "a", "value": "b"}]
        for _ in range(2):
            assert states("DeleteActivity", activityArn=arn) == {}
        message = refused(lambda: states("DescribeActivity", activityArn=arn), "ActivityDoesNotExist")
        assert message == f"Activity Does Not Exist: '{arn}'"
        assert refused(lambda: states("CreateActivity", name="a b"), "InvalidName") == "Invalid Name: 'a b'"

    def test_work_of_a_stopped_execution_is_not_handed_out(self, states: States) -> None:
        states.service._activities._poll_seconds = 0.2
        activity = states("CreateActivity", name="weigh")["activityArn"]
        machine = states.machine({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
        execution = states("StartExecution", stateMachineArn=machine)["executionArn"]
        states("StopExecution", executionArn=execution)
        assert states("GetActivityTask", activityArn=activity) == {}


def test_credentials_choose_the_role(states: States) -> None:
    only(states, "lambda:InvokeFunction")
    states.world.iam.roles["weak"] = (TRUST, {})
    weak = ROLE.replace("machine", "weak")
    done = states.task(INVOKE, {"FunctionName": "charge", "Payload": {}}, Credentials={"RoleArn": weak})
    assert "assumed-role/weak/" in done["cause"]
