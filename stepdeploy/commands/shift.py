"""smoke, and release status|resume|abort|split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepdeploy.commands.context import Session, pass_session
from stepdeploy.errors import Exit

if TYPE_CHECKING:
    from stepdeploy.shift.state import Shift

machine_option = click.option(
    "--machine", help="Key of state_machines (default: the one that is under way, if one is)."
)


@click.command()
@click.option("--version", type=click.IntRange(min=1), help="Run them on this version.")
@click.option("--alias", help="Run them through this alias (default: the machine's).")
@click.option("--machine", help="Key of state_machines (default: the project's default_machine, else the only one).")
@pass_session
@click.pass_context
def smoke(
    context: click.Context, session: Session, version: int | None, alias: str | None, machine: str | None
) -> None:
    """Run the smoke cases of a machine now. Exit 1 if one fails. A deploy runs them before it moves the alias."""
    shifts, screen = session.app.shifts, session.screen
    with shifts.heeding_ctrl_c(), screen.status("Running smoke cases"):
        outcomes = shifts.smoke(machine, version=version, alias=alias, watch=lambda _: None)
    if screen.is_json:
        screen.data([outcome.to_json() for outcome in outcomes])
    for outcome in outcomes:
        mark, style = ("✓", "green") if outcome.passed else ("✗", "red")
        screen.line([(f"{mark} ", style), (outcome.case.name, ""), (f"  {outcome.seconds:.2f} s", "dim")])
        for problem in outcome.problems:
            screen.line([("    ", ""), (problem, "red")])
        if not outcome.passed:
            screen.line([(f"    {outcome.arn}", "dim")])
    context.exit(Exit.DONE if all(outcome.passed for outcome in outcomes) else Exit.FAILURE)


@click.group()
def release() -> None:
    """Gradual releases: see, go on with, or end what `deploy --strategy` began; split an alias."""


@release.command("status")
@click.option("--machine", help="Key of state_machines (default: all that have an alias).")
@click.option("--once", is_flag=True, help="In a terminal: show it once, and do not follow.")
@pass_session
def release_status(session: Session, machine: str | None, once: bool) -> None:
    """Show versions, weights, the step, executions and alarms. In a terminal it follows a release under way."""
    from stepdeploy.report.shift_view import StatusView

    if session.screen.is_json:
        session.screen.data(session.app.shifts.status(machine))
        return
    StatusView(session.screen, lambda: session.app.shifts.status(machine)).show(live=not once)


@release.command("resume")
@machine_option
@pass_session
def release_resume(session: Session, machine: str | None) -> None:
    """Go on with a gradual release whose process died or was stopped, on this or any other machine."""
    from stepdeploy.report.shift_view import Teller

    with session.app.shifts.heeding_ctrl_c(patient=True), session.screen.status("Driving the release"):
        ended = session.app.shifts.resume(machine, Teller(session.screen.line).look)
    show_ended(session, ended)


@release.command("abort")
@machine_option
@pass_session
def release_abort(session: Session, machine: str | None) -> None:
    """Move all weight back to the version before, whoever drives the release. Ends a split, too."""
    with session.screen.status("Moving all weight back"):
        ended = session.app.shifts.abort(machine)
    show_ended(session, ended)


@release.command("split")
@click.argument("routes", nargs=-1, required=True, metavar="VERSION:WEIGHT [VERSION:WEIGHT]")
@click.option("--no-smoke", is_flag=True, help="Do not run smoke cases on a version that the alias has never served.")
@click.option("--machine", help="Key of state_machines (default: the project's default_machine, else the only one).")
@pass_session
def release_split(session: Session, routes: tuple[str, ...], no_smoke: bool, machine: str | None) -> None:
    """Share the alias between two versions until told otherwise: release split 8:50 7:50.

    One version alone, 8:100, ends the split. Nothing is judged; a deploy refuses a split alias unless --end-split.
    """
    with session.screen.status("Splitting the alias"):
        shift = session.app.shifts.split(machine, routes, smoke=not no_smoke, say=session.screen.line)
    show_ended(session, shift)


def show_ended(session: Session, shift: Shift) -> None:
    """What has become of a shift."""
    if session.screen.is_json:
        session.screen.data(session.app.shifts.status(shift.machine)[0])
        return
    ended = f"  {shift.outcome}" if shift.outcome else "  holds until told otherwise"
    session.screen.line([(f"{shift.machine}: ", "bold"), (f"the alias serves {shift.words()}", ""), (ended, "dim")])
