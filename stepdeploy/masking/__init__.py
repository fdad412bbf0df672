"""Secrets out of what is shown: plans as text, JSON and Markdown.

A secret is what its name says is one (`names`), or what looks like a credential (`shapes`). In its place stands `***`
and the first hex digits of its SHA-256, so that a change is still seen: `*** (sha256:ab12) -> *** (sha256:cd34)`. Four
digits tell two values apart and give next to nothing away: one in 65,536 guesses fits by chance.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from stepdeploy.masking import names, shapes

DIGITS = 4
_MASK = re.compile(r"\*\*\* \(sha256:[0-9a-f]{4,64}\)")


def mask(value: Any, *under: str) -> Any:
    """A copy of JSON data (which may hold Refs and other objects, left as they are) without its secrets.

    under: the names that it stands under, the outermost first, such as `environment`, `DB_PASSWORD`.
    """
    return _Masking(DIGITS).mask(value, under)


def mask_pair(before: Any, after: Any, *under: str) -> tuple[Any, Any]:
    """Both masked; what differs still does, with more digits where four are alike."""
    for digits in (DIGITS, 8, 16, 64):
        masking = _Masking(digits)
        pair = masking.mask(before, under), masking.mask(after, under)
        if pair[0] != pair[1] or before == after:
            break
    return pair


def mask_text(text: str) -> str:
    """Text without what looks like a credential."""
    return _Masking(DIGITS).text(text)


def is_mask(text: str) -> bool:
    """Whether it stands for a secret."""
    return _MASK.fullmatch(text) is not None


class _Masking:
    """digits: hex digits shown of a secret's SHA-256."""

    def __init__(self, digits: int) -> None:
        self.digits = digits

    def mask(self, value: Any, under: tuple[str, ...]) -> Any:
        """`value` without secrets, where `under` are the names it stands under."""
        environment = any(names.is_environment(name) for name in under)
        secret = any(names.is_secret(name, environment) for name in under)
        return self._walk(value, under[-1] if under else "", secret, environment)

    def text(self, text: str) -> str:
        return shapes.replace(text, self._hidden)

    def _walk(self, value: Any, name: str, secret: bool, environment: bool) -> Any:
        """name: the one that it stands under. secret: that name, or one above it, says that this is secret."""
        if isinstance(value, Mapping):
            return self._mapping(value, name, secret, environment)
        if isinstance(value, list | tuple):
            return [self._walk(item, name, secret, environment) for item in value]
        if isinstance(value, str):
            return self._string(value, name, secret, environment)
        if secret and isinstance(value, int | float) and not isinstance(value, bool) and names.may_be_number(name):
            return self._hidden(json.dumps(value))
        return value

    def _mapping(self, value: Mapping[str, Any], name: str, secret: bool, environment: bool) -> dict[str, Any]:
        if set(value) == {"$ref"} or set(value) == {"$file", "sha256"}:
            return dict(value)
        named = names.name_of_value(value)
        secret = secret and not names.is_statement(value)
        result = {}
        for key, item in value.items():
            if name == "States" and isinstance(item, Mapping):
                result[key] = self._walk(
                    item, "", False, environment
                )  # the name of a state says nothing of what is in it
                continue
            said = named.get(key, key)
            inside = environment or names.is_environment(said)
            result[key] = self._walk(item, said, secret or names.is_secret(said, environment), inside)
        return result

    def _string(self, text: str, name: str, secret: bool, environment: bool) -> str:
        if is_mask(text):
            return text
        parsed = _json(text)
        if parsed is not None:
            masked = self._walk(parsed, name, secret, environment)
            return text if masked == parsed else json.dumps(masked, ensure_ascii=False)
        keylike = names.has_key(name) or (environment and not names.is_digest(name) and shapes.is_one_word(text))
        if (secret and names.may_be_text(name, text)) or (keylike and shapes.is_random(text)):
            return self._hidden(text)
        return shapes.replace(text, self._hidden, hook=names.is_hook(name))

    def _hidden(self, secret: str) -> str:
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        return f"*** (sha256:{digest[: self.digits]})"


def _json(text: str) -> Any:
    """An object or array that is written as text; None where it is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
