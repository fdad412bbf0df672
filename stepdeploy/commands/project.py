"""render, validate: what needs no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stepdeploy.commands.context import Session, parameter_option, pass_session
from stepdeploy.errors import Exit, InvalidProject

if TYPE_CHECKING:
    from stepdeploy.report.findings import Located


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
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--type",
    "type_",
    type=click.Choice(["STANDARD", "EXPRESS"]),
    default="STANDARD",
    show_default=True,
    help="What kind of machine the FILEs are.",
)
@click.option("--strict", is_flag=True, help="Exit 3 on warnings too.")
@click.option(
    "--remote", is_flag=True, help="Ask AWS too (states:ValidateStateMachineDefinition), its warnings included."
)
@click.option(
    "--format",
    "--output",
    "format_",
    type=click.Choice(["text", "json", "sarif"]),
    help="Default: the global --output.",
)
@parameter_option
@pass_session
@click.pass_context
def validate(
    context: click.Context,
    session: Session,
    files: tuple[str, ...],
    type_: str,
    strict: bool,
    remote: bool,
    format_: str | None,
) -> None:
    """Check settings, templates, policies, Lambdas and definitions, offline.

    With FILEs, check these definitions alone, without a project; - is standard input. Exit 3 where something is wrong.
    """
    format_ = format_ or session.options.output
    session.options = session.options._replace(output="text" if format_ == "text" else "json")
    found, notes = _validate(session, files, type_, remote, format_)
    _print(session, found, format_)
    for note in notes:
        if format_ == "text":
            session.screen.line([("! ", "yellow"), (note, "")])
        else:
            click.echo(f"note: {note}", err=True)
    failed = [item for item in found if strict or item.finding.severity == "error"]
    context.exit(Exit.FINDINGS if failed else Exit.DONE)


def _validate(
    session: Session, files: tuple[str, ...], type_: str, remote: bool, format_: str
) -> tuple[list[Located], list[str]]:
    """All findings, and notes on what was not done."""
    from stepdeploy import validation

    if files:
        sources = [validation.read(name) for name in files]
        found = [item for source in sources for item in validation.check_file(source, type_)]
        definitions = [validation.definition(source, type_) for source in sources]
    else:
        try:
            found = session.app.validate()
            definitions = session.app.definitions() if remote else []
        except InvalidProject as error:
            if format_ != "sarif":
                raise
            return validation.of_project(error), []
    if not remote:
        return found, []
    options = session.options
    more, notes = validation.ask_aws(
        lambda: (
            session.app.aws if session.app.has_project else validation.plain_session(options.profile, options.region)
        ),
        definitions,
    )
    return [*found, *more], notes


def _print(session: Session, found: list[Located], format_: str) -> None:
    if format_ == "sarif":
        from stepdeploy.report.sarif import sarif

        session.screen.data(sarif(found))
        return
    from stepdeploy.report.findings import finding_json, finding_lines

    if format_ == "json":
        session.screen.data([finding_json(item) for item in found])
    else:
        session.screen.lines(finding_lines(found))
