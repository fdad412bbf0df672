"""botocore's errors become ours, with code, place, hint and request id."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as boto

from stepdeploy import errors
from stepdeploy.aws.errors import translate


def refused(code: str, message: str = "no good") -> boto.ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "req-1"}}
    return boto.ClientError(answer, "CreateFunction")


def translated(error: Exception) -> errors.StepdeployError:
    found = translate(error, "lambda:CreateFunction", "Greet")
    assert isinstance(found, errors.StepdeployError)
    return found


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ResourceNotFoundException", errors.NotFound),
        ("NoSuchEntity", errors.NotFound),
        ("404", errors.NotFound),
        ("TableNotFoundException", errors.NotFound),
        ("AWS.SimpleQueueService.NonExistentQueue", errors.NotFound),
        ("AccessDeniedException", errors.AccessDenied),
        ("403", errors.AccessDenied),
        ("ExpiredToken", errors.AccessDenied),
        ("ResourceConflictException", errors.Conflict),
        ("ConditionalCheckFailedException", errors.Conflict),
        ("ThrottlingException", errors.Throttled),
        ("SlowDown", errors.Throttled),
        ("InvalidParameterValueException", errors.AwsError),
    ],
)
def test_codes(code: str, kind: type[errors.AwsError]) -> None:
    found = translated(refused(code))
    assert type(found) is kind
    assert isinstance(found, errors.AwsError)
    assert (found.code, found.operation, found.where, found.request_id) == (
        code, "lambda:CreateFunction", "Greet", "req-1",
    )  # fmt: skip
    assert found.message == f"lambda:CreateFunction: {code}: no good"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("AccessDenied", "needs what lambda:CreateFunction asks for"),
        ("ExpiredToken", "log in again"),
        ("Throttling", "in a minute"),
    ],
)
def test_hints_say_what_to_do(code: str, hint: str) -> None:
    assert hint in (translated(refused(code)).hint or "")


def test_an_answer_without_text_or_id_is_still_an_error() -> None:
    found = translated(boto.ClientError({"Error": {"Code": "404"}}, "HeadBucket"))
    assert isinstance(found, errors.NotFound)
    assert found.message.endswith("404: 404") and found.request_id == ""
    assert type(translated(boto.ClientError({}, "HeadBucket"))) is errors.AwsError


@pytest.mark.parametrize(
    "error",
    [
        boto.NoCredentialsError(),
        boto.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        boto.CredentialRetrievalError(provider="process", error_msg="exit 1"),
        boto.TokenRetrievalError(provider="sso", error_msg="expired"),
        boto.UnauthorizedSSOTokenError(),
        boto.SSOTokenLoadError(error_msg="no file"),
        boto.LoginRefreshRequired(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_missing_or_expired_credentials_lead_to_a_login(error: Exception) -> None:
    found = translated(error)
    assert type(found) is errors.Unreachable
    assert "aws sso login" in (found.hint or "")


@pytest.mark.parametrize(
    "error",
    [
        boto.EndpointConnectionError(endpoint_url="https://x"),
        boto.ConnectTimeoutError(endpoint_url="https://x"),
        boto.ReadTimeoutError(endpoint_url="https://x"),
        boto.ConnectionClosedError(endpoint_url="https://x"),
        boto.ProxyConnectionError(proxy_url="http://p"),
        boto.SSLError(endpoint_url="https://x", error="self-signed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_is_unreachable(error: Exception) -> None:
    assert type(translated(error)) is errors.Unreachable


def test_a_profile_that_does_not_exist_is_a_matter_of_usage() -> None:
    assert type(translated(boto.ProfileNotFound(profile="nope"))) is errors.UsageError


def test_wrong_parameters_and_other_errors_of_botocore() -> None:
    assert getattr(translated(boto.ParamValidationError(report="Missing Role")), "code", "") == "ParamValidation"
    assert type(translated(boto.DataNotFoundError(data_path="x"))) is errors.AwsError


def test_what_is_not_botocores_is_left_alone() -> None:
    error = ValueError("ours")
    assert translate(error, "a:B", "") is error
