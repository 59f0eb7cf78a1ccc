"""List the corpora, or look into one."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from rnnlab.cli._options import Data, Json
from rnnlab.cli._output import print_json, print_table
from rnnlab.corpora import describe_corpora, find_corpus, read_corpus
from rnnlab.display import count, visible
from rnnlab.errors import BadInputError

_SHOWN_CHARS = 600


def command(
    action: Annotated[
        str, typer.Argument(metavar="[list|show]", help="What to do; a corpus's name shows it.")
    ] = "list",
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="A corpus or a text file, for `show`.", show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the corpora, or show how one begins."""
    if action != "list":
        if action != "show":
            name = action
        if name is None:
            raise BadInputError("which corpus?", "rnnlab corpora show NAME")
        _show(name, data, json=json)
        return
    described = describe_corpora(data)
    if json:
        print_json([corpus._asdict() for corpus in described])
        return
    rows = [
        [c.name, count(c.size_bytes), c.task, _floor(c.floor_nats), c.summary] for c in described
    ]
    print_table(["name", "bytes", "task", "floor", "what"], rows, ("bytes", "floor"))


def _floor(nats: float | None) -> str:
    return "" if nats is None else f"{nats:.4f}"


def _show(name: str, data: Data, *, json: bool) -> None:
    file = find_corpus(name, data)
    text = read_corpus(file)
    if json:
        print_json(
            {"file": str(file), "num_chars": len(text), "num_distinct": len(set(text)),
             "begins": text[:_SHOWN_CHARS]}
        )  # fmt: skip
        return
    typer.echo(f"{visible(str(file))}: {len(text):,} letters, {len(set(text))} distinct\n")
    typer.echo(visible(text[:_SHOWN_CHARS]))
