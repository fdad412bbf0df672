"""S3 bucket: versioned, encrypted (AES256), all public access blocked, TLS only is left to the account's policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, tag_list, tag_map

RULE = "stepdeploy-noncurrent"
"""Id of our lifecycle rule."""
BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Bucket(Base):
    """desired: region, versioned, expire_noncurrent_days (or None), tags."""

    kind = "bucket"

    def read(self, aws: Aws) -> Actual | None:
        try:
            aws.call("s3", "head_bucket", Bucket=self.name)
        except NotFound:
            return None
        versioning = aws.call("s3", "get_bucket_versioning", Bucket=self.name).get("Status")
        tags = _or_none(aws, "get_bucket_tagging", self.name, "TagSet")
        blocked = _or_none(aws, "get_public_access_block", self.name, "PublicAccessBlockConfiguration")
        rules = _or_none(aws, "get_bucket_lifecycle_configuration", self.name, "Rules") or []
        ours: dict[str, Any] = next((rule for rule in rules if rule.get("ID") == RULE), {})
        view = {
            "versioned": versioning == "Enabled",
            "encryption": _encryption(aws, self.name),
            "public_access_blocked": blocked == BLOCKED,
            "expire_noncurrent_days": ours.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
            "other_rules": [rule for rule in rules if rule.get("ID") != RULE],
        }
        return Actual(tag_map(tags or []), view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = {
            "tags": dict(desired["tags"]),
            "public_access_blocked": True,
            "encryption": "AES256",
            "versioned": desired["versioned"],
            "expire_noncurrent_days": desired["expire_noncurrent_days"],
        }
        if actual is None:
            steps = self._steps(desired, [])
            create = self._create(desired)
            return Decision((create, *(steps[name] for name in wanted if wanted[name] not in (None, False))))
        steps = self._steps(desired, actual.view["other_rules"])
        before = {"tags": dict(actual.tags or {}), **{name: actual.view[name] for name in wanted if name != "tags"}}
        return Decision(tuple(steps[name] for name in wanted if before[name] != wanted[name]), changes(before, wanted))

    def _create(self, desired: Mapping[str, Any]) -> Call:
        """With the tags, so that a bucket is never without them: one without would not be known as ours again. They are
        set a second time after it, for partitions and servers that do not take them here. us-east-1 must not be named
        (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html)."""
        configuration: dict[str, Any] = {"Tags": tag_list(desired["tags"])}
        if desired["region"] != "us-east-1":
            configuration["LocationConstraint"] = desired["region"]
        return self._call("create_bucket", CreateBucketConfiguration=configuration)

    def _steps(self, desired: Mapping[str, Any], other_rules: list[Any]) -> dict[str, Call]:
        """The call that sets each setting. other_rules: lifecycle rules that are not ours."""
        status = "Enabled" if desired["versioned"] else "Suspended"
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        return {
            "tags": self._call("put_bucket_tagging", Tagging={"TagSet": tag_list(desired["tags"])}),
            "public_access_blocked": self._call("put_public_access_block", PublicAccessBlockConfiguration=BLOCKED),
            "encryption": self._call("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]}),
            "versioned": self._call("put_bucket_versioning", VersioningConfiguration={"Status": status}),
            "expire_noncurrent_days": self._lifecycle(desired["expire_noncurrent_days"], other_rules),
        }

    def _lifecycle(self, days: int | None, other_rules: list[Any]) -> Call:
        """AWS takes all rules of a bucket at once, so those of others are handed back as they are."""
        if not days and not other_rules:
            return self._call("delete_bucket_lifecycle")
        rule = {
            "ID": RULE,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": days},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
        rules = [*other_rules, rule] if days else other_rules
        return self._call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": rules})

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


def _or_none(aws: Aws, operation: str, bucket: str, key: str) -> Any:
    try:
        return aws.call("s3", operation, Bucket=bucket).get(key)
    except NotFound:
        return None


def _encryption(aws: Aws, bucket: str) -> str | None:
    configuration = _or_none(aws, "get_bucket_encryption", bucket, "ServerSideEncryptionConfiguration")
    rules = (configuration or {}).get("Rules", [])
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] if rules else None
