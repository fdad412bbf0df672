"""The command line: a command parses, calls one method of App, prints. click lives here and nowhere else.

Start-up counts: nothing but click is imported until a command runs.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from stepdeploy import __version__
from stepdeploy.commands.batch import batches, enqueue, start_batch
from stepdeploy.commands.context import Options, Session, run
from stepdeploy.commands.cost import cost
from stepdeploy.commands.executions import executions, logs, start_execution
from stepdeploy.commands.local import local
from stepdeploy.commands.project import render, validate
from stepdeploy.commands.release import deploy, destroy, plan, rollback, status, unlock, versions
from stepdeploy.commands.review import review
from stepdeploy.commands.shift import release, smoke
from stepdeploy.commands.upkeep import doctor, prune

EPILOG = """\b
Exit codes: 0 done, 1 failure, 2 usage, 3 validation findings, 4 plan has changes
(plan --detailed-exitcode), 5 partly applied; an awaited execution that ended
FAILED 10, TIMED_OUT 11, ABORTED 12, still running after --wait-limit 13."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EPILOG)
@click.option(
    "--project",
    type=click.Path(file_okay=False),
    envvar="STEPDEPLOY_PROJECT",
    help="The project's folder (default: this repository, else the current folder).",
)
@click.option(
    "--env",
    default="local",
    show_default=True,
    envvar="STEPDEPLOY_ENV",
    help="Environment: definitions/environments/NAME.json. `local` is the embedded AWS.",
)
@click.option("--profile", help="Profile of ~/.aws (default: the environment's, else the usual chain).")
@click.option("--region", help="AWS region (default: the environment's).")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR does the same.")
@click.option("-v", "--verbose", is_flag=True, help="More detail, such as the AWS calls of a plan.")
@click.option("--debug", is_flag=True, help="Every AWS call on stderr, and tracebacks.")
@click.version_option(__version__, prog_name="stepdeploy")
@click.pass_context
def cli(context: click.Context, /, **options: Any) -> None:
    """Ship AWS Step Functions pipelines as whole releases, and roll all of it back.

    Without further options everything runs on an embedded AWS on this machine (--env local): nothing can touch a real
    account by accident.
    """
    context.obj = Session(Options(**options))


for command in (
    render,
    validate,
    review,
    plan,
    deploy,
    start_execution,
    start_batch,
    batches,
    enqueue,
    smoke,
    release,
    rollback,
    versions,
    status,
    unlock,
    executions,
    logs,
    cost,
    doctor,
    destroy,
    local,
):
    cli.add_command(command)
versions.add_command(prune)


def main() -> None:
    """Entry point: errors become one clear message and an exit code."""
    sys.exit(run(cli))
