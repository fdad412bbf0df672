"""`validate`: files without a project, and what AWS itself says of a definition. The rules are those of stepdeploy.asl."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepdeploy.asl import Finding, check
from stepdeploy.asl.findings import Pointer
from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source, display_name, load
from stepdeploy.references import Ref
from stepdeploy.report.findings import Located

if TYPE_CHECKING:
    from stepdeploy.app import App
    from stepdeploy.aws.session import Session
    from stepdeploy.settings import Machine

MOST = 100
"""Diagnostics that ValidateStateMachineDefinition gives at most."""
STDIN = "-"
RESULT = "result.schema.json"
_STEP = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Definition:
    """A definition to be asked about. text: what AWS is given. value: the same, parsed. source: the file."""

    text: str
    value: Any
    type: str
    source: Source


def read(name: str) -> Source:
    """The text of a file, or of standard input for "-", unparsed: what is wrong with it as JSON is a finding, too.

    Raises InvalidProject where it cannot be read or is no UTF-8.
    """
    if name == STDIN:
        return Source(None, "<stdin>", sys.stdin.buffer.read().decode("utf-8", "replace"))
    path = Path(name)
    try:
        return Source(None, display_name(path), path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        return load(path)  # says what is wrong, and where


def check_file(source: Source, type_: str) -> list[Located]:
    """All findings on a file, in its order."""
    lines = source.text.split("\n")
    return [
        Located(found, f"{source.name}:{found.line}:{found.column}", _line(lines, found.line))
        for found in check(source.text, machine_type=type_, name=source.name)
    ]


def definition(source: Source, type_: str) -> Definition:
    """A file as it is to be asked about."""
    try:
        value = json.loads(source.text)
    except (ValueError, RecursionError):
        value = None
    return Definition(source.text, value, type_, source)


def locate(source: Source, finding: Finding, by: str = "") -> Located:
    """A finding in a file by its pointer."""
    where = source.where(finding.pointer)
    line = int(where.rsplit(":", 2)[1])
    return Located(finding, where, _line(source.text.split("\n"), line), by)


def _line(lines: list[str], number: int | None) -> str | None:
    return lines[number - 1].rstrip("\r") if number and number <= len(lines) else None


def surroundings(app: App, machine: Machine) -> dict[str, Any]:
    """What the project knows of a machine besides its definition, as arguments of `asl.check`.

    Functions are known by what the definition, with `stand_ins`, calls them.
    """
    settings = app.settings
    names = {key: stand_in(app, key) for key in settings.functions}
    results = {names[key]: schema for key, one in settings.functions.items() if (schema := result_schema(one.folder))}
    policy = app.project.templates.get(f"policy:{machine.role}")
    return {
        "input_schema": machine.input_schema,
        "task_results": results,
        "role_policy": without_pairs(stand_ins(app, policy.value)) if policy else None,
        "function_timeouts": {names[key]: one.timeout_seconds for key, one in settings.functions.items()},
    }


def result_schema(folder: Path) -> Any:
    """What a function declares to answer: result.schema.json in its folder; None where there is none."""
    file = folder / RESULT
    return load(file).value if file.is_file() else None


def stand_in(app: App, key: str) -> str:
    """The ARN of a function's version before there is one: that of version 1."""
    return f"{app.project.arn('function', key)}:1"


def stand_ins(app: App, value: Any) -> Any:
    """A rendered template with `stand_in` for each version of a function, and `${name}` for what else AWS assigns.

    An alias of a machine of the project gives way to the machine: it is what IAM is asked about
    (https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html).
    """
    from stepdeploy.report.lines import as_template

    machines = app.settings.state_machines.values()
    aliases = {f"{app.machine_arn(one)}:{one.alias}": app.machine_arn(one) for one in machines}

    def known(part: Any) -> Any:
        if isinstance(part, Ref) and part.attribute == "version_arn" and part.address.startswith("function:"):
            return stand_in(app, part.address.partition(":")[2])
        if isinstance(part, Mapping):
            return {key: known(item) for key, item in part.items()}
        if isinstance(part, list):
            return [known(item) for item in part]
        found = as_template(part)
        return aliases.get(found, found) if isinstance(found, str) else found

    return known(value)


def without_pairs(policy: Any) -> Any:
    """A policy in which `X` gives way to `X:*` in the same list: AWS's own policies for lambda:InvokeFunction name both
    (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html), the second alone being what is asked for."""
    if isinstance(policy, Mapping):
        return {key: without_pairs(item) for key, item in policy.items()}
    if isinstance(policy, list):
        return [without_pairs(item) for item in policy if not isinstance(item, str) or f"{item}:*" not in policy]
    return policy


def of_project(error: InvalidProject) -> list[Located]:
    """Broken settings as findings, for formats that know nothing else."""
    problems: Iterable[StepdeployError] = error.problems or (error,)
    return [
        Located(
            Finding("PROJECT", "error", problem.message, hint=problem.hint), problem.where or "definitions/project.json"
        )
        for problem in problems
    ]


def plain_session(profile: str | None, region: str | None) -> Session:
    """A session without a project: the account of the credentials, us-east-1 where nothing names a region."""
    from stepdeploy.aws.session import Session, Target

    named = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Session(Target(named or "us-east-1", profile=profile))


def ask_aws(session: Callable[[], Session], definitions: Iterable[Definition]) -> tuple[list[Located], list[str]]:
    """What ValidateStateMachineDefinition says, warnings too, and notes: where it could not be asked, or has more to say."""
    found: list[Located] = []
    notes: list[str] = []
    try:
        aws = session()
        for one in definitions:
            answer = aws.call(
                "stepfunctions", "validate_state_machine_definition", definition=one.text, type=one.type,
                severity="WARNING", maxResults=MOST,
            )  # fmt: skip
            found += _answers(one, answer)
            if answer.get("truncated"):
                notes.append(f"AWS has more than {MOST} findings on {one.source.name}; these are the first.")
    except StepdeployError as error:
        notes.append(f"AWS was not asked: {error.message}" + (f" ({error.hint})" if error.hint else ""))
    return found, notes


def _answers(one: Definition, answer: dict[str, Any]) -> Iterator[Located]:
    for item in answer.get("diagnostics", ()):
        location = item.get("location") or ""
        finding = Finding(
            rule="AWS",
            severity="error" if item["severity"] == "ERROR" else "warning",
            message=item["message"],
            pointer=pointer_of(one.value, location),
            code=item["code"],
            location=location,
        )
        try:
            yield locate(one.source, finding, "AWS")
        except InvalidProject:  # no JSON: there are no places in it
            yield Located(finding, f"{one.source.name}:1:1", by="AWS")


def pointer_of(value: Any, location: str) -> Pointer:
    """AWS's way of pointing, `/States/C/Choices[0]/Next`, as a pointer, as far as there is such a place.

    Names of states may hold slashes and brackets: what is there decides.
    """
    pointer: list[str | int] = []
    rest = location
    while rest:
        step = _STEP.match(rest)
        if step and isinstance(value, list) and int(step.group(1)) < len(value):
            pointer.append(int(step.group(1)))
            value, rest = value[int(step.group(1))], rest[step.end() :]
            continue
        names = [name for name in value if rest.startswith(f"/{name}")] if isinstance(value, dict) else []
        if not names:
            break
        name = max(names, key=len)
        pointer.append(name)
        value, rest = value[name], rest[len(name) + 1 :]
    return tuple(pointer)
