"""Control several runs with one command: names and quoted globs, and one line per refused run."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import typer

from rnnlab.base.errors import EXIT_DONE, BadInputError, RnnlabError, one_line
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore

_GLOB = frozenset("*?[")


class Chosen(NamedTuple):
    """The runs that a command names."""

    runs: list[Run]
    """In the order of the names; a pattern's runs are sorted by name, each run only once."""
    refused: list[RnnlabError]
    """Unknown names, and patterns that match no run."""


def chosen_runs(store: RunStore, names: Sequence[str]) -> Chosen:
    """Return the runs for names and for glob patterns, which match the user's own runs only.

    Raise the error of the only name, if it is unknown.
    """
    runs: dict[str, Run] = {}
    refused: list[RnnlabError] = []
    for name in names:
        try:
            matches = _matching(store, name) if _GLOB & set(name) else [store.open(name)]
        except BadInputError as error:
            if len(names) == 1:
                raise
            refused.append(error)
        else:
            runs |= {run.name: run for run in matches}
    return Chosen(list(runs.values()), refused)


def do_with_each(chosen: Chosen, act: Callable[[Run], str | None]) -> int:
    """Call a function with each run and print its line; return the exit code.

    A refusal is one line on standard error; the other runs are done nevertheless. The exit code is
    the highest one of the refusals.
    """
    refused = list(chosen.refused)
    for run in chosen.runs:
        try:
            line = act(run)
        except RnnlabError as error:
            if len(chosen.runs) == 1 and not refused:
                raise
            refused.append(error)
        except OSError as error:
            reason = one_line(f"{run.name}: {error.strerror or error}")
            refused.append(RnnlabError(reason))
        else:
            if line is not None:
                typer.echo(line)
    for refusal in refused:
        print(f"rnnlab: {refusal}", file=sys.stderr)  # noqa: T201
    return max((refusal.exit_code for refusal in refused), default=EXIT_DONE)


def _matching(store: RunStore, pattern: str) -> list[Run]:
    runs = [run for run in store if not run.is_shipped and fnmatch.fnmatchcase(run.name, pattern)]
    if not runs:
        raise BadInputError(
            f"no run in {store.root} matches {pattern!r}", "`rnnlab runs` lists the runs"
        )
    return runs
