"""Lambda's errors with the words that AWS uses.

Codes are those of the service model (https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each
operation's page); the front takes the HTTP status from the model.
"""

from __future__ import annotations

from stepdeploy.local.wire import ApiError


def invalid(message: str) -> ApiError:
    """A value that the service understands and refuses."""
    return ApiError("InvalidParameterValueException", message)


def constraint(value: object, member: str, rule: str) -> ApiError:
    """A value outside its length, range, pattern or enumeration, in the form of AWS's request validation.

    member: name of the field in lower camel case, as AWS prints it.
    """
    return ApiError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}",
    )


def not_found(message: str) -> ApiError:
    """A resource that does not exist."""
    return ApiError("ResourceNotFoundException", message, 404)


def no_function(arn: str) -> ApiError:
    """A function, version or alias that does not exist."""
    return not_found(f"Function not found: {arn}")


def conflict(message: str) -> ApiError:
    """The resource exists already, or its state does not allow the call."""
    return ApiError("ResourceConflictException", message, 409)


def stale_revision() -> ApiError:
    """The caller's RevisionId is not the current one."""
    return ApiError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        412,
    )


def throttled(reason: str) -> ApiError:
    """No room for one more concurrent invocation. reason: a ThrottleReason of the service model."""
    return ApiError("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason)


def too_large(message: str) -> ApiError:
    """The request as a whole is too large."""
    return ApiError("RequestTooLargeException", message, 413)
