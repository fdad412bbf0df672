"""Whether rules, event sources, destinations and dashboards fit what they name, and AWS's rules for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stepdeploy.errors import InvalidProject, StepdeployError
from stepdeploy.jsonsource import Source
from stepdeploy.references import nearest
from stepdeploy.settings.build import Files
from stepdeploy.settings.model import Function, Settings

TARGETS = ("queue", "function", "state_machine")
_Path = tuple[str | int, ...]


def check_events(settings: Settings, files: Files) -> list[StepdeployError]:
    """All problems of what events are about."""
    checks: tuple[Callable[[Settings, Files], Iterator[StepdeployError]], ...] = (
        _rules,
        _permissions,
        _functions,
        _queues_and_buckets,
        _dashboards,
        _alarms,
    )
    return [problem for one in checks for problem in one(settings, files)]


def _rules(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    project = files.project
    for key, raw in settings.section("rules").items():
        here: _Path = ("rules", key)
        if ("pattern" in raw) == ("schedule" in raw):
            where = project.where(here, key=True)
            yield InvalidProject(f"rule '{key}' needs a pattern or a schedule, and not both", where=where)
        if "schedule" in raw:
            yield from _schedule(raw, project, here)
        for index, target in enumerate(raw["targets"]):
            yield from _target(settings, project, target, (*here, "targets", index))
        yield from _twice(raw["targets"], project, here)
        if "dead_letter" in raw:
            yield from _dead_letter(settings, project, raw["dead_letter"], (*here, "dead_letter"))
        if any("state_machine" in target for target in raw["targets"]):
            yield from _role(raw, key, files)


def _schedule(raw: Mapping[str, Any], project: Source, here: _Path) -> Iterator[StepdeployError]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"""
    where = project.where((*here, "schedule"))
    if raw.get("bus", "default") != "default":
        yield InvalidProject("only rules of the default bus can have a schedule", where=where)
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)(s?)\)", raw["schedule"])
    if found and (int(found[1]) == 1) == bool(found[3]):
        right = f"rate({found[1]} {found[2]}{'' if int(found[1]) == 1 else 's'})"
        yield InvalidProject(f"AWS refuses '{raw['schedule']}'", where=where, hint=f"Write {right}.")


def _target(settings: Settings, project: Source, target: Mapping[str, Any], here: _Path) -> Iterator[StepdeployError]:
    kinds = [kind for kind in TARGETS if kind in target]
    if len(kinds) != 1:
        yield InvalidProject("a target is one queue, function or state machine", where=project.where(here))
        return
    kind, key = kinds[0], target[kinds[0]]
    if key not in settings.keys_of(kind):
        yield from _known(settings, kind, key, project.where((*here, kind)))
        return
    queue = settings.section("queues").get(key, {}) if kind == "queue" else {}
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#targets-specifics-sqs
    if bool(queue.get("fifo")) != ("message_group" in target):
        where = project.where(here)
        yield InvalidProject("a FIFO queue, and only that, needs a message_group", where=where)
    if queue.get("fifo") and not queue.get("content_based_deduplication"):
        hint = f"Set content_based_deduplication of queue '{key}': EventBridge sends no deduplication id."
        yield InvalidProject("AWS refuses this FIFO queue as a target", where=project.where((*here, kind)), hint=hint)


def _twice(targets: list[Mapping[str, Any]], project: Source, here: _Path) -> Iterator[StepdeployError]:
    seen: set[tuple[str, str]] = set()
    for index, target in enumerate(targets):
        for kind in TARGETS:
            if kind in target and (kind, target[kind]) in seen:
                where = project.where((*here, "targets", index))
                yield InvalidProject(f"the {kind.replace('_', ' ')} '{target[kind]}' is a target twice", where=where)
            seen.add((kind, target.get(kind, "")))


def _dead_letter(settings: Settings, project: Source, queue: str, here: _Path) -> Iterator[StepdeployError]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    yield from _known(settings, "queue", queue, project.where(here))
    if settings.section("queues").get(queue, {}).get("fifo"):
        yield InvalidProject("a rule's dead-letter queue cannot be FIFO", where=project.where(here))


def _role(raw: Mapping[str, Any], key: str, files: Files) -> Iterator[StepdeployError]:
    role = raw.get("role", key)
    known = {*files.policies, *files.broken_policies}
    if role not in known:
        where = files.project.where(("rules", key), key=True)
        hint = nearest(role, known) or "It must allow states:StartExecution on the state machine."
        yield InvalidProject(f"there is no policy iam/{role}.json", where=where, hint=hint)


def _permissions(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, raw in settings.section("permissions").items():
        yield from _known(settings, "function", raw["function"], files.project.where(("permissions", key, "function")))


def _functions(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for function in settings.functions.values():
        source = function.source
        for name, given in (("dead_letter", function.dead_letter), ("on_failure", function.on_failure)):
            for kind, key in (given or {}).items():
                yield from _known(settings, kind, key, source.where((name, kind)))
                # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
                if kind == "queue" and settings.section("queues").get(key, {}).get("fifo"):
                    yield InvalidProject("Lambda sends to no FIFO queue", where=source.where((name, kind)))
        for index, raw in enumerate(function.event_sources):
            yield from _event_source(settings, function, raw, ("event_sources", index))
        reserved = function.reserved_concurrency
        if reserved is not None and (function.provisioned_concurrency or 0) > reserved:
            where = source.where(("provisioned_concurrency",))
            yield InvalidProject(f"more is provisioned than the {reserved} that are reserved", where=where)


def _event_source(
    settings: Settings, function: Function, raw: Mapping[str, Any], here: _Path
) -> Iterator[StepdeployError]:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    source, key = function.source, raw["queue"]
    where = source.where((*here, "queue"))
    if any(other["queue"] == key for other in function.event_sources[: int(here[1])]):
        yield InvalidProject(f"queue '{key}' is an event source twice", where=where)
    if key not in settings.section("queues"):
        yield from _known(settings, "queue", key, where)
        return
    queue = settings.section("queues")[key]
    visible = queue.get("visibility_timeout_seconds", 30)
    if visible < function.timeout_seconds:
        hint = f"AWS advises six times the function's timeout: {6 * function.timeout_seconds}."
        message = (
            f"queue '{key}' hides a message for {visible} s, and the function may run for {function.timeout_seconds} s"
        )
        yield InvalidProject(message, where=where, hint=hint)
    size, window = raw.get("batch_size", 10), raw.get("batching_window_seconds", 0)
    if size > 10 and (queue.get("fifo") or not window):
        reason = "a FIFO queue" if queue.get("fifo") else "an event source without batching_window_seconds"
        yield InvalidProject(f"{reason} has batches of at most 10", where=source.where((*here, "batch_size")))
    if window and queue.get("fifo"):
        place = source.where((*here, "batching_window_seconds"))
        yield InvalidProject("a FIFO queue has no batching window", where=place)


def _queues_and_buckets(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, raw in settings.section("queues").items():
        if raw.get("content_based_deduplication") and not raw.get("fifo"):
            where = files.project.where(("queues", key, "content_based_deduplication"))
            yield InvalidProject("only a FIFO queue tells messages apart by their content", where=where)
    for key, raw in settings.section("buckets").items():
        seen: set[str] = set()
        for index, item in enumerate(raw.get("expire", [])):
            if item["prefix"] in seen:
                where = files.project.where(("buckets", key, "expire", index))
                yield InvalidProject(f"there are two rules for the prefix '{item['prefix']}'", where=where)
            seen.add(item["prefix"])


def _dashboards(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, raw in settings.section("dashboards").items():
        if not (settings.directory / "definitions" / raw["template"]).is_file():
            where = files.project.where(("dashboards", key, "template"))
            yield InvalidProject(f"there is no file definitions/{raw['template']}", where=where)


def _alarms(settings: Settings, files: Files) -> Iterator[StepdeployError]:
    for key, raw in settings.section("alarms").items():
        if "statistic" in raw and "extended_statistic" in raw:
            where = files.project.where(("alarms", key, "extended_statistic"))
            yield InvalidProject("an alarm has a statistic or an extended_statistic, not both", where=where)


def _known(settings: Settings, kind: str, key: str, where: str) -> Iterator[StepdeployError]:
    known = settings.keys_of(kind)
    if key not in known:
        hint = nearest(key, known) or f"There are: {', '.join(known) or 'none'}."
        yield InvalidProject(f"there is no {kind.replace('_', ' ')} '{key}'", where=where, hint=hint)
