"""The least IAM policy of whoever deploys a project, made of its names and the table of grants. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stepdeploy.arns import Place
from stepdeploy.doctor.grants import Phase, grants
from stepdeploy.resources.recorded import arn_of, kind_of

MANAGED_LIMIT = 6_144
INLINE_LIMIT = 10_240
"""Characters without white space of a managed policy, and of all inline policies of a role together
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
PASS_ROLE = "iam:PassRole"
DEPLOY: tuple[Phase, ...] = ("read", "write", "prune")

Statement = dict[str, Any]
ACCOUNT = "account:"
"""What needs no resource of ours."""


def statements(
    place: Place, wanted: Mapping[str, str], passed: Mapping[str, Sequence[str]], phases: tuple[Phase, ...] = DEPLOY
) -> list[Statement]:
    """One statement for each set of resources.

    wanted: address -> name on AWS (scope.wanted). passed: service principal -> ARNs of roles.
    """
    on: dict[tuple[str, ...], dict[str, None]] = {}
    sids: dict[tuple[str, ...], str] = {}
    by_kind: dict[str, list[tuple[str, str]]] = {"account": [(ACCOUNT, "")]}
    for address, name in wanted.items():
        by_kind.setdefault(kind_of(address), []).append((address, name))
    for kind, resources in by_kind.items():
        for grant in grants(kind, phases):
            found = (pattern.format(**targets(place, *one)) for one in resources for pattern in grant.targets)
            key = tuple(dict.fromkeys(found))
            on.setdefault(key, {}).update(dict.fromkeys(grant.actions))
            sids.setdefault(key, "Account" if key == ("*",) else _sid(kind, sids.values()))
    made = [
        {"Sid": sids[key], "Effect": "Allow", "Action": sorted(actions), "Resource": list(key)}
        for key, actions in on.items()
    ]
    return [*made, *(_pass_role(service, arns) for service, arns in passed.items())]


def _sid(kind: str, taken: Iterable[str]) -> str:
    """`StateMachine`, `StateMachine2`: letters and digits only."""
    name = "".join(part.capitalize() for part in kind.split("_"))
    count = sum(sid.rstrip("0123456789") == name for sid in taken)
    return name if not count else f"{name}{count + 1}"


def _pass_role(service: str, arns: Sequence[str]) -> Statement:
    """A role may be handed to its own service only, so that nobody gives a machine's role to something else."""
    return {
        "Sid": f"PassRoleTo{service.partition('.')[0].capitalize()}",
        "Effect": "Allow",
        "Action": [PASS_ROLE],
        "Resource": list(arns),
        "Condition": {"StringEquals": {"iam:PassedToService": service}},
    }


def targets(place: Place, address: str, name: str) -> dict[str, str]:
    """What the patterns of grants may name, of one resource: arn, function, executions, mappings, alarms."""
    kind = kind_of(address)
    always = {
        "mappings": place.arn("lambda", "event-source-mapping:*"),
        # DescribeAlarms takes names, and is judged by all alarms.
        "alarms": place.alarm("*"),
    }
    if kind in ("account", "ledger"):
        return {**always, "arn": place.table(name)}
    if kind == "alias":
        machine = name.rpartition(":")[0]
        return {**always, "arn": place.state_machine(machine), "executions": _executions(place, machine)}
    return {
        **always,
        "arn": arn_of(place, address, name),
        "function": place.function(_function(kind, name)),
        "executions": _executions(place, name),
    }


def _executions(place: Place, machine: str) -> str:
    return place.arn("states", f"execution:{machine}:*")


def _function(kind: str, name: str) -> str:
    """The function that a resource's name on AWS holds."""
    if kind == "warm_up":
        return name.removesuffix("-warm-up")
    return name.partition({"permission": ":", "event_source": "/"}.get(kind, "\0"))[0]


def document(made: Sequence[Statement]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(made)}


def size(policy: Mapping[str, Any]) -> int:
    """Characters as IAM counts them, without white space."""
    return len(json.dumps(policy, separators=(",", ":")))


def split(made: Sequence[Statement], limit: int = MANAGED_LIMIT) -> list[dict[str, Any]]:
    """The same statements as several documents, each small enough for a managed policy. A statement that is too large by
    itself is cut by its resources."""
    parts: list[list[Statement]] = [[]]
    for statement in (piece for one in made for piece in _pieces(one, limit)):
        if parts[-1] and size(document([*parts[-1], statement])) > limit:
            parts.append([])
        parts[-1].append(statement)
    return [document(part) for part in parts]


def _pieces(statement: Statement, limit: int) -> list[Statement]:
    resources = statement["Resource"]
    if len(resources) < 2 or size(document([statement])) <= limit:
        return [statement]
    half = len(resources) // 2
    cut = [{**statement, "Resource": resources[:half]}, {**statement, "Resource": resources[half:]}]
    pieces = [piece for one in cut for piece in _pieces(one, limit)]
    return [{**piece, "Sid": f"{statement['Sid']}Part{index}"} for index, piece in enumerate(pieces, 1)]
