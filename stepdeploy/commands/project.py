"""render, validate: what needs no AWS."""

from __future__ import annotations

import click

from stepdeploy.commands.context import Session, parameter_option, pass_session
from stepdeploy.errors import Exit


@click.command()
@click.argument("machine", required=False)
@parameter_option
@pass_session
def render(session: Session, machine: str | None) -> None:
    """Print a definition with its ${names} replaced.

    MACHINE is a key of state_machines (default: the only one). Version ARNs that are not published yet stand as they are
    named.
    """
    session.screen.data(session.app.render(machine))


@click.command()
@click.option("--strict", is_flag=True, help="Exit 3 on warnings too.")
@parameter_option
@pass_session
@click.pass_context
def validate(context: click.Context, session: Session, strict: bool) -> None:
    """Check settings, templates, policies, Lambdas and definitions, offline.

    Exit 3 where something is wrong.
    """
    from stepdeploy.report.findings import finding_json, finding_lines

    found = session.app.validate()
    if session.screen.is_json:
        session.screen.data([finding_json(item) for item in found])
    else:
        session.screen.lines(finding_lines(found))
    failed = [item for item in found if strict or item.finding.severity == "error"]
    context.exit(Exit.FINDINGS if failed else Exit.DONE)
