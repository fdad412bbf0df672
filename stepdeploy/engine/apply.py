"""Apply a plan: the only place that makes mutating AWS calls.

Independent actions run side by side in dependency order. A failure stops what depends on it and finishes what does
not; Ctrl-C lets running calls end and starts no more. Each call is journalled before and after.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from stepdeploy.engine.journal import Journal
from stepdeploy.engine.model import Action, Aws, Call, FileBytes, JsonText, Packed, Plan, Stamped, settle
from stepdeploy.engine.packed import pack
from stepdeploy.errors import InvalidProject, PartlyApplied, StepdeployError
from stepdeploy.references import resolve

WORKERS = 12

Stage = Literal["started", "done", "failed", "skipped"]

Outputs = Mapping[str, Mapping[str, Any]]
"""Address -> attribute -> value: what is known of all resources by now."""
Make = Callable[[Call], dict[str, Any]]
"""Makes one journalled call of an action and gives its answer; what the call's `outputs` name is known from then on."""
Conduct = Callable[[Action, Make, Callable[[], Outputs]], None]
"""Performs an action in place of "all calls, one after another": it may look before a call, make it again with other
parameters, or refuse by raising a StepdeployError."""


@dataclass(frozen=True)
class Progress:
    """One step of an apply, for whoever watches. seconds: how long the action took, on done and failed."""

    action: Action
    stage: Stage
    seconds: float = 0.0
    error: str = ""


@dataclass
class Applied:
    """What an apply did. outputs: address -> attribute -> value, of all resources."""

    outputs: dict[str, dict[str, Any]]
    done: list[str] = field(default_factory=list)
    calls: int = 0


def apply(
    plan: Plan,
    aws: Aws,
    journal: Journal,
    *,
    watch: Callable[[Progress], None] = lambda _: None,
    conducts: Mapping[str, Conduct] | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> Applied:
    """Run all actions of `plan`.

    conducts: address -> how that action is performed. go_on: asked before each action, raises a StepdeployError where
    no more may be started (the deploy lock was lost).
    Raises the error itself when nothing was applied before it, else PartlyApplied (exit 5) that says how to go on.
    """
    run = _Run(plan, aws, journal, watch, conducts or {}, go_on)
    try:
        run.loop()
    except KeyboardInterrupt:
        run.finish_running()
        run.failures.setdefault("interrupt", StepdeployError("stopped by the user (Ctrl-C)"))
    if run.failures:
        raise _verdict(run)
    return run.applied


class _Run:
    """The state of one apply."""

    def __init__(
        self,
        plan: Plan,
        aws: Aws,
        journal: Journal,
        watch: Callable[[Progress], None],
        conducts: Mapping[str, Conduct],
        go_on: Callable[[], None],
    ) -> None:
        self.aws = aws
        self.journal = journal
        self.watch = watch
        self.conducts = conducts
        self.go_on = go_on
        self.applied = Applied({address: dict(values) for address, values in plan.known.items()})
        self.waiting = {action.address: action for action in plan.actions}
        self.planned = set(self.waiting)
        self.running: dict[Future[None], Action] = {}
        self.failures: dict[str, Exception] = {}
        self.skipped: list[str] = []
        self.lock = threading.Lock()

    def loop(self) -> None:
        with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="apply") as pool:
            try:
                while self.waiting or self.running:
                    self._start_ready(pool)
                    if not self.running:
                        break
                    finished, _ = wait(self.running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        self._settle(future)
            except KeyboardInterrupt:
                self.waiting.clear()
                raise
        for action in self.waiting.values():
            self._skip(action)

    def finish_running(self) -> None:
        """After an interrupt: the pool has let running calls end; take their outcome in."""
        for future in list(self.running):
            self._settle(future)

    def _start_ready(self, pool: ThreadPoolExecutor) -> None:
        done = set(self.applied.done)
        for action in list(self.waiting.values()):
            needs = action.needs & self.planned
            if needs & (set(self.failures) | set(self.skipped)):
                del self.waiting[action.address]
                self._skip(action)
            elif needs <= done:
                del self.waiting[action.address]
                self.running[pool.submit(self._perform, action)] = action

    def _skip(self, action: Action) -> None:
        self.skipped.append(action.address)
        self.watch(Progress(action, "skipped"))

    def _settle(self, future: Future[None]) -> None:
        action = self.running.pop(future)
        error = future.exception()
        if error is None:
            self.applied.done.append(action.address)
        elif isinstance(error, Exception):
            self.failures[action.address] = error
        else:
            raise error

    def _perform(self, action: Action) -> None:
        started = time.monotonic()
        self.watch(Progress(action, "started"))
        try:
            self.go_on()
            if conduct := self.conducts.get(action.address):
                conduct(action, lambda call: self._make(action, call), self._outputs)
            else:
                for call in action.calls:
                    self._make(action, call)
        except Exception as error:
            self.watch(Progress(action, "failed", time.monotonic() - started, str(error)))
            raise
        self.watch(Progress(action, "done", time.monotonic() - started))

    def _outputs(self) -> Outputs:
        with self.lock:
            return {address: dict(values) for address, values in self.applied.outputs.items()}

    def _make(self, action: Action, call: Call) -> dict[str, Any]:
        outputs = self._outputs()
        now = datetime.now(UTC)
        params = {name: materialise(value, outputs, now) for name, value in call.params.items()}
        self.journal.before(action.address, call)
        try:
            answer = self.aws.call(call.service, call.operation, **params)
        except Exception as error:
            self.journal.failed(action.address, call, error)
            raise
        found = {attribute: pick(answer, path) for attribute, path in call.outputs.items()}
        with self.lock:
            self.applied.outputs.setdefault(action.address, {}).update(found)
            self.applied.calls += 1
        self.journal.after(action.address, call, found)
        return answer


def pick(answer: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path of an AWS answer; the default behind `|`, or None, where a part is missing."""
    path, _, default = path.partition("|")
    value: Any = answer
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return default or None
        value = value[part]
    return value


def materialise(value: Any, outputs: Outputs, now: datetime) -> Any:
    """A call's parameter as botocore takes it: Refs resolved, JSON written out, files read and verified.

    now: the time of the call, for what bears it."""
    if isinstance(value, JsonText):
        return json.dumps(resolve(value.value, outputs), indent=2, ensure_ascii=False)
    if isinstance(value, Packed):
        return pack(settle(value.value, outputs))
    if isinstance(value, Stamped):
        time = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return time if value.value is None else json.dumps({"time": time, **resolve(value.value, outputs)})
    if isinstance(value, FileBytes):
        return _read(value)
    if isinstance(value, Mapping):
        return {key: materialise(item, outputs, now) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [materialise(item, outputs, now) for item in value]
    return resolve(value, outputs)


def _read(file: FileBytes) -> bytes:
    data = file.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise InvalidProject(
            "the file changed after it was planned", where=str(file.path), hint="Run the command again."
        )
    return data


def _verdict(run: _Run) -> Exception:
    first = next(iter(run.failures.values()))
    if not run.applied.done and not run.applied.calls and isinstance(first, StepdeployError):
        return first
    lines = [f"{address}: {error}" for address, error in run.failures.items()]
    hints = [error.hint for error in run.failures.values() if isinstance(error, StepdeployError) and error.hint]
    message = "the deploy stopped half-way; " + "; ".join(lines)
    left = len(run.skipped)
    hint = (
        f"{len(run.applied.done)} of {len(run.planned)} actions are applied, {left} were not started. What was applied "
        "stays and is recognised: put the cause right and run the same command again to go on from here."
    )
    error = PartlyApplied(message, hint=" ".join([*hints, hint]))
    error.__cause__ = first
    return error
