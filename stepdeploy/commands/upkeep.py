"""versions prune, doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepdeploy.commands.context import Session, pass_session
from stepdeploy.commands.release import apply, ask, show_plan, yes_option
from stepdeploy.errors import Exit

if TYPE_CHECKING:
    from stepdeploy.doctor import Check


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


@click.command()
@click.option("--policy", is_flag=True, help="Print the least IAM policy of a deployer, as JSON. Needs no AWS.")
@click.option("--with-destroy", is_flag=True, help="With --policy: what destroy needs, too.")
@click.option("--split", is_flag=True, help="With --policy: a list of documents that each fit into a managed policy.")
@pass_session
@click.pass_context
def doctor(context: click.Context, session: Session, policy: bool, with_destroy: bool, split: bool) -> None:
    """Check what a deploy needs: credentials, permissions, quotas, clock, runtime. Exit 1 where there is a problem."""
    if policy:
        _print_policy(session, with_destroy=with_destroy, split=split)
        return
    if with_destroy or split:
        raise click.UsageError("--with-destroy and --split belong to --policy")
    with session.screen.status("Looking"):
        checks = session.app.upkeep.doctor()
    if session.screen.is_json:
        session.screen.data([check.to_json() for check in checks])
    else:
        _show_checks(session, checks)
    context.exit(Exit.FAILURE if any(check.verdict == "problem" for check in checks) else Exit.DONE)


def _print_policy(session: Session, *, with_destroy: bool, split: bool) -> None:
    from stepdeploy.doctor.policy import MANAGED_LIMIT, size

    documents = session.app.upkeep.policies(with_destroy=with_destroy, split=split)
    session.screen.data(documents if split else documents[0])
    if (characters := size(documents[0])) > MANAGED_LIMIT:
        click.echo(
            f"note: {characters} characters; a managed policy holds {MANAGED_LIMIT}. --split makes several.", err=True
        )


def _show_checks(session: Session, checks: list[Check]) -> None:
    session.screen.table(["check", "verdict", "found"], [[check.name, check.verdict, check.found] for check in checks])
    todo = [check for check in checks if check.todo]
    if todo:
        session.screen.line()
    session.screen.lines([(f"{check.name}: ", "bold"), (check.todo, "")] for check in todo)
