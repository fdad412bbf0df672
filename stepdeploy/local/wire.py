"""What goes over the wire to the services that are ours (Step Functions, Lambda), by botocore's service models.

Two protocols: "states" speaks AWS JSON 1.0, "lambda" speaks REST-JSON
(https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html, .../aws-restjson1-protocol.html). A request becomes an
`ApiCall`; a service's answer, or the `ApiError` it raises, becomes an `HttpResponse` that botocore takes apart into the
modelled output or exception. Value conversion is in `values.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

from stepdeploy.local.values import from_json, from_text, to_json, to_text

#: SigV4 signing name -> botocore's name of the service model.
MODELS = {"states": "stepfunctions", "lambda": "lambda"}
NOT_IMPLEMENTED = "NotImplementedByEmbeddedAws"


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came. target: raw path and query. headers: (name, value) in order, names as sent."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str, default: str = "") -> str:
        """The first header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)


@dataclass(frozen=True)
class HttpResponse:
    """An answer: status, headers without Content-Length, body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class ApiCall:
    """One request to a service that is ours, parsed and checked against botocore's model.

    params: as boto3 callers write them; blobs are bytes, timestamps aware datetimes.
    """

    service: str
    operation: str
    params: dict[str, Any]
    region: str
    account: str
    request_id: str


class ApiError(Exception):
    """An error of the AWS API. status: HTTP status; where the model names one for `code`, the model wins."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class Service(Protocol):
    """A service of ours behind the HTTP front. `handle` may be called from many threads at once."""

    name: str

    def handle(self, call: ApiCall) -> dict[str, Any]:
        """Do the operation; returns the output members. Raises ApiError."""
        ...

    def mutates(self, operation: str) -> bool:
        """True for control-plane writes, which are journalled and done again at the next start."""
        ...

    def close(self) -> None:
        """Stop what is running and let go of processes and threads."""
        ...


def not_implemented(service: str, operation: str) -> ApiError:
    """The answer to an operation that the embedded AWS does not have; status 400, so that no client retries it."""
    return ApiError(
        NOT_IMPLEMENTED,
        f"The embedded AWS of stepdeploy does not do {service}:{operation}. Use a real AWS account for it.",
    )


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of "states" or "lambda"."""
    name = MODELS[service]
    return ServiceModel(Loader().load_service_model(name, "service-2"), service_name=name)


def parse(service: str, request: HttpRequest, *, region: str, account: str, request_id: str) -> ApiCall:
    """Read a request to `service`. Raises ApiError where it is no operation of that service, or its values are off."""
    if service == "states":
        operation, params = _parse_json(request)
    else:
        operation, params = _parse_rest(service, request)
    if operation.input_shape is not None:
        report = ParamValidator().validate(params, operation.input_shape)
        if report.has_errors():
            raise ApiError("ValidationException", f"Request failed validation: {report.generate_report()}")
    return ApiCall(service, operation.name, params, region, account, request_id)


def operation_name(service: str, request: HttpRequest) -> str:
    """The operation that a request asks for, without reading its values. Raises ApiError for one that is unknown."""
    if service == "states":
        return str(_json_operation(request).name)
    return str(_match_route(service, request)[0].name)


def render(call: ApiCall, output: dict[str, Any]) -> HttpResponse:
    """A service's output as HTTP. Raises ValueError for members that the model does not have."""
    operation = service_model(call.service).operation_model(call.operation)
    headers = {"x-amzn-RequestId": call.request_id}
    if call.service == "states":
        headers["Content-Type"] = "application/x-amz-json-1.0"
        body = to_json(operation.output_shape, output) if operation.output_shape is not None else {}
        return HttpResponse(200, headers, _dump(body))
    return _render_rest(operation, output, headers)


def render_error(service: str, error: ApiError, request_id: str) -> HttpResponse:
    """An error as HTTP, in the protocol of `service`."""
    status = error.status
    shape = service_model(service).shape_for_error_code(error.code) if service in MODELS else None
    if shape is not None:
        status = int(shape.metadata.get("error", {}).get("httpStatusCode", status))
    members: dict[str, Any] = {"message": error.message, "Message": error.message, **error.members}
    if shape is not None:
        names = {name: member.serialization.get("name", name) for name, member in shape.members.items()}
        known = {name: members[name] for name in names if name in members}
        members = {"message": error.message, **to_json(shape, known)}
    if service == "states":
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        members = {"__type": error.code, **members}
    else:
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
        members = {"__type": error.code, "Type": "User" if status < 500 else "Service", **members}
    return HttpResponse(status, {"x-amzn-RequestId": request_id, **headers}, _dump(members))


# AWS JSON 1.0 ---------------------------------------------------------------------------------------------------------


def _json_operation(request: HttpRequest) -> OperationModel:
    target = request.header("X-Amz-Target")
    model = service_model("states")
    prefix, _, name = target.rpartition(".")
    if prefix != model.metadata["targetPrefix"] or name not in model.operation_names:
        raise ApiError("UnknownOperationException", f"No operation of Step Functions: {target!r}")
    return model.operation_model(name)


def _parse_json(request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
    operation = _json_operation(request)
    values = _load(request.body)
    params: dict[str, Any] = from_json(operation.input_shape, values) if operation.input_shape is not None else {}
    return operation, params


# REST-JSON ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Route:
    operation: OperationModel
    method: str
    path: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    literals: int


@cache
def _routes(service: str) -> list[_Route]:
    """All routes of a REST service, the most literal first, so that `?List=ALL` wins over the path alone."""
    model = service_model(service)
    routes = [_route(model.operation_model(name)) for name in model.operation_names]
    return sorted(routes, key=lambda route: (-len(route.query), -route.literals))


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    parts = [part for part in re.split(r"(\{\w+\+?\})", path.rstrip("/")) if part]
    pattern = "".join(_path_pattern(part) for part in parts)
    literals = sum(len(part) for part in parts if not part.startswith("{"))
    constants = frozenset(parse_qsl(query, keep_blank_values=True))
    return _Route(operation, operation.http["method"], re.compile(pattern + "/?"), constants, literals)


def _path_pattern(part: str) -> str:
    label = re.fullmatch(r"\{(\w+)(\+?)\}", part)
    if label is None:
        return re.escape(part)
    return f"(?P<{label[1]}>.+)" if label[2] else f"(?P<{label[1]}>[^/]+)"


def _match_route(service: str, request: HttpRequest) -> tuple[OperationModel, dict[str, str], list[tuple[str, str]]]:
    url = urlsplit(request.target)
    query = parse_qsl(url.query, keep_blank_values=True)
    for route in _routes(service):
        found = route.path.fullmatch(url.path) if route.method == request.method else None
        if found is not None and route.query <= set(query):
            return route.operation, {name: unquote(text) for name, text in found.groupdict().items()}, query
    raise ApiError("UnknownOperationException", f"No operation of {service}: {request.method} {url.path}", 404)


def _parse_rest(service: str, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
    operation, labels, query = _match_route(service, request)
    shape = operation.input_shape
    if shape is None:
        return operation, {}
    params: dict[str, Any] = {}
    in_body = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location is None:
            in_body[name] = member
            continue
        key = member.serialization.get("name", name)
        texts = _texts_at(location, key, request, labels, query)
        if texts:
            is_list = member.type_name == "list"
            params[name] = (
                [from_text(member.member, text) for text in texts] if is_list else from_text(member, texts[0])
            )
    payload = shape.serialization.get("payload")
    if payload is not None:
        params.update(_parse_payload(payload, shape.members[payload], request.body))
    elif in_body:
        values = from_json(shape, _load(request.body))
        params.update({name: value for name, value in values.items() if name in in_body})
    return operation, params


def _texts_at(
    location: str, key: str, request: HttpRequest, labels: dict[str, str], query: list[tuple[str, str]]
) -> list[str]:
    """The raw values of a member that travels outside the body."""
    if location == "uri":
        return [labels[key]]
    if location == "querystring":
        return [value for name, value in query if name == key]
    return [value for name, value in request.headers if name.lower() == key.lower()]


def _parse_payload(name: str, shape: Any, body: bytes) -> Iterator[tuple[str, Any]]:
    """The member that is the whole body: raw bytes for a blob, JSON otherwise. An empty body is an absent member."""
    if not body:
        return
    yield name, body if shape.type_name == "blob" else from_json(shape, _load(body))


def _render_rest(operation: OperationModel, output: dict[str, Any], headers: dict[str, str]) -> HttpResponse:
    status = int(operation.http.get("responseCode", 200))
    shape = operation.output_shape
    if shape is None or status == 204:
        return HttpResponse(status, headers)
    payload = shape.serialization.get("payload")
    in_body = {}
    for name, value in output.items():
        member = shape.members.get(name)
        location = member.serialization.get("location") if member is not None else None
        if location == "statusCode":
            status = int(value)
        elif location == "header" and member is not None and value is not None:
            headers[member.serialization["name"]] = to_text(member, value)
        elif location is None:
            in_body[name] = value
    headers["Content-Type"] = "application/json"
    if payload is not None and shape.members[payload].type_name == "blob":
        return HttpResponse(status, headers, in_body.get(payload) or b"")
    return HttpResponse(status, headers, _dump(to_json(shape, in_body)))


# JSON -----------------------------------------------------------------------------------------------------------------


def _load(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body) if body.strip() else {}
    except ValueError as error:
        raise ApiError("SerializationException", f"The request body is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ApiError("SerializationException", "The request body is not a JSON object")
    return values


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
