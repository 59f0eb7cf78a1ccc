"""List, profile, add, fetch and generate corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from rnnlab.cli._completion import complete_corpora_action, complete_corpora_name
from rnnlab.cli._options import Data, Json

_ACTIONS = ("list", "show", "add", "fetch", "make")


def command(
    action: Annotated[
        str,
        typer.Argument(
            metavar="list|show|add|fetch|make",
            help="Action; a corpus's name implies `show`.",
            autocompletion=complete_corpora_action,
        ),
    ] = "list",
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="Corpus; for `show` also a file.",
            show_default=False,
            autocompletion=complete_corpora_name,
        ),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(
            help="`add`: file or folder to add; `make`: output file or folder.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", help="`fetch`: local copy, instead of a download."),
    ] = None,
    encoding: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="`add`: encoding (default: detected)."),
    ] = None,
    label: Annotated[str, typer.Option(help="`add`: column or key of the label.")] = "label",
    text: Annotated[str, typer.Option(help="`add`: column or key of the text.")] = "text",
    split: Annotated[str, typer.Option(help="`add`: column or key of the split.")] = "split",
    width: Annotated[
        int, typer.Option(help="`fetch glove`: dimension of the vectors: 50, 100, 200 or 300.")
    ] = 100,
    words: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="`fetch glove`: keep words of this corpus (default: your documents), or all."
        ),
    ] = None,
    errors: Annotated[
        Literal["strict", "replace", "skip"],
        typer.Option(help="`add`, `show`: treatment of invalid bytes."),
    ] = "strict",
    is_sure: Annotated[
        bool,
        typer.Option("--yes", "-y", help="`add`: accept a file that decompresses to very much."),
    ] = False,
    is_replacing: Annotated[
        bool, typer.Option("--replace", help="Replace an existing corpus of the same name.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """List, profile, add, fetch and generate corpora.

    A generated corpus may have options: `copy:delay=30`, `stump:letters=2000000`.
    """
    # Each action imports only its own modules: importing numpy alone is slow.
    if action not in _ACTIONS:
        action, name = "show", action
    if action == "list":
        from rnnlab.cli._corpora_list import list_corpora

        list_corpora(data, json=json)
    elif action == "show":
        from rnnlab.cli._corpora_show import show_corpus

        show_corpus(name, data, errors, json=json)
    elif action == "make":
        from rnnlab.cli._corpora_get import make_corpus

        make_corpus(name, file, json=json)
    elif action == "add":
        from rnnlab.cli._corpora_get import take_in
        from rnnlab.corpora import UNLIMITED, UNPACK_LIMIT, AddOptions, Columns

        limit = UNLIMITED if is_sure else UNPACK_LIMIT
        columns = Columns(label, text, split)
        options = AddOptions(encoding, columns, is_replacing, errors, limit)
        take_in(name, file, data, options, json=json)
    else:
        from rnnlab.cli._corpora_get import fetch

        fetch(name, data, source, width, words, is_replacing=is_replacing, json=json)
