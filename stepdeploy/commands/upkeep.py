"""versions prune."""

from __future__ import annotations

import click

from stepdeploy.commands.context import Session, pass_session
from stepdeploy.commands.release import apply, ask, show_plan, yes_option


@click.command()
@click.option(
    "--keep", type=click.IntRange(min=1), default=10, show_default=True,
    help="How many of the newest versions of a machine stay, and how many entries of each alias's history.",
)  # fmt: skip
@click.option("--machine", help="Key of one state machine (default: all of the project).")
@click.option("--no-redrive", is_flag=True, help="Remove also what only executions need that could still be redriven.")
@click.option("--dry-run", is_flag=True, help="Show what would go, and change nothing.")
@yes_option
@pass_session
def prune(session: Session, keep: int, machine: str | None, no_redrive: bool, dry_run: bool, yes: bool) -> None:
    """Remove old versions of machines, functions and layers that nothing needs.

    What any alias serves, what a rollback may go back to and what executions need stays, and so do the function versions
    that those name.
    """
    with session.screen.status("Reading what is needed"):
        made = session.app.upkeep.plan_prune(machine, keep=keep, redrive=not no_redrive)
    if not session.screen.is_json:
        show_plan(session, made)
    outcome = {}
    if made and not dry_run:
        ask(session, "Remove these versions for good?", yes)
        outcome = apply(session, session.app, made)
    if session.screen.is_json:
        session.screen.data({"plan": made.to_json(), "applied": outcome})
