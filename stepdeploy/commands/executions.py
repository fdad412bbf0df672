"""start-execution, executions list|show|stop, logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepdeploy.commands.context import Session, pass_session
from stepdeploy.commands.release import machine_option

if TYPE_CHECKING:
    from stepdeploy.executions import Step

MARKS = {"entered": ("→", "cyan"), "exited": ("✓", "green"), "failed": ("✗", "red")}


@click.command("start-execution")
@click.argument("company", required=False)
@click.option("--website", help="The company's website (input field website_url).")
@click.option("--symbol", help="Its stock symbol (input field stock_symbol).")
@click.option("--input", "payload", help="The whole input: JSON, @FILE, or - for standard input.")
@click.option("--live", is_flag=True, help="With --env local: read the internet instead of the samples.")
@click.option("--name", help="Name of the execution (default: made from the input and today's date).")
@click.option("--force", is_flag=True, help="Run again, though it has run today.")
@click.option("--wait", is_flag=True, help="Show the states as they pass, and end with the result.")
@click.option("--wait-limit", type=click.FloatRange(min=0), help="Seconds after which --wait gives up (exit 13).")
@machine_option
@pass_session
def start_execution(session: Session, /, wait: bool, wait_limit: float | None, **arguments: Any) -> None:
    """Start the pipeline through the alias, for COMPANY.

    The execution's name is the idempotency token: running this twice on a day gives the first execution, unless --force.
    """
    started = session.app.start(**arguments)
    screen = session.screen
    if started.existing:
        note = "" if started.same_input else "; its input was another one"
        screen.line([("=", "yellow"), (f" {started.name} has been started before{note} (--force runs it again)", "")])
    else:
        screen.line([("▶", "green"), (f" {started.name}", "bold")])
    if not wait and wait_limit is None:
        if screen.is_json:
            screen.data({"executionArn": started.arn, "existing": started.existing, "status": started.status})
        else:
            screen.line([(started.arn, "dim")])
        return
    result = session.app.wait(started.arn, limit=wait_limit, watch=lambda step: screen.line(step_line(step)))
    if screen.is_json:
        screen.data(result)
    else:
        show_result(session, result)


@click.group()
def executions() -> None:
    """List, show, stop executions."""


@executions.command("list")
@click.option("--status", type=click.Choice(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@machine_option
@pass_session
def list_executions(session: Session, status: str | None, limit: int, machine: str | None) -> None:
    """The newest executions."""
    found = session.app.executions(machine, status=status, limit=limit)
    if session.screen.is_json:
        session.screen.data(found)
        return
    rows = [[row["name"], row["status"], row["version"], row["started"], row["seconds"]] for row in found]
    session.screen.table(["execution", "status", "version", "started", "seconds"], rows, empty="No execution.")


@executions.command("show")
@click.argument("execution")
@machine_option
@pass_session
def show_execution(session: Session, execution: str, machine: str | None) -> None:
    """An execution's states, input and output. EXECUTION is a name or an ARN."""
    found, steps = session.app.execution(machine, execution)
    if session.screen.is_json:
        session.screen.data({**found, "steps": [vars(step) for step in steps]})
        return
    screen = session.screen
    screen.line([(found["name"], "bold"), ("  ", ""), (found["status"], "bold")])
    for step in steps:
        screen.line(step_line(step))
    show_result(session, found)


@executions.command("stop")
@click.argument("execution")
@click.option("--cause", default="stopped by hand", show_default=True)
@machine_option
@pass_session
def stop_execution(session: Session, execution: str, cause: str, machine: str | None) -> None:
    """Stop a running execution (it ends ABORTED)."""
    found = session.app.stop(machine, execution, cause)
    if session.screen.is_json:
        session.screen.data(found)
    else:
        session.screen.line(f"{found['name']} is {found['status']}")


@click.command()
@click.option("--function", help="A Lambda's folder name (default: the machine's own log).")
@click.option("--execution", help="Only lines of this execution (name or ARN).")
@click.option("--since", default="1h", show_default=True, help="30s, 10m, 2h, 1d.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="The newest lines.")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--raw", is_flag=True, help="Lines as they stand in the log.")
@machine_option
@pass_session
def logs(session: Session, /, follow: bool, raw: bool, **arguments: Any) -> None:
    """Show log lines of the state machine or of a Lambda."""
    from stepdeploy.logs import readable
    from stepdeploy.report.screen import json_text

    for event in session.app.logs(follow=follow, **arguments):
        if session.screen.is_json:
            # JSON Lines: with --follow the list has no end.
            click.echo(json_text(event))
        else:
            text = event["message"] if raw else readable(event["message"])
            session.screen.line([(f"{event['time'].astimezone():%H:%M:%S.%f}"[:-3], "dim"), (f"  {text}", "")])


def step_line(step: Step) -> Any:
    """One step of an execution as a styled line."""
    mark, style = MARKS[step.kind]
    line = [(f"{step.seconds:7.2f} s  ", "dim"), (f"{mark} ", style), (step.state, "")]
    return [*line, (f"  {step.detail}", "red" if step.kind == "failed" else "dim")]


def show_result(session: Session, found: dict[str, Any]) -> None:
    """Status, error and cause or output."""
    import json

    from stepdeploy.executions import readable_cause

    screen = session.screen
    failed = found["status"] != "SUCCEEDED"
    screen.line([(found["status"], "red" if failed else "green")])
    if found.get("error"):
        screen.line([(f"{found['error']}: ", "red"), (readable_cause(found.get("cause") or ""), "")])
    output = found.get("output")
    if output is not None:
        screen.line(json.dumps(output, indent=2, ensure_ascii=False) if not isinstance(output, str) else output)
