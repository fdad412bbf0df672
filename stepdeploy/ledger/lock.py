"""One deploy at a time for a project and environment, from whatever machine.

The lock is an item that only a conditional write can take
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html). It expires, so
a machine that vanished does not hold it for ever; a deploy that lives renews it. A holder on this same host whose process
is gone is passed over at once. Its serial number grows with each deploy, so a plan that was made before another deploy
went through is noticed.
"""

from __future__ import annotations

import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from stepdeploy.engine.model import Aws
from stepdeploy.errors import AwsError, Conflict, Locked, NotFound, PartlyApplied, StepdeployError
from stepdeploy.ledger.reading import PARTITION, Lock, read_lock

EXPIRY_SECONDS = 120.0
"""Longer than a machine's clock may be off, and than a call with all its retries takes."""
RENEWAL_SECONDS = 30.0
KEY = {"pk": {"S": PARTITION}, "sk": {"S": "lock"}}


@dataclass(frozen=True)
class Holder:
    """Who takes the lock. name: for people, `user@host (pid 1234)`."""

    user: str
    host: str
    pid: int

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"

    @classmethod
    def me(cls) -> Holder:
        """This process."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = str(os.getuid())
        return cls(user, socket.gethostname(), os.getpid())


class DeployLock:
    """A context manager that holds the lock of a project and environment.

    serial: the one that the plan was made with; another one now raises Locked. `check` raises Locked once the lock is
    lost. Raises Locked where somebody else holds it, with their name.
    """

    def __init__(
        self,
        aws: Aws,
        table: str,
        *,
        serial: int,
        purpose: str = "deploy",
        holder: Holder | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.aws = aws
        self.table = table
        self.serial = serial
        self.purpose = purpose
        self.holder = holder or Holder.me()
        self.token = uuid.uuid4().hex
        self._clock = clock
        self._stop = threading.Event()
        self._lost: str | None = None
        self._until = 0.0
        self._renewer = threading.Thread(target=self._renew_for_ever, name="deploy-lock", daemon=True)

    def __enter__(self) -> Self:
        self._take()
        self._renewer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._renewer.join()
        try:
            self._give_back()
        except AwsError as failure:
            if error is None:
                raise PartlyApplied(
                    f"all is applied, but the deploy lock could not be freed: {failure}",
                    where=self.table,
                    hint=f"It expires within {EXPIRY_SECONDS:.0f} s; `unlock --force` frees it before.",
                ) from failure

    def check(self) -> None:
        """Raise Locked where the lock is not ours any more."""
        if self._lost:
            raise Locked(
                f"the deploy lock was lost: {self._lost}",
                where=self.table,
                hint="Nothing more is started. See who deploys now, then run the command again.",
            )

    def _take(self) -> None:
        try:
            self._write_ours(expected="")
        except Conflict:
            held = self._read()
            if held.token and not is_over(held, self.holder.host, self._clock()):
                raise refusal(held, self._clock(), self.table) from None
            if held.serial != self.serial:
                raise Locked(
                    "another deploy went through after this plan was made",
                    where=self.table,
                    hint="Nothing was changed. Run the command again: it plans anew.",
                ) from None
            self._write_ours(expected=held.token)

    def _write_ours(self, *, expected: str) -> None:
        """The one conditional write. Made twice because an answer was lost, it does the same as once.

        expected: the token that is there, "" for none.
        """
        now = self._clock()
        values = {
            ":holder": {"S": self.holder.name}, ":host": {"S": self.holder.host}, ":pid": {"N": str(self.holder.pid)},
            ":since": {"N": f"{now:.3f}"}, ":expires": {"N": f"{now + EXPIRY_SECONDS:.3f}"},
            ":token": {"S": self.token}, ":serial": {"N": str(self.serial)}, ":next": {"N": str(self.serial + 1)},
            ":expected": {"S": expected}, ":purpose": {"S": self.purpose},
        }  # fmt: skip
        same = "#s = :serial" if self.serial else "(attribute_not_exists(#s) OR #s = :serial)"
        nobody = "attribute_not_exists(#t) OR " if not expected else ""
        self._update(
            "SET holder=:holder, host=:host, pid=:pid, since=:since, expires=:expires, #t=:token, #s=:next, "
            "purpose=:purpose",
            f"#t = :token OR (({nobody}#t = :expected) AND {same})",
            values,
            {"#s": "serial"},
        )
        self._until = now + EXPIRY_SECONDS

    def _read(self) -> Lock:
        found = self.aws.call("dynamodb", "get_item", TableName=self.table, Key=KEY, ConsistentRead=True)
        return read_lock(found.get("Item"))

    def _update(
        self, expression: str, condition: str, values: dict[str, Any], names: Mapping[str, str] | None = None
    ) -> None:
        self.aws.call(
            "dynamodb", "update_item", TableName=self.table, Key=KEY, UpdateExpression=expression,
            ConditionExpression=condition, ExpressionAttributeNames={"#t": "token", **(names or {})},
            ExpressionAttributeValues=values,
        )  # fmt: skip

    def _give_back(self) -> None:
        """Free it, unless it is somebody else's by now. Its table may be gone: destroy removes it last."""
        values = {":free": {"S": ""}, ":token": {"S": self.token}, ":one": {"N": "1"}}
        with suppress(Conflict, NotFound):
            self._update("SET holder=:free, #t=:free, #s=#s+:one", "#t = :token", values, {"#s": "serial"})

    def _renew_for_ever(self) -> None:
        while not self._stop.wait(RENEWAL_SECONDS):
            try:
                self._renew()
            except NotFound:
                return
            except Conflict:
                self._lost = "somebody else took it, or freed it with `unlock --force`"
                return
            except StepdeployError as error:
                # One failed renewal is no loss: the next may work, and the lock expires only after several.
                if self._clock() > self._until:
                    self._lost = f"it could not be renewed for {EXPIRY_SECONDS:.0f} s: {error}"
                    return

    def _renew(self) -> None:
        until = self._clock() + EXPIRY_SECONDS
        values = {":expires": {"N": f"{until:.3f}"}, ":token": {"S": self.token}}
        self._update("SET expires=:expires", "#t = :token", values)
        self._until = until


def is_over(held: Lock, host: str, now: float) -> bool:
    """Whether a held lock may be taken: it has expired, or its holder is known to be dead."""
    return held.expires < now or is_dead(held, host)


def is_dead(held: Lock, host: str) -> bool:
    """Whether the holder ran on `host` and its process is gone."""
    if held.host != host or held.pid <= 0:
        return False
    try:
        os.kill(held.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def free(aws: Aws, table: str, token: str | None = None) -> Lock:
    """Take the lock from whoever holds it (token: only from that holder). Returns what was there. Plans made before are not applied any more: the one
    it is taken from may still be at work."""
    try:
        answer = aws.call(
            "dynamodb", "update_item", TableName=table, Key=KEY,
            UpdateExpression="SET holder=:free, #t=:free, #s=#s+:one",
            ConditionExpression=f"attribute_exists(#t) AND #t <> :free{' AND #t = :token' if token else ''}",
            ExpressionAttributeNames={"#t": "token", "#s": "serial"},
            ExpressionAttributeValues={
                ":free": {"S": ""}, ":one": {"N": "1"}, **({":token": {"S": token}} if token else {}),
            },
            ReturnValues="ALL_OLD",
        )  # fmt: skip
    except (Conflict, NotFound):
        return Lock()
    return read_lock(answer.get("Attributes"))


def since_text(held: Lock) -> str:
    """`2026-11-23 15:04:05 UTC`."""
    return f"{datetime.fromtimestamp(held.since, UTC):%Y-%m-%d %H:%M:%S} UTC"


def refusal(held: Lock, now: float, table: str) -> Locked:
    """The error that names the holder."""
    return Locked(
        f"{held.holder} is deploying since {since_text(held)}",
        where=table,
        hint=f"Nothing was changed. Wait for it; should it be gone, the lock expires in {max(held.expires - now, 0):.0f} s, "
        "or `unlock --force` frees it.",
    )
