"""List the corpora, or look into one."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated, Optional

import typer

from rnnlab.cli._options import Data, Json
from rnnlab.cli._output import print_json, print_table
from rnnlab.corpora import (
    CorpusDescription,
    Documents,
    describe_corpora,
    describe_documents,
    find_corpus,
    holds_documents,
    made_names,
    parse_spec,
    read_corpus,
    read_documents,
    write_made,
)
from rnnlab.display import count, visible
from rnnlab.errors import BadInputError, UnknownNameError

_SHOWN_CHARS = 600
_SHOWN_DOCUMENTS = 6
_SHOWN_CHARS_OF_DOCUMENT = 160
_SHOWN_CLASSES = 20


def command(
    action: Annotated[
        str,
        typer.Argument(metavar="[list|show|make]", help="What to do; a corpus's name shows it."),
    ] = "list",
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="A corpus or a file, for `show`.", show_default=False),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(help="Where `make` writes; by default here.", show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the corpora, or show how one begins."""
    if action == "make":
        if name is None:
            raise BadInputError("which corpus?", "rnnlab corpora make NAME [FILE]")
        _make(name, file)
        return
    if action != "list":
        if action != "show":
            name = action
        if name is None:
            raise BadInputError("which corpus?", "rnnlab corpora show NAME")
        found = find_corpus(name, data)
        (_show_documents if holds_documents(found) else _show_text)(found, json=json)
        return
    described = describe_corpora(data)
    if json:
        print_json([corpus._asdict() for corpus in described])
        return
    rows = [[c.name, count(c.size_bytes), c.task, _floor(c), c.summary] for c in described]
    print_table(["name", "bytes", "task", "floor", "what"], rows, ("bytes", "floor"))


def _floor(c: CorpusDescription) -> str:
    if c.floor_accuracy is not None:
        return f"{c.floor_accuracy:.2%}"
    return "" if c.floor_nats is None else f"{c.floor_nats:.4f}"


def _make(name: str, to: Path | None) -> None:
    """Write the text of a corpus of ours; by default into the folder that one is in."""
    spec = parse_spec(name)
    if spec is None:
        raise UnknownNameError("corpus of ours", name, made_names())
    file = to or Path(f"{spec}{spec.corpus.ending}")
    if file.is_dir():
        file = file / f"{spec}{spec.corpus.ending}"
    write_made(spec, file)
    typer.echo(str(file))


def _show_text(file: Path, *, json: bool) -> None:
    text = read_corpus(file)
    if json:
        print_json(
            {"file": str(file), "num_chars": len(text), "num_distinct": len(set(text)),
             "begins": text[:_SHOWN_CHARS]}
        )  # fmt: skip
        return
    typer.echo(f"{visible(str(file))}: {len(text):,} letters, {len(set(text))} distinct\n")
    typer.echo(visible(text[:_SHOWN_CHARS]))


def _show_documents(file: Path, *, json: bool) -> None:
    documents = read_documents(file)
    described = describe_documents(documents)
    shown = [(documents.labels[i], documents.texts[i]) for i in _examples(documents)]
    if json:
        print_json(
            {"file": str(file),
             "num_chars": sum(map(len, documents.texts)),
             "num_distinct": len(set().union(*documents.texts)),
             "begins": documents.texts[0][:_SHOWN_CHARS],
             **described._asdict(),
             "documents": [
                 {"label": label, "begins": text[:_SHOWN_CHARS]} for label, text in shown
             ]}
        )  # fmt: skip
        return
    classes = [f"{name} ({num:,})" for name, num in described.classes.items()][:_SHOWN_CLASSES]
    if len(described.classes) > _SHOWN_CLASSES:
        classes.append(f"{len(described.classes) - _SHOWN_CLASSES:,} more")
    splits = ", ".join(f"{name} {num:,}" for name, num in described.splits.items())
    typer.echo(
        visible(
            f"{file}: {described.num_documents:,} documents, "
            f"{described.median_words:g} words in the median\n"
            f"classes: {', '.join(classes)}\nsplits: {splits or 'none named'}\n"
        )
    )
    for label, text in shown:
        typer.echo(visible(f"{label}: {text[:_SHOWN_CHARS_OF_DOCUMENT]}", newline="⏎"))


def _examples(documents: Documents) -> list[int]:
    """Return the places of the first documents of each class: a file is often sorted by class."""
    num_each = max(1, _SHOWN_DOCUMENTS // len(documents.classes))
    classes = documents.classes[:_SHOWN_DOCUMENTS]
    of_class = ((i for i, label in enumerate(documents.labels) if label == c) for c in classes)
    return [i for places in of_class for i in islice(places, num_each)]
