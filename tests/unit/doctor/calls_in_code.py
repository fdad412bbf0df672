"""The AWS operations that stand in the source, found by reading it, and the IAM actions that they ask for."""

from __future__ import annotations

import ast
import importlib
import itertools
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

from botocore import xform_name
from botocore.session import Session

from stepdeploy.resources.base import Tagging

ROOT = Path(__file__).resolve().parents[3]
SERVICES = (
    "cloudwatch", "dynamodb", "events", "iam", "lambda", "logs", "s3", "sns", "sqs", "stepfunctions", "sts",
)  # fmt: skip
Operation = tuple[str, str]
"""("stepfunctions", "describe_state_machine")."""
PREFIXES = {"stepfunctions": "states", "resourcegroupstaggingapi": "tag"}
"""Services whose IAM prefix is not botocore's name."""

OTHERWISE = {
    "s3:HeadBucket": {"s3:ListBucket"},
    "s3:GetPublicAccessBlock": {"s3:GetBucketPublicAccessBlock"},
    "s3:PutPublicAccessBlock": {"s3:PutBucketPublicAccessBlock"},
    "s3:GetBucketLifecycleConfiguration": {"s3:GetLifecycleConfiguration"},
    "s3:PutBucketLifecycleConfiguration": {"s3:PutLifecycleConfiguration"},
    "s3:DeleteBucketLifecycle": {"s3:PutLifecycleConfiguration"},
    "s3:GetBucketEncryption": {"s3:GetEncryptionConfiguration"},
    "s3:PutBucketEncryption": {"s3:PutEncryptionConfiguration"},
    "s3:GetBucketNotificationConfiguration": {"s3:GetBucketNotification"},
    "s3:PutBucketNotificationConfiguration": {"s3:PutBucketNotification"},
    "s3:ListObjectVersions": {"s3:ListBucketVersions"},
    "s3:DeleteObjects": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "dynamodb:TransactWriteItems": {"dynamodb:PutItem", "dynamodb:DeleteItem"},
    # Everybody may, and IAM cannot forbid it.
    "sts:GetCallerIdentity": set(),
}
"""Operations whose IAM action is not named after them
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)."""


@cache
def _all_services() -> frozenset[str]:
    return frozenset(Session().get_available_services())


@cache
def _names(service: str) -> dict[str, str]:
    """botocore's name -> AWS's, of the operations of a service."""
    model = Session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def iam_actions(operation: Operation) -> set[str]:
    """What a caller has to be allowed."""
    service, name = operation
    action = f"{PREFIXES.get(service, service)}:{_names(service)[name]}"
    return set(OTHERWISE.get(action, {action}))


@cache
def operations_in(path: Path) -> set[Operation]:
    """Every operation that a file names: in pairs (`call("s3", "head_bucket")`, a table of tuples), and where the name stands
    apart, in a variable or a helper's argument, that of every service of the file. And those of its `Tagging`s."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    pairs = {
        (first, second)
        for node in ast.walk(tree)
        for first, second in itertools.pairwise(_texts(node))
        if first in _all_services() and second in _names(first)
    }
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    apart = texts - {name for _, name in pairs}
    found = {(service, name) for service in SERVICES if service in texts for name in apart & _names(service).keys()}
    return pairs | found | (set(_tagging(path)) if "Tagging(" in text else set())


def _texts(node: ast.AST) -> list[str]:
    """The arguments of a call, or the items of a tuple; "" for what is no text."""
    items = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
    return [str(item.value) if isinstance(item, ast.Constant) else "" for item in items]


def _tagging(path: Path) -> Iterator[Operation]:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for value in vars(module).values():
        if isinstance(value, Tagging):
            yield value.service, value.set_operation
            yield value.service, value.remove_operation


def actions_in(paths: Set[Path]) -> dict[str, set[str]]:
    """IAM action -> the files that ask for it."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for operation in operations_in(path):
            for action in iam_actions(operation):
                found.setdefault(action, set()).add(str(path.relative_to(ROOT)))
    return found
