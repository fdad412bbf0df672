"""What the embedded Lambda keeps in memory. It is made anew from the journal at each start of the server."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stepdeploy.local.functions.names import LATEST


@dataclass(frozen=True)
class Code:
    """A deployment package. sha256: base64, AWS's CodeSha256. size and unzipped: bytes."""

    sha256: str
    size: int
    unzipped: int


@dataclass(frozen=True)
class LayerUse:
    """A layer version that a function uses; its code stays usable after the layer version is deleted."""

    arn: str
    code: Code


@dataclass(frozen=True)
class Snapshot:
    """What a version freezes: settings (members of FunctionConfiguration, as AWS names them), code, layers."""

    settings: dict[str, Any]
    code: Code
    layers: tuple[LayerUse, ...] = ()

    def fingerprint(self) -> str:
        """Equal for equal content."""
        content = [self.settings, self.code.sha256, [layer.arn for layer in self.layers]]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Version:
    """$LATEST or a published version.

    settles_at: until then the version is Pending (new), or its update InProgress. pending_revision is the RevisionId
    meanwhile: on AWS it changes once more when the change has settled, so that a guard must be read after the wait.
    """

    number: str
    snapshot: Snapshot
    modified: datetime
    revision: str
    pending_revision: str
    settles_at: datetime
    is_update: bool = False

    def settled(self, now: datetime) -> bool:
        return now >= self.settles_at

    def revision_at(self, now: datetime) -> str:
        return self.revision if self.settled(now) else self.pending_revision


@dataclass(frozen=True)
class Alias:
    """weights: version number -> share of the calls, beside the main version."""

    name: str
    version: str
    description: str
    weights: dict[str, float]
    revision: str


@dataclass
class Function:
    """A function with all that hangs on it.

    before: what $LATEST was before an update that has not settled; calls still run it. published: version number ->
    fingerprint of the $LATEST it was made from. policies, provisioned, event_config: by qualifier.
    """

    name: str
    latest: Version
    before: Version | None = None
    versions: dict[str, Version] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reserved: int | None = None
    provisioned: dict[str, dict[str, Any]] = field(default_factory=dict)
    event_config: dict[str, dict[str, Any]] = field(default_factory=dict)

    def version(self, number: str) -> Version | None:
        return self.latest if number == LATEST else self.versions.get(number)

    def serving(self, number: str, now: datetime) -> Version | None:
        """The version that calls run: an update takes effect when it has settled."""
        if number == LATEST and self.before is not None and not self.latest.settled(now):
            return self.before
        return self.version(number)


@dataclass(frozen=True)
class LayerVersion:
    """One published version of a layer."""

    arn: str
    number: int
    code: Code
    created: datetime
    description: str
    license: str | None
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]


@dataclass
class Region:
    """All of Lambda in one region.

    function_numbers, layer_numbers: the last version number given, by name; they outlive the function or layer, as
    AWS never gives a number twice.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    layers: dict[str, dict[int, LayerVersion]] = field(default_factory=dict)
    mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    function_numbers: dict[str, int] = field(default_factory=dict)
    layer_numbers: dict[str, int] = field(default_factory=dict)


class Store:
    """All regions. Hold `lock` while reading or changing; never across a call to another service."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._regions: dict[str, Region] = {}

    def region(self, name: str) -> Region:
        with self.lock:
            return self._regions.setdefault(name, Region())

    def regions(self) -> list[Region]:
        with self.lock:
            return list(self._regions.values())
