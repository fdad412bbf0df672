"""The errors of the Step Functions API, with AWS's codes and texts (recorded answers of real AWS)."""

from __future__ import annotations

from stepdeploy.local.wire import ApiError


def invalid_arn(text: str) -> ApiError:
    return ApiError("InvalidArn", f"Invalid Arn: '{text}'")


def invalid_name(name: str) -> ApiError:
    return ApiError("InvalidName", f"Invalid Name: '{name}'")


def invalid_definition(text: str) -> ApiError:
    return ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{text}'")


def invalid_input(text: str) -> ApiError:
    return ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{text}'")


def invalid_logging(text: str) -> ApiError:
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {text}")


def validation(text: str) -> ApiError:
    return ApiError("ValidationException", text)


def access_denied(text: str) -> ApiError:
    return ApiError("AccessDeniedException", text)


def conflict(text: str) -> ApiError:
    return ApiError("ConflictException", text, 409)


def machine_exists(arn: str) -> ApiError:
    return ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


def no_machine(arn: str) -> ApiError:
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def no_execution(arn: str) -> ApiError:
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def execution_exists(arn: str) -> ApiError:
    return ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def no_activity(arn: str) -> ApiError:
    return ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def no_resource() -> ApiError:
    return ApiError("ResourceNotFound", "Request references a resource that does not exist.")


def no_tagged_resource(arn: str) -> ApiError:
    return ApiError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)


def type_not_supported() -> ApiError:
    return ApiError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def invalid_page_token(token: str) -> ApiError:
    return ApiError("InvalidToken", f"Invalid Token: '{token}'")
