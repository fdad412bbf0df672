"""Which names say that their value is a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

SECRET = frozenset({
    "secret", "secrets", "password", "passwords", "passwd", "passwort", "pwd", "passphrase", "passcode",
    "token", "tokens", "credential", "credentials", "creds", "apikey", "apikeys", "authorization", "auth", "bearer",
    "cookie", "cookies", "jwt", "signature", "privatekey", "accesskey", "secretkey",
})  # fmt: skip
ENDINGS = ("password", "passwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey")
"""Ends of words that were written together: AUTHTOKEN."""
KEYS = frozenset({"key", "keys"})
KEY_OF = frozenset({
    "access", "account", "api", "app", "application", "auth", "client", "consumer", "crypto", "deploy",
    "deployment", "encryption", "hmac", "integration", "jwt", "license", "licence", "master", "merchant", "pgp",
    "gpg", "private", "publishing", "routing", "rsa", "secret", "security", "service", "session", "shared", "sign",
    "signing", "ssh", "storage", "subscription", "tenant", "webhook",
})  # fmt: skip
"""Words before `key` that make it a secret."""
NO_SECRET_KEY = frozenset({
    "bucket", "cache", "config", "dedup", "deduplication", "document", "file", "foreign", "group", "hash",
    "idempotency", "index", "input", "join", "kms", "lock", "lookup", "manifest", "map", "natural", "object",
    "output", "partition", "primary", "public", "range", "result", "s3", "sort", "state", "tag", "unique",
})  # fmt: skip
"""Words before `key` that make it an ordinary one, also in an environment variable."""
QUANTITY = frozenset({
    "age", "budget", "cost", "count", "days", "expiration", "expires", "expiry", "hours", "length", "lifetime",
    "limit", "max", "maximum", "min", "minimum", "minutes", "ms", "num", "number", "per", "price", "quota", "rate",
    "retention", "rotation", "seconds", "size", "threshold", "total", "ttl", "usage", "used", "version",
})  # fmt: skip
"""Words that make a number a number: MAX_TOKENS, PASSWORD_LENGTH."""
DIGESTS = frozenset({"checksum", "commit", "digest", "etag", "fingerprint", "hash", "id", "md5", "revision", "sha", "sha1",
                     "sha256", "version"})  # fmt: skip
KIND_OF = frozenset({"type", "mode", "algorithm"})
"""Last words that tell of a secret and are none."""
NUMBERS = frozenset({
    "secret", "password", "passwd", "pwd", "passphrase", "passcode", "pass", "credential", "credentials",
})  # fmt: skip
"""Words that make even a number a secret; 512 tokens are none."""
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")
_LITERAL = re.compile(r"""['"`]""")
_STATEMENT = frozenset({"Effect", "Action", "NotAction"})
_PAIRS = (("Key", "Value"), ("key", "value"), ("Name", "Value"), ("name", "value"), ("ParameterKey", "ParameterValue"))


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """`DB_Password`, `dbPassword` and `db-password.$` -> ("db", "password")."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=4096)
def is_secret(name: str, environment: bool = False) -> bool:
    """Whether the name says so. environment: it is that of an environment variable, where any KEY is taken for one."""
    said = words(name)
    if not said or said[-1] in KIND_OF:
        return False
    if SECRET.intersection(said) or any(word.endswith(ENDINGS) for word in said) or said[-1] == "pass":
        return True
    for index, word in enumerate(said):
        if word in KEYS and "kms" not in said:
            before = said[index - 1] if index else ""
            if before in KEY_OF or (environment and index == len(said) - 1 and before not in NO_SECRET_KEY):
                return True
    return False


def has_key(name: str) -> bool:
    """Whether it speaks of a key of whatever kind: one that looks random is taken for a secret."""
    return not KEYS.isdisjoint(words(name)) and "kms" not in words(name)


def is_digest(name: str) -> bool:
    """Whether what it holds is expected to look random and is no secret."""
    return not DIGESTS.isdisjoint(words(name))


def is_environment(name: str) -> bool:
    """Whether environment variables stand under it."""
    return name.lower() in ("environment", "variables", "env", "environmentvariables", "environment_variables")


def is_hook(name: str) -> bool:
    """Whether it names a URL that anybody may call who knows it."""
    return any(word in ("hook", "webhook", "hooks", "webhooks") for word in words(name))


def may_be_number(name: str) -> bool:
    """Whether a number under this secret name is one: a password may be, a count of tokens is not."""
    said = set(words(name))
    return not said & QUANTITY and (not said & SECRET or bool(said & NUMBERS))


def may_be_text(name: str, text: str) -> bool:
    """Whether text under a secret name is the secret, and not where it comes from: a path into the input, an
    expression without literals, an ARN, or a plain number under a name such as MAX_TOKENS."""
    if not text:
        return False
    if text.startswith("arn:") or (text.isdigit() and QUANTITY.intersection(words(name))):
        return False
    comes_from = text.startswith(("$", "States.", "{%"))
    return not comes_from or bool(_LITERAL.search(text))


def name_of_value(pair: Mapping[str, Any]) -> dict[str, str]:
    """For data that holds a name and its value side by side (a tag, a container's variable, a Choice rule on a path):
    the value's field -> the name."""
    found = {
        value: str(pair[key])
        for key, value in _PAIRS
        if isinstance(pair.get(key), str) and value in pair
    }  # fmt: skip
    variable = pair.get("Variable")
    if isinstance(variable, str):
        last = variable.rsplit(".", 1)[-1]
        found |= {field: last for field in pair if field.startswith("String") and not field.endswith("Path")}
    return found


def is_statement(value: Mapping[str, Any]) -> bool:
    """Whether it is a statement of a policy: a policy may be called after the secret that it is about."""
    return "Effect" in value and len(_STATEMENT.intersection(value)) > 1
