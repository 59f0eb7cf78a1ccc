"""List the deleted runs, restore some, or delete them for good."""

from __future__ import annotations

import sys
from typing import Annotated, Optional

import typer

from rnnlab.base.display import moment, size, visible
from rnnlab.base.errors import EXIT_DONE, EXIT_INTERRUPTED, BadInputError
from rnnlab.cli._completion import complete_bin_action, complete_deleted_run
from rnnlab.cli._options import Checkpoints, Json
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.runs.bin import Bin, Binned, size_bytes
from rnnlab.runs.store import RunStore

_ACTIONS = ("list", "restore", "empty")


def command(
    action: Annotated[
        str,
        typer.Argument(
            metavar="list|restore|empty",
            help="Action.",
            autocompletion=complete_bin_action,
        ),
    ] = "list",
    runs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="RUN",
            help="Deleted runs (`restore`: default those deleted last; `empty`: all).",
            show_default=False,
            autocompletion=complete_deleted_run,
        ),
    ] = None,
    *,
    is_sure: Annotated[
        bool, typer.Option("--yes", "-y", help="Skip the confirmation (asked only on a terminal).")
    ] = False,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> int:
    """List the deleted runs, restore some, or delete them for good.

    `rnnlab rm` and the app move runs to the bin, where they keep their disk space.
    """
    if action not in _ACTIONS:
        raise BadInputError(f"unknown action {action!r}", f"use {', '.join(_ACTIONS)}")
    folder = Bin(RunStore.default(checkpoints))
    if action == "list":
        _list(folder, json=json)
        return EXIT_DONE
    entries = [folder.find(name) for name in dict.fromkeys(runs or ())]
    if action == "restore":
        _restore(folder, entries or folder.last(), json=json)
        return EXIT_DONE
    return _empty(folder, entries or folder.entries(), is_sure=is_sure, json=json)


def _list(folder: Bin, *, json: bool) -> None:
    entries = folder.entries()
    if json:
        print_json(
            [
                {"name": e.name, "deleted": e.deleted, "size_bytes": size_bytes(e.root)}
                for e in entries
            ]
        )
    elif not entries:
        talk("the bin is empty; `rnnlab rm RUN` moves a run to it")
    else:
        rows = [
            [
                entry.name,
                moment(entry.deleted),
                size(size_bytes(entry.root)),
            ]
            for entry in entries
        ]
        print_table(["name", "deleted", "size"], rows, ("size",))


def _restore(folder: Bin, entries: list[Binned], *, json: bool) -> None:
    if not entries:
        raise BadInputError("the bin is empty", "`rnnlab runs` lists the runs")
    restored = {entry.name: folder.restore(entry).name for entry in entries}
    if json:
        print_json([{"name": new, "deleted_name": old} for old, new in restored.items()])
        return
    for old, new in restored.items():
        typer.echo(f"restored {old}" + (f" as {new}: its name is taken" if new != old else ""))


def _empty(folder: Bin, entries: list[Binned], *, is_sure: bool, json: bool) -> int:
    num_bytes = sum(size_bytes(entry.root) for entry in entries)
    if entries and not is_sure and sys.stdin.isatty():
        names = visible(", ".join(entry.name for entry in entries), newline=" ")
        if not typer.confirm(f"Delete {names} for good ({size(num_bytes)})?", err=True):
            talk("nothing is deleted")
            return EXIT_INTERRUPTED
    num_deleted = folder.empty(entries)
    if json:
        print_json({"deleted": num_deleted, "freed_bytes": num_bytes})
    else:
        runs = f"{num_deleted} run{'s' * (num_deleted != 1)}"
        typer.echo(f"deleted {runs} for good, freed {size(num_bytes)}")
    return EXIT_DONE
