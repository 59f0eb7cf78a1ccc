"""List the corpora, look into one, take in a file, fetch a known one, make one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from rnnlab.cli._options import Data, Json

Action = Literal["list", "show", "add", "fetch", "make"]
_ACTIONS = ("list", "show", "add", "fetch", "make")


def command(
    action: Annotated[
        str,
        typer.Argument(
            metavar="[list|show|add|fetch|make]", help="What to do; a corpus's name shows it."
        ),
    ] = "list",
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="A corpus; for `show` also a file.", show_default=False),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(
            help="`add`: the file or folder to take in; `make`: where to write (here).",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", help="`fetch`: a file got elsewhere, instead of the network."),
    ] = None,
    encoding: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="`add`: encoding, where it is found out wrongly."),
    ] = None,
    label: Annotated[str, typer.Option(help="`add`: column or key of the label.")] = "label",
    text: Annotated[str, typer.Option(help="`add`: column or key of the text.")] = "text",
    split: Annotated[str, typer.Option(help="`add`: column or key of the split.")] = "split",
    width: Annotated[
        int, typer.Option(help="`fetch glove`: numbers of a vector (50, 100, 200, 300).")
    ] = 100,
    words: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="`fetch glove`: corpus whose words are kept, or all [your documents]."),
    ] = None,
    is_replacing: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of one of that name.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the corpora, look into one, take in a file of yours, fetch a known one.

    One of rnnlab's own is written with its options: `copy:delay=30`, `stump:letters=2000000`.
    """
    # The rooms behind the actions are loaded when they are asked for: numpy alone takes a while.
    if action not in _ACTIONS:
        action, name = "show", action
    if action == "list":
        from rnnlab.cli._corpora_list import list_corpora

        list_corpora(data, json=json)
    elif action == "show":
        from rnnlab.cli._corpora_show import show_corpus

        show_corpus(name, data, json=json)
    elif action == "make":
        from rnnlab.cli._corpora_get import make_corpus

        make_corpus(name, file, json=json)
    elif action == "add":
        from rnnlab.cli._corpora_get import take_in
        from rnnlab.corpora import AddOptions, Columns

        wish = AddOptions(encoding, Columns(label, text, split), is_replacing)
        take_in(name, file, data, wish, json=json)
    else:
        from rnnlab.cli._corpora_get import fetch

        fetch(name, data, source, width, words, is_replacing=is_replacing, json=json)
