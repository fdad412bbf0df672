"""Policies, concurrency, layers, tags, event invoke configuration, mappings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lambda_fakes import Do, FakeWorld, zipped

from stepdeploy.local.wire import ApiError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"


def refused(action: Any, *arguments: Any, **params: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        action(*arguments, **params)
    return caught.value


def allow(do: Do, **params: Any) -> dict[str, Any]:
    wanted = {
        "FunctionName": "f",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        **params,
    }
    return do("AddPermission", **wanted)


def test_a_permission_is_in_the_policy(create: Do, do: Do) -> None:
    create()
    allow(do, SourceArn="arn:aws:events:us-east-1:123456789012:rule/r")
    policy = json.loads(do("GetPolicy", FunctionName="f")["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "s",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": ARN,
            "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/r"}},
        }
    ]


def test_an_account_as_principal_is_its_root(create: Do, do: Do) -> None:
    create()
    made = json.loads(allow(do, Principal="111111111111")["Statement"])
    assert made["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}


def test_statements_are_by_qualifier(create: Do, do: Do) -> None:
    create(Publish=True)
    allow(do)
    allow(do, Qualifier="1")
    statement = json.loads(do("GetPolicy", FunctionName="f", Qualifier="1")["Policy"])["Statement"][0]
    assert statement["Resource"] == f"{ARN}:1"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "ResourceConflictException"),
        ({"StatementId": "a b"}, "ValidationException"),
        ({"StatementId": "t", "Principal": "nobody"}, "InvalidParameterValueException"),
        ({"StatementId": "t", "Qualifier": "$LATEST"}, "InvalidParameterValueException"),
        ({"StatementId": "t", "RevisionId": "x"}, "PreconditionFailedException"),
        ({"StatementId": "t", "Action": "s3:GetObject"}, "ValidationException"),
    ],
)
def test_add_permission_refuses(create: Do, do: Do, params: dict[str, Any], code: str) -> None:
    create()
    allow(do)
    assert refused(allow, do, **params).code == code


def test_remove_permission(create: Do, do: Do) -> None:
    create()
    allow(do)
    assert "t is not found" in refused(do, "RemovePermission", FunctionName="f", StatementId="t").message
    do("RemovePermission", FunctionName="f", StatementId="s")
    assert refused(do, "GetPolicy", FunctionName="f").code == "ResourceNotFoundException"


def test_reserved_concurrency_is_kept(create: Do, do: Do) -> None:
    create()
    assert do("GetFunctionConcurrency", FunctionName="f") == {"ReservedConcurrentExecutions": None}
    do("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=5)
    assert do("GetFunctionConcurrency", FunctionName="f") == {"ReservedConcurrentExecutions": 5}
    assert do("GetAccountSettings")["AccountLimit"]["UnreservedConcurrentExecutions"] == 995
    do("DeleteFunctionConcurrency", FunctionName="f")
    assert do("GetFunctionConcurrency", FunctionName="f") == {"ReservedConcurrentExecutions": None}


def test_reserved_concurrency_leaves_100(create: Do, do: Do) -> None:
    create()
    error = refused(do, "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=901)
    assert "below its minimum value of [100]" in error.message


def test_provisioned_concurrency(create: Do, do: Do) -> None:
    create(Publish=True)
    put = {"FunctionName": "f", "ProvisionedConcurrentExecutions": 2}
    assert "unpublished" in refused(do, "PutProvisionedConcurrencyConfig", Qualifier="$LATEST", **put).message
    do("PutProvisionedConcurrencyConfig", Qualifier="1", **put)
    assert do("GetProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1")["Status"] == "READY"
    do("DeleteProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1")
    error = refused(do, "GetProvisionedConcurrencyConfig", FunctionName="f", Qualifier="1")
    assert error.code == "ProvisionedConcurrencyConfigNotFoundException"


def test_event_invoke_config(create: Do, do: Do) -> None:
    create()
    assert refused(do, "GetFunctionEventInvokeConfig", FunctionName="f").code == "ResourceNotFoundException"
    do("PutFunctionEventInvokeConfig", FunctionName="f", MaximumRetryAttempts=1)
    do("UpdateFunctionEventInvokeConfig", FunctionName="f", MaximumEventAgeInSeconds=60)
    found = do("GetFunctionEventInvokeConfig", FunctionName="f")
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (1, 60)
    do("DeleteFunctionEventInvokeConfig", FunctionName="f")
    assert do("ListFunctionEventInvokeConfigs", FunctionName="f")["FunctionEventInvokeConfigs"] == []


def test_tags(create: Do, do: Do) -> None:
    create(Tags={"a": "1"})
    do("TagResource", Resource=ARN, Tags={"b": "2"})
    do("UntagResource", Resource=ARN, TagKeys=["a"])
    assert do("ListTags", Resource=ARN) == {"Tags": {"b": "2"}}
    assert refused(do, "ListTags", Resource=f"{ARN}2").code == "ResourceNotFoundException"


def publish_layer(do: Do, name: str = "common", **files: str) -> str:
    content = {"ZipFile": zipped({path.replace("__", "/") + ".py": text for path, text in files.items()} or {"x": ""})}
    return str(do("PublishLayerVersion", LayerName=name, Content=content)["LayerVersionArn"])


def test_layer_versions_are_numbered_and_never_again(do: Do) -> None:
    first = publish_layer(do)
    assert first == "arn:aws:lambda:us-east-1:123456789012:layer:common:1"
    do("DeleteLayerVersion", LayerName="common", VersionNumber=1)
    assert publish_layer(do).endswith(":2")
    assert refused(do, "GetLayerVersionByArn", Arn=first).code == "ResourceNotFoundException"


def test_layers_are_listed(do: Do) -> None:
    publish_layer(do)
    publish_layer(do)
    versions = do("ListLayerVersions", LayerName="common")["LayerVersions"]
    assert [item["Version"] for item in versions] == [2, 1]
    assert do("ListLayers")["Layers"][0]["LatestMatchingVersion"]["Version"] == 2


def test_a_function_shows_its_layers(create: Do, do: Do) -> None:
    arn = publish_layer(do)
    assert create(Layers=[arn])["Layers"][0]["Arn"] == arn
    assert "Layers" not in do("UpdateFunctionConfiguration", FunctionName="f", Layers=[])


def test_two_versions_of_one_layer_are_refused(create: Do, do: Do) -> None:
    error = refused(create, Layers=[publish_layer(do), publish_layer(do)])
    assert "Two different versions of the same layer" in error.message


def test_a_mapping_is_kept(create: Do, do: Do) -> None:
    create()
    made = do("CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE, Enabled=False)
    assert made["State"] == "Creating"
    found = do("GetEventSourceMapping", UUID=made["UUID"])
    assert (found["State"], found["BatchSize"], found["FunctionArn"]) == ("Disabled", 10, ARN)
    do("UpdateEventSourceMapping", UUID=made["UUID"], BatchSize=5)
    assert do("ListEventSourceMappings", FunctionName="f")["EventSourceMappings"][0]["BatchSize"] == 5
    do("DeleteEventSourceMapping", UUID=made["UUID"])
    assert do("ListEventSourceMappings")["EventSourceMappings"] == []


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0"),
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, "greater than or equal to 2"),
        ({"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}, "SQS queues only"),
        ({"EventSourceArn": QUEUE.replace("orders", "missing")}, "Error occurred while ReceiveMessage"),
        ({"FunctionName": "g"}, "Function does not exist"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "does not do FilterCriteria"),
    ],
)
def test_create_mapping_refuses(create: Do, do: Do, params: dict[str, Any], part: str) -> None:
    create()
    wanted = {"FunctionName": "f", "EventSourceArn": QUEUE, "Enabled": False, **params}
    assert part in refused(do, "CreateEventSourceMapping", **wanted).message


def test_a_queue_must_hide_messages_for_the_functions_timeout(create: Do, do: Do, world: FakeWorld) -> None:
    create(Timeout=60)
    error = refused(do, "CreateEventSourceMapping", FunctionName="f", EventSourceArn=QUEUE)
    assert error.message == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"


def test_a_queue_is_mapped_once(create: Do, do: Do) -> None:
    create()
    wanted = {"FunctionName": "f", "EventSourceArn": QUEUE, "Enabled": False}
    do("CreateEventSourceMapping", **wanted)
    assert refused(do, "CreateEventSourceMapping", **wanted).code == "ResourceConflictException"
