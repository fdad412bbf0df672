"""The lock's own decisions; that only one can take it, DynamoDB decides (tests/functional/test_guards.py)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from stepdeploy.errors import Conflict, Locked, NotFound, PartlyApplied, Throttled
from stepdeploy.ledger import lock as locking
from stepdeploy.ledger.lock import DeployLock, Holder, is_dead, is_over
from stepdeploy.ledger.reading import Lock
from tests.unit.fake_aws import FakeAws

TAKEN = Conflict("taken", code="ConditionalCheckFailedException")
ME = Holder("ada", "here", 1)


def item(**values: Any) -> dict[str, Any]:
    known = {
        "holder": "grace@there (process 5)",
        "host": "there",
        "pid": 5,
        "since": 1000,
        "expires": 5000,
        "serial": 3,
    }
    facts = {**known, "token": "t", **values}
    typed = {key: {"N" if isinstance(value, int) else "S": str(value)} for key, value in facts.items()}
    return {"Item": typed}


def taking(aws: FakeAws, *, serial: int = 3, now: float = 2000) -> DeployLock:
    return DeployLock(aws, "T", serial=serial, holder=ME, clock=lambda: now)


def test_a_free_lock_is_one_write_and_another_to_free_it() -> None:
    aws = FakeAws({"dynamodb:update_item": {}})
    with taking(aws) as lock:
        lock.check()
    first, last = (params for _, params in aws.made)
    assert first["ExpressionAttributeValues"][":next"] == {"N": "4"}
    assert last["ConditionExpression"] == "#t = :token" and "#s=#s+:one" in last["UpdateExpression"]


def test_a_held_lock_names_the_holder_and_when_it_ends() -> None:
    aws = FakeAws({"dynamodb:update_item": TAKEN, "dynamodb:get_item": item()})
    with pytest.raises(Locked, match="grace@there") as caught:
        taking(aws).__enter__()
    assert "expires in 3000 s" in (caught.value.hint or "")


@pytest.mark.parametrize("now", [5001.0, 9000.0])
def test_an_expired_lock_is_taken_with_its_token_named(now: float) -> None:
    aws = FakeAws({"dynamodb:update_item": [TAKEN, {}, {}], "dynamodb:get_item": item()})
    with taking(aws, now=now):
        pass
    assert aws.made[2][1]["ExpressionAttributeValues"][":expected"] == {"S": "t"}


def test_another_serial_is_another_deploy() -> None:
    aws = FakeAws({"dynamodb:update_item": TAKEN, "dynamodb:get_item": item(token="", serial=5)})
    with pytest.raises(Locked, match="another deploy went through"):
        taking(aws).__enter__()


@pytest.mark.parametrize(
    ("answer", "lost"),
    [(TAKEN, "somebody else took it"), (Throttled("slow"), "could not be renewed"), (NotFound("gone"), None)],
)
def test_renewals(monkeypatch: pytest.MonkeyPatch, answer: Exception, lost: str | None) -> None:
    """A lost lock is told; a table that destroy has removed is no loss; one failed renewal is none before the expiry."""
    monkeypatch.setattr(locking, "RENEWAL_SECONDS", 0.001)
    aws = FakeAws({"dynamodb:update_item": [{}, answer, {}]})
    clock = iter([0.0, *[1e9] * 100_000])
    with DeployLock(aws, "T", serial=0, holder=ME, clock=lambda: next(clock)) as lock:
        deadline = time.monotonic() + 5
        while lock._renewer.is_alive() and time.monotonic() < deadline:
            time.sleep(0.001)
        if lost is None:
            lock.check()
        else:
            with pytest.raises(Locked, match=lost):
                lock.check()


def test_a_lock_that_cannot_be_freed_is_told_where_nothing_else_went_wrong() -> None:
    with pytest.raises(PartlyApplied, match="could not be freed"), taking(unfreeable()):
        pass
    with pytest.raises(RuntimeError, match="the deploy"), taking(unfreeable()):
        raise RuntimeError("the deploy itself")


def unfreeable() -> FakeAws:
    return FakeAws({"dynamodb:update_item": [{}, Throttled("slow")]})


def test_who_is_dead() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert is_dead(Lock(host="here", pid=gone.pid), "here")
    assert not is_dead(Lock(host="there", pid=gone.pid), "here")
    assert not is_dead(Lock(host="here", pid=os.getpid()), "here")
    assert is_over(Lock(host="there", expires=1), "here", 2) and not is_over(Lock(host="there", expires=3), "here", 2)
    assert Holder.me().host == socket.gethostname()
