"""The Typer app with all verbs, and what `rnnlab` does without a verb."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from rnnlab import __version__
from rnnlab.cli._options import Checkpoints, Data
from rnnlab.cli._verbs import Verbs


def build_app() -> typer.Typer:
    """Return the Typer app with all verbs."""
    app = typer.Typer(
        name="rnnlab",
        cls=Verbs,
        help="A terminal lab for recurrent networks on text.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_lab)
    return app


@cache
def parser() -> Any:
    """Return the parser of the command line, to be called with the arguments."""
    return get_command(build_app())


def _lab(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show versions and exit.")] = False,
    is_ascii: Annotated[bool, typer.Option("--ascii", help="Restrict the lab to ASCII.")] = False,
    checkpoints: Checkpoints = None,
    data: Data = None,
) -> None:
    """Open the lab; if standard output is not a terminal, list the runs."""
    if version:
        typer.echo(_versions())
        raise typer.Exit
    if context.invoked_subcommand is not None:
        # Options before the verb override the environment; options of the verb override both.
        for name, folder in (("RNNLAB_CHECKPOINTS", checkpoints), ("RNNLAB_DATA", data)):
            if folder is not None:
                os.environ[name] = str(folder)
        return
    if sys.stdout.isatty() and sys.stdin.isatty():
        from rnnlab.base.preferences import announce_colors

        announce_colors()
        from rnnlab.tui.open_lab import open_lab

        raise typer.Exit(open_lab(checkpoints, data, is_ascii=is_ascii))
    from rnnlab.cli.runs import command as list_runs

    list_runs(checkpoints)
    typer.echo(
        "In a terminal, `rnnlab` opens the lab; `rnnlab --help` lists the commands.", err=True
    )


def _versions() -> str:
    """Return the versions of rnnlab and its main packages, without importing the packages."""
    from importlib.metadata import version

    names = ("torch", "textual", "plotext")
    return f"rnnlab {__version__} ({', '.join(f'{name} {version(name)}' for name in names)})"
