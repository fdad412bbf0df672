"""What a bucket tells when an object is made or deleted: to EventBridge, functions, queues and topics.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html (EventBridge),
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html (the others). Of tags, ACLs and
restored objects nothing is told, which is said in the log where a bucket asks for it.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus
from xml.etree import ElementTree

from stepdeploy.local.events.deliveries import Deliveries
from stepdeploy.local.events.eventbridge import Buses, event_of
from stepdeploy.local.events.targets import Targets

log = logging.getLogger(__name__)

_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_DETAIL_TYPES = {"ObjectCreated": "Object Created", "ObjectRemoved": "Object Deleted"}
#: What AWS shows as the ETag of a delete marker: the MD5 of nothing.
_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
_ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Change:
    """What happened to an object. name: e.g. "s3:ObjectCreated:Put". version: None where the bucket keeps none."""

    name: str
    bucket: str
    bucket_arn: str
    region: str
    key: str
    size: int
    etag: str
    version: str | None
    sequencer: str

    @classmethod
    def of(cls, name: str, bucket: Any, key: Any) -> Change:
        """From moto's bucket and object, which may be gone already: then its content must not be read."""
        version = getattr(key, "version_id", None)
        etag = _EMPTY if name.endswith("DeleteMarkerCreated") else ""
        if name.startswith("s3:ObjectCreated"):
            etag = str(key.etag).replace('"', "")
        return cls(
            name=name,
            bucket=bucket.name,
            bucket_arn=bucket.arn,
            region=bucket.region_name,
            key=key.name,
            size=int(getattr(key, "size", 0) or 0),
            etag=etag,
            version=None if version in (None, "null") else str(version),
            sequencer=f"{time.time_ns():016X}"[-16:],
        )

    @property
    def removed(self) -> bool:
        return self.name.startswith("s3:ObjectRemoved")

    def detail(self, account: str) -> dict[str, Any]:
        """The `detail` of the event on EventBridge."""
        about: dict[str, Any] = {"key": self.key}
        if not self.removed:
            about["size"] = self.size
        about |= {"etag": self.etag, "version-id": self.version, "sequencer": self.sequencer}
        made: dict[str, Any] = {
            "version": "0",
            "bucket": {"name": self.bucket},
            "object": {name: value for name, value in about.items() if value not in (None, "")},
            "request-id": uuid.uuid4().hex[:16].upper(),
            "requester": account,
            "source-ip-address": _ADDRESS,
            "reason": _REASONS.get(self.name, "DeleteObject" if self.removed else self.name.rpartition(":")[2]),
        }
        if self.removed:
            marker = self.name.endswith("DeleteMarkerCreated")
            made["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
        return made

    def record(self, account: str, configuration: str) -> str:
        """The notification for functions, queues and topics."""
        about: dict[str, Any] = {"key": quote_plus(self.key, safe="/")}
        if not self.removed:
            about |= {"size": self.size, "eTag": self.etag}
        about |= {"versionId": self.version} if self.version else {}
        now = datetime.now(UTC)
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": self.region,
            "eventTime": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "eventName": self.name.removeprefix("s3:"),
            "userIdentity": {"principalId": f"AWS:{account}"},
            "requestParameters": {"sourceIPAddress": _ADDRESS},
            "responseElements": {"x-amz-request-id": uuid.uuid4().hex[:16].upper(), "x-amz-id-2": uuid.uuid4().hex},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration,
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": {"principalId": account},
                    "arn": self.bucket_arn,
                },
                "object": {**about, "sequencer": self.sequencer},
            },
        }
        return json.dumps({"Records": [record]})


def found(bucket: Any, key: str, version: str | None) -> Any:
    """moto's object or delete marker, of a version where one is given; None where there is none."""
    if version is None:
        return bucket.keys.get(key)
    return next((one for one in bucket.keys.getlist(key, []) if str(one.version_id) == version), None)


class Buckets:
    """Tells who wants to know of a change."""

    def __init__(self, targets: Targets, deliveries: Deliveries, buses: Buses) -> None:
        self._targets = targets
        self._deliveries = deliveries
        self._buses = buses

    def changed(self, account: str, name: str, bucket: Any, key: Any) -> None:
        """An object of a bucket with a notification configuration changed. bucket, key: moto's."""
        change = Change.of(name, bucket, key)
        wanted = bucket.notification_configuration
        for notification in [*wanted.cloud_function, *wanted.queue, *wanted.topic]:
            if notification.matches(name, change.key):
                self._send(change.bucket, notification.arn, change.record(account, notification.id))
        if wanted.event_bridge is not None:
            self._buses.publish(
                event_of(
                    "aws.s3",
                    _DETAIL_TYPES[name.split(":")[1]],
                    change.detail(account),
                    account=account,
                    region=change.region,
                    resources=[change.bucket_arn],
                )
            )

    def configured(self, bucket: Any) -> None:
        """A bucket got a configuration: its queues and topics get the test event."""
        now = datetime.now(UTC)
        event = {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "Bucket": bucket.name,
            "RequestId": uuid.uuid4().hex[:16].upper(),
            "HostId": uuid.uuid4().hex,
        }
        wanted = bucket.notification_configuration
        for one in [*wanted.cloud_function, *wanted.queue, *wanted.topic]:
            silent = [name for name in one.events if name.split(":")[1] not in _DETAIL_TYPES]
            if silent:
                log.info("The embedded AWS does not tell %s of %s: %s", bucket.name, ", ".join(silent), one.arn)
        for arn in sorted({one.arn for one in [*wanted.queue, *wanted.topic]}):
            self._send(bucket.name, arn, json.dumps(event))

    def _send(self, bucket: str, arn: str, text: str) -> None:
        self._deliveries.put(f"S3 {bucket} to {arn}", lambda: self._targets.send(arn, text))


def tags_of(body: bytes) -> dict[str, str]:
    """The tags in a CreateBucketConfiguration; {} where there are none, or no XML."""
    try:
        root = ElementTree.fromstring(body) if body else None
    except ElementTree.ParseError:
        return {}
    found = [] if root is None else root.findall("{*}Tags/{*}Tag")
    return {tag.findtext("{*}Key", ""): tag.findtext("{*}Value", "") for tag in found}
