"""What a proxy does to calls: errors in AWS's place, a process killed, an answer lost, and eventual consistency."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aws_operations import Operation, operation_of
from aws_proxy import Lost, Seen

from stepdeploy.local import moto_bridge, wire
from stepdeploy.local.dispatch import scope_of
from stepdeploy.local.wire import ApiError, HttpRequest, HttpResponse

Ask = Callable[[], HttpResponse]
Kill = Callable[[], None]

#: Fault -> what the table calls it.
FAULTS = {
    "throttled": "ThrottlingException, once",
    "throttled-on": "ThrottlingException, lasting",
    "failure": "InternalFailure, once",
    "failure-on": "InternalFailure, lasting",
    "killed-before": "SIGKILL before the call",
    "killed-after": "SIGKILL after it took effect",
    "lost": "its answer was lost",
}
ONCE = ("throttled", "failure")
LASTING = ("throttled-on", "failure-on")


@dataclass(frozen=True)
class Target:
    """Which call. resource: None, for the first of the operation on whatever resource."""

    label: str
    resource: str | None
    nth: int = 1

    def covers(self, operation: Operation) -> bool:
        return operation.label == self.label and self.resource in (None, operation.resource)


class Fault:
    """One fault at one call. reached: whether the call was made."""

    def __init__(self, kind: str, target: Target, kill: Kill) -> None:
        self.kind = kind
        self.target = target
        self.reached = False
        self._kill = kill
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, seen: Seen, ask: Ask) -> HttpResponse:
        if not self.target.covers(seen.operation):
            return ask()
        with self._lock:
            self._count += 1
            hit = self._count == self.target.nth
            again = self._count > self.target.nth and self.kind in LASTING
            self.reached = self.reached or hit
        return self._strike(seen, ask) if hit or again else ask()

    def _strike(self, seen: Seen, ask: Ask) -> HttpResponse:
        if self.kind in ("throttled", "throttled-on"):
            return refused(seen.request, throttled(seen.operation.service))
        if self.kind in ("failure", "failure-on"):
            return refused(seen.request, failure(seen.operation.service))
        if self.kind != "killed-before":
            ask()
        if self.kind.startswith("killed"):
            self._kill()
        raise Lost


def refused(request: HttpRequest, error: ApiError) -> HttpResponse:
    """An error as AWS would send it, in the protocol of the request."""
    service = scope_of(request).service
    if service in wire.MODELS:
        return wire.render_error(service, error, "00000000-0000-4000-8000-000000000000")
    return moto_bridge.render_error(service, error, request, "00000000-0000-4000-8000-000000000000")


def throttled(service: str) -> ApiError:
    """By the code that each service has for it: that of the common errors, but for S3, Lambda and those that speak the
    query protocol (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
    https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html,
    https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html)."""
    if service == "s3":
        return ApiError("SlowDown", "Please reduce your request rate.", 503)
    if service == "lambda":
        return ApiError("TooManyRequestsException", "Rate exceeded", 429)
    code = "Throttling" if service in ("iam", "sns", "sts", "cloudwatch") else "ThrottlingException"
    return ApiError(code, "Rate exceeded", 400)


def failure(service: str) -> ApiError:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the others by the common errors."""
    return ApiError("InternalError" if service == "s3" else "InternalFailure", "We encountered an internal error.", 500)


# Eventual consistency -------------------------------------------------------------------------------------------------

ROLE_SECONDS, UPDATE_SECONDS, ALIAS_SECONDS = 8.0, 3.0, 2.0
_LAMBDA = ApiError(
    "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.", 400
)
_STATES = ApiError(
    "AccessDeniedException",
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
    "provided role.",
    400,
)
_EVENTS = ApiError("ValidationException", "Provided role cannot be assumed by principal 'events.amazonaws.com'.", 400)
#: Operations that try the role they are given, and what AWS says while it is not there yet.
_ASSUME = {
    "lambda:CreateFunction": _LAMBDA,
    "lambda:UpdateFunctionConfiguration": _LAMBDA,
    "stepfunctions:CreateStateMachine": _STATES,
    "stepfunctions:UpdateStateMachine": _STATES,
    "events:PutTargets": _EVENTS,
}


class Eventually:
    """New roles cannot be assumed for ROLE_SECONDS, updates of machines and policies show after UPDATE_SECONDS, moves of
    an alias after ALIAS_SECONDS. answer: asks AWS, for what stood before a write. refusals, stale: how often the tool was
    told "not yet", or the past."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.refusals = 0
        self.stale = 0
        self._answer = answer
        self._roles: dict[str, float] = {}
        self._past: dict[str, tuple[float, HttpResponse]] = {}
        self._lock = threading.Lock()

    def __call__(self, seen: Seen, ask: Ask) -> HttpResponse:
        label, params = seen.operation.label, seen.operation.params
        if label in _ASSUME and self._names_new_role(params):
            with self._lock:
                self.refusals += 1
            return refused(seen.request, _ASSUME[label])
        if label == "iam:CreateRole":
            with self._lock:
                self._roles[str(params["RoleName"])] = time.monotonic() + ROLE_SECONDS
        if label in _SHOWN_BY:
            return self._write(seen, ask)
        return self._read(seen, ask)

    def _names_new_role(self, params: Mapping[str, Any]) -> bool:
        text = json.dumps(
            {key: value for key, value in params.items() if key not in ("Code", "definition")}, default=str
        )
        with self._lock:
            return any(f':role/{name}"' in text for name, until in self._roles.items() if time.monotonic() < until)

    def _write(self, seen: Seen, ask: Ask) -> HttpResponse:
        read, seconds = _SHOWN_BY[seen.operation.label]
        question = read(seen)
        past = self._answer(question)
        response = ask()
        if response.status < 300:
            with self._lock:
                self._past[_key(question)] = (time.monotonic() + seconds, past)
        return response

    def _read(self, seen: Seen, ask: Ask) -> HttpResponse:
        with self._lock:
            until, past = self._past.get(_key(seen.request), (0.0, None))
            if past is None or time.monotonic() >= until:
                past = None
            else:
                self.stale += 1
        return past or ask()


def _key(request: HttpRequest) -> str:
    """The same for the same question, however it is written."""
    operation = operation_of(request)
    return f"{operation.label} {json.dumps({key: operation.params[key] for key in sorted(operation.params)})}"


def _describe_machine(seen: Seen) -> HttpRequest:
    return _asking(seen, "DescribeStateMachine", {"stateMachineArn": seen.operation.params["stateMachineArn"]})


def _describe_alias(seen: Seen) -> HttpRequest:
    params = seen.operation.params
    arn = params.get("stateMachineAliasArn")
    if arn is None:
        version = params["routingConfiguration"][0]["stateMachineVersionArn"]
        arn = f"{version.rpartition(':')[0]}:{params['name']}"
    return _asking(seen, "DescribeStateMachineAlias", {"stateMachineAliasArn": arn})


def _asking(seen: Seen, operation: str, body: Mapping[str, str]) -> HttpRequest:
    """Another question to Step Functions by the one who made this call."""
    own = {"x-amz-target": f"AWSStepFunctions.{operation}", "content-length": str(len(json.dumps(body)))}
    headers = [(name, own.get(name.lower(), value)) for name, value in seen.request.headers]
    return HttpRequest("POST", "/", headers, json.dumps(body).encode())


def _get_policy(seen: Seen) -> HttpRequest:
    params = seen.operation.params
    asked = {"Action": "GetRolePolicy", "Version": params["Version"]}
    asked |= {name: params[name] for name in ("RoleName", "PolicyName")}
    body = urlencode(asked).encode()
    headers = [(name, value) for name, value in seen.request.headers if name.lower() != "content-length"]
    return HttpRequest("POST", "/", [*headers, ("Content-Length", str(len(body)))], body)


#: Write -> the read that goes on to tell of the time before it, and for how many seconds.
_SHOWN_BY: Mapping[str, tuple[Callable[[Seen], HttpRequest], float]] = {
    "stepfunctions:UpdateStateMachine": (_describe_machine, UPDATE_SECONDS),
    "stepfunctions:UpdateStateMachineAlias": (_describe_alias, ALIAS_SECONDS),
    "stepfunctions:CreateStateMachineAlias": (_describe_alias, ALIAS_SECONDS),
    "iam:PutRolePolicy": (_get_policy, UPDATE_SECONDS),
}
