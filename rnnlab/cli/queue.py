"""List the queued runs, or move one of them."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from rnnlab.base.errors import BadInputError
from rnnlab.cli._completion import complete_run
from rnnlab.cli._options import Checkpoints, Json
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.runs import control
from rnnlab.runs.queue import Queue
from rnnlab.runs.store import RunStore

_FAR = 1_000_000


def command(
    run: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="RUN", help="Queued run to move.", autocompletion=complete_run),
    ] = None,
    first: Annotated[bool, typer.Option("--first", help="Move the run to the front.")] = False,
    last: Annotated[bool, typer.Option("--last", help="Move the run to the end.")] = False,
    up: Annotated[int, typer.Option(min=0, help="Move the run N places towards the front.")] = 0,
    down: Annotated[int, typer.Option(min=0, help="Move the run N places towards the end.")] = 0,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """List the queued runs, or move one of them.

    `rnnlab train CORPUS --detach --queue` adds a run, `rnnlab stop RUN` removes it.
    """
    store = RunStore.default(checkpoints)
    by = -_FAR if first else _FAR if last else down - up
    if run is not None:
        if not by:
            raise BadInputError(
                f"the new place of {run!r} is missing", "add --first, --last, --up N or --down N"
            )
        talk(control.move_in_queue(store.open(run), by))
    elif by:
        raise BadInputError(
            "the run to move is missing", "give the name of a run; `rnnlab queue` lists them"
        )
    waiting = Queue(store.root).waiting()
    if json:
        print_json([{"name": e.name, "place": i, "device": e.device}
                    for i, e in enumerate(waiting, 1)])  # fmt: skip
    elif not waiting:
        talk("the queue is empty; `rnnlab train CORPUS --detach --queue` adds a run")
    else:
        rows = [[str(place), entry.name, entry.device] for place, entry in enumerate(waiting, 1)]
        print_table(["place", "name", "device"], rows, ("place",))
