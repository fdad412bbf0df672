"""Failures that a user injects: `.stepdeploy/local/failures.json` says which tasks fail, how, and for how many attempts.

A list of rules, read anew when the file changes; the first that fits a task's attempt fails it, before any call is made::

    [{"execution": "tesla-*", "state": "NotifyFailure", "error": "SNS.ThrottledException", "cause": "why", "times": 2}]

`error` is required. `execution` (its name), `state` and `parameters` (their JSON) are shell patterns, "*" where they are left
out. `times`: so many attempts fail in an execution; all where it is left out. "States.Timeout" ends a task as its time limit would,
without the wait. So a Retry and a Catch for what services do (throttling, network trouble) can be seen at work.
"""

from __future__ import annotations

import json
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from stepdeploy.interpreter.contract import TaskCall, TaskError
from stepdeploy.interpreter.texts import to_text

FILE = "failures.json"
_TEXTS = ("execution", "state", "parameters", "error", "cause")


class Injected:
    """The rules of a file, as it is now. A file that cannot be used fails every task, saying why."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._rules: list[dict[str, Any]] = []
        self._done: Counter[tuple[int, str]] = Counter()

    def check(self, execution: str, call: TaskCall) -> None:
        """Raises the TaskError that is meant for this attempt. execution: its name."""
        for number, rule in enumerate(self._current()):
            done = self._done[number, execution]
            if done < rule.get("times", done + 1) and _fits(rule, execution, call):
                self._done[number, execution] += 1
                raise TaskError(rule["error"], rule.get("cause", f"{FILE} says so"))

    def _current(self) -> list[dict[str, Any]]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return []
        if self._seen != (status.st_mtime_ns, status.st_size):
            self._rules = self._read()
            self._done.clear()
            self._seen = status.st_mtime_ns, status.st_size
        return self._rules

    def _read(self) -> list[dict[str, Any]]:
        try:
            rules = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TaskError("States.Runtime", f"{self._path}: {error}") from error
        wrong = [rule for rule in rules if not _is_rule(rule)] if isinstance(rules, list) else [rules]
        if wrong:
            known = ", ".join((*_TEXTS, "times"))
            reason = f"a list of objects with error and any of {known} is needed, not {json.dumps(wrong[0])[:200]}"
            raise TaskError("States.Runtime", f"{self._path}: {reason}")
        return list(rules)


def _fits(rule: dict[str, Any], execution: str, call: TaskCall) -> bool:
    """Whether a rule is about this task."""
    for name, text in (("state", call.state), ("execution", execution)):
        if not fnmatchcase(text, rule.get(name, "*")):
            return False
    return "parameters" not in rule or fnmatchcase(to_text(call.parameters), rule["parameters"])


def _is_rule(rule: Any) -> bool:
    if not isinstance(rule, dict) or "error" not in rule or set(rule) - {*_TEXTS, "times"}:
        return False
    times = rule.get("times", 1)
    texts = all(isinstance(rule.get(name, ""), str) for name in _TEXTS)
    return texts and isinstance(times, int) and not isinstance(times, bool) and times >= 1
