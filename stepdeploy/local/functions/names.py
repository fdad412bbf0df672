"""Function identifiers: a name, a partial ARN or a full ARN, with or without a qualifier.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName, Qualifier).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from stepdeploy.arns import Place, partition_of
from stepdeploy.local.functions.errors import constraint, invalid, not_found
from stepdeploy.local.wire import ApiError

LATEST = "$LATEST"
#: A name alone may have 64 characters (CreateFunction).
MAX_NAME = 64
_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?"
    r"(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
_IDENTIFIER = re.compile(
    r"(arn:aws[a-zA-Z-]*:lambda:)?((?P<region>[a-z]{2}(-[a-z]+)+-\d):)?((?P<account>\d{12}):)?(function:)?"
    r"(?P<name>[a-zA-Z0-9_-]+)(:(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)
_QUALIFIER = re.compile(r"\$LATEST|[a-zA-Z0-9_-]{1,128}")


@dataclass(frozen=True)
class Target:
    """Which function a caller means; qualifier: version number, alias, "$LATEST", or None."""

    place: Place
    name: str
    qualifier: str | None = None

    @property
    def arn(self) -> str:
        """The unqualified ARN."""
        return self.place.function(self.name)

    @property
    def qualified_arn(self) -> str:
        """The ARN with the qualifier that was given, if one was."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


def parse_target(
    identifier: str, qualifier: str | None, *, region: str, account: str, anywhere: bool = False
) -> Target:
    """Take an identifier apart. region: that of the call; with `anywhere`, an ARN may name another region.

    Raises ApiError: ValidationException (malformed), InvalidParameterValueException (two qualifiers that differ),
    ResourceNotFoundException (another region), AccessDeniedException (another account).
    """
    found = _IDENTIFIER.fullmatch(identifier)
    if found is None:
        raise constraint(identifier, "functionName", f"Member must satisfy regular expression pattern: {_PATTERN}")
    if qualifier is not None and not _QUALIFIER.fullmatch(qualifier):
        raise constraint(qualifier, "qualifier", "Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)")
    if found["account"] not in (None, account):
        raise ApiError("AccessDeniedException", f"Function {identifier} belongs to another account", 403)
    named = found["region"] or region
    if named != region and not anywhere:
        raise not_found(f"Functions from '{named}' are not reachable in this region ('{region}')")
    if qualifier and found["qualifier"] and qualifier != found["qualifier"]:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    place = Place(partition_of(named), named, account)
    return Target(place, found["name"], qualifier or found["qualifier"])


def unqualified(target: Target) -> Target:
    """The same function without a qualifier."""
    return replace(target, qualifier=None)


def is_version(qualifier: str) -> bool:
    """True for a published version number."""
    return qualifier.isascii() and qualifier.isdigit()


def is_alias(qualifier: str) -> bool:
    """True for what can be an alias name: not all digits, not $LATEST."""
    return re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", qualifier) is not None and not is_version(qualifier)
