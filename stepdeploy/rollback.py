"""Choose what an alias goes back to, and make it a plan: one alias update, and its record. Deletes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.model import Action, Actual, Aws, Call, Change, Plan, Verb
from stepdeploy.engine.together import together
from stepdeploy.errors import NotFound, NothingToRollBackTo, UsageError
from stepdeploy.ledger.history import before, intact, of_commit, was_live
from stepdeploy.resources.definition_diff import definition_changes
from stepdeploy.resources.machine_alias import (
    MachineAlias,
    describe,
    history_after,
    main_version,
    move,
    read_history,
    write_history,
)  # fmt: skip
from stepdeploy.resources.release_record import put_record


@dataclass(frozen=True)
class Target:
    """What to go back to: a version, what a commit made, what was served before a time; nothing = what was served
    before."""

    version: int | None = None
    commit: str | None = None
    before: datetime | None = None

    @property
    def named(self) -> bool:
        return self != Target()


@dataclass(frozen=True)
class Where:
    """Whose alias it is: the machine's key and unqualified ARN, the tool's table, and who asks."""

    machine: str
    machine_arn: str
    table: str
    by: str


def plan(
    aws: Aws,
    alias: MachineAlias,
    where: Where,
    history_of: Callable[[], Sequence[Mapping[str, Any]]],
    target: Target,
    *,
    project: str,
    env: str,
    account: str,
    region: str,
) -> Plan:
    """The plan that moves `alias` back, by its own record and the release records, and records that.

    history_of: reads the release records, newest first.
    Checks first that the target version, the function versions that it calls, its role and its log group still exist.
    An alias that somebody removed is made again. An empty plan means that the alias serves the target already.
    Raises NothingToRollBackTo, UsageError, AwsError.
    """
    actual, records = _look(aws, alias, history_of)
    routes: Mapping[str, int] = actual.view["routes"] if actual else {}
    history: tuple[int, ...] = actual.view["history"] if actual else ()
    number = find(routes, history, records, target, alias)
    if actual and not target.named and (unfinished := _unrecorded_rollback(actual.view, records)):
        number = unfinished
    arn = f"{where.machine_arn}:{number}"
    wanted, present = _describe_both(aws, where, arn, alias, routes, target)
    _refuse_never_live(routes, history, records, target.version, alias)
    check_needs(aws, wanted, arn)
    base = Plan(project, env, account, region, (), (alias.address,))
    moves: tuple[Action, ...] = ()
    description = actual.view["description"] if actual else ""
    if routes != {arn: 100}:
        after = history_after(routes, history, number) if actual else ()
        call = move(alias.desired["arn"], arn, after) if actual else _made_again(alias, arn)
        description = call.params["description"]
        verb: Verb = "update" if actual else "create"
        moves = (Action(alias.address, alias.name, verb, (call,), _changes(present, routes, number, wanted)),)
    elif not intact(records) or intact(records)[0]["routes"] == routes:
        return base
    facts = {
        "version_arn": arn,
        "history": description,
        "by": where.by,
        "commit": wanted.get("description", "").partition(" by stepdeploy")[0],
        "content_hash": next(
            (record.get("content_hash") for record in intact(records) if arn in record["routes"]), None
        ),
        "functions": " ".join(f"{name}:{version or '$LATEST'}" for name, version in functions_in(wanted["definition"])),
        "how": "rollback",
        "outcome": "served",
    }
    record = put_record(where.table, where.machine, facts)
    recorded = Action(
        f"release:{where.machine}", where.table, "update", (record,), (), frozenset({alias.address}), quiet=True
    )
    return replace(base, actions=(*moves, recorded), purpose=f"rollback {where.machine} {number}")


def _unrecorded_rollback(view: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> int | None:
    """The version that the alias serves by a rollback of ours that died before it was recorded: the description says that
    the move was ours, and what is served stood in the history of what was recorded last."""
    newest = next(iter(intact(records)), None)
    if newest is None or len(view["routes"]) != 1 or newest["routes"] == view["routes"]:
        return None
    serves = main_version(view["routes"])
    ours = newest.get("history") not in (None, view["description"])
    return serves if ours and serves in read_history(str(newest["history"])) else None


def find(
    routes: Mapping[str, int],
    history: tuple[int, ...],
    records: Sequence[Mapping[str, Any]],
    target: Target,
    alias: MachineAlias,
) -> int:
    """The number of the version to go back to."""
    if target.commit is not None:
        return of_commit(records, target.commit)
    if target.before is not None:
        return before(records, target.before)
    if target.version is None and not routes:
        return _served_last(records, alias)
    return choose(routes, history, target.version)


def _refuse_never_live(
    routes: Mapping[str, int],
    history: tuple[int, ...],
    records: Sequence[Mapping[str, Any]],
    version: int | None,
    alias: MachineAlias,
) -> None:
    """A named version must have been served, as far as there are records."""
    if version is None or not intact(records):
        return
    if version in history or any(arn.endswith(f":{version}") for arn in routes) or was_live(records, version):
        return
    raise UsageError(
        f"{alias.name} never served version {version}",
        where=alias.address,
        hint="A rollback goes to what was served; `versions` shows what and when.",
    )


def _served_last(records: Sequence[Mapping[str, Any]], alias: MachineAlias) -> int:
    """What an alias served that is not there any more."""
    found = intact(records)
    if not found:
        raise NothingToRollBackTo(
            f"the alias {alias.name} does not exist", where=alias.address, hint="Run deploy first."
        )
    return main_version(found[0]["routes"])


def _target(aws: Aws, arn: str, alias: MachineAlias, target: Target) -> dict[str, Any]:
    """DescribeStateMachine of the version to go back to."""
    try:
        return described(aws, arn)
    except UsageError as error:
        if target.version is not None:
            raise
        raise NothingToRollBackTo(
            f"{alias.name} served version {version_number(arn)} before, which does not exist any more",
            where=alias.address,
            hint="Name another with --to VERSION; `versions` lists them.",
        ) from error


def _made_again(alias: MachineAlias, arn: str) -> Call:
    params = {
        "name": alias.desired["arn"].rsplit(":", 1)[-1],
        "routingConfiguration": [{"stateMachineVersionArn": arn, "weight": 100}],
        "description": write_history(()),
    }
    return Call("stepfunctions", "create_state_machine_alias", params)


def _look(
    aws: Aws, alias: MachineAlias, history_of: Callable[[], Sequence[Mapping[str, Any]]]
) -> tuple[Actual | None, Sequence[Mapping[str, Any]]]:
    found: list[Any] = together([lambda: alias.read(aws), history_of])
    return found[0], found[1]


def _describe_both(
    aws: Aws, where: Where, arn: str, alias: MachineAlias, routes: Mapping[str, int], target: Target
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """DescribeStateMachine of the version to go back to, and of the one that most is served by now."""
    jobs = [lambda: _target(aws, arn, alias, target)]
    if routes:
        jobs.append(lambda: described(aws, f"{where.machine_arn}:{main_version(routes)}"))
    found = together(jobs)
    return found[0], found[1] if routes else None


def _changes(
    present: Mapping[str, Any] | None, routes: Mapping[str, int], number: int, wanted: Mapping[str, Any]
) -> tuple[Change, ...]:
    if present is None:
        return (Change("version", None, str(number)),)
    return (
        Change("version", describe(routes), str(number)),
        *definition_changes(json.loads(present["definition"]), json.loads(wanted["definition"])),
    )


def choose(routes: Mapping[str, int], history: tuple[int, ...], to: int | None) -> int:
    """The version number to go back to."""
    if to is not None:
        return to
    main = main_version(routes)
    if len(routes) > 1:
        # A weighted alias is in the middle of a change: back means wholly to the version that had most of the weight
        # before, and that is the one which the history names first if it is still served.
        numbers = [version_number(arn) or 0 for arn in routes]
        if history and history[0] in numbers:
            return history[0]
        return min(numbers)
    # Somebody may have moved the alias by hand to what its record calls the version before.
    earlier = [number for number in history if number != main]
    if not earlier:
        raise NothingToRollBackTo(
            f"the alias serves version {describe(routes)} and has no record of an earlier one",
            hint="Name one with --to VERSION; `versions` lists them.",
        )
    return earlier[0]


def described(aws: Aws, version_arn: str) -> dict[str, Any]:
    """DescribeStateMachine of a version. Raises UsageError where it does not exist."""
    try:
        return aws.call("stepfunctions", "describe_state_machine", stateMachineArn=version_arn)
    except NotFound as error:
        raise UsageError(
            f"version {version_number(version_arn)} does not exist", where=version_arn, hint="`versions` lists them."
        ) from error


_FUNCTION_ARN = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:([\w-]+)(?::([\w$-]+))?")


def functions_in(definition: str) -> list[tuple[str, str | None]]:
    """(function name, version or None) of every Lambda that a definition names."""
    return sorted({(match[1], match[2] or None) for match in _FUNCTION_ARN.finditer(definition)}, key=str)


def check_needs(aws: Aws, version: Mapping[str, Any], where: str) -> None:
    """Raise NothingToRollBackTo where a function version, the role or the log group of a machine version is gone."""
    role = str(version.get("roleArn", "")).rpartition("/")[2]
    destinations = version.get("loggingConfiguration", {}).get("destinations", [])
    groups = [destination["cloudWatchLogsLogGroup"]["logGroupArn"] for destination in destinations]
    checks = [partial(_check_function, aws, name, of, where) for name, of in functions_in(version["definition"])]
    checks += [partial(_check_role, aws, role, where)] if role else []
    checks += [partial(_check_group, aws, group, where) for group in groups]
    together(checks)


def _check_role(aws: Aws, role: str, where: str) -> None:
    if not _exists(aws, "iam", "get_role", RoleName=role):
        raise _gone(f"its role {role}", where)


def _check_group(aws: Aws, arn: str, where: str) -> None:
    name = arn.removesuffix(":*").partition(":log-group:")[2]
    found = aws.call("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    if not any(item["logGroupName"] == name for item in found):
        raise _gone(f"its log group {name}", where)


def _check_function(aws: Aws, name: str, version: str | None, where: str) -> None:
    qualifier = {"Qualifier": version} if version else {}
    if not _exists(aws, "lambda", "get_function_configuration", FunctionName=name, **qualifier):
        raise NothingToRollBackTo(
            f"it calls {name}{f':{version}' if version else ''}, which does not exist any more",
            where=where,
            hint="Choose another with --to VERSION, or deploy the old source again.",
        )


def _exists(aws: Aws, service: str, operation: str, **params: Any) -> bool:
    try:
        aws.call(service, operation, **params)
    except NotFound:
        return False
    return True


def _gone(what: str, where: str) -> NothingToRollBackTo:
    return NothingToRollBackTo(
        f"{what} does not exist any more",
        where=where,
        hint="Choose another with --to VERSION, or deploy the old source again.",
    )
