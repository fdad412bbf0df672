"""What a plan is made of.

A `Call` is one mutating AWS API call with its exact botocore parameters; an `Action` is the calls that bring one
resource to its desired state, with the changes a person reads; a `Plan` is all actions and what stays as it is.
Values that only AWS can tell (a version ARN that will be published) are `Ref`s until the call that makes them has run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from stepdeploy.references import Pending, Ref, refs_in

Verb = Literal["create", "update", "delete"]
ChangeKind = Literal["added", "removed", "changed", "retargeted", "renamed", "moved", "version"]

KNOWN_AFTER_APPLY = "(known after apply)"
_PLACE = re.compile(r"/|\[\d+\]")


@dataclass(frozen=True)
class FileBytes:
    """The bytes of a file, read only when the call is made. sha256: hex digest that the file must still have then."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class JsonText:
    """A parameter that AWS takes as JSON text: written out only when the Refs inside are known."""

    value: Any


@dataclass(frozen=True)
class Packed:
    """A parameter that AWS takes as bytes: JSON, packed with gzip when the Refs inside are known."""

    value: Any


@dataclass(frozen=True)
class Stamped:
    """A parameter with the time of the call in it (ISO 8601, UTC, microseconds): JSON text with it under "time", or the
    time itself where value is None."""

    value: Mapping[str, Any] | None


@dataclass(frozen=True)
class Change:
    """One difference. path: where in the resource, e.g. `environment/LIMIT`; positions in lists are those before.

    before, after: None where absent; a JSON null where `kind` says that it was or will be there. kind: told from these
    two unless given. state, note: in a definition the state that it belongs to, and what names the place to a person,
    such as the errors of a Catch entry (stepdeploy.resources.definition_diff says which kind holds what).
    """

    path: str
    before: Any
    after: Any
    kind: ChangeKind | Literal[""] = ""
    state: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.kind:
            told: ChangeKind = "added" if self.before is None else "removed" if self.after is None else "changed"
            object.__setattr__(self, "kind", told)

    @property
    def place(self) -> str:
        """Where in its state, `Catch[1]/Next`, "" for the state itself; of a change in no state, its path."""
        if not self.state:
            return self.path
        _, _, place = f"{self.path}/".partition(f"/States/{self.state}/")
        return place.removesuffix("/")

    def masked(self) -> Change:
        """Without secrets, as it may be shown."""
        from stepdeploy.masking import mask_pair, mask_text

        before, after = mask_pair(self.before, self.after, *_PLACE.split(self.place))
        return replace(self, before=before, after=after, note=mask_text(self.note))


@dataclass(frozen=True)
class Call:
    """One mutating AWS call.

    service, operation: botocore's names ("lambda", "create_function"). params: botocore parameters, may hold Refs and
    FileBytes. outputs: attribute of the resource -> dotted path into the answer ("Role.Arn"), with an
    optional default for what AWS leaves out ("revisionId|INITIAL").
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """`lambda:CreateFunction`, as IAM and CloudTrail write it."""
        return f"{self.service}:{''.join(part.capitalize() for part in self.operation.split('_'))}"


@dataclass(frozen=True)
class Action:
    """What is to be done to one resource. name: its name on AWS. needs: addresses whose actions come first."""

    address: str
    name: str
    verb: Verb
    calls: tuple[Call, ...]
    changes: tuple[Change, ...] = ()
    needs: frozenset[str] = frozenset()
    quiet: bool = False
    """The tool's own bookkeeping: not counted, and shown only where all is."""


@dataclass(frozen=True)
class Decision:
    """A resource's verdict on itself. outputs: what is known of it now, apart from static attributes. removes: the calls
    take it away."""

    calls: tuple[Call, ...] = ()
    changes: tuple[Change, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    removes: bool = False
    unfinished: bool = False
    """AWS lets the rest be done only later, so what is there will differ from what was wanted: no drift."""
    quiet: bool = False
    foreign: tuple[Change, ...] = ()
    """What somebody else changed, where the resource itself can tell; from what is there to what we had made."""


@dataclass(frozen=True)
class Actual:
    """A resource as AWS has it. tags: None where the kind bears none. view: kind-specific facts for `diff`."""

    tags: Mapping[str, str] | None
    view: Mapping[str, Any]


class Aws(Protocol):
    """What the kernel and the resources need of AWS. `call` translates errors (stepdeploy.errors.AwsError)."""

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]: ...

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]: ...

    def tagged(self, arn: str) -> Mapping[str, str] | None:
        """A resource's tags from an index that may lag behind; None where it is not in there."""
        ...


class Readable(Protocol):
    """What can be read from AWS."""

    @property
    def address(self) -> str: ...

    @property
    def name(self) -> str: ...

    def read(self, aws: Aws) -> Actual | None:
        """The resource as it is; None where it does not exist. Reads only."""
        ...


class Resource(Readable, Protocol):
    """One desired resource. `desired` may hold Refs to outputs of others; that, and `needs`, give the order."""

    @property
    def needs(self) -> frozenset[str]: ...

    @property
    def desired(self) -> Mapping[str, Any]: ...

    @property
    def remembered(self) -> tuple[str, ...]:
        """Outputs that are kept with the facts as last applied, under "outputs", to spare the next plan a look."""
        ...

    @property
    def compared(self) -> bool:
        """Whether what was applied is kept, and compared with what is there at the next deploy."""
        ...

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        """Pure. `desired` has the Refs that are known by now replaced."""
        ...


@dataclass(frozen=True)
class Drift:
    """What somebody else changed in a resource since we last applied it. gone: it was removed. changes: from what is
    there to what we had applied. overwritten: paths of `changes` that the plan would change to something else again."""

    address: str
    changes: tuple[Change, ...] = ()
    overwritten: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True)
class Plan:
    """All that a deploy would do. unchanged: addresses. notes: what a person should know, a line each.

    desired: address -> the resource's desired facts with what is known by now. observed: address -> digest of what AWS
    had, "" where it had nothing. unfinished: addresses of which AWS lets the rest be done only later.
    """

    project: str
    env: str
    account: str
    region: str
    actions: tuple[Action, ...]
    unchanged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    desired: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    observed: Mapping[str, str] = field(default_factory=dict)
    unfinished: frozenset[str] = frozenset()
    drift: tuple[Drift, ...] = ()
    purpose: str = "deploy"
    """What the deploy lock says that it is held for: "deploy", or "rollback <machine> <version>"."""

    def __bool__(self) -> bool:
        return bool(self.actions)

    def counts(self) -> dict[str, int]:
        """Number of actions by verb, all three verbs present, without bookkeeping."""
        counted = [action.verb for action in self.actions if not action.quiet]
        return {verb: counted.count(verb) for verb in ("create", "update", "delete")}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data without secrets; a value known after apply stands as `{"$ref": "address.attribute"}`."""
        from stepdeploy.masking import mask

        data = {
            "project": self.project,
            "environment": self.env,
            "account": self.account,
            "region": self.region,
            "counts": self.counts(),
            "actions": [_action_json(action) for action in self.actions],
            "unchanged": list(self.unchanged),
            "notes": list(self.notes),
            "drift": [_drift_json(drift) for drift in self.drift],
        }
        masked: dict[str, Any] = mask(data)
        return masked


def _drift_json(drift: Drift) -> dict[str, Any]:
    return {
        "address": drift.address,
        "gone": drift.gone,
        "changes": [_change_json(change) for change in drift.changes],
        "overwritten": list(drift.overwritten),
    }


def _change_json(change: Change) -> dict[str, Any]:
    shown = replace(change, before=plain(change.before), after=plain(change.after)).masked()
    of_state = {"state": shown.state, "note": shown.note} if shown.state else {}
    return {"path": shown.path, "kind": shown.kind, "before": shown.before, "after": shown.after, **of_state}


def _action_json(action: Action) -> dict[str, Any]:
    return {
        "address": action.address,
        "name": action.name,
        "verb": action.verb,
        "needs": sorted(action.needs),
        "bookkeeping": action.quiet,
        "changes": [_change_json(change) for change in action.changes],
        "calls": [{"operation": call.label, "params": plain(call.params)} for call in action.calls],
    }


def plain(value: Any) -> Any:
    """`value` as JSON data, with Refs and files named."""
    if isinstance(value, Ref):
        return {"$ref": f"{value.address}.{value.attribute}"}
    if isinstance(value, Pending):
        return {"$join": [plain(part) for part in value.parts]}
    if isinstance(value, JsonText | Packed):
        return plain(value.value)
    if isinstance(value, Stamped):
        return plain({"time": "(when it happens)", **(value.value or {})})
    if isinstance(value, FileBytes):
        return {"$file": value.path.name, "sha256": value.sha256}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value


def settle(value: Any, known: Mapping[str, Mapping[str, Any]]) -> Any:
    """`value` with those Refs replaced that are known; the others stay Refs. Immutable parts are shared, not copied."""
    if isinstance(value, Ref):
        return known.get(value.address, {}).get(value.attribute, value)
    if isinstance(value, Pending):
        parts = tuple(settle(part, known) for part in value.parts)
        if all(isinstance(part, str) for part in parts):
            return "".join(parts)
        return Pending(parts)
    if isinstance(value, Mapping):
        return {key: settle(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [settle(item, known) for item in value]
    return value


def is_known(value: Any) -> bool:
    """Whether no Ref is left in `value`."""
    return not refs_in(value)
