"""review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stepdeploy.commands.context import Session, parameter_option, pass_session
from stepdeploy.commands.release import machine_option
from stepdeploy.errors import Exit, StepdeployError

if TYPE_CHECKING:
    from stepdeploy.report.review_view import Where
    from stepdeploy.reviews import Fixed, Reviewed


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@machine_option
@click.option("--type", "type_", type=click.Choice(["STANDARD", "EXPRESS"]), help="What kind of machine FILE is.")
@click.option(
    "--settings",
    type=click.Path(exists=True, dir_okay=False),
    help="What is known of FILE besides (docs/review.md); default: NAME.settings.json beside NAME.asl.json.",
)
@click.option("--fix", "fix_", is_flag=True, help="Show the safe fixes as a diff, and what they would change.")
@click.option("--write", is_flag=True, help="With --fix: write them.")
@click.option("--min-score", type=click.FloatRange(0, 10), help="Exit 3 where the overall score is below this.")
@click.option("--output", type=click.Choice(["text", "json"]), help="Default: the global --output.")
@parameter_option
@pass_session
@click.pass_context
def review(
    context: click.Context,
    session: Session,
    file: str | None,
    machine: str | None,
    type_: str | None,
    settings: str | None,
    fix_: bool,
    write: bool,
    min_score: float | None,
    output: str | None,
) -> None:
    """Score a state machine for robustness, efficiency, observability, scalability and cost.

    Without FILE, a machine of the project with its settings, alarms, policies and Lambdas; with FILE, a definition by
    itself: what is not known is not scored. Rules and weights: docs/review.md.
    """
    if file and machine:
        raise click.UsageError("FILE and --machine exclude each other.")
    if (type_ or settings) and not file:
        raise click.UsageError("--type and --settings go with FILE.")
    if write and not fix_:
        raise click.UsageError("--write goes with --fix.")
    from stepdeploy import reviews

    session.options = session.options._replace(output=output or session.options.output)
    found = reviews.review_file(file, type_, settings) if file else reviews.review_machine(session.app, machine)
    made = reviews.fix(found) if fix_ else None
    if write and made and made.fixes:
        _write(found, made)
    _print(session, found, made, written=write)
    last = made.after if made and write else found.review
    context.exit(Exit.FINDINGS if min_score is not None and last.overall < min_score else Exit.DONE)


def _write(found: Reviewed, made: Fixed) -> None:
    from pathlib import Path

    try:
        Path(found.source.name).write_bytes(made.text.encode("utf-8"))
    except OSError as error:
        raise StepdeployError(f"cannot be written: {error.strerror or error}", where=found.source.name) from error


def _print(session: Session, found: Reviewed, made: Fixed | None, *, written: bool) -> None:
    from stepdeploy.report import review_view as view

    screen, where = session.screen, _where(found)
    if screen.is_json:
        data: dict[str, Any] = {
            "machine": found.name,
            "file": found.source.name,
            **view.review_json(found.review, where),
        }
        if made:
            after = view.review_json(made.after, where)["scores"]
            fixes = [{"rule": fix.rule, "what": fix.what} for fix in made.fixes]
            data["fixed"] = {"diff": made.diff, "fixes": fixes, "written": written and bool(fixes), "scores": after}
        screen.data(data)
        return
    name = [] if found.name == found.source.name else [(f"{found.name}  ", "bold")]
    screen.line([*name, (found.source.name, "dim" if name else "bold")])
    if made is None:
        screen.lines(view.score_lines(found.review, bars=screen.tty))
        screen.line()
        screen.lines(view.deduction_lines(found.review, where, verbose=session.options.verbose))
        screen.lines(view.unknown_lines(found.review))
        if not found.review.deductions:
            screen.line([("Nothing to take off.", "green")])
        return
    if not made.fixes:
        screen.line([("Nothing to fix that is safe to write.", "green")])
        return
    screen.lines(view.diff_lines(made.diff))
    screen.lines(view.score_lines(made.after, bars=screen.tty, before=found.review))
    if written:
        screen.line(f"Written: {len(made.fixes)} additions to {found.source.name}.")
    else:
        screen.line(f"{len(made.fixes)} additions; --write writes them.")


def _where(found: Reviewed) -> Where:
    """Where a spot is: in the definition, or in the settings that it is about."""
    return lambda spot: (
        found.facts.places.get(spot.about, found.source.where("")) if spot.about else found.source.where(spot.pointer)
    )
