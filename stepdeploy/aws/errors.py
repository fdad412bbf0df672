"""botocore's errors -> ours, once, at the border."""

from __future__ import annotations

from botocore import exceptions as boto

from stepdeploy import errors

NOT_FOUND = {
    "ResourceNotFoundException", "ResourceNotFound", "NoSuchEntity", "NoSuchBucket", "NoSuchKey", "404", "NotFound",
    "StateMachineDoesNotExist", "ExecutionDoesNotExist", "NotFoundException", "ParameterNotFound",
    "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NoSuchTagSet", "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError", "TableNotFoundException",
}  # fmt: skip
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
CONFLICT = {
    "ConflictException", "ResourceConflictException", "EntityAlreadyExists", "StateMachineAlreadyExists",
    "ExecutionAlreadyExists", "ResourceAlreadyExistsException", "PreconditionFailedException", "StateMachineDeleting",
    "ConditionalCheckFailedException", "ResourceInUseException", "BucketAlreadyOwnedByYou", "BucketAlreadyExists",
    "OperationAborted", "PreconditionFailed", "DeleteConflict", "TransactionCanceledException",
}  # fmt: skip
THROTTLED = {
    "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown",
    "ProvisionedThroughputExceededException", "LimitExceededException",
}  # fmt: skip
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
           "SignatureDoesNotMatch", "InvalidSignatureException"}  # fmt: skip

NO_CREDENTIALS = (
    boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError, boto.TokenRetrievalError,
    boto.NoAuthTokenError, boto.SSOError, boto.LoginError,
)  # fmt: skip


def translate(error: Exception, operation: str, where: str) -> Exception:
    """Our error for botocore's; any other exception is returned as it is. operation: "lambda:CreateFunction"."""
    if isinstance(error, boto.ClientError):
        return _from_answer(error, operation, where)
    if isinstance(error, NO_CREDENTIALS):
        return errors.Unreachable(
            f"no AWS credentials: {error}",
            operation=operation,
            hint="Run `aws sso login` or `aws configure`, or name a profile with --profile; --env local needs none.",
        )
    if isinstance(error, boto.ProfileNotFound):
        return errors.UsageError(str(error), hint="`aws configure list-profiles` shows those that there are.")
    if isinstance(error, boto.ParamValidationError):
        return errors.AwsError(f"{operation}: {error}", code="ParamValidation", operation=operation, where=where)
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        return errors.Unreachable(f"{operation}: {error}", operation=operation, where=where)
    if isinstance(error, boto.BotoCoreError):
        return errors.AwsError(f"{operation}: {error}", operation=operation, where=where)
    return error


def _from_answer(error: boto.ClientError, operation: str, where: str) -> errors.AwsError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    text = error.response.get("Error", {}).get("Message") or code
    request_id = str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))
    kind: type[errors.AwsError] = errors.AwsError
    hint = None
    if code in NOT_FOUND:
        kind = errors.NotFound
    elif code in DENIED:
        kind, hint = errors.AccessDenied, f"The caller, or the role that is passed, needs what {operation} asks for."
    elif code in CONFLICT:
        kind = errors.Conflict
    elif code in THROTTLED:
        kind, hint = errors.Throttled, "AWS is limiting the rate; run the command again in a minute."
    elif code in EXPIRED:
        kind, hint = errors.AccessDenied, "The credentials are not valid (any more): log in again."
    return kind(
        f"{operation}: {code}: {text}", code=code, operation=operation, where=where, hint=hint, request_id=request_id
    )
