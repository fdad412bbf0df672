"""S3 bucket: versioned, encrypted (AES256), all public access blocked, TLS only is left to the account's policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, tag_list, tag_map

RULE = "stepdeploy-noncurrent"
"""Id of our lifecycle rule for old versions."""
EXPIRE = "stepdeploy-expire-"
"""What the ids of our lifecycle rules for a prefix start with; the prefix follows."""
EVENTS = "EventBridgeConfiguration"
"""Its presence alone turns events on, empty as it is."""
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Bucket(Base):
    """desired: region, versioned, expire_noncurrent_days (or None), expire ([{"prefix", "days"}]), event_bridge (whether
    each change of an object is an event on the default bus), tags."""

    kind = "bucket"

    def read(self, aws: Aws) -> Actual | None:
        try:
            versioning = aws.call("s3", "get_bucket_versioning", Bucket=self.name).get("Status")
        except NotFound:
            return None
        blocked = _or_none(aws, "get_public_access_block", self.name, "PublicAccessBlockConfiguration")
        rules = self._rules(aws)
        ours: dict[str, Any] = next((rule for rule in rules if rule.get("ID") == RULE), {})
        view = {
            "versioned": versioning == "Enabled",
            "encryption": _encryption(aws, self.name),
            "public_access_blocked": blocked == BLOCKED,
            "expire_noncurrent_days": ours.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
            "other_rules": [rule for rule in rules if not _is_ours(rule)],
            **_expire_view(rules),
            **(_notification_view(aws, self.name) if self._notifies() else {}),
        }

        def read() -> dict[str, str]:
            return tag_map(_or_none(aws, "get_bucket_tagging", self.name, "TagSet") or [])

        return Actual(self.tags(aws, f"arn:{self.desired.get('partition', 'aws')}:s3:::{self.name}", read), view)

    def _rules(self, aws: Aws) -> list[Any]:
        if self.unmanaged("expire_noncurrent_days") and self.unmanaged("expire"):
            return []
        return _or_none(aws, "get_bucket_lifecycle_configuration", self.name, "Rules") or []

    def _notifies(self) -> bool:
        return "event_bridge" in self.desired and not self.unmanaged("event_bridge")

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = {
            "tags": dict(desired["tags"]),
            "public_access_blocked": True,
            "encryption": "AES256",
            "versioned": desired["versioned"],
            "expire_noncurrent_days": desired["expire_noncurrent_days"],
            "expire": sorted(desired.get("expire", ()), key=lambda rule: str(rule["prefix"])),
            "event_bridge": desired.get("event_bridge", False),
        }
        if actual is None:
            steps = self._steps(wanted, {})
            return Decision((self._create(desired), *_once(steps[name] for name in wanted if wanted[name])))
        view = {"expire": [], "event_bridge": False, **actual.view, "tags": dict(actual.tags or {})}
        before = {name: view[name] for name in wanted}
        steps = self._steps(wanted, actual.view)
        return Decision(_once(steps[name] for name in wanted if before[name] != wanted[name]), changes(before, wanted))

    def _create(self, desired: Mapping[str, Any]) -> Call:
        """With the tags, so that a bucket is never without them: one without would not be known as ours again. They are
        set a second time after it, for partitions and servers that do not take them here. us-east-1 must not be named
        (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html)."""
        configuration: dict[str, Any] = {"Tags": tag_list(desired["tags"])}
        if desired["region"] != "us-east-1":
            configuration["LocationConstraint"] = desired["region"]
        return self._call("create_bucket", CreateBucketConfiguration=configuration)

    def _steps(self, wanted: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Call]:
        """The call that sets each setting. view: the bucket as it is, for what is not ours in it."""
        status = "Enabled" if wanted["versioned"] else "Suspended"
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        lifecycle = self._lifecycle(wanted, view.get("other_rules", []))
        return {
            "tags": self._call("put_bucket_tagging", Tagging={"TagSet": tag_list(wanted["tags"])}),
            "public_access_blocked": self._call("put_public_access_block", PublicAccessBlockConfiguration=BLOCKED),
            "encryption": self._call("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]}),
            "versioned": self._call("put_bucket_versioning", VersioningConfiguration={"Status": status}),
            "expire_noncurrent_days": lifecycle,
            "expire": lifecycle,
            "event_bridge": self._notify(wanted["event_bridge"], view.get("other_notifications", {})),
        }

    def _lifecycle(self, wanted: Mapping[str, Any], other_rules: list[Any]) -> Call:
        """AWS takes all rules of a bucket at once, so those of others are handed back as they are."""
        rules = list(other_rules)
        if days := wanted["expire_noncurrent_days"]:
            rules.append(
                {
                    "ID": RULE,
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": days},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            )
        for item in wanted["expire"]:
            found = {"ID": EXPIRE + item["prefix"], "Status": "Enabled", "Filter": {"Prefix": item["prefix"]}}
            rules.append({**found, "Expiration": {"Days": item["days"]}})
        if not rules:
            return self._call("delete_bucket_lifecycle")
        return self._call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})

    def _notify(self, on: bool, others: Mapping[str, Any]) -> Call:
        """All notifications of a bucket are set at once too."""
        configuration = {**others, EVENTS: {}} if on else dict(others)
        return self._call("put_bucket_notification_configuration", NotificationConfiguration=configuration)

    def _call(self, operation: str, **params: Any) -> Call:
        return Call("s3", operation, {"Bucket": self.name, **params})

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        """Every version of every object first, 1,000 a call (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html)."""
        objects: list[dict[str, str]] = []
        for key in ("Versions", "DeleteMarkers"):
            found = aws.pages("s3", "list_object_versions", key, Bucket=self.name)
            objects += [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        batches = [objects[start : start + 1000] for start in range(0, len(objects), 1000)]
        calls = [self._call("delete_objects", Delete={"Objects": batch, "Quiet": True}) for batch in batches]
        return (*calls, self._call("delete_bucket"))


def _once(calls: Iterable[Call]) -> tuple[Call, ...]:
    """Settings that one call sets take it once."""
    found: list[Call] = []
    for call in calls:
        if call not in found:
            found.append(call)
    return tuple(found)


def _is_ours(rule: Mapping[str, Any]) -> bool:
    name = str(rule.get("ID"))
    return name == RULE or name.startswith(EXPIRE)


def _expire_view(rules: list[Any]) -> dict[str, Any]:
    """Our rules for a prefix, by prefix, where there are any."""
    ours = [rule for rule in rules if str(rule.get("ID")).startswith(EXPIRE)]
    found = [{"prefix": rule["Filter"]["Prefix"], "days": rule["Expiration"]["Days"]} for rule in ours]
    return {"expire": sorted(found, key=lambda rule: str(rule["prefix"]))} if found else {}


def _notification_view(aws: Aws, bucket: str) -> dict[str, Any]:
    """Whether events go to EventBridge, and the notifications of others, where there are any."""
    found = aws.call("s3", "get_bucket_notification_configuration", Bucket=bucket)
    others = {name: value for name, value in found.items() if name not in (EVENTS, "ResponseMetadata")}
    view: dict[str, Any] = {"event_bridge": True} if EVENTS in found else {}
    return {**view, "other_notifications": others} if others else view


def _or_none(aws: Aws, operation: str, bucket: str, key: str) -> Any:
    try:
        return aws.call("s3", operation, Bucket=bucket).get(key)
    except NotFound:
        return None


def _encryption(aws: Aws, bucket: str) -> str | None:
    configuration = _or_none(aws, "get_bucket_encryption", bucket, "ServerSideEncryptionConfiguration")
    rules = (configuration or {}).get("Rules", [])
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] if rules else None
