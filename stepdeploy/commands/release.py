"""plan, deploy, rollback, versions, status, destroy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from stepdeploy.commands.context import Session, parameter_option, pass_session
from stepdeploy.errors import Exit

if TYPE_CHECKING:
    from stepdeploy.app import App
    from stepdeploy.engine.apply import Conduct
    from stepdeploy.engine.model import Plan
    from stepdeploy.report.progress import ApplyView

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
machine_option = click.option(
    "--machine", help="Key of state_machines (default: the project's default_machine, else the only one)."
)


adopt_option = click.option(
    "--adopt", is_flag=True, help="Take over resources of the wanted names that exist and do not bear our tags."
)


@click.command()
@click.option("--detailed-exitcode", is_flag=True, help="Exit 4 where there is something to change, 0 where not.")
@click.option("--out", type=click.Path(dir_okay=False), help="Save the plan to FILE, for deploy --plan FILE.")
@click.option("--markdown", is_flag=True, help="As Markdown for a pull request, with a diagram of changed machines.")
@adopt_option
@parameter_option
@pass_session
@click.pass_context
def plan(
    context: click.Context, session: Session, detailed_exitcode: bool, out: str | None, markdown: bool, adopt: bool
) -> None:
    """Show what deploy would do. Changes nothing."""
    if markdown and session.screen.is_json:
        raise click.UsageError("--markdown and --output json exclude each other")
    with session.screen.status("Reading what there is"):
        made = session.app.releases.plan(adopt=adopt)
    show_plan(session, made, markdown=markdown)
    if out:
        from pathlib import Path

        session.app.releases.save(made, Path(out))
        click.echo(f"Saved. Apply exactly this with: deploy --plan {out}", err=True)
    context.exit(Exit.CHANGES if detailed_exitcode and made else Exit.DONE)


@click.command()
@yes_option
@click.option(
    "--plan", "saved", type=click.Path(dir_okay=False), help="Apply a plan that `plan --out` saved, as it is."
)
@click.option("--overwrite-drift", is_flag=True, help="Overwrite live changes that were made outside the tool.")
@click.option(
    "--strategy", help="How the alias moves: all-at-once, canary:10%/5m, linear:20%/2m (default: the project's)."
)
@click.option("--end-split", is_flag=True, help="Move an alias though it is split between two versions.")
@click.option("--no-smoke", is_flag=True, help="Move the alias without running the smoke cases.")
@adopt_option
@parameter_option
@pass_session
def deploy(
    session: Session,
    yes: bool,
    saved: str | None,
    overwrite_drift: bool,
    strategy: str | None,
    end_split: bool,
    no_smoke: bool,
    adopt: bool,
) -> None:
    """Bring AWS to what the project says, publish a version, run its smoke cases and move the alias."""
    releases = session.app.releases
    with session.screen.status("Building, and reading what there is"):
        made = _saved_plan(session, saved) if saved else releases.plan(adopt=adopt)
    if not session.screen.is_json:
        show_plan(session, made)
    session.app.shifts.check(made, strategy=strategy, end_split=end_split)
    releases.refuse(made, overwrite_drift=overwrite_drift)
    if made:
        ask(session, "Apply?", yes)
    else:
        releases.tidy()
    how = {"strategy": strategy, "end_split": end_split, "smoke": not no_smoke}
    outcome = apply(session, session.app, made, partial(_conducts, session, made, how)) if made else {}
    if session.screen.is_json:
        session.screen.data({"plan": made.to_json(), "applied": outcome})
    elif made:
        session.screen.table(["alias", "version", "functions"], session.app.release_rows())


def _conducts(session: Session, made: Plan, how: Mapping[str, Any], view: ApplyView) -> Mapping[str, Conduct]:
    """How the aliases move. how: options of Shifts.conducts."""
    from stepdeploy.report.shift_view import Teller

    return session.app.shifts.conducts(
        made, watch=Teller(view.say).look, say=lambda text: view.say([(text, "dim")]), **how
    )


def _saved_plan(session: Session, path: str) -> Plan:
    from pathlib import Path

    return session.app.releases.load(Path(path))


@click.command()
@click.option("--to", type=click.IntRange(min=1), help="Version to go to (default: what was served before).")
@click.option("--to-commit", metavar="SHA", help="Go to what was made from this git commit.")
@click.option(
    "--before", metavar="TIME", help="Go to what was served before TIME: 2026-11-23T14:00, or 90m, 2h, 3d ago."
)
@machine_option
@yes_option
@pass_session
def rollback(
    session: Session, to: int | None, to_commit: str | None, before: str | None, machine: str | None, yes: bool
) -> None:
    """Move the alias back to what it served before, and with it the Lambda code. Deletes nothing."""
    with session.screen.status("Reading what the alias served"):
        made = session.app.releases.plan_rollback(machine, to=to, commit=to_commit, before=before)
    if not made:
        session.app.releases.tidy()
        session.screen.line("The alias serves that version already.")
    else:
        if not session.screen.is_json:
            show_plan(session, made)
        ask(session, "Roll back?", yes)
        apply(session, session.app, made, lambda _: session.app.shifts.rollback_conducts(made))
    if session.screen.is_json:
        session.screen.data(made.to_json())
    else:
        session.screen.table(["alias", "version", "functions"], session.app.release_rows())


@click.group(invoke_without_command=True)
@machine_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--history", is_flag=True, help="What the alias served, from when to when, by whom, and how it ended.")
@pass_session
@click.pass_context
def versions(context: click.Context, session: Session, machine: str | None, limit: int, history: bool) -> None:
    """List published versions, newest first, and which one the alias serves; `versions prune` removes old ones."""
    if context.invoked_subcommand:
        return
    if history:
        _show_history(session, machine, limit)
        return
    found = session.app.versions(machine, limit)
    if session.screen.is_json:
        session.screen.data(found)
        return
    columns = ["version", "alias", "created", "functions", "description"]
    rows = [[row["version"], row["alias"] or "", row["created"], row["functions"], row["description"]] for row in found]
    session.screen.table(columns, rows, empty="No version is published. Run deploy.")
    if found and (check := session.app.upkeep.versions_check(machine, found[0]["version"])):
        session.screen.line([(f"{check.verdict}: ", "yellow"), (f"{check.found}. {check.todo}", "")])


def _show_history(session: Session, machine: str | None, limit: int) -> None:
    found = session.app.releases.history_rows(machine, limit)
    if session.screen.is_json:
        session.screen.data(found)
        return
    columns = ["served", "from", "until", "by", "how", "commit", "functions", "outcome"]
    rows = [[row[column] or "" for column in columns] for row in found]
    session.screen.table(columns, rows, empty="Nothing is on record. Run deploy.")


@click.command()
@click.option("--drift", is_flag=True, help="Find what was changed outside the tool; exit 4 where something was.")
@pass_session
@click.pass_context
def status(context: click.Context, session: Session, drift: bool) -> None:
    """Show what is deployed and how it is doing."""
    if drift:
        context.exit(_show_drift(session))
    found = session.app.status()
    if session.screen.is_json:
        session.screen.data(found)
        return
    session.screen.line([(f"{found['project']} / {found['environment']}", "bold"), (f"  {found['target']}", "dim")])
    columns = ["machine", "alias", "serves", "before", "newest", "executions (last 100)"]
    keys = ["machine", "alias", "serves", "before", "newest", "executions"]
    if found["resources"]:
        session.screen.table(columns, [[row[key] for key in keys] for row in found["machines"]])
        session.screen.line()
        session.screen.table(["resource", "name"], sorted(found["resources"].items()))
    else:
        session.screen.line("Nothing is deployed. Run deploy.")


def _show_drift(session: Session) -> int:
    from stepdeploy.releases import drift_note

    with session.screen.status("Reading what there is"):
        found = session.app.releases.plan()
    if session.screen.is_json:
        session.screen.data(found.to_json()["drift"])
    elif found.drift:
        session.screen.lines([("! ", "yellow"), (drift_note(drift), "")] for drift in found.drift)
    else:
        session.screen.line("Nothing was changed outside the tool.")
    return Exit.CHANGES if found.drift else Exit.DONE


@click.command()
@click.option("--force", is_flag=True, required=True, help="Yes, take it from whoever holds it.")
@pass_session
def unlock(session: Session, force: bool) -> None:
    """Free the deploy lock that a deploy left behind which cannot go on."""
    held = session.app.releases.unlock()
    if session.screen.is_json:
        session.screen.data({"freed": bool(held.token), "holder": held.holder})
    else:
        session.screen.line(f"Freed; it was {held.holder}'s." if held.token else "Nobody holds the lock.")


@click.command()
@click.option("--delete-data", is_flag=True, help="Delete tables and buckets with all they hold, too.")
@click.option("--confirm", "confirmed", help="PROJECT/ENV, typed in advance, for scripts.")
@pass_session
def destroy(session: Session, delete_data: bool, confirmed: str | None) -> None:
    """Delete what this project and environment made. Tables and buckets are kept unless --delete-data."""
    with session.screen.status("Reading what there is"):
        made = session.app.releases.plan_destroy(delete_data=delete_data)
    if not session.screen.is_json:
        show_plan(session, made)
    if not made:
        return
    name = f"{made.project}/{made.env}"
    if (confirmed or click.prompt(f"Type {name} to delete all of this", err=True)) != name:
        raise click.UsageError(f"that was not {name}; nothing is deleted")
    apply(session, session.app, made)
    if session.screen.is_json:
        session.screen.data(made.to_json())


def ask(session: Session, question: str, yes: bool) -> None:
    """Go on only with a yes."""
    if yes:
        return
    if session.screen.is_json:
        raise click.UsageError("with --output json nobody can be asked: add --yes")
    click.confirm(question, abort=True)


def show_plan(session: Session, made: Plan, *, markdown: bool = False) -> None:
    """The plan as a tree, as Markdown, or as JSON."""
    if session.screen.is_json:
        session.screen.data(made.to_json())
    elif markdown:
        from stepdeploy.report.markdown import plan_markdown

        session.screen.lines([(line, "")] for line in plan_markdown(made).splitlines())
    else:
        from stepdeploy.report.lines import plan_lines

        session.screen.lines(plan_lines(made, verbose=session.options.verbose))


def apply(
    session: Session, app: App, made: Plan, conducts: Callable[[ApplyView], Mapping[str, Conduct]] = lambda _: {}
) -> dict[str, Any]:
    """Apply with the live view; returns what was done. conducts: how some actions are performed, which may tell things."""
    from stepdeploy.report.progress import ApplyView

    with ApplyView(session.screen, made) as view, app.shifts.heeding_ctrl_c():
        applied = app.releases.apply(made, view.watch, conducts(view))
    return {"actions": applied.done, "calls": applied.calls}
