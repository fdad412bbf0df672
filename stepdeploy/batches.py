"""The commands on batches: one method each, as in app.py. docs/batch.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepdeploy import batch, intake
from stepdeploy.company_list import Company, load, parse, request_check
from stepdeploy.errors import NotFound, UsageError

if TYPE_CHECKING:
    from stepdeploy.app import App
    from stepdeploy.executions import Started


class Batches:
    """The batches of a project in one environment. Every method raises StepdeployError and its kin."""

    def __init__(self, app: App) -> None:
        self._app = app
        raw = app.settings.raw.get("batch")
        if raw is None:
            hint = "Say under batch in definitions/project.json which machine, which items and which bucket it means."
            raise UsageError("the project has no batches", hint=hint)
        machine = app.machine(raw["machine"])
        self._items = app.machine(raw["items"])
        arn = app.machine_arn(machine)
        self._place = batch.Place(
            machine=arn,
            target=f"{arn}:{machine.alias}" if machine.alias else arn,
            items=app.machine_arn(self._items),
            bucket=app.settings.physical_name("bucket", raw["bucket"]),
        )

    def read(self, file: str, *, encoding: str | None = None, live: bool = False) -> list[Company]:
        """The companies of a list, all checked. live: each is to read the internet. Raises InvalidList."""
        found = load(Path(file), request_check(self._items.input_schema), encoding=encoding)
        if not live:
            return found
        return [Company(item.line, item.company_id, {**item.request, "live": True}) for item in found]

    def start(
        self,
        *,
        file: str | None = None,
        retry_of: str | None = None,
        most: int | None = None,
        tolerate: float | None = None,
        encoding: str | None = None,
        live: bool = False,
        force: bool = False,
    ) -> tuple[batch.Batch, Started]:
        """Start a batch of a list's companies, or of those of an earlier batch that failed."""
        if (file is None) == (retry_of is None):
            raise UsageError("name either a list of companies or a batch with --retry-failed")
        if file is not None:
            companies: Sequence[Company] = self.read(file, encoding=encoding, live=live)
            source = Path(file).name
        else:
            companies = batch.failed(self._app.aws, self._place, str(retry_of))
            # The list's name without the day and the digest, which the new batch gets of its own.
            source = str(retry_of).rsplit("-", 2)[0].removesuffix("-retry") + "-retry"
        given = {"max_concurrency": most, "tolerated_failure_percentage": tolerate}
        options = {name: value for name, value in given.items() if value is not None}
        made = batch.make(companies, source, datetime.now(UTC), retry_of=retry_of, force=force, options=options)
        return made, batch.start(self._app.aws, self._place, made)

    def enqueue(
        self, companies: Sequence[str], *, file: str | None, priority: str, encoding: str | None, force: bool
    ) -> list[dict[str, Any]]:
        """Put companies in the queue; each of `companies` is a line of a list, `NAME,WEBSITE[,SYMBOL]`."""
        if (file is None) == (not companies):
            raise UsageError("name either companies or a list of them with --file")
        found = self._named(companies) if file is None else self.read(file, encoding=encoding)
        settings, aws, now = self._app.settings, self._app.aws, datetime.now(UTC)
        rule = (settings.raw.get("batch") or {}).get("rule")
        if rule is None:
            raise UsageError("the project has no queue", hint="Name its rule in definitions/project.json: batch.rule.")
        try:
            # An event that no rule takes is lost without a word.
            aws.call("events", "describe_rule", Name=settings.physical_name("rule", rule))
        except NotFound as error:
            error.hint = "Run deploy first."
            raise
        salt = f"{now:%H%M%S%f}" if force else ""
        return intake.send(aws, f"{settings.project}.{settings.env}", found, now, priority=priority, salt=salt)

    def _named(self, companies: Sequence[str]) -> list[Company]:
        for company in companies:
            if "\n" in company or "\r" in company:
                raise UsageError("a company is one line: NAME,WEBSITE[,SYMBOL]")
        text = "\n".join(["company_name,website_url,stock_symbol", *companies])
        return parse(text.encode(), "the command line", request_check(self._items.input_schema))

    def wait(self, made: batch.Batch, arn: str, *, limit: float | None, watch: batch.Watch) -> dict[str, Any]:
        """Follow a batch to its end."""
        poll = 0.3 if self._app.settings.is_local else 2.0
        return batch.wait(self._app.aws, self._place, made, arn, watch, limit=limit, poll=poll)

    def show(self, batch_id: str) -> dict[str, Any]:
        """A batch: batch_id, status, counts, error and cause if it failed, and its summary once there is one."""
        aws = self._app.aws
        found = batch.describe(aws, self._place, batch_id)
        now = batch.progress(aws, found)
        shown = {
            "batch_id": batch_id,
            "status": found["status"],
            "started": found["startDate"],
            "stopped": found.get("stopDate"),
            "total": now.total,
            "succeeded": now.succeeded,
            "failed": now.failed,
            "running": now.running,
            **{name: found[name] for name in ("error", "cause") if found.get(name)},
        }
        told = batch.summary(aws, self._place, batch_id)
        return shown if told is None else {**shown, "summary": told}

    def listing(self, limit: int) -> list[dict[str, Any]]:
        """The newest batches, as rows."""
        return batch.listing(self._app.aws, self._place, limit)
