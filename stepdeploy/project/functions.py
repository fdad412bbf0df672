"""Layers, functions, and what is made for each function: its log group, and what calls it from queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepdeploy.engine.model import FileBytes
from stepdeploy.packaging import Archive, Target, function_archive, layer_archive
from stepdeploy.project.context import Context
from stepdeploy.references import Ref
from stepdeploy.resources.base import Base
from stepdeploy.resources.event_source import EventSource
from stepdeploy.resources.function import Function
from stepdeploy.resources.invoke_config import InvokeConfig
from stepdeploy.resources.layer import Layer
from stepdeploy.settings import Function as FunctionSettings


def layers(project: Context) -> Iterator[Base]:
    settings = project.settings
    target = Target.of(settings.runtime, settings.architecture, local=settings.is_local)
    for key, layer in settings.layers.items():
        archive = layer_archive(layer.name, layer.requirements, layer.include, target, project.build_dir)
        desired = {
            **_archive_facts(archive),
            "description": layer.description,
            "runtime": settings.runtime,
            "architecture": settings.architecture,
        }
        yield Layer(key, project.name("layer", key), desired)


def functions(project: Context) -> Iterator[Base]:
    for key, function in project.settings.functions.items():
        group = project.log_group(f"function-{key}", "function", key, function.log_retention_days)
        yield group
        yield _function(project, key, function, group)
        if function.on_failure:
            yield _invoke_config(project, key, function.on_failure)
        for source in function.event_sources:
            yield _event_source(project, key, source)


def _function(project: Context, key: str, function: FunctionSettings, group: Base) -> Base:
    rendered = project.templates[f"function:{key}"].value
    environment = {name: project.text(value) for name, value in rendered.get("environment", {}).items()}
    dead_letter, target = _destination(project, function.dead_letter)
    desired = {
        **_archive_facts(function_archive(function.folder, project.build_dir)),
        "arn": project.arn("function", key),
        "runtime": project.settings.runtime,
        "architecture": project.settings.architecture,
        "handler": function.handler,
        "role": project.arn("role", function.role),
        "memory_mb": function.memory_mb,
        "timeout_seconds": function.timeout_seconds,
        "environment": environment,
        "layers": [Ref(f"layer:{layer}", "version_arn") for layer in function.layers],
        "description": rendered.get("description", ""),
        "tracing": "Active" if function.tracing else "PassThrough",
        "ephemeral_mb": function.ephemeral_mb,
        "reserved_concurrency": function.reserved_concurrency,
        "dead_letter": dead_letter,
        "tags": project.tags,
    }
    needs = frozenset({group.address, f"role:{function.role}", *target})
    return Function(key, project.name("function", key), desired, needs)


def _invoke_config(project: Context, key: str, on_failure: Mapping[str, str]) -> Base:
    arn, target = _destination(project, on_failure)
    needs = frozenset({f"function:{key}", *target})
    return InvokeConfig(key, project.name("function", key), {"on_failure": arn}, needs)


def _destination(project: Context, given: Mapping[str, str] | None) -> tuple[str | None, set[str]]:
    """ARN and address of {"queue": key}, {"topic": key} or {"function": key}."""
    if not given:
        return None, set()
    ((kind, key),) = given.items()
    return project.arn(kind, key), {f"{kind}:{key}"}


def _event_source(project: Context, function: str, raw: Mapping[str, Any]) -> Base:
    queue = raw["queue"]
    desired = {
        "arn": project.arn("queue", queue),
        "batch_size": raw.get("batch_size", 10),
        "batching_window_seconds": raw.get("batching_window_seconds", 0),
        "maximum_concurrency": raw.get("maximum_concurrency"),
        "report_batch_item_failures": raw.get("report_batch_item_failures", True),
        "enabled": raw.get("enabled", True),
        "tags": project.tags,
    }
    name = f"{project.name('function', function)}/{project.name('queue', queue)}"
    needs = frozenset({f"function:{function}", f"queue:{queue}"})
    return EventSource(f"{queue}-to-{function}", name, desired, needs)


def _archive_facts(archive: Archive) -> dict[str, Any]:
    return {"archive": FileBytes(archive.path, archive.sha256), "code_sha256": archive.code_sha256}
