"""Which services are moto's, and which of their requests change something that must survive a restart."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

from stepdeploy.local.wire import HttpRequest

#: Operations that change nothing worth keeping, by how their names begin.
_READS = ("Get", "List", "Describe", "BatchGet", "TransactGet", "Query", "Scan", "Head", "Filter", "Test", "Simulate")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class MotoService:
    """A service that moto does for us.

    package: its package under `moto`. host: first part of its host name on AWS. transient: operations that write, but
    only data in motion (messages, metric points, data keys): they are not kept across a restart.
    """

    package: str
    host: str
    transient: frozenset[str] = field(default_factory=frozenset)


def _service(package: str, host: str = "", transient: str = "") -> MotoService:
    return MotoService(package, host or package, frozenset(transient.split()))


#: SigV4 signing name -> service.
SERVICES = {
    "s3": _service("s3"),
    "sts": _service(
        "sts", transient="AssumeRole AssumeRoleWithWebIdentity AssumeRoleWithSAML DecodeAuthorizationMessage"
    ),
    "iam": _service("iam", transient="GenerateCredentialReport GenerateServiceLastAccessedDetails"),
    "logs": _service("logs", transient="StartQuery StopQuery StartLiveTail"),
    "sns": _service("sns", transient="Publish PublishBatch CheckIfPhoneNumberIsOptedOut"),
    "sqs": _service(
        "sqs",
        transient="SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch PurgeQueue "
        "ChangeMessageVisibility ChangeMessageVisibilityBatch StartMessageMoveTask CancelMessageMoveTask",
    ),
    "dynamodb": _service("dynamodb"),
    "monitoring": _service("cloudwatch", "monitoring", "PutMetricData"),
    "events": _service("events", transient="PutEvents"),
    "ssm": _service("ssm"),
    "secretsmanager": _service("secretsmanager"),
    "tagging": _service("resourcegroupstaggingapi", "tagging"),
    "kms": _service(
        "kms",
        transient="Encrypt Decrypt ReEncrypt Sign Verify GenerateDataKey GenerateDataKeyWithoutPlaintext "
        "GenerateDataKeyPair GenerateRandom GenerateMac VerifyMac",
    ),
    "scheduler": _service("scheduler"),
    "application-autoscaling": _service("applicationautoscaling", "application-autoscaling"),
}

#: S3 subresources that moto does not know. It would overlook them: DELETE /bucket?metrics would delete the bucket.
_MISSING_IN_S3 = frozenset(
    [
        "abac",
        "analytics",
        "annotation",
        "intelligent-tiering",
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "metrics",
        "renameObject",
        "requestPayment",
        "session",
        "torrent",
    ]
)


def is_missing(service: str, request: HttpRequest) -> bool:
    """Would moto take the request for another one?"""
    if service != "s3":
        return False
    return bool(_MISSING_IN_S3 & parse_qs(urlsplit(request.target).query, keep_blank_values=True).keys())


def operation_of(request: HttpRequest) -> str:
    """The operation a request asks for; "PUT /path" where only method and path tell."""
    target = request.header("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    path = urlsplit(request.target).path
    if "/operation/" in path:  # smithy RPC v2: /service/<name>/operation/<operation>
        return path.rpartition("/")[2]
    if request.header("Content-Type").startswith(_FORM):
        return parse_qs(request.body.decode("utf-8", "replace")).get("Action", [""])[0]
    flags = [name for name, value in parse_qsl(urlsplit(request.target).query, keep_blank_values=True) if not value]
    return f"{request.method} {path}" + (f"?{flags[0]}" if flags else "")


def writes(service: str, request: HttpRequest) -> bool:
    """Does the request, when it succeeds, change something that must be there after a restart?"""
    if service == "sts":
        return False
    operation = operation_of(request)
    if " " in operation:
        is_select = request.method == "POST" and "select" in urlsplit(request.target).query
        return request.method in ("PUT", "POST", "DELETE", "PATCH") and not is_select
    return not operation.startswith(_READS) and operation not in SERVICES[service].transient
