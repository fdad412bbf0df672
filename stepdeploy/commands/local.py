"""local up|down|status|reset: the embedded AWS of this workspace."""

from __future__ import annotations

import click

from stepdeploy.commands.context import Session, pass_session


@click.group()
def local() -> None:
    """The embedded AWS: started on first use, ended by `down` or by itself after a while."""


@local.command()
@pass_session
def up(session: Session) -> None:
    """Start it, where it is not running."""
    running = session.app.local_up()
    _show(session, running)


@local.command()
@pass_session
def down(session: Session) -> None:
    """Stop it. What it holds is kept."""
    stopped = session.app.local_down()
    if session.screen.is_json:
        session.screen.data({"stopped": stopped})
    else:
        session.screen.line("Stopped." if stopped else "It was not running.")


@local.command()
@pass_session
def status(session: Session) -> None:
    """Whether it runs, where, and since when."""
    _show(session, session.app.local_status())


@local.command()
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_session
def reset(session: Session, yes: bool) -> None:
    """Stop it and forget all that it holds."""
    if not yes and not session.screen.is_json:
        click.confirm("Delete everything that the embedded AWS holds?", abort=True)
    session.app.local_reset()
    session.screen.line("The embedded AWS is empty.")


def _show(session: Session, found: dict[str, object]) -> None:
    if session.screen.is_json:
        session.screen.data(found)
    else:
        session.screen.table(["", ""], list(found.items()))
