"""CreateFunction, Update*, Get*, List*, Delete*."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
from lambda_fakes import ROLE, TRUST, Do, FakeWorld, api_call, code, zipped

from stepdeploy.local.functions.service import FunctionsService
from stepdeploy.local.wire import ApiError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def refused(action: Any, *arguments: Any, **params: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        action(*arguments, **params)
    return caught.value


def test_a_new_function_has_lambdas_defaults(create: Do) -> None:
    made = create()
    assert (made["MemorySize"], made["Timeout"], made["Version"], made["FunctionArn"]) == (128, 3, "$LATEST", ARN)
    assert made["TracingConfig"] == {"Mode": "PassThrough"}
    assert made["EphemeralStorage"] == {"Size": 512}
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}
    assert (made["State"], made["LastUpdateStatus"]) == ("Active", "Successful")


def test_code_sha256_is_that_of_the_zip(create: Do) -> None:
    package = code("x = 1")
    expected = base64.b64encode(hashlib.sha256(package["ZipFile"]).digest()).decode()
    assert create(Code=package)["CodeSha256"] == expected


def test_code_from_s3(world: FakeWorld, create: Do) -> None:
    world.clients["s3"].objects["bucket", "key"] = zipped({"handler.py": ""})
    assert create(Code={"S3Bucket": "bucket", "S3Key": "key"})["CodeSize"] > 0


def test_a_missing_s3_object_is_named(create: Do) -> None:
    error = refused(create, Code={"S3Bucket": "bucket", "S3Key": "key"})
    assert error.code == "InvalidParameterValueException"
    assert error.message == (
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
    )


def test_a_name_is_taken_once(create: Do) -> None:
    create()
    error = refused(create)
    assert (error.code, error.message) == ("ResourceConflictException", "Function already exist: f")


@pytest.mark.parametrize(
    ("params", "code_", "part"),
    [
        ({"FunctionName": "bad name"}, "ValidationException", "at 'functionName' failed to satisfy constraint"),
        ({"FunctionName": "n" * 65}, "InvalidParameterValueException", "less than or equal to 64"),
        ({"Runtime": "python3.8"}, "InvalidParameterValueException", "python3.8 is no longer supported"),
        ({"Runtime": "cobol"}, "InvalidParameterValueException", "Member must satisfy enum value set"),
        ({"Runtime": None}, "InvalidParameterValueException", "mandatory"),
        ({"Handler": "two words"}, "ValidationException", "at 'handler'"),
        ({"MemorySize": 127}, "ValidationException", "Value '127' at 'memorySize'"),
        ({"MemorySize": 10241}, "ValidationException", "less than or equal to 10240"),
        ({"Timeout": 901}, "ValidationException", "Value '901' at 'timeout'"),
        ({"Timeout": 0}, "ValidationException", "greater than or equal to 1"),
        ({"Role": "admin"}, "ValidationException", "at 'role'"),
        ({"Environment": {"Variables": {"A1": "x" * 5000}}}, "InvalidParameterValueException", "exceeded the 4KB"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "AWS_REGION"),
        ({"Environment": {"Variables": {"1A": "x"}}}, "ValidationException", "environment.variables"),
        ({"EphemeralStorage": {"Size": 100}}, "ValidationException", "ephemeralStorage.size"),
        ({"Architectures": ["vax"]}, "ValidationException", "[x86_64, arm64]"),
        ({"Description": "d" * 257}, "ValidationException", "at 'description'"),
        ({"Tags": {"aws:x": "1"}}, "InvalidParameterValueException", "System tags"),
        ({"PackageType": "Image"}, "InvalidParameterValueException", "zip packages only"),
        ({"Code": {"ZipFile": b"no zip"}}, "InvalidParameterValueException", "Could not unzip uploaded file"),
        ({"Code": {}}, "InvalidParameterValueException", "Please provide a source"),
        (
            {"Layers": [f"arn:aws:lambda:us-east-1:123456789012:layer:l{n}:1" for n in range(6)]},
            "InvalidParameterValueException",
            "more than 5 layers",
        ),
        (
            {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]},
            "InvalidParameterValueException",
            "does not exist",
        ),
    ],
)
def test_create_refuses(create: Do, params: dict[str, Any], code_: str, part: str) -> None:
    error = refused(create, **params)
    assert error.code == code_
    assert part in error.message


@pytest.mark.parametrize("name", ["missing", "foreign"])
def test_a_role_that_lambda_cannot_assume(world: FakeWorld, create: Do, name: str) -> None:
    world.clients["iam"].roles["foreign"] = {
        "Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "states.amazonaws.com"}}]
    }
    error = refused(create, Role=f"arn:aws:iam::123456789012:role/{name}")
    assert error.code == "InvalidParameterValueException"
    assert error.message == "The role defined for the function cannot be assumed by Lambda."


def test_a_refused_function_leaves_nothing(create: Do, do: Do) -> None:
    refused(create, Timeout=901)
    assert do("ListFunctions")["Functions"] == []


def test_update_code_changes_code_and_revision(create: Do, do: Do) -> None:
    before = create()
    after = do("UpdateFunctionCode", FunctionName="f", **code("y = 2"))
    assert after["CodeSha256"] != before["CodeSha256"]
    assert after["RevisionId"] != before["RevisionId"]


def test_update_code_dry_run_changes_nothing(create: Do, do: Do) -> None:
    before = create()
    described = do("UpdateFunctionCode", FunctionName="f", DryRun=True, **code("y = 2"))
    assert described["CodeSha256"] != before["CodeSha256"]
    assert do("GetFunctionConfiguration", FunctionName="f") == before


@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion"])
def test_a_stale_revision_is_refused(create: Do, do: Do, operation: str) -> None:
    create()
    package = code("y = 2") if operation == "UpdateFunctionCode" else {}
    error = refused(do, operation, FunctionName="f", RevisionId="stale", **package)
    assert error.code == "PreconditionFailedException"


def test_update_configuration_changes_what_is_named_only(create: Do, do: Do) -> None:
    create(Timeout=7, Environment={"Variables": {"AB": "1"}})
    after = do("UpdateFunctionConfiguration", FunctionName="f", MemorySize=256)
    assert (after["MemorySize"], after["Timeout"], after["Environment"]) == (256, 7, {"Variables": {"AB": "1"}})


def test_empty_environment_takes_it_away(create: Do, do: Do) -> None:
    create(Environment={"Variables": {"AB": "1"}})
    after = do("UpdateFunctionConfiguration", FunctionName="f", Environment={"Variables": {}})
    assert "Environment" not in after


def test_log_format_json_has_levels(create: Do, do: Do) -> None:
    create()
    after = do("UpdateFunctionConfiguration", FunctionName="f", LoggingConfig={"LogFormat": "JSON"})
    assert after["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
    after = do("UpdateFunctionConfiguration", FunctionName="f", LoggingConfig={"LogFormat": "Text"})
    assert "ApplicationLogLevel" not in after["LoggingConfig"]


@pytest.mark.parametrize("name", ["f", ARN, "123456789012:function:f", "function:f", "123456789012:f"])
def test_a_function_has_many_names(create: Do, do: Do, name: str) -> None:
    create()
    assert do("GetFunctionConfiguration", FunctionName=name)["FunctionArn"] == ARN


@pytest.mark.parametrize(
    ("params", "code_"),
    [
        ({"FunctionName": "g"}, "ResourceNotFoundException"),
        ({"FunctionName": "f", "Qualifier": "1"}, "ResourceNotFoundException"),
        ({"FunctionName": "f", "Qualifier": "live"}, "ResourceNotFoundException"),
        ({"FunctionName": "f:1", "Qualifier": "2"}, "InvalidParameterValueException"),
        ({"FunctionName": ARN.replace("us-east-1", "eu-west-1")}, "ResourceNotFoundException"),
        ({"FunctionName": ARN.replace("123456789012", "999999999999")}, "AccessDeniedException"),
    ],
)
def test_what_is_not_there(create: Do, do: Do, params: dict[str, Any], code_: str) -> None:
    create()
    assert refused(do, "GetFunction", **params).code == code_


def test_the_text_of_a_missing_function(do: Do) -> None:
    assert refused(do, "GetFunction", FunctionName="f").message == f"Function not found: {ARN}"


def test_get_function_shows_tags_and_concurrency(create: Do, do: Do) -> None:
    create(Tags={"a": "1"})
    do("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=3)
    found = do("GetFunction", FunctionName="f")
    assert found["Tags"] == {"a": "1"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    assert found["Code"]["RepositoryType"] == "S3"


def test_list_functions_pages(create: Do, do: Do) -> None:
    for name in ("c", "a", "b"):
        create(FunctionName=name)
    first = do("ListFunctions", MaxItems=2)
    second = do("ListFunctions", MaxItems=2, Marker=first["NextMarker"])
    assert [item["FunctionName"] for item in first["Functions"] + second["Functions"]] == ["a", "b", "c"]
    assert second["NextMarker"] is None
    assert "State" not in first["Functions"][0]


def test_regions_are_apart(create: Do, service: FunctionsService) -> None:
    create()
    assert service.handle(api_call("ListFunctions", {}, "eu-west-1"))["Functions"] == []


def test_delete_function(create: Do, do: Do) -> None:
    create()
    do("DeleteFunction", FunctionName="f")
    assert refused(do, "GetFunction", FunctionName="f").code == "ResourceNotFoundException"


class TestPending:
    """With STEPDEPLOY_LOCAL_PENDING_SECONDS, changes take their time as on AWS."""

    @pytest.fixture(autouse=True)
    def slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STEPDEPLOY_LOCAL_PENDING_SECONDS", "60")

    def test_a_new_function_is_pending(self, create: Do, do: Do, world: FakeWorld) -> None:
        made = create()
        assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
        world.shift = timedelta(seconds=61)
        assert do("GetFunctionConfiguration", FunctionName="f")["State"] == "Active"

    @pytest.mark.parametrize(
        ("operation", "params"),
        [
            ("Invoke", {}),
            ("UpdateFunctionCode", code("y = 2")),
            ("UpdateFunctionConfiguration", {"Timeout": 5}),
            ("PublishVersion", {}),
        ],
    )
    def test_a_pending_function_allows_nothing(self, create: Do, do: Do, operation: str, params: Any) -> None:
        create()
        error = refused(do, operation, FunctionName="f", **params)
        assert error.code == "ResourceConflictException"
        assert error.message.endswith("The function is currently in the following state: Pending")

    def test_an_update_in_progress_allows_no_other(self, create: Do, do: Do, world: FakeWorld) -> None:
        create()
        world.shift = timedelta(seconds=61)
        during = do("UpdateFunctionConfiguration", FunctionName="f", Timeout=5)
        assert (during["State"], during["LastUpdateStatus"]) == ("Active", "InProgress")
        error = refused(do, "UpdateFunctionCode", FunctionName="f", **code("y = 2"))
        assert error.code == "ResourceConflictException"
        assert error.message.endswith(f"An update is in progress for resource: {ARN}")

    def test_the_revision_changes_when_the_update_has_settled(self, create: Do, do: Do, world: FakeWorld) -> None:
        before = create()
        world.shift = timedelta(seconds=61)
        after = do("GetFunctionConfiguration", FunctionName="f")
        assert before["RevisionId"] != after["RevisionId"]

    def test_nothing_is_pending_in_a_replay(self, create: Do, do: Do, world: FakeWorld) -> None:
        world.replaying = True
        made = create()
        assert made["State"] == "Active"
        first = do("UpdateFunctionConfiguration", FunctionName="f", Timeout=5)
        do("UpdateFunctionCode", FunctionName="f", RevisionId=first["RevisionId"], **code("y = 2"))

    def test_a_guard_that_was_read_while_pending_holds_in_a_replay(
        self, create: Do, do: Do, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = [str(uuid.UUID(int=number)) for number in range(9)]
        permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "111111111111"}
        monkeypatch.setattr(world, "new_id", iter(ids).__next__)
        pending = create()["RevisionId"]
        do("AddPermission", FunctionName="f", RevisionId=pending, **permission)
        do("DeleteFunction", FunctionName="f")
        monkeypatch.setattr(world, "new_id", iter(ids).__next__)
        world.replaying = True
        create()
        do("AddPermission", FunctionName="f", RevisionId=pending, **permission)
        assert do("GetPolicy", FunctionName="f")["RevisionId"] != pending

    def test_calls_run_the_old_code_during_an_update(self, create: Do, do: Do, world: FakeWorld) -> None:
        create("def handler(event, context):\n    return 'old'\n")
        world.shift = timedelta(seconds=61)
        do("UpdateFunctionCode", FunctionName="f", **code("def handler(event, context):\n    return 'new'\n"))
        assert do("Invoke", FunctionName="f")["Payload"] == b'"old"'
        world.shift = timedelta(seconds=122)
        assert do("Invoke", FunctionName="f")["Payload"] == b'"new"'


def test_a_role_is_checked_on_update_too(create: Do, do: Do) -> None:
    create()
    error = refused(do, "UpdateFunctionConfiguration", FunctionName="f", Role=f"{ROLE}2")
    assert "cannot be assumed" in error.message


def test_an_operation_that_is_not_there_says_so(do: Do) -> None:
    error = refused(do, "CreateCodeSigningConfig", AllowedPublishers={})
    assert error.status == 400
    assert "lambda:CreateCodeSigningConfig" in error.message
