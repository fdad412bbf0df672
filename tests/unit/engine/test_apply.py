"""The kernel with toy resources and an AWS of lists: order, failure, interruption, what is recorded."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stepdeploy.engine import apply as applying
from stepdeploy.engine import plan as planning
from stepdeploy.engine.journal import Journal
from stepdeploy.engine.model import Actual, Call, Change, Decision, FileBytes, JsonText
from stepdeploy.errors import AwsError, InvalidProject, NotOurs, PartlyApplied
from stepdeploy.references import Pending, Ref

OURS = {"stepdeploy:project": "toy"}


class ToyAws:
    """Answers a call with what `answers` says for its `Name`, or fails it."""

    def __init__(self, fail: Mapping[str, Exception] | None = None) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []
        self.fail = fail or {}
        self.lock = threading.Lock()

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        with self.lock:
            self.made.append((f"{service}:{operation}", params))
        if params["Name"] in self.fail:
            raise self.fail[params["Name"]]
        return {"Arn": f"arn:{params['Name']}", "Nested": {"Version": "7"}}

    def pages(self, service: str, operation: str, key: str, **params: Any) -> Any:
        return iter(())

    def tagged(self, arn: str) -> None:
        return None


@dataclass(frozen=True)
class Toy:
    """A resource that is created when it is not there."""

    name: str
    desired: Mapping[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    actual: Actual | None = None
    compared: bool = True
    remembered: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"toy:{self.name}"

    def read(self, aws: Any) -> Actual | None:
        return self.actual

    def diff(self, actual: Actual | None, desired: Mapping[str, Any]) -> Decision:
        if actual is not None:
            return Decision(outputs={"arn": actual.view["arn"]})
        call = Call("toy", "make", {"Name": self.name, **desired}, {"arn": "Arn", "version": "Nested.Version"})
        return Decision((call,), (Change("arn", None, Ref(self.address, "arn")),))


def build(*toys: Toy) -> Any:
    return planning.build(toys, ToyAws(), project="p", env="e", account="1", region="r", owner_tags=OURS)


def run(plan: Any, aws: ToyAws, tmp_path: Path) -> tuple[Any, list[dict[str, Any]]]:
    with Journal(tmp_path / "journal.jsonl") as journal:
        try:
            return applying.apply(plan, aws, journal), read(journal.path)
        except Exception as error:
            return error, read(journal.path)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_values_known_after_apply_reach_the_calls_that_need_them(tmp_path: Path) -> None:
    role = Toy("role")
    machine = Toy(
        "machine", {"Role": Ref("toy:role", "arn"), "Text": JsonText({"x": Pending(("v", Ref("toy:role", "version")))})}
    )
    plan = build(machine, role)
    aws = ToyAws()

    applied, journal = run(plan, aws, tmp_path)

    assert [action.address for action in plan.actions] == ["toy:role", "toy:machine"]
    assert aws.made[1][1]["Role"] == "arn:role"
    assert json.loads(aws.made[1][1]["Text"]) == {"x": "v7"}
    assert applied.done == ["toy:role", "toy:machine"]
    assert [(line["event"], line["address"]) for line in journal] == [
        ("before", "toy:role"), ("after", "toy:role"), ("before", "toy:machine"), ("after", "toy:machine"),
    ]  # fmt: skip


def test_what_exists_already_is_known_in_the_plan() -> None:
    role = Toy("role", actual=Actual(OURS, {"arn": "arn:old"}))
    plan = build(role, Toy("machine", {"Role": Ref("toy:role", "arn")}))

    assert [action.address for action in plan.actions] == ["toy:machine"]
    assert plan.actions[0].calls[0].params["Role"] == "arn:old"
    assert plan.unchanged == ("toy:role",)


def test_a_failure_stops_what_depends_on_it_and_finishes_the_rest(tmp_path: Path) -> None:
    plan = build(
        Toy("bad"),
        Toy("child", needs=frozenset({"toy:bad"})),
        Toy("grandchild", needs=frozenset({"toy:child"})),
        Toy("other"),
    )
    aws = ToyAws(fail={"bad": AwsError("it broke", hint="mend it")})

    error, journal = run(plan, aws, tmp_path)

    assert isinstance(error, PartlyApplied)
    assert error.exit_code == 5
    assert "toy:bad: it broke" in str(error)
    assert "mend it" in error.hint and "1 of 4" in error.hint and "2 were not started" in error.hint
    assert {params["Name"] for _, params in aws.made} == {"bad", "other"}
    assert ("failed", "toy:bad") in [(line["event"], line["address"]) for line in journal]


def test_when_nothing_was_applied_the_error_itself_comes_out(tmp_path: Path) -> None:
    error, _ = run(build(Toy("bad")), ToyAws(fail={"bad": AwsError("no")}), tmp_path)
    assert isinstance(error, AwsError) and not isinstance(error, PartlyApplied)


def test_ctrl_c_lets_running_calls_end_and_starts_no_more(tmp_path: Path) -> None:
    plan = build(Toy("first"), Toy("second", needs=frozenset({"toy:first"})))
    aws = ToyAws()

    def interrupt(progress: applying.Progress) -> None:
        if progress.stage == "done":
            raise KeyboardInterrupt

    with Journal(tmp_path / "j") as journal, pytest.raises((PartlyApplied, KeyboardInterrupt)) as caught:
        applying.apply(plan, aws, journal, watch=interrupt)

    assert caught.type is PartlyApplied
    assert [params["Name"] for _, params in aws.made] == ["first"]


def test_a_foreign_resource_of_the_same_name_is_not_touched() -> None:
    with pytest.raises(NotOurs) as caught:
        build(Toy("role", actual=Actual({"stepdeploy:project": "other"}, {"arn": "x"})))
    assert caught.value.where == "toy:role"


def test_a_circle_is_named() -> None:
    with pytest.raises(InvalidProject, match="circle"):
        build(Toy("a", needs=frozenset({"toy:b"})), Toy("b", needs=frozenset({"toy:a"})))


def test_a_missing_dependency_is_named() -> None:
    with pytest.raises(InvalidProject, match="toy:nothing"):
        build(Toy("a", needs=frozenset({"toy:nothing"})))


def test_a_zip_that_changed_after_the_plan_is_not_uploaded(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"planned")
    digest = hashlib.sha256(b"planned").hexdigest()
    plan = build(Toy("code", {"ZipFile": FileBytes(path, digest)}))
    path.write_bytes(b"changed")
    aws = ToyAws()

    error, _ = run(plan, aws, tmp_path)

    assert isinstance(error, InvalidProject)
    assert aws.made == []


def test_the_plan_as_json_names_what_is_not_known_yet() -> None:
    data = build(Toy("role"), Toy("machine", {"Role": Ref("toy:role", "arn")})).to_json()
    assert json.loads(json.dumps(data))["actions"][1]["calls"][0]["params"]["Role"] == {"$ref": "toy:role.arn"}
    assert data["counts"] == {"create": 2, "update": 0, "delete": 0}
