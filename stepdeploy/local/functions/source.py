"""Where the bytes of a package come from: the request itself, or an S3 object."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from stepdeploy.local.functions.control import Control
from stepdeploy.local.functions.errors import invalid
from stepdeploy.local.functions.model import Code


def take_code(control: Control, given: dict[str, Any], region: str) -> Code:
    """Read, check and keep a package. given: ZipFile, or S3Bucket, S3Key and perhaps S3ObjectVersion.

    Raises ApiError where neither or both are given, the object cannot be read, or the zip is refused.
    """
    content = given.get("ZipFile")
    bucket = given.get("S3Bucket")
    if content is not None and bucket:
        raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    if content is not None:
        return control.code.add(content, direct=True)
    if not bucket or not given.get("S3Key"):
        raise invalid("Please provide a source for function code.")
    return control.code.add(_object(control, given, region), direct=False)


def _object(control: Control, given: dict[str, Any], region: str) -> bytes:
    wanted = {"Bucket": given["S3Bucket"], "Key": given["S3Key"]}
    if given.get("S3ObjectVersion"):
        wanted["VersionId"] = given["S3ObjectVersion"]
    try:
        content: bytes = control.world.client("s3", region).get_object(**wanted)["Body"].read()
    except ClientError as error:
        reason = error.response["Error"]
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {reason.get('Code')}. "
            f"S3 Error Message: {reason.get('Message')}"
        ) from None
    return content
