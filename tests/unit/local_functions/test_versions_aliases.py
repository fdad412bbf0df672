"""Versions and aliases."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from lambda_fakes import Do, code

from stepdeploy.local.functions.service import FunctionsService
from stepdeploy.local.wire import ApiError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def refused(action: Any, *arguments: Any, **params: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        action(*arguments, **params)
    return caught.value


@pytest.fixture
def two(create: Do, do: Do) -> None:
    """Function f with versions 1 and 2; version N returns N."""
    create("def handler(event, context):\n    return 1\n", Publish=True)
    do(
        "UpdateFunctionCode",
        FunctionName="f",
        Publish=True,
        **code("def handler(event, context):\n    return 2\n"),
    )


def test_create_with_publish_is_version_1(create: Do) -> None:
    assert create(Publish=True)["Version"] == "1"


def test_publishing_what_has_not_changed_is_the_same_version(create: Do, do: Do) -> None:
    create()
    first = do("PublishVersion", FunctionName="f", Description="one")
    second = do("PublishVersion", FunctionName="f", Description="two")
    assert (second["Version"], second["Description"]) == ("1", "one")
    assert second["FunctionArn"] == first["FunctionArn"] == f"{ARN}:1"


@pytest.mark.parametrize(
    "change",
    [
        {"Timeout": 9},
        {"Description": "new"},
        {"Environment": {"Variables": {"AB": "1"}}},
        {"TracingConfig": {"Mode": "Active"}},
        {"MemorySize": 256},
    ],
)
def test_a_change_of_configuration_makes_a_new_version(create: Do, do: Do, change: dict[str, Any]) -> None:
    create(Publish=True)
    do("UpdateFunctionConfiguration", FunctionName="f", **change)
    assert do("PublishVersion", FunctionName="f")["Version"] == "2"


def test_reserved_concurrency_makes_no_new_version(create: Do, do: Do) -> None:
    create(Publish=True)
    do("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=1)
    assert do("PublishVersion", FunctionName="f")["Version"] == "1"


def test_numbers_survive_deletion_of_version_and_function(create: Do, do: Do) -> None:
    create(Publish=True)
    do("DeleteFunction", FunctionName="f", Qualifier="1")
    assert do("PublishVersion", FunctionName="f")["Version"] == "2"
    do("DeleteFunction", FunctionName="f")
    assert create(Publish=True)["Version"] == "3"


def test_a_version_freezes_code_and_configuration(two: None, do: Do) -> None:
    do("UpdateFunctionConfiguration", FunctionName="f", Timeout=9, Environment={"Variables": {"AB": "1"}})
    frozen = do("GetFunctionConfiguration", FunctionName="f", Qualifier="1")
    assert (frozen["Timeout"], frozen["Version"], frozen["FunctionArn"]) == (3, "1", f"{ARN}:1")
    assert "Environment" not in frozen


def test_wrong_code_sha256(create: Do, do: Do) -> None:
    create()
    error = refused(do, "PublishVersion", FunctionName="f", CodeSha256="x")
    assert error.code == "InvalidParameterValueException"
    assert error.message.startswith("CodeSHA256 (x) is different from current CodeSHA256 in $LATEST")


def test_list_versions_pages_with_latest_first(create: Do, do: Do) -> None:
    create(Publish=True)
    for timeout in range(10, 20):
        do("UpdateFunctionConfiguration", FunctionName="f", Timeout=timeout)
        do("PublishVersion", FunctionName="f")
    numbers: list[str] = []
    marker = None
    while True:
        page = do("ListVersionsByFunction", FunctionName="f", MaxItems=4, Marker=marker)
        numbers += [item["Version"] for item in page["Versions"]]
        marker = page["NextMarker"]
        if marker is None:
            break
    assert numbers == ["$LATEST", *(str(number) for number in range(1, 12))]


def test_latest_cannot_be_deleted(two: None, do: Do) -> None:
    error = refused(do, "DeleteFunction", FunctionName="f", Qualifier="$LATEST")
    assert error.message == "$LATEST version cannot be deleted without deleting the function."


def test_a_version_with_an_alias_cannot_be_deleted(two: None, do: Do) -> None:
    do("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    assert refused(do, "DeleteFunction", FunctionName="f", Qualifier="1").code == "ResourceConflictException"


def test_an_alias_points_to_a_version(two: None, do: Do, service: FunctionsService) -> None:
    made = do("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1", Description="d")
    assert made["AliasArn"] == f"{ARN}:live"
    assert do("GetAlias", FunctionName="f", Name="live") == made
    result = service.invoke("f", "live", b"{}")
    assert (result.payload, result.executed_version) == (b"1", "1")


def test_an_alias_moves(two: None, do: Do) -> None:
    before = do("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1", Description="d")
    after = do("UpdateAlias", FunctionName="f", Name="live", FunctionVersion="2", RevisionId=before["RevisionId"])
    assert (after["FunctionVersion"], after["Description"]) == ("2", "d")
    assert after["RevisionId"] != before["RevisionId"]


def test_an_alias_splits_calls_by_weight(two: None, do: Do, service: FunctionsService) -> None:
    do(
        "CreateAlias",
        FunctionName="f",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    seen = Counter(service.invoke("f:live", None, b"{}").executed_version for _ in range(60))
    assert set(seen) == {"1", "2"}


@pytest.mark.parametrize(
    ("params", "code_"),
    [
        ({"Name": "7"}, "ValidationException"),
        ({"Name": "taken"}, "ResourceConflictException"),
        ({"FunctionVersion": "9"}, "ResourceNotFoundException"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"9": 0.1}}}, "ResourceNotFoundException"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}}, "InvalidParameterValueException"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.1}}}, "ValidationException"),
    ],
)
def test_create_alias_refuses(two: None, do: Do, params: dict[str, Any], code_: str) -> None:
    do("CreateAlias", FunctionName="f", Name="taken", FunctionVersion="1")
    wanted = {"FunctionName": "f", "Name": "live", "FunctionVersion": "1", **params}
    assert refused(do, "CreateAlias", **wanted).code == code_


def test_a_stale_alias_revision(two: None, do: Do) -> None:
    do("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    error = refused(do, "UpdateAlias", FunctionName="f", Name="live", FunctionVersion="2", RevisionId="x")
    assert error.code == "PreconditionFailedException"


def test_list_and_delete_aliases(two: None, do: Do) -> None:
    for name, version in (("a", "1"), ("b", "2")):
        do("CreateAlias", FunctionName="f", Name=name, FunctionVersion=version)
    assert [item["Name"] for item in do("ListAliases", FunctionName="f", FunctionVersion="2")["Aliases"]] == ["b"]
    do("DeleteAlias", FunctionName="f", Name="a")
    assert refused(do, "GetAlias", FunctionName="f", Name="a").message == f"Cannot find alias arn: {ARN}:a"
    assert [item["Name"] for item in do("ListAliases", FunctionName="f")["Aliases"]] == ["b"]
