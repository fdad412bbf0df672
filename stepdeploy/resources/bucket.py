"""S3 bucket: versioned, encrypted (AES256), all public access blocked, TLS only is left to the account's policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Actual, Aws, Call, Decision
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base, tag_list, tag_map

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
        view = {
            "versioned": versioning == "Enabled",
            "encryption": _encryption(aws, self.name),
            "public_access_blocked": _or_none(
                aws, "get_public_access_block", self.name, "PublicAccessBlockConfiguration"
            )
            == BLOCKED,
            "expire_noncurrent_days": _expiry(aws, self.name),
        }
        return Actual(tag_map(tags or []), view)

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        wanted = {
            "versioned": desired["versioned"],
            "encryption": "AES256",
            "public_access_blocked": True,
            "expire_noncurrent_days": desired["expire_noncurrent_days"],
            "tags": dict(desired["tags"]),
        }
        steps = self._steps(desired)
        if actual is None:
            location = {"LocationConstraint": desired["region"]}
            # us-east-1 must not be named (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html).
            where = {} if desired["region"] == "us-east-1" else {"CreateBucketConfiguration": location}
            create = Call("s3", "create_bucket", {"Bucket": self.name, **where})
            return Decision((create, *(steps[name] for name in wanted if wanted[name] not in (None, False))))
        before = {**actual.view, "tags": dict(actual.tags or {})}
        return Decision(tuple(steps[name] for name in wanted if before[name] != wanted[name]), changes(before, wanted))

    def _steps(self, desired: Mapping[str, Any]) -> dict[str, Call]:
        """The call that sets each setting."""
        status = "Enabled" if desired["versioned"] else "Suspended"
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        return {
            "tags": self._call("put_bucket_tagging", Tagging={"TagSet": tag_list(desired["tags"])}),
            "public_access_blocked": self._call("put_public_access_block", PublicAccessBlockConfiguration=BLOCKED),
            "encryption": self._call("put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]}),
            "versioned": self._call("put_bucket_versioning", VersioningConfiguration={"Status": status}),
            "expire_noncurrent_days": self._lifecycle(desired["expire_noncurrent_days"]),
        }

    def _lifecycle(self, days: int | None) -> Call:
        if not days:
            return self._call("delete_bucket_lifecycle")
        rule = {
            "ID": "stepdeploy-noncurrent",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": days},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
        return self._call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [rule]})

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


def _expiry(aws: Aws, bucket: str) -> int | None:
    rules = _or_none(aws, "get_bucket_lifecycle_configuration", bucket, "Rules") or []
    days = [rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules]
    return next((day for day in days if day), None)
