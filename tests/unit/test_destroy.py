"""What destroy deletes, in which order, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from stepdeploy import destroy
from stepdeploy.engine.model import Actual, Plan
from stepdeploy.errors import NotFound
from stepdeploy.resources.base import Base
from tests.unit.fake_aws import GONE, FakeAws

OURS = {"stepdeploy:project": "p", "stepdeploy:environment": "e"}
RECORD = {
    "table:releases": "stepdeploy-p-e", "table:orders": "Orders", "bucket:files": "files", "role:f": "F-role",
    "function:f": "F", "log_group:function-f": "/aws/lambda/F", "state_machine:m": "M", "alias:m": "M:live",
    "alarm:a": "A", "layer:l": "L", "queue:q": "Q", "topic:t": "T",
}  # fmt: skip


class Account:
    """Resources by address; `read` and `removal` of all kinds are told by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **tags: Mapping[str, str]) -> None:
        self.there = set(RECORD)
        self.tags = tags

        def read(resource: Base, aws: Any) -> Actual | None:
            if resource.address not in self.there:
                return None
            kind = resource.kind
            bare = kind in ("alias", "layer")
            return Actual(None if bare else self.tags.get(kind, OURS), {})

        for kind in destroy.KINDS.values():
            monkeypatch.setattr(kind, "read", read)

    def plan(self, recorded: Mapping[str, str] = RECORD, *, delete_data: bool = False, **answers: Any) -> Plan:
        aws = FakeAws(
            {
                "iam:list_role_policies": {"PolicyNames": ["stepdeploy"]},
                "lambda:list_layer_versions": {"LayerVersions": [{"Version": 2}]},
                "sqs:get_queue_url": {"QueueUrl": "u"},
                "s3:list_object_versions": {},
                **answers,
            }
        )
        arns = {address: f"arn:{name}" for address, name in recorded.items()}
        return destroy.plan(
            aws, recorded, arns, delete_data=delete_data, owner_tags=OURS,
            project="p", env="e", account="111122223333", region="eu-west-1",
        )  # fmt: skip


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    return Account(monkeypatch)


def addresses(made: Plan) -> list[str]:
    return [action.address for action in made.actions]


def test_callers_go_before_what_they_call_and_the_inventory_goes_last(account: Account) -> None:
    made = account.plan(delete_data=True)
    assert addresses(made) == [
        "alias:m", "state_machine:m", "alarm:a", "function:f", "layer:l", "role:f", "log_group:function-f", "queue:q",
        "topic:t", "table:orders", "bucket:files", "table:releases",
    ]  # fmt: skip
    for position, action in enumerate(made.actions):
        assert action.verb == "delete"
        assert action.needs == frozenset(addresses(made)[:position])


def test_data_stays_and_with_it_its_inventory(account: Account) -> None:
    made = account.plan()
    assert made.unchanged == ("bucket:files", "table:orders")
    assert made.notes == (
        "table:orders (Orders) is kept: it holds data (--delete-data removes it)",
        "bucket:files (files) is kept: it holds data (--delete-data removes it)",
    )
    last = made.actions[-1]
    call, settled, record = last.calls
    assert (last.address, last.verb, call.operation) == ("inventory:current", "update", "put_item")
    assert settled.operation == record.operation == "transact_write_items"
    assert json.loads(call.params["Item"]["resources"]["S"]) == {
        "bucket:files": "files", "table:orders": "Orders", "table:releases": "stepdeploy-p-e",
    }  # fmt: skip
    assert last.needs == frozenset(addresses(made)[:-1])


def test_a_second_run_with_data_kept_has_nothing_to_do(account: Account) -> None:
    account.there = {"table:releases", "table:orders", "bucket:files"}
    left = {address: RECORD[address] for address in account.there}
    made = account.plan(left)
    assert not made and made.unchanged == ("bucket:files", "table:orders")


def test_a_second_run_may_still_delete_the_data(account: Account) -> None:
    account.there = {"table:releases", "table:orders", "bucket:files"}
    assert addresses(account.plan(delete_data=True)) == ["table:orders", "bucket:files", "table:releases"]


def test_what_is_gone_is_passed_over(account: Account) -> None:
    account.there = {"table:releases", "role:f"}
    assert addresses(account.plan()) == ["role:f", "table:releases"]
    account.there = {"table:releases"}
    assert addresses(account.plan()) == ["table:releases"]


def test_nothing_on_record_is_nothing_to_do(account: Account) -> None:
    made = account.plan({})
    assert not made and made.notes == ()


def test_what_goes_between_reading_and_planning_is_an_action_without_calls(account: Account) -> None:
    made = account.plan(**{"sqs:get_queue_url": GONE})
    assert next(action for action in made.actions if action.address == "queue:q").calls == ()
    with pytest.raises(NotFound):
        destroy.KINDS["queue"]("q", "Q", {}).removal(FakeAws({"sqs:get_queue_url": GONE}))


def test_what_does_not_bear_our_tags_stays_and_stays_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Account(monkeypatch, role={**OURS, "stepdeploy:environment": "prod"}).plan(delete_data=True)
    assert "role:f" not in addresses(made)
    assert "role:f (F-role) is kept: it does not bear our tags" in made.notes
    assert addresses(made)[-1] == "inventory:current"
    recorded = json.loads(made.actions[-1].calls[0].params["Item"]["resources"]["S"])
    assert recorded == {"role:f": "F-role", "table:releases": "stepdeploy-p-e"}


def test_an_inventory_table_that_is_not_ours_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Account(monkeypatch, table={"Owner": "somebody"}).plan(delete_data=True)
    calls = [call for action in made.actions for call in action.calls]
    assert not [call for call in calls if call.service == "dynamodb"]
    assert "table:releases (stepdeploy-p-e) is kept: it does not bear our tags" in made.notes


def test_what_was_renamed_is_found_under_its_old_name(account: Account) -> None:
    account.there |= {"function:f@Old"}
    made = account.plan({**RECORD, "function:f@Old": "Old"})
    deleted = [
        call.params["FunctionName"] for action in made.actions for call in action.calls if "function:" in action.address
    ]
    assert sorted(deleted) == ["F", "Old"]
