"""Choose what an alias goes back to, and make it a plan of one action. Deletes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from stepdeploy.arns import version_number
from stepdeploy.engine.changes import changes
from stepdeploy.engine.model import Action, Aws, Change, Plan
from stepdeploy.errors import NotFound, NothingToRollBackTo, UsageError
from stepdeploy.resources.machine_alias import MachineAlias, describe, history_after, main_version, move


def plan(
    aws: Aws,
    alias: MachineAlias,
    machine_arn: str,
    *,
    to: int | None,
    project: str,
    env: str,
    account: str,
    region: str,
) -> Plan:
    """The plan that moves `alias` back: to version `to`, or to what it served before by its own record.

    Checks first that the target version and the function versions that it calls still exist. An empty plan means that
    the alias serves the target already. Raises NothingToRollBackTo, UsageError, AwsError.
    """
    actual = alias.read(aws)
    if actual is None:
        raise NothingToRollBackTo(
            f"the alias {alias.name} does not exist", where=alias.address, hint="Run deploy first."
        )
    routes: Mapping[str, int] = actual.view["routes"]
    history: tuple[int, ...] = actual.view["history"]
    number = choose(routes, history, to)
    target = f"{machine_arn}:{number}"
    try:
        wanted = described(aws, target)
    except UsageError as error:
        if to is not None:
            raise
        raise NothingToRollBackTo(
            f"{alias.name} served version {number} before, which does not exist any more",
            where=alias.address,
            hint="Name another with --to VERSION; `versions` lists them.",
        ) from error
    check_functions(aws, wanted["definition"], target)
    base = Plan(project, env, account, region, (), (alias.address,))
    if routes == {target: 100}:
        return base
    left = main_version(routes)
    present = described(aws, f"{machine_arn}:{left}")
    before = history_after(routes, history, number)
    found = (
        Change("version", describe(routes), str(number)),
        *changes(json.loads(present["definition"]), json.loads(wanted["definition"]), "definition"),
    )
    call = move(alias.desired["arn"], target, before)
    action = Action(alias.address, alias.name, "update", (call,), found)
    return Plan(project, env, account, region, (action,))


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


def check_functions(aws: Aws, definition: str, where: str) -> None:
    """Raise NothingToRollBackTo where a function version that `definition` calls is gone."""
    for name, version in functions_in(definition):
        qualifier = {"Qualifier": version} if version else {}
        try:
            aws.call("lambda", "get_function_configuration", FunctionName=name, **qualifier)
        except NotFound as error:
            raise NothingToRollBackTo(
                f"it calls {name}{f':{version}' if version else ''}, which does not exist any more",
                where=where,
                hint="Choose another with --to VERSION, or deploy the old source again.",
            ) from error
