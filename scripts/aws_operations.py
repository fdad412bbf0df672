"""Which AWS operation an HTTP request asks for, on which resource, and whether it changes anything.

Read from the request alone, by botocore's service models, as CloudTrail would name it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as scripts/aws_proxy.py
from stepdeploy.local.dispatch import scope_of
from stepdeploy.local.wire import HttpRequest

#: SigV4 signing name -> (botocore's service, the prefix that IAM and CloudTrail write).
_NAMES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "states": "stepfunctions"}
_REST = ("lambda", "s3", "scheduler")
_READS = (
    "Get", "List", "Describe", "BatchGet", "TransactGet", "Query", "Scan", "Head", "Filter", "Validate", "Simulate",
)  # fmt: skip
#: What names the resource, the most telling first. Nested: the item of a DynamoDB call.
_RESOURCES = (
    "FunctionName", "LayerName", "stateMachineAliasArn", "stateMachineArn", "executionArn", "name", "RoleName",
    "logGroupName", "logGroupNamePrefix", "TableName", "Bucket", "TopicArn", "SubscriptionArn", "QueueName", "QueueUrl",
    "AlarmName", "DashboardName", "Rule", "UUID", "Name", "resourceArn", "ResourceArn", "ResourceARN", "Resource",
)  # fmt: skip
_MORE = (
    "Key", "Item", "TransactItems", "StatementId", "PolicyName", "VersionNumber", "Qualifier", "Endpoint", "AttributeName",
    "AlarmNames", "routingConfiguration",
)  # fmt: skip
"""What tells two calls on one resource apart."""
_INSIDE = ("stateMachineVersionArn",)
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z?(#\w+)?|(?<=-)[0-9a-f]{8}$"
)


@dataclass(frozen=True)
class Operation:
    """service: botocore's name ("stepfunctions"). name: "UpdateStateMachineAlias". resource: its name on AWS, and what
    tells two calls on it apart; random ids and times stand as `*`. params: top level of the request, as far as it was read."""

    service: str
    name: str
    resource: str
    params: Mapping[str, Any]

    @property
    def label(self) -> str:
        """`lambda:CreateFunction`."""
        return f"{self.service}:{self.name}"

    @property
    def writes(self) -> bool:
        return not self.name.startswith(_READS)


def operation_of(request: HttpRequest) -> Operation:
    """Raises ApiError for a request that is not signed; its name is "?" where no model has it."""
    signed = scope_of(request).service
    service = _NAMES.get(signed, signed)
    name, params = _read(service, request)
    return Operation(service, name, _resource(params), params)


def _read(service: str, request: HttpRequest) -> tuple[str, dict[str, Any]]:
    if service in _REST:
        return _rest(service, request)
    target = request.header("X-Amz-Target")
    url = urlsplit(request.target)
    if target:
        return target.rpartition(".")[2], _json(request.body)
    if "/operation/" in url.path:  # smithy RPC v2 (https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html)
        return url.path.rpartition("/")[2], dict(_cbor_texts(request.body))
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return form.pop("Action", "?"), form


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _cbor_texts(body: bytes) -> Iterator[tuple[str, str]]:
    """Those members of a CBOR map that name a resource and are texts of up to 255 bytes (RFC 8949, major type 3)."""
    for key in _RESOURCES:
        start = body.find(bytes([0x60 + len(key)]) + key.encode()) + 1 + len(key)
        if start <= len(key) or start >= len(body):
            continue
        head = body[start]
        if 0x60 <= head < 0x78:
            yield key, body[start + 1 : start + 1 + head - 0x60].decode("utf-8", "replace")
        elif head == 0x78:
            yield key, body[start + 2 : start + 2 + body[start + 1]].decode("utf-8", "replace")


# REST -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Route:
    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    required: frozenset[tuple[str, str]]
    rank: tuple[int, int, bool]


@cache
def _routes(service: str) -> list[_Route]:
    """Those that ask for most first. Where two operations have one route, the one that is not deprecated."""
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service_name=service)
    return sorted((_route(model.operation_model(name)) for name in model.operation_names), key=lambda route: route.rank)


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    if shape is not None and "Bucket" in shape.members and "{Bucket}" not in path:
        path = "/{Bucket}" + path  # making an S3 client takes it out of the model, where models are read only once
    parts = [part for part in re.split(r"(\{\w+\+?\})", path.rstrip("/")) if part]
    pattern = "".join(_pattern(part) for part in parts)
    constants = frozenset(parse_qsl(query, keep_blank_values=True))
    literal = sum(len(part) for part in parts if not part.startswith("{"))
    required = _required(operation)
    rank = (-len(constants) - len(required), -literal, bool(operation.deprecated))
    return _Route(operation.name, operation.http["method"], re.compile(pattern + "/?"), constants, required, rank)


def _required(operation: OperationModel) -> frozenset[tuple[str, str]]:
    """(place, name in lower case) of the query parameters and headers that the operation does not go without."""
    shape = operation.input_shape
    members = [shape.members[name].serialization for name in shape.required_members] if shape is not None else []
    places = ("querystring", "header")
    return frozenset(
        (member["location"], member["name"].lower()) for member in members if member.get("location") in places
    )


def _pattern(part: str) -> str:
    label = re.fullmatch(r"\{(\w+)(\+?)\}", part)
    if label is None:
        return re.escape(part)
    return f"(?P<{label[1]}>.+)" if label[2] else f"(?P<{label[1]}>[^/]+)"


def _rest(service: str, request: HttpRequest) -> tuple[str, dict[str, Any]]:
    url = urlsplit(request.target)
    query = parse_qsl(url.query, keep_blank_values=True)
    given = {("querystring", name.lower()) for name, _ in query} | {
        ("header", name.lower()) for name, _ in request.headers
    }
    for route in _routes(service):
        found = route.path.fullmatch(url.path) if route.method == request.method else None
        if found is not None and route.query <= set(query) and route.required <= given:
            labels = {name: unquote(text) for name, text in found.groupdict().items()}
            body = _json(request.body) if "json" in request.header("Content-Type") or service == "lambda" else {}
            return route.name, {**dict(query), **body, **labels}
    return "?", {}


# Resources ------------------------------------------------------------------------------------------------------------


def _resource(params: Mapping[str, Any]) -> str:
    """`Greet-local`, `stepdeploy-greeter-local inventory current`."""
    name = next((params[key] for key in _RESOURCES if isinstance(params.get(key), str)), "")
    parts = [_short(name), *(_text(params[key]) for key in _MORE if key in params)]
    return _RANDOM.sub("*", " ".join(part for part in parts if part))


def _short(name: str) -> str:
    """An ARN or queue URL without what is the same for all of one account."""
    if name.startswith("arn:"):
        return name.split(":", 5)[5]
    return name.rpartition("/")[2] if name.startswith("http") else name


def _text(value: Any) -> str:
    """What tells one call from the next: a key of DynamoDB by its texts, the items of a transaction by their keys, the
    versions of an alias."""
    if isinstance(value, Mapping):
        if "pk" in value:
            return " ".join(_text(value[name].get("S", "")) for name in ("pk", "sk") if name in value)
        return " ".join(_text(item) for key, item in value.items() if key in _INSIDE or isinstance(item, Mapping))
    if isinstance(value, list):
        return " + ".join(text for item in value if (text := _text(item)))
    return _short(str(value))
