"""A plan saved to a file, to be applied as it is: by another job, after somebody has read it.

The file is a zip: `plan.json`, and the archives that the plan uploads, so it needs nothing of the machine that made it.
It holds the parameters of every call, environment variables included, and is therefore readable by its owner only.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stepdeploy.engine.model import Action, Call, Change, Drift, FileBytes, JsonText, Packed, Plan, Stamped
from stepdeploy.errors import StalePlan
from stepdeploy.references import Pending, Ref

SCHEMA = 1
MAX_BYTES = 512 * 1024 * 1024


def save(plan: Plan, path: Path, *, serial: int, tool: str) -> None:
    """Write `plan`. serial: of the deploy lock when it was made. tool: the version of this tool."""
    files: dict[str, Path] = {}
    data = {"schema": SCHEMA, "tool": tool, "serial": serial, "plan": _encode(vars(plan), files)}
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plan.json", json.dumps(data, indent=1, ensure_ascii=False))
        for digest, file in sorted(files.items()):
            archive.write(file, f"files/{digest}", zipfile.ZIP_STORED)
    partial.replace(path)


def load(path: Path, directory: Path) -> tuple[Plan, int]:
    """The plan of a file and the serial of the lock that it was made with. directory: where its archives are unpacked.

    Raises StalePlan for what is not a plan file of this form, or was damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            data = json.loads(archive.read("plan.json"))
            form = data.get("schema") if isinstance(data, dict) else None
            if form != SCHEMA:
                raise _refused(path, f"it is of form {form!r}; this tool reads form {SCHEMA}")
            files = _unpack(archive, path, directory)
            return Plan(**_plan(_decode(data["plan"], files))), int(data["serial"])
    except FileNotFoundError as error:
        raise StalePlan("there is no such file", where=str(path)) from error
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise _refused(path, f"it is damaged, or no plan ({type(error).__name__}: {error})") from error


def _refused(path: Path, why: str) -> StalePlan:
    return StalePlan(f"it cannot be applied: {why}", where=str(path), hint="Make it again: plan --out FILE.")


def _unpack(archive: zipfile.ZipFile, path: Path, directory: Path) -> dict[str, Path]:
    """Digest -> the unpacked file, each verified."""
    files: dict[str, Path] = {}
    members = [info for info in archive.infolist() if info.filename.startswith("files/")]
    if sum(info.file_size for info in members) > MAX_BYTES:
        raise _refused(path, f"its archives are larger than {MAX_BYTES // 2**20} MB together")
    directory.mkdir(parents=True, exist_ok=True)
    for info in members:
        digest = info.filename.removeprefix("files/")
        content = archive.read(info)
        if hashlib.sha256(content).hexdigest() != digest:
            raise _refused(path, f"the archive {digest[:12]} in it was changed")
        target = directory / f"{digest}.zip"
        target.write_bytes(content)
        files[digest] = target
    return files


def _encode(value: Any, files: dict[str, Path]) -> Any:
    """JSON data with the types named; the files in it are added to `files`."""
    if isinstance(value, FileBytes):
        files[value.sha256] = value.path
        return {"$type": "FileBytes", "sha256": value.sha256}
    if isinstance(value, Ref):
        return {"$type": "Ref", "address": value.address, "attribute": value.attribute}
    if isinstance(value, Pending):
        return {"$type": "Pending", "parts": [_encode(part, files) for part in value.parts]}
    if isinstance(value, JsonText | Packed | Stamped):
        return {"$type": type(value).__name__, "value": _encode(value.value, files)}
    if isinstance(value, Action | Call | Change | Drift):
        fields = {key: _encode(item, files) for key, item in vars(value).items()}
        return {"$type": type(value).__name__, "fields": fields}
    if isinstance(value, frozenset | set):
        return {"$type": "set", "items": sorted(value)}
    if isinstance(value, Mapping):
        return {"$type": "map", "items": [[_encode(key, files), _encode(item, files)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_encode(item, files) for item in value]
    return value


_MADE = {"Action": Action, "Call": Call, "Change": Change, "Drift": Drift}
_WRAPPED = {"JsonText": JsonText, "Packed": Packed, "Stamped": Stamped}


def _decode(value: Any, files: Mapping[str, Path]) -> Any:
    if isinstance(value, list):
        return [_decode(item, files) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value["$type"]
    if kind == "map":
        return {_decode(key, files): _decode(item, files) for key, item in value["items"]}
    if kind == "set":
        return frozenset(value["items"])
    if kind == "FileBytes":
        return FileBytes(files[value["sha256"]], value["sha256"])
    if kind == "Ref":
        return Ref(value["address"], value["attribute"])
    if kind == "Pending":
        return Pending(tuple(_decode(part, files) for part in value["parts"]))
    if kind in _WRAPPED:
        return _WRAPPED[kind](_decode(value["value"], files))
    return _made(kind, {key: _decode(item, files) for key, item in value["fields"].items()})


def _made(kind: str, fields: Mapping[str, Any]) -> Any:
    """An Action, Call, Change or Drift; its lists at the first level are tuples."""
    return _MADE[kind](
        **{
            key: tuple(item) if isinstance(item, list) and _is_tuple(kind, key) else item
            for key, item in fields.items()
        }
    )


def _is_tuple(kind: str, field: str) -> bool:
    return (kind, field) in {("Action", "calls"), ("Action", "changes"), ("Drift", "changes"), ("Drift", "overwritten")}


def _plan(fields: Mapping[str, Any]) -> dict[str, Any]:
    tuples = ("actions", "unchanged", "notes", "drift")
    return {key: tuple(item) if key in tuples else item for key, item in fields.items()}
