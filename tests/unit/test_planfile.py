"""A plan comes back from its file as it was; anything else is refused."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from stepdeploy import planfile
from stepdeploy.engine.model import Action, Call, Change, Drift, FileBytes, JsonText, Packed, Plan, Stamped
from stepdeploy.errors import StalePlan
from stepdeploy.references import Pending, Ref


def plan(tmp_path: Path) -> Plan:
    archive = tmp_path / "code.zip"
    archive.write_bytes(b"code")
    code = FileBytes(archive, hashlib.sha256(b"code").hexdigest())
    params = {
        "Code": {"ZipFile": code}, "Role": Ref("role:r", "arn"), "Text": JsonText({"a": [Ref("role:r", "arn")]}),
        "Item": {"B": Packed({"x": {"y": 1}})}, "Time": Stamped(None), "Stamp": Stamped({"how": "deploy"}),
        "Name": Pending(("F:", Ref("function:f", "version"))), "List": [1, None, True, 1.5, {"$type": "Ref"}],
    }  # fmt: skip
    call = Call("lambda", "create_function", params, {"version": "Version"})
    action = Action(
        "function:f", "F", "create", (call,), (Change("code", None, "x"),), frozenset({"role:r"}), quiet=True
    )
    return Plan(
        "p", "e", "111122223333", "eu-west-1", (action,), ("role:r",), ("a note",), {"role:r": {"arn": "a"}},
        {"role:r": {"trust": "x"}}, {"role:r": "digest"}, frozenset({"table:t"}),
        (Drift("role:r", (Change("a", 1, 2),), ("a",)),),
    )  # fmt: skip


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    made = plan(tmp_path)
    planfile.save(made, tmp_path / "plan", serial=7, tool="1")
    found, serial = planfile.load(tmp_path / "plan", tmp_path / "unpacked")
    assert serial == 7
    code = found.actions[0].calls[0].params["Code"]["ZipFile"]
    assert code.path.read_bytes() == b"code" and code.path.parent == tmp_path / "unpacked"
    assert str(found).replace(str(code.path), "") == str(made).replace(str(tmp_path / "code.zip"), "")


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    planfile.save(plan(tmp_path), tmp_path / "plan", serial=0, tool="1")
    assert (tmp_path / "plan").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code.zip", "plan"]


def rewritten(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, old in members.items():
            archive.writestr(member, content if member.startswith(name) else old)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"schema": 1}', b'{"schema": 1, "serial": 0, "plan": {"$type": "map", "items": []}}'],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    planfile.save(plan(tmp_path), tmp_path / "plan", serial=0, tool="1")
    rewritten(tmp_path / "plan", "plan.json", content)
    with pytest.raises(StalePlan, match="cannot be applied"):
        planfile.load(tmp_path / "plan", tmp_path / "unpacked")


def test_code_that_was_changed_in_it_is_refused(tmp_path: Path) -> None:
    planfile.save(plan(tmp_path), tmp_path / "plan", serial=0, tool="1")
    rewritten(tmp_path / "plan", "files/", b"other code")
    with pytest.raises(StalePlan, match="was changed"):
        planfile.load(tmp_path / "plan", tmp_path / "unpacked")


@pytest.mark.parametrize("content", [b"", b"no zip at all", json.dumps({"schema": 1}).encode()])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan").write_bytes(content)
    with pytest.raises(StalePlan):
        planfile.load(tmp_path / "plan", tmp_path / "unpacked")
