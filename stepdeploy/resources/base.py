"""What the kinds share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from stepdeploy.engine.model import Actual, Aws, Call, Decision, plain


@dataclass(frozen=True)
class Base:
    """key: the resource's name in the project. name: its name on AWS. desired: facts in the kind's own words."""

    key: str
    name: str
    desired: Mapping[str, Any]
    needs: frozenset[str] = field(default_factory=frozenset)
    known: Mapping[str, Any] | None = None
    """The facts as the last deploy applied them, None where nothing is on record. What neither they nor `desired` set is
    not read."""

    kind: ClassVar[str] = ""
    compared: ClassVar[bool] = True
    """Whether what was applied is kept, and compared with what is there at the next deploy (stepdeploy/engine/drift.py)."""

    remembered: ClassVar[tuple[str, ...]] = ()
    """Outputs that are kept with the facts as last applied, under "outputs", to spare the next plan a look."""

    @property
    def address(self) -> str:
        """`kind:key`, as a `${reference}` writes it."""
        return f"{self.kind}:{self.key}"

    def read(self, aws: Aws) -> Actual | None:
        """The resource as AWS has it, None where it does not exist."""
        raise TypeError(f"{type(self).__name__} has no read")

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        """The calls that make `actual` into `desired`. Pure."""
        raise TypeError(f"{type(self).__name__} has no diff")

    def unmanaged(self, fact: str) -> bool:
        """Whether neither the project nor the last deploy sets a fact."""
        return self.known is not None and not self.desired.get(fact) and not self.known.get(fact)

    def tags(self, aws: Aws, arn: str, read: Callable[[], Mapping[str, str]]) -> dict[str, str]:
        """The resource's tags: from the index of our resources where that says what is wanted, else from `read`, since
        the index lags."""
        wanted = self.desired.get("tags")
        indexed = aws.tagged(arn) if wanted else None
        if indexed is not None and settable(indexed) == wanted:
            return dict(wanted)
        return dict(read())

    def removal(self, aws: Aws) -> tuple[Call, ...]:
        """The calls that remove it. Reads only; raises NotFound where it is gone."""
        raise TypeError(f"{type(self).__name__} has no removal")


@dataclass(frozen=True)
class Tagging:
    """How one AWS API sets and removes tags. target: the parameter that names the resource."""

    service: str
    target: str
    set_operation: str = "tag_resource"
    remove_operation: str = "untag_resource"
    tags: str = "Tags"
    keys: str = "TagKeys"
    as_list: bool = True
    names: tuple[str, str] = ("Key", "Value")

    def calls(self, target: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Call]:
        """The calls that make the tags `before` into `after`."""
        to_set = {key: value for key, value in after.items() if before.get(key) != value}
        to_remove = sorted(key for key in before if key not in after)
        calls: list[Call] = []
        if to_set:
            tags = tag_list(to_set, *self.names) if self.as_list else to_set
            calls.append(Call(self.service, self.set_operation, {self.target: target, self.tags: tags}))
        if to_remove:
            calls.append(Call(self.service, self.remove_operation, {self.target: target, self.keys: to_remove}))
        return calls


def tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags in the list form that most AWS APIs take."""
    return [{key: name, value: text} for name, text in tags.items()]


def tag_map(tags: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """The list form back into a mapping, without the tags that AWS itself sets."""
    return settable({tag[key]: tag[value] for tag in tags})


def settable(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags without those that AWS itself sets, which nobody can change or remove
    (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html)."""
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON. For Python True is 1 and 1 is 1.0; to a state machine they are not alike."""
    return canonical(plain(one)) == canonical(plain(other))


def short(digest: str | None) -> str | None:
    """A digest as a plan shows it."""
    return f"sha256:{digest[:12]}" if digest else None


def canonical(value: Any) -> str:
    """JSON text that is equal for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
