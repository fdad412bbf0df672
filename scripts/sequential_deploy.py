"""A plain sequential boto3 script that deploys the reference stack, as one writes it by hand: create, or update where it
exists, one call after another. No plan, no version, no alias, no lock: what scripts/bench_deploy compares with.

    python scripts/sequential_deploy.py FOLDER --endpoint http://127.0.0.1:PORT
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from reference_stack import FUNCTIONS, definition, flow_policy, write_zip

REGION = "eu-west-1"


class Script:
    """The clients, the account, and one method a kind of resource."""

    def __init__(self, folder: Path, endpoint: str | None) -> None:
        self.folder = folder
        self._session = boto3.Session("local", "local", region_name=REGION)
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self.account = self.client("sts").get_caller_identity()["Account"]

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._endpoint)
        return self._clients[service]

    def run(self) -> None:
        for name in ("Orders", "States"):
            self.table(name)
        self.bucket()
        topic = self.client("sns").create_topic(Name="Alerts")["TopicArn"]
        work = self.role("work", "lambda.amazonaws.com", self._work_policy())
        functions = {name: self.function(name, work) for name in FUNCTIONS}
        flow = self.role("flow", "states.amazonaws.com", flow_policy(list(functions.values())))
        machine = self.machine(flow, self.log_group(), functions)
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut"):
            self.alarm(metric, machine, topic)

    def table(self, name: str) -> None:
        keys = {"Orders": ["id"], "States": ["pk", "sk"]}[name]
        tables = self.client("dynamodb")
        try:
            tables.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        except tables.exceptions.ResourceInUseException:
            tables.describe_table(TableName=name)

    def bucket(self) -> None:
        buckets = self.client("s3")
        try:
            buckets.create_bucket(Bucket="reference-files", CreateBucketConfiguration={"LocationConstraint": REGION})
        except (buckets.exceptions.BucketAlreadyOwnedByYou, buckets.exceptions.BucketAlreadyExists):
            pass
        block = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        buckets.put_public_access_block(Bucket="reference-files", PublicAccessBlockConfiguration=block)

    def role(self, name: str, principal: str, policy: Any) -> str:
        roles = self.client("iam")
        statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        try:
            roles.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        except roles.exceptions.EntityAlreadyExistsException:
            roles.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        roles.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(policy))
        return f"arn:aws:iam::{self.account}:role/{name}"

    def function(self, name: str, role: str) -> str:
        path = self.folder / f"{name}.zip"
        write_zip(self.folder / "lambdas" / name, path)
        code = io.BytesIO(path.read_bytes()).getvalue()
        functions = self.client("lambda")
        settings = {
            "FunctionName": name.capitalize(), "Runtime": "python3.13", "Handler": "handler.lambda_handler", "Role": role,
            "MemorySize": 256, "Timeout": 30,
        }  # fmt: skip
        try:
            found = functions.create_function(**settings, Code={"ZipFile": code})
        except functions.exceptions.ResourceConflictException:
            found = functions.update_function_code(FunctionName=settings["FunctionName"], ZipFile=code)
            functions.get_waiter("function_updated_v2").wait(FunctionName=settings["FunctionName"])
            functions.update_function_configuration(**settings)
        functions.get_waiter("function_active_v2").wait(FunctionName=settings["FunctionName"])
        return str(found["FunctionArn"])

    def log_group(self) -> str:
        logs = self.client("logs")
        name = "/aws/vendedlogs/states/Flow"
        try:
            logs.create_log_group(logGroupName=name)
        except logs.exceptions.ResourceAlreadyExistsException:
            pass
        logs.put_retention_policy(logGroupName=name, retentionInDays=30)
        return f"arn:aws:logs:{REGION}:{self.account}:log-group:{name}:*"

    def machine(self, role: str, group: str, functions: dict[str, str]) -> str:
        machines = self.client("stepfunctions")
        text = json.dumps({**definition(functions), "Comment": (self.folder / "comment").read_text()})
        settings = {
            "definition": text,
            "roleArn": role,
            "loggingConfiguration": {
                "level": "ALL",
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
            },
        }
        try:
            return str(machines.create_state_machine(name="Flow", **settings)["stateMachineArn"])
        except machines.exceptions.StateMachineAlreadyExists:
            arn = f"arn:aws:states:{REGION}:{self.account}:stateMachine:Flow"
            machines.update_state_machine(stateMachineArn=arn, **settings)
            return arn

    def alarm(self, metric: str, machine: str, topic: str) -> None:
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=metric, Namespace="AWS/States", MetricName=metric, Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
            Dimensions=[{"Name": "StateMachineArn", "Value": machine}], AlarmActions=[topic],
            TreatMissingData="notBreaching",
        )  # fmt: skip

    def _work_policy(self) -> Any:
        tables = [f"arn:aws:dynamodb:{REGION}:{self.account}:table/{name}" for name in ("Orders", "States")]
        statement = {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:GetItem"], "Resource": tables}
        return {"Version": "2012-10-17", "Statement": [statement]}


def main(arguments: list[str] | None = None, run: Callable[[Script], None] = Script.run) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--endpoint")
    given = parser.parse_args(arguments)
    run(Script(given.folder, given.endpoint))


if __name__ == "__main__":
    main()
