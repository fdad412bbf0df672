"""The fixes that are safe to write: `fixed(source, facts)`.

Safe means that an execution which went well goes the same way as before, and one which failed fails no other way, but for
what would have hung:

- a Task that has no limit gets one that its service keeps anyway: a Lambda function's own timeout and a fifth (that of
  Lambda's limit where the function is not known), five minutes for a call of another service. A job, a callback or an
  activity may take any time, and is left to you;
- a Lambda Task that nothing tries again is tried again when the *service* refuses or drops the call, with jitter;
- a Task that nothing catches goes to a Fail state that ends with the very error and cause of the Task;
- a machine without Wait states, jobs and callbacks ends after a day at the latest, or twice the longest that its Tasks may
  take where that is more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stepdeploy.asl import check_value, model
from stepdeploy.asl.findings import Pointer
from stepdeploy.asl.model import Scope, State
from stepdeploy.asl.shapes import JSONATA, JSONPATH, QueryLanguage
from stepdeploy.jsonsource import Source, parse
from stepdeploy.review.edit import Editor
from stepdeploy.review.facts import Facts
from stepdeploy.review.rules.timeouts import has_timeout
from stepdeploy.review.subject import Subject, entries, function_name, is_job, is_lambda, waits_for_token

LAMBDA_LIMIT = 900
"""Seconds: the most that a function may run."""
CALL_SECONDS = 300
DAY = 86_400
LONGEST_MACHINE = 99_999_999
"""AWS's limit of TimeoutSeconds."""

_GOES_BEFORE = ("Retry", "Catch", "Next", "End")
_LAMBDA_RETRY = {
    "ErrorEquals": [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 5,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}  # the errors that AWS's own best practices name: dg/bp-lambda-serviceexception.html


@dataclass(frozen=True, slots=True)
class Fix:
    """One addition. rule: of the review."""

    rule: str
    pointer: Pointer
    what: str


def fixed(source: Source, value: Any, facts: Facts) -> tuple[str, list[Fix]]:
    """The text of a definition with all safe fixes, and what they are; the same text where there is nothing to fix.

    source: the file as it stands. value: its value, with names replaced where it is a template. Raises ValueError for a
    definition that AWS would refuse: what is not one cannot be mended around.
    """
    before = check_value(value, machine_type=facts.type)
    if any(found.severity == "error" and found.layer == "language" for found in before):
        raise ValueError("the definition has errors")
    known = {(found.rule, found.pointer) for found in before}
    plain: set[Pointer] = set()
    while True:
        fixer = _Fixer(source, Subject(model.build(value, facts.type), facts), plain)
        fixer.run()
        text = fixer.editor.text()
        after = check_value(parse(text, source.name).value, machine_type=facts.type)
        more = {at for found in after if (found.rule, found.pointer) not in known for at in fixer.within(found.pointer)}
        if more <= plain:
            return text, fixer.fixes
        plain |= more


class _Fixer:
    """plain: scopes whose Fail states take the error alone, since a field cannot be added to what comes in."""

    def __init__(self, source: Source, subject: Subject, plain: set[Pointer]) -> None:
        self.plain = plain
        self.editor = Editor(source)
        self.subject = subject
        self.fixes: list[Fix] = []
        self.names = {state.name for state in subject.document.states}
        self.variables = {name for scope in subject.document.scopes for name in (scope.assigned or ())}

    def run(self) -> None:
        self._limit_machine()
        for task in self.subject.tasks:
            self._limit(task)
            self._retry(task)
        self._spread()
        for scope in self.subject.document.scopes:
            self._catch(scope)

    def within(self, pointer: Pointer) -> list[Pointer]:
        """The innermost scope that a place is in."""
        around = [
            scope.pointer for scope in self.subject.document.scopes if pointer[: len(scope.pointer)] == scope.pointer
        ]
        return [max(around, key=len)]

    def _put(self, rule: str, pointer: Pointer, key: str, value: Any, before: tuple[str, ...]) -> None:
        self.editor.put(pointer, key, value, before=before)
        self.fixes.append(Fix(rule, (*pointer, key), f"{key} of {pointer[-1] if pointer else 'the machine'}"))

    def _limit_machine(self) -> None:
        subject = self.subject
        if subject.facts.type == "EXPRESS" or "TimeoutSeconds" in subject.document.value or not subject.tasks:
            return
        if subject.of("Wait") or any(waits_for_token(task) or is_job(task) for task in subject.tasks):
            return
        if any(state.value.get("ItemReader") or state.value.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode")
               == "DISTRIBUTED" for state in subject.of("Map")):  # fmt: skip
            return
        limits = [task.value.get("TimeoutSeconds", 0) for task in subject.tasks]
        known = sum(limit for limit in limits if isinstance(limit, int))
        self._put("REV105", (), "TimeoutSeconds", min(max(DAY, 2 * known), LONGEST_MACHINE), ("States",))

    def _limit(self, task: State) -> None:
        seconds = self._seconds(task)
        beat = task.value.get("HeartbeatSeconds", 0)
        if seconds is None or has_timeout(task) or "HeartbeatSecondsPath" in task.value:
            return
        if isinstance(beat, int) and beat < seconds:
            self._put("REV103", task.pointer, "TimeoutSeconds", seconds, _GOES_BEFORE)

    def _seconds(self, task: State) -> int | None:
        if waits_for_token(task) or is_job(task):
            return None
        if not is_lambda(task):
            return CALL_SECONDS
        own = self.subject.facts.function(function_name(task)).timeout_seconds or LAMBDA_LIMIT
        return own + max(own // 5, 10)

    def _retry(self, task: State) -> None:
        open_ = "Retry" not in task.value and not self.subject.retriers(task)
        if open_ and is_lambda(task) and not waits_for_token(task):
            self._put("REV106", task.pointer, "Retry", [_LAMBDA_RETRY], _GOES_BEFORE[1:])

    def _spread(self) -> None:
        for state in self.subject.of("Task", "Parallel", "Map"):
            for index, entry in enumerate(entries(state.value, "Retry")):
                if "JitterStrategy" not in entry and entry.get("MaxAttempts") != 0:
                    self._put("REV108", (*state.pointer, "Retry", index), "JitterStrategy", "FULL", ())

    def _catch(self, scope: Scope) -> None:
        """Give the Tasks of a scope that nothing catches a way to a Fail state, which is made where there is none."""
        open_ = [state for state in scope.states if state.type == "Task" and self._is_open(state)]
        for language in dict.fromkeys(task.language for task in open_):
            if language == JSONPATH and self.subject.document.language == JSONATA:
                continue  # one such state is a warning already (ASL025); a Fail state would be another
            name, entry = self._failure(scope, language)
            for task in open_:
                if task.language == language:
                    self._put("REV101", task.pointer, "Catch", [{**entry, "Next": name}], _GOES_BEFORE[2:])

    def _is_open(self, task: State) -> bool:
        return "Catch" not in task.value and not self.subject.is_caught(task)

    def _failure(self, scope: Scope, language: QueryLanguage) -> tuple[str, dict[str, Any]]:
        """The state that an error goes to, and the Catch entry without its Next."""
        found = next(filter(None, map(_error_field, scope.states)), None) if language == JSONPATH else None
        if found:
            name, field = found
            return name, {"ErrorEquals": ["States.ALL"], "ResultPath": f"$.{field}"}
        name = self._free(f"{scope.owner.name[:60]}Failed" if scope.owner else "ExecutionFailed", self.names)
        state: dict[str, Any] = {"Type": "Fail"}
        if language != self.subject.document.language:
            state["QueryLanguage"] = language
        if language == JSONATA:
            variable = self._free("failure", self.variables)
            state |= {"Error": f"{{% ${variable}.Error %}}", "Cause": f"{{% ${variable}.Cause %}}"}
            entry: dict[str, Any] = {"Assign": {variable: "{% $states.errorOutput %}"}}
        else:
            path = "$" if scope.pointer in self.plain or _may_be_no_object(scope) else "$.failure"
            state |= {"ErrorPath": f"{path}.Error", "CausePath": f"{path}.Cause"}
            entry = {"ResultPath": path}
        self.editor.put((*scope.pointer, "States"), name, state)
        return name, {"ErrorEquals": ["States.ALL"], **entry}

    def _free(self, name: str, taken: set[str]) -> str:
        number = 2
        found = name
        while found in taken:
            found = f"{name}{number}"
            number += 1
        taken.add(found)
        return found


def _error_field(state: State) -> tuple[str, str] | None:
    """A Fail state that hands on `$.<field>.Error` and `$.<field>.Cause`, with the field."""
    path = state.value.get("ErrorPath")
    if state.type != "Fail" or not isinstance(path, str) or not path.startswith("$.") or not path.endswith(".Error"):
        return None
    field = path[2 : -len(".Error")]
    return (state.name, field) if field.isidentifier() and state.value.get("CausePath") == f"$.{field}.Cause" else None


def _may_be_no_object(scope: Scope) -> bool:
    """Whether the input of a scope may be something that a field cannot be added to: items of a Map may be texts."""
    while scope.owner is not None:
        if scope.owner.type == "Map":
            return not {"ItemSelector", "Parameters", "ItemBatcher"} & set(scope.owner.value)
        scope = scope.owner.scope
    return False
