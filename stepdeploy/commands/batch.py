"""start-batch, batches list|show, enqueue."""

from __future__ import annotations

from typing import Any

import click

from stepdeploy.commands.context import Session, pass_session
from stepdeploy.errors import Exit

OUTCOMES = ["line", "company", "status", "completeness %", "seconds", "document, or what happened"]


@click.command("start-batch")
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.option("--retry-failed", "retry_of", metavar="BATCH", help="Run exactly the companies of BATCH that failed.")
@click.option("--max", "most", type=click.IntRange(1, 10_000), help="Companies at a time (default: the project's).")
@click.option(
    "--tolerate", type=click.FloatRange(0, 100), help="Percentage that may fail before the batch is given up."
)
@click.option("--encoding", help="Of FILE (default: UTF-8, or UTF-16 where a byte order mark says so).")
@click.option("--live", is_flag=True, help="With --env local: read the internet instead of the samples.")
@click.option("--force", is_flag=True, help="Start again, though the list has been started today.")
@click.option("--wait", is_flag=True, help="Show how it goes, and end with the outcomes.")
@click.option("--wait-limit", type=click.FloatRange(min=0), help="Seconds after which --wait gives up (exit 13).")
@pass_session
@click.pass_context
def start_batch(
    context: click.Context, session: Session, /, wait: bool, wait_limit: float | None, **arguments: Any
) -> None:
    """Run the pipeline for every company in FILE: CSV (company_name,website_url,stock_symbol) or JSON Lines.

    The whole list is checked before anything is started. The same list on the same day is the same batch. A company
    that has been run today with the same input is not run again: what came of it counts.

    With --wait, exit 0 if all succeeded, 10 if some failed, 13 past --wait-limit.
    """
    batch, started = session.app.batches.start(**arguments)
    screen = session.screen
    mark, note = ("▶", "green"), ""
    if started.existing:
        other = "" if started.same_input else ", with other options"
        mark, note = ("=", "yellow"), f", started before{other} (--force starts it again)"
    screen.line([mark, (f" {batch.batch_id}", "bold"), (f"  {len(batch.items)} companies{note}", "")])
    if not wait and wait_limit is None:
        if screen.is_json:
            told = {"batch_id": batch.batch_id, "total": len(batch.items), "existing": started.existing}
            screen.data({**told, "executionArn": started.arn, "status": started.status})
        return
    from stepdeploy.report.batch_view import BatchView

    with BatchView(screen) as view:
        session.app.batches.wait(batch, started.arn, limit=wait_limit, watch=view.watch)
    found = session.app.batches.show(batch.batch_id)
    show(session, found, failed=True)
    context.exit(exit_code(found))


@click.group()
def batches() -> None:
    """List and show batches."""


@batches.command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@pass_session
def list_batches(session: Session, limit: int) -> None:
    """The newest batches."""
    found = session.app.batches.listing(limit)
    if session.screen.is_json:
        session.screen.data(found)
        return
    columns = ["batch", "status", "started", "seconds", "total", "succeeded", "failed"]
    session.screen.table(columns, [[row[name] for name in columns] for row in found], empty="No batch.")


@batches.command("show")
@click.argument("batch")
@click.option("--failed", is_flag=True, help="Only companies that did not succeed.")
@pass_session
def show_batch(session: Session, batch: str, failed: bool) -> None:
    """What became of each company of BATCH."""
    show(session, session.app.batches.show(batch), failed=failed)


@click.command()
@click.argument("companies", nargs=-1, metavar="COMPANY...")
@click.option("--file", type=click.Path(dir_okay=False), help="A list, as for start-batch.")
@click.option("--priority", type=click.Choice(["high", "normal", "low"]), default="normal", show_default=True)
@click.option("--encoding", help="Of the list (default: UTF-8, or UTF-16 where a byte order mark says so).")
@click.option("--force", is_flag=True, help="Run again what has been run today.")
@pass_session
def enqueue(session: Session, /, companies: tuple[str, ...], **options: Any) -> None:
    """Put each COMPANY in the queue that starts the pipeline. COMPANY is "NAME,WEBSITE[,SYMBOL]", as in a list.

    What has been run today with the same input is not run again. The names printed are those of the executions to come.
    """
    found = session.app.batches.enqueue(companies, **options)
    if session.screen.is_json:
        session.screen.data(found)
        return
    session.screen.table(["company", "execution"], [[item["company_id"], item["token"]] for item in found])


def show(session: Session, found: dict[str, Any], *, failed: bool) -> None:
    """A batch: its summary, or while there is none how far it is. failed: leave out companies that succeeded."""
    screen = session.screen
    if screen.is_json:
        screen.data(found)
        return
    if "summary" not in found:
        counts = f"{found['succeeded']} succeeded, {found['failed']} failed, {found['running']} running"
        screen.line([(found["batch_id"], "bold"), (f"  {found['status']}: {counts} of {found['total']}", "")])
        if found.get("error"):
            screen.line([(f"{found['error']}: ", "red"), (found.get("cause") or "", "")])
        return
    from stepdeploy.report.batch_view import outcome_rows, summary_lines

    screen.lines(summary_lines(found["summary"]))
    screen.table(OUTCOMES, outcome_rows(found["summary"], failed=failed))


def exit_code(found: dict[str, Any]) -> int:
    """0 when every company succeeded, else as the batch's execution ended; 10 when it came to its end."""
    ended = {"TIMED_OUT": Exit.EXECUTION_TIMED_OUT, "ABORTED": Exit.EXECUTION_ABORTED}
    if found["status"] == "SUCCEEDED" and found["succeeded"] == found["total"]:
        return Exit.DONE
    return ended.get(found["status"], Exit.EXECUTION_FAILED)
