"""What every command shares: the global options, the App made from them, and what becomes of errors."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from stepdeploy.errors import Exit, StepdeployError

if TYPE_CHECKING:
    from pathlib import Path

    from stepdeploy.app import App
    from stepdeploy.report.screen import Screen


class Options(NamedTuple):
    """The global options, as given."""

    project: str | None = None
    env: str = "local"
    profile: str | None = None
    region: str | None = None
    output: str = "text"
    no_color: bool = False
    verbose: bool = False
    debug: bool = False


class Session:
    """One run of the tool. `app` and `screen` are made when a command first needs them."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.parameters: dict[str, str] = {}
        if options.debug:
            _log_calls()

    @cached_property
    def screen(self) -> Screen:
        from stepdeploy.report.screen import Screen

        return Screen(self.options.output, color=False if self.options.no_color else None)

    @cached_property
    def app(self) -> App:
        from pathlib import Path

        from stepdeploy.app import App

        options = self.options
        return App(
            project=Path(options.project) if options.project else default_project(),
            env=options.env,
            profile=options.profile,
            region=options.region,
            parameters=self.parameters,
        )


pass_session = click.make_pass_decorator(Session)


def default_project() -> Path:
    """The repository that holds this code where it is a project, else the current folder."""
    from pathlib import Path

    here = Path(__file__).resolve().parents[2]
    return here if (here / "definitions" / "project.json").is_file() else Path.cwd()


def parameter_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--param NAME=VALUE`, repeatable: kept on the session, since the App is made with it."""

    def keep(context: click.Context, _: click.Parameter, values: tuple[str, ...]) -> None:
        session = context.find_object(Session)
        for value in values:
            name, equals, text = value.partition("=")
            if not equals or not name:
                raise click.BadParameter(f"{value!r} is not NAME=VALUE")
            if session is not None:
                session.parameters[name] = text

    option = click.option(
        "--param",
        multiple=True,
        metavar="NAME=VALUE",
        callback=keep,
        expose_value=False,
        help="Override a parameter of the environment; VALUE is JSON, or text where it is not.",
    )
    return option(function)


def run(cli: click.Group, arguments: list[str] | None = None) -> int:
    """Run the group and return the exit code. A traceback is shown only with --debug.

    arguments: as on the command line, None = those of this process.
    """
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        code = cli.main(args=given, prog_name=_program(), standalone_mode=False)
        return code if isinstance(code, int) else Exit.DONE
    except click.exceptions.Abort:
        click.echo("Aborted.", err=True)
        return Exit.FAILURE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except StepdeployError as error:
        if debug:
            raise
        report(error, json_mode=_wants_json(given))
        return int(error.exit_code)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`).
        sys.stderr.close()
        return Exit.FAILURE
    except Exception as error:
        if debug:
            raise
        path = _write_crash()
        click.echo(f"error: unexpected {type(error).__name__}: {error}", err=True)
        click.echo(f"       This is a defect of stepdeploy. The traceback is in {path}; --debug shows it.", err=True)
        return Exit.FAILURE


def _program() -> str:
    """How the tool was called, for usage lines."""
    name = os.path.basename(sys.argv[0])  # noqa: PTH119 - pathlib is 7 ms of every start
    return f"python {name}" if name.endswith(".py") and name != "__main__.py" else "stepdeploy"


def report(error: StepdeployError, *, json_mode: bool) -> None:
    """The error on stderr: lines, or JSON on stdout in JSON mode."""
    from stepdeploy.report.lines import error_json, error_lines
    from stepdeploy.report.screen import Screen

    if json_mode:
        Screen("json").data(error_json(error))
    else:
        Screen(stream=sys.stderr).lines(error_lines(error))


def _wants_json(arguments: list[str]) -> bool:
    return "--output=json" in arguments or any(pair == ("--output", "json") for pair in itertools.pairwise(arguments))


def _write_crash() -> str:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="stepdeploy-", suffix=".log", delete=False) as file:
        file.write(traceback.format_exc())
    return file.name


def _log_calls() -> None:
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(relativeCreated)6d ms %(name)s %(message)s"))
    logger = logging.getLogger("stepdeploy")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
